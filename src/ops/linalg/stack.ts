/** Stacks of matrices: their sizes, views of their elements, and leading axes that broadcast. */
import { scoped } from "../../disposable.ts";
import { ShapeError } from "../../errors.ts";
import { broadcastShape } from "../../tensor/broadcast.ts";
import type { Value } from "../../tensor/expression.ts";
import { countOf, isSameShape, type Shape, show } from "../../tensor/layout.ts";
import type { Pointer } from "../../wasm/abi.ts";
import { type ArrayOf, bytesPerElement, type DType, type FloatType } from "../../wasm/dtype.ts";
import type { Memory } from "../../wasm/memory.ts";
import { checkAlike, checkFloat } from "../check.ts";
import { reshape } from "../rows.ts";
import { broadcastNumbers } from "../sum.ts";
import { transpose } from "../transpose.ts";

/** The sizes of matrices one after the other: `count` of m × n. */
export type Stack = { readonly count: number; readonly m: number; readonly n: number };

export function stackOf({ shape }: { readonly shape: Shape }): Stack {
  const [m = 0, n = 0] = shape.slice(-2);
  return { count: countOf(shape.slice(0, -2)), m, n };
}

/** Elements from `pointer` on, as a view that is made again only when memory has grown. */
export function viewer<D extends DType>(memory: Memory, dtype: D, pointer: Pointer, length: number): () => ArrayOf[D] {
  let view = memory.view(dtype, pointer, length);
  return () => {
    if (view.buffer !== memory.buffer) view = memory.view(dtype, pointer, length);
    return view;
  };
}

/** The bytes of so many elements, to the next multiple of 16. */
export function alignedBytes(dtype: DType, elements: number): number {
  return Math.ceil((elements * bytesPerElement(dtype)) / 16) * 16;
}

/** Each matrix transposed. */
export function turned<D extends FloatType>(x: Value<D>): Value<D> {
  const rank = x.shape.length;
  return transpose(x, { axes: [...x.shape.slice(2).keys(), rank - 1, rank - 2] });
}

/**
 * @throws {DTypeError} integers
 * @throws {ShapeError} fewer than two axes
 */
export function checkMatrices(op: string, argument: string, x: Value): void {
  checkFloat(op, argument, x);
  if (x.shape.length < 2) throw new ShapeError(op, argument, "a matrix (2 axes), or a stack of them", show(x.shape));
}

/** @throws {ShapeError} not a square matrix, nor a stack of them */
export function checkSquare(op: string, argument: string, x: Value): void {
  checkMatrices(op, argument, x);
  const { m, n } = stackOf(x);
  if (m !== n) throw new ShapeError(op, argument, "a square matrix, or a stack of them", show(x.shape));
}

/** Right sides of a system of equations: a vector, or a matrix of columns. */
export function columnsOf({ shape }: { readonly shape: Shape }): number {
  return shape.length === 1 ? 1 : (shape.at(-1) ?? 0);
}

/**
 * ax = b where the leading axes of a and b broadcast, as NumPy's: a vector b is one right side for each matrix.
 *
 * @param solve of leading axes that are alike, or of one matrix and a vector
 * @throws {ShapeError} a is not square, b has another number of rows, or leading axes that do not broadcast
 * @throws {DTypeError} integers, or two float types
 */
export function broadcastSystem<D extends FloatType>(
  op: string,
  argument: string,
  a: Value<D>,
  b: Value<D>,
  solve: (a: Value<D>, b: Value<D>) => Value<D>,
): Value<D> {
  checkSquare(op, argument, a);
  checkAlike(op, "b", b, a);
  const { n } = stackOf(a);
  if (b.shape.length === 0) throw new ShapeError(op, "b", "at least one axis", show(b.shape));
  const isVector = b.shape.length === 1;
  if ((isVector ? b.shape[0] : b.shape.at(-2)) !== n) {
    throw new ShapeError(op, "b", `${n} rows, as ${argument} ${show(a.shape)} has`, show(b.shape));
  }
  const [ofA, ofB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcastShape(ofA, ofB);
  if (batch === undefined) {
    const expected = `leading axes that broadcast with those of ${argument} ${show(a.shape)}`;
    throw new ShapeError(op, "b", expected, show(b.shape));
  }
  if (isSameShape(ofA, ofB)) return solve(a, b);
  return scoped((own) => {
    const right = isVector ? own(reshape(b, [n, 1])) : b;
    const x = solve(
      isSameShape(ofA, batch) ? a : own(broadcastNumbers(a, [...batch, n, n])),
      isSameShape(ofB, batch) ? right : own(broadcastNumbers(right, [...batch, n, columnsOf(b)])),
    );
    return isVector ? reshape(own(x), [...batch, n]) : x;
  });
}
