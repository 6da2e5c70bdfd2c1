import { madd, nmadd, splatAt } from "./lanes";

/*
 * x = n·ln2 + r with |r| <= ln2/2, so e^x = 2^n · e^r, where e^r - 1 = r + r²·q(r). In float64 q is the Taylor series
 * to r^13/13! (truncation 4e-18); in float32 it ends at r^6, with coefficients that make the largest relative error of
 * e^r smallest (by iterated weighted least squares; 4e-9). Each is under a tenth of an ulp.
 *
 * Adding ROUND leaves the nearest integer n in the low bits of the sum, where a shift makes an exponent
 * of it; subtracting ROUND again gives n as a float. ln2 is split so that n·LN2_HI is exact.
 */

/** Where each constant is in the tables. */
const enum Place {
  /** Below it, e^x is 0 and above the next, +∞; neither leaves the exponents that `exp2` can make. */
  Lowest,
  Highest,
  PerLn2,
  MinusPerLn2,
  /** 1.5·2^(mantissa bits). */
  Round,
  /** 9 bits of ln2 in float32, 32 in float64. */
  Ln2Hi,
  /** ln2 - LN2_HI, from more digits than the type has. */
  Ln2Lo,
  One,
  /** Near 1/2!, 1/3!, … */
  Coefficients,
}

const FLOAT32 = memory.data<f32>([
  -104.0, 104.0, 1.4426950408889634, -1.4426950408889634, 12582912.0, 355.0 / 512.0, -0.00021219444005469057, 1.0,
  0.5, 0.1666653396, 0.04166723805, 0.008367489413, 0.001386377595,
]);

const FLOAT64 = memory.data<f64>([
  -746.0, 746.0, 1.4426950408889634, -1.4426950408889634, 6755399441055744.0, 2977044471.0 / 4294967296.0, 1.9082149292705877e-10,
  1.0,
  1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0, 1.0 / 40320.0, 1.0 / 362880.0,
  1.0 / 3628800.0, 1.0 / 39916800.0, 1.0 / 479001600.0, 1.0 / 6227020800.0,
]);

// @ts-ignore: decorator
@inline
function constant<T>(place: i32): v128 {
  return splatAt<T>(sizeof<T>() == 4 ? FLOAT32 : FLOAT64, place);
}

/** The i-th coefficient of q and ±r times the next. */
// @ts-ignore: decorator
@inline
function pair<T>(r: v128, i: i32, minus: bool): v128 {
  const low = constant<T>(Place.Coefficients + i), high = constant<T>(Place.Coefficients + i + 1);
  return minus ? nmadd<T>(r, high, low) : madd<T>(r, high, low);
}

/** e^±r - 1 for |r| <= ln2/2: ±r + r²·q(±r), so that small results keep all their bits; q by Estrin's scheme. */
// @ts-ignore: decorator
@inline
function expm1Reduced<T>(r: v128, minus: bool): v128 {
  const r2 = v128.mul<T>(r, r);
  let q: v128;
  if (sizeof<T>() == 8) {
    const r4 = v128.mul<T>(r2, r2);
    q = madd<T>(r4, madd<T>(r2, pair<T>(r, 10, minus), pair<T>(r, 8, minus)), madd<T>(r2, pair<T>(r, 6, minus), pair<T>(r, 4, minus)));
    q = madd<T>(r4, q, madd<T>(r2, pair<T>(r, 2, minus), pair<T>(r, 0, minus)));
  } else {
    q = madd<T>(r2, madd<T>(r2, constant<T>(Place.Coefficients + 4), pair<T>(r, 2, minus)), pair<T>(r, 0, minus));
  }
  return minus ? v128.sub<T>(v128.mul<T>(r2, q), r) : madd<T>(r2, q, r);
}

/** n + ROUND for the integer n nearest to ±x / ln2. */
// @ts-ignore: decorator
@inline
function nearest<T>(x: v128, minus: bool): v128 {
  return madd<T>(x, constant<T>(minus ? Place.MinusPerLn2 : Place.PerLn2), constant<T>(Place.Round));
}

/** e^(±x - n·ln2) - 1 for n of `nearest`. */
// @ts-ignore: decorator
@inline
function expm1Rest<T>(x: v128, shifted: v128, minus: bool): v128 {
  const n = v128.sub<T>(shifted, constant<T>(Place.Round)), hi = constant<T>(Place.Ln2Hi), lo = constant<T>(Place.Ln2Lo);
  const r = minus ? madd<T>(n, lo, madd<T>(n, hi, x)) : nmadd<T>(n, lo, nmadd<T>(n, hi, x));
  return expm1Reduced<T>(r, minus);
}

/** `expm1Rest` of x or -x, whose reductions agree to the bit. All functions of float64 share one, to be small. */
// @ts-ignore: decorator
@inline
function expm1Shared<T>(x: v128, shifted: v128, minus: bool): v128 {
  if (sizeof<T>() == 4) return expm1Rest<T>(x, shifted, minus);
  return expm1Doubles(minus ? f64x2.neg(x) : x, shifted);
}

export function expm1Doubles(x: v128, shifted: v128): v128 {
  return expm1Rest<f64>(x, shifted, false);
}

/** 2^n for the integer in the low bits of `shifted`, in the range of normal exponents. */
// @ts-ignore: decorator
@inline
function exp2<T>(shifted: v128): v128 {
  if (sizeof<T>() == 4) return i32x4.add(i32x4.shl(shifted, 23), constant<T>(Place.One));
  return i64x2.add(i64x2.shl(shifted, 52), constant<T>(Place.One));
}

/** 2^-n, likewise. */
// @ts-ignore: decorator
@inline
function exp2Negative<T>(shifted: v128): v128 {
  if (sizeof<T>() == 4) return i32x4.sub(constant<T>(Place.One), i32x4.shl(shifted, 23));
  return i64x2.sub(constant<T>(Place.One), i64x2.shl(shifted, 52));
}

/** ⌊n/2⌋ in the low bits, where n is in those of `shifted`. n may exceed the normal exponents, its halves do not. */
// @ts-ignore: decorator
@inline
function halve<T>(shifted: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.shr_u(shifted, 1) : i64x2.shr_u(shifted, 1);
}

/** The other half. */
// @ts-ignore: decorator
@inline
function rest<T>(shifted: v128, half: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.sub(shifted, half) : i64x2.sub(shifted, half);
}

/** pmax and pmin return their first operand when it is NaN, in one instruction each. */
// @ts-ignore: decorator
@inline
function clamp<T>(x: v128): v128 {
  return v128.pmin<T>(v128.pmax<T>(x, constant<T>(Place.Lowest)), constant<T>(Place.Highest));
}

/**
 * e^x, lane by lane, for every x: +∞ above the largest finite result, gradually to 0 below the
 * smallest normal one, NaN for NaN.
 *
 * Accuracy: within 1.02 ulp in float32 and 1.05 in float64 (EXP_ULP of test/kernels/elementary.test.ts, which
 * sweeps the bits).
 */
// @ts-ignore: decorator
@inline
export function exp<T>(x: v128): v128 {
  const clamped = clamp<T>(x);
  const shifted = nearest<T>(clamped, false);
  const p = v128.add<T>(expm1Shared<T>(clamped, shifted, false), constant<T>(Place.One));
  const half = halve<T>(shifted);
  return v128.mul<T>(v128.mul<T>(p, exp2<T>(half)), exp2<T>(rest<T>(shifted, half)));
}

/**
 * 1 / (1 + e^-x), lane by lane, for every x. With e^-x = 2^h · 2^(n - h) · p it is
 *
 *   2^-h / (2^-h + 2^(n - h) · p)
 *
 * where nothing overflows, and small results keep their bits.
 *
 * Accuracy: within 2.49 ulp in float32 and 2.5 in float64.
 */
// @ts-ignore: decorator
@inline
export function sigmoid<T>(x: v128): v128 {
  const clamped = clamp<T>(x);
  const shifted = nearest<T>(clamped, true);
  const p = v128.add<T>(expm1Shared<T>(clamped, shifted, true), constant<T>(Place.One));
  const half = halve<T>(shifted);
  const scale = exp2Negative<T>(half);
  return v128.div<T>(scale, v128.add<T>(scale, v128.mul<T>(p, exp2<T>(rest<T>(shifted, half)))));
}

/**
 * e^x - 1 for -40 <= x <= 0; NaN stays NaN.
 *
 * 2^n·(e^r - 1) + (2^n - 1): nothing cancels, because the second term is 0 or at most -1/2.
 */
// @ts-ignore: decorator
@inline
export function expm1Negative<T>(x: v128): v128 {
  const shifted = nearest<T>(x, false);
  const power = exp2<T>(shifted);
  return madd<T>(power, expm1Shared<T>(x, shifted, false), v128.sub<T>(power, constant<T>(Place.One)));
}

/** p · 2^(n + more) in float64 for the integer n in the low bits of `shifted`, whose halves are exponents of normal numbers. */
export function scaled(p: v128, shifted: v128, more: i64): v128 {
  const half = halve<f64>(shifted);
  return f64x2.mul(f64x2.mul(p, exp2<f64>(half)), exp2<f64>(i64x2.add(rest<f64>(shifted, half), i64x2.splat(more))));
}

/** e^x · 2^more in float64: as `exp`, and a call. */
export function expDoubles(x: v128, more: i64): v128 {
  const clamped = clamp<f64>(x);
  const shifted = nearest<f64>(clamped, false);
  return scaled(f64x2.add(expm1Doubles(clamped, shifted), constant<f64>(Place.One)), shifted, more);
}
