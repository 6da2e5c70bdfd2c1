/**
 * e^x, ln x, tanh x, the logistic function and ln(1 + e^x) to more digits than a double has, for counting ulps.
 *
 * A fixed-point number is a BigInt with 200 binary places; a result is an integer times a power of two, good
 * to about 2^-140 of itself. elementary.test.ts holds it against 40 decimal digits.
 */
import type { FloatType } from "../../src/wasm/dtype.ts";

/** mantissa · 2^exponent. */
export type Precise = { readonly mantissa: bigint; readonly exponent: number };

const PLACES = 200;
const P = BigInt(PLACES);
const ONE = 1n << P;

/** ln 2 = 2·atanh(1/3) = Σ 2 / ((2i + 1)·3^(2i + 1)). */
const LN2 = (() => {
  let sum = 0n;
  for (let i = 0n, power = (2n * ONE) / 3n; power > 0n; i++, power /= 9n) sum += power / (2n * i + 1n);
  return sum;
})();

/** e^x for |x| < 2^20. */
export function exp(x: number): Precise {
  const n = Math.round(x / Math.LN2);
  const r = fixed(x) - BigInt(n) * LN2;
  let sum = ONE;
  for (let i = 1n, term = r; term !== 0n && term !== -1n; i++, term = ((term * r) >> P) / i) sum += term;
  return { mantissa: sum, exponent: n - PLACES };
}

/** ln x for finite x > 0: one Newton step from the double, y + d - d²/2 + d³/3 with d = x·e^-y - 1. */
export function log(x: number): Precise {
  const y = Math.log(x);
  const d = fixedOf(multiply(exact(x), exp(-y))) - ONE;
  const square = (d * d) >> P;
  return { mantissa: fixed(y) + d - square / 2n + ((square * d) >> P) / 3n, exponent: -PLACES };
}

/** (1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x; x - x³/3 where the next term is below 2^-140 of it. */
export function tanh(x: number): Precise {
  const { mantissa, exponent } = exact(x);
  if (Math.abs(x) < 2 ** -36) {
    const square = (fixed(x) * fixed(x)) >> P;
    return { mantissa: mantissa * (ONE - square / 3n), exponent: exponent - PLACES };
  }
  const e = fixedOf(exp(-2 * Math.abs(x)));
  const size = ((ONE - e) << P) / (ONE + e);
  return { mantissa: x < 0 ? -size : size, exponent: -PLACES };
}

/** e^x / (1 + e^x) below 0, else 1 / (1 + e^-x). */
export function sigmoid(x: number): Precise {
  const e = exp(-Math.abs(x));
  const sum = ONE + fixedOf(e);
  if (x < 0) return { mantissa: (e.mantissa << P) / sum, exponent: e.exponent };
  return { mantissa: (ONE << P) / sum, exponent: -PLACES };
}

/** ln(1 + e^x): x + ln(1 + e^-x) above 0, four terms of the series in e^x far below, else as `log`. */
export function softplus(x: number): Precise {
  if (x > 1000) return exact(x);
  if (x > 0) return { mantissa: fixed(x) + fixedOf(softplus(-x)), exponent: -PLACES };
  const e = exp(x);
  if (x < -35) {
    const u = fixedOf(e); // where it is small against 1, its square is what matters, and that only against u
    const factor = ONE - u / 2n + ((u * u) >> P) / 3n - ((((u * u) >> P) * u) >> P) / 4n;
    return multiply(e, { mantissa: factor, exponent: -PLACES });
  }
  const y = Math.log1p(Math.exp(x));
  const d = fixedOf(multiply({ mantissa: ONE + fixedOf(e), exponent: -PLACES }, exp(-y))) - ONE;
  const square = (d * d) >> P;
  return { mantissa: fixed(y) + d - square / 2n + ((square * d) >> P) / 3n, exponent: -PLACES };
}

/** How many units in the last place of `want` lie between it and `got`; ∞ counts as the number after the largest. */
export function ulpsBetween(got: number, want: Precise, dtype: FloatType): number {
  const { digits, lowest, highest } = FORMAT[dtype];
  const size = bitLength(want.mantissa) + want.exponent; // 2^(size - 1) <= |want| < 2^size
  if (Number.isNaN(got)) return Number.NaN;
  if (Math.abs(got) === Number.POSITIVE_INFINITY && size > highest) return 0;
  const found = Number.isFinite(got) ? exact(got) : { mantissa: got > 0 ? 1n : -1n, exponent: highest };
  const exponent = Math.min(found.exponent, want.exponent);
  const difference =
    (found.mantissa << BigInt(found.exponent - exponent)) - (want.mantissa << BigInt(want.exponent - exponent));
  const ulp = Math.max(size, lowest) - digits;
  return Math.abs(Number(shift(difference, exponent - ulp + 40)) / 2 ** 40);
}

/** x · 2^1074, which is an integer for every finite double. */
export function scaled(x: number): bigint {
  const { mantissa, exponent } = exact(x);
  return mantissa << BigInt(exponent + 1074);
}

/** The number times 10^places, cut to a whole one: its decimal digits. */
export function decimal({ mantissa, exponent }: Precise, places: number): bigint {
  return shift(mantissa * 10n ** BigInt(places), exponent);
}

/** A number as mantissa digits, and the exponents of 2^size that bound its normal numbers. */
const FORMAT: { readonly [D in FloatType]: { digits: number; lowest: number; highest: number } } = {
  float32: { digits: 24, lowest: -125, highest: 128 },
  float64: { digits: 53, lowest: -1021, highest: 1024 },
};

const word = new DataView(new ArrayBuffer(8));

/** A finite double as it is. */
function exact(x: number): Precise {
  word.setFloat64(0, x);
  const bits = word.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  return { mantissa: x < 0 ? -mantissa : mantissa, exponent: Math.max(biased, 1) - 1075 };
}

function fixed(x: number): bigint {
  return fixedOf(exact(x));
}

function fixedOf({ mantissa, exponent }: Precise): bigint {
  return shift(mantissa, exponent + PLACES);
}

function multiply(a: Precise, b: Precise): Precise {
  return { mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent };
}

/** value · 2^by, rounded down. */
function shift(value: bigint, by: number): bigint {
  return by >= 0 ? value << BigInt(by) : value >> BigInt(-by);
}

function bitLength(value: bigint): number {
  const hex = (value < 0n ? -value : value).toString(16);
  return 4 * hex.length - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28;
}
