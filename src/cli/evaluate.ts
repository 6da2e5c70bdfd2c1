/** `lanegrad evaluate`: how good a network is, class by class, and what it gets most confidently wrong. */
import {
  type Classifier,
  type Dataset,
  Engine,
  evaluateAsync,
  type FloatType,
  misclassifiedAsync,
  type Network,
  type Regressor,
  reportData,
  reportText,
} from "lanegrad";
import { type Command, command } from "./command.ts";
import { DATA_FLAGS, examplesOf, loadDigits, NOT_MNIST, type Source } from "./digits.ts";
import { FileError, relativePath } from "./files.ts";
import { section, toggle, UsageError, whole, word } from "./flags.ts";
import { MODEL_FLAGS, type ModelValues, openModel, sizesOf } from "./model.ts";
import type { Parsed } from "./options.ts";
import { checkColumns } from "./predict_table.ts";
import { downloadReporter, percent, print, printJson, say } from "./report.ts";
import { readTable, recordsOf, TABLE_FLAGS, type TableSource } from "./table.ts";
import { measured, measuresText, openTableModel } from "./table_measures.ts";
import { readRunTable, tableConfigOf } from "./table_run.ts";

type EvaluateValues = Source &
  TableSource &
  ModelValues & {
    readonly part?: "train" | "test" | undefined;
    readonly topK?: number | undefined;
    readonly worst?: number | undefined;
    readonly json?: boolean | undefined;
  };

export const evaluateCommand: Command = command<EvaluateValues>({
  name: "evaluate",
  about: "Evaluates a network: loss, accuracy, each class, the confusion matrix, the surest wrong answers.",
  usage: "evaluate RUN|FILE [options]",
  operands: [1, 1],
  flags: {
    ...section("data", {
      ...DATA_FLAGS,
      part: word("PART", ["test", "train"], "which examples: test or train (test)"),
    }),
    ...section("the model of a table: its run's rows, or others with the same columns", TABLE_FLAGS),
    ...section("network", MODEL_FLAGS),
    ...section("output", {
      topK: whole(1, "also counts labels among the K most probable classes"),
      worst: whole(0, "how many wrong answers are listed (10)"),
      json: toggle("one JSON object"),
    }),
  },
  examples: [
    "lanegrad evaluate runs/one",
    "lanegrad evaluate runs/one/best.safetensors --dataset mnist --top-k 3 --worst 50",
    "lanegrad evaluate runs/one --json | jq .accuracy",
    "lanegrad evaluate runs/houses --csv more.csv",
  ],
  run: evaluateModel,
});

async function evaluateModel({ values, operands }: Parsed<EvaluateValues>): Promise<number> {
  const { part = "test", topK, worst: limit = 10, json } = values;
  using engine = await Engine.load();
  const [path = ""] = operands;
  using tableModel = await openTableModel(engine, path);
  if (tableModel !== undefined) return await evaluateTable(tableModel, path, values);
  const model = await openModel(engine, path, values);
  using net = model.net;
  for (const key of ["csv", "npz"] as const) {
    if (values[key] !== undefined)
      throw new FileError(relativePath(path), `a network that knows no columns, for --${key}`);
  }
  const digits = await loadDigits(values, downloadReporter({ json }));
  const examples = digits[part];
  const name = examplesOf(digits, part);
  checkFit(net, model.file, examples, name);
  const evaluation = await evaluateAsync(net, examples, topK === undefined ? {} : { topK });
  const worst = limit === 0 ? [] : await misclassifiedAsync(net, examples, { limit });
  if (json) {
    printJson({ file: model.file, data: digits.name, part, ...reportData(evaluation, examples.classNames), worst });
    return 0;
  }
  if (digits.note) say(NOT_MNIST);
  print([`${relativePath(model.file)}: ${sizesOf(net)}, ${net.dtype}, on ${name}`, ""]);
  print([reportText(evaluation, examples.classNames)]);
  if (worst.length > 0) print(["", "the surest wrong answers"]);
  for (const { index, label, prediction, probability } of worst) {
    print([
      `  example ${String(index).padStart(5)}  is ${label}, taken for ${prediction} with ${percent(probability)}`,
    ]);
  }
  return 0;
}

/** Of a table's model: on the rows that its run kept for the test, or on all rows of another table. */
async function evaluateTable(model: Classifier | Regressor, path: string, values: EvaluateValues): Promise<number> {
  const { csv, npz, part = "test", json } = values;
  const isOther = csv !== undefined || npz !== undefined;
  const config = tableConfigOf(path);
  if (!isOther && config === undefined) {
    throw new UsageError(
      `${relativePath(path)}: the model of a table; --csv FILE or --npz FILE has rows with their answers`,
    );
  }
  const rows = isOther ? await readTable(values) : (await readRunTable(config ?? {}, {}))[part];
  checkColumns(model, path, recordsOf(rows), rows.file);
  if (rows.rows.length === 0)
    throw new FileError(relativePath(path), `the run kept no rows for the test: --part train, or --csv FILE`);
  const evaluation = await measured(model, rows);
  const { target } = model.preprocessing;
  const names = target.kind === "classes" ? target.names : undefined;
  const which = `${rows.rows.length} rows of ${relativePath(rows.file)}${isOther ? "" : `, ${part === "test" ? "those of the test" : "that it learned from"}`}`;
  if (json) printJson({ file: path, data: rows.file, ...(isOther ? {} : { part }), ...reportData(evaluation, names) });
  else print([`${relativePath(path)}: ${measuresText(evaluation)} on ${which}`, "", reportText(evaluation, names)]);
  return 0;
}

/** @throws {FileError} the examples have another size than the network's input, or other classes than its output */
export function checkFit(net: Network<FloatType>, file: string, { size, classes }: Dataset, name: string): void {
  if (net.inputSize === size && net.outputSize === classes) return;
  const takes = `a network of ${net.inputSize} inputs and ${net.outputSize} classes`;
  throw new FileError(relativePath(file), `${takes}, but ${name} have ${size} pixels and ${classes} classes`);
}
