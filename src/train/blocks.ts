/**
 * A pass over a dataset: every example once, in order, a block of rows at a time.
 */
import { checkInstance } from "../arguments.ts";
import { Dataset } from "../data/dataset.ts";
import type { Network } from "../nn/network.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { BlockTargets } from "./class_labels.ts";
import { Minibatch, ResidentDataset } from "./resident.ts";

/** Rows at a time: enough that the products run at full speed, few enough to stay in the cache. */
export const ROWS = 256;

/** The logits of a block of rows and its targets, which the next block overwrites. */
export type Block<D extends FloatType> = {
  readonly z: Tensor<D>;
  readonly t: BlockTargets<D>;
  /** The first example's position in the dataset. */
  readonly first: number;
};

/**
 * The logits of every example, in order.
 *
 * @param data a dataset, which is copied into the engine's memory for the pass, or one that already is there
 * @throws {ShapeError} the examples have another size than the network's input
 */
export function* blocksOf<D extends FloatType>(
  net: Network<D>,
  data: Dataset | ResidentDataset,
): Generator<Block<D>, void> {
  if (data instanceof ResidentDataset) {
    const whole = data.length - (data.length % ROWS);
    yield* pass(net, data, { start: 0, end: whole });
    yield* pass(net, data, { start: whole, end: data.length });
    return;
  }
  checkInstance("dataset", "a Dataset", Dataset, data);
  using resident = new ResidentDataset(net.engine, data);
  yield* blocksOf(net, resident);
}

/** The examples of a range whose length is a multiple of ROWS, or less than ROWS. */
function* pass<D extends FloatType>(
  net: Network<D>,
  data: ResidentDataset,
  { start, end }: { readonly start: number; readonly end: number },
): Generator<Block<D>, void> {
  if (start === end) return;
  using batch = new Minibatch(data, Math.min(ROWS, end - start), net.dtype);
  for (let first = start; first < end; first += batch.indices.size) {
    const indices = batch.indices.data;
    for (let i = 0; i < indices.length; i++) indices[i] = first + i;
    batch.gather();
    yield { z: net.logits(batch.inputs), t: batch.targets, first };
  }
}
