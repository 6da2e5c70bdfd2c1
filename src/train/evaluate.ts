/**
 * How good a network is on a dataset.
 */
import type { Dataset } from "../data/dataset.ts";
import type { Network } from "../nn/network.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { Minibatch, ResidentDataset } from "./resident.ts";
import { networkOf, type Trainable } from "./trainable.ts";

export type Evaluation = {
  /** Examples whose most probable class is their label. */
  readonly correct: number;
  /** The same as a fraction of all examples, 0..1. */
  readonly accuracy: number;
};

/** Rows at a time: enough that the products run at full speed, few enough to stay in the cache. */
const ROWS = 256;

/**
 * The accuracy of a network on every example of a dataset.
 *
 * @param data a dataset, which is copied into the engine's memory for the call, or one that already is there
 * @throws {ShapeError} the examples have another size than the network's input
 */
export function evaluate<D extends FloatType>(trainable: Trainable<D>, data: Dataset | ResidentDataset): Evaluation {
  const net = networkOf(trainable);
  if (data instanceof ResidentDataset) return evaluateResident(net, data);
  using resident = new ResidentDataset(net.engine, data);
  return evaluateResident(net, resident);
}

function evaluateResident<D extends FloatType>(net: Network<D>, data: ResidentDataset): Evaluation {
  const whole = data.length - (data.length % ROWS);
  const correct = countCorrect(net, data, 0, whole) + countCorrect(net, data, whole, data.length);
  return { correct, accuracy: correct / data.length };
}

/** Right answers among the examples from `start` to before `end`, a multiple of ROWS or fewer than ROWS. */
function countCorrect<D extends FloatType>(net: Network<D>, data: ResidentDataset, start: number, end: number): number {
  if (start === end) return 0;
  using batch = new Minibatch(data, Math.min(ROWS, end - start), net.dtype);
  let correct = 0;
  for (let first = start; first < end; first += batch.indices.size) {
    const indices = batch.indices.data;
    for (let i = 0; i < indices.length; i++) indices[i] = first + i;
    batch.gather();
    correct += net.countCorrect(batch.inputs, batch.labels);
  }
  return correct;
}
