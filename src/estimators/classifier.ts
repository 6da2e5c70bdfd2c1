/** From rows to classes by their names. */
import { checkRecord } from "../arguments.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ClassTarget } from "../data/tables/columns.ts";
import { OptionError } from "../errors.ts";
import { crossEntropyLoss } from "../nn/described_losses.ts";
import type { Loss } from "../nn/losses.ts";
import { checkOptions } from "../options.ts";
import type { Evaluation } from "../train/evaluation/evaluate.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { ESTIMATOR_KEYS, Estimator, type EstimatorOptions, fit } from "./estimator.ts";
import type { Rows, Table, TableData } from "./source.ts";

/** What is learned, from what, and how. */
export type ClassifierOptions = EstimatorOptions & {
  /**
   * How much a class counts in the loss: by its name, 1 where it is not named; or `"balanced"`, each by the inverse of how often it
   * comes. Default: every example alike.
   */
  readonly classWeights?: "balanced" | Readonly<Record<string, number>>;
};

/**
 * What `classifier` gives, and `loadModel` of its file.
 *
 * @example
 * const model = await classifier([[0, 0], [0, 1], [1, 0], [1, 1]], { target: [0, 1, 1, 0] });
 * model.predict([[0, 1], [1, 1]]); // → ["1", "0"]
 */
export class Classifier extends Estimator {
  static override get name(): string {
    return "Classifier";
  }
  /** Which of the two it is. */
  readonly kind = "classifier";

  /** The names of the classes, in the order of their probabilities. */
  get classNames(): readonly string[] {
    return (this.preprocessing.target as ClassTarget).names;
  }

  /**
   * The most probable class of each row, by its name. One row alone, an object or an array of its cells, gives one name.
   *
   * Rows are objects with at least the inputs' keys, in any order; or arrays of the inputs' cells, or of all cells of the table that
   * it was trained on.
   *
   * @throws {DatasetError} a column that is missing, a word that is unknown, a missing value that is not filled: by row and column
   * @throws {ShapeError} rows of another number of cells
   * @throws {DisposedError} it was disposed of
   */
  predict(rows: Table): string[];
  predict(row: readonly (string | number | boolean | null)[] | { readonly [column: string]: unknown }): string;
  predict(rows: Rows): string[];
  predict(rows: Rows): string | string[] {
    const { values, width, isSingle } = this.outputs("predict", rows);
    const names = Array.from({ length: values.length / width }, (_, row) => {
      let best = 0;
      for (let c = 1; c < width; c++) {
        if ((values[row * width + c] ?? 0) > (values[row * width + best] ?? 0)) best = c;
      }
      return this.classNames[best] ?? "";
    });
    return isSingle ? (names[0] ?? "") : names;
  }

  /**
   * How good it is on other data of the same form; `reportText` prints it, with a line for each class.
   *
   * @throws {DatasetError} (rejects) a column that is missing, an unknown class, a cell of another kind
   * @throws {DisposedError} (rejects) it was disposed of
   */
  override async evaluate(
    data: TableData,
    options: Pick<EstimatorOptions, "target" | "shape"> = {},
  ): Promise<Evaluation> {
    return { ...(await super.evaluate(data, options)), classNames: this.classNames };
  }

  /**
   * The probability of every class, by its name, of each row; of one row alone, one object.
   *
   * @throws as `predict`
   */
  predictProbabilities(rows: Table): Probabilities[];
  predictProbabilities(
    row: readonly (string | number | boolean | null)[] | { readonly [column: string]: unknown },
  ): Probabilities;
  predictProbabilities(rows: Rows): Probabilities[];
  predictProbabilities(rows: Rows): Probabilities | Probabilities[] {
    const { values, width, isSingle } = this.outputs("predictProbabilities", rows);
    const all = Array.from({ length: values.length / width }, (_, row) => {
      return Object.fromEntries(this.classNames.map((name, c) => [name, values[row * width + c] ?? 0]));
    });
    return isSingle ? (all[0] ?? {}) : all;
  }
}

/** Fractions in 0..1 by the names of classes; their sum is 1. */
export type Probabilities = Readonly<Record<string, number>>;

/**
 * A classifier of what one has: rows as arrays or objects, a typed array with its `shape`, the text of a CSV file or its path or
 * address, or a dataset.
 *
 * Numbers are standardized, words and booleans are one-hot, columns that cannot be learned from are left out (`summary` lists
 * them). Of 40 rows or more, a fifth is held out to end training; tables of up to 5,000 rows are then learned again as a whole, for
 * as many epochs. The same data, options and seed give the same bits.
 *
 * The model's engine is one that all estimators share, unless `engine` is given. What a call needs it gives back; the network is freed
 * when the model is collected, or by `dispose()`.
 *
 * @param options `target` is needed, but of a dataset
 * @throws {DatasetError} (rejects) a missing value that is refused, rows of several lengths, one class only, no rows
 * @throws {OptionError} (rejects) an unknown column, or an invalid option
 * @throws {DivergedError} (rejects) the loss stopped being finite
 * @example
 * const flowers = [
 *   { petalLength: 1.4, petalWidth: 0.2, species: "setosa" },
 *   { petalLength: 1.3, petalWidth: 0.3, species: "setosa" },
 *   { petalLength: 4.7, petalWidth: 1.4, species: "versicolor" },
 *   { petalLength: 4.5, petalWidth: 1.5, species: "versicolor" },
 * ];
 * const model = await classifier(flowers, { target: "species" });
 * model.predict({ petalWidth: 0.2, petalLength: 1.5 }); // → "setosa"
 * model.predictProbabilities({ petalWidth: 0.2, petalLength: 1.5 }).setosa > 0.9; // → true
 */
export async function classifier(data: TableData, options: ClassifierOptions = {}): Promise<Classifier> {
  checkOptions<ClassifierOptions>("classifier", options, { ...ESTIMATOR_KEYS, classWeights: 1 });
  const { classWeights, ...rest } = options;
  const loss = (dataset: Dataset): Loss<FloatType> =>
    classWeights === undefined
      ? "softmaxCrossEntropy"
      : crossEntropyLoss({ classWeights: weightsOf(dataset, classWeights) });
  return new Classifier(await fit("classifier", data, rest, loss));
}

/** @throws {OptionError} neither `"balanced"` nor numbers by the names of classes */
function weightsOf(dataset: Dataset, given: NonNullable<ClassifierOptions["classWeights"]>): number[] {
  const { labels, classes, classNames = [], length } = dataset;
  if (given === "balanced") {
    const counts = new Array<number>(classes).fill(0);
    for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
    return counts.map((count) => length / (classes * Math.max(1, count)));
  }
  checkRecord("classifier: classWeights", given, '"balanced", or weights by the names of classes');
  const unknown = Object.keys(given).find((name) => !classNames.includes(name));
  if (unknown !== undefined)
    throw new OptionError("classWeights", `names of classes: ${classNames.join(", ")}`, unknown);
  return classNames.map((name) => (Object.hasOwn(given, name) ? (given[name] ?? 1) : 1));
}
