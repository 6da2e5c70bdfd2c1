/**
 * Metrics of a classifier from its confusion matrix:
 *
 *   C_ij          examples of class i that were taken for class j
 *   precision_c = C_cc / Σ_i C_ic     of what was taken for c, the share that is c
 *   recall_c    = C_cc / Σ_j C_cj     of what is c, the share that was taken for c
 *   F1_c        = 2 C_cc / (Σ_i C_ic + Σ_j C_cj), their harmonic mean
 *
 * A quotient 0 / 0 is 0, as in scikit-learn: the precision of a class that nothing was taken for, the recall of one that
 * has no example. `predicted` and `support` distinguish such a 0 from a measured one.
 */

import { OptionError } from "../../errors.ts";
import { isArrayOf } from "../../values.ts";

/** How well one class is distinguished from the others: fractions in 0..1. */
export type ClassMetrics = {
  /** Of what was taken for the class, the share that is of it. */
  readonly precision: number;
  /** Of the class, the share that was taken for it. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** Examples of the class. */
  readonly support: number;
  /** Examples that were taken for it. */
  readonly predicted: number;
};

/** Averages over classes, each of its own column. */
export type AverageMetrics = { readonly precision: number; readonly recall: number; readonly f1: number };

/** Metrics of each class and of all together. */
export type ClassReport = {
  /** Classes: outputs of the network. */
  readonly count: number;
  /** count × count, row-major: row = label, column = prediction. */
  readonly confusion: Int32Array;
  /** By class number. */
  readonly perClass: readonly ClassMetrics[];
  /** Each class alike, of those that occur as a label or as a prediction (scikit-learn's rule). */
  readonly macro: AverageMetrics;
  /** Each class by its support, so that `weighted.recall` is the accuracy. */
  readonly weighted: AverageMetrics;
};

/**
 * Precision, recall and F1 of every class, and their averages.
 *
 * @param confusion classes × classes, row-major: row = label, column = prediction; kept, not copied
 * @throws {OptionError} counts that are not square
 * @example
 * classReport(Int32Array.of(3, 1, 0, 4)).perClass[0]?.recall; // → 0.75
 */
export function classReport(confusion: Int32Array): ClassReport {
  if (!isArrayOf(confusion, "Int32Array")) throw new OptionError("classReport: confusion", "an Int32Array", confusion);
  const count = Math.sqrt(confusion.length);
  if (!Number.isInteger(count)) throw new OptionError("confusion", "classes × classes counts", confusion.length);
  const perClass = Array.from({ length: count }, (_, c) => metricsOf(confusion, count, c));
  return {
    count,
    confusion,
    perClass,
    macro: average(perClass, ({ support, predicted }) => (support + predicted > 0 ? 1 : 0)),
    weighted: average(perClass, ({ support }) => support),
  };
}

function metricsOf(confusion: Int32Array, count: number, c: number): ClassMetrics {
  const correct = confusion[c * count + c] as number;
  let [support, predicted] = [0, 0];
  for (let other = 0; other < count; other++) {
    support += confusion[c * count + other] as number;
    predicted += confusion[other * count + c] as number;
  }
  return {
    precision: share(correct, predicted),
    recall: share(correct, support),
    f1: share(2 * correct, predicted + support),
    support,
    predicted,
  };
}

function average(perClass: readonly ClassMetrics[], weightOf: (metrics: ClassMetrics) => number): AverageMetrics {
  let [total, precision, recall, f1] = [0, 0, 0, 0];
  for (const metrics of perClass) {
    const weight = weightOf(metrics);
    total += weight;
    precision += weight * metrics.precision;
    recall += weight * metrics.recall;
    f1 += weight * metrics.f1;
  }
  return { precision: share(precision, total), recall: share(recall, total), f1: share(f1, total) };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
