import { bytes, lanes, loadShort, madd, storeShort } from "../simd/lanes";

/**
 * Convolutions of each channel by itself.
 *
 *   depthwise          y_(ij) = b + Σ over columns, then rows, of the window: x · weight
 *   depthwiseWeights   dw = Σ x · dy over images and rows of windows: each row's sum is added to those before
 *
 *   n, h, w, c   x is n × h × w × c
 *   oh, ow       y and dy are n × oh × ow × c
 *   kh, kw       the weights are kh × kw × c
 *   sy, sx       strides, and ey, ex the dilations: tap (p, q) of window (i, j) is row i·sy - top + p·ey, column j·sx - left + q·ex,
 *                where the image has it
 *   isAdjoint    1 for the other way around: y is the gradient of an x by the windows above, x that of their y
 *   b            c, or 0
 *
 * A tap outside of the image is left out, and is not a product by 0.
 *
 * # Safety
 * src/ops/depthwise.ts has checked: sizes are not negative, strides and dilations are positive, the operands hold what is said above, the
 * result is disjoint from the others.
 */

/** The first tap that does not lie before the elements, nor between them: at + tap · step is a multiple of `every`. */
// @ts-ignore: decorator
@inline
function firstTap(taps: i32, at: i32, step: i32, every: i32): i32 {
  let tap = 0;
  for (; tap < taps; tap++, at += step) if (at >= 0 && at % every == 0) break;
  return tap;
}

/** One pixel of y: `rows` × `columns` taps, one of each 4 lanes after the other. */
function pixelOf<T>(
  c: i32, rows: i32, columns: i32, x: usize, down: usize, right: usize, weights: usize, weightDown: usize, weightRight: usize, b: usize, y: usize,
): void {
  const zero = v128.splat<T>(<T>0);
  for (; c >= 4 * lanes<T>(); c -= 4 * lanes<T>(), x += 64, weights += 64, y += 64) {
    let y0 = zero, y1 = zero, y2 = zero, y3 = zero;
    if (b) {
      y0 = v128.load(b), y1 = v128.load(b, 16), y2 = v128.load(b, 32), y3 = v128.load(b, 48);
      b += 64;
    }
    for (let q = columns, column = x, weightColumn = weights; q > 0; q--, column += right, weightColumn += weightRight) {
      for (let p = rows, at = column, weight = weightColumn; p > 0; p--, at += down, weight += weightDown) {
        y0 = madd<T>(v128.load(at), v128.load(weight), y0);
        y1 = madd<T>(v128.load(at, 16), v128.load(weight, 16), y1);
        y2 = madd<T>(v128.load(at, 32), v128.load(weight, 32), y2);
        y3 = madd<T>(v128.load(at, 48), v128.load(weight, 48), y3);
      }
    }
    v128.store(y, y0);
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
  }
  for (; c > 0; c -= lanes<T>(), x += 16, weights += 16, y += 16) {
    let sum = zero;
    if (b) {
      sum = loadShort<T>(b, c, zero);
      b += 16;
    }
    for (let q = columns, column = x, weightColumn = weights; q > 0; q--, column += right, weightColumn += weightRight) {
      for (let p = rows, at = column, weight = weightColumn; p > 0; p--, at += down, weight += weightDown) {
        sum = madd<T>(loadShort<T>(at, c, zero), loadShort<T>(weight, c, zero), sum);
      }
    }
    storeShort<T>(y, sum, c);
  }
}

/** How many taps lie from one that hits an element to the next. */
// @ts-ignore: decorator
@inline
function tapStep(dilation: i32, every: i32): i32 {
  let step = 1;
  while (step * dilation % every != 0) step++;
  return step;
}

/** How many of the taps from the first hit on, which hits element `at`, hit one. */
// @ts-ignore: decorator
@inline
function hits(taps: i32, step: i32, at: i32, size: i32, apart: i32): i32 {
  return taps > 0 && at < size ? min((taps - 1) / step, (size - 1 - at) / apart) + 1 : 0;
}

// @ts-ignore: decorator
@inline
function depthwise<T>(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
  isAdjoint: i32, x: usize, weights: usize, b: usize, y: usize,
): void {
  assert(n >= 0 && h >= 0 && w >= 0 && c >= 0 && kh >= 0 && kw >= 0 && oh >= 0 && ow >= 0 && isAdjoint >>> 1 == 0);
  assert(sy > 0 && sx > 0 && ey > 0 && ex > 0 && top >= 0 && left >= 0);
  const pixel = bytes<T>(c), line = pixel * <usize>w, image = line * <usize>h;
  // The adjoint reads x by weights in reverse, between whose elements are stride - 1 others that no tap hits.
  let everyY = 1, everyX = 1;
  let weightRight = pixel, weightDown = pixel * <usize>kw;
  if (isAdjoint) {
    everyY = sy, everyX = sx, sy = 1, sx = 1;
    top = (kh - 1) * ey - top, left = (kw - 1) * ex - left;
    weights += pixel * <usize>(kh * kw - 1);
    weightRight = 0 - weightRight, weightDown = 0 - weightDown;
  }
  const stepY = tapStep(ey, everyY), stepX = tapStep(ex, everyX);
  const apartY = stepY * ey / everyY, apartX = stepX * ex / everyX;
  for (; n > 0; n--, x += image) {
    for (let i = 0; i < oh; i++) {
      let at = i * sy - top;
      const p = firstTap(kh, at, ey, everyY), row = (at + p * ey) / everyY, rows = hits(kh - p, stepY, row, h, apartY);
      const fromRow = x + <usize>row * line, weightRow = weights + <usize>p * weightDown;
      for (let j = 0; j < ow; j++, y += pixel) {
        at = j * sx - left;
        const q = firstTap(kw, at, ex, everyX), column = (at + q * ex) / everyX;
        pixelOf<T>(
          c, rows, hits(kw - q, stepX, column, w, apartX), fromRow + <usize>column * pixel, line * <usize>apartY, pixel * <usize>apartX,
          weightRow + <usize>q * weightRight, weightDown * <usize>stepY, weightRight * <usize>stepX, b, y,
        );
      }
    }
  }
}

/** dw + Σ x · dy of `count` pixels. */
function rowOf<T>(count: i32, c: i32, x: usize, right: usize, dy: usize, dw: usize): void {
  const pixel = bytes<T>(c), zero = v128.splat<T>(<T>0);
  for (; c >= 4 * lanes<T>(); c -= 4 * lanes<T>(), x += 64, dy += 64, dw += 64) {
    let w0 = zero, w1 = zero, w2 = zero, w3 = zero;
    for (let j = count, at = x, d = dy; j > 0; j--, at += right, d += pixel) {
      w0 = madd<T>(v128.load(at), v128.load(d), w0);
      w1 = madd<T>(v128.load(at, 16), v128.load(d, 16), w1);
      w2 = madd<T>(v128.load(at, 32), v128.load(d, 32), w2);
      w3 = madd<T>(v128.load(at, 48), v128.load(d, 48), w3);
    }
    v128.store(dw, v128.add<T>(v128.load(dw), w0));
    v128.store(dw, v128.add<T>(v128.load(dw, 16), w1), 16);
    v128.store(dw, v128.add<T>(v128.load(dw, 32), w2), 32);
    v128.store(dw, v128.add<T>(v128.load(dw, 48), w3), 48);
  }
  for (; c > 0; c -= lanes<T>(), x += 16, dy += 16, dw += 16) {
    let sum = zero;
    for (let j = count, at = x, d = dy; j > 0; j--, at += right, d += pixel) {
      sum = madd<T>(loadShort<T>(at, c, zero), loadShort<T>(d, c, zero), sum);
    }
    storeShort<T>(dw, v128.add<T>(loadShort<T>(dw, c, zero), sum), c);
  }
}

// @ts-ignore: decorator
@inline
function depthwiseWeights<T>(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
  x: usize, dy: usize, dw: usize,
): void {
  assert(n >= 0 && h >= 0 && w >= 0 && c >= 0 && kh >= 0 && kw >= 0 && oh >= 0 && ow >= 0);
  assert(sy > 0 && sx > 0 && ey > 0 && ex > 0 && top >= 0 && left >= 0);
  const pixel = bytes<T>(c), line = pixel * <usize>w, image = line * <usize>h, lineY = pixel * <usize>ow;
  memory.fill(dw, 0, pixel * <usize>(kh * kw));
  if (w == 0) return;
  for (; n > 0; n--, x += image) {
    for (let i = 0; i < oh; i++, dy += lineY) {
      for (let p = 0, row = i * sy - top; p < kh; p++, row += ey) {
        if (row < 0 || row >= h) continue;
        for (let q = 0, before = left; q < kw; q++, before -= ex) {
          // Windows whose tap is within the image: j·sx - before is from 0 to before w.
          const from = before > 0 ? (before + sx - 1) / sx : 0;
          const count = w + before > 0 ? min((w - 1 + before) / sx + 1, ow) - from : 0;
          const column = from * sx - before;
          if (count <= 0) continue;
          rowOf<T>(
            count, c, x + <usize>row * line + <usize>column * pixel, pixel * <usize>sx,
            dy + <usize>from * pixel, dw + <usize>(p * kw + q) * pixel,
          );
        }
      }
    }
  }
}

export function sdepthwise(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
  isAdjoint: i32, x: usize, weights: usize, b: usize, y: usize,
): void {
  depthwise<f32>(n, h, w, c, kh, kw, oh, ow, sy, sx, ey, ex, top, left, isAdjoint, x, weights, b, y);
}
export function sdepthwiseWeights(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
  x: usize, dy: usize, dw: usize,
): void {
  depthwiseWeights<f32>(n, h, w, c, kh, kw, oh, ow, sy, sx, ey, ex, top, left, x, dy, dw);
}
export function ddepthwise(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
  isAdjoint: i32, x: usize, weights: usize, b: usize, y: usize,
): void {
  depthwise<f64>(n, h, w, c, kh, kw, oh, ow, sy, sx, ey, ex, top, left, isAdjoint, x, weights, b, y);
}
export function ddepthwiseWeights(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, ey: i32, ex: i32, top: i32, left: i32,
  x: usize, dy: usize, dw: usize,
): void {
  depthwiseWeights<f64>(n, h, w, c, kh, kw, oh, ow, sy, sx, ey, ex, top, left, x, dy, dw);
}
