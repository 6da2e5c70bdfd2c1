/**
 * An evaluation as text for people, and as plain data for files.
 */

import { checkList, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { isArrayOf } from "../../values.ts";
import type { BinaryReport } from "./binary_metrics.ts";
import type { Evaluation, TopK } from "./evaluate.ts";
import type { AverageMetrics, ClassMetrics, ClassReport } from "./metrics.ts";
import type { RegressionMetrics, RegressionReport } from "./number_metrics.ts";

/** What an evaluation found, as JSON can hold it: nested arrays, and nothing where there are no classes. */
export type EvaluationData = {
  readonly examples: number;
  /** null where it is not a number any more, as JSON would have it */
  readonly loss: number | null;
  readonly correct?: number;
  readonly accuracy?: number;
  readonly topK?: TopK;
  readonly binary?: BinaryReport;
  readonly regression?: RegressionReport;
  readonly classes?: {
    readonly count: number;
    readonly names?: readonly string[];
    /** A row for each label, a column for each prediction. */
    readonly confusion: readonly (readonly number[])[];
    readonly perClass: readonly ClassMetrics[];
    readonly macro: AverageMetrics;
    readonly weighted: AverageMetrics;
  };
};

/** A confusion matrix of more classes is too wide to be read. */
const MOST_COLUMNS = 32;
/** Between columns. */
const GAP = "  ";

/**
 * An evaluation as plain data, for `JSON.stringify`.
 *
 * @param classNames one for each class, where they have names. Default: those of a classifier's evaluation
 * @throws {OptionError} another number of names than of classes
 * @example
 * const json = JSON.stringify(reportData(evaluate(net, mnist.test)));
 */
export function reportData(
  evaluation: Evaluation,
  classNames: readonly string[] | undefined = evaluation?.classNames,
): EvaluationData {
  checkEvaluation(evaluation);
  const { examples, correct, accuracy, topK, classes, binary, regression } = evaluation;
  const loss = Number.isFinite(evaluation.loss) ? evaluation.loss : null;
  return {
    examples,
    loss,
    ...(correct !== undefined && { correct }),
    ...(accuracy !== undefined && { accuracy }),
    ...(topK !== undefined && { topK }),
    ...(classes !== undefined && { classes: classData(classes, classNames) }),
    ...(binary !== undefined && { binary }),
    ...(regression !== undefined && { regression }),
  };
}

function classData(
  classes: ClassReport,
  classNames: readonly string[] | undefined,
): EvaluationData["classes"] & object {
  const { count, perClass, macro, weighted } = classes;
  checkNames(classNames, count);
  const names = classNames === undefined ? {} : { names: classNames };
  return { count, ...names, confusion: rowsOf(classes), perClass, macro, weighted };
}

/**
 * An evaluation as a table: a line for each class and each average, then the confusion matrix, where it has at most 32
 * columns.
 *
 * @param classNames one for each class. Default: those of a classifier's evaluation, else their numbers
 * @throws {OptionError} another number of names than of classes
 * @example
 * console.log(reportText(evaluate(net, mnist.test)));
 */
export function reportText(
  evaluation: Evaluation,
  classNames: readonly string[] | undefined = evaluation?.classNames,
): string {
  checkEvaluation(evaluation);
  const { classes } = evaluation;
  const binary = binaryText(evaluation.binary);
  if (classes === undefined) {
    return [summaryOf(evaluation), ...binary, ...regressionText(evaluation.regression)].join("\n\n");
  }
  checkNames(classNames, classes.count);
  const names = classNames ?? classes.perClass.map((_, c) => `${c}`);
  const examples = evaluation.examples;
  const metrics = alignedTable([
    ["", "precision", "recall", "F1", "support"],
    ...classes.perClass.map((of, c) => [names[c] ?? "", ...fractionsOf(of), `${of.support}`]),
    ["macro average", ...fractionsOf(classes.macro), `${examples}`],
    ["weighted average", ...fractionsOf(classes.weighted), `${examples}`],
  ]);
  return [summaryOf(evaluation), metrics, ...binary, confusionText(classes, names)].join("\n\n");
}

/** What `evaluate` returned, as far as a table needs it. */
function checkEvaluation(evaluation: Evaluation): void {
  checkType("evaluation", "object", evaluation);
  for (const key of ["examples", "loss"] as const) checkType(`evaluation: ${key}`, "number", evaluation[key]);
  for (const key of ["correct", "accuracy"] as const) {
    if (evaluation[key] !== undefined) checkType(`evaluation: ${key}`, "number", evaluation[key]);
  }
  const { topK, classes, binary, regression } = evaluation;
  checkOutputs("binary", binary, ["accuracy", "precision", "recall", "f1", "support", "predicted"], ["rocAuc"]);
  if (binary !== undefined) checkType("evaluation: binary.threshold", "number", binary.threshold);
  checkOutputs("regression", regression, ["mae", "rmse"], ["r2"]);
  if (topK !== undefined) {
    for (const key of ["k", "correct", "accuracy"] as const)
      checkType(`evaluation: topK.${key}`, "number", topK?.[key]);
  }
  if (classes === undefined) return;
  checkType("evaluation: classes", "object", classes);
  checkType("evaluation: classes.count", "number", classes.count);
  if (!isArrayOf(classes.confusion, "Int32Array") || classes.confusion.length !== classes.count * classes.count) {
    throw new OptionError("evaluation: classes.confusion", "count × count counts", classes.confusion);
  }
  checkList("evaluation: classes.perClass", classes.perClass);
  for (const metrics of [...classes.perClass, classes.macro, classes.weighted]) {
    checkType("evaluation: metrics of a class", "object", metrics);
    for (const key of ["precision", "recall", "f1"] as const) checkType(`evaluation: ${key}`, "number", metrics[key]);
  }
}

/** The metrics of each output and their means, of which some may be missing. */
function checkOutputs(
  of: "binary" | "regression",
  report: { readonly perOutput: readonly object[] } | undefined,
  must: readonly string[],
  may: readonly string[],
): void {
  if (report === undefined) return;
  checkType(`evaluation: ${of}`, "object", report);
  checkList(`evaluation: ${of}.perOutput`, report.perOutput);
  for (const metrics of [report, ...report.perOutput] as Readonly<Record<string, unknown>>[]) {
    checkType(`evaluation: ${of} of an output`, "object", metrics);
    for (const key of [...must, ...may]) {
      if (must.includes(key) || metrics[key] !== undefined)
        checkType(`evaluation: ${of}.${key}`, "number", metrics[key]);
    }
  }
}

function summaryOf({ examples, loss, correct, accuracy, topK }: Evaluation): string {
  const start = `${examples} example${examples === 1 ? "" : "s"}, loss ${loss.toFixed(4)}`;
  if (accuracy === undefined) return start;
  const top = topK === undefined ? "" : `, among the top ${topK.k} ${topK.accuracy.toFixed(4)} (${topK.correct})`;
  return `${start}, accuracy ${accuracy.toFixed(4)} (${correct})${top}`;
}

/** A line for each output. */
function binaryText(binary: BinaryReport | undefined): string[] {
  if (binary === undefined) return [];
  const { perOutput, threshold } = binary;
  const rows = perOutput.map((of, output) => [
    ...(perOutput.length > 1 ? [`output ${output}`] : ["yes"]),
    ...[of.accuracy, of.precision, of.recall, of.f1, of.rocAuc].map(fixed),
  ]);
  const table = alignedTable([["", "accuracy", "precision", "recall", "F1", "ROC AUC"], ...rows]);
  return [`yes above a probability of ${threshold}\n${table}`];
}

/** A line for each output, and their means, where there are several. */
function regressionText(regression: RegressionReport | undefined): string[] {
  if (regression === undefined) return [];
  const { perOutput } = regression;
  const isOne = perOutput.length === 1;
  const rows = perOutput.map((of, output) => [isOne ? "" : `output ${output}`, ...errorsOf(of)]);
  return [alignedTable([["", "MAE", "RMSE", "R²"], ...rows, ...(isOne ? [] : [["mean", ...errorsOf(regression)]])])];
}

function errorsOf({ mae, rmse, r2 }: RegressionMetrics): string[] {
  return [mae, rmse].map((error) => String(Number(error.toPrecision(6)))).concat(fixed(r2));
}

function fixed(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(4);
}

function confusionText(classes: ClassReport, names: readonly string[]): string {
  const { count } = classes;
  if (count > MOST_COLUMNS) return `confusion matrix: ${count} × ${count}, too wide to print`;
  const rows = rowsOf(classes).map((row, c) => [names[c] ?? "", ...row.map((value) => `${value}`)]);
  return `confusion matrix: rows are labels, columns predictions\n${alignedTable([["", ...names], ...rows])}`;
}

function rowsOf({ confusion, count }: ClassReport): number[][] {
  return Array.from({ length: count }, (_, c) => Array.from(confusion.subarray(c * count, (c + 1) * count)));
}

function fractionsOf({ precision, recall, f1 }: AverageMetrics): string[] {
  return [precision, recall, f1].map((fraction) => fraction.toFixed(4));
}

/** Rows of equally many cells: the first column to the left, the others to the right. */
function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0))).join(GAP),
    )
    .join("\n");
}

function checkNames(names: readonly string[] | undefined, count: number): void {
  if (names === undefined) return;
  checkList("classNames", names, "an array of names");
  for (const [i, name] of names.entries()) checkType(`classNames[${i}]`, "string", name);
  if (names.length === count) return;
  throw new OptionError("classNames", `${count} names, one for each class`, names.length);
}
