/** What a run leaves: its history as JSON and as a table, its weights, and a few lines for a person. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  describeNetwork,
  type EvaluationRecord,
  encodeNetwork,
  evaluateAsync,
  type FloatType,
  type Network,
  type TrainHistory,
} from "lanegrad";
import { type Digits, NOT_MNIST, type Source } from "./digits.ts";
import { quoted, relativePath } from "./files.ts";
import { PROGRAM } from "./program.ts";
import { percent } from "./report.ts";

type Facts = Readonly<Record<string, unknown>>;

/** How a run ended. Accuracies are fractions. */
export type End = {
  readonly iterations: number;
  readonly seconds: number;
  readonly stepsPerSecond: number;
  readonly loss: number | null;
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  readonly weightsSha256: string;
};

export type Course = {
  readonly history: TrainHistory;
  /** What this process took for so many steps. */
  readonly seconds: number;
  readonly steps: number;
};

/** Measures a network that has been trained. */
export async function endOf(
  net: Network<FloatType>,
  { train, test }: Pick<Digits, "train" | "test">,
  { history, seconds, steps }: Course,
): Promise<End> {
  return {
    iterations: history.losses.length,
    seconds,
    stepsPerSecond: steps / seconds,
    loss: history.losses.at(-1) ?? null,
    trainAccuracy: (await evaluateAsync(net, train)).accuracy ?? 0,
    testAccuracy: (await evaluateAsync(net, test)).accuracy ?? 0,
    weightsSha256: weightsSha256(net),
  };
}

/** The files, by name. */
export function resultsOf(
  net: Network<FloatType>,
  { facts, history, end }: { readonly facts: Facts; readonly history: TrainHistory; readonly end: unknown },
): Map<string, string | Uint8Array> {
  return new Map<string, string | Uint8Array>([
    ["weights.safetensors", encodeNetwork(net)],
    ["network.json", `${JSON.stringify(describeNetwork(net), undefined, 2)}\n`],
    ["history.csv", historyTable(history)],
    ["history.json", historyFile(facts, history, end)],
  ]);
}

/** history.json. */
export function historyFile(facts: Facts, history: TrainHistory, end: unknown): string {
  return `${JSON.stringify({ configuration: facts, ...history, end: end ?? null })}\n`;
}

const MEASURES = [
  ...["trainAccuracy", "trainLoss", "testAccuracy", "testLoss", "validationAccuracy", "validationLoss"],
] as readonly (keyof EvaluationRecord)[];

/** A row for each step; what was measured after it is next to its loss. */
function historyTable({ losses, evaluations }: TrainHistory): string {
  const measured = new Map(evaluations.map((record) => [record.iteration, record]));
  const columns = MEASURES.filter((key) => evaluations.some((record) => record[key] !== undefined));
  const rows = [["iteration", "loss", ...columns].join(",")];
  for (const [iteration, loss] of losses.entries()) {
    const record = measured.get(iteration);
    rows.push([iteration, loss, ...columns.map((key) => record?.[key] ?? "")].join(","));
  }
  return `${rows.join("\n")}\n`;
}

/** SHA-256 over the bytes of W1, b1, W2, … and of running statistics, one after the other. */
function weightsSha256({ parameters, statistics }: Network<FloatType>): string {
  const hash = createHash("sha256");
  for (const { data } of [...Object.values(parameters), ...Object.values(statistics)]) hash.update(data);
  return hash.digest("hex");
}

/** The last lines of a run. */
export function summaryOf(
  end: End,
  { digits, folder, history }: { readonly digits: Digits; readonly folder: string; readonly history: TrainHistory },
): string[] {
  const lines = [
    `${end.iterations} iterations in ${end.seconds.toFixed(1)} s, ${end.stepsPerSecond.toFixed(end.stepsPerSecond < 10 ? 1 : 0)} steps/s`,
    `train accuracy ${percent(end.trainAccuracy)}, test accuracy ${percent(end.testAccuracy)}${digits.note && ` (${NOT_MNIST})`}`,
    `history.json and weights.safetensors are in ${relativePath(folder)}`,
  ];
  const { outcome, best } = history;
  const place =
    best &&
    `the weights are those after iteration ${best.iteration}, validation loss ${best.validationLoss?.toFixed(4)}`;
  if (place !== undefined && outcome !== "aborted") lines.splice(1, 0, `${outcome}: ${place}`);
  if (outcome === "aborted") lines.push(`to resume: ${PROGRAM} train --resume ${quoted(relativePath(folder))}`);
  return lines;
}

/** What one may do with a run that has ended, each with the command that does it. */
export function nextOf(
  folder: string,
  { path, note }: Pick<Digits, "path" | "note">,
  { data, dataset, variant, report }: Source & { readonly report?: boolean | undefined },
): string[] {
  const run = quoted(relativePath(folder));
  const flags = Object.entries({ data, dataset, variant }).flatMap(([key, value]) =>
    value === undefined ? [] : [`--${key} ${quoted(value)}`],
  );
  const images = quoted(relativePath(join(path, "t10k-images-idx3-ubyte.gz")));
  const commands = [
    ...(report ? [] : [["draw its page", `report ${run}`] as const]),
    ["examine each class", ["evaluate", run, ...flags].join(" ")],
    note === ""
      ? ["list its parameters", `inspect ${run}/weights.safetensors`]
      : ["classify three digits", `predict ${run} ${images} --index 0,1,2`],
    ["write it as ONNX", `export ${run} network.onnx`],
  ] as const;
  return ["next:", ...commands.map(([aim, command]) => `  ${`${aim}:`.padEnd(22)}  ${PROGRAM} ${command}`)];
}
