/**
 * The exponential and the power, the same bits on every host: + − × ÷ alone, as in `log`.
 *
 *   x = k·ln 2 + 16·t       |t| ≤ ln 2 / 32
 *   p = eᵗ − 1              = t + t²/2 + t³/6 + … + t⁹/9!
 *   p ← 2p + p²             four times: (1 + p)² − 1
 *   eˣ = 2ᵏ·(1 + p)
 *   xʸ = exp(y·ln x),       ln x = h + (x − eʰ)/x with h = log(x)
 *
 * All but the last terms of the series are double-doubles: a number and what rounding took from it.
 */

import { LN2_HIGH, LN2_LOW, log, productError } from "./log.ts";

/** high + low, |low| ≤ ½ ulp of high. */
type Pair = readonly [high: number, low: number];

// eˣ is below half of the smallest double, or beyond the largest.
const UNDERFLOW = -746;
const OVERFLOW = 710;

const SQUARINGS = 4;
const PARTS = 16; // 2 to the number of squarings
const SIXTH: Pair = [1 / 6, 9.25185853854297e-18];

/**
 * eˣ, within 0.5 + 2⁻¹⁶ ulp where the result is not subnormal, and within one ulp there. e^−∞ is 0, e^∞ is ∞, e^NaN is NaN.
 */
export function exp(x: number): number {
  if (x < UNDERFLOW) return 0;
  if (x > OVERFLOW) return Number.POSITIVE_INFINITY;
  return rounded(reduced([x, 0]));
}

/** xʸ for x ≥ 2⁻⁹⁰⁰ or x = 0, and y > 0, within 0.5 + 2⁻⁶ ulp where the result is not subnormal, and within one ulp there. */
export function pow(x: number, y: number): number {
  if (x === 0 || x === 1) return x;
  const h = log(x);
  const product = y * h;
  if (product < UNDERFLOW) return 0;
  if (product > OVERFLOW) return Number.POSITIVE_INFINITY;
  const e = reduced([h, 0]);
  const m = x * powerOfTwo(-e.k);
  const low = (m - 1 - e.p[0] - e.p[1]) / m;
  return rounded(reduced(sum(product, productError(y, h, product) + y * low)));
}

/** 2ᵏ·(1 + p). */
type Reduced = { readonly p: Pair; readonly k: number };

/** eˣ */
function reduced([x, xLow]: Pair): Reduced {
  const k = Math.round(x / Math.LN2);
  // k·LN2_HIGH is exact, and so is the difference: it is much smaller than x, or k is 0.
  const [r, rLow] = sum(x - k * LN2_HIGH, xLow - k * LN2_LOW);
  const t: Pair = [r / PARTS, rLow / PARTS];
  let p = times(t, plus([1, 0], times(t, plus([0.5, 0], times(t, plus(SIXTH, [t[0] * seriesTail(t[0]), 0]))))));
  for (let i = 0; i < SQUARINGS; i++) p = plus([2 * p[0], 2 * p[1]], times(p, p));
  return { p, k };
}

/** 1/4! + t/5! + … + t⁵/9! */
function seriesTail(t: number): number {
  let tail = t / 362880 + 1 / 40320;
  tail = tail * t + 1 / 5040;
  tail = tail * t + 1 / 720;
  tail = tail * t + 1 / 120;
  return tail * t + 1 / 24;
}

/** The double. 2ᵏ is multiplied in two steps: by itself it may be subnormal or infinite. */
function rounded({ p, k }: Reduced): number {
  const high = 1 + p[0];
  const low = p[0] - (high - 1) + p[1];
  const half = Math.floor(k / 2);
  return (high + low) * powerOfTwo(half) * powerOfTwo(k - half);
}

/** 2ᵏ for an integer k from −1074 to 1023, exactly: by squaring, since hosts differ in powers. */
function powerOfTwo(k: number): number {
  let power = 1;
  let square = k < 0 ? 0.5 : 2;
  for (let rest = Math.abs(k); rest > 0; rest >>>= 1) {
    if ((rest & 1) === 1) power *= square;
    square *= square;
  }
  return power;
}

/** a + b and its rounding error: Knuth's TwoSum. */
function sum(a: number, b: number): Pair {
  const high = a + b;
  const bPart = high - a;
  return [high, a - (high - bPart) + (b - bPart)];
}

function plus([a, aLow]: Pair, [b, bLow]: Pair): Pair {
  const [high, low] = sum(a, b);
  return sum(high, low + aLow + bLow);
}

function times([a, aLow]: Pair, [b, bLow]: Pair): Pair {
  const high = a * b;
  return sum(high, productError(a, b, high) + (a * bLow + aLow * b));
}
