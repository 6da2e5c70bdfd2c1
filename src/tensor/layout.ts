/**
 * Shapes: pure arithmetic, no memory. Everything is row-major: the last axis is contiguous.
 */
import { checkList } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { countOf } from "../shape.ts";
import { describeValue } from "../values.ts";

export { countOf };

/** Extents, the outermost axis first; none for a scalar. */
export type Shape = readonly number[];

/** Numbers nested as deep as the tensor has axes: `[[1, 2], [3, 4]]` is 2 × 2, a number has no axis. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** A shape as a person reads it: `[2, 3]`. */
export function show(shape: Shape): string {
  return shape.length > 16 ? describeValue(shape) : `[${shape.join(", ")}]`;
}

/** Extents, where `count` of them from `at` on are replaced by others. */
export function spliced(extents: readonly number[], at: number, count: number, ...others: readonly number[]): number[] {
  const all = [...extents];
  all.splice(at, count, ...others);
  return all;
}

export function isSameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/**
 * Whether every run of a shape's axes has fewer than 2³¹ elements, so that kernels can count them. An extent of 0 does not
 * make up for others: [2³², 0] has no elements, but would have 0 rows for a kernel.
 */
export function isAddressable(shape: Shape): boolean {
  let product = 1;
  for (const extent of shape) product *= extent || 1;
  return product < 2 ** 31;
}

/**
 * A shape from outside, checked once.
 *
 * @throws {OptionError} not an array of integers ≥ 0, or too many elements to address
 */
export function checkShape(option: string, shape: Shape): Shape {
  checkList(option, shape, "an array of sizes");
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 0) throw new OptionError(option, "integers ≥ 0", shape);
  }
  if (!isAddressable(shape)) throw new OptionError(option, "fewer than 2^31 elements", shape);
  return Object.freeze([...shape]);
}

/** The most axes of nested numbers: deeper nesting is an array that contains itself. */
const MAX_DEPTH = 64;

/**
 * The shape of nested numbers.
 *
 * @throws {ShapeError} rows of different lengths, or depths
 * @throws {OptionError} an element that is neither a number nor an array, or nesting without end
 */
export function shapeOf(op: string, values: NestedNumbers, argument = "values", depth = 0): Shape {
  if (typeof values === "number") return [];
  if (!Array.isArray(values) || depth > MAX_DEPTH) {
    throw new OptionError(`${op}: ${argument}`, depth === 0 ? "numbers or a typed array" : "a number", values);
  }
  if (values.length === 0) return [0];
  const inner = shapeOf(op, values[0], `${argument}[0]`, depth + 1);
  for (const [index, value] of values.entries()) {
    const shape = typeof value === "number" ? [] : shapeOf(op, value, `${argument}[${index}]`, depth + 1);
    if (!isSameShape(shape, inner))
      throw new ShapeError(op, `${argument}[${index}]`, show(inner), show(shape), "rows must be alike");
  }
  return [values.length, ...inner];
}

/** Nested numbers written one after the other, row-major. */
export function flatten(values: NestedNumbers, into: number[] = []): number[] {
  if (typeof values === "number") into.push(values);
  else for (const value of values) flatten(value, into);
  return into;
}

/** The inverse of `flatten`. */
export function nest(values: ArrayLike<number>, shape: Shape, start = 0): NestedNumbers {
  const [extent, ...inner] = shape;
  if (extent === undefined) return values[start] ?? Number.NaN;
  const stride = countOf(inner);
  return Array.from({ length: extent }, (_, index) => nest(values, inner, start + index * stride));
}
