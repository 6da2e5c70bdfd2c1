/**
 * A pass over a dataset: every example once, in order, a block of rows at a time.
 */
import { checkInstance } from "../../arguments.ts";
import { Dataset } from "../../data/dataset.ts";
import type { Network } from "../../nn/network.ts";
import type { RowWeights } from "../../nn/training_step.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { layoutOf, Minibatch, ResidentDataset, residentOf } from "../feeding/resident.ts";
import type { BlockTargets } from "./class_labels.ts";

/** Rows at a time: enough that the products run at full speed, few enough to stay in the cache. */
export const ROWS = 256;

/** The logits of a block of rows and its targets, which the next block overwrites. */
export type Block<D extends FloatType> = {
  readonly z: Tensor<D>;
  readonly t: BlockTargets<D>;
  /** The first example's position in the dataset. */
  readonly first: number;
  /** Where examples have weights. */
  readonly weights: RowWeights | undefined;
};

/** Elements that are copied into the engine's memory at a time. */
const PIECE_ELEMENTS = 2 ** 22;

/**
 * The logits of every example, in order; undefined where other work can have its turn between two blocks.
 *
 * @param data a dataset, which is copied into the engine's memory piece by piece, or one that already is there
 * @throws {ShapeError} the examples have another size than the network's input
 */
export function* blocksOf<D extends FloatType>(
  net: Network<D>,
  data: Dataset | ResidentDataset,
): Generator<Block<D> | undefined, void> {
  if (data instanceof ResidentDataset) return yield* residentBlocks(net, data, 0);
  checkInstance("dataset", "a Dataset", Dataset, data);
  const { length } = data;
  const piece = (data as { readonly resident?: unknown }).resident
    ? length
    : ROWS * Math.max(1, Math.floor(PIECE_ELEMENTS / data.size / ROWS));
  // One layout for all: another one would give other bits.
  const isAuto = net.inputShape.length === 1;
  const layout = isAuto ? (length <= piece ? "auto" : yield* layoutOf(data)) : "dense";
  for (let start = 0; start < length; start += piece) {
    const end = Math.min(start + piece, length);
    const resident = residentOf(net.engine, length <= piece ? data : data.slice(start, end), layout);
    try {
      yield* residentBlocks(net, resident, start);
      yield;
    } finally {
      resident.dispose();
    }
  }
}

/** @param offset the position of the first example in its dataset */
function* residentBlocks<D extends FloatType>(
  net: Network<D>,
  data: ResidentDataset,
  offset: number,
): Generator<Block<D>, void> {
  const whole = data.length - (data.length % ROWS);
  yield* pass(net, data, { start: 0, end: whole, offset });
  yield* pass(net, data, { start: whole, end: data.length, offset });
}

/** The examples of a range whose length is a multiple of ROWS, or less than ROWS. */
function* pass<D extends FloatType>(
  net: Network<D>,
  data: ResidentDataset,
  { start, end, offset }: { readonly start: number; readonly end: number; readonly offset: number },
): Generator<Block<D>, void> {
  if (start === end) return;
  const batch = new Minibatch(data, Math.min(ROWS, end - start), net.dtype);
  const { weights } = batch.source;
  try {
    for (let first = start; first < end; first += batch.indices.size) {
      const indices = batch.indices.data;
      for (let i = 0; i < indices.length; i++) indices[i] = first + i;
      batch.gather();
      yield { z: net.logits(batch.inputs), t: batch.targets, first: offset + first, weights };
    }
  } finally {
    batch.dispose();
  }
}
