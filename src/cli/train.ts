/**
 * The training script: `npm run train -- --help`. Everything it does, an embedder can do: it imports the
 * package's public surface and nothing else of it.
 */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import {
  type Dataset,
  DivergedError,
  downloadMnist,
  Engine,
  emptyHistory,
  encodeSafetensors,
  evaluate,
  type FloatType,
  LanegradError,
  loadMnist,
  OptionError,
  RandomState,
  supports,
  type TrainHistory,
  TwoLayerNet,
  train,
} from "lanegrad";
import { makeOutputFolder, OutputError, writeWhole } from "./files.ts";
import { HELP, parseTrainArguments, type TrainConfiguration, UsageError } from "./options.ts";
import { percent, type Reporter, reporterFor } from "./report.ts";

const BUNDLED = join(dirname(fileURLToPath(import.meta.url)), "../../data");
const NOT_MNIST = "not a score on MNIST's test set: the bundled digits are split from MNIST's training images";

type Digits = { readonly train: Dataset; readonly test: Dataset; readonly folder: string; readonly note: string };

/** How a run ended: as the process's exit code. */
async function main(args: readonly string[]): Promise<number> {
  const configuration = parseTrainArguments(args);
  if (configuration === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  const interruption = listenForSignals();
  const reporter = reporterFor(configuration);
  try {
    const digits = await loadDigits(configuration, reporter, interruption.signal);
    const out = makeOutputFolder(configuration.out, new Date());
    await run(configuration, { digits, out, reporter, signal: interruption.signal });
  } catch (error) {
    if (interruption.exitCode() === 0) throw error; // an interrupted download ends by an error
  }
  return interruption.exitCode();
}

async function run(configuration: TrainConfiguration, { digits, out, reporter, signal }: RunParts): Promise<void> {
  const { hidden, iterations, batchSize, learningRate, weightInitStd, seed, dtype, build, layout } = configuration;
  if (build === "relaxed" && !supports("relaxed")) setFlagsFromString("--experimental-wasm-relaxed-simd");
  using engine = await Engine.load({ build });
  const random = new RandomState(seed);
  using net = new TwoLayerNet<FloatType>(engine, {
    inputSize: digits.train.size,
    hiddenSize: hidden,
    outputSize: digits.train.classes,
    weightInitStd,
    random,
    dtype,
  });

  const facts = factsOf(configuration, digits, net);
  reporter.start(facts, [
    `lanegrad ${version()}: ${net.inputSize}-${net.hiddenSize}-${net.outputSize}, ${dtype}, build ${build}, seed ${seed}`,
    `${digits.train.length} training and ${digits.test.length} test digits from ${digits.folder}${digits.note && `: ${digits.note}`}`,
  ]);

  const history = emptyHistory();
  const started = performance.now();
  try {
    await train(
      net,
      digits.train,
      {
        iterations,
        batchSize,
        learningRate,
        random,
        test: digits.test,
        layout,
        onStep: (progress) => {
          if (Number.isFinite(progress.loss)) reporter.step(progress);
        },
        signal,
      },
      history,
    );
  } catch (error) {
    if (error instanceof DivergedError) {
      writeWhole(join(out, "history.json"), historyJson(facts, history, undefined));
      process.stderr.write(`the history so far is in ${shown(out)}\n`);
    }
    throw error;
  }

  const seconds = (performance.now() - started) / 1000;
  const end = {
    iterations: history.losses.length,
    seconds,
    stepsPerSecond: history.losses.length / seconds,
    loss: history.losses.at(-1) ?? null,
    trainAccuracy: evaluate(net, digits.train).accuracy,
    testAccuracy: evaluate(net, digits.test).accuracy,
    weightsSha256: weightsSha256(net),
  };
  writeWhole(join(out, "weights.safetensors"), weightsFile(net));
  writeWhole(join(out, "history.json"), historyJson(facts, history, end));
  reporter.end(end, [
    `${end.iterations} iterations in ${seconds.toFixed(1)} s, ${end.stepsPerSecond.toFixed(0)} steps/s`,
    `train accuracy ${percent(end.trainAccuracy)}, test accuracy ${percent(end.testAccuracy)}${digits.note && ` (${NOT_MNIST})`}`,
    `history.json and weights.safetensors are in ${shown(out)}`,
  ]);
}

type RunParts = {
  readonly digits: Digits;
  readonly out: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
};

type Interruption = { readonly signal: AbortSignal; readonly exitCode: () => number };

/** SIGINT and SIGTERM end the run after its step, with everything written; a second one ends it at once. */
function listenForSignals(): Interruption {
  const controller = new AbortController();
  let exitCode = 0;
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code);
      exitCode = code;
      controller.abort();
      process.stderr.write(`\n${signal}: finishing this step; once more quits at once\n`);
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode };
}

async function loadDigits(configuration: TrainConfiguration, reporter: Reporter, signal: AbortSignal): Promise<Digits> {
  if (configuration.data !== undefined) {
    return { ...(await loadMnist(configuration.data)), folder: configuration.data, note: "" };
  }
  if (configuration.dataset === "mnist") {
    const folder = await downloadMnist({
      signal,
      onProgress: ({ file, receivedBytes, totalBytes }) => reporter.download(file, receivedBytes, totalBytes),
      ...mirrorsFromEnvironment(),
    });
    return { ...(await loadMnist(folder)), folder, note: "" };
  }
  return {
    ...(await loadMnist(BUNDLED)),
    folder: "the repository's data folder",
    note: `a score on them is ${NOT_MNIST}`,
  };
}

/** LANEGRAD_MNIST_MIRRORS: addresses to download from instead, separated by spaces. */
function mirrorsFromEnvironment(): { readonly mirrors?: readonly string[] } {
  const mirrors = process.env["LANEGRAD_MNIST_MIRRORS"]?.split(/\s+/).filter((mirror) => mirror !== "");
  return mirrors === undefined ? {} : { mirrors };
}

function factsOf({ data, dataset, ...configuration }: TrainConfiguration, digits: Digits, net: TwoLayerNet<FloatType>) {
  const { json, quiet, debug, out, ...settings } = configuration;
  return {
    version: version(),
    layers: [net.inputSize, net.hiddenSize, net.outputSize],
    ...settings,
    data: data ?? dataset ?? "bundled",
    trainExamples: digits.train.length,
    testExamples: digits.test.length,
  };
}

function historyJson(facts: object, history: TrainHistory, end: object | undefined): string {
  return `${JSON.stringify({ configuration: facts, ...history, end: end ?? null })}\n`;
}

function weightsFile(net: TwoLayerNet<FloatType>): Uint8Array {
  const tensors = Object.entries(net.parameters).map(([name, { shape, data }]) => ({ name, shape, data }));
  return encodeSafetensors(tensors, { format: "lanegrad", network: "TwoLayerNet" });
}

/** SHA-256 over the bytes of W1, b1, W2, b2, one after the other. */
function weightsSha256(net: TwoLayerNet<FloatType>): string {
  const hash = createHash("sha256");
  for (const { data } of Object.values(net.parameters)) hash.update(data);
  return hash.digest("hex");
}

function version(): string {
  const manifest = createRequire(import.meta.url)("../../package.json") as { readonly version: string };
  return manifest.version;
}

/** A path as a person who stands in the current folder would write it. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

/** One line for a person, and the exit code: 2 for wrong usage, 1 for what else went wrong. */
function fail(error: unknown, withStack: boolean): number {
  const isUsage = error instanceof UsageError || error instanceof OptionError;
  const isExpected = isUsage || error instanceof LanegradError || error instanceof OutputError;
  const message = error instanceof Error ? error.message : String(error);
  const line = `train: ${message}${error instanceof UsageError ? "; --help lists the flags" : ""}`;
  process.stderr.write(`${withStack && error instanceof Error ? (error.stack ?? line) : line}\n`);
  if (!isExpected && !withStack) process.stderr.write("this is a defect: --debug shows where\n");
  return isUsage ? 2 : 1;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1); // the reader has gone: nobody is left to tell
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = fail(error, process.argv.includes("--debug"));
}
