/**
 * Writes the files that every later version reads, and what this version computes from them:
 *
 *   npx tsx test/files/write.ts FOLDER COMMIT
 *
 * A folder is never written again: a version whose files hold something new adds one of its own, with the cases that no
 * earlier folder has. Arrays, streams and the run are in the first one, 0.1.0.
 *
 *   networks/*.safetensors      encodeNetwork: each layer, initializer, loss, naming, in float32 and float64
 *   checkpoints/*.safetensors   encodeCheckpoint: each optimizer and way of training, in the middle of an epoch
 *   arrays.npz, .safetensors    every type of elements; float32.npy alone
 *   weights-*                   weights without a description
 *   models/*.safetensors        classifier and regressor: networks with the preprocessing of their tables
 *   run/                        the folder of `lanegrad train` on the digits of data/
 *   expected.json               predictions, the weights of the resumed runs, draws
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  decodeCheckpoint,
  Engine,
  encodeNetwork,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  type RandomState,
  train,
  weightsOf,
} from "lanegrad";
import { CHECKPOINTS, examplesOf, NETWORKS } from "./cases.ts";
import {
  ARRAYS,
  answersOf,
  checkpointOfCase,
  type Draws,
  drawsOf,
  type Expected,
  type ExpectedRun,
  hexOf,
  MODELS,
  networkOfCase,
  predictionsOf,
  type ResumedRun,
  resumedRun,
  streams,
} from "./measure.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILES = join(ROOT, "test/fixtures/files");
const [folder, commit] = process.argv.slice(2);
if (folder === undefined || commit === undefined) throw new Error("usage: npx tsx test/files/write.ts FOLDER COMMIT");
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

rmSync(folder, { recursive: true, force: true });
const earlier = readdirSync(FILES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => JSON.parse(readFileSync(join(FILES, name, "expected.json"), "utf8")) as Expected);
const isFirst = earlier.length === 0;
/** Cases of a kind that no earlier folder has. */
function fresh<C extends { readonly name: string }>(kind: "networks" | "checkpoints", cases: readonly C[]): C[] {
  return cases.filter(({ name }) => !earlier.some((expected) => Object.hasOwn(expected[kind], name)));
}
for (const name of ["networks", "checkpoints", "models"]) mkdirSync(join(folder, name), { recursive: true });
const engine = await Engine.load();

const expected: Expected = {
  version,
  commit,
  networks: await writeNetworks(),
  checkpoints: await writeCheckpoints(),
  models: await writeModels(),
  random: isFirst ? streams().map(drawn) : [],
  ...(isFirst && { run: writeRun() }),
};
if (isFirst) writeArrays();
writeFileSync(join(folder, "expected.json"), `${JSON.stringify(expected, undefined, 1)}\n`);

/** Each was trained for an epoch, so that biases and statistics are not those of the start. */
async function writeNetworks(): Promise<Expected["networks"]> {
  const predictions: Record<string, string> = {};
  for (const given of fresh("networks", NETWORKS)) {
    using net = networkOfCase(engine, given);
    await train(net, examplesOf(given.data), { epochs: 1, batchSize: 11, learningRate: 0.1 });
    writeFileSync(
      join(folder as string, "networks", `${given.name}.safetensors`),
      encodeNetwork(net, { naming: given.naming }),
    );
    predictions[given.name] = predictionsOf(net, given.data);
  }
  return predictions;
}

async function writeCheckpoints(): Promise<Expected["checkpoints"]> {
  const ends: Record<string, ResumedRun> = {};
  for (const given of fresh("checkpoints", CHECKPOINTS)) {
    const { bytes, end } = await checkpointOfCase(engine, given);
    const resumed = await resumedRun(engine, given, bytes);
    const unbroken = { iteration: decodeCheckpoint(bytes).iteration, ...end };
    if (JSON.stringify(resumed) !== JSON.stringify(unbroken)) throw new Error(`${given.name}: resumed with other bits`);
    writeFileSync(join(folder as string, "checkpoints", `${given.name}.safetensors`), bytes);
    ends[given.name] = resumed;
  }
  return ends;
}

async function writeModels(): Promise<Required<Expected>["models"]> {
  const answers: Record<string, readonly (string | number)[]> = {};
  for (const [name, trained] of Object.entries(MODELS)) {
    if (earlier.some(({ models = {} }) => Object.hasOwn(models, name))) continue;
    using model = await trained(engine);
    writeFileSync(join(folder as string, "models", `${name}.safetensors`), model.encode());
    answers[name] = answersOf(model);
  }
  return answers;
}

function drawn(random: RandomState): Draws {
  const { key, ...rest } = random.getState();
  return { state: { ...rest, key: hexOf(key) }, draws: drawsOf(random) };
}

function writeArrays(): void {
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(folder as string, name), bytes);
  write("arrays.npz", encodeNpz(ARRAYS));
  write("arrays.safetensors", encodeSafetensors(ARRAYS, { note: "one of each type" }));
  write("float32.npy", encodeNpy(ARRAYS[0] as (typeof ARRAYS)[number]));
  const given = NETWORKS.find(({ name }) => name === "naming-lanegrad-float32") as (typeof NETWORKS)[number];
  using net = networkOfCase(engine, given);
  write("weights-lanegrad.npz", encodeNpz(weightsOf(net)));
  write("weights-pytorch.safetensors", encodeSafetensors(weightsOf(net, { naming: "pytorch" })));
}

/** Six steps on the digits of data/, a checkpoint after each third; and six more in a copy. */
function writeRun(): ExpectedRun {
  const made = mkdtempSync(join(tmpdir(), "lanegrad-"));
  const run = join(folder as string, "run");
  const sizes = ["--layers", "784,2,10", "--activation", "tanh", "--batch-size", "20", "--optimizer", "adam"];
  lanegrad("train", ...sizes, "--iterations", "6", "--checkpoint-every", "3", "--keep", "1", "--out", run);
  const copy = join(made, "copy");
  cpSync(run, copy, { recursive: true });
  const trained = JSON.parse(readFileSync(join(run, "history.json"), "utf8")) as { end: { weightsSha256: string } };
  const { correct, loss } = endOf(lanegrad("evaluate", run, "--json"));
  const { weightsSha256 } = endOf(lanegrad("train", "--resume", copy, "--iterations", "12", "--json"));
  const { losses } = JSON.parse(readFileSync(join(copy, "history.json"), "utf8")) as { losses: number[] };
  rmSync(made, { recursive: true });
  const [weights, resumed] = [trained.end.weightsSha256, String(weightsSha256)];
  return { weights, resumed, losses, correct: Number(correct), loss: Number(loss) };
}

function lanegrad(...args: string[]): string {
  return execFileSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
}

function endOf(output: string): Record<string, unknown> {
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
}
