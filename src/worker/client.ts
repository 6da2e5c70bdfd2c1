/**
 * Training and prediction off the main thread: the same calls, awaited, with the same bits.
 */
import { spawn } from "#spawn";
import { checkSignal, checkType } from "../arguments.ts";
import type { Dataset } from "../data/dataset.ts";
import { DisposedError, OptionError } from "../errors.ts";
import type { Layer } from "../nn/layers/layer.ts";
import type { DescribedLoss, LossDescription, LossName } from "../nn/losses.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { reasonOf } from "../platform/reason.ts";
import type { RandomState } from "../random/random_state.ts";
import { bytesOf } from "../readable.ts";
import { Shown } from "../shown.ts";
import type { Shape } from "../tensor/layout.ts";
import type { SparseDataset } from "../train/feeding/sparse_dataset.ts";
import { tagOf } from "../values.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { type Build, kernelsOf, type WasmSource } from "../wasm/load.ts";
import { Connection } from "./connection.ts";
import { partsOf, sparsePartsOf, type TransferOptions, WorkerDataset } from "./dataset.ts";
import type { WorkerEndpoint } from "./endpoint.ts";
import { lifeline } from "./lifeline.ts";
import { WorkerNetwork } from "./network.ts";
import { stateOf } from "./plain.ts";
import { PROTOCOL, type WorkerStats } from "./protocol.ts";
import { noting, type ScriptWatch, watchScript } from "./script.ts";
import { WorkerError } from "./worker_error.ts";

/** Which kernels the worker runs, and which script it is. */
export type WorkerOptions = {
  /** Which build of the kernels; `simd` gives the same bits on every machine. */
  readonly build?: Build;
  /** The kernels themselves, where they come from elsewhere than the package. */
  readonly wasm?: WasmSource;
  /** Starts a worker of one's own, whose script calls `serve` of `lanegrad/worker/host`. */
  readonly worker?: () => WorkerEndpoint;
  /** How long the worker may take to start, its script and its kernels included. Default 30,000; Infinity: no limit. */
  readonly timeoutMilliseconds?: number;
  /** Ends the start; without effect on a worker that has started. */
  readonly signal?: AbortSignal;
};

/** @throws {OptionError} a function of one's own */
function postedLoss(op: string, loss: LossName | DescribedLoss | undefined): LossName | LossDescription | undefined {
  if (typeof loss !== "function") return loss;
  if ("description" in loss) return loss.description;
  throw new OptionError(
    `${op}: loss`,
    "a loss by name or with a description",
    loss,
    "functions cannot be posted to a worker",
  );
}

const TIMEOUT_MILLISECONDS = 30_000;
/** The longest delay of a timer; a longer one would fire at once. */
const MAX_DELAY_MILLISECONDS = 2 ** 31 - 1;

/** As for `network`; a loss that is a function cannot be posted. */
export type WorkerNetworkOptions<D extends FloatType> = {
  /** Of the weights and of dropout's masks. Default 0. */
  readonly seed?: number;
  /** Where the weights come from instead; the stream is advanced past their draws. */
  readonly random?: RandomState | "none";
  /** Of parameters and of all that is computed; float32 by default. */
  readonly dtype?: D;
  /** Default: softmax with cross entropy. */
  readonly loss?: LossName | DescribedLoss;
  /** The shape of one example, if the layers do not give it. */
  readonly inputShape?: Shape;
};

/** As for `decodeNetwork`. */
export type WorkerLoadOptions = {
  /** The file's name, for errors. */
  readonly file?: string;
  /** In place of the loss that the file names. */
  readonly loss?: LossName | DescribedLoss;
  /** Of dropout's masks, if training continues. Default 0. */
  readonly seed?: number;
};

/**
 * Starts a worker with an engine of its own. It ends with `close()`; in Node, also with the process, which waits for
 * answers but not for an idle worker. However it ends, everything that waits for it is rejected with a `WorkerError`.
 *
 * @throws {EngineError} (rejects) no WebAssembly, no SIMD, forbidden by a policy, or not the kernels
 * @throws {WorkerError} (rejects) the worker's script cannot be loaded, ends, does not answer in time, or is of another
 *   release
 * @throws {OptionError} (rejects) an unknown option, or one of another type
 * @throws what `signal` was aborted with
 * @example
 * await using worker = await startWorker();
 * const net = await worker.network(sequential(dense(784, 128), relu(), dense(128, 10)), { seed: 0 });
 * const data = await worker.dataset(mnist.test, { transfer: "copy" });
 * await net.train(data, { epochs: 1, batchSize: 100, optimizer: adam({ learningRate: 1e-3 }) });
 */
export async function startWorker(options: WorkerOptions = {}): Promise<NetworkWorker> {
  checkOptions<WorkerOptions>("startWorker", options, OPTIONS);
  const { timeoutMilliseconds: limit = TIMEOUT_MILLISECONDS, signal, worker = spawn } = options;
  if (typeof limit !== "number" || !(limit > 0))
    throw new OptionError("startWorker: timeoutMilliseconds", "a positive number", limit);
  checkType("startWorker: worker", "function", worker);
  checkSignal("startWorker: signal", signal);
  signal?.throwIfAborted();
  const watch = watchScript();
  const start = new Start(options, watch);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort = () => {};
  const ended = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort);
    if (limit > MAX_DELAY_MILLISECONDS) return;
    timer = setTimeout(() => reject(new WorkerError({ kind: "start", reason: start.lateness(limit) })), limit);
  });
  try {
    return await Promise.race([start.begin(), ended]);
  } catch (error) {
    await start.cancel();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    watch.end();
  }
}

const OPTIONS: KeysOf<WorkerOptions> = { build: 1, wasm: 1, worker: 1, timeoutMilliseconds: 1, signal: 1 };

/** A worker that is starting. */
class Start {
  readonly #options: WorkerOptions;
  readonly #watch: ScriptWatch;
  #connection: Connection | undefined;
  #isCancelled = false;

  constructor(options: WorkerOptions, watch: ScriptWatch) {
    this.#options = options;
    this.#watch = watch;
  }

  async begin(): Promise<NetworkWorker> {
    const { build = "simd", wasm: source, worker = spawn } = this.#options;
    const wasm = await kernelsOf(build, source); // here, because a worker's one file carries none
    const line = await lifeline();
    try {
      if (this.#isCancelled) throw new DisposedError("worker", "startWorker");
      const endpoint = started(() => noting(this.#watch, worker, worker === spawn));
      const connection = new Connection(endpoint, this.#watch.explain);
      this.#connection = connection;
      const name = "on" in endpoint ? undefined : line?.name; // Node reports the end by itself
      const { isWatchable } = await connection.call("start", { protocol: PROTOCOL, build, wasm, lifeline: name });
      if (isWatchable) line?.watch(() => connection.lost("it was terminated, or closed itself"));
      return new NetworkWorker(connection);
    } finally {
      line?.release();
    }
  }

  /** Ends the worker, where there is one. */
  async cancel(): Promise<void> {
    this.#isCancelled = true;
    await this.#connection?.close();
  }

  /** What did not happen in time. */
  lateness(milliseconds: number): string {
    if (this.#connection === undefined) return `the kernels were not fetched within ${milliseconds} ms`;
    const cure = "its script has ended, is slow, or does not call serve(…) of lanegrad/worker/host";
    return `no answer within ${milliseconds} ms: ${cure}`;
  }
}

function started(worker: () => WorkerEndpoint): WorkerEndpoint {
  let endpoint: WorkerEndpoint;
  try {
    endpoint = worker();
  } catch (error) {
    throw new WorkerError({ kind: "start", reason: reasonOf(error) }, { cause: error });
  }
  if (typeof endpoint?.postMessage === "function" && typeof endpoint.terminate === "function") return endpoint;
  throw new OptionError("startWorker: worker", "a function that returns a Worker", endpoint);
}

/** What `startWorker` gives: makes networks and datasets in the worker. */
export class NetworkWorker extends Shown {
  static override get name(): string {
    return "NetworkWorker";
  }
  readonly #connection: Connection;

  constructor(connection: Connection) {
    super();
    this.#connection = connection;
  }

  /**
   * A network in the worker, as `network` makes it.
   *
   * @throws {OptionError} (rejects) an invalid description, a seed that is not an integer, a loss that is a function
   * @throws {ShapeError} (rejects) layers that do not fit
   * @throws {AllocationError} (rejects) the worker's memory is too small
   */
  async network<D extends FloatType = "float32">(
    description: Layer,
    options: WorkerNetworkOptions<D> = {},
  ): Promise<WorkerNetwork<D>> {
    checkOptions<WorkerNetworkOptions<D>>("network", options, { seed: 1, random: 1, dtype: 1, loss: 1, inputShape: 1 });
    const { seed, random, dtype, loss, inputShape } = options;
    const network = this.#connection.number();
    const stream = random === undefined || random === "none" ? random : stateOf("network: random", random);
    const posted = postedLoss("network", loss);
    const ask = { network, description, seed, random: stream, dtype, loss: posted, inputShape };
    const { facts, random: after } = await this.#connection.call("network", ask);
    if (typeof random === "object" && after !== undefined) random.setState(after);
    return new WorkerNetwork<D>(this.#connection, network, facts);
  }

  /**
   * The network in a file, as `decodeNetwork`; the bytes are copied.
   *
   * @throws {FormatError} (rejects) a damaged file, or one without a network
   * @throws {OptionError} (rejects) the file's loss is a function and none is named
   */
  async load(bytes: Uint8Array, options: WorkerLoadOptions = {}): Promise<WorkerNetwork> {
    checkOptions<WorkerLoadOptions>("load", options, { file: 1, loss: 1, seed: 1 });
    const network = this.#connection.number();
    const own = new Uint8Array(bytesOf("load: bytes", bytes));
    const { loss, ...others } = options;
    const posted = postedLoss("load", loss);
    const asked = posted === undefined ? others : { ...others, loss: posted };
    const facts = await this.#connection.call(
      "load",
      { network, bytes: own, options: asked },
      { transfer: [own.buffer] },
    );
    return new WorkerNetwork(this.#connection, network, facts);
  }

  /**
   * A dataset in the worker.
   *
   * @param options.transfer by default its elements are moved: the dataset here is empty afterwards. A slice is copied,
   *   because what it was taken from may be needed, and so are sparse rows. `"copy"` leaves everything here
   * @throws {DatasetError} (rejects) it was moved before
   * @throws {OptionError} (rejects) arrays that cannot be moved, such as those in a WebAssembly memory
   */
  async dataset(dataset: Dataset, options: TransferOptions = {}): Promise<WorkerDataset> {
    checkOptions<TransferOptions>("dataset", options, { transfer: 1 });
    const { transfer = "move" } = options;
    const tag = tagOf(dataset);
    if (tag !== "Dataset" && tag !== "SparseDataset") throw new OptionError("dataset", "a Dataset", dataset);
    if (transfer !== "move" && transfer !== "copy") throw new OptionError("transfer", '"move" or "copy"', transfer);
    const number = this.#connection.number();
    const { parts, weights, buffers } =
      tag === "SparseDataset" ? sparsePartsOf(dataset as SparseDataset) : partsOf(dataset, transfer);
    await this.#connection.call("dataset", { dataset: number, parts, weights }, { transfer: buffers });
    return new WorkerDataset(this.#connection, number, dataset);
  }

  /** Counts what is alive in the worker. */
  async stats(): Promise<WorkerStats> {
    return this.#connection.call("stats", undefined);
  }

  /**
   * Ends the worker at once, and with it everything in it. Calls under way are rejected with a `DisposedError`. A second
   * call does nothing.
   */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
