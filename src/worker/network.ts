/** A network in a worker, as the program holds it: the calls of `Network`, awaited. */
import { DisposedError, OptionError } from "../errors.ts";
import { checkNamedArrays, type NamedArray, typeOf } from "../formats/arrays.ts";
import type { SetWeightsOptions } from "../nn/files/weights.ts";
import type { Sequential } from "../nn/layers/layer.ts";
import { checkReadable } from "../readable.ts";
import { Shown } from "../shown.ts";
import type { Shape } from "../tensor/layout.ts";
import type { EvaluateOptions, Evaluation } from "../train/evaluation/evaluate.ts";
import type { Misclassified, MisclassifiedOptions } from "../train/evaluation/misclassified.ts";
import type { TrainHistory } from "../train/loop/history.ts";
import { isNumberArray } from "../values.ts";
import type { ArrayOf, FloatType } from "../wasm/dtype.ts";
import type { Connection } from "./connection.ts";
import { copyOf, numberOf, type WorkerDataset } from "./dataset.ts";
import type { NetworkFacts, Rows } from "./protocol.ts";
import { refused, startTraining, type TrainingRun, type WorkerTrainOptions } from "./training.ts";

/** A network's predictions for rows: number of rows × outputs, row-major. */
export type Prediction<D extends FloatType> = { readonly shape: Shape; readonly data: ArrayOf[D] };

/**
 * What `worker.network` and `worker.load` give. Lives until it, or the worker, is disposed of.
 *
 * Errors are those of the same calls on the main thread: their class and their fields cross with them. Every method also
 * rejects with a `DisposedError` after `dispose()`, and with a `WorkerError` when the worker has ended.
 */
export class WorkerNetwork<D extends FloatType = FloatType> extends Shown {
  static override get name(): string {
    return "WorkerNetwork";
  }
  readonly dtype: D;
  /** The layers. */
  readonly description: Sequential;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #connection: Connection;
  readonly #number: number;
  #isDisposed = false;

  constructor(connection: Connection, number: number, { dtype, description, inputSize, outputSize }: NetworkFacts) {
    super();
    this.#connection = connection;
    this.#number = number;
    this.dtype = dtype as D;
    this.description = description;
    this.inputSize = inputSize;
    this.outputSize = outputSize;
  }

  /**
   * Trains as `train` does, with the same bits; other calls run in between.
   *
   * Of `random`, the run draws in the worker; when the run is over, the stream is advanced past those draws.
   *
   * @param history where records are put as they come in; kept when the run is cut short by an error
   * @example
   * await using worker = await startWorker();
   * const net = await worker.network(sequential(dense(784, 10)));
   * const data = await worker.dataset(mnist.test, { transfer: "copy" });
   * const run = net.train(data, { iterations: 20, learningRate: 0.1, batchSize: 10 });
   * await run.pause(); // until `run.resume()`
   * run.stop();
   * const { outcome } = await run;
   */
  train(dataset: WorkerDataset, options: WorkerTrainOptions, history?: TrainHistory): TrainingRun {
    try {
      return startTraining(this.#connection, this.#numberFor("train"), dataset, options, history);
    } catch (error) {
      return refused(error);
    }
  }

  /**
   * The network's predictions for rows, as `Network.predict`.
   *
   * @param rows one example or several: numbers, which are copied
   * @throws {OptionError} (rejects) an array of something other than numbers
   */
  async predict(rows: Rows): Promise<Prediction<D>> {
    const network = this.#numberFor("predict");
    checkReadable("predict: rows", rows);
    if (ArrayBuffer.isView(rows) && !isNumberArray(rows)) {
      throw new OptionError("predict: rows", "a typed array of numbers, or nested numbers", rows);
    }
    const own = ArrayBuffer.isView(rows) ? copyOf(rows) : rows;
    const transfer = ArrayBuffer.isView(own) ? [own.buffer as ArrayBuffer] : [];
    const { shape, data } = await this.#connection.call("predict", { network, rows: own }, { transfer });
    return { shape, data: data as ArrayOf[D] };
  }

  /** How good the network is on a dataset, as `evaluate`. */
  async evaluate(dataset: WorkerDataset, options: EvaluateOptions = {}): Promise<Evaluation> {
    const ask = { ...this.#on("evaluate", dataset), options };
    return this.#connection.call("evaluate", ask);
  }

  /** The most confidently wrong examples, as `misclassified`. */
  async misclassified(dataset: WorkerDataset, options: MisclassifiedOptions = {}): Promise<readonly Misclassified[]> {
    const ask = { ...this.#on("misclassified", dataset), options };
    return this.#connection.call("misclassified", ask);
  }

  /** Parameters and running statistics, as `weightsOf`: copies, which are the program's own. */
  async weights(): Promise<readonly NamedArray[]> {
    return this.#connection.call("weights", { network: this.#numberFor("weights") });
  }

  /** Puts arrays into the network, as `setWeights`; they are copied. */
  async setWeights(weights: readonly NamedArray[], options: SetWeightsOptions = {}): Promise<void> {
    checkNamedArrays("setWeights: weights", weights);
    const own = weights.map(({ name, shape, data }) => {
      checkReadable(`setWeights: ${name}`, data);
      if (typeOf(data) === undefined) throw new OptionError(`setWeights: ${name}`, "a typed array", data);
      return { name, shape, data: data.slice() };
    });
    const transfer = own.map(({ data }) => data.buffer as ArrayBuffer);
    const ask = { network: this.#numberFor("setWeights"), weights: own, options };
    await this.#connection.call("setWeights", ask, { transfer });
  }

  /** The bytes of a file with all of the network, as `encodeNetwork`. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#connection.call("save", { network: this.#numberFor("save") });
  }

  /** Stops the runs on the network, and gives the memory back. A second call does nothing. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (!this.#connection.isOpen) return; // it went with the worker
    await this.#connection.call("disposeNetwork", { network: this.#number });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #on(op: string, dataset: WorkerDataset): { readonly network: number; readonly dataset: number } {
    return { network: this.#numberFor(op), dataset: numberOf(op, dataset, this.#connection) };
  }

  #numberFor(op: string): number {
    if (this.#isDisposed) throw new DisposedError(`network ${this.inputSize}-…-${this.outputSize}`, op);
    return this.#number;
  }
}
