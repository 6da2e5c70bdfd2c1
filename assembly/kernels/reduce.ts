import { keptOf, stepOf } from "../descent";
import { bytes, lanes, loadShort, scaledSum, scaledSumPart, storePart } from "../simd/lanes";

/**
 * Folds over one axis.
 *
 *   reduce       y_ij = F over p of x_ipj      F: sum, maximum and minimum (NaN wins; ∓∞ over nothing), sum of squares, product
 *   columnSums   y_j ← α·Σ_i x_ij + β·y_j      β = 0 never reads y: the gradient of a bias, added to every row
 *
 *   m, k, n   x is m × k × n, dense; of columnSums m × n, its rows `strideX` elements apart
 *   y         m × n; of columnSums n
 *   hyperparameters   of gradient descent, where y is a bias and the sums its gradient (descent.ts), or 0
 *
 * Columns (n > 1, and columnSums) are folded from the first to the last in their own type, sums in four vectors side by
 * side in float32, in two in float64. A row (n = 1) is added up in float64, in four lanes, and rounded once.
 *
 * # Safety
 * src/ops/reduce.ts and src/ops/bias.ts have checked: sizes are not negative, the operands hold what is said above,
 * y is disjoint from x.
 */

const enum Fold {
  Sum,
  Max,
  SumOfSquares,
  Min,
  Prod,
}

/** F over nothing. */
// @ts-ignore: decorator
@inline
function identity<T>(f: Fold): T {
  if (f == Fold.Max) return <T>-Infinity;
  if (f == Fold.Min) return <T>Infinity;
  return f == Fold.Prod ? <T>1 : <T>0;
}

// @ts-ignore: decorator
@inline
function fold<T>(f: Fold, y: v128, x: v128): v128 {
  if (f == Fold.Max) return v128.max<T>(y, x);
  if (f == Fold.Min) return v128.min<T>(y, x);
  if (f == Fold.Prod) return v128.mul<T>(y, x);
  return v128.add<T>(y, f == Fold.SumOfSquares ? v128.mul<T>(x, x) : x);
}

/** y_j ← α·F_j + β·y_j for the columns of a k × n matrix, whose rows are `stride` bytes apart. */
function columns<T>(f: Fold, k: i32, n: i32, x: usize, stride: usize, y: usize, alpha: T, beta: T): void {
  const end = x + <usize>k * stride; // a strip's part of row k starts at it or behind
  const start = v128.splat<T>(identity<T>(f));
  if (f == Fold.Sum) {
    if (sizeof<T>() == 4) {
      for (; n >= 4 * lanes<T>(); n -= 4 * lanes<T>(), x += 64, y += 64) {
        let y0 = start, y1 = start, y2 = start, y3 = start;
        for (let row = x; row < end; row += stride) {
          y0 = v128.add<T>(y0, v128.load(row));
          y1 = v128.add<T>(y1, v128.load(row, 16));
          y2 = v128.add<T>(y2, v128.load(row, 32));
          y3 = v128.add<T>(y3, v128.load(row, 48));
        }
        v128.store(y, scaledSum<T>(alpha, y0, beta, y));
        v128.store(y, scaledSum<T>(alpha, y1, beta, y + 16), 16);
        v128.store(y, scaledSum<T>(alpha, y2, beta, y + 32), 32);
        v128.store(y, scaledSum<T>(alpha, y3, beta, y + 48), 48);
      }
    }
    for (; n >= 2 * lanes<T>(); n -= 2 * lanes<T>(), x += 32, y += 32) {
      let y0 = start, y1 = start;
      for (let row = x; row < end; row += stride) {
        y0 = v128.add<T>(y0, v128.load(row));
        y1 = v128.add<T>(y1, v128.load(row, 16));
      }
      v128.store(y, scaledSum<T>(alpha, y0, beta, y));
      v128.store(y, scaledSum<T>(alpha, y1, beta, y + 16), 16);
    }
  }
  for (; n > 0; n -= lanes<T>(), x += 16, y += 16) {
    let y0 = start;
    for (let row = x; row < end; row += stride) y0 = fold<T>(f, y0, loadShort<T>(row, n, start));
    if (n >= lanes<T>()) v128.store(y, scaledSum<T>(alpha, y0, beta, y));
    else storePart<T>(y, scaledSumPart<T>(alpha, y0, beta, y, n), n);
  }
}

/** F of k elements in a row, in float64. */
function rowFold<T>(f: Fold, k: i32, x: usize): f64 {
  const rest = f64x2.splat(identity<f64>(f));
  let y0 = rest, y1 = rest;
  for (; k >= lanes<T>(); k -= lanes<T>(), x += 16) {
    const v = v128.load(x);
    if (sizeof<T>() == 4) {
      y0 = fold<f64>(f, y0, f64x2.promote_low_f32x4(v));
      y1 = fold<f64>(f, y1, f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 0)));
    } else {
      // Every other vector goes to the other accumulator.
      const last = y0;
      y0 = fold<f64>(f, y1, v), y1 = last;
    }
  }
  for (; k > 0; k--, x += sizeof<T>()) y0 = fold<f64>(f, y0, f64x2.replace_lane(rest, 0, <f64>load<T>(x)));
  if (f == Fold.SumOfSquares) f = Fold.Sum; // squared already
  y0 = fold<f64>(f, y0, y1);
  return f64x2.extract_lane(fold<f64>(f, y0, v128.shuffle<f64>(y0, y0, 1, 0)), 0);
}

/** Σ x_i² of k elements, rounded as `reduce` rounds a row. */
export function sumOfSquares<T>(k: i32, x: usize): T {
  return <T>rowFold<T>(Fold.SumOfSquares, k, x);
}

// @ts-ignore: decorator
@inline
function reduce<T>(f: Fold, m: i32, k: i32, n: i32, x: usize, y: usize): void {
  assert(f >= Fold.Sum && f <= Fold.Prod && m >= 0 && k >= 0 && n >= 0);
  for (; m > 0; m--, x += bytes<T>(k) * <usize>n, y += bytes<T>(n)) {
    if (n == 1) store<T>(y, <T>rowFold<T>(f, k, x));
    else columns<T>(f, k, n, x, bytes<T>(n), y, <T>1.0, <T>0.0);
  }
}

// @ts-ignore: decorator
@inline
function columnSums<T>(m: i32, n: i32, x: usize, strideX: i32, y: usize, alpha: T, beta: T): void {
  assert(m >= 0 && n >= 0 && strideX >= n);
  columns<T>(Fold.Sum, m, n, x, bytes<T>(strideX), y, alpha, beta);
}

export function sreduce(f: i32, m: i32, k: i32, n: i32, x: usize, y: usize): void { reduce<f32>(f, m, k, n, x, y); }
export function dreduce(f: i32, m: i32, k: i32, n: i32, x: usize, y: usize): void { reduce<f64>(f, m, k, n, x, y); }

export function scolumnSums(m: i32, n: i32, x: usize, y: usize, alpha: f64, beta: f64, hyperparameters: usize, strideX: i32): void {
  columnSums<f32>(m, n, x, strideX, y, <f32>stepOf(alpha, hyperparameters), <f32>keptOf(beta, hyperparameters));
}
export function dcolumnSums(m: i32, n: i32, x: usize, y: usize, alpha: f64, beta: f64, hyperparameters: usize, strideX: i32): void {
  columnSums<f64>(m, n, x, strideX, y, stepOf(alpha, hyperparameters), keptOf(beta, hyperparameters));
}
