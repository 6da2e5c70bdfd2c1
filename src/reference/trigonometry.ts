/**
 * sin, cos, tan and the angle of a point, of float64: the reference for assembly/simd/trigonometry.ts, which has the derivation, one
 * lane at a time.
 */
import { polynomial, unlessTiny } from "./polynomial.ts";

const PARTS = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32] as const;

/** 2/π: 64 zero bits, then its first 1216. */
const TWO_OVER_PI = [
  "0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1deb1cb129a73e",
  "e88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b7",
  "4f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6bab",
].join("");
const TABLE_BITS = 1280;

const SINE = [
  0.00833333333332249, -0.0001984126982985795, 2.7557313707070068e-6, -2.5050760253406863e-8, 1.58969099521155e-10,
];
const SINE_FIRST = -0.16666666666666632;
const COSINE = [
  0.0416666666666666, -0.001388888888887411, 2.480158728947673e-5, -2.7557314351390663e-7, 2.087572321298175e-9,
  -1.1359647557788195e-11,
];
const ARCTANGENT = [
  -0.333333333333332, 0.1999999999995417, -0.1428571428025687, 0.11111110786507936, -0.09090897845795974,
  0.0769206178346284, -0.06663121853403396, 0.058480183873874096, -0.05039883360695975, 0.03807917360299644,
  -0.017923105630198912,
];

const HALF_PI = 1.5707963267948966;
const HALF_PI_LOW = 6.123233995736766e-17;

/** r in two numbers, and n of which the last two bits matter. */
type Reduced = { readonly r: number; readonly tail: number; readonly n: number };

/** What a - b = s, as it is rounded, has lost. */
function lost(a: number, b: number, s: number): number {
  const back = s - a;
  return a - (s - back) - (b + back);
}

function reduced(x: number): Reduced {
  if (!(Math.abs(x) < 1647099)) return reducedLarge(x);
  const shift = 6755399441055744;
  const turns = x * 0.6366197723675814 + shift - shift;
  const first = x - turns * PARTS[0];
  const second = turns * PARTS[1];
  const near = first - second;
  const third = turns * PARTS[2];
  const nearer = near - third;
  const tail = lost(first, second, near) + lost(near, third, nearer) - turns * PARTS[3];
  const r = nearer + tail;
  return { r, tail: nearer - r + tail, n: turns };
}

function reducedLarge(x: number): Reduced {
  const word = new DataView(new ArrayBuffer(8));
  word.setFloat64(0, x);
  const bits = word.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  if (exponent === 0x7ff) return { r: Number.NaN, tail: Number.NaN, n: 0 };
  const m = (bits & 0xfffffffffffffn) | 0x10000000000000n;
  const window = BigInt.asUintN(192, BigInt(TWO_OVER_PI) >> BigInt(TABLE_BITS - 192 - (exponent - 1013)));
  const product = BigInt.asUintN(128, (m * window) >> 64n);
  const fraction = BigInt.asIntN(64, product >> 62n);
  const n = Number(product >> 126n) + (fraction < 0n ? 1 : 0);
  const a = Number(fraction >> 32n) * 2 ** -32;
  const b = Number(BigInt.asUintN(32, fraction)) * 2 ** -64;
  const c = Number(BigInt.asUintN(64, product << 2n)) * 2 ** -128;
  const sum = a + b;
  const tail = a - sum + b + c;
  const z = sum + tail;
  const zLow = sum - z + tail;
  word.setFloat64(0, z);
  word.setUint32(4, word.getUint32(4) & 0xf8000000);
  const z1 = word.getFloat64(0);
  const exact = z1 * 1.5707963109016418;
  const rest = z1 * 1.5893254773528196e-8 + (z - z1 + zLow) * HALF_PI;
  const whole = exact + rest;
  const remaining = exact - whole + rest;
  return x < 0 ? { r: -whole, tail: -remaining, n: -n } : { r: whole, tail: remaining, n };
}

/** sin x and cos x. */
function both(x: number): readonly [sine: number, cosine: number] {
  const { r, tail, n } = reduced(x);
  const z = r * r;
  const cube = z * r;
  const sine = r - (z * (0.5 * tail - cube * polynomial(z, SINE)) - tail - cube * SINE_FIRST);
  const halfSquare = 0.5 * z;
  const w = 1 - halfSquare;
  const cosine = w + (1 - w - halfSquare + (z * z * polynomial(z, COSINE) - r * tail));
  const [y, other] = (n & 1) === 0 ? [sine, cosine] : [cosine, sine];
  return [(n & 2) === 0 ? y : -y, ((n + 1) & 2) === 0 ? other : -other];
}

export function sin(x: number): number {
  return unlessTiny(x, both(x)[0]);
}

export function cos(x: number): number {
  return both(x)[1];
}

export function tan(x: number): number {
  const [sine, cosine] = both(x);
  return unlessTiny(x, sine / cosine);
}

export function atan2(y: number, x: number): number {
  const [ax, ay] = [Math.abs(x), Math.abs(y)];
  const longer = Math.max(ax, ay);
  const t = ax === ay ? Number(longer !== 0) : Math.min(ax, ay) / longer;
  const isSteep = t > 0.41421356237309503;
  const u = isSteep ? (t - 1) / (t + 1) : t;
  const z = u * u;
  const part = u * z * polynomial(z, ARCTANGENT);
  const angle = isSteep ? 0.5 * HALF_PI + (u + (part + 0.5 * HALF_PI_LOW)) : 0 + (u + (part + 0));
  const isHigh = ay > ax;
  const isLeft = x < 0 || Object.is(x, -0);
  const quarters = isHigh ? 1 : isLeft ? 2 : 0;
  const sum = quarters * HALF_PI + (isHigh === isLeft ? angle : -angle);
  const size = sum + quarters * HALF_PI_LOW;
  return y < 0 || Object.is(y, -0) ? -Math.abs(size) : size;
}

export function asin(x: number): number {
  return atan2(x, Math.sqrt((1 - x) * (1 + x)));
}

export function acos(x: number): number {
  return atan2(Math.sqrt((1 - x) * (1 + x)), x);
}
