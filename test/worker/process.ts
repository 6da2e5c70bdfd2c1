/** Trains in a worker, and ends: run by a test, with `closed` or `idle`. */
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { startWorker } from "../../src/worker/client.ts";
import { clusters } from "../support/digits.ts";

const [mode] = process.argv.slice(2);
const worker = await startWorker();
const net = await worker.network(sequential(dense(8, 3)));
const data = await worker.dataset(clusters({ count: 60, size: 8, classes: 3, seed: 1 }));
const { losses } = await net.train(data, { epochs: 2, batchSize: 10, learningRate: 0.1 });
if (mode === "closed") await worker.close();
console.log(`${mode}: ${losses.length} steps`);
