/** The command line as a user runs it, in another process. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeIdx } from "../../src/data/idx.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { programOf } from "../support/bundle.ts";
import { BUILD } from "../support/engine.ts";
import { type Ended, endOfProcess, makeTemporaryFolder, ROOT } from "../support/script.ts";

export type LanegradOptions = {
  readonly input?: string;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
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

/** What Node is given to start the program. */
export const PROGRAM: readonly string[] = await programOf(join(ROOT, "src/cli/main.ts"));
/** For a program that is run from its sources in other folders; of no other process, whose sources may be others. */
const SOURCES = PROGRAM.length > 1 ? { TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") } : {};

/** Runs `lanegrad` to its end. */
export async function lanegrad(args: readonly string[], options: LanegradOptions = {}): Promise<Ended> {
  const { input, cwd = folder, environment = {}, onStart, onOutput } = options;
  const child = spawn(process.execPath, [...PROGRAM, ...args], {
    cwd,
    env: { ...process.env, ...SOURCES, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onStart?.(child);
  child.stdin.on("error", () => {}).end(input ?? "");
  const { stdout, stderr, ...end } = await endOfProcess(child, onOutput);
  const asInstalled = (text: string) => text.replaceAll("npm run -s lanegrad --", "lanegrad"); // what its sources call it
  return { ...end, stdout: asInstalled(stdout), stderr: asInstalled(stderr) };
}

/** `lanegrad train` on the build that the suite is at. */
export function train(args: readonly string[], options?: LanegradOptions): Promise<Ended> {
  return lanegrad(["train", "--build", BUILD, ...args], options);
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

/** Flags of a run on small pictures that takes seconds, and says every step. */
export function longRun(data: string = digitsFolder()): readonly string[] {
  const size = ["--hidden", "64", "--batch-size", "10"];
  return ["--data", data, ...size, "--iterations", "3000", "--json", "--log-every", "1"];
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
