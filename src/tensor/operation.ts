/**
 * An operation is defined by one record.
 *
 *   shape rule      what comes out, and what is refused
 *   kernel calls    as data: names and numbers, which a program makes ready once and runs many times
 *   gradient rule   in operations, so that it can be differentiated in turn
 */
import type { FloatKernels, KernelCall, Pointer, Recorders } from "../wasm/abi.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import type { Memory } from "../wasm/memory.ts";
import type { AnyValue, Expression } from "./expression.ts";
import type { Shape } from "./layout.ts";

/** What a value looks like, whether it is computed already or not. */
export type TensorSpec<D extends DType = DType> = {
  readonly dtype: D;
  readonly shape: Shape;
  /** Of sparse rows, the most nonzeros that one has; undefined for dense values. */
  readonly maxRowNonzeros?: number | undefined;
};

/** An operation's parameters other than its operands. JSON values, so that equal nodes can be found. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Where a value's elements are when a kernel reads or writes them: addresses in bytes. */
export type BufferRef = {
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

/** An operation with operands of known specs, before their addresses are known. */
export type UnboundCall<A extends Attributes = Attributes> = {
  /** The operation's attributes. */
  readonly attributes: A;
  /** Of the operands, in order. */
  readonly specs: PerOperand<TensorSpec>;
  /** What the shape rule gave. */
  readonly result: TensorSpec;
};

/**
 * A step of a bound operation: a call of a kernel, or a function of the host, for what no kernel does: it looks at indices
 * and throws, or runs another program. Neither allocates.
 */
export type Step = KernelCall | (() => void);

/** An operation with addresses: what `bind` makes calls of. */
export type Call<A extends Attributes = Attributes> = UnboundCall<A> & {
  /** Those of the result's float type; each returns its call, which it does not make. */
  readonly kernels: Recorders["kernels"][FloatType];
  /** Those that have no float type, likewise. */
  readonly common: Recorders["common"];
  /** A call that a function of the host makes itself, for the number that it returns. */
  readonly callable: (call: KernelCall) => () => number;
  /** Where pointers point: `memory.view(dtype, pointer, length)`. */
  readonly memory: Memory;
  /** Where the operands are stored. */
  readonly at: PerOperand<BufferRef>;
  /** Where the result is stored. */
  readonly out: BufferRef;
  /** Where the value of `alsoComputes` goes, where it is needed. */
  readonly beside?: BufferRef | undefined;
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

/** A value of a program, as `rewrite` sees it. */
export type ProgramValue = {
  /** Its dtype and shape. */
  readonly spec: TensorSpec;
  /** What it is computed by, where `kind` is "computed". */
  readonly origin: {
    /** "computed", or a kind of leaf. */
    readonly kind: string;
    /** Of a computed value. */
    readonly operation?: Operation;
    /** In order. */
    readonly operands?: readonly ProgramValue[];
    /** The operation's. */
    readonly attributes?: Attributes;
  };
  /** How many operands and outputs it is. */
  readonly uses: number;
};

/** A program before it is fused, and what `rewrite` may do to it. */
export type Rewriting = {
  /** Every value, after its operands. */
  readonly values: readonly ProgramValue[];
  /** A new value with the spec of another one, put before a third. */
  readonly put: (
    before: ProgramValue,
    like: ProgramValue,
    operation: Operation<never>,
    operands: readonly ProgramValue[],
    attributes: Attributes,
  ) => ProgramValue;
  /** Gives a value another operation. */
  readonly replace: (
    value: ProgramValue,
    operation: Operation<never>,
    operands: readonly ProgramValue[],
    attributes: Attributes,
  ) => void;
};

/** Everything about an operation in one place. */
export type Operation<A extends Attributes = Attributes> = {
  /** What errors and `describeProgram` call it. */
  readonly name: string;
  /** The shape rule: checks the operands and returns the result's spec. */
  spec(operands: readonly AnyValue[], attributes: A): TensorSpec;
  /** The kernel calls that compute it, in order; they may be run many times. */
  bind(call: Call<A>): readonly Step[];
  /** ∂loss/∂operand from dy = ∂loss/∂result; undefined where it is 0 everywhere, or the operand is not a float. */
  gradient?(which: number, node: Applied<A>, dy: Expression<FloatType>): Expression<FloatType> | undefined;
  /** Operands in whose place the result may be written. */
  readonly inPlace?: readonly number[];
  /**
   * Each element of the result depends on one element of each operand, which broadcast to its shape, and not on where it is;
   * `bind` returns calls alone. A program may then bind it to a part of its operands and result, several times.
   */
  readonly isElementwise?: true;
  /** The result is the first operand's elements under another shape: nothing needs to be moved. */
  readonly isView?: true;
  /**
   * Another operation, whose value this one's kernel gives as well: a program that needs both of the same operands calls it
   * once, with `call.beside`.
   */
  readonly alsoComputes?: Operation;
  /** Replaces values of a program, of which one has this operation, by others that compute the same. */
  rewrite?(value: ProgramValue, program: Rewriting): void;
  /** Whether its attribute `activation`, when it is "none", may become the name of a function that follows it in a program. */
  readonly takesActivation?: true;
  /** Whether kernels that take an activation have this one, under its name: sigmoid, tanh and relu. */
  readonly isActivation?: boolean;
  /** The operand that is changed, for operations that are run for this effect: a dense tensor, of the result's spec. */
  readonly changes?: number;
  /** Other operands that are changed with it, where there are as many. */
  readonly alsoChanges?: readonly number[];
  /** Bytes of scratch during a call; `kernels` are those of the result's float type, to be called. */
  scratchBytes?(call: UnboundCall<A>, kernels: FloatKernels): number;
  /** Floating-point operations of a call; default: one for each element of the result. */
  flops?(call: UnboundCall<A>): number;
};
