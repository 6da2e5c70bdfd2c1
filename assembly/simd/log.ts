import { madd, splatAt } from "./lanes";

/*
 * x = 2^k · m with √½ <= m < √2, f = m - 1 (exact), s = f / (2 + f), z = s² <= 0.0295:
 *
 *   ln x = k·ln2 + 2·atanh(s) = k·ln2 + f - (f²/2 - s·(f²/2 + R)),   R = 2z/3 + 2z²/5 + 2z³/7 + …
 *
 * in the arrangement of fdlibm's e_log.c (Sun Microsystems, 1993), whose small terms are summed first.
 * R ends at z⁴ in float32 (truncation 2e-9) and at z¹⁰ in float64 (6e-19).
 */

/** Where each constant is in the tables. */
const enum Place {
  One,
  Two,
  Half,
  Infinity,
  SmallestNormal,
  /** What takes a subnormal number among the normal ones, and its exponent. */
  Scale,
  ScaleExponent,
  /** The integers from it on are a unit in the last place apart, so the low bits of a sum are a number. */
  Whole,
  /** The same plus the exponents' bias. */
  WholeBias,
  Ln2Hi,
  Ln2Lo,
  /** 2/3, 2/5, 2/7, … */
  Coefficients,
}

const FLOAT32 = memory.data<f32>([
  1.0, 2.0, 0.5, Infinity, 1.1754943508222875e-38, 16777216.0, 24.0, 8388608.0, 8388608.0 + 127.0,
  355.0 / 512.0, -0.00021219444005469057,
  2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0,
]);

const FLOAT64 = memory.data<f64>([
  1.0, 2.0, 0.5, Infinity, 2.2250738585072014e-308, 18014398509481984.0, 54.0, 4503599627370496.0,
  4503599627370496.0 + 1023.0, 2977044471.0 / 4294967296.0, 1.9082149292705877e-10,
  2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0, 2.0 / 13.0, 2.0 / 15.0, 2.0 / 17.0, 2.0 / 19.0, 2.0 / 21.0,
]);

// @ts-ignore: decorator
@inline
function constant<T>(place: i32): v128 {
  return splatAt<T>(sizeof<T>() == 4 ? FLOAT32 : FLOAT64, place);
}

/** 2/(3 + 2i) + 2z/(5 + 2i) */
// @ts-ignore: decorator
@inline
function pair<T>(z: v128, i: i32): v128 {
  return madd<T>(z, constant<T>(Place.Coefficients + i + 1), constant<T>(Place.Coefficients + i));
}

/** R(z) by Estrin's scheme. */
// @ts-ignore: decorator
@inline
function series<T>(z: v128): v128 {
  const z2 = v128.mul<T>(z, z);
  let p = madd<T>(z2, pair<T>(z, 2), pair<T>(z, 0));
  if (sizeof<T>() == 8) {
    const high = madd<T>(z2, madd<T>(z2, pair<T>(z, 8), pair<T>(z, 6)), pair<T>(z, 4));
    p = madd<T>(v128.mul<T>(z2, z2), high, p);
  }
  return v128.mul<T>(p, z);
}

/**
 * ln x, lane by lane, for every x, subnormal numbers included: -∞ for 0, NaN below 0, +∞ for +∞, NaN for NaN.
 *
 * Accuracy: within 0.86 ulp in float32 and 0.88 in float64 (LOG_ULP of test/kernels/elementary.test.ts, which
 * sweeps the bits).
 */
export function log<T>(x: v128): v128 {
  const zero = v128.splat<T>(<T>0.0);
  const one = constant<T>(Place.One);

  // A subnormal number is scaled into the normal ones; k takes the scale back.
  const tiny = v128.lt<T>(x, constant<T>(Place.SmallestNormal));
  const v = v128.bitselect(v128.mul<T>(x, constant<T>(Place.Scale)), x, tiny);

  // Moving the bits up by 1 - √½ puts the exponent's steps at √½ · 2^k.
  const whole = constant<T>(Place.Whole);
  let m: v128, k: v128;
  if (sizeof<T>() == 4) {
    const moved = i32x4.add(v, i32x4.splat(0x3f800000 - 0x3f3504f3));
    m = i32x4.add(i32x4.sub(v, v128.and(moved, constant<T>(Place.Infinity))), one);
    k = v128.or(i32x4.shr_u(moved, 23), whole);
  } else {
    const moved = i64x2.add(v, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
    m = i64x2.add(i64x2.sub(v, v128.and(moved, constant<T>(Place.Infinity))), one);
    k = v128.or(i64x2.shr_u(moved, 52), whole);
  }
  k = v128.sub<T>(k, constant<T>(Place.WholeBias));
  k = v128.sub<T>(k, v128.and(tiny, constant<T>(Place.ScaleExponent)));

  const f = v128.sub<T>(m, one);
  const s = v128.div<T>(f, v128.add<T>(f, constant<T>(Place.Two)));
  const halfSquare = v128.mul<T>(v128.mul<T>(f, f), constant<T>(Place.Half));
  const r = v128.add<T>(halfSquare, series<T>(v128.mul<T>(s, s)));

  const small = madd<T>(s, r, v128.mul<T>(k, constant<T>(Place.Ln2Lo)));
  const tail = v128.sub<T>(v128.sub<T>(halfSquare, small), f);
  let y = v128.sub<T>(v128.mul<T>(k, constant<T>(Place.Ln2Hi)), tail);

  const infinity = constant<T>(Place.Infinity);
  y = v128.bitselect(y, x, v128.lt<T>(x, infinity));
  y = v128.bitselect(v128.neg<T>(infinity), y, v128.eq<T>(x, zero));
  return v128.or(y, v128.lt<T>(x, zero)); // all bits set are a NaN
}
