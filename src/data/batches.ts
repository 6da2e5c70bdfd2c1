/**
 * A dataset in batches: every example once.
 */

import { checkInstance, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { RandomState } from "../random/random_state.ts";
import { type Batch, Dataset } from "./dataset.ts";

/** How large batches are, and in which order examples come. */
export type BatchesOptions = {
  /** Examples in a batch, at least 1; the last one has what is left. */
  readonly batchSize: number;
  /** Draws the order. Without it, the examples come in their own. */
  readonly random?: RandomState;
  /** Leaves out a last batch that is not full. */
  readonly dropLast?: boolean;
};

/**
 * One epoch of a dataset as floats, batch by batch.
 *
 * @throws {OptionError} an invalid batch size
 * @example
 * for (const { inputs, targets } of batches(mnist.test, { batchSize: 100 })) net.predict(inputs);
 */
export function batches(dataset: Dataset, options: BatchesOptions): Generator<Batch, void> {
  checkInstance("batches: dataset", "a Dataset", Dataset, dataset);
  checkType("batches: options", "object", options);
  checkOptions<BatchesOptions>("batches", options, { batchSize: 1, random: 1, dropLast: 1 });
  checkBatchSize(options.batchSize);
  if (options.random !== undefined) checkInstance("batches: random", "a RandomState", RandomState, options.random);
  if (options.dropLast !== undefined) checkType("batches: dropLast", "boolean", options.dropLast);
  return epochOf(dataset, options);
}

function* epochOf(dataset: Dataset, { batchSize, random, dropLast = false }: BatchesOptions): Generator<Batch, void> {
  const { length } = dataset;
  const order = random?.permutation(length) ?? Int32Array.from({ length }, (_, index) => index);
  const end = dropLast ? length - (length % batchSize) : length;
  for (let start = 0; start < end; start += batchSize) yield dataset.batch(order.subarray(start, start + batchSize));
}

/** @throws {OptionError} not an integer from 1 on */
export function checkBatchSize(batchSize: number): void {
  if (Number.isSafeInteger(batchSize) && batchSize >= 1) return;
  throw new OptionError("batchSize", "an integer from 1 on", batchSize);
}
