/** A table's model in pictures: loss, accuracy, and the confusion matrix of classes or the residuals of numbers; and one page. */
import { basename, join } from "node:path";
import type { Classifier, Evaluation, Regressor, Rows, TrainHistory } from "lanegrad";
import { classTable, courseFigures, durationOf, measuresOf, type ReportEnd } from "./figures.ts";
import { writeFile } from "./files.ts";
import { countText, type Figure, type Headline, type Page, pageText } from "./page.ts";
import { type NamedTable, recordsOf } from "./table.ts";
import { measured } from "./table_measures.ts";

export type TableReportParts = {
  readonly model: Classifier | Regressor;
  /** The rows that it is judged by: those of the test, or without a test those that it learned from. */
  readonly table: NamedTable;
  readonly target: number;
  readonly history: TrainHistory;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly end: ReportEnd | undefined;
};

/**
 * Writes the figures and report.html into a folder.
 *
 * @throws {OutputError} the folder cannot be written
 */
export async function writeTableReport(folder: string, parts: TableReportParts): Promise<readonly string[]> {
  const measures = await measured(parts.model, parts.table);
  const figures = [...(await courses(parts)), ...(await answerFigures(parts, measures))];
  for (const { name, svg } of figures) await writeFile(join(folder, name), svg);
  await writeFile(join(folder, "report.html"), pageText(pageOf(parts, measures, figures)));
  return ["report.html", ...figures.map(({ name }) => name)];
}

/** Loss and accuracy by the step: of the fit that was recorded. */
async function courses(parts: TableReportParts): Promise<Figure[]> {
  const { losses, evaluations, epochs, refit } = parts.history;
  const figures = await courseFigures(losses, evaluations, scaleOf(parts), epochs);
  if (refit === undefined) return figures;
  return figures.map((figure) => ({ ...figure, heading: `${figure.heading} of the first fit` }));
}

/** What a reader of the curves might take for something else. */
function notesOf({ history: { refit, epochs } }: TableReportParts, hasTest: boolean): string[] {
  const untested = "No rows were kept for a test: these measures are of the rows that the model learned from.";
  const first =
    refit &&
    `The curves are those of a first fit of ${countText(epochs.length)} epochs, which held rows out for validation to find out how ` +
      `long to train. The model itself was then trained anew on all ${countText(refit.examples)} rows for ` +
      `${countText(refit.epochs)} epochs, which no curve shows: validation is not a measure of it.`;
  return [...(hasTest ? [] : [untested]), ...(first ? [first] : [])];
}

/** Squares fall over decades. */
function scaleOf({ model, history }: TableReportParts): "linear" | "log" {
  return model.kind === "regressor" && history.losses.every((loss) => loss > 0) ? "log" : "linear";
}

/** What was answered over what is right. */
async function answerFigures({ model, table, target }: TableReportParts, { classes }: Evaluation): Promise<Figure[]> {
  const plot = await import("lanegrad/plot");
  const of = model.preprocessing.target;
  if (of.kind === "classes") {
    if (classes === undefined) return [];
    const counts = { data: classes.confusion, shape: [classes.count, classes.count] };
    const svg = await plot.confusionMatrix(counts, { name: "confusion", title: "", classes: of.names });
    return [{ name: "confusion.svg", heading: "Confusion matrix", svg }];
  }
  const right = table.rows.map((row) => Number(row[target]));
  const answers = (model as Regressor).predict(recordsOf(table) as Rows);
  const residuals = answers.map((answer, i) => answer - (right[i] ?? Number.NaN));
  const name = table.names[target] ?? "target";
  const scattered = await plot.scatter(right, answers, {
    ...{ name: "predictions", line: "diagonal", xLabel: name, yLabel: "prediction" },
  });
  const spread = await plot.histogram(residuals, {
    ...{ name: "residuals", bins: 20, xLabel: `prediction − ${name}`, yLabel: "rows" },
  });
  return [
    { name: "predictions.svg", heading: "Predictions", svg: scattered },
    { name: "residuals.svg", heading: "Residuals", svg: spread },
  ];
}

function pageOf(parts: TableReportParts, measures: Evaluation, figures: readonly Figure[]): Page {
  const { model, table, facts, history, end } = parts;
  const count = (key: string) => countText(Number(facts[key]));
  const hasTest = facts["testExamples"] !== 0;
  const steps = history.losses.length;
  const { target } = model.preprocessing;
  const trained: Headline[] =
    hasTest && end?.trainAccuracy !== undefined
      ? [
          {
            label: "Training accuracy",
            value: `${(100 * end.trainAccuracy).toFixed(2)} %`,
            of: `${count("trainExamples")} rows`,
          },
        ]
      : [];
  return {
    title: `lanegrad: ${facts["target"]} of ${basename(table.file)}`,
    lead:
      `A network ${(facts["layers"] as readonly number[]).join("-")}, trained on ${count("trainExamples")} rows` +
      `${hasTest ? ` and tested on ${count("testExamples")} others` : ""}, seed ${facts["seed"]}.`,
    notes: notesOf(parts, hasTest),
    headlines: [
      ...measuresOf(measures),
      ...trained,
      {
        label: history.refit === undefined ? "Steps" : "Steps of the first fit",
        value: countText(steps),
        of: `${countText(history.epochs.length)} epochs`,
      },
      ...durationOf(end, steps),
    ],
    figures,
    tables: classTable(measures, target.kind === "classes" ? target.names : undefined),
    facts,
  };
}
