import { loadNext, storeNext } from "../simd/lanes";

/**
 * What `binary`, `reduce` and `scan` (binary.ts, reduce.ts, scan.ts) are for floats, of int32. Sums, differences and products
 * wrap around.
 *
 *   mod, floorDiv   the remainder with b's sign, and the quotient rounded down; both are 0 where b is 0. What int32 has not
 *                   (div, atan2, pow) is floorDiv
 *
 * # Safety
 * src/ops/binary.ts, src/ops/sum.ts and src/ops/cumulative.ts have checked what is said there.
 */

/** The functions of two operands, of which int32 has those before Atan2. */
export const enum Function {
  Add,
  Subtract,
  Multiply,
  Divide,
  Maximum,
  Minimum,
  Greater,
  GreaterEqual,
  Equal,
  Keep,
  Drop,
  Either,
  Less,
  LessEqual,
  NotEqual,
  LogicalAnd,
  LogicalOr,
  Mod,
  FloorDiv,
  Atan2,
  Pow,
}

function divided(f: Function, a: i32, b: i32): i32 {
  if (b == 0) return 0;
  let quotient = b == -1 ? 0 - a : a / b; // the smallest by -1 would trap
  let remainder = a - quotient * b;
  if (remainder != 0 && (remainder ^ b) < 0) quotient--, remainder += b;
  return f == Function.Mod ? remainder : quotient;
}

function apply(f: Function, a: v128, b: v128): v128 {
  const one = i32x4.splat(1), zero = i32x4.splat(0);
  switch (f) {
    case Function.Add: return i32x4.add(a, b);
    case Function.Subtract: return i32x4.sub(a, b);
    case Function.Multiply: return i32x4.mul(a, b);
    case Function.Maximum: return i32x4.max_s(a, b);
    case Function.Minimum: return i32x4.min_s(a, b);
    case Function.Greater: return v128.and(i32x4.gt_s(a, b), one);
    case Function.GreaterEqual: return v128.and(i32x4.ge_s(a, b), one);
    case Function.Equal: return v128.and(i32x4.eq(a, b), one);
    case Function.Keep: return v128.andnot(b, i32x4.eq(a, zero));
    case Function.Drop: return v128.and(i32x4.eq(a, zero), b);
    case Function.Either: return v128.or(a, b);
    case Function.Less: return v128.and(i32x4.lt_s(a, b), one);
    case Function.LessEqual: return v128.and(i32x4.le_s(a, b), one);
    case Function.NotEqual: return v128.and(i32x4.ne(a, b), one);
    case Function.LogicalAnd: return v128.andnot(one, v128.or(i32x4.eq(a, zero), i32x4.eq(b, zero)));
    case Function.LogicalOr: return v128.and(i32x4.ne(v128.or(a, b), zero), one);
    default: break;
  }
  let y = i32x4.replace_lane(a, 0, divided(f, i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)));
  y = i32x4.replace_lane(y, 1, divided(f, i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)));
  y = i32x4.replace_lane(y, 2, divided(f, i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)));
  return i32x4.replace_lane(y, 3, divided(f, i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)));
}

/** One run of the last axis. A vector of floats moves any four bytes. */
export function integerRow(f: i32, n: i32, a: usize, stepA: i32, b: usize, stepB: i32, y: usize): void {
  if (n == 0) return;
  const a0 = v128.load32_splat(a), b0 = v128.load32_splat(b);
  let left = a0, right = b0;
  stepA <<= 4, stepB <<= 4;
  for (; n > 0; n -= 4, a += stepA, b += stepB, y += 16) {
    if (stepA) left = loadNext<f32>(a, n, a0);
    if (stepB) right = loadNext<f32>(b, n, b0);
    storeNext<f32>(y, apply(f, left, right), n);
  }
}

export function ireduce(f: i32, m: i32, k: i32, n: i32, x: usize, y: usize): void {
  assert(f >= 0 && f <= 4 && m >= 0 && k >= 0 && n >= 0);
  const row = <usize>n << 2;
  for (; m > 0; m--, y += row) {
    for (let to = y, end = y + row; to < end; to += 4) store<i32>(to, f == 1 ? i32.MIN_VALUE : f == 3 ? i32.MAX_VALUE : f == 4 ? 1 : 0);
    for (let p = 0; p < k; p++) {
      for (let to = y, end = y + row; to < end; to += 4, x += 4) {
        const a = load<i32>(to), b = load<i32>(x);
        store<i32>(to, f == 0 ? a + b : f == 1 ? max(a, b) : f == 3 ? min(a, b) : f == 4 ? a * b : a + b * b);
      }
    }
  }
}

export function iscan(
  m: i32, k: i32, n: i32, a: usize, isOneA: i32, b: usize, isOneB: i32, y: usize, start: i32, isBackward: i32,
): void {
  assert(m >= 0 && k >= 0 && n >= 0 && (isOneA | isOneB | isBackward) >>> 1 == 0);
  if (m == 0 || k == 0 || n == 0) return;
  const line = <usize>n << 2, size = <usize>k * line;
  const stride = isBackward ? 0 - line : line, first = isBackward ? size - line : 0;
  const da = a - y, db = b - y;
  for (; m > 0; m--, y += size) {
    for (let strip = y + first, end = strip + line; strip < end; strip += 4) {
      let last = start;
      for (let p = 0, at = strip; p < k; p++, at += stride) {
        last = load<i32>(isOneA ? a : at + da) * last + load<i32>(isOneB ? b : at + db);
        store<i32>(at, last);
      }
    }
  }
}
