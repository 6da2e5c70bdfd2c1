/** Valid calls of what runs in a worker, as `samples.ts` has them of everything else. */
import { Dataset } from "../../src/data/dataset.ts";
import type { NamedArray } from "../../src/formats/arrays.ts";
import { dense, relu, sequential } from "../../src/index.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { RandomState } from "../../src/random/random_state.ts";
import type { Checkpoint } from "../../src/train/checkpoints/checkpoint.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { serve } from "../../src/worker/host.ts";
import { startWorker } from "../../src/worker/index.ts";
import { BUILD } from "../support/engine.ts";
import { startTestWorker } from "../support/workers.ts";
import type { Sample } from "./samples.ts";

/** Samples on one worker, and what ends it. */
export async function workerSamples(): Promise<{
  readonly samples: Readonly<Record<string, Sample>>;
  readonly close: () => Promise<void>;
}> {
  const { worker } = await startTestWorker();
  const description = sequential(dense(3, 4), relu(), dense(4, 3));
  const table = new Dataset({
    name: "table",
    inputs: Float32Array.from({ length: 12 }, (_, i) => i),
    shape: [3],
    labels: Uint8Array.of(0, 1, 2, 0),
    classes: 3,
  });
  const net = await worker.network(description, { seed: 0 });
  const data = await worker.dataset(table, { transfer: "copy" });
  const weights: readonly NamedArray[] = await net.weights();
  const file = await net.save();
  const options = { epochs: 1, batchSize: 2, optimizer: adam({ learningRate: 0.01 }), seed: 0 };
  let checkpoint: Checkpoint | undefined;
  const keep = (made: Checkpoint) => {
    checkpoint = made;
  };
  await net.train(data, { ...options, checkpointEvery: 2, onCheckpoint: keep });
  const of = (call: unknown, ...calls: (readonly unknown[])[]): Sample => ({ call: call as never, calls });
  const start = async (...args: [never]) => (await startWorker(...args)).close();
  const signal = new AbortController().signal;
  const callbacks = { onProgress() {}, onEvaluation() {}, onEpoch() {}, onCheckpoint() {}, onEnd() {} };
  const samples = {
    serve: of(serve, [{ on() {}, postMessage() {} }]),
    startWorker: of(start, [], [{ build: BUILD, timeoutMilliseconds: 60_000, signal }]),
    "NetworkWorker.network": of(
      worker.network.bind(worker),
      [description],
      [description, { seed: 1, dtype: "float64", loss: "softmaxCrossEntropy", random: new RandomState(0) }],
    ),
    "NetworkWorker.load": of(worker.load.bind(worker), [file], [file, { file: "f", loss: "squaredError", seed: 1 }]),
    "NetworkWorker.dataset": of(worker.dataset.bind(worker), [table, { transfer: "copy" }]),
    "WorkerNetwork.train": of(
      (...args: [never, never]) => net.train(...args),
      [data, options],
      [data, { ...options, ...callbacks, validation: 0.25, earlyStopping: { patience: 1 }, checkpointEvery: 1 }],
      [data, { ...options, random: new RandomState(0), seed: undefined, signal, test: data, validation: data }],
      [data, { ...options, resume: checkpoint }, emptyHistory()],
    ),
    "WorkerNetwork.predict": of(net.predict.bind(net), [[[1, 2, 3]]], [Float32Array.of(1, 2, 3)]),
    "WorkerNetwork.evaluate": of(net.evaluate.bind(net), [data], [data, { topK: 2 }]),
    "WorkerNetwork.misclassified": of(net.misclassified.bind(net), [data], [data, { limit: 3 }]),
    "WorkerNetwork.setWeights": of(
      net.setWeights.bind(net),
      [weights],
      [weights, { naming: "lanegrad" }],
      [weights.map((array) => ({ ...array }))],
    ),
  };
  return { samples, close: () => worker.close() };
}
