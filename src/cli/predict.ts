/** `lanegrad predict`: a network's predictions for images, a picture, or numbers. */
import { Engine, type FloatType, type Network, tensor } from "lanegrad";
import { type Command, command } from "./command.ts";
import { FileError } from "./files.ts";
import { named, positions, section, toggle, UsageError, whole } from "./flags.ts";
import { type Inputs, readInputs } from "./inputs.ts";
import { MODEL_FLAGS, type ModelValues, openModel } from "./model.ts";
import type { Parsed } from "./options.ts";
import { predictRows } from "./predict_table.ts";
import { percent, print, printJson, say } from "./report.ts";
import { openTableModel } from "./table_measures.ts";

type PredictValues = ModelValues & {
  readonly index?: readonly number[] | undefined;
  readonly strict?: boolean | undefined;
  readonly top?: number | undefined;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
};

/** Rows at a time. */
const BLOCK = 256;

export const predictCommand: Command = command<PredictValues>({
  name: "predict",
  about:
    "Says what a network takes its inputs for. INPUT is a file of IDX images, a PNG picture of a digit (needs the package\n" +
    "fast-png), or JSON: an array of numbers, or of rows of numbers; without it, JSON from standard input. The model of a table\n" +
    "takes rows with its columns, as CSV or JSON.",
  usage: "predict RUN|FILE [INPUT] [options]",
  operands: [1, 2],
  flags: {
    ...section("input", {
      index: positions("which images or rows, from 0 on, with commas between them (all)"),
      strict: toggle("refuses a picture that is not 28 × 28, light on dark, in place of converting it"),
    }),
    ...section("network", MODEL_FLAGS),
    ...section("output", {
      top: whole(1, "how many classes to print for each (3)"),
      out: named("FILE", "of a table's model: the answers as CSV (standard output)"),
      json: toggle("one JSON object for each input, with all probabilities"),
    }),
  },
  examples: [
    "lanegrad predict runs/one seven.png",
    "lanegrad predict runs/one t10k-images-idx3-ubyte.gz --index 0,1,2",
    "lanegrad predict runs/one --json < pixels.json",
    "lanegrad predict runs/houses rows.csv --out answers.csv",
  ],
  run: predict,
});

async function predict({ values, operands }: Parsed<PredictValues>): Promise<number> {
  const { index, strict = false, top = 3, json } = values;
  const [path = "", input = "-"] = operands;
  if (input === "-" && process.stdin.isTTY)
    throw new FileError("predict", "no input: a file, or JSON on standard input");
  using engine = await Engine.load();
  using tableModel = await openTableModel(engine, path);
  if (tableModel !== undefined) {
    await predictRows(tableModel, path, { input, index, out: values.out, json });
    return 0;
  }
  if (values.out !== undefined) throw new UsageError("--out: is for the model of a table");
  const model = await openModel(engine, path, values);
  using net = model.net;
  const inputs = await readInputs(input, { size: net.inputSize, index, strict });
  for (const remark of inputs.remarks) say(remark);
  for (const { name, probabilities } of answers(net, inputs)) {
    const order = Array.from(probabilities.keys()).sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
    const [prediction = 0] = order;
    if (json) {
      printJson({ input: name, prediction, probability: probabilities[prediction], probabilities: [...probabilities] });
      continue;
    }
    const told = order.slice(0, top).map((c) => `${c} ${percent(probabilities[c] ?? 0).padStart(8)}`);
    print([`${name.padStart(Math.min(24, longest(inputs)))}  ${told.join("   ")}`]);
  }
  return 0;
}

type Answer = { readonly name: string; readonly probabilities: Float32Array | Float64Array };

/** The network's probabilities for each input, in blocks. */
function* answers(net: Network<FloatType>, { rows, names }: Inputs): Generator<Answer, void> {
  for (let first = 0; first < rows.length; first += BLOCK) {
    const block = rows.slice(first, first + BLOCK);
    const flat = new Float64Array(block.length * net.inputSize);
    for (const [i, row] of block.entries()) flat.set(row, i * net.inputSize);
    const shape = [block.length, net.inputSize];
    using x = tensor(net.engine, flat, { shape, dtype: net.dtype });
    using y = net.predict(x);
    const { outputSize } = net;
    const { data } = y; // valid until the next answer is computed
    for (const i of block.keys()) {
      const probabilities = data.subarray(i * outputSize, (i + 1) * outputSize);
      yield { name: names[first + i] ?? "", probabilities };
    }
  }
}

function longest({ names }: Inputs): number {
  return names.reduce((most, { length }) => Math.max(most, length), 0);
}
