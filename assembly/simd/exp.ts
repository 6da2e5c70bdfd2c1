import { madd, nmadd } from "./lanes";

/*
 * x = n·ln2 + r with |r| <= ln2/2, so e^x = 2^n · e^r, and e^r - 1 is its Taylor series:
 * to r^7/7! in float32 (truncation 5e-9) and to r^13/13! in float64 (4e-18), each under a tenth of an ulp.
 *
 * Adding ROUND leaves the nearest whole number in the low bits of the sum, where a shift makes an exponent
 * of it; subtracting ROUND again gives that number as a float. ln2 is split so that n·LN2_HI is exact.
 */

/** 1.5·2^(mantissa bits). */
// @ts-ignore: decorator
@inline
function round<T>(): v128 {
  if (sizeof<T>() == 4) return v128.splat<T>(<T>12582912.0);
  return v128.splat<T>(<T>6755399441055744.0);
}

/** 9 bits of ln2 in float32, 32 in float64. */
// @ts-ignore: decorator
@inline
function ln2Hi<T>(): v128 {
  if (sizeof<T>() == 4) return v128.splat<T>(<T>(355.0 / 512.0));
  return v128.splat<T>(<T>(2977044471.0 / 4294967296.0));
}

/** ln2 - LN2_HI; in float64 from more digits than Math.LN2 has. */
// @ts-ignore: decorator
@inline
function ln2Lo<T>(): v128 {
  if (sizeof<T>() == 4) return v128.splat<T>(<T>(Math.LN2 - 355.0 / 512.0));
  return v128.splat<T>(<T>1.9082149292705877e-10);
}

/** 2^n for the whole number in the low bits of `shifted` = n + ROUND, in the range of normal exponents. */
// @ts-ignore: decorator
@inline
function exp2<T>(shifted: v128): v128 {
  const one = v128.splat<T>(<T>1.0);
  if (sizeof<T>() == 4) return i32x4.add(i32x4.shl(shifted, 23), one);
  return i64x2.add(i64x2.shl(shifted, 52), one);
}

/** e^r - 1 for |r| <= ln2/2: r + r²·q(r), so that small results keep all their bits. */
// @ts-ignore: decorator
@inline
function expm1Reduced<T>(r: v128): v128 {
  let q: v128;
  if (sizeof<T>() == 4) {
    q = v128.splat<T>(<T>(1.0 / 5040.0));
  } else {
    q = v128.splat<T>(<T>(1.0 / 6227020800.0));
    q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 479001600.0)));
    q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 39916800.0)));
    q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 3628800.0)));
    q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 362880.0)));
    q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 40320.0)));
    q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 5040.0)));
  }
  q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 720.0)));
  q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 120.0)));
  q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 24.0)));
  q = madd<T>(q, r, v128.splat<T>(<T>(1.0 / 6.0)));
  q = madd<T>(q, r, v128.splat<T>(<T>0.5));
  return madd<T>(v128.mul<T>(r, r), q, r);
}

/**
 * e^x, lane by lane, for every x: +∞ above the largest finite result, gradually to 0 below the
 * smallest normal one, NaN for NaN.
 *
 * Accuracy: within 1.06 ulp in float32 and 1.05 in float64 (EXP_ULP of test/kernels/elementary.test.ts, which
 * sweeps the bits).
 */
// @ts-ignore: decorator
@inline
export function exp<T>(x: v128): v128 {
  // pmax and pmin return their first operand when it is NaN, in one instruction each.
  const lowest: T = sizeof<T>() == 4 ? <T>-104.0 : <T>-746.0;
  const highest: T = sizeof<T>() == 4 ? <T>89.0 : <T>710.0;
  const clamped = v128.pmin<T>(v128.pmax<T>(x, v128.splat<T>(lowest)), v128.splat<T>(highest));
  const n = v128.sub<T>(madd<T>(clamped, v128.splat<T>(<T>(1.0 / Math.LN2)), round<T>()), round<T>());
  const r = nmadd<T>(n, ln2Lo<T>(), nmadd<T>(n, ln2Hi<T>(), clamped));
  const p = v128.add<T>(expm1Reduced<T>(r), v128.splat<T>(<T>1.0));

  // 2^n in two factors: n may exceed the normal exponents, its halves do not.
  const half = madd<T>(n, v128.splat<T>(<T>0.5), round<T>());
  const rest = v128.add<T>(v128.sub<T>(n, v128.sub<T>(half, round<T>())), round<T>());
  return v128.mul<T>(v128.mul<T>(p, exp2<T>(half)), exp2<T>(rest));
}

/**
 * e^x - 1 for -40 <= x <= 0; NaN stays NaN.
 *
 * 2^n·(e^r - 1) + (2^n - 1): nothing cancels, because the second term is 0 or at most -1/2.
 */
// @ts-ignore: decorator
@inline
export function expm1Negative<T>(x: v128): v128 {
  const shifted = madd<T>(x, v128.splat<T>(<T>(1.0 / Math.LN2)), round<T>());
  const n = v128.sub<T>(shifted, round<T>());
  const r = nmadd<T>(n, ln2Lo<T>(), nmadd<T>(n, ln2Hi<T>(), x));
  const power = exp2<T>(shifted);
  return madd<T>(power, expm1Reduced<T>(r), v128.sub<T>(power, v128.splat<T>(<T>1.0)));
}
