/**
 * A dataset in two parts that share no example: to train with, and to judge by.
 */

import { checkInstance, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { RandomState } from "../random/random_state.ts";
import { Dataset } from "./dataset.ts";
import type { InputArray } from "./parts.ts";

/** How large the first part is, and which examples it gets. */
export type SplitOptions = {
  /** What the first part gets, between 0 and 1: rounded to whole examples, at least one for each part. */
  readonly share: number;
  /** Draws which examples. Without it the first part is the first examples, and both are views: nothing is copied. */
  readonly random?: RandomState;
  /** `classes`: each class gives the share of its own, to the nearest example. Needs `random` and class labels. */
  readonly stratify?: "classes" | "none";
};

/**
 * The part that `share` names, and the rest. Both keep the order that the examples have in the dataset.
 *
 * @throws {OptionError} a share that leaves a part empty, fewer than two examples, `stratify` without `random`
 * @throws {DatasetError} classes are asked for, and the targets are numbers
 * @example
 * const [validation, rest] = split(mnist.train, { share: 0.1, random: new RandomState(0) });
 */
export function split<I extends InputArray>(
  dataset: Dataset<I>,
  options: SplitOptions,
): readonly [part: Dataset<I>, rest: Dataset<I>] {
  checkInstance("split: dataset", "a Dataset", Dataset, dataset);
  checkType("split: options", "object", options);
  checkOptions<SplitOptions>("split", options, { share: 1, random: 1, stratify: 1 });
  const { share, random, stratify = "none" } = options;
  if (random !== undefined) checkInstance("split: random", "a RandomState", RandomState, random);
  if (stratify !== "none" && stratify !== "classes")
    throw new OptionError("split: stratify", "classes or none", stratify);
  if (random !== undefined) return drawn(dataset, { share, random, stratify });
  const count = countOf(dataset, share);
  if (stratify === "classes") throw new OptionError("random", "a RandomState, with stratify", random);
  return [dataset.slice(0, count), dataset.slice(count)];
}

/** `split` by a stream, of options that were checked: what `train` needs of it. */
export function drawn<I extends InputArray>(
  dataset: Dataset<I>,
  { share, random, stratify }: Required<SplitOptions>,
): readonly [part: Dataset<I>, rest: Dataset<I>] {
  const count = countOf(dataset, share);
  const isFirst = new Uint8Array(dataset.length);
  if (stratify === "none") markFirst(isFirst, random.permutation(dataset.length), count);
  else markOfEachClass(isFirst, dataset, count, random);
  return [dataset.pick(marked(isFirst, 1)), dataset.pick(marked(isFirst, 0))];
}

/** @throws {OptionError} a share that leaves a part empty, or too few examples for two parts */
function countOf({ length }: Dataset, share: number): number {
  if (!(typeof share === "number" && share > 0 && share < 1)) throw new OptionError("share", "between 0 and 1", share);
  if (length < 2) throw new OptionError("dataset", "at least two examples, to split", length);
  return Math.min(length - 1, Math.max(1, Math.round(share * length)));
}

function markFirst(marks: Uint8Array, order: ArrayLike<number>, count: number): void {
  for (let i = 0; i < count; i++) marks[order[i] as number] = 1;
}

/** What is rounded off for one class is added to the next, so that the sum is `count`. */
function markOfEachClass(marks: Uint8Array, { labels }: Dataset, count: number, random: RandomState): void {
  const examples = new Map<number, number[]>();
  for (const [index, label] of labels.entries()) {
    const known = examples.get(label);
    if (known === undefined) examples.set(label, [index]);
    else known.push(index);
  }
  let [seen, taken] = [0, 0];
  for (const [, own] of [...examples].sort(([a], [b]) => a - b)) {
    seen += own.length;
    const wanted = Math.round((seen * count) / labels.length) - taken;
    taken += wanted;
    random.shuffle(own);
    markFirst(marks, own, wanted);
  }
}

/** The positions of a mark, ascending. */
function marked(marks: Uint8Array, mark: number): Int32Array {
  return Int32Array.from(marks.keys()).filter((position) => marks[position] === mark);
}
