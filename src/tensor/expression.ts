/**
 * An expression: a value that is still to be computed. Building one checks shapes and computes nothing.
 *
 *   loss = mean(square(add(matmul(x, w), b)))        a graph, from the leaves to the loss
 *
 *   leaves   input      numbers that are set before each run of a program, which has room for them
 *            argument   a tensor that is handed to a program, and may be changed for another one
 *            tensor     the elements of a tensor, as they are when the program runs
 *            constant   one number
 *   nodes    applied    an operation and its operands
 *
 * An operation is one record: shape rule, kernel call, gradient rule. Called on tensors, it computes at once; on
 * expressions, it becomes a node.
 */
import type { CommonKernels, FloatKernels, Pointer } from "../wasm/abi.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import type { Memory } from "../wasm/memory.ts";
import { checkShape, countOf, type Shape, show } from "./layout.ts";
import { SparseMatrix } from "./sparse.ts";
import { Tensor } from "./tensor.ts";

/** What a value looks like, whether it is computed already or not. */
export type Form<D extends DType = DType> = {
  readonly dtype: D;
  readonly shape: Shape;
  /** Of sparse rows, the most nonzeros that one has; undefined for dense values. */
  readonly widest?: number | undefined;
};

/** What an operation takes: a tensor, or an expression of one. */
export type Value<D extends DType = DType> = Tensor<D> | Expression<D>;

/** Also rows that are mostly zero. */
export type AnyValue<D extends DType = DType> = Value<D> | SparseMatrix<D>;

/** What an operation is told besides its operands. Values that JSON can write, so that equal nodes are found. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Where a value's elements lie when a kernel reads or writes them; the last two are those of sparse rows. */
export type Place = { readonly pointer: Pointer; readonly columns: Pointer; readonly values: Pointer };

/** An operation with operands of known forms, before anybody knows where they will lie. */
export type Unplaced<A extends Attributes = Attributes> = {
  readonly attributes: A;
  readonly forms: readonly Form[];
  readonly result: Form;
  readonly kernels: FloatKernels;
  readonly common: CommonKernels;
};

/** One call of an operation's kernels: everything that they need to know. */
export type Call<A extends Attributes = Attributes> = Unplaced<A> & {
  readonly memory: Memory;
  /** Where the operands lie. */
  readonly at: readonly Place[];
  readonly out: Place;
  /** 16-byte aligned, as large as `scratchBytes` asked for. */
  readonly scratch: Pointer;
};

/** A node of the graph, as its gradient rule sees it. */
export type Applied<A extends Attributes = Attributes> = {
  readonly operands: readonly Expression<FloatType>[];
  readonly attributes: A;
  readonly result: Expression<FloatType>;
};

/** Everything about an operation in one place. */
export type Operation<A extends Attributes = Attributes> = {
  readonly name: string;
  /** The shape rule: checks the operands and says what comes out. */
  form(operands: readonly AnyValue[], attributes: A): Form;
  /** The kernel call, made ready: what it returns computes, allocates nothing, and may be called again and again. */
  bind(call: Call<A>): () => void;
  /** ∂loss/∂operand from dy = ∂loss/∂result; undefined where it is 0 everywhere, or the operand is no float. */
  gradient?(which: number, node: Applied<A>, dy: Expression<FloatType>): Expression<FloatType> | undefined;
  /** Operands in whose place the result may be written. */
  readonly inPlace?: readonly number[];
  /** The result is the first operand's elements under another shape: nothing needs to be moved. */
  readonly isView?: true;
  /** The operand that is changed, for operations that are run for this effect. */
  readonly changes?: number;
  /** Bytes of scratch during a call. */
  scratchBytes?(call: Unplaced<A>): number;
  /** Floating-point operations of a call; default: one for each element of the result. */
  flops?(call: Pick<Unplaced<A>, "forms" | "result" | "attributes">): number;
};

/** What an expression is made of. */
export type Source =
  | { readonly kind: "input" }
  | { readonly kind: "argument" }
  | { readonly kind: "tensor"; readonly tensor: Tensor | SparseMatrix }
  | { readonly kind: "constant"; readonly value: number }
  | {
      readonly kind: "applied";
      readonly operation: Operation;
      readonly operands: readonly Expression[];
      readonly attributes: Attributes;
    };

/** A value to be computed. It holds no memory; disposing of it does nothing. */
export class Expression<D extends DType = DType> {
  readonly engine: Engine;
  readonly dtype: D;
  readonly shape: Shape;
  readonly widest: number | undefined;
  readonly name: string | undefined;
  readonly source: Source;

  constructor(engine: Engine, form: Form<D>, source: Source, name?: string) {
    this.engine = engine;
    this.dtype = form.dtype;
    this.shape = form.shape;
    this.widest = form.widest;
    this.name = name;
    this.source = source;
  }

  /** Number of elements. */
  get size(): number {
    return countOf(this.shape);
  }

  /** `x float32 [100, 784]`: what errors call it. */
  describe(): string {
    const origin = this.source.kind === "applied" ? this.source.operation.name : this.source.kind;
    return `${this.name ?? origin} ${this.dtype} ${show(this.shape)}`;
  }

  /** Nothing to give back: there so that one text can use tensors and expressions alike. */
  [Symbol.dispose](): void {}
}

/**
 * An expression whose numbers are given before each run: `program.inputs.x.set(…)`.
 *
 * @param options.name what the program and errors call it
 * @throws {OptionError} a shape that is no shape
 * @example
 * const x = input(engine, [100, 784], { name: "x" });
 */
export function input<D extends DType = "float32">(
  engine: Engine,
  shape: Shape,
  { name, dtype = "float32" as D }: { readonly name: string; readonly dtype?: D },
): Expression<D> {
  return new Expression<D>(engine, { dtype, shape: checkShape("shape", shape) }, { kind: "input" }, name);
}

/**
 * An expression of a tensor that a program is told later: `program.bind({ x: tensor })`.
 *
 * @param form dtype and shape of the tensors that it stands for; with `widest`, of sparse rows
 * @param name what the program and errors call it
 */
export function argument<D extends DType>(engine: Engine, form: Form<D>, name: string): Expression<D> {
  return new Expression<D>(engine, { ...form, shape: checkShape("shape", form.shape) }, { kind: "argument" }, name);
}

/** One number in a float type, as an expression without axes. */
export function constant<D extends FloatType>(engine: Engine, value: number, dtype: D): Expression<D> {
  return new Expression<D>(engine, { dtype, shape: [] }, { kind: "constant", value });
}

/**
 * A value as an expression: a tensor becomes a leaf, which is read when a program runs.
 *
 * @throws {DisposedError} the tensor was disposed
 */
export function expressionOf<D extends DType>(value: AnyValue<D>): Expression<D> {
  if (value instanceof Expression) return value;
  const owner: { readonly pointer: Pointer } = value instanceof SparseMatrix ? value.values : value;
  void owner.pointer; // a disposed tensor is found where it is used, not when the program runs
  const name = value instanceof Tensor ? value.name : undefined;
  return new Expression<D>(value.engine, value, { kind: "tensor", tensor: value }, name);
}

/** Whether an expression is this number everywhere, as far as one can see without computing. */
export function isConstant(x: unknown, value: number): boolean {
  return x instanceof Expression && x.source.kind === "constant" && x.source.value === value;
}
