import { bytes, highDoubles, joined, lanes, loadNext, lowDoubles, storeNext } from "../simd/lanes";
import { pow } from "../simd/powers";
import { atan2 } from "../simd/trigonometry";
import { Function, integerRow } from "./integers";

/**
 * Two operands element by element, either repeated along axes that it does not have:
 *
 *   y_ijkl = f(a_ijkl, b_ijkl)
 *
 *   f   add, subtract, multiply, divide
 *       maximum, minimum                  NaN wins in both
 *       greater, greaterEqual, equal      1 where a > b, a >= b, a = b, else 0
 *       keep, drop                        b where a is not 0 (NaN is not), b where a is 0, else 0
 *       either                            the bits of both: of two of which one is 0 (not -0), the other
 *       less, lessEqual, notEqual         1 where a < b, a <= b, a ≠ b, else 0
 *       logicalAnd, logicalOr             1 where both, or any, are not 0 (NaN is not), else 0
 *       mod, floorDiv                     the remainder with b's sign, and the quotient rounded down, as NumPy has them
 *       atan2, pow                        the angle of (b, a), and a^b, with C's special values
 *
 * The last four are computed in float64, those of float32 rounded once.
 *
 *   d0 … d3   extents of y, which is dense and row-major
 *   a0 … a3   a's strides in elements; 0 repeats it along that axis, and the last is 0 or 1
 *   b0 … b3   the same for b
 *   y         may be a or b where that has y's extents and strides
 *
 * # Safety
 * src/ops/binary.ts has checked: extents are not negative, every element is inside its operand, y is an operand of its
 * own size or disjoint from both.
 */

/** As NumPy's: the remainder that C's fmod gives is exact, and the quotient an integer but for its rounding. */
function divided(f: Function, a: f64, b: f64): f64 {
  let remainder = a % b;
  if (f == Function.Mod) {
    if (remainder == 0.0) return copysign<f64>(0.0, b);
    return (remainder < 0.0) != (b < 0.0) ? remainder + b : remainder;
  }
  if (b == 0.0) return a / b;
  let quotient = (a - remainder) / b;
  if (remainder != 0.0 && (remainder < 0.0) != (b < 0.0)) quotient -= 1.0;
  if (quotient == 0.0) return copysign<f64>(0.0, a / b);
  const whole = floor<f64>(quotient);
  return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

/** f of a vector of float64. */
function inDoubles(f: Function, a: v128, b: v128): v128 {
  if (f == Function.Atan2) return atan2(a, b);
  if (f == Function.Pow) return pow(a, b);
  const first = divided(f, f64x2.extract_lane(a, 0), f64x2.extract_lane(b, 0));
  return f64x2.replace_lane(f64x2.splat(first), 1, divided(f, f64x2.extract_lane(a, 1), f64x2.extract_lane(b, 1)));
}

/** f of a vector. */
// @ts-ignore: decorator
@inline
function apply<T>(f: Function, a: v128, b: v128): v128 {
  const one = v128.splat<T>(<T>1.0), zero = v128.splat<T>(<T>0.0);
  switch (f) {
    case Function.Add: return v128.add<T>(a, b);
    case Function.Subtract: return v128.sub<T>(a, b);
    case Function.Multiply: return v128.mul<T>(a, b);
    case Function.Divide: return v128.div<T>(a, b);
    case Function.Maximum: return v128.max<T>(a, b);
    case Function.Minimum: return v128.min<T>(a, b);
    case Function.Greater: return v128.and(v128.gt<T>(a, b), one);
    case Function.GreaterEqual: return v128.and(v128.ge<T>(a, b), one);
    case Function.Equal: return v128.and(v128.eq<T>(a, b), one);
    case Function.Keep: return v128.and(v128.ne<T>(a, zero), b);
    case Function.Drop: return v128.and(v128.eq<T>(a, zero), b);
    case Function.Either: return v128.or(a, b);
    case Function.Less: return v128.and(v128.lt<T>(a, b), one);
    case Function.LessEqual: return v128.and(v128.le<T>(a, b), one);
    case Function.NotEqual: return v128.and(v128.ne<T>(a, b), one);
    case Function.LogicalAnd: return v128.and(v128.and(v128.ne<T>(a, zero), v128.ne<T>(b, zero)), one);
    case Function.LogicalOr: return v128.and(v128.or(v128.ne<T>(a, zero), v128.ne<T>(b, zero)), one);
    default: break;
  }
  if (sizeof<T>() == 8) return inDoubles(f, a, b);
  return joined(inDoubles(f, lowDoubles(a), lowDoubles(b)), inDoubles(f, highDoubles(a), highDoubles(b)));
}

/** n elements in rounds of four vectors, where f is known when this is compiled: nothing is called or decided in a round. */
// @ts-ignore: decorator
@inline
function rounds<T>(f: Function, n: i32, a: usize, stepA: i32, b: usize, stepB: i32, y: usize): void {
  const end = y + bytes<T>(n);
  if (stepA && stepB) {
    for (; y < end; a += 64, b += 64, y += 64) {
      const a0 = v128.load(a), a1 = v128.load(a, 16), a2 = v128.load(a, 32), a3 = v128.load(a, 48);
      const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
      v128.store(y, apply<T>(f, a0, b0));
      v128.store(y, apply<T>(f, a1, b1), 16);
      v128.store(y, apply<T>(f, a2, b2), 32);
      v128.store(y, apply<T>(f, a3, b3), 48);
    }
  } else if (stepA) {
    const b0 = v128.load_splat<T>(b);
    for (; y < end; a += 64, y += 64) {
      const a0 = v128.load(a), a1 = v128.load(a, 16), a2 = v128.load(a, 32), a3 = v128.load(a, 48);
      v128.store(y, apply<T>(f, a0, b0));
      v128.store(y, apply<T>(f, a1, b0), 16);
      v128.store(y, apply<T>(f, a2, b0), 32);
      v128.store(y, apply<T>(f, a3, b0), 48);
    }
  } else {
    const a0 = v128.load_splat<T>(a);
    for (; y < end; b += 64, y += 64) {
      const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
      v128.store(y, apply<T>(f, a0, b0));
      v128.store(y, apply<T>(f, a0, b1), 16);
      v128.store(y, apply<T>(f, a0, b2), 32);
      v128.store(y, apply<T>(f, a0, b3), 48);
    }
  }
}

/** The rounds of the functions that have them, which are those of arithmetic, gradients and `where`. */
function hasRounds<T>(f: Function, n: i32, a: usize, stepA: i32, b: usize, stepB: i32, y: usize): bool {
  switch (f) {
    case Function.Add: rounds<T>(Function.Add, n, a, stepA, b, stepB, y); return true;
    case Function.Subtract: rounds<T>(Function.Subtract, n, a, stepA, b, stepB, y); return true;
    case Function.Multiply: rounds<T>(Function.Multiply, n, a, stepA, b, stepB, y); return true;
    case Function.Divide: rounds<T>(Function.Divide, n, a, stepA, b, stepB, y); return true;
    case Function.Maximum: rounds<T>(Function.Maximum, n, a, stepA, b, stepB, y); return true;
    case Function.Minimum: rounds<T>(Function.Minimum, n, a, stepA, b, stepB, y); return true;
    case Function.Greater: rounds<T>(Function.Greater, n, a, stepA, b, stepB, y); return true;
    case Function.GreaterEqual: rounds<T>(Function.GreaterEqual, n, a, stepA, b, stepB, y); return true;
    case Function.Keep: rounds<T>(Function.Keep, n, a, stepA, b, stepB, y); return true;
    case Function.Drop: rounds<T>(Function.Drop, n, a, stepA, b, stepB, y); return true;
    case Function.Either: rounds<T>(Function.Either, n, a, stepA, b, stepB, y); return true;
    default: return false;
  }
}

/** One run of the last axis. */
function row<T>(f: Function, n: i32, a: usize, stepA: i32, b: usize, stepB: i32, y: usize): void {
  const round = n & -4 * lanes<T>();
  if (sizeof<T>() == 4 && round > 0 && (stepA | stepB) != 0 && hasRounds<T>(f, round, a, stepA, b, stepB, y)) {
    n -= round, y += bytes<T>(round);
    if (stepA) a += bytes<T>(round);
    if (stepB) b += bytes<T>(round);
  }
  if (n == 0) return;
  const a0 = v128.load_splat<T>(a), b0 = v128.load_splat<T>(b);
  let left = a0, right = b0;
  stepA <<= 4, stepB <<= 4;
  for (; n > 0; n -= lanes<T>(), a += stepA, b += stepB, y += 16) {
    if (stepA) left = loadNext<T>(a, n, a0);
    if (stepB) right = loadNext<T>(b, n, b0);
    storeNext<T>(y, apply<T>(f, left, right), n);
  }
}

/** The walk over the other axes. `shift` says how large an element is: one walk for all types. */
function walk(
  f: Function, shift: usize, isInteger: bool, d0: i32, d1: i32, d2: i32, d3: i32,
  a: usize, a0: i32, a1: i32, a2: i32, a3: i32, b: usize, b0: i32, b1: i32, b2: i32, b3: i32, y: usize,
): void {
  assert(f >= Function.Add && f <= Function.Pow);
  assert(d0 >= 0 && d1 >= 0 && d2 >= 0 && d3 >= 0 && (a3 & ~1) == 0 && (b3 & ~1) == 0);
  for (let i = 0; i < d0; i++, a += <usize>a0 << shift, b += <usize>b0 << shift) {
    let aj = a, bj = b;
    for (let j = 0; j < d1; j++, aj += <usize>a1 << shift, bj += <usize>b1 << shift) {
      let ak = aj, bk = bj;
      for (let k = 0; k < d2; k++, ak += <usize>a2 << shift, bk += <usize>b2 << shift, y += <usize>d3 << shift) {
        if (isInteger) integerRow(f, d3, ak, a3, bk, b3, y);
        else if (shift == 2) row<f32>(f, d3, ak, a3, bk, b3, y);
        else row<f64>(f, d3, ak, a3, bk, b3, y);
      }
    }
  }
}

export function sbinary(f: i32, d0: i32, d1: i32, d2: i32, d3: i32, a: usize, a0: i32, a1: i32, a2: i32, a3: i32, b: usize, b0: i32, b1: i32, b2: i32, b3: i32, y: usize): void { walk(f, 2, false, d0, d1, d2, d3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, y); }
export function dbinary(f: i32, d0: i32, d1: i32, d2: i32, d3: i32, a: usize, a0: i32, a1: i32, a2: i32, a3: i32, b: usize, b0: i32, b1: i32, b2: i32, b3: i32, y: usize): void { walk(f, 3, false, d0, d1, d2, d3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, y); }
export function ibinary(f: i32, d0: i32, d1: i32, d2: i32, d3: i32, a: usize, a0: i32, a1: i32, a2: i32, a3: i32, b: usize, b0: i32, b1: i32, b2: i32, b3: i32, y: usize): void { walk(f, 2, true, d0, d1, d2, d3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, y); }
