/** What a classifier and a regressor share: a network, with what it knows about its inputs and answers. */

import { files } from "#platform";
import { checkNumbers, checkType } from "../arguments.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Column } from "../data/table.ts";
import type { Preprocessing } from "../data/tables/columns.ts";
import { columnAt } from "../data/tables/fit.ts";
import {
  appliedTo,
  applyPreprocessing,
  fitPreprocessing,
  type PreprocessingOptions,
  preprocessInputs,
} from "../data/tables/preprocessing.ts";
import { cellsOf, numberOf } from "../data/tables/records.ts";
import { Owner, scoped } from "../disposable.ts";
import { DisposedError, OptionError, SaveError, ShapeError } from "../errors.ts";
import { encodeOnnx } from "../nn/files/onnx_export.ts";
import type { Loss } from "../nn/losses.ts";
import type { Network } from "../nn/network.ts";
import { summary } from "../nn/summary.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { checkSeed } from "../random/checks.ts";
import { tensor } from "../tensor/tensor.ts";
import { type Evaluation, evaluation } from "../train/evaluation/evaluate.ts";
import { weighted } from "../train/feeding/weighted.ts";
import type { TrainHistory } from "../train/loop/history.ts";
import { inTurns } from "../train/loop/turns.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkEngine, type Engine } from "../wasm/engine.ts";
import { defaultEngine, freeWith, keep } from "./default_engine.ts";
import { encodeModel } from "./model_bytes.ts";
import { type ReadOptions, type Rows, read, rowsOf, type Source, type TableData } from "./source.ts";
import { checkTraining, fitted, type TrainingOptions } from "./training.ts";

/** What is learned, from what, and how. Everything but `target` has a default. */
export type EstimatorOptions = Partial<Omit<PreprocessingOptions, "task" | "exclude">> &
  TrainingOptions &
  ReadOptions & {
    /**
     * The examples that early stopping watches: a fraction of the data, data of the same form, or 0 for none. Default: a fifth of
     * 40 rows or more, at most 10,000; none of fewer.
     */
    readonly validation?: number | TableData;
    /**
     * How much each row counts in the loss: numbers from 0 on, one for each row, or the column that has them, which is not learned
     * from then. Rows that are held out keep theirs. Default: all alike.
     */
    readonly sampleWeights?: ArrayLike<number> | Column;
    /** Default: one that all estimators share. */
    readonly engine?: Engine;
    /** Of weights and computations. Default: float32. */
    readonly dtype?: FloatType;
  };

export const ESTIMATOR_KEYS: KeysOf<EstimatorOptions> = {
  ...{ target: 1, inputs: 1, missing: 1, unseen: 1, shape: 1, validation: 1, sampleWeights: 1, engine: 1, dtype: 1 },
  ...{
    layers: 1,
    epochs: 1,
    batchSize: 1,
    optimizer: 1,
    learningRate: 1,
    seed: 1,
    earlyStopping: 1,
    progress: 1,
    signal: 1,
  },
};

/** The parts of an estimator: `classifier`, `regressor` and `loadModel` make them. */
export type EstimatorParts = {
  /** Trained, and from now on the estimator's. */
  readonly network: Network<FloatType>;
  /** Of its inputs and its target. */
  readonly preprocessing: Preprocessing;
  /** Empty of one from a file. */
  readonly history: TrainHistory;
};

/** Rows that are predicted at a time. */
const BLOCK_ROWS = 256;

/** A trained network that takes rows as they are, and answers in words or in the target's units. */
export abstract class Estimator extends Owner {
  /** Words, scales and names, as plain data. */
  readonly preprocessing: Preprocessing;
  /** What training recorded; of a model from a file, empty. */
  readonly history: TrainHistory;
  readonly #network: Network<FloatType>;
  #isDisposed = false;

  /** `classifier`, `regressor` and `loadModel` call it. */
  constructor({ network, preprocessing, history }: EstimatorParts) {
    super();
    this.preprocessing = preprocessing;
    this.history = history;
    this.#network = network;
    freeWith(this, network);
  }

  /**
   * The network, for everything that takes one. It belongs to the estimator; where a program asks for it, the estimator is no longer
   * freed when it is collected, and ends with `dispose()` or its engine.
   */
  get network(): Network<FloatType> {
    this.#checkOpen();
    keep(this);
    return this.#network;
  }

  /**
   * How good it is on other data of the same form, which has the target's column or brings its answers.
   *
   * @throws {DatasetError} (rejects) a column that is missing, an unknown class, a cell of another kind
   * @throws {DisposedError} (rejects) it was disposed of
   */
  async evaluate(data: TableData, options: Pick<EstimatorOptions, "target" | "shape"> = {}): Promise<Evaluation> {
    checkOptions<Pick<EstimatorOptions, "target" | "shape">>("evaluate", options, { target: 1, shape: 1 });
    const { table, answers } = await read("evaluate", data, options);
    this.#checkOpen();
    const { dtype } = this.#network;
    const dataset = applyPreprocessing(this.preprocessing, table, { target: options.target ?? answers, dtype });
    return await inTurns(evaluation(this.#network, dataset), undefined);
  }

  /**
   * The bytes of a safetensors file with everything: weights, layers, words, scales, names of columns and classes.
   *
   * @throws {DisposedError} it was disposed of
   */
  encode(): Uint8Array<ArrayBuffer> {
    this.#checkOpen();
    return encodeModel(this.#network, this.preprocessing);
  }

  /**
   * Writes `encode()` to a file, whole or not at all. In a browser there are no files: pass the bytes on.
   *
   * @throws {SaveError} (rejects) it could not be written
   * @throws {OptionError} (rejects) no path, or a browser
   */
  async save(path: string): Promise<void> {
    checkType("save: path", "string", path);
    if (files === undefined) throw new OptionError("save", "a browser has no files; encode() gives the bytes");
    const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
    const name = path.slice(cut + 1);
    if (name === "") throw new OptionError("save: path", "a file's name", path);
    const bytes = this.encode();
    try {
      await files.write(cut < 0 ? "." : path.slice(0, cut) || "/", name, bytes);
    } catch (cause) {
      throw new SaveError(path, cause);
    }
  }

  /**
   * The bytes of an ONNX model whose input is the columns before scaling, words one-hot, and whose output is probabilities, or
   * numbers in the target's units. `preprocessInputs` names the inputs.
   *
   * @param options.scaling `false`: the network alone, for programs that scale themselves; its input is what `preprocessInputs` gives,
   *   and its output standardized. Default true
   * @throws {OptionError} a float64 network, or another option
   */
  encodeOnnx(options: { readonly scaling?: boolean } = {}): Uint8Array<ArrayBuffer> {
    this.#checkOpen();
    checkOptions<{ readonly scaling?: boolean }>("encodeOnnx", options, { scaling: 1 });
    const { scaling = true } = options;
    checkType("encodeOnnx: scaling", "boolean", scaling);
    if (!scaling) return encodeOnnx(this.#network);
    const { inputs, target } = this.preprocessing;
    return encodeOnnx(this.#network, {
      inputs:
        inputs.kind === "array"
          ? { mean: [inputs.mean], deviation: [inputs.deviation] }
          : scalesOf(inputs.columns.flatMap((own) => (own.kind === "number" ? [own] : own.words.map(() => ONE)))),
      ...(target.kind === "numbers" ? { outputs: scalesOf(target.columns) } : {}),
    });
  }

  /** Inputs, ignored columns, the target, layers and parameters, as lines of text. */
  summary(): string {
    const { inputs, target } = this.preprocessing;
    this.#checkOpen();
    const lines: string[] = [];
    if (inputs.kind === "array") lines.push(`inputs: ${inputs.shape.join(" × ")} numbers`);
    else {
      for (const own of inputs.columns) {
        const what = own.kind === "number" ? "a number" : `one of ${own.words.join(", ")}`;
        lines.push(`input ${own.name ?? own.position}: ${what}`);
      }
      for (const { name, position, reason } of inputs.ignored) lines.push(`ignored ${name ?? position}: ${reason}`);
    }
    lines.push(
      target.kind === "classes"
        ? `target ${target.name ?? ""}: one of ${target.names.join(", ")}`
        : `target ${target.columns.map(({ name }) => name ?? "").join(", ")}: a number`,
    );
    lines.push(String(summary(this.#network)));
    return lines.join("\n");
  }

  /** Frees its network. Without it, that happens some time after the estimator is no longer used. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    keep(this);
    this.#network.dispose();
  }

  /** Outputs for rows: probabilities, or standardized numbers. */
  protected outputs(
    op: string,
    rows: Rows,
  ): { readonly values: Float64Array; readonly width: number; readonly isSingle: boolean } {
    this.#checkOpen();
    const { inputs } = this.preprocessing;
    const columns =
      inputs.kind === "columns" ? inputs.columns.length : inputs.shape.reduce((size, dim) => size * dim, 1);
    const { table, isSingle } = rowsOf(op, rows, { width: columns });
    const net = this.#network;
    const { values, shape } = preprocessInputs(this.preprocessing, table, { dtype: net.dtype });
    const size = shape.reduce((product, dim) => product * dim, 1);
    const count = values.length / size;
    const all = new Float64Array(count * net.outputSize);
    for (let first = 0; first < count; first += BLOCK_ROWS) {
      const own = Math.min(BLOCK_ROWS, count - first);
      let room = 1; // powers of two: there are few of them, and each is compiled once
      while (room < own) room *= 2;
      const block = values.slice(first * size, (first + room) * size);
      const padded =
        block.length === room * size
          ? block
          : values.constructor === Float64Array
            ? new Float64Array(room * size)
            : new Float32Array(room * size);
      if (padded !== block) padded.set(block);
      scoped((owned) => {
        const x = owned(tensor(net.engine, padded, { dtype: net.dtype, shape: [room, size] }));
        const y = owned(net.predict(x));
        all.set(y.data.subarray(0, own * net.outputSize), first * net.outputSize);
      });
    }
    return { values: all, width: net.outputSize, isSingle };
  }

  #checkOpen(): void {
    if (this.#isDisposed) throw new DisposedError(`${this.constructor.name.toLowerCase()}`, "use");
  }
}

const ONE = { mean: 0, deviation: 1 };

function scalesOf(columns: readonly { readonly mean: number; readonly deviation: number }[]): {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
} {
  return { mean: columns.map(({ mean }) => mean), deviation: columns.map(({ deviation }) => deviation) };
}

/**
 * Weights of the rows that are learned from.
 *
 * @throws {OptionError} an unknown column, or a weight that is negative or no number
 * @throws {ShapeError} not as many weights as rows
 */
function weightsOf(
  op: string,
  weights: ArrayLike<number> | Column,
  table: Source["table"],
  rows: readonly number[],
): number[] {
  const option = `${op}: sampleWeights`;
  const cells = cellsOf(op, table);
  let at: (row: number) => number;
  if (typeof weights === "string" || typeof weights === "number") {
    const { position } = columnAt(option, weights, cells);
    at = (row) => numberOf(cells.at(row, position));
  } else {
    checkNumbers(option, weights);
    if (weights.length !== cells.length)
      throw new ShapeError(op, "sampleWeights", `${cells.length} of them, one for each row`, `${weights.length}`);
    at = (row) => weights[row] as number;
  }
  return rows.map((row) => {
    const weight = at(row);
    if (weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight;
    throw new OptionError(`${option}, ${cells.titleOf(row)}`, "a number from 0 on", weight);
  });
}

/** Reads data, finds out what its columns are, and trains a network. */
export async function fit(
  op: "classifier" | "regressor",
  data: TableData,
  options: EstimatorOptions,
  loss: (dataset: Dataset) => Loss<FloatType>,
): Promise<EstimatorParts> {
  checkType(`${op}: options`, "object", options);
  const { dtype = "float32", seed = 0, validation, shape, sampleWeights, ...rest } = options;
  const { target, inputs, missing, unseen, engine: given, ...training } = rest;
  checkSeed(seed);
  checkTraining(op, training);
  if (given !== undefined) checkEngine(given);
  if (dtype !== "float32" && dtype !== "float64") throw new OptionError(`${op}: dtype`, "float32 or float64", dtype);
  const source = await read(op, data, { shape });
  const wanted = target ?? source.answers;
  if (wanted === undefined) {
    throw new OptionError(
      `${op}: target`,
      "the column that is learned, by name or position, or an answer for each row",
      target,
    );
  }
  const task = op === "classifier" ? "classification" : "regression";
  const preprocessing = fitPreprocessing(source.table, {
    ...{ task, target: wanted },
    ...(inputs === undefined ? {} : { inputs }),
    ...(typeof sampleWeights === "string" || typeof sampleWeights === "number" ? { exclude: [sampleWeights] } : {}),
    ...(missing === undefined ? {} : { missing }),
    ...(unseen === undefined ? {} : { unseen }),
  });
  const { dataset: examples, rows } = appliedTo(preprocessing, source.table, { target: wanted, dtype });
  const dataset =
    sampleWeights === undefined ? examples : weighted(examples, weightsOf(op, sampleWeights, source.table, rows));
  let held: Dataset | number | undefined;
  if (typeof validation === "number" || validation === undefined) held = validation;
  else {
    const other = await read(`${op}: validation`, validation, {});
    held = applyPreprocessing(preprocessing, other.table, { target: other.answers, dtype });
  }
  const engine = given ?? (await defaultEngine());
  const { network, history } = await fitted(dataset, {
    ...training,
    ...{ engine, dtype, seed, validation: held },
    outputs:
      preprocessing.target.kind === "classes" ? preprocessing.target.names.length : preprocessing.target.columns.length,
    loss: loss(dataset),
  });
  return { network, preprocessing, history };
}
