/**
 * Elementary functions to more digits than a double has, for counting ulps.
 *
 * A fixed-point number is a BigInt with 200 binary places; a result is an integer times a power of two, good
 * to about 2^-130 of itself. elementary.test.ts and unary.test.ts hold them against 40 decimal digits.
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
  return expOf(fixed(x));
}

function expOf(x: bigint): Precise {
  const n = Math.round(Number(x >> (P - 30n)) / 2 ** 30 / Math.LN2);
  const r = x - BigInt(n) * LN2;
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

/** π and places enough to subtract its multiples from any double. */
const WIDE = 1400n;
const PI = 16n * inverseTangent(5n) - 4n * inverseTangent(239n);

/** atan(1/n) with WIDE places. */
function inverseTangent(n: bigint): bigint {
  let sum = 0n;
  for (let i = 0n, power = (1n << WIDE) / n; power !== 0n; i++, power /= -n * n) sum += power / (2n * i + 1n);
  return sum;
}

/** sin x and cos x, as sums of the series of the rest modulo π/2. */
function circular(x: number): readonly [sine: bigint, cosine: bigint] {
  const { mantissa, exponent } = exact(x);
  const wide = shift(mantissa, exponent + Number(WIDE));
  const n = (2n * wide + PI / 2n) / PI - (wide < 0n ? 1n : 0n);
  const r = (wide - (n * PI) / 2n) >> (WIDE - P);
  let [sine, cosine] = [0n, 0n];
  for (let i = 1n, term = ONE; term !== 0n && term !== -1n; i += 2n) {
    cosine += term;
    term = ((term * r) >> P) / i;
    sine += term;
    term = ((term * -r) >> P) / (i + 1n);
  }
  const turned: readonly [bigint, bigint][] = [
    [sine, cosine],
    [cosine, -sine],
    [-sine, -cosine],
    [-cosine, sine],
  ];
  return turned[Number(((n % 4n) + 4n) % 4n)]!;
}

/** x · (1 + x²/divisor), where the next term of an odd function is below 2^-140 of it. */
function nearZero(x: number, divisor: bigint): Precise {
  const { mantissa, exponent } = exact(x);
  return { mantissa: mantissa * (ONE + ((fixed(x) * fixed(x)) >> P) / divisor), exponent: exponent - PLACES };
}

const SMALL = 2 ** -36;

export function sin(x: number): Precise {
  return Math.abs(x) < SMALL ? nearZero(x, -6n) : { mantissa: circular(x)[0], exponent: -PLACES };
}

export function cos(x: number): Precise {
  return { mantissa: circular(x)[1], exponent: -PLACES };
}

export function tan(x: number): Precise {
  if (Math.abs(x) < SMALL) return nearZero(x, 3n);
  const [sine, cosine] = circular(x);
  return { mantissa: (sine << P) / cosine, exponent: -PLACES };
}

/** The angle of (x, y), for x >= 0 and not both 0. */
function angle(y: bigint, x: bigint): bigint {
  if (y < 0n) return -angle(-y, x);
  if (y > x) return (PI >> (WIDE - P + 1n)) - angle(x, y);
  let t = (y << P) / x;
  const halvings = 20;
  for (let i = 0; i < halvings; i++) t = (t << P) / (ONE + squareRoot((ONE << P) + t * t));
  let sum = 0n;
  const square = (t * t) >> P;
  for (let i = 1n, power = t; power !== 0n && power !== -1n; i += 2n, power = (power * -square) >> P) sum += power / i;
  return sum << BigInt(halvings);
}

/** ⌊√x⌋ by Newton's method. */
function squareRoot(x: bigint): bigint {
  if (x === 0n) return 0n;
  let y = 1n << BigInt(Math.ceil(bitLength(x) / 2));
  for (;;) {
    const next = (y + x / y) >> 1n;
    if (next >= y) return y;
    y = next;
  }
}

export function atan(x: number): Precise {
  if (Math.abs(x) < SMALL) return nearZero(x, -3n);
  return { mantissa: angle(fixed(x), ONE), exponent: -PLACES };
}

/** For y and x whose size differs by less than 2^40. */
export function atan2(y: number, x: number): Precise {
  const a = exact(y);
  const b = exact(x);
  const lowest = Math.min(a.exponent, b.exponent);
  const [dy, dx] = [a.mantissa << BigInt(a.exponent - lowest), b.mantissa << BigInt(b.exponent - lowest)];
  const right = angle(dy, dx < 0n ? -dx : dx);
  const half = PI >> (WIDE - P);
  const mantissa = dx >= 0n ? right : (dy < 0n ? -half : half) - right;
  return { mantissa, exponent: -PLACES };
}

export function asin(x: number): Precise {
  if (Math.abs(x) < SMALL) return nearZero(x, 6n);
  return { mantissa: angle(fixed(x), otherLeg(x)), exponent: -PLACES };
}

export function acos(x: number): Precise {
  const right = angle(otherLeg(x), fixed(Math.abs(x)));
  return { mantissa: x < 0 ? (PI >> (WIDE - P)) - right : right, exponent: -PLACES };
}

/** √(1 - x²) */
function otherLeg(x: number): bigint {
  return squareRoot((ONE << P) - fixed(x) * fixed(x));
}

export function sinh(x: number): Precise {
  if (Math.abs(x) < SMALL) return nearZero(x, 6n);
  const e = exp(Math.abs(x));
  const size = Math.abs(x) > 60 ? e : { mantissa: fixedOf(e) - fixedOf(exp(-Math.abs(x))), exponent: -PLACES };
  return { mantissa: x < 0 ? -size.mantissa : size.mantissa, exponent: size.exponent - 1 };
}

export function cosh(x: number): Precise {
  const e = exp(Math.abs(x));
  if (Math.abs(x) > 60) return { mantissa: e.mantissa, exponent: e.exponent - 1 };
  return { mantissa: fixedOf(e) + fixedOf(exp(-Math.abs(x))), exponent: -PLACES - 1 };
}

export function expm1(x: number): Precise {
  if (Math.abs(x) < SMALL) {
    const { mantissa, exponent } = exact(x);
    const [v, square] = [fixed(x), (fixed(x) * fixed(x)) >> P];
    return {
      mantissa: mantissa * (ONE + v / 2n + square / 6n + ((square * v) >> P) / 24n),
      exponent: exponent - PLACES,
    };
  }
  return x > 100 ? exp(x) : { mantissa: fixedOf(exp(x)) - ONE, exponent: -PLACES };
}

/** For finite x above -1. */
export function log1p(x: number): Precise {
  if (Math.abs(x) < SMALL) {
    const { mantissa, exponent } = exact(x);
    const [v, square] = [fixed(x), (fixed(x) * fixed(x)) >> P];
    const factor = ONE - v / 2n + square / 3n - ((square * v) >> P) / 4n;
    return { mantissa: mantissa * factor, exponent: exponent - PLACES };
  }
  if (x > 2 ** 150) return log(x);
  const y = Math.log1p(x);
  const d = fixedOf(multiply({ mantissa: ONE + fixed(x), exponent: -PLACES }, exp(-y))) - ONE;
  const square = (d * d) >> P;
  return { mantissa: fixed(y) + d - square / 2n + ((square * d) >> P) / 3n, exponent: -PLACES };
}

export function log2(x: number): Precise {
  return { mantissa: (log(x).mantissa << P) / LN2, exponent: -PLACES };
}

export function log10(x: number): Precise {
  return { mantissa: (log(x).mantissa << P) / log(10).mantissa, exponent: -PLACES };
}

/** 2/√π · Σ (-1)ⁿ x^(2n + 1) / (n! (2n + 1)), for |x| < 7. */
export function erf(x: number): Precise {
  const slope = (2n * ONE * ONE) / squareRoot((PI >> (WIDE - P)) << P);
  const near = nearZero(x, -3n);
  if (Math.abs(x) < SMALL) return multiply(near, { mantissa: slope, exponent: -PLACES });
  const v = fixed(x);
  const square = (v * v) >> P;
  let sum = 0n;
  for (let n = 0n, term = v; term !== 0n && term !== -1n; n++, term = ((term * -square) >> P) / n) {
    sum += term / (2n * n + 1n);
  }
  return { mantissa: (sum * slope) >> P, exponent: -PLACES };
}

/** x^y for x > 0 and a result that is a double. */
export function pow(x: number, y: number): Precise {
  return expOf(fixedOf(multiply(log(x), exact(y))));
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
