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
 */

import { checkType } from "../arguments.ts";
import { Owner } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Pointer } from "../wasm/abi.ts";
import { checkDType, type DType, type FloatType } from "../wasm/dtype.ts";
import { checkEngine, type Engine } from "../wasm/engine.ts";
import { checkShape, countOf, type Shape, show } from "./layout.ts";
import type { Attributes, Operation, TensorSpec } from "./operation.ts";
import { SparseMatrix } from "./sparse.ts";
import { Tensor } from "./tensor.ts";

/** What an operation takes: a tensor, or an expression of one. */
export type Value<D extends DType = DType> = Tensor<D> | Expression<D>;

/** Also rows that are mostly zero. */
export type AnyValue<D extends DType = DType> = Value<D> | SparseMatrix<D>;

/** The origin of an expression. */
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
export class Expression<D extends DType = DType> extends Owner {
  static override get name(): string {
    return "Expression";
  }
  readonly engine: Engine;
  readonly dtype: D;
  /** Extents, the outermost axis first. */
  readonly shape: Shape;
  /** Of sparse rows, the most nonzeros that one may have; undefined for dense values. */
  readonly maxRowNonzeros: number | undefined;
  /** What programs and errors call it. */
  readonly name: string | undefined;
  /** Its origin. */
  readonly source: Source;

  constructor(engine: Engine, spec: TensorSpec<D>, source: Source, name?: string) {
    super();
    this.engine = engine;
    this.dtype = spec.dtype;
    this.shape = spec.shape;
    this.maxRowNonzeros = spec.maxRowNonzeros;
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

  /** What it is called, its dtype and its shape: it has no numbers yet. */
  override toString(): string {
    return `Expression ${this.describe()}`;
  }

  /** Does nothing; lets the same code use tensors and expressions. */
  dispose(): void {}
}

/**
 * An expression whose numbers are given before each run: `program.inputs.x.set(…)`.
 *
 * @param options.name what the program and errors call it
 * @throws {OptionError} an invalid shape, no name, or an unknown dtype
 * @example
 * const x = input(engine, [100, 784], { name: "x" });
 */
export function input<D extends DType = "float32">(
  engine: Engine,
  shape: Shape,
  options: { readonly name: string; readonly dtype?: D },
): Expression<D> {
  checkEngine(engine);
  checkType("input: options", "object", options);
  checkOptions<{ readonly name: string; readonly dtype?: D }>("input", options, { name: 1, dtype: 1 });
  const { name, dtype = "float32" as D } = options;
  checkType("input: name", "string", name);
  checkDType("input: dtype", dtype);
  return new Expression<D>(engine, { dtype, shape: checkShape("shape", shape) }, { kind: "input" }, name);
}

/**
 * A placeholder for a tensor that is bound later: `program.bind({ x: tensor })`.
 *
 * @param spec dtype and shape of the tensors bound to it; with `maxRowNonzeros`, of sparse rows
 * @param name what the program and errors call it
 */
export function argument<D extends DType>(engine: Engine, spec: TensorSpec<D>, name: string): Expression<D> {
  return new Expression<D>(engine, { ...spec, shape: checkShape("shape", spec.shape) }, { kind: "argument" }, name);
}

/**
 * One number in a float type, as an expression without axes.
 *
 * @throws {OptionError} not an engine, a number or a dtype
 * @example
 * const half = constant(engine, 0.5, "float32");
 */
export function constant<D extends FloatType>(engine: Engine, value: number, dtype: D): Expression<D> {
  checkEngine(engine);
  checkType("constant: value", "number", value);
  checkDType("constant: dtype", dtype);
  return new Expression<D>(engine, { dtype, shape: [] }, { kind: "constant", value });
}

/**
 * A value as an expression: a tensor becomes a leaf, which is read when a program runs.
 *
 * @throws {DisposedError} the tensor was disposed
 * @throws {OptionError} neither a tensor nor an expression
 */
export function expressionOf<D extends DType>(value: AnyValue<D>): Expression<D> {
  if (value instanceof Expression) return value;
  if (!(value instanceof Tensor || value instanceof SparseMatrix)) {
    throw new OptionError("value", "a tensor or an expression", value);
  }
  const owner: { readonly pointer: Pointer } = value instanceof SparseMatrix ? value.values : value;
  void owner.pointer; // a disposed tensor is found where it is used, not when the program runs
  const name = value instanceof Tensor ? value.name : undefined;
  return new Expression<D>(value.engine, value, { kind: "tensor", tensor: value }, name);
}

/** Whether an expression is this number (0 is not -0) everywhere, as far as one can see without computing. */
export function isConstant(x: unknown, value: number): boolean {
  return x instanceof Expression && x.source.kind === "constant" && Object.is(x.source.value, value);
}
