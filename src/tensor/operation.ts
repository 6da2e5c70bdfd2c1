/**
 * An operation is defined by one record.
 *
 *   shape rule      what comes out, and what is refused
 *   kernel call     bound once, reusable
 *   gradient rule   in operations, so that it can be differentiated in turn
 */
import type { CommonKernels, FloatKernels, Pointer } from "../wasm/abi.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import type { Memory } from "../wasm/memory.ts";
import type { AnyValue, Expression } from "./expression.ts";
import type { Shape } from "./layout.ts";

/** What a value looks like, whether it is computed already or not. */
export type Form<D extends DType = DType> = {
  readonly dtype: D;
  readonly shape: Shape;
  /** Of sparse rows, the most nonzeros that one has; undefined for dense values. */
  readonly widest?: number | undefined;
};

/** An operation's parameters other than its operands. JSON values, so that equal nodes can be found. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Where a value's elements are when a kernel reads or writes them: addresses in bytes. */
export type Place = {
  /** Of the elements; of sparse rows, of where each row starts. */
  readonly pointer: Pointer;
  /** Of the nonzeros' column numbers. */
  readonly columns: Pointer;
  /** Of the nonzeros. */
  readonly values: Pointer;
};

/**
 * One for each operand, in order. An operation knows how many it has: reading one that is not there is a TypeError, and never
 * address 0.
 */
export type PerOperand<T> = readonly [T, T, T, T, T, T, ...T[]];

/** An operation with operands of known forms, before their addresses are known. */
export type Unplaced<A extends Attributes = Attributes> = {
  /** The operation's attributes. */
  readonly attributes: A;
  /** Of the operands, in order. */
  readonly forms: PerOperand<Form>;
  /** What the shape rule gave. */
  readonly result: Form;
  /** Those of the result's float type. */
  readonly kernels: FloatKernels;
  /** Those that have no float type. */
  readonly common: CommonKernels;
};

/** One call of an operation's kernels: everything that they need to know. */
export type Call<A extends Attributes = Attributes> = Unplaced<A> & {
  /** Where pointers point: `memory.view(dtype, pointer, length)`. */
  readonly memory: Memory;
  /** Where the operands are stored. */
  readonly at: PerOperand<Place>;
  /** Where the result is stored. */
  readonly out: Place;
  /** Where the value of `alsoComputes` goes, where it is needed. */
  readonly beside?: Place | undefined;
  /** 16-byte aligned, as large as `scratchBytes` asked for. */
  readonly scratch: Pointer;
};

/** A node of the graph, as its gradient rule sees it. */
export type Applied<A extends Attributes = Attributes> = {
  /** Of the operation, in order. */
  readonly operands: PerOperand<Expression<FloatType>>;
  /** The operation's attributes. */
  readonly attributes: A;
  /** Its value, as an expression. */
  readonly result: Expression<FloatType>;
};

/** Everything about an operation in one place. */
export type Operation<A extends Attributes = Attributes> = {
  /** What errors and `describeProgram` call it. */
  readonly name: string;
  /** The shape rule: checks the operands and returns the result's form. */
  form(operands: readonly AnyValue[], attributes: A): Form;
  /** Binds the kernel call; the returned function runs it without allocating and is reusable. */
  bind(call: Call<A>): () => void;
  /** ∂loss/∂operand from dy = ∂loss/∂result; undefined where it is 0 everywhere, or the operand is not a float. */
  gradient?(which: number, node: Applied<A>, dy: Expression<FloatType>): Expression<FloatType> | undefined;
  /** Operands in whose place the result may be written. */
  readonly inPlace?: readonly number[];
  /** The result is the first operand's elements under another shape: nothing needs to be moved. */
  readonly isView?: true;
  /**
   * Another operation, whose value this one's kernel gives as well: a program that needs both of the same operands calls it
   * once, with `call.beside`.
   */
  readonly alsoComputes?: Operation;
  /** The operand that is changed, for operations that are run for this effect: a dense tensor, of the result's form. */
  readonly changes?: number;
  /** Other operands that are changed with it, where there are as many. */
  readonly alsoChanges?: readonly number[];
  /** Bytes of scratch during a call. */
  scratchBytes?(call: Unplaced<A>): number;
  /** Floating-point operations of a call; default: one for each element of the result. */
  flops?(call: Pick<Unplaced<A>, "forms" | "result" | "attributes">): number;
};
