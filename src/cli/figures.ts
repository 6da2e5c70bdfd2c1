/**
 * A run in pictures: loss, accuracy, confusion matrix, weights and the most confident errors as SVG, and one page with all of
 * them.
 */
import { join } from "node:path";
import {
  type AverageMetrics,
  type Dataset,
  type EpochRecord,
  type Evaluation,
  type EvaluationRecord,
  evaluateAsync,
  type FloatType,
  imageShapeOf,
  misclassifiedAsync,
  type Network,
  type TrainHistory,
} from "lanegrad";
import { NOT_MNIST } from "./digits.ts";
import { writeFile } from "./files.ts";
import {
  countText,
  durationText,
  type Figure,
  type Headline,
  numberText,
  type Page,
  pageText,
  type Table,
} from "./page.ts";
import { percent } from "./report.ts";
import type { End } from "./results.ts";
import { visible } from "./visible.ts";

export type ReportParts = {
  readonly net: Network<FloatType>;
  readonly history: TrainHistory;
  readonly test: Dataset;
  /** The run's configuration. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** How it ended; undefined if that is not known. */
  readonly end?: ReportEnd | undefined;
};

/** What of a run's end a page has. */
export type ReportEnd = Pick<End, "seconds" | "stepsPerSecond"> & Partial<Pick<End, "trainAccuracy">>;

/** Units of the first layer that are drawn, and wrong answers. */
const MOST_PICTURES = 50;
const MOST_MISTAKES = 25;

/**
 * Writes the figures and report.html into a folder.
 *
 * @throws {OutputError} the folder cannot be written
 */
export async function writeReport(folder: string, parts: ReportParts): Promise<readonly string[]> {
  const figures = await figuresOf(parts);
  for (const { name, svg } of figures) await writeFile(join(folder, name), svg);
  await writeFile(join(folder, "report.html"), pageText(await pageOf(parts, figures)));
  return ["report.html", ...figures.map(({ name }) => name)];
}

async function figuresOf({ net, history, test }: ReportParts): Promise<Figure[]> {
  const plot = await import("lanegrad/plot");
  const figures: Figure[] = [];
  const { losses, evaluations } = history;
  figures.push(...(await courseFigures(losses, evaluations)));
  const { classes } = await evaluateAsync(net, test);
  if (classes !== undefined) {
    const { count, confusion } = classes;
    const counts = { data: confusion, shape: [count, count] };
    const names = test.classNames === undefined ? {} : { classes: test.classNames };
    const svg = await plot.confusionMatrix(counts, { name: "confusion", title: "", ...names });
    figures.push({ name: "confusion.svg", heading: "Confusion matrix of the test examples", svg });
  }
  const shape = pictureShapeOf(test);
  if (shape !== undefined) figures.push(...(await picturesOf(plot, net, test, shape)));
  return figures;
}

type PictureShape = readonly [rows: number, columns: number] | readonly [rows: number, columns: number, channels: 3];

/** Examples as pictures, grey or in colour; undefined where they are none. */
function pictureShapeOf({ shape, size }: Dataset): PictureShape | undefined {
  const side = Math.sqrt(size);
  if (shape.length !== 3) return Number.isInteger(side) ? [side, side] : undefined;
  const { rows, columns, channels, channelsLast } = imageShapeOf(shape);
  if (channels === 1) return [rows, columns];
  return channels === 3 && channelsLast ? [rows, columns, 3] : undefined;
}

/** What a unit of the first layer weighs, where that is a grey picture: the pixels of an example, or a convolution's kernel. */
function filterShapeOf(
  weights: readonly number[],
  [height, width, channels]: PictureShape,
): readonly [number, number] | undefined {
  const [rows = 0, columns = 0, depth] = weights;
  if (weights.length === 2) return channels === undefined && rows === height * width ? [height, width] : undefined;
  return weights.length === 4 && depth === 1 ? [rows, columns] : undefined;
}

/** The first layer's weights, where they are pictures, and examples with wrong answers. */
async function picturesOf(
  plot: typeof import("lanegrad/plot"),
  net: Network<FloatType>,
  test: Dataset,
  shape: PictureShape,
) {
  const figures: Figure[] = [];
  const weights = net.parameters["W1"];
  const filter = weights && filterShapeOf(weights.shape, shape);
  if (weights !== undefined && filter !== undefined) {
    const units = weights.shape.at(-1) ?? 0;
    const rows = weights.size / units;
    const shown = Math.min(units, MOST_PICTURES);
    const data = Float64Array.from({ length: rows * shown }, (_, i) => {
      return weights.data[Math.floor(i / shown) * units + (i % shown)] ?? 0;
    });
    const svg = await plot.weightImages({ data, shape: [rows, shown] }, { name: "weights", shape: filter });
    const heading = `Weights of the first layer's ${shown < units ? `first ${shown} of ${units}` : units} units`;
    figures.push({ name: "weights.svg", heading, svg });
  }
  const wrong = await misclassifiedAsync(net, test, { limit: MOST_MISTAKES });
  if (wrong.length > 0) {
    const nameOf = (label: number) => visible(test.classNames?.[label] ?? `${label}`);
    const pictures = wrong.map(({ index, label, prediction, probability }) => ({
      pixels: test.inputs.subarray(index * test.size, (index + 1) * test.size),
      caption: `${nameOf(label)} taken for ${nameOf(prediction)}, ${(100 * probability).toFixed(0)} %`,
    }));
    const svg = await plot.digits(pictures, { name: "mistakes", shape });
    figures.push({ name: "mistakes.svg", heading: "Most confident errors on the test examples", svg });
  }
  return figures;
}

/** Loss and accuracy by the step, of every set of examples that was measured. */
export async function courseFigures(
  losses: readonly number[],
  evaluations: readonly EvaluationRecord[],
  lossScale: "linear" | "log" = "linear",
  epochs: readonly EpochRecord[] = [],
): Promise<Figure[]> {
  const plot = await import("lanegrad/plot");
  const figures: Figure[] = [];
  if (losses.length > 0) {
    const series = curvesOf(evaluations, { validation: "validationLoss", test: "testLoss" });
    const svg = await plot.lossCurve(losses, { name: "loss", title: "", series, yScale: lossScale });
    figures.push({ name: "loss.svg", heading: "Loss", svg });
  }
  const accurate = epochs.filter(({ accuracy }) => typeof accuracy === "number");
  const training = {
    label: "train",
    x: accurate.map(({ iteration }) => iteration),
    y: accurate.map((of) => Number(of.accuracy)),
  };
  const curves = [
    ...(accurate.length > 0 ? [training] : curvesOf(evaluations, { train: "trainAccuracy" })),
    ...curvesOf(evaluations, { test: "testAccuracy", validation: "validationAccuracy" }),
  ];
  // One measurement is no curve, and may be of the first step.
  if (curves.some(({ y }) => y.length > 1)) {
    const svg = await plot.lines(curves, { name: "accuracy", xLabel: "step", yLabel: "accuracy", height: 240 });
    figures.push({ name: "accuracy.svg", heading: "Accuracy", svg });
  }
  return figures;
}

/** A curve for each measure that there is, by the step. */
function curvesOf(
  evaluations: readonly EvaluationRecord[],
  measures: Readonly<Record<string, keyof EvaluationRecord>>,
) {
  return Object.entries(measures).flatMap(([label, key]) => {
    const found = evaluations.filter((record) => typeof record[key] === "number");
    if (found.length === 0) return [];
    return [{ label, x: found.map(({ iteration }) => iteration), y: found.map((record) => Number(record[key])) }];
  });
}

/** The run in words and numbers. */
async function pageOf({ net, test, facts, history, end }: ReportParts, figures: readonly Figure[]): Promise<Page> {
  const evaluation = await evaluateAsync(net, test);
  const text = (key: string) => String(facts[key] ?? "");
  const count = (key: string) => countText(Number(facts[key]));
  const isBundled = facts["data"] === "bundled";
  const data = isBundled ? "the bundled digits" : text("data") === "mnist" ? "MNIST" : text("data");
  const steps = history.losses.length;
  const measured = (["trainAccuracy", "validationAccuracy"] as const).map(
    (key) => history.evaluations.filter((record) => record[key] !== undefined).at(-1)?.[key],
  );
  const accuracies = [
    ["Training accuracy", end?.trainAccuracy ?? measured[0], `${count("trainExamples")} examples`],
    ["Validation accuracy", measured[1], `${count("validationExamples")} examples, last evaluation`],
  ] as const;
  const ended = history.outcome === undefined || history.outcome === "finished" ? "" : `, ${history.outcome}`;
  return {
    title: `lanegrad: ${(facts["layers"] as readonly number[]).join("-")}`,
    lead:
      `Trained on ${count("trainExamples")} and tested on ${count("testExamples")} examples of ${data}` +
      `${facts["optimizer"] === undefined ? "" : ` by ${text("optimizer")}`}, seed ${text("seed")}.`,
    notes: isBundled ? [`This is ${NOT_MNIST}.`] : [],
    headlines: [
      ...measuresOf(evaluation),
      ...accuracies.flatMap(([label, value, of]) =>
        value === undefined ? [] : [{ label, value: percent(value), of }],
      ),
      { label: "Test loss", value: evaluation.loss.toFixed(4), of: "mean over examples" },
      { label: "Steps", value: countText(steps), of: `batches of ${count("batchSize")}${ended}` },
      ...durationOf(end, steps),
    ],
    figures,
    tables: classTable(evaluation, test.classNames),
    facts,
  };
}

/** How good a network is on the test examples. */
export function measuresOf({ accuracy, regression, examples }: Evaluation): Headline[] {
  const of = `${countText(examples)} examples`;
  const measures = regression && [
    ...(regression.r2 === undefined ? [] : [{ label: "Test R²", value: regression.r2.toFixed(4), of }]),
    { label: "Test RMSE", value: numberText(regression.rmse), of: "root of the mean squared error" },
    { label: "Test MAE", value: numberText(regression.mae), of: "mean absolute error" },
  ];
  return measures ?? (accuracy === undefined ? [] : [{ label: "Test accuracy", value: percent(accuracy), of }]);
}

/** How long it took; of a run that was resumed, this is of its last part. */
export function durationOf(end: ReportEnd | undefined, steps: number): Headline[] {
  if (end === undefined) return [];
  const part = Math.round(end.seconds * end.stepsPerSecond);
  const of = `${countText(Math.round(end.stepsPerSecond))} steps/s${part < steps ? `, last ${countText(part)} steps` : ""}`;
  return [{ label: "Duration", value: durationText(end.seconds), of }];
}

/** Precision, recall and F1 of each class. */
export function classTable({ classes, examples }: Evaluation, names: readonly string[] | undefined): Table[] {
  if (classes === undefined) return [];
  const cells = ({ precision, recall, f1 }: AverageMetrics) => [precision, recall, f1].map((value) => value.toFixed(4));
  const rows = [
    ...classes.perClass.map((of, i) => [names?.[i] ?? String(i), ...cells(of), String(of.support)]),
    ["macro average", ...cells(classes.macro), String(examples)],
    ["weighted average", ...cells(classes.weighted), String(examples)],
  ];
  return [{ heading: "Each class", columns: ["precision", "recall", "F1", "examples"], rows }];
}
