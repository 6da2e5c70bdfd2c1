/** What a page does with workers, by name: each scenario resolves to what it found, as plain data. */
import { adam, classifier, Dataset, dense, type LanegradError, loadModel, RandomState, sequential } from "lanegrad";
import { type NetworkWorker, startWorker, type WorkerOptions } from "lanegrad/worker";

type Told = { readonly name: string; readonly kind?: string; readonly message: string };

/** How a promise ended, or that it did not within a time. */
async function endOf(promise: Promise<unknown>, milliseconds = 20_000): Promise<Told> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Told>((resolve) => {
    timer = setTimeout(() => resolve({ name: "waits", message: `still after ${milliseconds} ms` }), milliseconds);
  });
  const ended = promise.then(
    () => ({ name: "resolved", message: "" }),
    (error: LanegradError & { fault?: { kind: string } }) => ({
      ...{ name: error.name, message: error.message },
      ...(error.fault && { kind: error.fault.kind }),
    }),
  );
  const told = await Promise.race([ended, late]);
  clearTimeout(timer);
  return told;
}

function workerOf(script: string, type: WorkerType = "module"): Worker {
  return new Worker(new URL(script, location.href), { type });
}

function examples(): Dataset {
  const random = new RandomState(1);
  const inputs = Float32Array.from({ length: 60 * 8 }, () => random.randint(0, 100) / 100);
  return new Dataset({
    name: "noise",
    inputs,
    labels: new Uint8Array(60).map((_, at) => at % 3),
    shape: [8],
    classes: 3,
  });
}

async function startOn(script: string): Promise<{ readonly worker: NetworkWorker; readonly thread: Worker }> {
  const thread = workerOf(script);
  return { thread, worker: await startWorker({ worker: () => thread }) };
}

/** Starts a worker within a time; the kernels are there before, so that it passes while the script is waited for. */
async function startWithin(script: string, timeoutMilliseconds: number): Promise<NetworkWorker> {
  const wasm = await WebAssembly.compileStreaming(fetch("simd.wasm"));
  return startWorker({ worker: () => workerOf(script), wasm, timeoutMilliseconds });
}

/** Everything that waits for a worker when it goes: two runs, of which one is held, and calls. */
async function waiting(worker: NetworkWorker): Promise<Promise<unknown>[]> {
  const [net, other] = [await worker.network(sequential(dense(8, 3))), await worker.network(sequential(dense(8, 3)))];
  const data = await worker.dataset(examples());
  const endless = { iterations: 1e9, batchSize: 10, learningRate: 0.01 };
  const held = other.train(data, endless);
  await held.pause();
  const run = net.train(data, { ...endless, onProgress() {} });
  return [held, run, run.pause(), net.predict([1, 2, 3, 4, 5, 6, 7, 8]), net.save(), net.evaluate(data)];
}

const scenarios = {
  /** Trains a little. */
  async trains(options: WorkerOptions = {}) {
    const worker = await startWorker(options);
    const net = await worker.network(sequential(dense(8, 3)), { seed: 0 });
    const { losses } = await net.train(await worker.dataset(examples()), {
      ...{ epochs: 2, batchSize: 10, optimizer: adam({ learningRate: 0.01 }), validation: 0.2 },
    });
    await worker.close();
    return losses.length;
  },

  async trainsWithoutLocks() {
    Object.defineProperty(navigator, "locks", { value: undefined, configurable: true });
    try {
      return await scenarios.trains();
    } finally {
      Reflect.deleteProperty(navigator, "locks");
    }
  },

  async silent() {
    return endOf(startWithin("silent.js", 1500));
  },

  async closedBeforeAnAnswer() {
    return endOf(startWithin("closes.js", 1500));
  },

  async aborted() {
    const signal = AbortSignal.timeout(300);
    return endOf(startWorker({ worker: () => workerOf("silent.js"), signal }));
  },

  /** The worker is ended by whoever made it. */
  async terminated() {
    const { worker, thread } = await startOn("worker.js");
    const calls = await waiting(worker);
    const ends = Promise.all(calls.map((call) => endOf(call)));
    thread.terminate();
    return [...(await ends), await endOf(worker.stats())];
  },

  async closesItself() {
    const { worker, thread } = await startOn("serves_and_closes.js");
    const calls = await waiting(worker);
    const ends = Promise.all(calls.map((call) => endOf(call)));
    thread.postMessage({ kind: "end" });
    return [...(await ends), await endOf(worker.stats())];
  },

  /** A worker that computes for two seconds is not taken for dead; one that is ended meanwhile is. */
  async computesForLong() {
    const { worker, thread } = await startOn("serves_and_closes.js");
    thread.postMessage({ kind: "spin", milliseconds: 2000 });
    const answered = await endOf(worker.stats());
    thread.postMessage({ kind: "spin", milliseconds: 60_000 });
    const ended = endOf(worker.stats());
    await new Promise((resolve) => setTimeout(resolve, 200));
    thread.terminate();
    return [answered, await ended];
  },

  async closed() {
    const { worker } = await startOn("worker.js");
    const calls = await waiting(worker);
    const ends = Promise.all(calls.map((call) => endOf(call)));
    await worker.close();
    return ends;
  },

  /** A model is trained here, and its file answers here, from an address, from bytes, and in a worker of one's own. */
  async model() {
    const rows = Array.from({ length: 30 }, (_, i) => ({
      size: i,
      colour: i % 3 ? "red" : "blue",
      kind: i < 15 ? "small" : "large",
    }));
    const asked = [rows[3], rows[28]].map((row) => ({ size: row?.size, colour: row?.colour }));
    const trained = await classifier(rows, { target: "kind", epochs: 40 });
    const address = URL.createObjectURL(new Blob([trained.encode()]));
    const bytes = await fetch(address).then((response) => response.arrayBuffer());
    const [byAddress, byBytes] = [await loadModel(new URL(address)), await loadModel(bytes)];
    const thread = workerOf("model_worker.js");
    const answer = new Promise((resolve, reject) => {
      thread.onmessage = ({ data }) => resolve(data);
      thread.onerror = ({ message }) => reject(new Error(message));
    });
    thread.postMessage(bytes, [bytes]);
    thread.postMessage(asked);
    const answers = [
      trained.predict(asked),
      byAddress.predict(asked as never),
      byBytes.predict(asked as never),
      await answer,
    ];
    thread.terminate();
    return answers;
  },

  /** A script that does not start, of one's own or the library's. */
  async failing(script: string | null, type: WorkerType = "module") {
    return endOf(startWorker(script === null ? {} : { worker: () => workerOf(script, type) }));
  },

  /** Two workers that start at once, of which one fails: each has its own reason, and `Worker` is what it was. */
  async twoAtOnce() {
    const before = Worker;
    const ends = [scenarios.failing("missing.js"), scenarios.failing("throws.js"), scenarios.trains()] as const;
    return { ends: await Promise.all(ends), isSame: Worker === before };
  },
};

Object.assign(globalThis, { scenarios });
