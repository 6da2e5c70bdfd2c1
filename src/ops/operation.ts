/**
 * One definition for both uses: `apply` computes at once on tensors, and builds a node on expressions.
 */
import { checkList } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type AnyValue, Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, isAddressable, type Shape, show } from "../tensor/layout.ts";
import type {
  Attributes,
  BufferRef,
  Call,
  Operation,
  PerOperand,
  Step,
  TensorSpec,
  UnboundCall,
} from "../tensor/operation.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type DType, type FloatType, type NumberType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { checkNoPlace, INTO_KEYS, type Into, outputOf } from "./check.ts";

const NO_OPTIONS = {};

/**
 * An operation of the library on values that its shape rule checks: computed at once, or a node where an operand is an
 * expression. `apply` is the same for operations of others.
 */
export function operate<D extends DType, A extends Attributes>(
  operation: Operation<A>,
  operands: readonly AnyValue[],
  attributes: A,
  options: Into<D> = NO_OPTIONS,
): Tensor<D> | Expression<D> {
  if (options !== NO_OPTIONS) checkOptions<Into<D>>(operation.name, options, INTO_KEYS);
  const { out } = options;
  const { name, inPlace = [] } = operation;
  const spec = operation.spec(operands, attributes);
  // Too many elements fail on allocation; an empty result needs no memory.
  if (!isAddressable(spec.shape) && countOf(spec.shape) === 0) {
    throw new ShapeError(name, "result", "axes of fewer than 2^31 elements", show(spec.shape));
  }
  if (operands.some(isExpression)) {
    checkNoPlace(name, "out", out);
    return applied(operation, operands.map(expressionOf), attributes, spec) as Expression<D>;
  }
  if (spec.maxRowNonzeros !== undefined || operation.changes !== undefined) {
    throw new OptionError(name, "sparse results and effects need a program: make an operand an expression");
  }
  const tensors = operands.flatMap((operand) => tensorsOf(operand as Tensor | SparseMatrix)) as [Tensor, ...Tensor[]];
  const y = outputOf(name, out, spec as TensorSpec<D>, tensors, inPlace);
  return computed(operation, operands as readonly (Tensor | SparseMatrix)[], attributes, { y, out });
}

const OPERATION: unique symbol = Symbol("operation");

/** A function with the operation that it applies, by which programs know it. */
export function withOperation<F extends object>(f: F, operation: Operation<never>): F {
  return Object.assign(f, { [OPERATION]: operation });
}

/** The operation that a function of the library applies. */
export function operationOf(f: object): Operation {
  return (f as { readonly [OPERATION]: Operation })[OPERATION];
}

/** y, computed at once. Where that fails, y is disposed of, unless it is the caller's `out`. */
export function computed<D extends DType, A extends Attributes>(
  operation: Operation<A>,
  operands: readonly (Tensor | SparseMatrix)[],
  attributes: A,
  { y, out }: { readonly y: Tensor<D>; readonly out: Tensor<D> | undefined },
): Tensor<D> {
  try {
    compute(operation, y.engine, operands, attributes, y);
  } catch (error) {
    if (y !== out) y.dispose();
    throw error;
  }
  return y;
}

/** A node, when the shape rule has been followed. */
export function applied<A extends Attributes>(
  operation: Operation<A>,
  operands: readonly Expression[],
  attributes: A,
  spec: TensorSpec,
): Expression {
  const source = { kind: "applied", operation, operands, attributes } as const;
  return new Expression((operands[0] as Expression).engine, spec, source);
}

/**
 * A composite function's value with a gradient rule of its own, in place of the rules of what it is composed of: a node
 * that takes no instruction in a program. A tensor is returned as it is.
 *
 * @param y the value, computed from `inputs`
 * @param rule ∂loss/∂inputs[which] from dy, in operations
 */
export function withRule(
  name: string,
  y: Value<FloatType>,
  inputs: readonly Value<FloatType>[],
  rule: (which: number, dy: Expression<FloatType>) => Expression<FloatType> | undefined,
): Value<FloatType> {
  if (!isExpression(y)) return y;
  const operation: Operation = {
    name,
    spec: () => y,
    bind: () => [], // a graph has y in its place
    gradient: (which, _, dy) => (which === 0 ? undefined : rule(which - 1, dy)),
    isView: true,
  };
  return applied(operation, [y, ...inputs.map(expressionOf)], {}, y) as Expression<FloatType>;
}

/** Calls an operation's kernels at once, for operands that have been checked. */
export function compute<A extends Attributes>(
  operation: Operation<A>,
  engine: Engine,
  operands: readonly (Tensor | SparseMatrix)[],
  attributes: A,
  result: Tensor | SparseMatrix,
): void {
  engine.checkOpen();
  const unbound = { attributes, specs: operands as unknown as PerOperand<TensorSpec>, result };
  const scratchBytes = scratchBytesOf(engine, operation, unbound);
  const at = operands.map(bufferOf);
  const scratch = scratchBytes === 0 ? 0 : engine.scratch(scratchBytes);
  for (const step of stepsOf(engine, operation, { ...unbound, at, out: bufferOf(result), scratch })) {
    if (typeof step === "function") step();
    else engine.call(step);
  }
}

/** Bytes of scratch that an operation takes. */
export function scratchBytesOf<A extends Attributes>(
  engine: Engine,
  operation: Operation<A>,
  call: UnboundCall<A>,
): number {
  return operation.scratchBytes?.(call, engine.kernels[kernelTypeOf(call)]) ?? 0;
}

/** The steps of an operation whose addresses are known. */
export function stepsOf<A extends Attributes>(
  engine: Engine,
  operation: Operation<A>,
  placed: UnboundCall<A> & Pick<Call<A>, "out" | "beside" | "scratch"> & { readonly at: readonly BufferRef[] },
): readonly Step[] {
  const { kernels, common } = engine.recorders;
  const steps = operation.bind({
    ...placed,
    at: placed.at as unknown as PerOperand<BufferRef>,
    kernels: kernels[kernelTypeOf(placed)],
    common,
    callable: (call) => engine.callable(call),
    memory: engine.memory,
  });
  checkList(`${operation.name}: bind(…)`, steps, "an array of kernel calls");
  return steps;
}

/** The kernels of a call are those of its result, or of its first floating-point operand; among integers those of int32. */
function kernelTypeOf({ result, specs }: Pick<UnboundCall, "result" | "specs">): NumberType {
  return [result, ...specs].map((spec) => spec.dtype).find(isFloat) ?? "int32";
}

/** Where a tensor is stored. */
export function bufferOf(x: Tensor | SparseMatrix): BufferRef {
  if (!(x instanceof SparseMatrix)) return { pointer: x.pointer, columns: 0, values: 0 };
  return { pointer: x.starts.pointer, columns: x.columns.pointer, values: x.values.pointer };
}

/** The tensors that a value's memory consists of. */
export function tensorsOf(x: Tensor | SparseMatrix): [Tensor, ...Tensor[]] {
  return x instanceof SparseMatrix ? [x.values, x.starts, x.columns] : [x];
}

export function isExpression(value: unknown): value is Expression {
  return value instanceof Expression;
}

export function isFloat(dtype: string): dtype is FloatType {
  return dtype === "float32" || dtype === "float64";
}

/** Rows and columns of a matrix's spec. */
export function sizesOf({ shape }: { readonly shape: Shape }): readonly [rows: number, columns: number] {
  return [shape[0] ?? 0, shape[1] ?? 0];
}

/** The bytes of a dense value. */
export function bytesOf({ dtype, shape }: TensorSpec): number {
  return shape.reduce((product, extent) => product * extent, bytesPerElement(dtype));
}
