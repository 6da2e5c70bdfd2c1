/** Lives of a worker: it is started, is given a network and examples, trains, predicts, and is closed. */
import { Dataset, dense, sequential } from "lanegrad";
import { startWorker, type WorkerStats } from "lanegrad/worker";
import { measure, type Soak } from "./sample.ts";

const EXAMPLES = 60;
const SIZE = 8;

export const workers: Soak = {
  about: "workers that are started, train, predict and are closed",
  unit: "lives",
  amount: 2000,
  async *run(amount, every) {
    for (let done = 0; done < amount; ) {
      const times = new Float64Array(Math.min(every, amount - done));
      let stats: WorkerStats | undefined;
      for (let i = 0; i < times.length; i++, done++) {
        const began = performance.now();
        stats = await live();
        times[i] = performance.now() - began;
      }
      if (stats !== undefined) yield await measure(done, times, stats);
    }
  },
};

/** One life; what its engine held at the end of it. */
async function live(): Promise<WorkerStats> {
  await using worker = await startWorker();
  const net = await worker.network(sequential(dense(SIZE, 3)));
  const inputs = Uint8Array.from({ length: EXAMPLES * SIZE }, (_, i) => (i * 37) % 256);
  const labels = Uint8Array.from({ length: EXAMPLES }, (_, i) => i % 3);
  const data = await worker.dataset(new Dataset({ name: "soak", inputs, labels, shape: [SIZE], classes: 3 }));
  await net.train(data, { epochs: 2, batchSize: 10, learningRate: 0.1 });
  await net.predict(new Float32Array(SIZE));
  return await worker.stats();
}
