/** From rows to numbers in the target's units. */
import type { NumberTarget } from "../data/tables/columns.ts";
import { checkOptions } from "../options.ts";
import type { Evaluation } from "../train/evaluation/evaluate.ts";
import { ESTIMATOR_KEYS, Estimator, type EstimatorOptions, fit } from "./estimator.ts";
import type { Rows, Table, TableData } from "./source.ts";

/** What is learned, from what, and how. */
export type RegressorOptions = EstimatorOptions;

/** One number; of several targets, as many. */
export type Answer = number | readonly number[];

/**
 * What `regressor` gives, and `loadModel` of its file.
 *
 * @example
 * const model = await regressor([[1], [2], [3], [4]], { target: [10, 20, 30, 40] });
 * Math.round((model.predict([2]) as number) / 10); // → 2
 */
export class Regressor extends Estimator {
  static override get name(): string {
    return "Regressor";
  }
  /** Which of the two it is. */
  readonly kind = "regressor";

  /**
   * The answer for each row, in the target's units: a number, or as many as there are targets. One row alone gives one answer.
   *
   * Rows are as for `Classifier.predict`.
   *
   * @throws {DatasetError} a column that is missing, a word that is unknown, a missing value that is not filled: by row and column
   * @throws {ShapeError} rows of another number of cells
   * @throws {DisposedError} it was disposed of
   */
  predict(rows: Table): number[];
  predict(row: readonly (string | number | boolean | null)[] | { readonly [column: string]: unknown }): number;
  predict(rows: Rows): number[];
  predict(rows: Rows): unknown {
    const { values, width, isSingle } = this.outputs("predict", rows);
    const { columns } = this.preprocessing.target as NumberTarget;
    const all = Array.from({ length: values.length / width }, (_, row): Answer => {
      const own = columns.map(({ mean, deviation }, c) => (values[row * width + c] ?? 0) * deviation + mean);
      return width === 1 ? (own[0] ?? Number.NaN) : own;
    });
    return isSingle ? all[0] : all;
  }

  /**
   * How good it is on other data of the same form: `regression` has MAE and RMSE in the target's units, and R²; `loss` is that of
   * the standardized numbers.
   *
   * @throws {DatasetError} (rejects) a column that is missing, a cell of another kind
   * @throws {DisposedError} (rejects) it was disposed of
   */
  override async evaluate(
    data: TableData,
    options: Pick<EstimatorOptions, "target" | "shape"> = {},
  ): Promise<Evaluation> {
    const found = await super.evaluate(data, options);
    const { columns } = this.preprocessing.target as NumberTarget;
    if (found.regression === undefined) return found;
    const perOutput = found.regression.perOutput.map((own, i) => {
      const { deviation } = columns[i] ?? { deviation: 1 };
      return { ...own, mae: own.mae * deviation, rmse: own.rmse * deviation };
    });
    const meanOf = (key: "mae" | "rmse") => perOutput.reduce((sum, own) => sum + own[key], 0) / perOutput.length;
    return { ...found, regression: { ...found.regression, mae: meanOf("mae"), rmse: meanOf("rmse"), perOutput } };
  }
}

/**
 * A regressor of what one has, as `classifier`: a model of one number, or of several (`target: ["rent", "price"]`, or rows of numbers).
 * Targets are standardized while it is trained, and answers are in their units, whatever these are.
 *
 * @param options `target` is needed, but of a dataset
 * @throws {DatasetError} (rejects) a missing value that is refused, rows of several lengths, a target that is no number, no rows
 * @throws {OptionError} (rejects) an unknown column, or an invalid option
 * @throws {DivergedError} (rejects) the loss stopped being finite
 * @example
 * const houses = "area,district,price\n60,north,180000\n80,north,240000\n60,south,210000\n100,south,330000\n";
 * const model = await regressor(houses, { target: "price" });
 * model.predict({ area: 90, district: "north" }) > 200_000; // → true
 */
export async function regressor(data: TableData, options: RegressorOptions = {}): Promise<Regressor> {
  checkOptions<RegressorOptions>("regressor", options, ESTIMATOR_KEYS);
  return new Regressor(await fit("regressor", data, options, () => "meanSquaredError"));
}
