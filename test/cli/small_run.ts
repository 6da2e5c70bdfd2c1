/** A run of a few steps in this process. */

import type { Dataset } from "../../src/data/dataset.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { type Checkpoint, checkpointOf } from "../../src/train/checkpoints/checkpoint.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import type { TrainerOptions } from "../../src/train/loop/training_plan.ts";
import type { Engine } from "../../src/wasm/engine.ts";
import { clusters } from "../support/digits.ts";

export const TRAIN: Dataset = clusters({ count: 40, size: 4, classes: 3, seed: 1 });
export const TEST: Dataset = clusters({ count: 20, size: 4, classes: 3, seed: 2 });
export const VALIDATION: Dataset = clusters({ count: 30, size: 4, classes: 3, seed: 3 });

/** A network of 4-5-3. */
export function smallNetwork(engine: Engine): Network<"float32"> {
  return network(engine, sequential(dense(4, 5), relu(), dense(5, 3)), { seed: 0 });
}

/** Trains it; both are the caller's to dispose of. */
export function smallTrainer(
  engine: Engine,
  options: TrainerOptions,
  validation: Dataset | "none" = VALIDATION,
): Trainer<"float32"> {
  const data = { train: TRAIN, test: TEST, ...(validation === "none" ? {} : { validation }) };
  return new Trainer(smallNetwork(engine), data, { batchSize: 10, learningRate: 0.1, ...options }, emptyHistory());
}

/** The checkpoint after so many steps of a run of ten. */
export function checkpointAfter(engine: Engine, steps: number): Checkpoint {
  using trainer = smallTrainer(engine, { iterations: 10 });
  using _ = trainer.network;
  for (const { iteration } of trainer.steps()) if (iteration + 1 === steps) return checkpointOf(trainer);
  throw new Error(`no step ${steps}`);
}
