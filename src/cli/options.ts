/**
 * The training script's flags: what they are called, what they accept, and the page that --help prints.
 */
import { parseArgs } from "node:util";
import type { Build, FloatType, InputLayout } from "lanegrad";

/** A run as the flags describe it. */
export type TrainConfiguration = {
  /** A folder of IDX files, or undefined for the bundled digits. */
  readonly data: string | undefined;
  /** A data set to download, or undefined. */
  readonly dataset: "mnist" | undefined;
  readonly hidden: number;
  readonly iterations: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightInitStd: number;
  readonly seed: number;
  readonly dtype: FloatType;
  readonly build: Build;
  readonly layout: InputLayout | "auto";
  readonly logEvery: number;
  /** The folder for results, or undefined for a new one under runs/. */
  readonly out: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
};

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const HELP = `Trains the two-layer network 784-50-10 on MNIST digits by minibatch SGD.

usage: npm run train -- [options]

data
  --data DIR              the four MNIST files, plain or .gz (default: the 10,000 bundled digits)
  --dataset mnist         all of MNIST, downloaded once into the user's cache folder (LANEGRAD_CACHE: another
                          folder; LANEGRAD_MNIST_MIRRORS: other addresses, separated by spaces)

network and training
  --hidden N              hidden neurons (50)
  --iterations N          steps (10000)
  --batch-size N          examples in a step, drawn with replacement (100)
  --learning-rate X       (0.1)
  --weight-init-std X     standard deviation of the first weights (0.01)
  --seed N                0 to 4294967295: weights and minibatches (0)
  --dtype T               float32 or float64 (float32)
  --build B               kernels: simd, the same bits everywhere, relaxed, or debug (simd)
  --layout L              how pixels lie in memory: dense, sparse (only those that are not 0), or auto, which
                          takes what is faster for the data (auto)

output
  --log-every N           report the loss every N steps (100)
  --out DIR               history.json and weights.safetensors go there (a new folder under runs/)
  --json                  one JSON object a line on standard output
  --quiet                 no progress
  --debug                 show the stack of an error
  --help

examples
  npm run train -- --iterations 2000 --hidden 100
  npm run train -- --data ~/mnist --dtype float64 --seed 1
  npm run -s train -- --json --quiet --log-every 1 > run.jsonl
`;

const FLAGS = {
  data: { type: "string" },
  dataset: { type: "string" },
  hidden: { type: "string", default: "50" },
  iterations: { type: "string", default: "10000" },
  "batch-size": { type: "string", default: "100" },
  "learning-rate": { type: "string", default: "0.1" },
  "weight-init-std": { type: "string", default: "0.01" },
  seed: { type: "string", default: "0" },
  dtype: { type: "string", default: "float32" },
  build: { type: "string", default: "simd" },
  layout: { type: "string", default: "auto" },
  "log-every": { type: "string", default: "100" },
  out: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  debug: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/**
 * Reads the command line.
 *
 * @returns the configuration, or "help" when that was asked for
 * @throws {UsageError} an unknown flag, or a value outside its range
 */
export function parseTrainArguments(args: readonly string[]): TrainConfiguration | "help" {
  const values = parseFlags(args);
  if (values.help) return "help";
  if (values.data !== undefined && values.dataset !== undefined) {
    throw new UsageError("--data and --dataset exclude each other");
  }
  if (values.data === "" || values.out === "") throw new UsageError("--data and --out take a folder's name");
  return {
    data: values.data,
    dataset: values.dataset === undefined ? undefined : oneOf("dataset", values.dataset, ["mnist"]),
    hidden: wholeNumber("hidden", values.hidden, 1),
    iterations: wholeNumber("iterations", values.iterations, 1),
    batchSize: wholeNumber("batch-size", values["batch-size"], 1),
    learningRate: positiveNumber("learning-rate", values["learning-rate"]),
    weightInitStd: positiveNumber("weight-init-std", values["weight-init-std"]),
    seed: wholeNumber("seed", values.seed, 0, 2 ** 32 - 1),
    dtype: oneOf("dtype", values.dtype, ["float32", "float64"]),
    build: oneOf("build", values.build, ["simd", "relaxed", "debug"]),
    layout: oneOf("layout", values.layout, ["auto", "dense", "sparse"]),
    logEvery: wholeNumber("log-every", values["log-every"], 1),
    out: values.out,
    json: values.json,
    quiet: values.quiet,
    debug: values.debug,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [message = "wrong usage"] = (error as Error).message.split(/\.\s|\n/);
    throw new UsageError(message);
  }
}

function wholeNumber(flag: string, text: string, low: number, high = 2 ** 31 - 1): number {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && value >= low && value <= high) return value;
  throw new UsageError(`--${flag}: expected a whole number from ${low} to ${high}, found "${text}"`);
}

function positiveNumber(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`--${flag}: expected a number above 0, found "${text}"`);
}

function oneOf<const W extends string>(flag: string, text: string, words: readonly W[]): W {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new UsageError(`--${flag}: expected ${words.join(" or ")}, found "${text}"`);
  return found;
}
