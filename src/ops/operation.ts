/**
 * One definition for both uses: `apply` computes at once on tensors, and builds a node on expressions.
 */
import { checkRecord, checkType } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type AnyValue, Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, isAddressable, type Shape, show } from "../tensor/layout.ts";
import type { Attributes, Form, Operation, Place, Unplaced } from "../tensor/operation.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { checkNoPlace, INTO_KEYS, type Into, outputOf } from "./check.ts";

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
  options: Into<D> = NO_OPTIONS,
): Tensor<D> | Expression<D> {
  checkOperation(operation, operands, attributes);
  if (options !== NO_OPTIONS) checkOptions<Into<D>>(operation.name, options, INTO_KEYS);
  const { out } = options;
  const form = operation.form(operands, attributes);
  checkType(`${operation.name}: form(…)`, "object", form);
  for (const [i, operand] of operands.entries()) {
    if (isExpression(operand) || operand instanceof Tensor || operand instanceof SparseMatrix) continue;
    throw new OptionError(`${operation.name}: operands[${i}]`, "a tensor or an expression", operand);
  }
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
  try {
    compute(operation, first.engine, operands as readonly (Tensor | SparseMatrix)[], attributes, y);
  } catch (error) {
    if (y !== out) y.dispose();
    throw error;
  }
  return y;
}

/** What a caller's own operation must have; the library's are known to. */
function checkOperation(operation: Operation<never>, operands: readonly AnyValue[], attributes: Attributes): void {
  if (operation?.isBuiltIn) return;
  checkType("apply: operation", "object", operation);
  checkType("apply: operation.name", "string", operation.name);
  for (const key of ["form", "bind"] as const) checkType(`apply: operation.${key}`, "function", operation[key]);
  if (!Array.isArray(operands))
    throw new OptionError("apply: operands", "an array of tensors or expressions", operands);
  checkRecord("apply: attributes", attributes);
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
    form: () => y,
    bind: () => () => {}, // a graph has y in its place
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
  const unplaced = unplacedCall(engine, operands, result, attributes);
  const scratchBytes = operation.scratchBytes?.(unplaced) ?? 0;
  const call = operation.bind({
    ...unplaced,
    memory: engine.memory,
    at: operands.map(placeOf),
    out: placeOf(result),
    scratch: scratchBytes === 0 ? 0 : engine.scratch(scratchBytes),
  });
  checkType(`${operation.name}: bind(…)`, "function", call);
  call();
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
