/** Operations of one's own. */
import { checkRecord, checkType } from "../arguments.ts";
import { EngineMismatchError, OptionError } from "../errors.ts";
import type { AnyValue, Expression } from "../tensor/expression.ts";
import type { Attributes, Operation, TensorSpec } from "../tensor/operation.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type FloatType, isDType } from "../wasm/dtype.ts";
import type { Into } from "./check.ts";
import { isExpression, operate } from "./operation.ts";

/**
 * The operation of these operands: a tensor when all of them are tensors, else an expression, for which tensors are
 * leaves. What the shape rule throws is thrown. Only tensors have an `out`.
 *
 * @param operation one of one's own: the library's have functions
 * @throws {OptionError} no operand, an invalid one, `out` with an expression, a shape rule that does not return a spec,
 *   or an effect or sparse rows without an expression
 * @throws {EngineMismatchError} operands of several engines
 * @example
 * const twice: Operation = {
 *   name: "twice",
 *   spec: ([x]) => ({ dtype: "float32", shape: (x as Value).shape }),
 *   bind: ({ kernels, result: { shape }, at: [x], out }) => {
 *     const count = shape.reduce((product, extent) => product * extent, 1);
 *     return [
 *       kernels.copy(count, x.pointer, out.pointer),
 *       kernels.axpby(count, out.pointer, out.pointer, 1, 1),
 *     ];
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
  options?: Into<D>,
): Tensor<D> | Expression<D> {
  checkOperation(operation, operands, attributes);
  const { name } = operation;
  if (operands.length === 0) throw new OptionError(name, "an operand", undefined);
  checkOperands(name, operands);
  checkSpec(name, operation.spec(operands, attributes));
  return operate(operation, operands, attributes, options);
}

/** What a caller's own operation must have; the library's are known to. */
function checkOperation(operation: Operation<never>, operands: readonly AnyValue[], attributes: Attributes): void {
  checkType("apply: operation", "object", operation);
  checkType("apply: operation.name", "string", operation.name);
  for (const key of ["spec", "bind"] as const) checkType(`apply: operation.${key}`, "function", operation[key]);
  if (!Array.isArray(operands))
    throw new OptionError("apply: operands", "an array of tensors or expressions", operands);
  checkRecord("apply: attributes", attributes);
}

/** Checks that operands are values in one memory: shape rules of one's own need not look. */
function checkOperands(op: string, operands: readonly AnyValue[]): void {
  for (const operand of operands) {
    const isValue = operand instanceof Tensor || operand instanceof SparseMatrix || isExpression(operand);
    if (!isValue) throw new OptionError(`${op}: operands`, "tensors or expressions", operand);
    if (operand.engine !== operands[0]?.engine) throw new EngineMismatchError(op, "an operand");
  }
}

function checkSpec(op: string, spec: TensorSpec): void {
  const { shape, dtype } = spec ?? {};
  const isForm = isDType(dtype) && Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
  if (!isForm) throw new OptionError(`${op}: spec`, "a shape and a dtype", spec);
}
