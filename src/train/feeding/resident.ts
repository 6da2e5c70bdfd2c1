/**
 * A dataset in an engine's memory: pixels as the bytes they came as, floats only for the rows of a minibatch. What came
 * as floats is stored there in the dtype of its minibatches.
 */

import { checkInstance } from "../../arguments.ts";
import { compile, type Program } from "../../autodiff/program.ts";
import { checkBatchSize } from "../../data/batches.ts";
import { Dataset } from "../../data/dataset.ts";
import { DatasetError } from "../../data/dataset_error.ts";
import { allOrNothing, Owner } from "../../disposable.ts";
import { OptionError } from "../../errors.ts";
import { checkFloatType, isLabels } from "../../nn/inputs.ts";
import type { StepSource } from "../../nn/training_step.ts";
import { batchOf, labelsOf } from "../../ops/gather.ts";
import { rowsOf } from "../../ops/rows.ts";
import { compress, densityOf } from "../../ops/sparse.ts";
import { checkOptions } from "../../options.ts";
import { type Expression, expressionOf, type Value } from "../../tensor/expression.ts";
import { MAX_SPARSE_COLUMNS, SparseMatrix } from "../../tensor/sparse.ts";
import { empty, type Tensor, tensor, zeros } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { checkEngine, type Engine } from "../../wasm/engine.ts";
import type { WeightedRows } from "./weighted.ts";

/** How examples are stored: every element, or only those that are not zero. */
export type InputLayout = "dense" | "sparse";

/** How to store examples. */
export type ResidentOptions = {
  /** `auto`: sparse where fewer than 40 % of the bytes are not zero; there its work is less. Floats are dense. */
  readonly layout?: InputLayout | "auto";
};

/** The share of nonzeros from which on dense products are the faster ones. */
const DENSE_FROM = 0.4;

/**
 * Inputs and targets of n examples, copied into an engine's memory once. The caller disposes of it.
 *
 * @example
 * using digits = new ResidentDataset(engine, mnist.test);
 * evaluate(net, digits).examples; // → 2000
 */
export class ResidentDataset extends Owner {
  static override get name(): string {
    return "ResidentDataset";
  }
  readonly engine: Engine;
  /** Examples. */
  readonly length: number;
  /** Values of one example. */
  readonly size: number;
  /** What a byte is multiplied by when it becomes a float. */
  readonly scale: number;
  /** How many numbers a target has; 0 where targets are labels. */
  readonly targetWidth: number;
  /** Where examples have weights: what a minibatch of them brings. */
  rowWeights: WeightedRows["rowWeights"] | undefined;
  readonly #dataset: Dataset;
  /** n × size bytes; undefined where the examples are floats */
  readonly #bytes: Tensor<"uint8"> | SparseMatrix<"uint8"> | undefined;
  /** n labels; undefined where the targets are numbers */
  readonly #labels: Tensor<"int32"> | undefined;
  /** Floats, once a minibatch of their dtype has asked for them. */
  readonly #inputs: Copies = {};
  readonly #targets: Copies = {};

  /**
   * @throws {AllocationError} the engine's memory is too small
   * @throws {OptionError} sparse rows of floats
   */
  constructor(engine: Engine, dataset: Dataset, options: ResidentOptions = {}) {
    checkOptions<ResidentOptions>("ResidentDataset", options, { layout: 1 });
    const { layout = "auto" } = options;
    super();
    checkEngine(engine);
    checkInstance("ResidentDataset: dataset", "a Dataset", Dataset, dataset);
    checkLayout(layout);
    this.engine = engine;
    this.length = dataset.length;
    this.size = dataset.size;
    this.scale = dataset.scale;
    this.targetWidth = dataset.targetWidth;
    this.rowWeights = (dataset as Partial<WeightedRows>).rowWeights;
    this.#dataset = dataset;
    const parts = allOrNothing((own) => {
      const bytes = bytesOf(engine, dataset, layout);
      if (bytes !== undefined) own(bytes);
      const isNumbers = dataset.targets === "numbers";
      return {
        bytes,
        labels: isNumbers ? undefined : tensor(engine, dataset.labels, { dtype: "int32", name: "labels" }),
      };
    });
    this.#bytes = parts.bytes;
    this.#labels = parts.labels;
  }

  /** How the inputs are stored. */
  get layout(): InputLayout {
    return this.#bytes instanceof SparseMatrix ? "sparse" : "dense";
  }

  /**
   * n labels, int32
   *
   * @throws {DatasetError} the targets are numbers
   */
  get labels(): Tensor<"int32"> {
    return this.#labels ?? noLabels(this.#dataset.name);
  }

  /**
   * What minibatches gather from: n × size bytes, or floats of the dtype that is asked for. Floats are copied into the
   * engine's memory by the first call for their dtype.
   *
   * @throws {AllocationError} the engine's memory is too small
   */
  inputs<D extends FloatType>(dtype: D): Tensor<"uint8"> | SparseMatrix<"uint8"> | Tensor<D> | SparseMatrix<D> {
    if (this.#bytes !== undefined) return this.#bytes;
    const { inputs, length, size } = this.#dataset;
    return copyOf(this.engine, this.#inputs, dtype, {
      values: inputs as Float32Array,
      shape: [length, size],
      name: "inputs",
    });
  }

  /** The inputs of the examples that `indices` names when a program runs, as an expression: m × size floats. */
  gathered<D extends FloatType>(indices: Value<"int32">, dtype: D): Expression<D> {
    const inputs = this.inputs(dtype);
    if (inputs.dtype !== "uint8") return rowsOf(inputs as Tensor<D>, indices);
    return batchOf(inputs as Tensor<"uint8">, indices, { dtype, scale: this.scale });
  }

  /**
   * n labels, int32; or n × targetWidth numbers of the dtype that is asked for.
   *
   * @throws {AllocationError} the engine's memory is too small
   */
  targets<D extends FloatType>(dtype: D): Tensor<"int32"> | Tensor<D> {
    if (this.#labels !== undefined) return this.#labels;
    const { targetValues, length, targetWidth } = this.#dataset;
    const values = targetValues as Float32Array;
    return copyOf(this.engine, this.#targets, dtype, { values, shape: [length, targetWidth], name: "targets" });
  }

  dispose(): void {
    this.#bytes?.dispose();
    this.#labels?.dispose();
    for (const copies of [this.#inputs, this.#targets]) {
      copies.float32?.dispose();
      copies.float64?.dispose();
    }
  }
}

/** A dataset in an engine's memory; a sparse one brings its own class. */
export function residentOf(
  engine: Engine,
  data: Dataset & { resident?(engine: Engine): ResidentDataset },
  layout: InputLayout | "auto",
): ResidentDataset {
  return data.resident ? data.resident(engine) : new ResidentDataset(engine, data, { layout });
}

type Copies = { [D in FloatType]?: Tensor<D> };

/** The copy in this dtype, made where there is none. A copy that was disposed of is an error where it is used. */
function copyOf<D extends FloatType>(
  engine: Engine,
  copies: Copies,
  dtype: D,
  {
    values,
    shape,
    name,
  }: { readonly values: Float32Array | Float64Array; readonly shape: readonly number[]; readonly name: string },
): Tensor<D> {
  const known = copies[dtype] as Tensor<D> | undefined;
  if (known !== undefined) return known;
  const made = tensor(engine, values, { dtype, shape, name });
  Object.assign(copies, { [dtype]: made });
  return made;
}

/** The bytes in the layout that was asked for, or that suits them. */
function bytesOf(
  engine: Engine,
  { inputs, length, size }: Dataset,
  layout: InputLayout | "auto",
): Tensor<"uint8"> | SparseMatrix<"uint8"> | undefined {
  if (!(inputs instanceof Uint8Array)) {
    if (layout === "sparse") throw new OptionError("layout", '"dense" or "auto" for examples of floats', layout);
    return undefined;
  }
  const dense = tensor(engine, inputs, { shape: [length, size], name: "inputs" });
  const wanted = layout === "auto" ? layoutFor(dense) : layout;
  if (wanted === "dense") return dense;
  try {
    return compress(dense);
  } finally {
    dense.dispose();
  }
}

/** The layout in which products with these bytes are faster. */
export function layoutFor(inputs: Tensor<"uint8">): InputLayout {
  const [, columns = 0] = inputs.shape;
  return columns <= MAX_SPARSE_COLUMNS && densityOf(inputs) < DENSE_FROM ? "sparse" : "dense";
}

/** Elements that are looked at in one turn. */
const TURN_ELEMENTS = 2 ** 24;

/** The layout that `auto` is for a dataset, without a copy of it; yields in between. */
export function* layoutOf({ inputs, size }: Dataset): Generator<undefined, InputLayout> {
  if (!(inputs instanceof Uint8Array) || size > MAX_SPARSE_COLUMNS) return "dense";
  let nonzeros = 0;
  for (let at = 0; at < inputs.length; ) {
    const end = Math.min(at + TURN_ELEMENTS, inputs.length);
    for (; at < end; at++) if (inputs[at] !== 0) nonzeros += 1;
    yield;
  }
  return nonzeros / inputs.length < DENSE_FROM ? "sparse" : "dense";
}

/**
 * Room for m examples, filled by index, again and again. The caller disposes of it.
 *
 * @example
 * using digits = new ResidentDataset(engine, mnist.test);
 * using batch = new Minibatch(digits, 2, "float32");
 * batch.indices.set([7, 9]);
 * batch.gather();
 * net.loss(batch.inputs, batch.targets);
 */
export class Minibatch<D extends FloatType> extends Owner {
  static override get name(): string {
    return "Minibatch";
  }
  /** Which examples `gather` takes: m positions in the dataset, int32; write them before. */
  readonly indices: Tensor<"int32">;
  /** m × size, in the dataset's layout */
  readonly inputs: Tensor<D> | SparseMatrix<D>;
  /** m labels, int32; or m × targetWidth numbers */
  readonly targets: Tensor<"int32"> | Tensor<D>;
  /** The same as expressions, for a program that gathers: what it finds is also in `inputs` and `targets`. */
  readonly source: StepSource<D>;
  readonly #gather: Program;

  /**
   * @param batchSize m, at least 1
   * @throws {AllocationError} the engine's memory is too small
   */
  constructor(resident: ResidentDataset, batchSize: number, dtype: D) {
    super();
    checkInstance("Minibatch: resident", "a ResidentDataset", ResidentDataset, resident);
    checkBatchSize(batchSize);
    checkFloatType(dtype);
    const { engine, size, targetWidth } = resident;
    const inputs = resident.inputs(dtype);
    const targets = resident.targets(dtype);
    const parts = allOrNothing((own) => {
      const room = {
        indices: own(zeros(engine, [batchSize], { dtype: "int32", name: "indices" })),
        targets: own(roomForTargets(engine, { batchSize, targetWidth, dtype })),
        inputs: own(
          inputs instanceof SparseMatrix
            ? new SparseMatrix(engine, [batchSize, size], { dtype, maxRowNonzeros: inputs.maxRowNonzeros })
            : empty(engine, [batchSize, size], { dtype, name: "inputs" }),
        ),
      };
      const indices = expressionOf(room.indices);
      const x = resident.gathered(indices, dtype);
      const t: Expression = isLabels(targets) ? labelsOf(targets, indices) : rowsOf(targets, indices);
      const into = [[x, room.inputs] as const, [t, room.targets] as const];
      return {
        ...room,
        source: { x, t, into, weights: resident.rowWeights?.(room.indices, dtype) },
        gather: compile({}, { into }),
      };
    });
    this.indices = parts.indices;
    this.targets = parts.targets;
    this.inputs = parts.inputs;
    this.source = parts.source;
    this.#gather = parts.gather;
  }

  /**
   * m labels, int32
   *
   * @throws {DatasetError} the targets are numbers
   */
  get labels(): Tensor<"int32"> {
    return isLabels(this.targets) ? this.targets : noLabels("minibatch");
  }

  /**
   * Fills `inputs` and `targets` with the examples that `indices` names.
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
    this.targets.dispose();
  }
}

/** m labels, or m × targetWidth numbers where there is a width. */
export function roomForTargets<D extends FloatType>(
  engine: Engine,
  { batchSize, targetWidth, dtype }: { readonly batchSize: number; readonly targetWidth: number; readonly dtype: D },
): Tensor<"int32"> | Tensor<D> {
  if (targetWidth === 0) return zeros(engine, [batchSize], { dtype: "int32", name: "labels" });
  return zeros(engine, [batchSize, targetWidth], { dtype, name: "targets" });
}

/** @throws {DatasetError} always: numbers are not labels */
export function noLabels(name: string): never {
  throw new DatasetError({ kind: "targets", name, expected: "class labels", found: "numbers" });
}

/**
 * The layout for examples of so many axes: only those of one axis may be sparse.
 *
 * @throws {OptionError} sparse examples of several axes
 */
export function layoutOfRank(axes: number, layout: InputLayout | "auto"): InputLayout | "auto" {
  if (axes === 1) return layout;
  if (layout === "sparse") throw new OptionError("layout", '"dense" or "auto" for examples of several axes', layout);
  return "dense";
}

/** @throws {OptionError} not the name of a layout */
export function checkLayout(layout: InputLayout | "auto"): void {
  if (layout !== "auto" && layout !== "dense" && layout !== "sparse") {
    throw new OptionError("layout", "auto, dense or sparse", layout);
  }
}
