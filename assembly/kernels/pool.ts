import { bytes, lanes, loadNext, storeNext } from "../simd/lanes";

/**
 * Pooling: each window of an image is folded to one element, channel by channel.
 *
 *   maxPool           y = the largest of the window and `least`; NaN where it has one
 *   maxPoolGradient   dx ← 0; dx + dy at the first of the window that equals y or is NaN, one window after the other
 *   maxPoolPick       dy = v there: the adjoint
 *   avgPool           y = the sum of the window, tap after tap, over its size
 *   avgPoolGradient   dx ← 0; dx + dy over the window's size at each tap, one window after the other
 *
 *   n, h, w, c   x, v and dx are n × h × w × c
 *   oh, ow       y and dy are n × oh × ow × c
 *   kh, kw       window (i, j) has rows i·sh - top … + kh - 1 and columns j·sw - left … + kw - 1, as far as the image has them
 *   isPadded     1 where a window's size is kh · kw, 0 where it is the number of its elements within the image
 *   isAdaptive   1 where window i has the rows from ⌊i·h / oh⌋ to before ⌈(i + 1)·h / oh⌉ instead, and columns likewise
 *
 * Lanes are channels, so that no window and no stride is special.
 *
 * # Safety
 * src/ops/pooling.ts has checked: sizes are not negative, the operands hold what is said above, y and dx are disjoint from the others.
 */

/** The first row, or column, of window i. */
// @ts-ignore: decorator
@inline
function firstOf(i: i32, size: i32, windows: i32, step: i32, before: i32, isAdaptive: i32): i32 {
  return isAdaptive ? <i32>(<i64>i * size / windows) : max(i * step - before, 0);
}

/** The row, or column, behind its last one. */
// @ts-ignore: decorator
@inline
function endOf(i: i32, size: i32, windows: i32, kernel: i32, step: i32, before: i32, isAdaptive: i32): i32 {
  return isAdaptive ? <i32>((<i64>(i + 1) * size + windows - 1) / windows) : min(i * step - before + kernel, size);
}

// @ts-ignore: decorator
@inline
function isNaN<T>(v: v128): v128 {
  return v128.ne<T>(v, v);
}

/**
 * The largest, or the sum over `size`, of `rows` × `columns` pixels from x on. The lanes of a maximum that have seen a NaN are collected
 * apart, because pmax may drop it.
 */
function fold<T>(isMax: i32, rows: i32, columns: i32, c: i32, x: usize, line: usize, y: usize, least: T, size: T): void {
  const pixel = bytes<T>(c), isLong = c >= lanes<T>(), start = v128.splat<T>(least), none = v128.splat<i32>(0), divisor = v128.splat<T>(size);
  if (sizeof<T>() == 4) for (; c >= 4 * lanes<T>(); c -= 4 * lanes<T>(), x += 64, y += 64) {
    let y0 = start, y1 = start, y2 = start, y3 = start, nan0 = none, nan1 = none, nan2 = none, nan3 = none;
    for (let i = rows, row = x; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        const v0 = v128.load(at), v1 = v128.load(at, 16), v2 = v128.load(at, 32), v3 = v128.load(at, 48);
        if (isMax) {
          y0 = v128.pmax<T>(y0, v0), y1 = v128.pmax<T>(y1, v1), y2 = v128.pmax<T>(y2, v2), y3 = v128.pmax<T>(y3, v3);
          nan0 = v128.or(nan0, isNaN<T>(v0)), nan1 = v128.or(nan1, isNaN<T>(v1));
          nan2 = v128.or(nan2, isNaN<T>(v2)), nan3 = v128.or(nan3, isNaN<T>(v3));
        } else {
          y0 = v128.add<T>(y0, v0), y1 = v128.add<T>(y1, v1), y2 = v128.add<T>(y2, v2), y3 = v128.add<T>(y3, v3);
        }
      }
    }
    v128.store(y, v128.or(v128.div<T>(y0, divisor), nan0));
    v128.store(y, v128.or(v128.div<T>(y1, divisor), nan1), 16);
    v128.store(y, v128.or(v128.div<T>(y2, divisor), nan2), 32);
    v128.store(y, v128.or(v128.div<T>(y3, divisor), nan3), 48);
  }
  for (; c > 0; c -= lanes<T>(), x += 16, y += 16) {
    if (isLong && c < lanes<T>()) {
      // The last vector overlaps the one before, and computes the same again.
      const before = bytes<T>(lanes<T>() - c);
      x -= before, y -= before, c = lanes<T>();
    }
    let fold = start, nan = none;
    for (let i = rows, row = x; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        const v = loadNext<T>(at, c, none);
        if (isMax) fold = v128.pmax<T>(fold, v), nan = v128.or(nan, isNaN<T>(v));
        else fold = v128.add<T>(fold, v);
      }
    }
    storeNext<T>(y, v128.or(v128.div<T>(fold, divisor), nan), c);
  }
}

/** dx + dy / size at each of them; where `isApart`, which says that no other window has them, that is written without being added. */
function spread<T>(isApart: i32, rows: i32, columns: i32, c: i32, dx: usize, line: usize, dy: usize, size: T): void {
  const pixel = bytes<T>(c), zero = v128.splat<T>(<T>0), divisor = v128.splat<T>(size);
  for (; c > 0; c -= lanes<T>(), dx += 16, dy += 16) {
    const d = v128.div<T>(loadNext<T>(dy, c, zero), divisor);
    for (let i = rows, row = dx; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        storeNext<T>(at, v128.add<T>(isApart ? zero : loadNext<T>(at, c, zero), d), c);
      }
    }
  }
}

/** One tap of a gradient in `squares`: what is left of the lanes. */
// @ts-ignore: decorator
@inline
function tap(x: usize, offset: usize, top: v128, d: v128, left: v128): v128 {
  const v = v128.load(x), hit = v128.and(v128.or(v128.eq<f32>(v, top), isNaN<f32>(v)), left);
  v128.store(x + offset, v128.and(hit, d));
  return v128.andnot(left, hit);
}

/**
 * A row of windows of 2 × 2, `step` bytes apart: `fold` of each; or `first`, where no two have a pixel in common. The last vector of a
 * pixel overlaps the one before, and stores the same again.
 */
function squares(
  isMax: i32, windows: i32, c: i32, x: usize, step: usize, line: usize, y: usize, dy: usize, offset: usize, least: f32,
): void {
  const pixel = bytes<f32>(c), start = v128.splat<f32>(least);
  for (; windows > 0; windows--, x += step, y += pixel, dy += pixel) {
    for (let k = 0; k < c; k += 4) {
      const at = bytes<f32>(min(k, c - 4)), from = x + at;
      if (isMax) {
        const v0 = v128.load(from), v1 = v128.load(from + pixel), v2 = v128.load(from + line), v3 = v128.load(from + line + pixel);
        const nan = v128.or(v128.or(isNaN<f32>(v0), isNaN<f32>(v1)), v128.or(isNaN<f32>(v2), isNaN<f32>(v3)));
        const top = v128.pmax<f32>(v128.pmax<f32>(v128.pmax<f32>(v128.pmax<f32>(start, v0), v1), v2), v3);
        v128.store(y + at, v128.or(top, nan));
      } else {
        const top = v128.load(y + at), d = v128.add<f32>(v128.load(dy + at), v128.splat<f32>(0)); // no -0
        let left = tap(from, offset, top, d, v128.splat<i32>(-1));
        left = tap(from + pixel, offset, top, d, left);
        left = tap(from + line, offset, top, d, left);
        tap(from + line + pixel, offset, top, d, left);
      }
    }
  }
}

/** dx + dy at the first of them that equals y or is NaN; or, where `isPick`, dy ← dx there. */
function first<T>(
  isPick: i32, isApart: i32, rows: i32, columns: i32, c: i32, x: usize, line: usize, y: usize, dy: usize, dx: usize,
): void {
  const pixel = bytes<T>(c), zero = v128.splat<T>(<T>0);
  const offset = dx - x; // of a pixel of dx from that of x
  for (; c > 0; c -= lanes<T>(), x += 16, y += 16, dy += 16) {
    const top = loadNext<T>(y, c, zero);
    let d = isPick ? zero : loadNext<T>(dy, c, zero), left = v128.splat<i32>(-1);
    for (let i = rows, row = x; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        const v = loadNext<T>(at, c, zero);
        const hit = v128.and(v128.or(v128.eq<T>(v, top), isNaN<T>(v)), left);
        left = v128.andnot(left, hit);
        const g = isApart ? zero : loadNext<T>(at + offset, c, zero);
        if (isPick) d = v128.or(d, v128.and(hit, g));
        else storeNext<T>(at + offset, v128.add<T>(g, v128.and(hit, d)), c);
      }
    }
    if (isPick) storeNext<T>(dy, d, c);
  }
}

const enum Pool {
  Max,
  MaxGradient,
  MaxPick,
  Avg,
  AvgGradient,
}

/** For elements of `size` bytes. */
function pool(
  f: Pool, size: usize, n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, least: f64, x: usize, y: usize, dy: usize, dx: usize,
): void {
  assert(n >= 0 && h >= 0 && w >= 0 && c >= 0 && kh >= 0 && kw >= 0 && oh >= 0 && ow >= 0 && (isPadded | isAdaptive) >>> 1 == 0);
  assert(sh >= 0 && sw >= 0 && top >= 0 && left >= 0);
  const pixel = size * <usize>c, line = pixel * <usize>w, image = line * <usize>h;
  // Windows that are no wider than their distance have no element in common.
  const isGradient = f == Pool.MaxGradient || f == Pool.AvgGradient, isApart = i32(isGradient && !isAdaptive && kh <= sh && kw <= sw);
  const isWhole = isApart && kh == sh && kw == sw && kh * oh == h && kw * ow == w && (top | left) == 0;
  if (isGradient && !isWhole) memory.fill(dx, 0, image * <usize>n);
  const isSquares = size == 4 && (f == Pool.Max || f == Pool.MaxGradient && isApart) && kh == 2 && kw == 2 && left == 0 && (ow - 1) * sw + 2 <= w && c >= 4;
  for (; n > 0; n--, x += image, dx += image) {
    for (let i = 0; i < oh; i++) {
      const y0 = firstOf(i, h, oh, sh, top, isAdaptive), rows = endOf(i, h, oh, kh, sh, top, isAdaptive) - y0;
      if (isSquares && rows == 2) {
        squares(i32(f == Pool.Max), ow, c, x + <usize>y0 * line, pixel * <usize>sw, line, y, dy, dx - x, <f32>least);
        y += pixel * <usize>ow, dy += pixel * <usize>ow;
        continue;
      }
      for (let j = 0; j < ow; j++, y += pixel, dy += pixel) {
        const x0 = firstOf(j, w, ow, sw, left, isAdaptive), columns = endOf(j, w, ow, kw, sw, left, isAdaptive) - x0;
        const corner = <usize>y0 * line + <usize>x0 * pixel, from = x + corner, to = dx + corner;
        const count = f == Pool.Max ? 1 : isPadded ? kh * kw : max(rows, 0) * max(columns, 0);
        if (f == Pool.Max || f == Pool.Avg) {
          if (size == 4) fold<f32>(i32(f == Pool.Max), rows, columns, c, from, line, y, <f32>least, <f32>count);
          else fold<f64>(i32(f == Pool.Max), rows, columns, c, from, line, y, least, count);
        } else if (f == Pool.AvgGradient) {
          if (size == 4) spread<f32>(isApart, rows, columns, c, to, line, dy, <f32>count);
          else spread<f64>(isApart, rows, columns, c, to, line, dy, count);
        } else if (size == 4) first<f32>(i32(f == Pool.MaxPick), isApart, rows, columns, c, from, line, y, dy, to);
        else first<f64>(i32(f == Pool.MaxPick), isApart, rows, columns, c, from, line, y, dy, to);
      }
    }
  }
}

export function smaxPool(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32, x: usize, y: usize, least: f32,
): void {
  pool(Pool.Max, 4, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, 0, 0, least, x, y, 0, 0);
}
export function smaxPoolGradient(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  x: usize, y: usize, dy: usize, dx: usize,
): void {
  pool(Pool.MaxGradient, 4, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, 0, 0, 0, x, y, dy, dx);
}
export function smaxPoolPick(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  x: usize, y: usize, v: usize, dy: usize,
): void {
  pool(Pool.MaxPick, 4, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, 0, 0, 0, x, y, dy, v);
}
export function savgPool(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, x: usize, y: usize,
): void {
  pool(Pool.Avg, 4, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, isPadded, isAdaptive, 0, x, y, 0, 0);
}
export function savgPoolGradient(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, dy: usize, dx: usize,
): void {
  pool(Pool.AvgGradient, 4, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, isPadded, isAdaptive, 0, 0, 0, dy, dx);
}
export function dmaxPool(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32, x: usize, y: usize, least: f64,
): void {
  pool(Pool.Max, 8, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, 0, 0, least, x, y, 0, 0);
}
export function dmaxPoolGradient(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  x: usize, y: usize, dy: usize, dx: usize,
): void {
  pool(Pool.MaxGradient, 8, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, 0, 0, 0, x, y, dy, dx);
}
export function dmaxPoolPick(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  x: usize, y: usize, v: usize, dy: usize,
): void {
  pool(Pool.MaxPick, 8, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, 0, 0, 0, x, y, dy, v);
}
export function davgPool(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, x: usize, y: usize,
): void {
  pool(Pool.Avg, 8, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, isPadded, isAdaptive, 0, x, y, 0, 0);
}
export function davgPoolGradient(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sh: i32, sw: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, dy: usize, dx: usize,
): void {
  pool(Pool.AvgGradient, 8, n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, isPadded, isAdaptive, 0, 0, 0, dy, dx);
}
