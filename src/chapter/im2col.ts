/**
 * Images as matrices, so that a convolution is a matrix product: chapter 7 of Saito, *Deep Learning from Scratch*.
 *
 *   im2col   each place of the filter is a row, of the C × filterH × filterW numbers that it covers there
 *   col2im   its transpose: numbers that come from one pixel are added up there
 *
 * Rows are in the order example, row, column; numbers in a row in the order channel, row, column. Both are the gradient of the
 * other.
 */

import { OptionError, ShapeError } from "../errors.ts";
import { checkSize } from "../nn/inputs.ts";
import { checkFloat, checkShapeIs } from "../ops/check.ts";
import { operate } from "../ops/operation.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { checkShape, countOf, type Shape, show } from "../tensor/layout.ts";
import type { Attributes, Call, Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";

/** A filter's size and its steps over images, and the places that these give. */
type Window = {
  readonly filterH: number;
  readonly filterW: number;
  readonly stride: number;
  readonly pad: number;
  readonly outH: number;
  readonly outW: number;
};

/** Elements as the host sees them. */
type Floats = Float32Array | Float64Array;

/**
 * The numbers under a filter at each of its places, as the rows of a matrix.
 *
 * @param x [N, C, H, W]
 * @param stride how far the filter moves, in pixels
 * @param pad zeros around each image, in pixels
 * @returns [N · outH · outW, C · filterH · filterW] with outH = ⌊(H + 2 · pad - filterH) / stride⌋ + 1, outW likewise
 * @throws {ShapeError} x has other axes than four, or its images with their zeros are smaller than the filter
 * @throws {OptionError} a size or a stride that is not an integer from 1 on, a pad that is not one from 0 on
 * @throws {DTypeError} integers
 * @example
 * using x = tensor(engine, [1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 1, 3, 3] });
 * using col = im2col(x, 2, 2);
 * col.toArray(); // → [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]
 */
export function im2col<D extends FloatType>(
  x: Tensor<D>,
  filterH: number,
  filterW: number,
  stride?: number,
  pad?: number,
): Tensor<D>;
export function im2col<D extends FloatType>(
  x: Expression<D>,
  filterH: number,
  filterW: number,
  stride?: number,
  pad?: number,
): Expression<D>;
export function im2col<D extends FloatType>(
  x: Value<D>,
  filterH: number,
  filterW: number,
  stride = 1,
  pad = 0,
): Value<D> {
  checkFloat("im2col", "x", x);
  if (x.shape.length !== 4) throw new ShapeError("im2col", "x", "[N, C, H, W]", show(x.shape));
  return operate(IM2COL, [x], windowOf("im2col", x.shape, { filterH, filterW, stride, pad }));
}

/**
 * Images from the rows that `im2col` makes of them: numbers that were taken from one pixel are added up there.
 *
 * @param col [N · outH · outW, C · filterH · filterW]
 * @param inputShape [N, C, H, W]
 * @param stride how far the filter moves, in pixels
 * @param pad zeros around each image, in pixels
 * @returns [N, C, H, W]
 * @throws {ShapeError} col is not what `im2col` makes of such images
 * @throws {OptionError} as `im2col`
 * @throws {DTypeError} integers
 * @example
 * using col = tensor(engine, [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]);
 * using x = col2im(col, [1, 1, 3, 3], 2, 2);
 * x.toArray(); // → [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]
 */
export function col2im<D extends FloatType>(
  col: Tensor<D>,
  inputShape: Shape,
  filterH: number,
  filterW: number,
  stride?: number,
  pad?: number,
): Tensor<D>;
export function col2im<D extends FloatType>(
  col: Expression<D>,
  inputShape: Shape,
  filterH: number,
  filterW: number,
  stride?: number,
  pad?: number,
): Expression<D>;
export function col2im<D extends FloatType>(
  col: Value<D>,
  inputShape: Shape,
  filterH: number,
  filterW: number,
  stride = 1,
  pad = 0,
): Value<D> {
  checkFloat("col2im", "col", col);
  const shape = checkShape("col2im: inputShape", inputShape);
  if (shape.length !== 4) throw new OptionError("col2im: inputShape", "[N, C, H, W]", inputShape);
  const window = windowOf("col2im", shape, { filterH, filterW, stride, pad });
  checkShapeIs("col2im", "col", col, columnsShape(shape, window));
  return operate(COL2IM, [col], { ...window, shape });
}

/** @throws {OptionError} numbers that are no window */
export function checkWindow(op: string, { filterH, filterW, stride, pad }: Omit<Window, "outH" | "outW">): void {
  for (const [name, size] of Object.entries({ filterH, filterW, stride })) checkSize(`${op}: ${name}`, size);
  if (!Number.isInteger(pad) || pad < 0) throw new OptionError(`${op}: pad`, "an integer from 0 on", pad);
}

/** @throws {ShapeError} the images with their zeros are smaller than the filter */
function windowOf(op: string, shape: Shape, given: Omit<Window, "outH" | "outW">): Window {
  checkWindow(op, given);
  const { filterH, filterW, stride, pad } = given;
  const [, , h = 0, w = 0] = shape;
  const [outH, outW] = [placesOf(h, filterH, stride, pad), placesOf(w, filterW, stride, pad)];
  if (outH >= 1 && outW >= 1) return { ...given, outH, outW };
  const expected = `images of at least ${filterH} × ${filterW} with a pad of ${pad}`;
  throw new ShapeError(op, op === "im2col" ? "x" : "inputShape", expected, show(shape));
}

/** At how many places a filter lies along an axis; less than 1 where it is longer than that. */
function placesOf(extent: number, filter: number, stride: number, pad: number): number {
  return Math.floor((extent + 2 * pad - filter) / stride) + 1;
}

function columnsShape([n = 0, c = 0]: Shape, { filterH, filterW, outH, outW }: Window): Shape {
  return [n * outH * outW, c * filterH * filterW];
}

const IM2COL: Operation<Window> = {
  name: "im2col",
  spec: ([x], window) => ({ dtype: (x as Value).dtype, shape: columnsShape((x as Value).shape, window) }),
  bind(call) {
    const { shape } = call.specs[0];
    return [onHost(call, (x, col) => fillColumns(x, shape, call.attributes, col))];
  },
  gradient: (_, { operands: [x], attributes }, dy) =>
    operate(COL2IM, [dy], { ...attributes, shape: x.shape }) as Expression<FloatType>,
  flops: () => 0,
};

const COL2IM: Operation<Window & { readonly shape: Shape }> = {
  name: "col2im",
  spec: ([col], { shape }) => ({ dtype: (col as Value).dtype, shape }),
  bind(call) {
    const { shape } = call.attributes;
    return [onHost(call, (col, x) => addColumns(col, shape, call.attributes, x))];
  },
  gradient: (_, { attributes: { shape: _shape, ...window } }, dy) =>
    operate(IM2COL, [dy], window) as Expression<FloatType>,
  flops: ({ specs: [col] }) => countOf(col.shape),
};

/** A step on the host, from the first operand to the result; views are made again only when memory has grown. */
function onHost<A extends Attributes>(
  { memory, specs, result, at, out }: Call<A>,
  compute: (x: Floats, y: Floats) => void,
): () => void {
  const dtype = result.dtype as FloatType;
  const viewX = () => memory.view(dtype, at[0].pointer, countOf(specs[0].shape));
  const viewY = () => memory.view(dtype, out.pointer, countOf(result.shape));
  let [x, y] = [viewX(), viewY()];
  return () => {
    if (x.buffer !== memory.buffer) [x, y] = [viewX(), viewY()];
    compute(x, y);
  };
}

function fillColumns(x: Floats, shape: Shape, window: Window, col: Floats): void {
  const { filterH, filterW, stride, pad, outH, outW } = window;
  const [n = 0, c = 0, h = 0, w = 0] = shape;
  let to = 0;
  for (let image = 0; image < n; image++) {
    for (let row = 0; row < outH; row++) {
      for (let column = 0; column < outW; column++) {
        const left = column * stride - pad;
        const isWithin = left >= 0 && left + filterW <= w;
        for (let channel = 0; channel < c; channel++) {
          for (let i = 0; i < filterH; i++) {
            const y = row * stride - pad + i;
            const from = ((image * c + channel) * h + y) * w + left;
            if (y < 0 || y >= h) for (let j = 0; j < filterW; j++) col[to++] = 0;
            else if (isWithin) for (let j = 0; j < filterW; j++) col[to++] = x[from + j]!;
            else for (let j = 0; j < filterW; j++) col[to++] = left + j >= 0 && left + j < w ? x[from + j]! : 0;
          }
        }
      }
    }
  }
}

function addColumns(col: Floats, shape: Shape, window: Window, x: Floats): void {
  const { filterH, filterW, stride, pad, outH, outW } = window;
  const [n = 0, c = 0, h = 0, w = 0] = shape;
  x.fill(0);
  let at = 0;
  for (let image = 0; image < n; image++) {
    for (let row = 0; row < outH; row++) {
      for (let column = 0; column < outW; column++) {
        const left = column * stride - pad;
        for (let channel = 0; channel < c; channel++) {
          for (let i = 0; i < filterH; i++, at += filterW) {
            const y = row * stride - pad + i;
            if (y < 0 || y >= h) continue;
            const to = ((image * c + channel) * h + y) * w + left;
            for (let j = 0; j < filterW; j++) if (left + j >= 0 && left + j < w) x[to + j]! += col[at + j]!;
          }
        }
      }
    }
  }
}
