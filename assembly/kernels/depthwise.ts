import { bytes, lanes, loadNext, madd, storeNext, whole } from "../simd/lanes";

/**
 * Convolutions of each channel by itself.
 *
 *   depthwise          y_(ij) = b + Σ over columns, then rows, of the window: x · weight
 *   depthwiseWeights   dWeights = Σ x · dy over images and rows of windows: each row's sum is added to those before
 *
 *   n, h, w, c   x is n × h × w × c
 *   oh, ow       y and dy are n × oh × ow × c
 *   kh, kw       the weights are kh × kw × c
 *   sh, sw       strides, and dh, dw the dilations: tap (p, q) of window (i, j) is row i·sh - top + p·dh, column j·sw - left + q·dw,
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
  if (sizeof<T>() == 4) for (; c >= 4 * lanes<T>(); c -= 4 * lanes<T>(), x += 64, weights += 64, y += 64) {
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
      sum = loadNext<T>(b, c, zero);
      b += 16;
    }
    for (let q = columns, column = x, weightColumn = weights; q > 0; q--, column += right, weightColumn += weightRight) {
      for (let p = rows, at = column, weight = weightColumn; p > 0; p--, at += down, weight += weightDown) {
        sum = madd<T>(loadNext<T>(at, c, zero), loadNext<T>(weight, c, zero), sum);
      }
    }
    storeNext<T>(y, sum, c);
  }
}

/**
 * A row of y for one vector of channels, by kernels of three columns at stride 1. Each column of x is loaded once for three outputs:
 *
 *   column    t                  added to outputs     j by weight 2,  j + 1 by weight 1,  j + 2 by weight 0,  then j is stored
 *
 * @param j the output that the first column is the last tap of, from -2 on
 * @param rows from 1 to 3
 */
function slide(
  columns: i32, j: i32, ow: i32, rows: i32, x: usize, pixel: usize, down: usize,
  weights: usize, weightDown: usize, weightRight: usize, b: usize, y: usize,
): void {
  const start = b ? v128.load(b) : v128.splat<f32>(0), down2 = 2 * down;
  const w00 = v128.load(weights), w01 = v128.load(weights + weightRight), w02 = v128.load(weights + 2 * weightRight);
  let w10 = w00, w11 = w00, w12 = w00, w20 = w00, w21 = w00, w22 = w00;
  if (rows > 1) {
    weights += weightDown;
    w10 = v128.load(weights), w11 = v128.load(weights + weightRight), w12 = v128.load(weights + 2 * weightRight);
  }
  if (rows > 2) {
    weights += weightDown;
    w20 = v128.load(weights), w21 = v128.load(weights + weightRight), w22 = v128.load(weights + 2 * weightRight);
  }
  let first = start, second = start;
  for (; columns > 0; columns--, x += pixel, j++) {
    let v = v128.load(x), third = madd<f32>(v, w00, start);
    second = madd<f32>(v, w01, second);
    first = madd<f32>(v, w02, first);
    if (rows > 1) {
      v = v128.load(x + down);
      third = madd<f32>(v, w10, third);
      second = madd<f32>(v, w11, second);
      first = madd<f32>(v, w12, first);
    }
    if (rows > 2) {
      v = v128.load(x + down2);
      third = madd<f32>(v, w20, third);
      second = madd<f32>(v, w21, second);
      first = madd<f32>(v, w22, first);
    }
    if (j >= 0) {
      v128.store(y, first);
      y += pixel;
    }
    first = second, second = third;
  }
  for (; j < ow; j++) {
    if (j >= 0) {
      v128.store(y, first);
      y += pixel;
    }
    first = second;
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

/** For elements of `size` bytes. */
function depthwise(
  size: usize, n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  isAdjoint: i32, x: usize, weights: usize, b: usize, y: usize,
): void {
  assert(n >= 0 && h >= 0 && w >= 0 && c >= 0 && kh >= 0 && kw >= 0 && oh >= 0 && ow >= 0 && isAdjoint >>> 1 == 0);
  assert(sh > 0 && sw > 0 && dh > 0 && dw > 0 && top >= 0 && left >= 0);
  const pixel = size * <usize>c, line = pixel * <usize>w, image = line * <usize>h;
  // The adjoint reads x by weights in reverse, between whose elements are stride - 1 others that no tap hits.
  let everyY = 1, everyX = 1;
  let weightRight = pixel, weightDown = pixel * <usize>kw;
  if (isAdjoint) {
    everyY = sh, everyX = sw, sh = 1, sw = 1;
    top = (kh - 1) * dh - top, left = (kw - 1) * dw - left;
    weights += pixel * <usize>(kh * kw - 1);
    weightRight = 0 - weightRight, weightDown = 0 - weightDown;
  }
  const stepY = tapStep(dh, everyY), stepX = tapStep(dw, everyX);
  const apartY = stepY * dh / everyY, apartX = stepX * dw / everyX;
  const isSliding = size == 4 && kw == 3 && kh <= 3 && sw == 1 && everyX == 1 && dw == 1 && left >= 0 && left <= 2 && ow <= w + left && c >= 4;
  for (; n > 0; n--, x += image) {
    for (let i = 0; i < oh; i++) {
      let at = i * sh - top;
      const p = firstTap(kh, at, dh, everyY), row = (at + p * dh) / everyY, rows = hits(kh - p, stepY, row, h, apartY);
      const fromRow = x + <usize>row * line, weightRow = weights + <usize>p * weightDown;
      if (isSliding && rows > 0) {
        // The last vector overlaps the one before, and computes the same again.
        for (let k = 0; k < c; k += 4) {
          const offset = bytes<f32>(min(k, c - 4));
          slide(
            min(w, ow + 2 - left), left - 2, ow, rows, fromRow + offset, pixel, line * <usize>apartY,
            weightRow + offset, weightDown * <usize>stepY, weightRight, b ? b + offset : 0, y + offset,
          );
        }
        y += pixel * <usize>ow;
        continue;
      }
      for (let j = 0; j < ow; j++, y += pixel) {
        at = j * sw - left;
        const q = firstTap(kw, at, dw, everyX), column = (at + q * dw) / everyX;
        const columns = hits(kw - q, stepX, column, w, apartX), from = fromRow + <usize>column * pixel, weight = weightRow + <usize>q * weightRight;
        const down = line * <usize>apartY, right = pixel * <usize>apartX;
        if (size == 4) pixelOf<f32>(c, rows, columns, from, down, right, weight, weightDown * <usize>stepY, weightRight * <usize>stepX, b, y);
        else pixelOf<f64>(c, rows, columns, from, down, right, weight, weightDown * <usize>stepY, weightRight * <usize>stepX, b, y);
      }
    }
  }
}

/** dWeights + Σ x · dy of `count` pixels. */
function rowOf<T>(count: i32, c: i32, x: usize, pixel: usize, right: usize, dy: usize, dWeights: usize): void {
  const zero = v128.splat<T>(<T>0);
  if (sizeof<T>() == 4) for (; c >= 4 * lanes<T>(); c -= 4 * lanes<T>(), x += 64, dy += 64, dWeights += 64) {
    let s0 = zero, s1 = zero, s2 = zero, s3 = zero;
    for (let j = count, at = x, d = dy; j > 0; j--, at += right, d += pixel) {
      s0 = madd<T>(v128.load(at), v128.load(d), s0);
      s1 = madd<T>(v128.load(at, 16), v128.load(d, 16), s1);
      s2 = madd<T>(v128.load(at, 32), v128.load(d, 32), s2);
      s3 = madd<T>(v128.load(at, 48), v128.load(d, 48), s3);
    }
    v128.store(dWeights, v128.add<T>(v128.load(dWeights), s0));
    v128.store(dWeights, v128.add<T>(v128.load(dWeights, 16), s1), 16);
    v128.store(dWeights, v128.add<T>(v128.load(dWeights, 32), s2), 32);
    v128.store(dWeights, v128.add<T>(v128.load(dWeights, 48), s3), 48);
  }
  for (; c > 0; c -= lanes<T>(), x += 16, dy += 16, dWeights += 16) {
    let sum = zero;
    for (let j = count, at = x, d = dy; j > 0; j--, at += right, d += pixel) {
      sum = madd<T>(loadNext<T>(at, c, zero), loadNext<T>(d, c, zero), sum);
    }
    storeNext<T>(dWeights, v128.add<T>(loadNext<T>(dWeights, c, zero), sum), c);
  }
}

/** dWeights + Σ x · dy of a row of windows, for one vector of channels: kernels of three columns at stride 1, and 1 to 3 rows of them. */
function slideWeights(
  ow: i32, w: i32, left: i32, rows: i32, x: usize, pixel: usize, down: usize, dy: usize, dWeights: usize,
): void {
  const down2 = 2 * down;
  let s00 = v128.splat<f32>(0), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00, s20 = s00, s21 = s00, s22 = s00;
  // Column t of x meets weight q at output t + left - q. Most columns meet all three, which are kept from one to the next.
  const from = max(2 - left, 0), to = min(w, ow - left), last = min(w, ow + 2 - left);
  dy += pixel * <usize>left;
  for (let t = 0; t < last; t++, x += pixel, dy += pixel) {
    if (t == from && t < to) {
      let d1 = v128.load(dy - pixel), d2 = v128.load(dy - 2 * pixel);
      for (; t < to; t++, x += pixel, dy += pixel) {
        const d0 = v128.load(dy);
        let v = v128.load(x);
        s00 = madd<f32>(v, d0, s00);
        s01 = madd<f32>(v, d1, s01);
        s02 = madd<f32>(v, d2, s02);
        if (rows > 1) {
          v = v128.load(x + down);
          s10 = madd<f32>(v, d0, s10);
          s11 = madd<f32>(v, d1, s11);
          s12 = madd<f32>(v, d2, s12);
        }
        if (rows > 2) {
          v = v128.load(x + down2);
          s20 = madd<f32>(v, d0, s20);
          s21 = madd<f32>(v, d1, s21);
          s22 = madd<f32>(v, d2, s22);
        }
        d2 = d1, d1 = d0;
      }
      if (t == last) break;
    }
    if (<u32>(t + left) < <u32>ow) {
      const d = v128.load(dy);
      s00 = madd<f32>(v128.load(x), d, s00);
      if (rows > 1) s10 = madd<f32>(v128.load(x + down), d, s10);
      if (rows > 2) s20 = madd<f32>(v128.load(x + down2), d, s20);
    }
    if (<u32>(t + left - 1) < <u32>ow) {
      const d = v128.load(dy - pixel);
      s01 = madd<f32>(v128.load(x), d, s01);
      if (rows > 1) s11 = madd<f32>(v128.load(x + down), d, s11);
      if (rows > 2) s21 = madd<f32>(v128.load(x + down2), d, s21);
    }
    if (<u32>(t + left - 2) < <u32>ow) {
      const d = v128.load(dy - 2 * pixel);
      s02 = madd<f32>(v128.load(x), d, s02);
      if (rows > 1) s12 = madd<f32>(v128.load(x + down), d, s12);
      if (rows > 2) s22 = madd<f32>(v128.load(x + down2), d, s22);
    }
  }
  addRow(dWeights, pixel, s00, s01, s02);
  if (rows > 1) addRow(dWeights + 3 * pixel, pixel, s10, s11, s12);
  if (rows > 2) addRow(dWeights + 6 * pixel, pixel, s20, s21, s22);
}

// @ts-ignore: decorator
@inline
function addRow(to: usize, pixel: usize, s0: v128, s1: v128, s2: v128): void {
  v128.store(to, v128.add<f32>(v128.load(to), s0));
  v128.store(to + pixel, v128.add<f32>(v128.load(to + pixel), s1));
  v128.store(to + 2 * pixel, v128.add<f32>(v128.load(to + 2 * pixel), s2));
}

/** For elements of `size` bytes. */
function depthwiseWeights(
  size: usize, n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize,
): void {
  assert(n >= 0 && h >= 0 && w >= 0 && c >= 0 && kh >= 0 && kw >= 0 && oh >= 0 && ow >= 0);
  assert(sh > 0 && sw > 0 && dh > 0 && dw > 0 && top >= 0 && left >= 0);
  const pixel = size * <usize>c, line = pixel * <usize>w, image = line * <usize>h, lineY = pixel * <usize>ow;
  memory.fill(dWeights, 0, pixel * <usize>(kh * kw));
  if (w == 0) return;
  // Whole vectors of channels; the rest of them in the general loop below.
  const sliding = size == 4 && kw == 3 && kh <= 3 && sw == 1 && dw == 1 ? whole<f32>(c) : 0;
  for (; n > 0; n--, x += image) {
    for (let i = 0; i < oh; i++, dy += lineY) {
      const at = i * sh - top, p = firstTap(kh, at, dh, 1), row = at + p * dh, rows = hits(kh - p, 1, row, h, dh);
      const fromRow = x + <usize>row * line, toRow = dWeights + <usize>(p * kw) * pixel;
      if (rows > 0) {
        for (let offset: usize = 0; offset < bytes<f32>(sliding); offset += 16) {
          slideWeights(ow, w, left, rows, fromRow + offset, pixel, line * <usize>dh, dy + offset, toRow + offset);
        }
      }
      if (sliding == c) continue;
      const done = bytes<f32>(sliding), down = line * <usize>dh;
      for (let r = rows, from = fromRow + done, to = toRow + done; r > 0; r--, from += down) {
        for (let q = 0, before = left; q < kw; q++, before -= dw, to += pixel) {
          // Windows whose tap is within the image: j·sw - before is from 0 to before w.
          const first = before > 0 ? (before + sw - 1) / sw : 0;
          const count = w + before > 0 ? min((w - 1 + before) / sw + 1, ow) - first : 0;
          if (count <= 0) continue;
          const tap = from + <usize>(first * sw - before) * pixel, gradient = dy + done + <usize>first * pixel;
          if (size == 4) rowOf<f32>(count, c - sliding, tap, pixel, pixel * <usize>sw, gradient, to);
          else rowOf<f64>(count, c - sliding, tap, pixel, pixel * <usize>sw, gradient, to);
        }
      }
    }
  }
}

export function sdepthwise(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  isAdjoint: i32, x: usize, weights: usize, b: usize, y: usize,
): void {
  depthwise(4, n, h, w, c, kh, kw, oh, ow, sh, sw, dh, dw, top, left, isAdjoint, x, weights, b, y);
}
export function sdepthwiseWeights(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize,
): void {
  depthwiseWeights(4, n, h, w, c, kh, kw, oh, ow, sh, sw, dh, dw, top, left, x, dy, dWeights);
}
export function ddepthwise(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  isAdjoint: i32, x: usize, weights: usize, b: usize, y: usize,
): void {
  depthwise(8, n, h, w, c, kh, kw, oh, ow, sh, sw, dh, dw, top, left, isAdjoint, x, weights, b, y);
}
export function ddepthwiseWeights(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize,
): void {
  depthwiseWeights(8, n, h, w, c, kh, kw, oh, ow, sh, sw, dh, dw, top, left, x, dy, dWeights);
}
