/**
 * Writes the files that every later version reads, and what this version computes from them:
 *
 *   npx tsx test/files/write.ts FOLDER COMMIT
 *
 * The folder test/fixtures/files/0.1.0 was written by this script in a checkout of ccd2db7. It is never written again:
 * a version whose files hold something new adds a folder of its own.
 *
 *   networks/*.safetensors      encodeNetwork: each layer, initializer, loss, naming, in float32 and float64
 *   checkpoints/*.safetensors   encodeCheckpoint: each optimizer and way of training, in the middle of an epoch
 *   arrays.npz, .safetensors    every type of elements; float32.npy alone
 *   weights-*                   weights without a description
 *   run/                        the folder of `lanegrad train` on the digits of data/
 *   expected.json               predictions, the weights of the resumed runs, draws
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  checkpointOfCase,
  type Draws,
  drawsOf,
  type Expected,
  hexOf,
  networkOfCase,
  predictionsOf,
  type ResumedRun,
  resumedRun,
  streams,
} from "./measure.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const [folder, commit] = process.argv.slice(2);
if (folder === undefined || commit === undefined) throw new Error("usage: npx tsx test/files/write.ts FOLDER COMMIT");
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

rmSync(folder, { recursive: true, force: true });
for (const name of ["networks", "checkpoints"]) mkdirSync(join(folder, name), { recursive: true });
const engine = await Engine.load();

const expected: Expected = {
  version,
  commit,
  networks: await writeNetworks(),
  checkpoints: await writeCheckpoints(),
  random: streams().map(drawn),
  run: writeRun(),
};
writeArrays();
writeFileSync(join(folder, "expected.json"), `${JSON.stringify(expected, undefined, 1)}\n`);

/** Each was trained for an epoch, so that biases and statistics are not those of the start. */
async function writeNetworks(): Promise<Expected["networks"]> {
  const predictions: Record<string, string> = {};
  for (const given of NETWORKS) {
    using net = networkOfCase(engine, given);
    await train(net, examplesOf(given.data), { epochs: 1, batchSize: 11, learningRate: 0.1 });
    writeFileSync(join(folder as string, "networks", `${given.name}.safetensors`), encodeNetwork(net, given));
    predictions[given.name] = predictionsOf(net, given.data);
  }
  return predictions;
}

async function writeCheckpoints(): Promise<Expected["checkpoints"]> {
  const ends: Record<string, ResumedRun> = {};
  for (const given of CHECKPOINTS) {
    const { bytes, end } = await checkpointOfCase(engine, given);
    const resumed = await resumedRun(engine, given, bytes);
    const unbroken = { iteration: decodeCheckpoint(bytes).iteration, ...end };
    if (JSON.stringify(resumed) !== JSON.stringify(unbroken)) throw new Error(`${given.name}: resumed with other bits`);
    writeFileSync(join(folder as string, "checkpoints", `${given.name}.safetensors`), bytes);
    ends[given.name] = resumed;
  }
  return ends;
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
function writeRun(): Expected["run"] {
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
