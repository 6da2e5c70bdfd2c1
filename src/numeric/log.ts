/**
 * The natural logarithm, the same bits on every host.
 *
 * `Math.log` may differ between hosts in the last bit, and what is drawn here becomes network weights.
 * This one uses + − × ÷ alone, each of which is rounded in one prescribed way:
 *
 *   x = m·2ᵏ, 45/64 ≤ m < 45/32   exact; the bounds are near √½ and √2
 *   s = (m − 1)/(m + 1)           |s| < 0.175, z = s² < 0.0305
 *   ln m = 2 artanh s = 2s·(1 + z/3 + z²/5 + z³/7 + … + z¹³/27)
 *   ln x = k·ln 2 + ln m
 *
 * s, z and the terms up to z²/5 are double-doubles: a pair high + low, where high is the rounded sum
 * and low the part that rounding lost. From z³/7 on, plain doubles are enough.
 */

import { OptionError } from "../errors.ts";

const M_LEAST = 45 / 64;
const M_BOUND = 45 / 32;

// ln 2 in two parts: the high one has 42 significant bits, so that k·LN2_HIGH is exact for |k| < 2048.
export const LN2_HIGH: number = 0.6931471805598903;
export const LN2_LOW: number = 5.497923018708371e-14;

// What 1/3 and 1/5 lose when they are rounded to a double.
const THIRD = 1 / 3;
const THIRD_LOW = 1.850371707708594e-17;
const FIFTH = 1 / 5;
const FIFTH_LOW = -1.1102230246251566e-17;

// 2²⁷ + 1 cuts the 53 bits of a double into two halves whose products are exact.
const SPLITTER = 134217729;

/**
 * The natural logarithm of a finite positive number.
 *
 * Before its last rounding the result is within 2⁻⁶⁹ of itself, relatively, so the error is below 0.5 + 2⁻¹⁶ ulp
 * and fewer than one result in 2¹⁵ is not the double nearest to ln x. Takes one step per halving or doubling
 * of x to reach m, which is few for x uniform in (0, 1) and a thousand at the ends of the doubles.
 *
 * @throws {OptionError} x is zero, negative, infinite or NaN
 */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) throw new OptionError("log: x", "a finite positive number", x);

  let m = x;
  let k = 0;
  for (; m < M_LEAST; k -= 1) m *= 2;
  for (; m >= M_BOUND; k += 1) m *= 0.5;

  // m − 1 is exact, and so is m + 1 = b + bLow. The remainder of the division gives the low part.
  const b = m + 1;
  const bLow = m - (b - 1);
  const s = (m - 1) / b;
  const sb = s * b;
  const sLow = (m - 1 - sb - productError(s, b, sb) - s * bLow) / b;

  const z = s * s;
  const zLow = productError(s, s, z) + 2 * s * sLow;

  // Horner's rule from the inside out: u = 1/5 + z·tail, v = 1/3 + z·u, w = z·v.
  const tail = seriesTail(z);
  const zTail = z * tail;
  const u = FIFTH + zTail;
  const uLow = zTail - (u - FIFTH) + (FIFTH_LOW + productError(z, tail, zTail) + zLow * tail);
  const zu = z * u;
  const v = THIRD + zu;
  const vLow = zu - (v - THIRD) + (THIRD_LOW + productError(z, u, zu) + (z * uLow + zLow * u));
  const w = z * v;
  const wLow = productError(z, v, w) + (z * vLow + zLow * v);

  // ln m = 2·(s + s·w).
  const sw = s * w;
  const half = s + sw;
  const halfLow = sw - (half - s) + (sLow + productError(s, w, sw) + (s * wLow + sLow * w));

  // |k·ln 2| exceeds |ln m| unless k = 0; either way the sum's rounding error is exact.
  const kLn2 = k * LN2_HIGH;
  const sum = kLn2 + 2 * half;
  return sum + (2 * half - (sum - kLn2) + (2 * halfLow + k * LN2_LOW));
}

/** 1/7 + z/9 + z²/11 + … + z¹⁰/27; the first term left out is below 2⁻⁷⁵ of the whole series. */
function seriesTail(z: number): number {
  let tail = (1 / 27) * z + 1 / 25;
  tail = tail * z + 1 / 23;
  tail = tail * z + 1 / 21;
  tail = tail * z + 1 / 19;
  tail = tail * z + 1 / 17;
  tail = tail * z + 1 / 15;
  tail = tail * z + 1 / 13;
  tail = tail * z + 1 / 11;
  tail = tail * z + 1 / 9;
  return tail * z + 1 / 7;
}

/** a·b − product exactly, where `product` is the rounded a·b: Veltkamp's splitting, Dekker's product. */
export function productError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
