/**
 * A pass over a dataset: every example once, in order, a block of rows at a time.
 */
import type { Dataset } from "../data/dataset.ts";
import type { Network } from "../nn/network.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { BlockTargets } from "./class_labels.ts";
import { Minibatch, ResidentDataset } from "./resident.ts";

/** Rows at a time: enough that the products run at full speed, few enough to stay in the cache. */
export const ROWS = 256;

/**
 * Is shown the logits of a block, its targets, and the first example's position in the dataset. The next block overwrites
 * both tensors.
 */
export type BlockVisitor<D extends FloatType> = (z: Tensor<D>, t: BlockTargets<D>, first: number) => void;

/**
 * Shows the logits of every example, in order.
 *
 * @param data a dataset, which is copied into the engine's memory for the call, or one that already is there
 * @throws {ShapeError} the examples have another size than the network's input
 */
export function forEachBlock<D extends FloatType>(
  net: Network<D>,
  data: Dataset | ResidentDataset,
  visit: BlockVisitor<D>,
): void {
  if (data instanceof ResidentDataset) {
    const whole = data.length - (data.length % ROWS);
    pass(net, data, { start: 0, end: whole }, visit);
    pass(net, data, { start: whole, end: data.length }, visit);
    return;
  }
  using resident = new ResidentDataset(net.engine, data);
  forEachBlock(net, resident, visit);
}

/** The examples of a range whose length is a multiple of ROWS, or less than ROWS. */
function pass<D extends FloatType>(
  net: Network<D>,
  data: ResidentDataset,
  { start, end }: { readonly start: number; readonly end: number },
  visit: BlockVisitor<D>,
): void {
  if (start === end) return;
  using batch = new Minibatch(data, Math.min(ROWS, end - start), net.dtype);
  for (let first = start; first < end; first += batch.indices.size) {
    const indices = batch.indices.data;
    for (let i = 0; i < indices.length; i++) indices[i] = first + i;
    batch.gather();
    visit(net.logits(batch.inputs), batch.labels, first);
  }
}
