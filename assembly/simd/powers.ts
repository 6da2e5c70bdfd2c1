import { expDoubles, expm1Doubles, scaled } from "./exp";
import { log } from "./log";
import { polynomial, unlessTiny, upper } from "./polynomial";

/*
 * e^x - 1, ln(1 + x), sinh, cosh, logarithms of other bases and powers, of float64, for every operand. NaN stays NaN.
 * test/kernels/unary.test.ts states and sweeps the accuracies.
 */

/** 3·(atanh s / s - 1 - s²/3) / s⁴, in s², for |s| <= (√2 - 1) / (√2 + 1): relative error 2^-58. */
const LOGARITHM = memory.data<f64>([
  0.6, 0.4285714285714406, 0.3333333333247739, 0.2727272750439997, 0.2307689231673882, 0.200022133627356,
  0.17559198477793309, 0.17586281035020132,
]);

/** (erf x / x - 2/√π) / x² in x², up to 0.9: relative error 2^-60 of erf. */
const ERROR_NEAR = memory.data<f64>([
  -0.37612638903183737, 0.11283791670954063, -0.02686617064486571, 0.0052239776221286215, -0.0008548326782998445,
  0.00012055321994815384, -1.4925320745913426e-5, 1.6455514006997355e-6, -1.6278154191445702e-7, 1.4059616822053868e-8,
  -8.51164722370093e-10,
]);

/** (1 - erf x)·e^x² in 1 / (x + 2), from 0.9 to 6: error 2^-57 of erf. */
const ERROR_FAR = memory.data<f64>([
  -2.7897252491438725e-6, 0.5643592878439413, 1.1236934609397073, 2.052504360247021, 1.9529931010307708,
  9.527551909489826, -39.43459670512608, 155.5130870704468, -496.8239728288, 970.6026210414173, -1125.0471521067727,
  728.5340329677781, -205.95701219384333,
]);

/** e^x - 1 = 2·(h·(e^r - 1) + (h - ½)) with h = 2^(n - 1), which is a number where 2^n is none. */
export function expm1(x: v128): v128 {
  const half = f64x2.splat(0.5);
  const clamped = f64x2.pmin(f64x2.pmax(x, f64x2.splat(-40.0)), f64x2.splat(710.0));
  const n = nearest(clamped);
  const power = i64x2.add(i64x2.shl(n, 52), half);
  const y = f64x2.add(f64x2.mul(power, expm1Doubles(clamped, n)), f64x2.sub(power, half));
  return unlessTiny(x, f64x2.add(y, y));
}

/** With y = 1 + x as it is rounded, ln y + (x - (y - 1)) / y restores the bits of x that y rounds off. */
export function log1p(x: v128): v128 {
  const one = f64x2.splat(1.0);
  const y = f64x2.add(x, one);
  const lost = f64x2.div(f64x2.sub(x, f64x2.sub(y, one)), y);
  return unlessTiny(x, f64x2.add(log<f64>(y), v128.and(lost, f64x2.eq(lost, lost))));
}

/** ½e^|x| + ½e^-|x|, which overflows only where it must, or the difference; near 0 that is ½(E + E / (E + 1)) of E = e^|x| - 1. */
export function hyperbolic(isSine: bool, x: v128): v128 {
  const size = f64x2.abs(x), half = f64x2.splat(0.5), one = f64x2.splat(1.0);
  const e = expDoubles(size, -1);
  const other = f64x2.div(f64x2.splat(0.25), e);
  if (!isSine) return f64x2.add(e, other);
  const m = expm1(size);
  const near = f64x2.mul(half, f64x2.add(m, f64x2.div(m, f64x2.add(m, one))));
  const y = v128.bitselect(near, f64x2.sub(e, other), f64x2.lt(size, one));
  return unlessTiny(x, v128.or(y, v128.and(x, f64x2.splat(-0.0))));
}

export function erf(x: v128): v128 {
  const size = f64x2.pmin(f64x2.abs(x), f64x2.splat(6.0)), one = f64x2.splat(1.0);
  const z = f64x2.mul(size, size);
  const inner = f64x2.add(f64x2.splat(0.1283791670955126), f64x2.mul(z, polynomial(z, ERROR_NEAR, 11)));
  const near = f64x2.add(size, f64x2.mul(size, inner));
  const t = f64x2.div(one, f64x2.add(size, f64x2.splat(2.0)));
  const far = f64x2.sub(one, f64x2.mul(expDoubles(f64x2.neg(z), 0), polynomial(t, ERROR_FAR, 13)));
  const y = v128.bitselect(near, far, f64x2.lt(size, f64x2.splat(0.9)));
  return v128.or(y, v128.and(x, f64x2.splat(-0.0)));
}

/** n + 1.5·2^52 for the integer n nearest to x / ln 2. */
function nearest(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, f64x2.splat(1.4426950408889634)), f64x2.splat(6755399441055744.0));
}

/** Of `logarithm`: what its result lacks. */
let logarithmLow: v128 = i64x2.splat(0);

/**
 * ln x for finite x > 0 in two numbers, of which the first has 21 bits: to 2^-67 of itself. After fdlibm's e_pow.c (Sun
 * Microsystems, 2004), with ln in place of log2 and one interval: x = 2^k·m, s = (m - 1) / (m + 1) in two numbers, and
 * ln m = ⅔·s·(3 + s² + s⁴·(3/5 + 3/7·s² + …)).
 */
function logarithm(x: v128): v128 {
  const one = f64x2.splat(1.0);
  const isTiny = f64x2.lt(x, f64x2.splat(2.2250738585072014e-308));
  x = v128.bitselect(f64x2.mul(x, f64x2.splat(18014398509481984.0)), x, isTiny);
  const moved = i64x2.add(x, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
  const m = i64x2.add(i64x2.sub(x, v128.and(moved, i64x2.splat(0x7ff0000000000000))), one);
  let k = f64x2.sub(v128.or(i64x2.shr_u(moved, 52), f64x2.splat(4503599627370496.0)), f64x2.splat(4503599627370496.0 + 1023.0));
  k = f64x2.sub(k, v128.and(isTiny, f64x2.splat(54.0)));

  const f = f64x2.sub(m, one), sum = f64x2.add(m, one);
  const inverse = f64x2.div(one, sum);
  const s = f64x2.mul(f, inverse), s1 = upper(s);
  const sum1 = upper(sum), sum2 = f64x2.sub(m, f64x2.sub(sum1, one));
  const s2 = f64x2.mul(inverse, f64x2.sub(f64x2.sub(f, f64x2.mul(s1, sum1)), f64x2.mul(s1, sum2)));
  const z = f64x2.mul(s, s), z1 = f64x2.mul(s1, s1), three = f64x2.splat(3.0);
  const r = f64x2.add(f64x2.mul(f64x2.mul(z, z), polynomial(z, LOGARITHM, 8)), f64x2.mul(s2, f64x2.add(s1, s)));
  const t1 = upper(f64x2.add(f64x2.add(three, z1), r)), t2 = f64x2.sub(r, f64x2.sub(f64x2.sub(t1, three), z1));
  const exact = f64x2.mul(s1, t1), rest = f64x2.add(f64x2.mul(s2, t1), f64x2.mul(t2, s));
  const p1 = upper(f64x2.add(exact, rest)), p2 = f64x2.sub(rest, f64x2.sub(p1, exact));
  // ⅔ and ln 2 in two numbers each.
  const large = f64x2.mul(p1, f64x2.splat(0.6666665077209473));
  const small = f64x2.add(f64x2.mul(p1, f64x2.splat(1.5894571940104166e-7)), f64x2.mul(p2, f64x2.splat(2.0 / 3.0)));
  const whole = f64x2.mul(k, f64x2.splat(2977044471.0 / 4294967296.0));
  const wholeLow = f64x2.add(small, f64x2.mul(k, f64x2.splat(1.9082149292705877e-10)));
  const y = upper(f64x2.add(f64x2.add(large, wholeLow), whole));
  logarithmLow = f64x2.sub(wholeLow, f64x2.sub(f64x2.sub(y, whole), large));
  return y;
}

/** ln x / ln base, given 1 / ln base in two numbers, of which the first has 30 bits: exact for powers of the base. */
export function logOf(x: v128, scale: f64, scaleLow: f64): v128 {
  const zero = f64x2.splat(0.0), infinity = f64x2.splat(Infinity);
  const l = logarithm(x);
  const rest = f64x2.add(f64x2.mul(l, f64x2.splat(scaleLow)), f64x2.mul(logarithmLow, f64x2.splat(scale + scaleLow)));
  let y = f64x2.add(f64x2.mul(l, f64x2.splat(scale)), rest);
  y = v128.bitselect(y, x, f64x2.lt(x, infinity));
  y = v128.bitselect(f64x2.neg(infinity), y, f64x2.eq(x, zero));
  return v128.or(y, f64x2.lt(x, zero)); // all bits set are a NaN
}

/**
 * x^y with the special values of C: e^(y·ln |x|) from a logarithm in two numbers, negative where x is and y is odd.
 */
export function pow(x: v128, y: v128): v128 {
  const zero = f64x2.splat(0.0), one = f64x2.splat(1.0), infinity = f64x2.splat(Infinity);
  const size = f64x2.abs(x);
  const l = logarithm(size), low = logarithmLow;
  // Of 2^65 any power but that of 1 is 0 or ∞.
  const p = f64x2.pmin(f64x2.pmax(y, f64x2.splat(-36893488147419103232.0)), f64x2.splat(36893488147419103232.0));
  const p1 = upper(p);
  const exact = f64x2.mul(p1, l), rest = f64x2.add(f64x2.mul(f64x2.sub(p, p1), l), f64x2.mul(p, low));
  const sum = f64x2.add(exact, rest);
  const bound = f64x2.splat(746.0), clamped = f64x2.pmin(f64x2.pmax(sum, f64x2.neg(bound)), bound);
  const missing = v128.and(f64x2.sub(rest, f64x2.sub(sum, exact)), f64x2.lt(f64x2.abs(sum), bound));
  const n = nearest(clamped);
  const e = expm1Doubles(clamped, n);
  const mantissa = f64x2.add(f64x2.add(e, f64x2.add(f64x2.mul(missing, e), missing)), one);
  let result = scaled(mantissa, n, 0);

  // 0 and ∞ have no logarithm here: their powers are either.
  const isEnd = v128.or(f64x2.eq(size, zero), f64x2.eq(size, infinity));
  const growsTo = v128.and(infinity, v128.not(v128.xor(f64x2.eq(size, infinity), f64x2.gt(y, zero))));
  result = v128.bitselect(growsTo, result, isEnd);
  const halved = f64x2.mul(y, f64x2.splat(0.5));
  const isWhole = f64x2.eq(f64x2.nearest(y), y), isOdd = v128.and(isWhole, f64x2.ne(f64x2.nearest(halved), halved));
  result = v128.xor(result, v128.and(v128.and(x, isOdd), f64x2.splat(-0.0)));
  const isNone = v128.or(
    v128.andnot(f64x2.lt(x, zero), v128.or(isWhole, isEnd)),
    v128.or(f64x2.ne(x, x), f64x2.ne(y, y)),
  );
  result = v128.or(result, isNone); // all bits set are a NaN
  return v128.bitselect(one, result, v128.or(f64x2.eq(y, zero), f64x2.eq(x, one)));
}
