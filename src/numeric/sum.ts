/**
 * A sum in NumPy's order, so that its last bits are NumPy's:
 *
 *   n < 8      one after the other
 *   n ≤ 128    eight sums of every eighth element, added in pairs, then what is left over
 *   beyond     the sum of both halves, the first one a multiple of eight long
 *
 * Pairwise summation: the error grows with log n, where that of a plain loop grows with n (Higham, Accuracy and
 * Stability of Numerical Algorithms, section 4.2).
 */

const LANES = 8;
const BLOCK = 128;

/** The sum of the elements from `start` to before `end`; 0 where there are none. */
export function sum(values: ArrayLike<number>, start = 0, end: number = values.length): number {
  const count = end - start;
  if (count > BLOCK) {
    const half = Math.floor(count / 2);
    const middle = start + half - (half % LANES);
    return sum(values, start, middle) + sum(values, middle, end);
  }
  const whole = end - (count % LANES);
  let total = sumOfBlock(values, start, whole);
  for (let i = whole; i < end; i++) total += values[i] as number;
  return total;
}

/** As many elements as eight lanes take in whole rounds, 0 where there are none. */
function sumOfBlock(values: ArrayLike<number>, start: number, end: number): number {
  const lanes = new Float64Array(LANES);
  for (let i = start; i < end; i++) lanes[(i - start) % LANES]! += values[i] as number;
  const pair = (lane: number) => lanes[lane]! + lanes[lane + 1]!;
  return pair(0) + pair(2) + (pair(4) + pair(6));
}
