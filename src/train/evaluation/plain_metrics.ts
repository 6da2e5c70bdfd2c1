/** The metrics of an evaluation, of plain numbers: what a program has predicted by itself, or in other units. */

import { checkNumbers } from "../../arguments.ts";
import { OptionError, ShapeError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { BinaryCounts, type BinaryMetrics } from "./binary_metrics.ts";
import { NumberErrors, type RegressionReport } from "./number_metrics.ts";

/**
 * Accuracy, precision, recall, F1 and ROC AUC of one output's probabilities of yes.
 *
 * @param probabilities one for each example; other scores will do where the threshold is one of them
 * @param labels 1 for yes, 0 for no
 * @throws {ShapeError} not as many labels as probabilities, or none
 * @throws {OptionError} a label that is neither 0 nor 1, a threshold that is not between 0 and 1
 * @example
 * binaryMetrics([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).rocAuc; // → 0.75
 */
export function binaryMetrics(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: { readonly threshold?: number } = {},
): BinaryMetrics {
  checkNumbers("binaryMetrics: probabilities", probabilities);
  checkNumbers("binaryMetrics: labels", labels);
  checkOptions<{ threshold?: number }>("binaryMetrics", options, { threshold: 1 });
  const { threshold = 0.5 } = options;
  checkCounts("binaryMetrics", "labels", labels.length, probabilities.length);
  const counts = new BinaryCounts(threshold, threshold);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? Number.NaN;
    if (label !== 0 && label !== 1) throw new OptionError(`binaryMetrics: labels[${i}]`, "0 or 1", label);
    counts.add(probabilities[i] ?? Number.NaN, label);
  }
  return counts.metrics;
}

/**
 * Mean absolute error, root mean squared error and R², of every output and their means.
 *
 * @param answers row after row: n × outputs numbers
 * @param targets as many
 * @throws {ShapeError} not as many targets as answers, none, or not a whole number of rows
 * @throws {OptionError} `outputs` is not an integer from 1 on
 * @example
 * regressionReport([2.5, 0, 2, 8], [3, -0.5, 2, 7]).mae; // → 0.5
 */
export function regressionReport(
  answers: ArrayLike<number>,
  targets: ArrayLike<number>,
  options: { readonly outputs?: number } = {},
): RegressionReport {
  checkNumbers("regressionReport: answers", answers);
  checkNumbers("regressionReport: targets", targets);
  checkOptions<{ outputs?: number }>("regressionReport", options, { outputs: 1 });
  const { outputs = 1 } = options;
  if (!(Number.isInteger(outputs) && outputs >= 1)) {
    throw new OptionError("regressionReport: outputs", "an integer from 1 on", outputs);
  }
  checkCounts("regressionReport", "targets", targets.length, answers.length);
  if (targets.length % outputs !== 0) {
    throw new ShapeError("regressionReport", "targets", `rows of ${outputs} numbers`, `${targets.length} numbers`);
  }
  const errors = new NumberErrors(outputs);
  errors.add(answers, targets);
  return errors.report;
}

function checkCounts(op: string, argument: string, count: number, expected: number): void {
  if (count === expected && count > 0) return;
  throw new ShapeError(op, argument, `${Math.max(1, expected)} of them, as many as answers`, `${count}`);
}
