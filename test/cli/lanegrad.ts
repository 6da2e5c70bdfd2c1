/** The command line as a user runs it: in this process, or in one of its own where a test is about the process. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../../src/cli/commands.ts";
import { encodeIdx } from "../../src/data/idx.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { programOf } from "../support/bundle.ts";
import { BUILD } from "../support/engine.ts";
import { type Ended, endOfProcess, makeTemporaryFolder, ROOT } from "../support/script.ts";
import { printedBy } from "./printed.ts";
import { forgetting } from "./ran.ts";

export type LanegradOptions = {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

export type ProcessOptions = LanegradOptions & {
  readonly input?: string;
  readonly onStart?: (child: ChildProcess) => void;
  /** Called with each piece of output, while it runs. */
  readonly onOutput?: (text: string, child: ChildProcess) => void;
};

const folder = makeTemporaryFolder();
let paths = 0;

/** A path that nothing has used yet. */
export function newPath(name = ""): string {
  paths += 1;
  return join(folder, `${paths}${name}`);
}

/** The end of the last call in this process: output, environment and folder are the process's, so they take turns. */
let previous: Promise<unknown> = Promise.resolve();

/** Runs `lanegrad` to its end, in this process. */
export function lanegrad(args: readonly string[], options: LanegradOptions = {}): Promise<Ended> {
  const ended = previous.then(() => forgetting(() => inThisProcess(args, options)));
  previous = ended.catch(() => {});
  return ended;
}

async function inThisProcess(
  args: readonly string[],
  { cwd = folder, environment = {} }: LanegradOptions,
): Promise<Ended> {
  const before = { exitCode: process.exitCode, folder: process.cwd(), environment: { ...process.env } };
  process.chdir(cwd);
  Object.assign(process.env, environment);
  process.exitCode = undefined;
  try {
    const { stdout, stderr } = await printedBy(() => main(args));
    const code = Number(process.exitCode ?? 0);
    return { code, signal: null, stdout: asInstalled(stdout), stderr: asInstalled(stderr) };
  } finally {
    process.chdir(before.folder);
    for (const key of Object.keys(environment)) delete process.env[key];
    Object.assign(process.env, before.environment);
    process.exitCode = before.exitCode;
  }
}

/** What Node is given to start the program. */
export async function program(): Promise<readonly string[]> {
  return await programOf(join(ROOT, "src/cli/main.ts"));
}

/** Runs `lanegrad` to its end, in a process of its own. */
export async function lanegradProcess(args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  const { input, cwd = folder, environment = {}, onStart, onOutput } = options;
  const start = await program();
  // A program that is run from its sources in other folders needs to be told; no other process, whose sources may be others.
  const sources = start.length > 1 ? { TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") } : {};
  const child = spawn(process.execPath, [...start, ...args], {
    cwd,
    env: { ...process.env, ...sources, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onStart?.(child);
  child.stdin.on("error", () => {}).end(input ?? "");
  const { stdout, stderr, ...end } = await endOfProcess(child, onOutput);
  return { ...end, stdout: asInstalled(stdout), stderr: asInstalled(stderr) };
}

/** With the name of the program, in place of what its sources call it. */
function asInstalled(text: string): string {
  return text.replaceAll("npm run -s lanegrad --", "lanegrad");
}

/** `lanegrad train` on the build that the suite is at, in this process. */
export function train(args: readonly string[], options?: LanegradOptions): Promise<Ended> {
  return lanegrad(["train", "--build", BUILD, ...args], options);
}

/** `lanegrad train` on the build that the suite is at, in a process of its own. */
export function trainProcess(args: readonly string[], options?: ProcessOptions): Promise<Ended> {
  return lanegradProcess(["train", "--build", BUILD, ...args], options);
}

/** The last line of `--json`. */
export function endOf({ stdout, stderr }: Ended): Readonly<Record<string, unknown>> {
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(last) as Record<string, unknown>;
  } catch {
    throw new Error(`no JSON: ${last}\n${stderr}`);
  }
}

export function readJson(file: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
}

export type DataOptions = {
  readonly count?: number;
  readonly tests?: number;
  readonly side?: number;
  readonly seed?: number;
};

/**
 * Flags of a run on small pictures that says every step: more lines than a pipe holds, so that it cannot have ended before its
 * reader answers. There are examples enough that it is not evaluated at every other step.
 */
export function longRun(data: string = digitsFolder({ count: 1000 })): readonly string[] {
  const size = ["--hidden", "20", "--batch-size", "10"];
  return ["--data", data, ...size, "--iterations", "6000", "--json", "--log-every", "1"];
}

/** A folder with MNIST's four files, of small pictures: one bright pixel for each class among noise. */
export function digitsFolder({ count = 60, tests = 30, side = 6, seed = 0 }: DataOptions = {}): string {
  const data = newPath();
  mkdirSync(data);
  const random = new RandomState(seed);
  for (const [name, n] of [
    ["train", count],
    ["t10k", tests],
  ] as const) {
    const size = side * side;
    const labels = Uint8Array.from({ length: n }, (_, i) => i % 10);
    const images = Uint8Array.from(random.randint(0, 60, n * size));
    for (const [i, label] of labels.entries()) images[i * size + label * 2] = 255;
    const write = (file: string, bytes: Uint8Array) => writeFileSync(join(data, `${name}-${file}-ubyte`), bytes);
    write("images-idx3", encodeIdx({ type: "uint8", shape: [n, side, side], data: images }));
    write("labels-idx1", encodeIdx({ type: "uint8", shape: [n], data: labels }));
  }
  return data;
}
