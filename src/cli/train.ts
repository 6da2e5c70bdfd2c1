/**
 * `lanegrad train`: a network on digits. Without flags, the network of Saito,
 * *Deep Learning from Scratch*, ch. 4: 784-50-10, 10,000 steps of gradient descent.
 * Everything it does, an embedder can do: it imports the package's public surface and nothing else of it.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import {
  DivergedError,
  Engine,
  emptyHistory,
  type FloatType,
  type Network,
  network,
  RandomState,
  restore,
  supports,
  Trainer,
} from "lanegrad";
import { type Command, command, isScript, runCommand } from "./command.ts";
import { type Digits, loadDigits, sha256Of, splitOff } from "./digits.ts";
import { drive } from "./drive.ts";
import { checkNewFolder, checkNotData } from "./earlier_run.ts";
import type { ReportParts } from "./figures.ts";
import { FileError, OutputError, quoted, relativePath, version } from "./files.ts";
import { UsageError } from "./flags.ts";
import { layerSizes } from "./model.ts";
import type { Parsed } from "./options.ts";
import { whenLost } from "./output.ts";
import { PROGRAM } from "./program.ts";
import { completed, descriptionOf, inputShapeOf, stepsOf, trainerOptions } from "./recipe.ts";
import { linesOf, type Reporter, reporterFor, say } from "./report.ts";
import { endOf, historyFile, nextOf, resultsOf, summaryOf } from "./results.ts";
import { type Resuming, resumedRun } from "./resume.ts";
import { RunFolder, setNewerAside } from "./run_folder.ts";
import { type Interruption, listenForSignals } from "./signals.ts";
import { configOf, TRAIN_FLAGS, type TrainValues } from "./train_flags.ts";
import { isForTables, TABLE_ONLY, trainTableCommand } from "./train_table.ts";

const DEFAULT_KEEP = 3;

const imagesCommand: Command = command<TrainValues>({
  name: "train",
  about:
    "Trains a network on MNIST's digits; without flags the two-layer network 784-50-10 by minibatch SGD. With --csv FILE or\n" +
    "--npz FILE on any table: `train --csv FILE --help`.",
  usage: "train [options]",
  flags: TRAIN_FLAGS,
  examples: [
    "lanegrad train --csv iris.csv --target species",
    "lanegrad train --dataset mnist",
    "lanegrad train --model lenet --dataset mnist",
    "lanegrad train --layers 784,512,10 --optimizer adam --epochs 5 --validation 0.1 --patience 3",
    "lanegrad train --data ~/mnist --dtype float64 --seed 1 --out runs/one",
    "lanegrad train --resume runs/one --iterations 20000",
    "lanegrad train --json --quiet --log-every 1 > run.jsonl",
  ],
  run: train,
});

/** On images, or with `--csv` or `--npz` on a table, which has flags of its own. */
export const trainCommand: Command = {
  ...imagesCommand,
  page: (args) => (isForTables(args) ? trainTableCommand : imagesCommand).page(args),
  async execute(args) {
    if (isForTables(args)) return await trainTableCommand.execute(args);
    const flag = TABLE_ONLY.find((name) => args.some((arg) => arg === name || arg.startsWith(`${name}=`)));
    if (flag !== undefined) throw new UsageError(`${flag}: is for tables: --csv FILE or --npz FILE`);
    return await imagesCommand.execute(args);
  },
};

async function train(parsed: Parsed<TrainValues>): Promise<number> {
  const interruption = listenForSignals();
  whenLost((reason) => interruption.interrupt(1, `standard output: ${reason}`));
  const resuming = parsed.values.resume === undefined ? undefined : await resumedRun(parsed, say);
  using _ = resuming?.run;
  const values = resuming?.values ?? completed(parsed.values);
  const { out, force, config } = values;
  if (out !== undefined && !force) checkNewFolder(out, config); // before a download, and again when the folder is locked
  const reporter = reporterFor({ ...values, logEvery: values.logEvery ?? 1 });
  let digits: Digits;
  try {
    digits = await loadDigits(values, reporter.download, interruption.signal);
  } catch (error) {
    if (interruption.exitCode() === 0) throw error;
    return interruption.exitCode(); // an interrupted download ends by an error
  }
  if (out !== undefined) checkNotData(out, digits.path);
  return await trainOn(digits, { values, reporter, resuming, interruption });
}

type Parts = {
  readonly values: TrainValues;
  readonly reporter: Reporter;
  readonly resuming: Resuming | undefined;
  readonly interruption: Interruption;
};

/** Everything is made before a new folder is touched: flags that do not fit the examples leave it as it was. */
async function trainOn(digits: Digits, { values, reporter, resuming, interruption }: Parts): Promise<number> {
  const { seed = 0, dtype = "float32", build = "simd", validation: share, logEvery = 1 } = values;
  const dataSha256 = sha256Of(digits);
  if (resuming?.dataSha256 !== undefined && resuming.dataSha256 !== dataSha256) {
    throw new FileError(
      digits.folder,
      `other examples than those that ${relativePath(resuming.run.folder)} was trained on`,
    );
  }
  if (build === "relaxed" && !supports("relaxed")) setFlagsFromString("--experimental-wasm-relaxed-simd");
  const { train, validation } =
    share === undefined ? { train: digits.train, validation: undefined } : splitOff(digits.train, share, seed);
  const options = trainerOptions(values, train.length);
  const description = descriptionOf(values, digits.train);

  using engine = await Engine.load({ build });
  const random = new RandomState(seed);
  using net = network<FloatType>(engine, description, {
    ...{ seed, random, dtype },
    ...inputShapeOf(values, digits.train),
  });
  const history = emptyHistory();
  using trainer = new Trainer(net, { train, test: digits.test, validation }, { ...options, random }, history);
  if (resuming) restore(trainer, resuming.checkpoint);
  const facts = factsOf(values, { ...digits, train, validation }, net);
  const { keep = DEFAULT_KEEP } = values;
  using run = resuming?.run ?? (await RunFolder.create({ ...values, keep }, say));
  run.keepLast(keep);
  await run.configure({ ...configOf(values), dataSha256 });
  reporter.start(facts, opening(facts, digits, resuming));
  if (resuming) announce(resuming);

  const began = trainer.iteration;
  const started = performance.now();
  try {
    await drive(trainer, {
      run,
      checkpointEvery: values.checkpointEvery,
      signal: interruption.signal,
      onStep(progress) {
        reporter.step(progress);
        for (const line of linesOf(progress, logEvery)) run.log(line);
      },
    });
  } catch (error) {
    if (error instanceof DivergedError) await leaveDiverged(run, historyFile(facts, history, undefined));
    throw error;
  }
  const seconds = (performance.now() - started) / 1000;
  const end = await endOf(net, { ...digits, train }, { history, seconds, steps: trainer.iteration - began });
  const folder = await run.results(resultsOf(net, { facts, history, end }));
  reporter.end(end, summaryOf(end, { digits, folder, history }));
  const hasReport = values.report && (await report(folder, { net, history, test: digits.test, facts, end }));
  const isWhole = folder === run.folder && history.outcome !== "aborted";
  if (isWhole && !values.json && !values.quiet) {
    for (const line of nextOf(folder, digits, { ...values, report: hasReport })) say(line);
  }
  return folder === run.folder ? interruption.exitCode() : 1;
}

/** What is left of a run that diverged: its history, and the checkpoints of before, the last of which can be resumed. */
async function leaveDiverged(run: RunFolder, history: string): Promise<void> {
  const folder = await run.results(new Map([["history.json", history]]));
  say(`the history so far is in ${relativePath(folder)}`);
  const last = (await run.checkpoints.names()).at(-1);
  if (last === undefined)
    return say("no checkpoint was saved before that: --checkpoint-every N saves one every N steps");
  say(`the last checkpoint, whose weights are finite, is ${relativePath(join(run.folder, last))}`);
}

/** Says what is special about a run that is resumed, and makes room for its checkpoints. */
function announce({ run, checkpoint, remarks }: Resuming): void {
  const { iteration } = checkpoint;
  run.log(`resuming after ${iteration} steps`);
  for (const name of setNewerAside(run.folder, iteration)) say(`${name} is renamed: it is newer than this`);
  for (const remark of remarks) say(remark);
}

/** Figures, which are loaded when they are needed alone; a run does not fail for them. Whether there are any. */
async function report(folder: string, parts: ReportParts): Promise<boolean> {
  const { writeReport } = await import("./figures.ts");
  try {
    await writeReport(folder, parts);
    say(
      `report.html and its figures are in ${relativePath(folder)}: ${pathToFileURL(join(folder, "report.html")).href}`,
    );
    return true;
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    say(`no report: ${error.message}; later: ${PROGRAM} report ${quoted(relativePath(folder))}`);
    return false;
  }
}

/** What a run is, for people and programs: the flags with their defaults, and the sizes of what it found. */
function factsOf(
  values: TrainValues,
  digits: Pick<Digits, "train" | "test"> & { readonly validation: Digits["train"] | undefined },
  net: Network<FloatType>,
): Readonly<Record<string, unknown>> {
  const { lanegrad, data, dataset, layers: _, ...settings } = configOf(values);
  const { train, test, validation } = digits;
  return {
    version: version(),
    layers: layerSizes(net),
    ...settings,
    ...(values.epochs === undefined ? {} : { steps: stepsOf(values, train.length) }),
    logEvery: values.logEvery,
    data: data ?? dataset ?? "bundled",
    trainExamples: train.length,
    testExamples: test.length,
    ...(validation && { validationExamples: validation.length }),
  };
}

function opening(
  facts: Readonly<Record<string, unknown>>,
  { train, folder, note }: Digits,
  resuming: Resuming | undefined,
) {
  const { layers, model = "dense", dtype, build, seed, trainExamples, testExamples } = facts;
  const size = `${model === "dense" ? "" : `${model} `}${(layers as readonly number[]).join("-")}`;
  const what = train.shape.length === 3 ? "images" : "digits";
  const lines = [
    `lanegrad ${version()}: ${size}, ${dtype}, build ${build}, seed ${seed}`,
    `${trainExamples} training and ${testExamples} test ${what} from ${folder}${note && `: ${note}`}`,
  ];
  if (resuming)
    lines.push(`resuming ${relativePath(resuming.run.folder)} after ${resuming.checkpoint.iteration} steps`);
  return lines;
}

if (isScript(import.meta.url)) await runCommand(trainCommand, process.argv.slice(2));
