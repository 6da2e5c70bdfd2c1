/**
 * A run in pictures: loss, accuracy, confusion matrix, weights and the surest wrong answers as SVG, and one page with all of
 * them.
 */
import { join } from "node:path";
import {
  type Dataset,
  type EvaluationRecord,
  evaluateAsync,
  type FloatType,
  imageShapeOf,
  misclassifiedAsync,
  type Network,
  reportText,
  type TrainHistory,
} from "lanegrad";
import { writeFile } from "./files.ts";
import { percent } from "./report.ts";
import { visible } from "./visible.ts";

export type ReportParts = {
  readonly net: Network<FloatType>;
  readonly history: TrainHistory;
  readonly test: Dataset;
  /** The run's configuration. */
  readonly facts: Readonly<Record<string, unknown>>;
};

/** Units of the first layer that are drawn, and wrong answers. */
const MOST_PICTURES = 50;
const MOST_MISTAKES = 25;

/**
 * Writes the figures and report.html into a folder.
 *
 * @throws {MissingPackageError} a package that figures need is not installed; it says which command installs it
 * @throws {OutputError} the folder cannot be written
 */
export async function writeReport(folder: string, parts: ReportParts): Promise<readonly string[]> {
  const figures = await figuresOf(parts);
  for (const { name, svg } of figures) await writeFile(join(folder, name), svg);
  await writeFile(join(folder, "report.html"), await pageOf(parts, figures));
  return ["report.html", ...figures.map(({ name }) => name)];
}

/**
 * Checks that figures can be drawn here: by drawing one.
 *
 * @throws {MissingPackageError} a package that figures need is not installed; it says which command installs it
 */
export async function checkFigures(): Promise<void> {
  const plot = await import("lanegrad/plot");
  await plot.lossCurve([1, 0.5], { name: "loss" });
}

type Figure = { readonly name: string; readonly heading: string; readonly svg: string };

async function figuresOf({ net, history, test }: ReportParts): Promise<Figure[]> {
  const plot = await import("lanegrad/plot");
  const figures: Figure[] = [];
  const { losses, evaluations } = history;
  if (losses.length > 0) {
    figures.push({ name: "loss.svg", heading: "Loss", svg: await plot.lossCurve(losses, { name: "loss" }) });
  }
  const curves = curvesOf(evaluations);
  if (curves.length > 0) {
    const svg = await plot.lines(curves, { name: "accuracy", xLabel: "step", yLabel: "accuracy" });
    figures.push({ name: "accuracy.svg", heading: "Accuracy", svg });
  }
  const { classes } = await evaluateAsync(net, test);
  if (classes !== undefined) {
    const { count, confusion } = classes;
    const counts = { data: confusion, shape: [count, count] };
    const names = test.classNames === undefined ? {} : { classes: test.classNames };
    const svg = await plot.confusionMatrix(counts, { name: "confusion", ...names });
    figures.push({ name: "confusion.svg", heading: "Classes and what they were taken for", svg });
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
    figures.push({ name: "mistakes.svg", heading: "The surest wrong answers", svg });
  }
  return figures;
}

/** A curve for each set of examples that was measured, by the step. */
function curvesOf(evaluations: readonly EvaluationRecord[]) {
  const sets = [
    ["train", "trainAccuracy"],
    ["test", "testAccuracy"],
    ["validation", "validationAccuracy"],
  ] as const;
  return sets.flatMap(([label, key]) => {
    const found = evaluations.filter((record) => record[key] !== undefined);
    if (found.length === 0) return [];
    return [{ label, x: found.map(({ iteration }) => iteration), y: found.map((record) => record[key] ?? Number.NaN) }];
  });
}

/** One page with everything in it: no other file is needed. */
async function pageOf({ net, test, facts, history }: ReportParts, figures: readonly Figure[]): Promise<string> {
  const evaluation = await evaluateAsync(net, test);
  const title = `lanegrad: ${(facts["layers"] as readonly number[]).join("-")}`;
  const rows = Object.entries(facts).map(
    ([name, value]) =>
      `<tr><th>${escaped(name)}<td>${escaped(typeof value === "string" ? value : JSON.stringify(value))}`,
  );
  const sections = figures.map(({ heading, svg }) => `<h2>${escaped(heading)}</h2>\n${svg}`);
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${escaped(title)}</title>`,
    "<style>",
    "body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; color-scheme: light dark }",
    "svg { max-width: 100%; height: auto } th { text-align: left; padding-right: 2rem } pre { overflow-x: auto }",
    "</style>",
    `<h1>${escaped(title)}</h1>`,
    `<p>${percent(evaluation.accuracy ?? 0)} of ${evaluation.examples} test examples after ${history.losses.length} steps.</p>`,
    ...sections,
    "<h2>Class by class</h2>",
    `<pre>${escaped(reportText(evaluation, test.classNames))}</pre>`,
    "<h2>Configuration</h2>",
    `<table>\n${rows.join("\n")}\n</table>`,
    "</html>",
    "",
  ].join("\n");
}

/** Text from anywhere, as a page shows it: names of folders and classes can hold anything. */
function escaped(text: string): string {
  return visible(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
