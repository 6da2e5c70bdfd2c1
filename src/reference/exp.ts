/**
 * e^x, the sigmoid and e^x - 1: the reference for assembly/simd/exp.ts, which has the derivation, one lane at a time.
 *
 * Where WebAssembly takes n from the low bits of a sum and makes a power of two of it by a shift, here n is the sum's
 * difference from ROUND, and its power is in a table: the same numbers. For -x the reductions agree to the bit with
 * those that the sigmoid has there for x.
 */
import { type Element, pmax } from "./element.ts";

export type Exponentials = {
  readonly exp: (x: number) => number;
  readonly sigmoid: (x: number) => number;
  /** e^x - 1 for -40 <= x <= 0. */
  readonly expm1Negative: (x: number) => number;
  /** e^(x - n·ln2) - 1 */
  readonly expm1Rest: (x: number, n: number) => number;
  /** p · 2^(n + more) */
  readonly scaled: (p: number, n: number, more: number) => number;
  /** e^x · 2^more */
  readonly expScaled: (x: number, more: number) => number;
};

/** Near 1/2!, 1/3!, … */
const SINGLE = [0.5, 0.1666653396, 0.04166723805, 0.008367489413, 0.001386377595];
const DOUBLE = [
  ...[1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040, 1 / 40320, 1 / 362880],
  ...[1 / 3628800, 1 / 39916800, 1 / 479001600, 1 / 6227020800],
];

/** The table reaches from 2^-LARGEST to 2^LARGEST, half of what e^x can need. */
const LARGEST = 540;

/** 2^(i - LARGEST) at i. */
export function powersOfTwo(): Float64Array {
  const powers = new Float64Array(2 * LARGEST + 1);
  powers[LARGEST] = 1;
  for (let n = 1; n <= LARGEST; n++) {
    powers[LARGEST + n] = 2 * powers[LARGEST + n - 1]!;
    powers[LARGEST - n] = powers[LARGEST - n + 1]! / 2;
  }
  return powers;
}

export function exponentials({ isSingle, round, add, sub, mul, div, madd, nmadd }: Element): Exponentials {
  const bound = isSingle ? 104 : 746;
  const perLn2 = round(Math.LOG2E);
  const shift = isSingle ? 12582912 : 6755399441055744;
  const ln2Hi = isSingle ? 355 / 512 : 2977044471 / 4294967296;
  const ln2Lo = round(isSingle ? -0.00021219444005469057 : 1.9082149292705877e-10);
  const c = Float64Array.from(isSingle ? SINGLE : DOUBLE, round);
  const powers = powersOfTwo();

  const pair = (r: number, i: number): number => madd(r, c[i + 1]!, c[i]!);

  const expm1Reduced = (r: number): number => {
    const r2 = mul(r, r);
    if (isSingle) return madd(r2, madd(r2, madd(r2, c[4]!, pair(r, 2)), pair(r, 0)), r);
    const r4 = mul(r2, r2);
    const high = madd(r4, madd(r2, pair(r, 10), pair(r, 8)), madd(r2, pair(r, 6), pair(r, 4)));
    return madd(r2, madd(r4, high, madd(r2, pair(r, 2), pair(r, 0))), r);
  };

  /** The integer nearest to x / ln2; NaN for NaN. */
  const nearest = (x: number): number => sub(madd(x, perLn2, shift), shift);

  /** e^(x - n·ln2) - 1 */
  const expm1Rest = (x: number, n: number): number => expm1Reduced(nmadd(n, ln2Lo, nmadd(n, ln2Hi, x)));

  const exp2 = (n: number): number => powers[LARGEST + n]!;

  const clamp = (x: number): number => {
    const y = pmax(x, -bound);
    return bound < y ? bound : y;
  };

  const scaled = (p: number, n: number, more: number): number => {
    const half = n >> 1;
    return mul(mul(p, exp2(half)), exp2((n | 0) - half + more));
  };

  const expScaled = (x: number, more: number): number => {
    const clamped = clamp(x);
    const n = nearest(clamped);
    return scaled(add(expm1Rest(clamped, n), 1), n, more);
  };

  return {
    exp: (x) => expScaled(x, 0),
    expm1Rest,
    scaled,
    expScaled,
    sigmoid: (x) => {
      const minus = -clamp(x);
      const n = nearest(minus);
      const p = add(expm1Rest(minus, n), 1);
      const half = n >> 1;
      const scale = exp2(-half);
      return div(scale, add(scale, mul(p, exp2((n | 0) - half))));
    },
    expm1Negative: (x) => {
      const n = nearest(x);
      const power = exp2(n | 0);
      return madd(power, expm1Rest(x, n), sub(power, 1));
    },
  };
}
