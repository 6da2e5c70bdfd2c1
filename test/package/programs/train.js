/**
 * What every runtime and every bundle does: 100 steps on the bundled digits, on the main thread and in a worker, with the
 * kernels of the package and with those of a file; and a few of them by the build that needs no WebAssembly.
 *
 *   784-50-10, float32, batch 100, learning rate 0.1, seed 0  →  SHA-256 of W1, b1, W2, b2
 */
import { dense, Engine, loadMnist, network, relu, sequential, train } from "lanegrad";
import { startWorker } from "lanegrad/worker";

const OPTIONS = {
  iterations: 100,
  batchSize: 100,
  learningRate: 0.1,
  evaluateTraining: false,
  lossAt: "before update",
};
const layers = () => sequential(dense(784, 50), relu(), dense(50, 10));

/** Steps of the build "js", which is slow. */
const SLOW_ITERATIONS = 5;

/**
 * @param digits where the four files are
 * @param options.build in place of the default; all steps by "js" where nothing else runs
 * @param options.wasm the kernels of a file: an address, or bytes
 * @param options.worker starts a worker where the bundler does not find it by itself
 */
export async function run(digits, { build = "simd", wasm, worker } = {}) {
  const { train: examples } = await loadMnist(digits);
  const inPackage = await weightsHere(examples, { build });
  const fromFile = wasm === undefined ? inPackage : await weightsHere(examples, { wasm });
  const [few, slow] = [
    await weightsHere(examples, { build }, SLOW_ITERATIONS),
    await weightsHere(examples, { build: "js" }, SLOW_ITERATIONS),
  ];
  // The last, because it takes the examples.
  const inWorker = await weightsThere(examples, worker === undefined ? { build } : { build, worker });
  const agree = same(inPackage, fromFile) && same(inPackage, inWorker) && same(few, slow);
  return { weightsSha256: await sha256(inPackage), agree };
}

/** The error that starting an engine ends with, here or in a worker. */
export async function failure(start) {
  try {
    await start();
    return { error: "none" };
  } catch (error) {
    return { error: error.name, kind: error.fault?.kind, message: error.message };
  }
}

export const startEngine = () => Engine.load();
export const startThread = (options) => startWorker(options);

async function weightsHere(examples, options, iterations = OPTIONS.iterations) {
  const engine = await Engine.load(options);
  const net = network(engine, layers(), { seed: 0 });
  await train(net, examples, { ...OPTIONS, iterations });
  const weights = Object.values(net.parameters).map(({ data }) => data.slice());
  engine.dispose();
  return weights;
}

async function weightsThere(examples, options) {
  const worker = await startWorker(options);
  const net = await worker.network(layers(), { seed: 0 });
  const there = await worker.dataset(examples);
  let checkpoint;
  await net.train(there, {
    ...OPTIONS,
    checkpointEvery: 60,
    onCheckpoint: (taken) => {
      checkpoint ??= taken;
    },
  });
  const weights = (await net.weights()).map(({ data }) => data);
  const resumed = await worker.network(layers(), { seed: 1 });
  await resumed.train(there, { ...OPTIONS, resume: checkpoint });
  const again = (await resumed.weights()).map(({ data }) => data);
  await worker.close();
  return same(weights, again) ? weights : [];
}

function same(a, b) {
  return a.length === b.length && a.every((array, i) => array.every((value, at) => Object.is(value, b[i][at])));
}

async function sha256(arrays) {
  const bytes = await new Blob(arrays).arrayBuffer();
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
