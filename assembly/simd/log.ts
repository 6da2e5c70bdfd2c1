import { madd } from "./lanes";

/*
 * x = 2^k · m with √½ <= m < √2, f = m - 1 (exact), s = f / (2 + f), z = s² <= 0.0295:
 *
 *   ln x = k·ln2 + 2·atanh(s) = k·ln2 + f - (f²/2 - s·(f²/2 + R)),   R = 2z/3 + 2z²/5 + 2z³/7 + …
 *
 * in the arrangement of fdlibm's e_log.c (Sun Microsystems, 1993), whose small terms are summed first.
 * R ends at z⁴ in float32 (truncation 2e-9) and at z¹⁰ in float64 (6e-19).
 */

/** R(z) by Horner's rule. */
// @ts-ignore: decorator
@inline
function series<T>(z: v128): v128 {
  let p: v128;
  if (sizeof<T>() == 4) {
    p = v128.splat<T>(<T>(2.0 / 9.0));
  } else {
    p = v128.splat<T>(<T>(2.0 / 21.0));
    p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 19.0)));
    p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 17.0)));
    p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 15.0)));
    p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 13.0)));
    p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 11.0)));
    p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 9.0)));
  }
  p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 7.0)));
  p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 5.0)));
  p = madd<T>(p, z, v128.splat<T>(<T>(2.0 / 3.0)));
  return v128.mul<T>(p, z);
}

/**
 * ln x, lane by lane, for every x, subnormal numbers included: -∞ for 0, NaN below 0, +∞ for +∞, NaN for NaN.
 *
 * Accuracy: within 0.86 ulp in float32 and 0.88 in float64 (LOG_ULP of test/kernels/elementary.test.ts, which
 * sweeps the bits).
 */
// @ts-ignore: decorator
@inline
export function log<T>(x: v128): v128 {
  const zero = v128.splat<T>(<T>0.0);
  const one = v128.splat<T>(<T>1.0);

  // A subnormal number is scaled into the normal ones; k takes the scale back.
  const smallestNormal: T = sizeof<T>() == 4 ? <T>1.1754943508222875e-38 : <T>2.2250738585072014e-308;
  const scale: T = sizeof<T>() == 4 ? <T>16777216.0 : <T>18014398509481984.0;
  const scaleExponent: T = sizeof<T>() == 4 ? <T>24.0 : <T>54.0;
  const tiny = v128.lt<T>(x, v128.splat<T>(smallestNormal));
  const v = v128.bitselect(v128.mul<T>(x, v128.splat<T>(scale)), x, tiny);

  // Moving the bits up by 1 - √½ puts the exponent's steps at √½ · 2^k.
  let m: v128, k: v128;
  if (sizeof<T>() == 4) {
    const moved = i32x4.add(v, i32x4.splat(0x3f800000 - 0x3f3504f3));
    m = i32x4.add(i32x4.sub(v, v128.and(moved, i32x4.splat(0x7f800000))), one);
    const biased = v128.or(i32x4.shr_u(moved, 23), f32x4.splat(8388608.0));
    k = f32x4.sub(biased, f32x4.splat(8388608.0 + 127.0));
  } else {
    const moved = i64x2.add(v, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
    m = i64x2.add(i64x2.sub(v, v128.and(moved, i64x2.splat(0x7ff0000000000000))), one);
    const biased = v128.or(i64x2.shr_u(moved, 52), f64x2.splat(4503599627370496.0));
    k = f64x2.sub(biased, f64x2.splat(4503599627370496.0 + 1023.0));
  }
  k = v128.sub<T>(k, v128.and(tiny, v128.splat<T>(scaleExponent)));

  const f = v128.sub<T>(m, one);
  const s = v128.div<T>(f, v128.add<T>(f, v128.splat<T>(<T>2.0)));
  const halfSquare = v128.mul<T>(v128.mul<T>(f, f), v128.splat<T>(<T>0.5));
  const r = v128.add<T>(halfSquare, series<T>(v128.mul<T>(s, s)));

  const ln2Hi: T = sizeof<T>() == 4 ? <T>(355.0 / 512.0) : <T>(2977044471.0 / 4294967296.0);
  const ln2Lo: T = sizeof<T>() == 4 ? <T>(Math.LN2 - 355.0 / 512.0) : <T>1.9082149292705877e-10;
  const small = madd<T>(s, r, v128.mul<T>(k, v128.splat<T>(ln2Lo)));
  const tail = v128.sub<T>(v128.sub<T>(halfSquare, small), f);
  let y = v128.sub<T>(v128.mul<T>(k, v128.splat<T>(ln2Hi)), tail);

  const infinity = v128.splat<T>(<T>Infinity);
  y = v128.bitselect(y, x, v128.lt<T>(x, infinity));
  y = v128.bitselect(v128.neg<T>(infinity), y, v128.eq<T>(x, zero));
  return v128.bitselect(v128.splat<T>(<T>NaN), y, v128.lt<T>(x, zero));
}
