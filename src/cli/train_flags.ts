/** The flags of `train`. */
import { resolve } from "node:path";
import {
  type AugmentationAmounts,
  type Build,
  builtInOptimizers,
  type FloatType,
  type InputLayout,
  type OptimizerFacts,
  type OptimizerNumbers,
} from "lanegrad";
import { isWithin } from "../interval.ts";
import { DATA_FLAGS, type Source } from "./digits.ts";
import { version } from "./files.ts";
import {
  amounts,
  type Flag,
  type FlagsOf,
  named,
  positive,
  real,
  section,
  share,
  sizes,
  toggle,
  whole,
  word,
} from "./flags.ts";
import { CONFIG_FLAG } from "./options.ts";

/** What comes between layers. */
export const ACTIVATIONS = [
  "relu",
  "sigmoid",
  "tanh",
  "leakyRelu",
  "gelu",
  "geluExact",
  "softplus",
  "silu",
  "mish",
  "elu",
  "selu",
  "relu6",
  "hardSigmoid",
  "hardSwish",
  "prelu",
] as const;
/** The facts of every optimizer, but for the rate of the chapter's own. */
export const OPTIMIZERS: { readonly [K in OptimizerKind]: OptimizerFacts } = {
  ...builtInOptimizers,
  sgd: { ...builtInOptimizers.sgd, defaults: { learningRate: 0.1 } },
};
/** The networks: of dense layers, and convolutional ones. */
export const MODELS = ["dense", "lenet", "convnet", "simple-conv", "resnet-small"] as const;
export const SCHEDULES = ["constant", "step", "exponential", "cosine", "warmup-cosine"] as const;

type OptimizerKind = keyof OptimizerNumbers;
/** Every number that an optimizer has. */
export type HyperparameterName = { [K in OptimizerKind]: keyof OptimizerNumbers[K] }[OptimizerKind];

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What was given; `recipe.ts` fills in what was not. */
export type TrainValues = Source &
  Given<{
    validation: number;
    augment: AugmentationAmounts;
    model: (typeof MODELS)[number];
    layers: readonly number[];
    hidden: number;
    activation: (typeof ACTIVATIONS)[number];
    dropout: number;
    batchNorm: boolean;
    weightInitStd: number;
    seed: number;
    dtype: FloatType;
    iterations: number;
    epochs: number;
    batchSize: number;
    dropLast: boolean;
    accumulate: number;
    optimizer: OptimizerKind;
    learningRate: number;
    weightDecay: number;
    clipNorm: number;
    clipValue: number;
    schedule: (typeof SCHEDULES)[number];
    warmup: number;
    decayEvery: number;
    decayFactor: number;
    patience: number;
    build: Build;
    layout: InputLayout | "auto";
    logEvery: number;
    out: string;
    force: boolean;
    resume: string;
    checkpointEvery: number;
    keep: number;
    report: boolean;
    config: string;
    json: boolean;
    quiet: boolean;
  }> &
  Given<Record<HyperparameterName, number>>;

/** Some of the flags: the compiler refuses one that `TrainValues` does not have. */
type Table = Partial<FlagsOf<TrainValues>>;

const DATA = {
  ...DATA_FLAGS,
  validation: real(
    "a number between 0 and 1",
    (x) => x > 0 && x < 1,
    "share of the training examples that is split off, by the seed, and evaluated after each epoch",
  ),
  augment: amounts(
    ["shift", "rotate", "scale", "flip", "crop", "cutout", "colour"],
    "shift=2,rotate=10,scale=0.1",
    "changes every image a little before every step: pixels, degrees, share of its size; flip=0.5 mirrors half of them, crop=4 " +
      "and cutout=8 take pixels, colour=0.1 a share of 255",
  ),
} satisfies Table;

const NETWORK = {
  model: word(
    "NAME",
    MODELS,
    `${MODELS.join(", ")}: the layers that the other flags describe, or a convolutional network (dense)`,
  ),
  layers: sizes("784,512,10", 2, "sizes of the layers, from pixels to classes (784,50,10)"),
  hidden: whole(1, "hidden neurons of a network with one hidden layer (50)"),
  activation: word("NAME", ACTIVATIONS, `${ACTIVATIONS.join(", ")} (sigmoid; relu with --layers and --model)`),
  dropout: share("share of each hidden layer's outputs that is left out while training"),
  batchNorm: toggle("normalises what goes into each activation, of --model into those after convolutions"),
  weightInitStd: positive(
    "standard deviation of the first weights (0.01; by their number with --layers, --model but simple-conv, " +
      "--activation, --dropout or --batch-norm)",
  ),
  seed: whole(0, "0 to 4294967295: weights and minibatches (0)", 2 ** 32 - 1),
  dtype: word("T", ["float32", "float64"], "float32 or float64 (float32)"),
} satisfies Table;

const KINDS = Object.keys(OPTIMIZERS) as OptimizerKind[];

/** A flag for each number that an optimizer has: one of several with the same name. */
export const HYPERPARAMETER_FLAGS: Readonly<Record<HyperparameterName, Flag<number>>> = Object.fromEntries(
  KINDS.flatMap((kind) => Object.entries(OPTIMIZERS[kind].hyperparameters)).map(([name, { range }]) => [
    name,
    real(
      `a number in ${range}`,
      (value) => isWithin(value, range),
      `of ${byValue(
        (kind) => OPTIMIZERS[kind].hyperparameters[name]?.default,
        (kinds, value) => `${kinds} (${value})`,
      )}`,
    ),
  ]),
) as Record<HyperparameterName, Flag<number>>;

/** Kinds that have the same value together: "0.1 for sgd, 0.01 for momentum and nesterov". */
function byValue(
  numberOf: (kind: OptimizerKind) => number | undefined,
  text: (kinds: string, value: number) => string,
): string {
  const groups = new Map<number, OptimizerKind[]>();
  for (const kind of KINDS) {
    const value = numberOf(kind);
    if (value !== undefined) groups.set(value, [...(groups.get(value) ?? []), kind]);
  }
  const listed = (kinds: readonly string[]): string => kinds.join(", ").replace(/, ([^,]*)$/, " and $1");
  return [...groups].map(([value, kinds]) => text(listed(kinds), value)).join(", ");
}

const TRAINING = {
  iterations: whole(1, "steps, whose examples are drawn with replacement (10000)"),
  epochs: whole(1, "passes over the examples instead, each in a new order (5 with a convolutional --model)"),
  batchSize: whole(1, "examples in a step (100; 64 with a convolutional --model)"),
  dropLast: toggle("with --epochs: leaves out the last minibatch of an epoch where it would be short"),
  accumulate: whole(1, "minibatches whose gradients are added up for a step (1)"),
  optimizer: word("NAME", KINDS, `${KINDS.join(", ")} (sgd; adam with a convolutional --model)`),
  learningRate: positive(
    `(${byValue(
      (kind) => OPTIMIZERS[kind].defaults.learningRate,
      (kinds, value) => `${value} for ${kinds}`,
    )}; 0.003 with a convolutional --model and neither --optimizer nor --schedule)`,
  ),
  ...HYPERPARAMETER_FLAGS,
  weightDecay: real(
    "a number from 0 on",
    (value) => value >= 0,
    `(0; ${byValue(
      (kind) => OPTIMIZERS[kind].defaults.weightDecay,
      (kinds, value) => `${value} for ${kinds}`,
    )})`,
  ),
  clipNorm: positive("gradients are scaled to this norm at most"),
  clipValue: positive("gradients are cut to this at most"),
  schedule: word(
    "NAME",
    SCHEDULES,
    `of the learning rate, over the whole run: ${SCHEDULES.join(", ")} (constant; warmup-cosine with a convolutional --model)`,
  ),
  warmup: whole(1, "steps of warmup-cosine's ascent (a twentieth of all)"),
  decayEvery: whole(1, "steps after which the schedule step falls (a third of all)"),
  decayFactor: positive("what step (0.1) and exponential multiply with, exponential in each step (to a hundredth)"),
  patience: whole(1, "stops after so many evaluations without a better validation loss, and goes back to the best"),
} satisfies Table;

const ENGINE = {
  build: word(
    "B",
    ["simd", "relaxed", "debug", "js"],
    "kernels: simd, the same bits everywhere, relaxed, debug, or js, which is many times slower (simd)",
  ),
  layout: word(
    "L",
    ["auto", "dense", "sparse"],
    "how pixels are stored: dense, sparse (only those that are not 0), or auto, which takes what is faster (auto)",
  ),
} satisfies Table;

const OUTPUT = {
  logEvery: whole(1, "report the loss every N steps (100)"),
  out: named("DIR", "the run's folder: weights, history, checkpoints (a new folder under runs/)"),
  force: toggle("replaces the run that is in the folder of --out"),
  resume: named(
    "RUN",
    "resumes the run in a folder, or from one of its checkpoints; --epochs or --iterations may be raised",
  ),
  checkpointEvery: whole(1, "steps from one checkpoint to the next (default: one a minute, and one at the end)"),
  keep: whole(1, "how many of the last checkpoints stay (3)"),
  report: toggle("figures as SVG and report.html, one page with all of them, in the run's folder"),
  config: CONFIG_FLAG,
  json: toggle("one JSON object a line on standard output"),
  quiet: toggle("no progress"),
} satisfies Table;

export const TRAIN_FLAGS: FlagsOf<TrainValues> = {
  ...section("data", DATA),
  ...section("network", NETWORK),
  ...section("training", TRAINING),
  ...section("engine", ENGINE),
  ...section("run and output", OUTPUT),
};

/** What does not change a run's bits, and so may differ when it resumes. */
export const FREE_KEYS: ReadonlySet<keyof TrainValues> = new Set<keyof TrainValues>([
  ...([
    "data",
    "dataset",
    "variant",
    "logEvery",
    "checkpointEvery",
    "keep",
    "report",
    "json",
    "quiet",
    "resume",
  ] as const),
]);

/** What may be raised when it resumes. */
export const RAISABLE_KEYS: ReadonlySet<keyof TrainValues> = new Set<keyof TrainValues>(["iterations", "epochs"]);

/** What is not a property of the run itself, and so not in its config.json. */
export const PASSING_KEYS: ReadonlySet<keyof TrainValues> = new Set<keyof TrainValues>([
  ...(["out", "force", "json", "quiet", "resume", "config", "report"] as const),
]);

/** What config.json keeps of a run: the flags that were given and the defaults that it took, with a path that holds anywhere. */
export function configOf(values: TrainValues): Readonly<Record<string, unknown>> {
  const kept = (Object.keys(TRAIN_FLAGS) as (keyof TrainValues)[]).flatMap((key) =>
    PASSING_KEYS.has(key) || values[key] === undefined ? [] : [[key, values[key]] as const],
  );
  const { data, logEvery, ...settings } = Object.fromEntries(kept) as Readonly<Record<string, unknown>>;
  return {
    lanegrad: version(),
    ...(typeof data === "string" ? { data: isAddress(data) ? data : resolve(data) } : {}),
    ...settings,
    logEvery,
  };
}

function isAddress(data: string): boolean {
  return data.startsWith("file:");
}
