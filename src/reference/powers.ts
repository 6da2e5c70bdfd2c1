/**
 * e^x - 1, ln(1 + x), sinh, cosh, logarithms of other bases, erf and powers, of float64: the reference for assembly/simd/powers.ts,
 * which has the derivations, one lane at a time.
 */
import { copySign, nearestEven, pmax } from "./element.ts";
import type { Exponentials } from "./exp.ts";
import { polynomial, unlessTiny } from "./polynomial.ts";

export type Powers = {
  readonly expm1: (x: number) => number;
  readonly log1p: (x: number) => number;
  readonly sinh: (x: number) => number;
  readonly cosh: (x: number) => number;
  readonly log2: (x: number) => number;
  readonly log10: (x: number) => number;
  readonly erf: (x: number) => number;
  readonly pow: (x: number, y: number) => number;
};

const LOGARITHM = [
  0.6, 0.4285714285714406, 0.3333333333247739, 0.2727272750439997, 0.2307689231673882, 0.200022133627356,
  0.17559198477793309, 0.17586281035020132,
];
const ERROR_NEAR = [
  -0.37612638903183737, 0.11283791670954063, -0.02686617064486571, 0.0052239776221286215, -0.0008548326782998445,
  0.00012055321994815384, -1.4925320745913426e-5, 1.6455514006997355e-6, -1.6278154191445702e-7, 1.4059616822053868e-8,
  -8.51164722370093e-10,
];
const ERROR_FAR = [
  -2.7897252491438725e-6, 0.5643592878439413, 1.1236934609397073, 2.052504360247021, 1.9529931010307708,
  9.527551909489826, -39.43459670512608, 155.5130870704468, -496.8239728288, 970.6026210414173, -1125.0471521067727,
  728.5340329677781, -205.95701219384333,
];

/** The smaller, or the first where it is NaN or either is 0: WebAssembly's pmin. */
function pmin(a: number, b: number): number {
  return b < a ? b : a;
}

/** The integer nearest to x / ln 2. */
function nearest(x: number): number {
  return x * Math.LOG2E + 6755399441055744 - 6755399441055744;
}

/** @param ln the logarithm of float64 */
export function powersOf({ expm1Rest, scaled, expScaled }: Exponentials, ln: (x: number) => number): Powers {
  const word = new Float64Array(1);
  const words = new Int32Array(word.buffer);

  const upper = (x: number): number => {
    word[0] = x;
    words[0] = 0;
    return word[0]!;
  };

  const expm1 = (x: number): number => {
    const clamped = pmin(pmax(x, -40), 710);
    const n = nearest(clamped);
    const power = scaled(1, n, -1);
    const y = power * expm1Rest(clamped, n) + (power - 0.5);
    return unlessTiny(x, y + y);
  };

  const log1p = (x: number): number => {
    const y = x + 1;
    const lost = (x - (y - 1)) / y;
    return unlessTiny(x, ln(y) + (Number.isNaN(lost) ? 0 : lost));
  };

  const cosh = (x: number): number => {
    const e = expScaled(Math.abs(x), -1);
    return e + 0.25 / e;
  };

  const sinh = (x: number): number => {
    const size = Math.abs(x);
    if (size < 1) {
      const m = expm1(size);
      return unlessTiny(x, copySign(0.5 * (m + m / (m + 1)), x));
    }
    const e = expScaled(size, -1);
    return copySign(e - 0.25 / e, x);
  };

  const erf = (x: number): number => {
    const size = pmin(Math.abs(x), 6);
    const z = size * size;
    if (size < 0.9) return copySign(size + size * (0.1283791670955126 + z * polynomial(z, ERROR_NEAR)), x);
    return copySign(1 - expScaled(-z, 0) * polynomial(1 / (size + 2), ERROR_FAR), x);
  };

  /** ln x for finite x > 0 in two numbers. */
  const logarithm = (x: number): readonly [number, number] => {
    const isTiny = x < 2 ** -1022;
    const v = isTiny ? x * 2 ** 54 : x;
    word[0] = v;
    // Moving the bits up by 1 - √½ puts the exponent's steps at √½ · 2^k.
    const low = words[0]! >>> 0;
    const carry = low + (0x100000000 - 0x667f3bcd) > 0xffffffff ? 1 : 0;
    const moved = (words[1]! + (0x3ff00000 - 0x3fe6a09e - 1) + carry) | 0;
    words[1] = words[1]! - (moved & 0x7ff00000) + 0x3ff00000;
    const m = word[0]!;
    const k = (moved >>> 20) - 1023 - (isTiny ? 54 : 0);

    const f = m - 1;
    const sum = m + 1;
    const inverse = 1 / sum;
    const s = f * inverse;
    const s1 = upper(s);
    const sum1 = upper(sum);
    const sum2 = m - (sum1 - 1);
    const s2 = inverse * (f - s1 * sum1 - s1 * sum2);
    const z = s * s;
    const z1 = s1 * s1;
    const r = z * z * polynomial(z, LOGARITHM) + s2 * (s1 + s);
    const t1 = upper(3 + z1 + r);
    const t2 = r - (t1 - 3 - z1);
    const exact = s1 * t1;
    const rest = s2 * t1 + t2 * s;
    const p1 = upper(exact + rest);
    const p2 = rest - (p1 - exact);
    const large = p1 * 0.6666665077209473;
    const small = p1 * 1.5894571940104166e-7 + p2 * (2 / 3);
    const whole = k * (2977044471 / 4294967296);
    const wholeLow = small + k * 1.9082149292705877e-10;
    const y = upper(large + wholeLow + whole);
    return [y, wholeLow - (y - whole - large)];
  };

  const logOf = (x: number, scale: number, scaleLow: number): number => {
    if (x === 0) return -Infinity;
    if (x < 0) return Number.NaN;
    if (!(x < Infinity)) return x;
    const [l, low] = logarithm(x);
    return l * scale + (l * scaleLow + low * (scale + scaleLow));
  };

  const sizeOfPower = (size: number, y: number): number => {
    if (size === 0 || size === Infinity) return (size === Infinity) === y > 0 ? Infinity : 0;
    const [l, low] = logarithm(size);
    const p = pmin(pmax(y, -(2 ** 65)), 2 ** 65);
    const p1 = upper(p);
    const exact = p1 * l;
    const rest = (p - p1) * l + p * low;
    const sum = exact + rest;
    const clamped = pmin(pmax(sum, -746), 746);
    const missing = Math.abs(sum) < 746 ? rest - (sum - exact) : 0;
    const n = nearest(clamped);
    const e = expm1Rest(clamped, n);
    return scaled(e + (missing * e + missing) + 1, n, 0);
  };

  return {
    expm1,
    log1p,
    sinh,
    cosh,
    log2: (x) => logOf(x, 1.442695040255785, 6.331784189566044e-10),
    log10: (x) => logOf(x, 0.43429448176175356, 1.414982685385801e-10),
    erf,
    pow: (x, y) => {
      if (y === 0 || x === 1) return 1;
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
      const isWhole = nearestEven(y) === y;
      if (x < 0 && x !== -Infinity && !isWhole) return Number.NaN;
      const size = sizeOfPower(Math.abs(x), y);
      const isOdd = isWhole && nearestEven(y * 0.5) !== y * 0.5;
      return isOdd ? copySign(size, x) : size;
    },
  };
}
