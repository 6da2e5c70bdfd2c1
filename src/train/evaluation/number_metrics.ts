/**
 * Metrics of numbers y that are answers for targets t:
 *
 *   MAE    mean |y - t|
 *   RMSE   √ mean (y - t)²
 *   R²     1 - Σ (y - t)² / Σ (t - mean t)²: 1 of perfect answers, 0 of the mean of the targets
 *
 * As in scikit-learn, R² for targets that are all equal is 1 if every answer is exact, else 0.
 */

import { meansOf } from "./binary_metrics.ts";

/** How far numbers are from their targets. */
export type RegressionMetrics = {
  /** The mean absolute error, in the targets' units. */
  readonly mae: number;
  /** The root of the mean squared error, in the targets' units. */
  readonly rmse: number;
  /** The coefficient of determination, at most 1. Undefined of a single example. */
  readonly r2: number | undefined;
};

/** The metrics of every output, and their means; of one output, the same numbers. */
export type RegressionReport = RegressionMetrics & {
  /** Of every output. */
  readonly perOutput: readonly RegressionMetrics[];
};

/** Sums over examples, for each output: Σ |y - t|, Σ (y - t)², and the mean of t with Σ (t - mean)² by Welford's method. */
export class NumberErrors {
  readonly #sums: readonly { absolute: number; squared: number; mean: number; deviation: number }[];
  #count = 0;

  constructor(outputs: number) {
    this.#sums = Array.from({ length: outputs }, () => ({ absolute: 0, squared: 0, mean: 0, deviation: 0 }));
  }

  /** Adds rows of answers and targets. */
  add(y: ArrayLike<number>, t: ArrayLike<number>): void {
    for (let at = 0; at < t.length; ) {
      this.#count++;
      for (const of of this.#sums) {
        const target = t[at] as number;
        const error = (y[at++] as number) - target;
        const shift = target - of.mean;
        of.absolute += Math.abs(error);
        of.squared += error * error;
        of.mean += shift / this.#count;
        of.deviation += shift * (target - of.mean);
      }
    }
  }

  get report(): RegressionReport {
    const count = this.#count;
    const perOutput = this.#sums.map(({ absolute, squared, deviation }) => {
      const r2 = deviation === 0 ? (squared === 0 ? 1 : 0) : 1 - squared / deviation;
      return { mae: absolute / count, rmse: Math.sqrt(squared / count), r2: count > 1 ? r2 : undefined };
    });
    return { ...meansOf(perOutput), perOutput };
  }
}
