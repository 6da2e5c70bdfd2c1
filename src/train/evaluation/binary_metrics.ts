/**
 * Metrics of yes-or-no answers:
 *
 *   accuracy, precision, recall, F1   of yes, where an answer is yes above a threshold
 *   ROC AUC                           how often a yes has the larger score of a yes and a no, ties counted as half
 */

import { OptionError } from "../../errors.ts";
import { log } from "../../numeric/log.ts";
import type { ClassMetrics } from "./metrics.ts";
import { classReport } from "./metrics.ts";

/** How well yes is told from no; precision, recall, F1, support and predicted are those of yes. */
export type BinaryMetrics = ClassMetrics & {
  /** The share of answers that are right, 0..1. */
  readonly accuracy: number;
  /** The area under the ROC curve, 0..1: no threshold is part of it. Undefined where there are only yeses or only nos, or a score is NaN. */
  readonly rocAuc: number | undefined;
};

/** The metrics of every output, and their means; of one output, the same numbers. */
export type BinaryReport = BinaryMetrics & {
  /** An answer is yes where its probability is larger. */
  readonly threshold: number;
  /** Of every output. */
  readonly perOutput: readonly BinaryMetrics[];
};

/** Counts of one output's answers. */
export class BinaryCounts {
  /** [no taken for no, no for yes, yes for no, yes for yes] */
  readonly confusion: Int32Array = new Int32Array(4);
  readonly threshold: number;
  readonly #scores: readonly [no: number[], yes: number[]] = [[], []];
  readonly #bound: number;

  /**
   * @param threshold of probabilities
   * @param bound above which a score is yes; by default scores are logits, and compared in float64
   * @throws {OptionError} a threshold that is not between 0 and 1
   */
  constructor(threshold = 0.5, bound?: number) {
    if (!(Number.isFinite(threshold) && threshold > 0 && threshold < 1))
      throw new OptionError("threshold", "a number between 0 and 1", threshold);
    this.threshold = threshold;
    this.#bound = bound ?? log(threshold / (1 - threshold));
  }

  /** Right answers. */
  get correct(): number {
    const [no = 0, , , yes = 0] = this.confusion;
    return no + yes;
  }

  /** @param label 1 for yes */
  add(score: number, label: number): void {
    const at = 2 * label + (score > this.#bound ? 1 : 0);
    (this.confusion[at] as number) += 1;
    this.#scores[label]?.push(score);
  }

  get metrics(): BinaryMetrics {
    const { confusion } = this;
    const { perClass, weighted } = classReport(confusion);
    const [no, yes] = this.#scores;
    return { ...(perClass[1] as ClassMetrics), accuracy: weighted.recall, rocAuc: areaUnder(no, yes) };
  }
}

/** The metrics of all outputs, and the mean of each. */
export function binaryReport(answers: readonly BinaryCounts[]): BinaryReport {
  const perOutput = answers.map(({ metrics }) => metrics);
  return { ...meansOf(perOutput), threshold: answers[0]?.threshold ?? 0.5, perOutput };
}

/** The mean of each number; undefined where one is. */
export function meansOf<M extends object>(all: readonly M[]): M {
  const mean = (values: readonly (number | undefined)[]) => {
    return values.includes(undefined)
      ? undefined
      : (values as number[]).reduce((sum, value) => sum + value, 0) / all.length;
  };
  const names = Object.keys(all[0] ?? {}) as (keyof M)[];
  return Object.fromEntries(names.map((name) => [name, mean(all.map((of) => of[name] as number | undefined))])) as M;
}

/** Σ over yeses of the nos below and half of the equal ones, as a share of all pairs. */
function areaUnder(nos: readonly number[], yeses: readonly number[]): number | undefined {
  const [no, yes] = [Float64Array.from(nos).sort(), Float64Array.from(yeses).sort()];
  let [below, upTo, wins] = [0, 0, 0];
  for (const score of yes) {
    while ((no[below] as number) < score) below++;
    while ((no[upTo] as number) <= score) upTo++;
    wins += below + upTo;
  }
  const share = wins / (2 * yes.length * no.length);
  const last = (yes.at(-1) as number) + (no.at(-1) as number);
  return Number.isNaN(last) ? undefined : share;
}
