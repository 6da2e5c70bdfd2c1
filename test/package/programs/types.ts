/** What a strict program writes: every entry's types, used. Checked by several compilers, and never run. */
import {
  adam,
  type Dataset,
  dense,
  Engine,
  type Evaluation,
  loadMnist,
  network,
  OptionError,
  relu,
  sequential,
  type Tensor,
  type TrainHistory,
  tensor,
  train,
} from "lanegrad";
import { numericalDiff, TwoLayerNet } from "lanegrad/chapter";
import { parseCsv } from "lanegrad/csv";
import { lossCurve } from "lanegrad/plot";
import { NumpyRandomState } from "lanegrad/random";
import { startWorker, type TrainingRun, WorkerError, type WorkerNetwork } from "lanegrad/worker";
import { serve } from "lanegrad/worker/host";

export async function here(data: Dataset): Promise<TrainHistory> {
  using engine = await Engine.load({ build: "simd" });
  using net = network(engine, sequential(dense(784, 10), relu(), dense(10, 10)), { dtype: "float64", seed: 1 });
  const x: Tensor<"float32"> = tensor(engine, [[1, 2]]);
  x.dispose();
  return train(net, data, { epochs: 1, optimizer: adam({ learningRate: 1e-3 }) });
}

export async function asInTheBook(engine: Engine, data: Dataset): Promise<number> {
  using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, dtype: "float64" });
  await train(net, data, { iterations: 1, learningRate: numericalDiff((x) => x * x, 0.05) });
  return net.gradient(data.batch([0]).inputs, [0]).W1.size;
}

export async function there(signal: AbortSignal): Promise<Evaluation> {
  const mnist = await loadMnist("data");
  await using worker = await startWorker({ worker: () => new Worker("worker.js", { type: "module" }) });
  const net: WorkerNetwork<"float32"> = await worker.network(sequential(dense(784, 10)));
  const data = await worker.dataset(mnist.train, { transfer: "copy" });
  const run: TrainingRun = net.train(data, {
    epochs: 1,
    learningRate: 0.1,
    signal,
    onProgress: ({ losses }) => console.log(losses.at(-1)),
  });
  await run.pause();
  run.resume();
  await run;
  const { data: p }: { data: Float32Array } = await net.predict(new Float32Array(784));
  console.log(p);
  return net.evaluate(data);
}

export function reasonOf(error: unknown): string {
  if (error instanceof OptionError) return error.option;
  return error instanceof WorkerError ? error.fault.kind : "unknown";
}

export function drawn(random: NumpyRandomState): readonly string[] {
  const count: number = random.poisson(3);
  const counts: Float64Array = random.poisson(3, [2, count]);
  return random.choice(["a", "b"], counts.length, { p: [0.25, 0.75] });
}

export const others: readonly unknown[] = [parseCsv, lossCurve, serve, NumpyRandomState];
