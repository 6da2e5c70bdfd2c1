import { bytes, lanes, loadShort, storeShort } from "../simd/lanes";

/**
 * Pooling: each window of an image is folded to one element, channel by channel.
 *
 *   maxPool           y = the largest of the window; NaN where it has one, -∞ of an empty one
 *   maxPoolGradient   dx ← 0; dx + dy at the first of the window that equals y or is NaN, one window after the other
 *   maxPoolPick       dy = v there: the adjoint
 *   avgPool           y = the sum of the window, tap after tap, over its size
 *   avgPoolGradient   dx ← 0; dx + dy over the window's size at each tap, one window after the other
 *
 *   n, h, w, c   x, v and dx are n × h × w × c
 *   oh, ow       y and dy are n × oh × ow × c
 *   kh, kw       window (i, j) has rows i·sy - top … + kh - 1 and columns j·sx - left … + kw - 1, as far as the image has them
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

/** The largest of `rows` × `columns` pixels from x on. */
function largest<T>(rows: i32, columns: i32, c: i32, x: usize, line: usize, y: usize): void {
  const pixel = bytes<T>(c), start = v128.splat<T>(<T>-Infinity), none = v128.splat<i32>(0);
  for (; c >= 4 * lanes<T>(); c -= 4 * lanes<T>(), x += 64, y += 64) {
    let y0 = start, y1 = start, y2 = start, y3 = start, nan = none, nan1 = none, nan2 = none, nan3 = none;
    for (let i = rows, row = x; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        const v0 = v128.load(at), v1 = v128.load(at, 16), v2 = v128.load(at, 32), v3 = v128.load(at, 48);
        y0 = v128.pmax<T>(y0, v0), y1 = v128.pmax<T>(y1, v1), y2 = v128.pmax<T>(y2, v2), y3 = v128.pmax<T>(y3, v3);
        nan = v128.or(nan, isNaN<T>(v0)), nan1 = v128.or(nan1, isNaN<T>(v1));
        nan2 = v128.or(nan2, isNaN<T>(v2)), nan3 = v128.or(nan3, isNaN<T>(v3));
      }
    }
    v128.store(y, v128.or(y0, nan));
    v128.store(y, v128.or(y1, nan1), 16);
    v128.store(y, v128.or(y2, nan2), 32);
    v128.store(y, v128.or(y3, nan3), 48);
  }
  for (; c > 0; c -= lanes<T>(), x += 16, y += 16) {
    let top = start, nan = none;
    for (let i = rows, row = x; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        const v = loadShort<T>(at, c, start);
        top = v128.pmax<T>(top, v);
        nan = v128.or(nan, isNaN<T>(v));
      }
    }
    storeShort<T>(y, v128.or(top, nan), c);
  }
}

/** Their sum over `size`. */
function average<T>(rows: i32, columns: i32, c: i32, x: usize, line: usize, y: usize, size: T): void {
  const pixel = bytes<T>(c), zero = v128.splat<T>(<T>0), divisor = v128.splat<T>(size);
  for (; c >= 4 * lanes<T>(); c -= 4 * lanes<T>(), x += 64, y += 64) {
    let y0 = zero, y1 = zero, y2 = zero, y3 = zero;
    for (let i = rows, row = x; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        y0 = v128.add<T>(y0, v128.load(at));
        y1 = v128.add<T>(y1, v128.load(at, 16));
        y2 = v128.add<T>(y2, v128.load(at, 32));
        y3 = v128.add<T>(y3, v128.load(at, 48));
      }
    }
    v128.store(y, v128.div<T>(y0, divisor));
    v128.store(y, v128.div<T>(y1, divisor), 16);
    v128.store(y, v128.div<T>(y2, divisor), 32);
    v128.store(y, v128.div<T>(y3, divisor), 48);
  }
  for (; c > 0; c -= lanes<T>(), x += 16, y += 16) {
    let sum = zero;
    for (let i = rows, row = x; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) sum = v128.add<T>(sum, loadShort<T>(at, c, zero));
    }
    storeShort<T>(y, v128.div<T>(sum, divisor), c);
  }
}

/** dx + dy / size at each of them. */
function spread<T>(rows: i32, columns: i32, c: i32, dx: usize, line: usize, dy: usize, size: T): void {
  const pixel = bytes<T>(c), zero = v128.splat<T>(<T>0), divisor = v128.splat<T>(size);
  for (; c > 0; c -= lanes<T>(), dx += 16, dy += 16) {
    const d = v128.div<T>(loadShort<T>(dy, c, zero), divisor);
    for (let i = rows, row = dx; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        storeShort<T>(at, v128.add<T>(loadShort<T>(at, c, zero), d), c);
      }
    }
  }
}

/** dx + dy at the first of them that equals y or is NaN; or, where `isPick`, dy ← dx there. */
function first<T>(isPick: i32, rows: i32, columns: i32, c: i32, x: usize, line: usize, y: usize, dy: usize, dx: usize): void {
  const pixel = bytes<T>(c), zero = v128.splat<T>(<T>0);
  const offset = dx - x; // of a pixel of dx from that of x
  for (; c > 0; c -= lanes<T>(), x += 16, y += 16, dy += 16) {
    const top = loadShort<T>(y, c, zero);
    let d = isPick ? zero : loadShort<T>(dy, c, zero), left = v128.splat<i32>(-1);
    for (let i = rows, row = x; i > 0; i--, row += line) {
      for (let j = columns, at = row; j > 0; j--, at += pixel) {
        const v = loadShort<T>(at, c, zero);
        const hit = v128.and(v128.or(v128.eq<T>(v, top), isNaN<T>(v)), left);
        left = v128.andnot(left, hit);
        const g = loadShort<T>(at + offset, c, zero);
        if (isPick) d = v128.or(d, v128.and(hit, g));
        else storeShort<T>(at + offset, v128.add<T>(g, v128.and(hit, d)), c);
      }
    }
    if (isPick) storeShort<T>(dy, d, c);
  }
}

const enum Pool {
  Max,
  MaxGradient,
  MaxPick,
  Avg,
  AvgGradient,
}

// @ts-ignore: decorator
@inline
function pool<T>(
  f: Pool, n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, x: usize, y: usize, dy: usize, dx: usize,
): void {
  assert(n >= 0 && h >= 0 && w >= 0 && c >= 0 && kh >= 0 && kw >= 0 && oh >= 0 && ow >= 0 && (isPadded | isAdaptive) >>> 1 == 0);
  assert(sy >= 0 && sx >= 0 && top >= 0 && left >= 0);
  const pixel = bytes<T>(c), line = pixel * <usize>w, image = line * <usize>h;
  if (f == Pool.MaxGradient || f == Pool.AvgGradient) memory.fill(dx, 0, image * <usize>n);
  for (; n > 0; n--, x += image, dx += image) {
    for (let i = 0; i < oh; i++) {
      const y0 = firstOf(i, h, oh, sy, top, isAdaptive), rows = endOf(i, h, oh, kh, sy, top, isAdaptive) - y0;
      for (let j = 0; j < ow; j++, y += pixel, dy += pixel) {
        const x0 = firstOf(j, w, ow, sx, left, isAdaptive), columns = endOf(j, w, ow, kw, sx, left, isAdaptive) - x0;
        const corner = <usize>y0 * line + <usize>x0 * pixel;
        const size = <T>(isPadded ? kh * kw : max(rows, 0) * max(columns, 0));
        if (f == Pool.Max) largest<T>(rows, columns, c, x + corner, line, y);
        else if (f == Pool.Avg) average<T>(rows, columns, c, x + corner, line, y, size);
        else if (f == Pool.AvgGradient) spread<T>(rows, columns, c, dx + corner, line, dy, size);
        else first<T>(i32(f == Pool.MaxPick), rows, columns, c, x + corner, line, y, dy, dx + corner);
      }
    }
  }
}

export function smaxPool(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32, x: usize, y: usize,
): void {
  pool<f32>(Pool.Max, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, 0, 0, x, y, 0, 0);
}
export function smaxPoolGradient(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  x: usize, y: usize, dy: usize, dx: usize,
): void {
  pool<f32>(Pool.MaxGradient, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, 0, 0, x, y, dy, dx);
}
export function smaxPoolPick(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  x: usize, y: usize, v: usize, dy: usize,
): void {
  pool<f32>(Pool.MaxPick, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, 0, 0, x, y, dy, v);
}
export function savgPool(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, x: usize, y: usize,
): void {
  pool<f32>(Pool.Avg, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, isPadded, isAdaptive, x, y, 0, 0);
}
export function savgPoolGradient(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, dy: usize, dx: usize,
): void {
  pool<f32>(Pool.AvgGradient, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, isPadded, isAdaptive, 0, 0, dy, dx);
}
export function dmaxPool(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32, x: usize, y: usize,
): void {
  pool<f64>(Pool.Max, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, 0, 0, x, y, 0, 0);
}
export function dmaxPoolGradient(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  x: usize, y: usize, dy: usize, dx: usize,
): void {
  pool<f64>(Pool.MaxGradient, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, 0, 0, x, y, dy, dx);
}
export function dmaxPoolPick(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  x: usize, y: usize, v: usize, dy: usize,
): void {
  pool<f64>(Pool.MaxPick, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, 0, 0, x, y, dy, v);
}
export function davgPool(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, x: usize, y: usize,
): void {
  pool<f64>(Pool.Avg, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, isPadded, isAdaptive, x, y, 0, 0);
}
export function davgPoolGradient(
  n: i32, h: i32, w: i32, c: i32, kh: i32, kw: i32, oh: i32, ow: i32, sy: i32, sx: i32, top: i32, left: i32,
  isPadded: i32, isAdaptive: i32, dy: usize, dx: usize,
): void {
  pool<f64>(Pool.AvgGradient, n, h, w, c, kh, kw, oh, ow, sy, sx, top, left, isPadded, isAdaptive, 0, 0, dy, dx);
}
