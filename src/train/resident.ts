/**
 * A dataset in an engine's memory: pixels as the bytes they came as, floats only for the rows of a minibatch.
 */

import { compile, type Program } from "../autodiff/program.ts";
import type { Dataset } from "../data/dataset.ts";
import type { StepSource } from "../nn/training_step.ts";
import { batchOf, labelsOf } from "../ops/gather.ts";
import { compress, densityOf } from "../ops/sparse.ts";
import { MAX_SPARSE_COLUMNS, SparseMatrix } from "../tensor/sparse.ts";
import { empty, type Tensor, tensor, zeros } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** How examples lie in memory: every byte, or only those that are not zero. */
export type InputLayout = "dense" | "sparse";

export type ResidentOptions = {
  /** `auto`: sparse where fewer than 40 % of the bytes are not zero; there its work is less. */
  readonly layout?: InputLayout | "auto";
};

/** The share of nonzeros from which on dense products are the faster ones. */
const DENSE_FROM = 0.4;

/** Bytes and labels of n examples, copied into an engine's memory once. The caller disposes of it. */
export class ResidentDataset {
  readonly engine: Engine;
  readonly length: number;
  /** Values of one example. */
  readonly size: number;
  /** What a byte is multiplied by when it becomes a float. */
  readonly scale: number;
  /** n × size, uint8 */
  readonly inputs: Tensor<"uint8"> | SparseMatrix<"uint8">;
  /** n, int32 */
  readonly labels: Tensor<"int32">;

  /** @throws {AllocationError} the engine's memory is too small */
  constructor(engine: Engine, dataset: Dataset, { layout = "auto" }: ResidentOptions = {}) {
    this.engine = engine;
    this.length = dataset.length;
    this.size = dataset.inputs.length / dataset.length;
    this.scale = dataset.scale;
    this.inputs = inputsOf(engine, dataset, [this.length, this.size], layout);
    this.labels = tensor(engine, dataset.labels, { dtype: "int32", name: "labels" });
  }

  get layout(): InputLayout {
    return this.inputs instanceof SparseMatrix ? "sparse" : "dense";
  }

  dispose(): void {
    this.inputs.dispose();
    this.labels.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The bytes in the layout that was asked for, or that suits them. */
function inputsOf(
  engine: Engine,
  { inputs }: Dataset,
  shape: readonly [number, number],
  layout: InputLayout | "auto",
): Tensor<"uint8"> | SparseMatrix<"uint8"> {
  const dense = tensor(engine, inputs, { shape, name: "inputs" });
  const wanted = layout === "auto" ? layoutFor(dense) : layout;
  if (wanted === "dense") return dense;
  try {
    return compress(dense);
  } finally {
    dense.dispose();
  }
}

function layoutFor(inputs: Tensor<"uint8">): InputLayout {
  const [, columns = 0] = inputs.shape;
  return columns <= MAX_SPARSE_COLUMNS && densityOf(inputs) < DENSE_FROM ? "sparse" : "dense";
}

/** Room for m examples, filled by index, again and again. The caller disposes of it. */
export class Minibatch<D extends FloatType> {
  /** Which examples `gather` takes: m positions in the dataset, int32; write them before. */
  readonly indices: Tensor<"int32">;
  /** m × size, in the data set's layout */
  readonly inputs: Tensor<D> | SparseMatrix<D>;
  /** m, int32 */
  readonly labels: Tensor<"int32">;
  /** The same as expressions, for a program that gathers: what it finds is also in `inputs` and `labels`. */
  readonly source: StepSource<D>;
  readonly #gather: Program;

  /** @throws {AllocationError} the engine's memory is too small */
  constructor({ engine, size, scale, inputs, labels }: ResidentDataset, batchSize: number, dtype: D) {
    this.indices = zeros(engine, [batchSize], { dtype: "int32", name: "indices" });
    this.labels = empty(engine, [batchSize], { dtype: "int32", name: "labels" });
    this.inputs =
      inputs instanceof SparseMatrix
        ? new SparseMatrix(engine, [batchSize, size], { dtype, widest: inputs.widest })
        : empty(engine, [batchSize, size], { dtype, name: "inputs" });
    const x = batchOf(inputs, this.indices, { dtype, scale });
    const t = labelsOf(labels, this.indices);
    const into = [[x, this.inputs] as const, [t, this.labels] as const];
    this.source = { x, t, into };
    this.#gather = compile({}, { into });
  }

  /**
   * Fills `inputs` and `labels` with the examples that `indices` names.
   *
   * @throws {IndexError} an index that names no example
   */
  gather(): void {
    this.#gather.run();
  }

  dispose(): void {
    this.#gather.dispose();
    this.indices.dispose();
    this.inputs.dispose();
    this.labels.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
