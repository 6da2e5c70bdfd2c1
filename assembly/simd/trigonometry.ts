import { polynomial, unlessTiny } from "./polynomial";

/*
 * sin, cos and tan of float64 for every x, after fdlibm's k_sin.c and k_cos.c (Sun Microsystems, 1993):
 *
 *   x = n·π/2 + r with |r| <= π/4, r in two numbers, so that a result near 0 keeps its digits
 *
 * Up to 2^20·π/2, π/2 is subtracted in four parts, three of 33 bits, whose products with n are exact (Cody and Waite).
 * Beyond, x·2/π is taken modulo 4 from the bits of 2/π that matter for it (Payne and Hanek), lane by lane.
 */

const PARTS = memory.data<f64>([
  1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32,
]);

/** 2/π: 64 zero bits, then its first 1216. */
const TWO_OVER_PI = memory.data<u64>([
  0,
  0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
  0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
  0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
  0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
]);

/** (sin r - r) / r³, in r². */
const SINE = memory.data<f64>([
  0.00833333333332249, -0.0001984126982985795, 2.7557313707070068e-6, -2.5050760253406863e-8,
  1.58969099521155e-10,
]);
const SINE_FIRST: f64 = -0.16666666666666632;

/** (cos r - 1 + r²/2) / r⁴, in r². */
const COSINE = memory.data<f64>([
  0.0416666666666666, -0.001388888888887411, 2.480158728947673e-5, -2.7557314351390663e-7,
  2.087572321298175e-9, -1.1359647557788195e-11,
]);

/** (atan u - u) / u³, in u², for |u| <= tan π/8: relative error 2^-59. */
const ARCTANGENT = memory.data<f64>([
  -0.333333333333332, 0.1999999999995417, -0.1428571428025687, 0.11111110786507936, -0.09090897845795974, 0.0769206178346284,
  -0.06663121853403396, 0.058480183873874096, -0.05039883360695975, 0.03807917360299644, -0.017923105630198912,
]);

const HALF_PI: f64 = 1.5707963267948966;
const HALF_PI_LOW: f64 = 6.123233995736766e-17;

// What `reduceLarge` found: r in two numbers, and n.
let restHigh: f64 = 0.0;
let restLow: f64 = 0.0;
let quadrant: i64 = 0;

/** The upper 64 bits of a product. */
function high(a: u64, b: u64): u64 {
  const al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32;
  const middle = ah * bl + ((al * bl) >> 32);
  return ah * bh + (middle >> 32) + ((al * bh + (middle & 0xffffffff)) >> 32);
}

/** 64 bits of the table from bit `at` on. */
// @ts-ignore: decorator
@inline
function bitsAt(at: u64): u64 {
  const word = TWO_OVER_PI + (<usize>(at >> 6) << 3);
  return (load<u64>(word) << (at & 63)) | ((load<u64>(word, 8) >> 1) >> (63 - (at & 63)));
}

/** x = m·2^s. Bits of 2/π that make multiples of 4 of m·2^s are left out, and those 192 bits further on. */
function reduceLarge(x: f64): void {
  const bits = reinterpret<u64>(x), exponent = (bits >> 52) & 0x7ff;
  if (exponent == 0x7ff) {
    restHigh = restLow = x - x;
    quadrant = 0;
    return;
  }
  const m = (bits & 0xfffffffffffff) | 0x10000000000000;
  const at = exponent - 1013, middle = bitsAt(at + 64);
  const below = high(m, bitsAt(at + 128));
  const low = m * middle + below;
  const top = m * bitsAt(at) + high(m, middle) + u64(low < below);
  // n in two bits, then the fraction, which is made one of -½ … ½.
  const fraction: i64 = (top << 2) | (low >> 62);
  const n = (top >> 62) + u64(fraction < 0);
  const a = <f64>(fraction >> 32) * 2.3283064365386963e-10; // 2^-32
  const b = <f64>(fraction & 0xffffffff) * 5.421010862427522e-20;
  const c = <f64>(low << 2) * 2.938735877055719e-39;
  const sum = a + b;
  const tail = a - sum + b + c;
  const z = sum + tail;
  const zLow = sum - z + tail;
  // z·π/2, of which 26 bits each make an exact product.
  const z1 = reinterpret<f64>(reinterpret<u64>(z) & 0xfffffffff8000000);
  const exact = z1 * 1.5707963109016418;
  const rest = z1 * 1.5893254773528196e-8 + (z - z1 + zLow) * HALF_PI;
  const whole = exact + rest, remaining = exact - whole + rest;
  const isNegative = x < 0.0;
  restHigh = isNegative ? -whole : whole;
  restLow = isNegative ? -remaining : remaining;
  quadrant = isNegative ? -n : n;
}

/** a - b = s + e exactly: s rounded, and e. */
// @ts-ignore: decorator
@inline
function lost(a: v128, b: v128, s: v128): v128 {
  const back = f64x2.sub(s, a);
  return f64x2.sub(f64x2.sub(a, f64x2.sub(s, back)), f64x2.add(b, back));
}

export const enum Trigonometric {
  Sine,
  Cosine,
  Tangent,
}

/**
 * sin x, cos x or tan x, lane by lane, for every x; NaN for ±∞.
 *
 * Accuracy: test/kernels/unary.test.ts states and sweeps it.
 */
export function trigonometric(f: Trigonometric, x: v128): v128 {
  const shift = f64x2.splat(6755399441055744.0); // 1.5·2^52: its sum with a number has the nearest integer in its low bits
  let n = f64x2.add(f64x2.mul(x, f64x2.splat(0.6366197723675814)), shift);
  const turns = f64x2.sub(n, shift);
  const first = f64x2.sub(x, f64x2.mul(turns, v128.load64_splat(PARTS)));
  const second = f64x2.mul(turns, v128.load64_splat(PARTS, 8));
  const near = f64x2.sub(first, second);
  const third = f64x2.mul(turns, v128.load64_splat(PARTS, 16));
  const nearer = f64x2.sub(near, third);
  let tail = f64x2.add(lost(first, second, near), lost(near, third, nearer));
  tail = f64x2.sub(tail, f64x2.mul(turns, v128.load64_splat(PARTS, 24)));
  let r = f64x2.add(nearer, tail);
  tail = f64x2.add(f64x2.sub(nearer, r), tail);

  const isLarge = v128.not(f64x2.lt(f64x2.abs(x), f64x2.splat(1647099.0)));
  if (v128.any_true(isLarge)) {
    if (i64x2.extract_lane(isLarge, 0)) {
      reduceLarge(f64x2.extract_lane(x, 0));
      r = f64x2.replace_lane(r, 0, restHigh), tail = f64x2.replace_lane(tail, 0, restLow), n = i64x2.replace_lane(n, 0, quadrant);
    }
    if (i64x2.extract_lane(isLarge, 1)) {
      reduceLarge(f64x2.extract_lane(x, 1));
      r = f64x2.replace_lane(r, 1, restHigh), tail = f64x2.replace_lane(tail, 1, restLow), n = i64x2.replace_lane(n, 1, quadrant);
    }
  }

  const z = f64x2.mul(r, r), half = f64x2.splat(0.5), one = f64x2.splat(1.0);
  const cube = f64x2.mul(z, r);
  let sine = f64x2.sub(f64x2.mul(half, tail), f64x2.mul(cube, polynomial(z, SINE, 5)));
  sine = f64x2.sub(f64x2.sub(f64x2.mul(z, sine), tail), f64x2.mul(cube, f64x2.splat(SINE_FIRST)));
  sine = f64x2.sub(r, sine);
  const halfSquare = f64x2.mul(half, z), w = f64x2.sub(one, halfSquare);
  let cosine = f64x2.sub(f64x2.mul(f64x2.mul(z, z), polynomial(z, COSINE, 6)), f64x2.mul(r, tail));
  cosine = f64x2.add(w, f64x2.add(f64x2.sub(f64x2.sub(one, w), halfSquare), cosine));

  // After an odd number of quarter turns the two change places; sine is negative after two, cosine after one.
  const isOdd = i64x2.neg(v128.and(n, i64x2.splat(1)));
  const sineOf = v128.bitselect(cosine, sine, isOdd), cosineOf = v128.bitselect(sine, cosine, isOdd);
  const sign = f64x2.splat(-0.0);
  const flipped = v128.xor(cosineOf, v128.and(i64x2.shl(i64x2.add(n, i64x2.splat(1)), 62), sign));
  if (f == Trigonometric.Cosine) return flipped;
  const y = v128.xor(sineOf, v128.and(i64x2.shl(n, 62), sign));
  return unlessTiny(x, f == Trigonometric.Sine ? y : f64x2.div(y, flipped));
}

/**
 * The angle of the point (x, y), from -π to π, with the signs of zeros and infinities as C has them.
 *
 * atan t for t = min / max of |x| and |y|; above tan π/8 it is π/4 + atan((t - 1) / (t + 1)). The octant then decides.
 */
export function atan2(y: v128, x: v128): v128 {
  const zero = f64x2.splat(0.0), one = f64x2.splat(1.0), sign = f64x2.splat(-0.0);
  const ax = f64x2.abs(x), ay = f64x2.abs(y);
  const longer = f64x2.max(ax, ay);
  // Two equal ones make 1, also ∞; two zeros 0.
  const t = v128.bitselect(v128.and(one, f64x2.ne(longer, zero)), f64x2.div(f64x2.min(ax, ay), longer), f64x2.eq(ax, ay));
  const isSteep = f64x2.gt(t, f64x2.splat(0.41421356237309503));
  const u = v128.bitselect(f64x2.div(f64x2.sub(t, one), f64x2.add(t, one)), t, isSteep);
  const z = f64x2.mul(u, u);
  const part = f64x2.mul(f64x2.mul(u, z), polynomial(z, ARCTANGENT, 11));
  const base = v128.and(f64x2.splat(0.5 * HALF_PI), isSteep), baseLow = v128.and(f64x2.splat(0.5 * HALF_PI_LOW), isSteep);
  const angle = f64x2.add(base, f64x2.add(u, f64x2.add(part, baseLow)));

  const isHigh = f64x2.gt(ay, ax), isLeft = i64x2.shr_s(x, 63);
  const quarters = v128.bitselect(one, v128.and(f64x2.splat(2.0), isLeft), isHigh);
  const turned = v128.xor(angle, v128.and(v128.xor(isHigh, isLeft), sign));
  const sum = f64x2.add(f64x2.mul(quarters, f64x2.splat(HALF_PI)), turned);
  return v128.or(f64x2.add(sum, f64x2.mul(quarters, f64x2.splat(HALF_PI_LOW))), v128.and(y, sign));
}
