/**
 * Training and prediction off the main thread: the same calls, awaited, with the same bits.
 */
import { spawn } from "#spawn";
import type { Dataset } from "../data/dataset.ts";
import { OptionError, WorkerError } from "../errors.ts";
import type { Sequential } from "../nn/layers.ts";
import type { LossName } from "../nn/losses.ts";
import { reasonOf } from "../platform/reason.ts";
import type { RandomState } from "../random/random_state.ts";
import { Shown } from "../shown.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { type Build, kernelsOf, type WasmSource } from "../wasm/load.ts";
import { Connection } from "./connection.ts";
import { partsOf, type TransferOptions, WorkerDataset } from "./dataset.ts";
import type { WorkerEndpoint } from "./endpoint.ts";
import { WorkerNetwork } from "./network.ts";
import { PROTOCOL, type WorkerStats } from "./protocol.ts";

/** Which kernels the worker runs, and which script it is. */
export type WorkerOptions = {
  /** Which build of the kernels; `simd` gives the same bits on every machine. */
  readonly build?: Build;
  /** The kernels themselves, where they come from elsewhere than the package. */
  readonly wasm?: WasmSource;
  /** Starts a worker of one's own, whose script calls `serve` of `lanegrad/worker/host`. */
  readonly worker?: () => WorkerEndpoint;
};

/** As for `network`; a loss that is a function cannot be posted. */
export type WorkerNetworkOptions<D extends FloatType> = {
  /** Of the weights and of dropout's masks. Default 0. */
  readonly seed?: number;
  /** Where the weights come from instead; the stream stands behind their draws afterwards. */
  readonly random?: RandomState | "none";
  /** Of parameters and of all that is computed; float32 by default. */
  readonly dtype?: D;
  /** Default: softmax with cross entropy. */
  readonly loss?: LossName;
};

/** As for `decodeNetwork`. */
export type WorkerLoadOptions = {
  /** The file's name, for errors. */
  readonly file?: string;
  /** In place of the loss that the file names. */
  readonly loss?: LossName;
  /** Of dropout's masks, if training goes on. Default 0. */
  readonly seed?: number;
};

/**
 * Starts a worker with an engine of its own. It ends with `close()`; in Node, also with the process, which waits for
 * answers but not for an idle worker.
 *
 * @throws {EngineError} (rejects) no WebAssembly, no SIMD, forbidden by a policy, or not the kernels
 * @throws {WorkerError} (rejects) the worker's script cannot be loaded, or is of another release
 * @example
 * await using worker = await startWorker();
 * const net = await worker.network(sequential(dense(784, 128), relu(), dense(128, 10)), { seed: 0 });
 * const data = await worker.dataset(mnist.test, { transfer: "copy" });
 * await net.train(data, { epochs: 1, batchSize: 100, optimizer: adam({ learningRate: 1e-3 }) });
 */
export async function startWorker({
  build = "simd",
  wasm: source,
  worker = spawn,
}: WorkerOptions = {}): Promise<NetworkWorker> {
  const wasm = await kernelsOf(build, source); // here, because a worker's one file carries none
  const connection = new Connection(started(worker));
  try {
    await connection.call("start", { protocol: PROTOCOL, build, wasm });
  } catch (error) {
    await connection.close();
    throw error;
  }
  return new NetworkWorker(connection);
}

function started(worker: () => WorkerEndpoint): WorkerEndpoint {
  try {
    return worker();
  } catch (error) {
    throw new WorkerError({ kind: "start", reason: reasonOf(error) }, { cause: error });
  }
}

/** What `startWorker` gives: makes networks and datasets in the worker. */
export class NetworkWorker extends Shown {
  static override readonly name: string = "NetworkWorker";
  readonly #connection: Connection;

  constructor(connection: Connection) {
    super();
    this.#connection = connection;
  }

  /**
   * A network in the worker, as `network` makes it.
   *
   * @throws {OptionError} (rejects) a description that is none, a seed that is no whole number, a loss that is a function
   * @throws {ShapeError} (rejects) layers that do not fit
   * @throws {AllocationError} (rejects) the worker's memory is too small
   */
  async network<D extends FloatType = "float32">(
    description: Sequential,
    { seed, random, dtype, loss }: WorkerNetworkOptions<D> = {},
  ): Promise<WorkerNetwork<D>> {
    if (typeof loss === "function") {
      throw new OptionError("network: loss", "a loss by name", loss, "functions cannot be posted to a worker");
    }
    const network = this.#connection.number();
    const stream = typeof random === "object" ? random.getState() : random;
    const ask = { network, description, seed, random: stream, dtype, loss };
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
    const network = this.#connection.number();
    const own = new Uint8Array(bytes);
    const facts = await this.#connection.call("load", { network, bytes: own, options }, { transfer: [own.buffer] });
    return new WorkerNetwork(this.#connection, network, facts);
  }

  /**
   * A dataset in the worker.
   *
   * @param options.transfer by default its elements are moved: the dataset here is empty afterwards. A slice is copied,
   *   because what it was taken from may be needed. `"copy"` leaves everything here
   * @throws {DatasetError} (rejects) it was moved before
   * @throws {OptionError} (rejects) arrays that cannot be moved, such as those in a WebAssembly memory
   */
  async dataset(dataset: Dataset, { transfer = "move" }: TransferOptions = {}): Promise<WorkerDataset> {
    if (transfer !== "move" && transfer !== "copy") throw new OptionError("transfer", '"move" or "copy"', transfer);
    const number = this.#connection.number();
    const { parts, buffers } = partsOf(dataset, transfer);
    await this.#connection.call("dataset", { dataset: number, parts }, { transfer: buffers });
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
