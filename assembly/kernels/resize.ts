import { bytes, lanes, loadNext, storeNext } from "../simd/lanes";

/**
 * Images at another size, channel by channel, by PyTorch's coordinates.
 *
 *   resize           y_ij = (1 - t)·((1 - u)·x_ab + u·x_a(b+1)) + t·((1 - u)·x_(a+1)b + u·x_(a+1)(b+1))
 *   resizeGradient   dx ← 0; dx + dy by the same factors, one pixel of dy after the other: the adjoint
 *
 *   n, h, w, c   x and dx are n × h × w × c
 *   oh, ow       y and dy are n × oh × ow × c
 *   isBilinear   0 for the nearest: a = ⌊i·h / oh⌋ and t = 0, without a product
 *   isAligned    1 where a + t = i·(h - 1)/(oh - 1), so that corners stay, else max((i + ½)·h / oh - ½, 0); columns likewise
 *
 * Coordinates are computed in float64; a + 1 is at most the last row.
 *
 * # Safety
 * src/ops/resize.ts has checked: sizes are not negative, h and w positive, the operands hold what is said above and are disjoint.
 */

function place(i: i32, size: i32, outputs: i32, isBilinear: i32, isAligned: i32): f64 {
  if (!isBilinear) return <f64>(<i64>i * size / outputs);
  if (isAligned) return outputs > 1 ? <f64>i * <f64>(size - 1) / <f64>(outputs - 1) : 0;
  return max((<f64>i + 0.5) * <f64>size / <f64>outputs - 0.5, 0);
}

/** A pixel of y, or, where `isGradient`, what it adds to four pixels of x. */
function mix<T>(isGradient: i32, isBilinear: i32, c: i32, x: usize, right: usize, down: usize, t: f64, u: f64, y: usize): void {
  const zero = v128.splat<T>(<T>0);
  const t0 = v128.splat<T>(<T>(1 - t)), t1 = v128.splat<T>(<T>t), u0 = v128.splat<T>(<T>(1 - u)), u1 = v128.splat<T>(<T>u);
  for (; c > 0; c -= lanes<T>(), x += 16, y += 16) {
    if (isGradient) {
      const d = loadNext<T>(y, c, zero);
      if (isBilinear) {
        const d0 = v128.mul<T>(d, t0), d1 = v128.mul<T>(d, t1);
        addTo<T>(x, v128.mul<T>(d0, u0), c);
        addTo<T>(x + right, v128.mul<T>(d0, u1), c);
        addTo<T>(x + down, v128.mul<T>(d1, u0), c);
        addTo<T>(x + down + right, v128.mul<T>(d1, u1), c);
      } else addTo<T>(x, d, c);
    } else {
      let v = loadNext<T>(x, c, zero);
      if (isBilinear) {
        v = v128.add<T>(v128.mul<T>(v, u0), v128.mul<T>(loadNext<T>(x + right, c, zero), u1));
        const below = v128.mul<T>(loadNext<T>(x + down, c, zero), u0);
        const v1 = v128.add<T>(below, v128.mul<T>(loadNext<T>(x + down + right, c, zero), u1));
        v = v128.add<T>(v128.mul<T>(v, t0), v128.mul<T>(v1, t1));
      }
      storeNext<T>(y, v, c);
    }
  }
}

function addTo<T>(x: usize, d: v128, c: i32): void {
  storeNext<T>(x, v128.add<T>(loadNext<T>(x, c, d), d), c);
}

/** For elements of `size` bytes. */
function resize(
  size: usize, isGradient: i32, isBilinear: i32, isAligned: i32, n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, x: usize, y: usize,
): void {
  assert(n >= 0 && h > 0 && w > 0 && c >= 0 && oh >= 0 && ow >= 0 && (isBilinear | isAligned) >>> 1 == 0);
  const pixel = size * <usize>c, line = pixel * <usize>w, image = line * <usize>h;
  if (isGradient) memory.fill(x, 0, image * <usize>n);
  for (; n > 0; n--, x += image) {
    for (let i = 0; i < oh; i++) {
      const row = place(i, h, oh, isBilinear, isAligned), a = <i32>row, down = a < h - 1 ? line : 0;
      for (let j = 0; j < ow; j++, y += pixel) {
        const column = place(j, w, ow, isBilinear, isAligned), b = <i32>column, right = b < w - 1 ? pixel : 0;
        const at = x + <usize>a * line + <usize>b * pixel;
        if (size == 4) mix<f32>(isGradient, isBilinear, c, at, right, down, row - <f64>a, column - <f64>b, y);
        else mix<f64>(isGradient, isBilinear, c, at, right, down, row - <f64>a, column - <f64>b, y);
      }
    }
  }
}

export function sresize(isBilinear: i32, isAligned: i32, n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, x: usize, y: usize): void { resize(4, 0, isBilinear, isAligned, n, h, w, c, oh, ow, x, y); }
export function sresizeGradient(
  isBilinear: i32, isAligned: i32, n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, dy: usize, dx: usize,
): void {
  resize(4, 1, isBilinear, isAligned, n, h, w, c, oh, ow, dx, dy);
}
export function dresize(isBilinear: i32, isAligned: i32, n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, x: usize, y: usize): void { resize(8, 0, isBilinear, isAligned, n, h, w, c, oh, ow, x, y); }
export function dresizeGradient(
  isBilinear: i32, isAligned: i32, n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, dy: usize, dx: usize,
): void {
  resize(8, 1, isBilinear, isAligned, n, h, w, c, oh, ow, dx, dy);
}
