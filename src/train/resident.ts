/**
 * A dataset in an engine's memory: pixels as the bytes they came as, floats only for the rows of a minibatch.
 */
import type { Dataset } from "../data/dataset.ts";
import { gatherIndices, gatherRows } from "../ops/gather.ts";
import { empty, type Tensor, tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** Bytes and labels of n examples, copied into an engine's memory once. The caller disposes of it. */
export class ResidentDataset {
  readonly engine: Engine;
  readonly length: number;
  /** Values of one example. */
  readonly size: number;
  /** What a byte is multiplied by when it becomes a float. */
  readonly scale: number;
  /** n × size, uint8 */
  readonly inputs: Tensor<"uint8">;
  /** n, int32 */
  readonly labels: Tensor<"int32">;

  /** @throws {AllocationError} the engine's memory is too small */
  constructor(engine: Engine, dataset: Dataset) {
    this.engine = engine;
    this.length = dataset.length;
    this.size = dataset.inputs.length / dataset.length;
    this.scale = dataset.scale;
    this.inputs = tensor(engine, dataset.inputs, { shape: [this.length, this.size], name: "inputs" });
    this.labels = tensor(engine, dataset.labels, { dtype: "int32", name: "labels" });
  }

  dispose(): void {
    this.inputs.dispose();
    this.labels.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Room for m examples, filled by index, again and again. The caller disposes of it. */
export class Minibatch<D extends FloatType> {
  readonly #dataset: ResidentDataset;
  /** Which examples `gather` takes: m positions in the dataset, int32; write them before. */
  readonly indices: Tensor<"int32">;
  /** m × size */
  readonly inputs: Tensor<D>;
  /** m, int32 */
  readonly labels: Tensor<"int32">;
  readonly #intoLabels: { readonly out: Tensor<"int32"> };

  /** @throws {AllocationError} the engine's memory is too small */
  constructor(dataset: ResidentDataset, batchSize: number, dtype: D) {
    const { engine, size } = dataset;
    this.#dataset = dataset;
    this.indices = empty(engine, [batchSize], { dtype: "int32", name: "indices" });
    this.inputs = empty(engine, [batchSize, size], { dtype, name: "inputs" });
    this.labels = empty(engine, [batchSize], { dtype: "int32", name: "labels" });
    this.#intoLabels = { out: this.labels };
  }

  /**
   * Fills `inputs` and `labels` with the examples that `indices` names.
   *
   * @throws {IndexError} an index that names no example
   */
  gather(): void {
    gatherRows(this.#dataset.inputs, this.indices, this.inputs, this.#dataset.scale);
    gatherIndices(this.#dataset.labels, this.indices, this.#intoLabels);
  }

  dispose(): void {
    this.indices.dispose();
    this.inputs.dispose();
    this.labels.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
