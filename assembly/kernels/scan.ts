import { bytes, lanes, loadNext, storeNext } from "../simd/lanes";

/**
 * A linear recurrence along an axis: cumulative sums, cumulative products, and the gradients of both.
 *
 *   y_ipj = a_ipj · y_i(p-1)j + b_ipj      from p = 0, or backwards from p = k - 1; before it, y is `start`
 *
 *   m, k, n      y is m × k × n, dense
 *   a, b         m × k × n, dense, or one number for all
 *   isOneA       1 where a is one number, else 0; isOneB likewise
 *   isBackward   1 for backwards, else 0
 *
 * Rows (n = 1) keep y_(p-1) in float64. Columns are computed in their own type. Each step is rounded twice.
 *
 * # Safety
 * src/ops/cumulative.ts has checked: sizes are not negative, the operands hold what is said above, y is disjoint from both.
 */

// @ts-ignore: decorator
@inline
function scan<T>(
  m: i32, k: i32, n: i32, a: usize, isOneA: i32, b: usize, isOneB: i32, y: usize, start: T, isBackward: i32,
): void {
  assert(m >= 0 && k >= 0 && n >= 0 && (isOneA | isOneB | isBackward) >>> 1 == 0);
  if (m == 0 || k == 0 || n == 0) return;
  const size = bytes<T>(k) * <usize>n, line = bytes<T>(n);
  const stride = isBackward ? 0 - line : line, first = isBackward ? size - line : 0;
  const oneA = v128.load_splat<T>(a), oneB = v128.load_splat<T>(b);
  // Offsets of rows from y to a and b; of one number they are not used.
  const da = a - y, db = b - y;
  for (; m > 0; m--, y += size) {
    if (n == 1) {
      let last = <f64>start;
      for (let p = 0, at = y + first; p < k; p++, at += stride) {
        last = <f64>load<T>(isOneA ? a : at + da) * last + <f64>load<T>(isOneB ? b : at + db);
        store<T>(at, <T>last);
      }
    } else {
      for (let j = n, strip = y + first; j > 0; j -= lanes<T>(), strip += 16) {
        let last = v128.splat<T>(start);
        for (let p = 0, at = strip; p < k; p++, at += stride) {
          const factor = isOneA ? oneA : loadNext<T>(at + da, j, oneA);
          last = v128.add<T>(v128.mul<T>(factor, last), isOneB ? oneB : loadNext<T>(at + db, j, oneB));
          storeNext<T>(at, last, j);
        }
      }
    }
  }
}

export function sscan(
  m: i32, k: i32, n: i32, a: usize, isOneA: i32, b: usize, isOneB: i32, y: usize, start: f64, isBackward: i32,
): void {
  scan<f32>(m, k, n, a, isOneA, b, isOneB, y, <f32>start, isBackward);
}
export function dscan(
  m: i32, k: i32, n: i32, a: usize, isOneA: i32, b: usize, isOneB: i32, y: usize, start: f64, isBackward: i32,
): void {
  scan<f64>(m, k, n, a, isOneA, b, isOneB, y, start, isBackward);
}
