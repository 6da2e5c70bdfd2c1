/**
 * ln x: the reference for assembly/simd/log.ts, which has the derivation, one lane at a time.
 *
 * x = 2^k · m with √½ <= m < √2. Where WebAssembly moves bits to find k and m, here k is the exponent of x as a float64,
 * and m is x times a power of two, which is exact.
 */
import type { Element } from "./element.ts";
import { powersOfTwo } from "./exp.ts";

/** 2/3, 2/5, 2/7, … */
const COEFFICIENTS = [3, 5, 7, 9, 11, 13, 15, 17, 19, 21].map((n) => 2 / n);

export function logarithm({ isSingle, round, add, sub, mul, div, madd }: Element): (x: number) => number {
  const root = round(Math.SQRT2);
  const ln2Hi = isSingle ? 355 / 512 : 2977044471 / 4294967296;
  const ln2Lo = round(isSingle ? -0.00021219444005469057 : 1.9082149292705877e-10);
  const c = Float64Array.from(COEFFICIENTS, round);
  const powers = powersOfTwo();
  const one = (powers.length - 1) / 2;
  const double = new Float64Array(1);
  const words = new Int32Array(double.buffer);

  const pair = (z: number, i: number): number => madd(z, c[i + 1]!, c[i]!);

  const series = (z: number): number => {
    const z2 = mul(z, z);
    const low = madd(z2, pair(z, 2), pair(z, 0));
    if (isSingle) return mul(low, z);
    return mul(madd(mul(z2, z2), madd(z2, madd(z2, pair(z, 8), pair(z, 6)), pair(z, 4)), low), z);
  };

  return (x) => {
    if (x === 0) return -Infinity;
    if (x < 0) return Number.NaN;
    if (!(x < Infinity)) return x;
    const isTiny = x < 2 ** -1022; // has no place for its exponent as a float64: 2^54 of it is looked at
    const v = isTiny ? x * 2 ** 54 : x;
    double[0] = v;
    let k = ((words[1]! >>> 20) & 2047) - 1023;
    const half = k >> 1; // 2^-k may be too small a number, its halves are not
    let m = v * powers[one - half]! * powers[one - (k - half)]!;
    if (m >= root) {
      m /= 2;
      k += 1;
    }
    if (isTiny) k -= 54;

    const f = sub(m, 1);
    const s = div(f, add(f, 2));
    const halfSquare = mul(mul(f, f), 0.5);
    const r = add(halfSquare, series(mul(s, s)));
    const small = madd(s, r, mul(k, ln2Lo));
    return sub(mul(k, ln2Hi), sub(sub(halfSquare, small), f));
  };
}
