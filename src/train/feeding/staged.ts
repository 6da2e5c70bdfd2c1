/**
 * A minibatch that JavaScript fills, example by example, before each step: for images that are changed on the way, and
 * for data that does not fit into memory.
 *
 *   load     bytes, or floats, and targets are written to the engine's memory
 *   gather   bytes become floats; a training step built from `source` does the same for itself
 */

import { checkInstance, checkList, checkType } from "../../arguments.ts";
import { compile, type Program } from "../../autodiff/program.ts";
import { type Augmentation, Augmenter } from "../../data/augmentation.ts";
import { checkBatchSize } from "../../data/batches.ts";
import { checkRows, Dataset, isAlike, kindOf } from "../../data/dataset.ts";
import { DatasetError } from "../../data/dataset_error.ts";
import { allOrNothing, Owner } from "../../disposable.ts";
import { OptionError } from "../../errors.ts";
import { isLabels } from "../../nn/inputs.ts";
import type { StepSource } from "../../nn/training_step.ts";
import { batchOf } from "../../ops/gather.ts";
import { compressed } from "../../ops/sparse.ts";
import { checkOptions } from "../../options.ts";
import type { RandomState } from "../../random/random_state.ts";
import { type Expression, expressionOf } from "../../tensor/expression.ts";
import { SparseMatrix } from "../../tensor/sparse.ts";
import { empty, type Tensor, tensor, zeros } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Engine } from "../../wasm/engine.ts";
import { checkLayout, type InputLayout, layoutFor, noLabels, roomForTargets } from "./resident.ts";
import type { WeightedRows } from "./weighted.ts";

/** Room for how many examples, and of which type. */
export type StagedOptions<D extends FloatType> = {
  /** m, at least 1 */
  readonly batchSize: number;
  /** What the examples become. */
  readonly dtype: D;
  /** `auto`: as `ResidentDataset` would choose for the first thousand examples. Floats are dense. */
  readonly layout?: InputLayout | "auto";
};

/** What happens to images on the way. */
export type LoadOptions = {
  /** Changes each image anew. */
  readonly augment?: Augmentation | undefined;
  /** Where the amounts come from, four draws for each example in order; needed with `augment`. */
  readonly random?: RandomState | undefined;
};

/** Examples that are looked at for the layout. */
const LOOKED_AT = 1000;
const NO_OPTIONS: LoadOptions = {};
/** Not made anew by each `load`, which makes nothing. */
const LOAD_KEYS = { augment: 1, random: 1 } as const;

/** Room for m examples that are loaded, again and again. The caller disposes of it. */
export class StagedMinibatch<D extends FloatType> extends Owner {
  static override get name(): string {
    return "StagedMinibatch";
  }
  /** m */
  readonly batchSize: number;
  /** m × size: what the examples are when `gather`, or a step, has run. */
  readonly inputs: Tensor<D> | SparseMatrix<D>;
  /** m labels, int32; or m × targetWidth numbers */
  readonly targets: Tensor<"int32"> | Tensor<D>;
  /** The same as expressions, for a program: what it finds is also in `inputs` and `targets`. */
  readonly source: StepSource<D>;
  /** What the loaded datasets must be like. */
  readonly #like: Dataset;
  /** What `load` writes inputs to: m × size bytes, or floats, which then are the inputs themselves. */
  readonly #stage: Tensor<"uint8"> | Tensor<D>;
  /** 0 to m - 1: all rows of the stage, in order. */
  readonly #everyRow: Tensor<"int32">;
  readonly #gather: Program | undefined;
  /** Where examples have weights: which ones were loaded. */
  readonly #indices: Tensor<"int32"> | undefined;
  #augmenter: Augmenter | undefined;

  /**
   * @param like a dataset such as will be loaded: size, kind and scale of its inputs, kind and width of its targets
   * @throws {OptionError} an invalid batch size, sparse rows of floats
   * @throws {AllocationError} the engine's memory is too small
   * @example
   * using batch = new StagedMinibatch(engine, mnist.train, { batchSize: 2, dtype: net.dtype });
   * using state = net.optimize(sgd({ learningRate: 0.1 }));
   * using step = net.trainingStep(state, batch.source);
   * batch.load(mnist.train, [7, 9], { augment: augment({ shift: 2, rotate: 10 }), random: new RandomState(0) });
   * step.run();
   */
  constructor(engine: Engine, like: Dataset, options: StagedOptions<D>) {
    checkType("StagedMinibatch: options", "object", options);
    checkOptions<StagedOptions<D>>("StagedMinibatch", options, { batchSize: 1, dtype: 1, layout: 1 });
    const { batchSize, dtype, layout = "auto" } = options;
    super();
    checkInstance("StagedMinibatch: like", "a Dataset", Dataset, like);
    checkLayout(layout);
    checkBatchSize(batchSize);
    const isBytes = like.inputs instanceof Uint8Array;
    if (!isBytes && layout === "sparse") {
      throw new OptionError("layout", '"dense" or "auto" for examples of floats', layout);
    }
    const { size, scale, targetWidth } = like;
    const shape = [batchSize, size] as const;
    this.batchSize = batchSize;
    this.#like = like;
    const { rowWeights } = like as Partial<WeightedRows>;
    const parts = allOrNothing((own) => {
      const targets = own(roomForTargets(engine, { batchSize, targetWidth, dtype }));
      const rows = Int32Array.from({ length: batchSize }, (_, row) => row);
      const everyRow = own(tensor(engine, rows));
      const t: Expression = expressionOf<"int32" | D>(targets);
      const indices = rowWeights && own(zeros(engine, [batchSize], { dtype: "int32", name: "indices" }));
      const weights = indices && rowWeights(indices, dtype);
      if (!isBytes) {
        const inputs = zeros(engine, shape, { dtype, name: "inputs" });
        const source: StepSource<D> = { x: expressionOf(inputs), t, weights };
        return { targets, indices, everyRow, stage: inputs, inputs, source, gather: undefined };
      }
      const stage = own(zeros(engine, shape, { dtype: "uint8", name: "stage" }));
      const isSparse = (layout === "auto" ? layoutOf(engine, like) : layout) === "sparse";
      const inputs = own(
        isSparse
          ? new SparseMatrix(engine, shape, { dtype, maxRowNonzeros: size })
          : empty(engine, shape, { dtype, name: "inputs" }),
      );
      const x = batchOf(isSparse ? compressed(stage) : stage, everyRow, { dtype, scale });
      const into = [[x, inputs] as const];
      return {
        targets,
        indices,
        everyRow,
        stage,
        inputs,
        source: { x, t, into, weights },
        gather: compile({}, { into }),
      };
    });
    this.targets = parts.targets;
    this.#indices = parts.indices;
    this.#everyRow = parts.everyRow;
    this.#stage = parts.stage;
    this.inputs = parts.inputs;
    this.source = parts.source;
    this.#gather = parts.gather;
  }

  /** How the inputs are stored. */
  get layout(): InputLayout {
    return this.inputs instanceof SparseMatrix ? "sparse" : "dense";
  }

  /**
   * m labels, int32
   *
   * @throws {DatasetError} the targets are numbers
   */
  get labels(): Tensor<"int32"> {
    return isLabels(this.targets) ? this.targets : noLabels(this.#like.name);
  }

  /**
   * Takes m examples; labels stay with their images. Nothing is drawn or written by a call that throws.
   *
   * @param indices m positions in the dataset
   * @throws {OptionError} not m indices, `augment` without `random` or for what is not an image
   * @throws {IndexError} an index that names no example
   * @throws {DatasetError} the dataset is not like the one that the minibatch was made for
   * @throws {DisposedError} after `dispose()`
   */
  load(dataset: Dataset, indices: ArrayLike<number>, options: LoadOptions = NO_OPTIONS): void {
    checkInstance("load: dataset", "a Dataset", Dataset, dataset);
    checkList("load: indices", indices, "an array of indices");
    checkOptions<LoadOptions>("load", options, LOAD_KEYS);
    if (indices.length !== this.batchSize)
      throw new OptionError("indices", `${this.batchSize} of them`, indices.length);
    checkRows("load", indices, dataset.length);
    this.#checkAlike(dataset);
    const { inputs } = dataset;
    if (this.#indices !== undefined) this.#indices.data.set(indices);
    if (options.augment === undefined) copyRows(inputs, indices, dataset.size, this.#stage.data);
    else this.#augment(dataset, indices, options.augment, options.random);
    if (dataset.targetValues !== undefined) {
      copyRows(dataset.targetValues, indices, dataset.targetWidth, this.targets.data);
    } else copyRows(dataset.labels, indices, 1, this.targets.data);
  }

  /** Makes `inputs` of what was loaded, where no training step does. */
  gather(): void {
    this.#gather?.run();
  }

  dispose(): void {
    this.#gather?.dispose();
    this.#everyRow.dispose();
    this.#indices?.dispose();
    this.#stage.dispose();
    this.inputs.dispose();
    this.targets.dispose();
  }

  #augment(dataset: Dataset, indices: ArrayLike<number>, augmentation: Augmentation, random?: RandomState): void {
    const { inputs, size } = dataset;
    if (random === undefined) throw new OptionError("random", "a RandomState, with augment", random);
    if (!(inputs instanceof Uint8Array)) throw new OptionError("augment", "images of bytes", inputs);
    if (this.#augmenter?.augmentation !== augmentation) this.#augmenter = new Augmenter(augmentation, dataset.shape);
    const stage = this.#stage.data as Uint8Array;
    for (let row = 0; row < indices.length; row++) {
      this.#augmenter.draw(random);
      this.#augmenter.apply(inputs, (indices[row] ?? 0) * size, stage, row * size);
    }
  }

  #checkAlike(dataset: Dataset): void {
    const like = this.#like;
    if (dataset !== like && [dataset, like].some((each) => "rowWeights" in each)) {
      throw new OptionError(
        "load: dataset",
        "the one that the minibatch was made for, where examples have weights",
        dataset,
      );
    }
    if (isAlike(dataset, like)) return;
    throw new DatasetError({ kind: "shape", file: dataset.name, expected: kindOf(like), found: kindOf(dataset) });
  }
}

function layoutOf(engine: Engine, { inputs, length, size }: Dataset): InputLayout {
  const count = Math.min(length, LOOKED_AT);
  using few = tensor(engine, inputs.subarray(0, count * size) as Uint8Array, { shape: [count, size] });
  return layoutFor(few);
}

/** to_i ← from_(r_i), in rows of `width` elements; converted where the types differ. */
function copyRows(from: Elements, indices: ArrayLike<number>, width: number, to: Elements): void {
  let at = 0;
  for (let row = 0; row < indices.length; row++) {
    const start = (indices[row] ?? 0) * width;
    for (let i = start; i < start + width; i++) to[at++] = from[i] ?? 0;
  }
}

type Elements = Uint8Array | Int32Array | Float32Array | Float64Array;
