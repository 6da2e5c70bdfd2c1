/**
 * Shapes: pure arithmetic, no memory. Everything is row-major: the last axis is contiguous.
 */
import { OptionError, ShapeError } from "../errors.ts";

/** Extents, the outermost axis first; none for a scalar. */
export type Shape = readonly number[];

/** Numbers nested as deep as the tensor has axes: `[[1, 2], [3, 4]]` is 2 × 2, a number has no axis. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** Elements in a shape; 1 for the shape without axes. */
export function countOf(shape: Shape): number {
  let count = 1;
  for (const extent of shape) count *= extent;
  return count;
}

/** A shape as a person reads it: `[2, 3]`. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
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
 * @throws {OptionError} an extent that is not a whole number from 0 on, or too many elements to address
 */
export function checkShape(option: string, shape: Shape): Shape {
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 0) throw new OptionError(option, "whole numbers from 0 on", show(shape));
  }
  if (!isAddressable(shape)) throw new OptionError(option, "fewer than 2^31 elements", show(shape));
  return Object.freeze([...shape]);
}

/**
 * The shape of nested numbers.
 *
 * @throws {ShapeError} rows of different lengths, or depths
 */
export function shapeOf(op: string, values: NestedNumbers): Shape {
  if (typeof values === "number") return [];
  const [first] = values;
  if (first === undefined) return [0];
  const inner = shapeOf(op, first);
  for (const [index, value] of values.entries()) {
    const shape = shapeOf(op, value);
    if (!isSameShape(shape, inner))
      throw new ShapeError(op, `values[${index}]`, show(inner), show(shape), "rows must be alike");
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
