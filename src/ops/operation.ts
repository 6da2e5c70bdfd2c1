/**
 * One definition for both uses: `apply` computes at once on tensors, and builds a node on expressions.
 */
import { OptionError, ShapeError } from "../errors.ts";
import { type AnyValue, Expression, expressionOf } from "../tensor/expression.ts";
import { countOf, isAddressable, type Shape, show } from "../tensor/layout.ts";
import type { Attributes, Form, Operation, Place, Unplaced } from "../tensor/operation.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type DType, type FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { checkNoPlace, type Into, outputOf } from "./check.ts";

const NO_OPTIONS = {};

/**
 * The operation of these operands: a tensor when all of them are tensors, else an expression, for which tensors are
 * leaves. What the shape rule throws is thrown. Only tensors have an `out`.
 *
 * @param operation one of one's own: the library's have functions
 * @throws {OptionError} no operand, or `out` with an expression
 * @example
 * const twice: Operation = {
 *   name: "twice",
 *   form: ([x]) => ({ dtype: "float32", shape: (x as Value).shape }),
 *   bind: ({ kernels, result: { shape }, at: [x], out }) => {
 *     const count = shape.reduce((product, extent) => product * extent, 1);
 *     return () => {
 *       kernels.copy(count, x?.pointer ?? 0, out.pointer);
 *       kernels.axpby(count, out.pointer, out.pointer, 1, 1);
 *     };
 *   },
 *   gradient: (_which, _node, dy) => apply(twice, [dy], {}) as Expression<"float32">,
 * };
 * using x = tensor(engine, [1, 2]);
 * using y = apply(twice, [x], {}) as Tensor;
 * y.toArray(); // → [2, 4]
 */
export function apply<D extends FloatType, A extends Attributes>(
  operation: Operation<A>,
  operands: readonly AnyValue[],
  attributes: A,
  { out }: Into<D> = NO_OPTIONS,
): Tensor<D> | Expression<D> {
  const form = operation.form(operands, attributes);
  checkEmpty(operation.name, form);
  const [first] = operands;
  if (first === undefined) throw new OptionError(operation.name, "an operand", undefined);
  if (operands.some(isExpression)) {
    checkNoPlace(operation.name, "out", out);
    return applied(operation, operands.map(expressionOf), attributes, form) as Expression<D>;
  }
  const tensors = operands.flatMap((operand) => tensorsOf(operand as Tensor | SparseMatrix)) as [Tensor, ...Tensor[]];
  const aliasing = operation.inPlace === undefined ? "disjoint" : "may be an input";
  const y = outputOf(operation.name, out, form as Form<D>, tensors, aliasing);
  return computed(operation, operands as readonly (Tensor | SparseMatrix)[], attributes, { y, out });
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

/** Elements that are too many are found where there is no memory for them; those of an empty result need none. */
function checkEmpty(op: string, { shape }: Form): void {
  if (countOf(shape) > 0 || isAddressable(shape)) return;
  throw new ShapeError(op, "result", "axes of fewer than 2^31 elements", show(shape));
}

/** A node, when the shape rule has been followed. */
export function applied<A extends Attributes>(
  operation: Operation<A>,
  operands: readonly Expression[],
  attributes: A,
  form: Form,
): Expression {
  const source = { kind: "applied", operation, operands, attributes } as const;
  return new Expression((operands[0] as Expression).engine, form, source);
}

/** Calls an operation's kernels at once, for operands that have been checked. */
export function compute<A extends Attributes>(
  operation: Operation<A>,
  engine: Engine,
  operands: readonly (Tensor | SparseMatrix)[],
  attributes: A,
  result: Tensor | SparseMatrix,
): void {
  const unplaced = unplacedCall(engine, operands, result, attributes);
  const scratchBytes = operation.scratchBytes?.(unplaced) ?? 0;
  operation.bind({
    ...unplaced,
    memory: engine.memory,
    at: operands.map(placeOf),
    out: placeOf(result),
    scratch: scratchBytes === 0 ? 0 : engine.scratch(scratchBytes),
  })();
}

/** The kernels of a call are those of its result, or of its first floating-point operand where that has none. */
export function unplacedCall<A extends Attributes>(
  engine: Engine,
  forms: readonly Form[],
  result: Form,
  attributes: A,
  kernels: Pick<Engine, "kernels" | "common"> = engine,
): Unplaced<A> {
  const dtype = [result, ...forms].map((form) => form.dtype).find(isFloat) ?? "float32";
  return { attributes, forms, result, kernels: kernels.kernels[dtype], common: kernels.common };
}

/** Where a tensor lies. */
export function placeOf(x: Tensor | SparseMatrix): Place {
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

/** Rows and columns of a matrix's form. */
export function sizesOf({ shape }: { readonly shape: Shape }): readonly [rows: number, columns: number] {
  return [shape[0] ?? 0, shape[1] ?? 0];
}

/** The bytes of a dense value. */
export function bytesOf({ dtype, shape }: Form): number {
  return shape.reduce((product, extent) => product * extent, bytesPerElement(dtype));
}
