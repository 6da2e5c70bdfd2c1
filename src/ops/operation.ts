/**
 * One definition for both uses: `apply` computes at once on tensors, and builds a node on expressions.
 */
import { EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { type AnyValue, Expression, expressionOf } from "../tensor/expression.ts";
import { countOf, isAddressable, type Shape, show } from "../tensor/layout.ts";
import type { Attributes, Form, Operation, Place, Unplaced } from "../tensor/operation.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type FloatType, isDType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { checkNoPlace, type Into, outputOf } from "./check.ts";

const NO_OPTIONS = {};

/**
 * The operation of these operands: a tensor when all of them are tensors, else an expression, for which tensors are
 * leaves. What the shape rule throws is thrown. Only tensors have an `out`.
 *
 * @param operation one of one's own: the library's have functions
 * @throws {OptionError} no operand or one that is no value, `out` with an expression, a shape rule's result that is no form,
 *   or an effect or sparse rows without an expression
 * @throws {EngineMismatchError} operands of several engines
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
  const { name, inPlace = [] } = operation;
  const form = operation.form(operands, attributes);
  const [first] = operands;
  if (first === undefined) throw new OptionError(name, "an operand", undefined);
  checkOperands(name, operands);
  checkForm(name, form);
  if (operands.some(isExpression)) {
    checkNoPlace(name, "out", out);
    return applied(operation, operands.map(expressionOf), attributes, form) as Expression<D>;
  }
  if (form.widest !== undefined || operation.changes !== undefined) {
    throw new OptionError(name, "sparse results and effects need a program: make an operand an expression");
  }
  const tensors = operands.flatMap((operand) => tensorsOf(operand as Tensor | SparseMatrix)) as [Tensor, ...Tensor[]];
  const y = outputOf(name, out, form as Form<D>, tensors, inPlace);
  try {
    compute(operation, first.engine, operands as readonly (Tensor | SparseMatrix)[], attributes, y);
  } catch (error) {
    if (y !== out) y.dispose();
    throw error;
  }
  return y;
}

/** Checks that operands are values in one memory: shape rules of one's own need not look. */
function checkOperands(op: string, operands: readonly AnyValue[]): void {
  for (const operand of operands) {
    const isValue = operand instanceof Tensor || operand instanceof SparseMatrix || isExpression(operand);
    if (!isValue) throw new OptionError(`${op}: operands`, "tensors or expressions", operand);
    if (operand.engine !== operands[0]?.engine) throw new EngineMismatchError(op, "an operand");
  }
}

/** Elements that are too many are found where there is no memory for them; those of an empty result need none. */
function checkForm(op: string, form: Form): void {
  const { shape, dtype } = form ?? {};
  const isForm = isDType(dtype) && Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
  if (!isForm) throw new OptionError(`${op}: form`, "a shape and a dtype", form);
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
