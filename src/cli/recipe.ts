/**
 * From flags to what the library takes: the network's description, the optimizer with its schedule, the options of training.
 */
import {
  augment,
  batchNorm,
  type Dataset,
  dense,
  dropout,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  type Layer,
  leakyRelu,
  mish,
  type Optimizer,
  parseOptimizer,
  prelu,
  relu,
  relu6,
  type Schedule,
  type Sequential,
  schedule as scheduled,
  selu,
  sequential,
  sigmoid,
  silu,
  softplus,
  type TrainerOptions,
  tanh,
} from "lanegrad";
import { flagOf, UsageError } from "./flags.ts";
import { type Convnet, convnetOf, imageShapeOf } from "./models.ts";
import {
  type ACTIVATIONS,
  HYPERPARAMETER_FLAGS,
  type HyperparameterName,
  OPTIMIZERS,
  type TrainValues,
} from "./train_flags.ts";

const DEFAULT_ITERATIONS = 10_000;
const DEFAULT_BATCH = 100;
/** The network of Saito, *Deep Learning from Scratch*, ch. 4; of ch. 7, the same weights. */
const CHAPTER = { hidden: 50, weightInitStd: 0.01 };
/** How convolutional networks are trained where nothing is said; the rate where neither optimizer nor schedule is given. */
const CONVNET = {
  epochs: 5,
  batchSize: 64,
  optimizer: "adam",
  schedule: "warmup-cosine",
  learningRate: 0.003,
} as const;

const ACTIVATION: Readonly<Record<(typeof ACTIVATIONS)[number], () => Layer>> = {
  ...{ relu, sigmoid, tanh, leakyRelu, gelu, softplus, silu, mish, elu, selu },
  ...{ relu6, hardSigmoid, hardSwish, prelu },
  geluExact: () => gelu({ approximate: "none" }),
};

const HYPERPARAMETERS = Object.keys(HYPERPARAMETER_FLAGS) as HyperparameterName[];

const SCHEDULE_KEYS: Readonly<Record<string, string>> = {
  warmup: "warmup-cosine",
  decayEvery: "step",
  decayFactor: "step or exponential",
};

/**
 * Fills in the defaults that the history of a run names, and refuses flags that exclude each other or would do nothing.
 *
 * @throws {UsageError} so
 */
export function completed(given: TrainValues): TrainValues {
  const both = (a: keyof TrainValues, b: keyof TrainValues) => {
    if (given[a] === undefined || given[b] === undefined) return;
    throw new UsageError(`${flagOf(a)} and ${flagOf(b)} exclude each other`);
  };
  both("data", "dataset");
  both("layers", "hidden");
  const model = convnetIn(given);
  for (const key of ["layers", "hidden"] as const) {
    if (model !== undefined && given[key] !== undefined)
      throw new UsageError(`${flagOf(key)}: describes a dense network, not --model ${model}`);
  }
  if ((model === "resnet-small" || model === "convnet") && given.batchNorm)
    throw new UsageError(`--batch-norm: ${model} has it after every convolution`);
  if (model === "resnet-small" && given.dropout !== undefined)
    throw new UsageError(`--dropout: ${model} has no hidden dense layer`);
  both("iterations", "epochs");
  const values = model === undefined ? given : withConvnetDefaults(given);
  if (values.force && values.out === undefined)
    throw new UsageError("--force: replaces the run in the folder of --out");
  const { optimizer = "sgd", schedule = "constant" } = values;
  for (const key of HYPERPARAMETERS) {
    if (values[key] === undefined || Object.hasOwn(OPTIMIZERS[optimizer].hyperparameters, key)) continue;
    const having = Object.values(OPTIMIZERS).flatMap(({ kind, hyperparameters }) =>
      Object.hasOwn(hyperparameters, key) ? [kind] : [],
    );
    throw new UsageError(`${flagOf(key)}: ${optimizer} has none; --optimizer ${having.join(", ")}`);
  }
  for (const [key, wanted] of Object.entries(SCHEDULE_KEYS)) {
    if (values[key as keyof TrainValues] === undefined || wanted.split(" or ").includes(schedule)) continue;
    throw new UsageError(`${flagOf(key)}: the schedule ${schedule} has none; --schedule ${wanted}`);
  }
  if (values.patience !== undefined && values.validation === undefined) {
    throw new UsageError("--patience: watches validation examples: --validation 0.1 splits a tenth off");
  }
  if (values.dropLast && values.epochs === undefined) {
    throw new UsageError("--drop-last: --iterations draws full minibatches; --epochs has a last one");
  }
  const isChapter = isChapterNetwork(values);
  return {
    ...values,
    hidden: values.layers === undefined && model === undefined ? (values.hidden ?? CHAPTER.hidden) : undefined,
    iterations: values.epochs === undefined ? (values.iterations ?? DEFAULT_ITERATIONS) : undefined,
    batchSize: values.batchSize ?? DEFAULT_BATCH,
    learningRate: values.learningRate ?? OPTIMIZERS[optimizer].defaults.learningRate,
    weightInitStd: values.weightInitStd ?? (isChapter ? CHAPTER.weightInitStd : undefined),
    seed: values.seed ?? 0,
    dtype: values.dtype ?? "float32",
    build: values.build ?? "simd",
    layout: values.layout ?? "auto",
    logEvery: values.logEvery ?? 100,
  };
}

/** The convolutional network that is asked for, if one is. */
function convnetIn({ model = "dense" }: TrainValues): Convnet | undefined {
  return model === "dense" ? undefined : model;
}

function withConvnetDefaults(values: TrainValues): TrainValues {
  const { optimizer, schedule, iterations, epochs = CONVNET.epochs, batchSize = CONVNET.batchSize } = values;
  const isWhole = optimizer === undefined && schedule === undefined;
  return {
    ...values,
    ...(iterations === undefined && { epochs }),
    batchSize,
    optimizer: optimizer ?? CONVNET.optimizer,
    schedule: schedule ?? CONVNET.schedule,
    learningRate: values.learningRate ?? (isWhole ? CONVNET.learningRate : undefined),
  };
}

function isChapterNetwork({ model = "dense", layers, activation, dropout, batchNorm }: TrainValues): boolean {
  if (model !== "dense" && model !== "simple-conv") return false;
  return [layers, activation, dropout, batchNorm].every((value) => value === undefined);
}

/** What a network is made for. */
export type Examples = Pick<Dataset, "size" | "classes"> & Partial<Pick<Dataset, "inputShape">>;

/**
 * The shape of one example, where the network's layers do not give it.
 *
 * @throws {UsageError} a convolutional network of examples that are no images
 */
export function inputShapeOf(values: TrainValues, examples: Examples): { readonly inputShape?: readonly number[] } {
  const model = convnetIn(values);
  return model === undefined ? {} : { inputShape: imageShapeOf(examples, model) };
}

/**
 * The network for examples of this size and so many classes.
 *
 * @throws {UsageError} its layers do not fit the examples
 */
export function descriptionOf(values: TrainValues, examples: Examples): Sequential {
  const { size, classes } = examples;
  const model = convnetIn(values);
  if (model !== undefined) {
    const { activation = "relu", dropout, batchNorm = false, weightInitStd } = values;
    const weights = weightInitStd === undefined ? undefined : { std: weightInitStd };
    const parts = { classes, activation: ACTIVATION[activation], dropout, batchNorm, weights };
    return sequential(...convnetOf(model, parts));
  }
  const { layers = [size, values.hidden ?? CHAPTER.hidden, classes] } = values;
  if (layers[0] !== size) throw misfit(layers, `begin with ${layers[0]}, but an example has ${size} pixels`);
  if (layers.at(-1) !== classes) throw misfit(layers, `end with ${layers.at(-1)}, but there are ${classes} classes`);
  const { activation = values.layers === undefined ? "sigmoid" : "relu", weightInitStd } = values;
  const start = weightInitStd === undefined ? {} : { weights: { std: weightInitStd } };
  const description: Layer[] = [];
  for (const [i, outputSize] of layers.slice(1).entries()) {
    description.push(dense(layers[i] ?? 0, outputSize, start));
    if (i === layers.length - 2) break;
    if (values.batchNorm) description.push(batchNorm());
    description.push(ACTIVATION[activation]());
    if (values.dropout !== undefined && values.dropout > 0) description.push(dropout(values.dropout));
  }
  return sequential(...description);
}

function misfit(layers: readonly number[], reason: string): UsageError {
  return new UsageError(`--layers ${layers.join(",")} ${reason}`);
}

/**
 * What `Trainer` takes, for so many training examples.
 *
 * @throws {UsageError} minibatches of one row, which `--batch-norm` cannot normalise
 */
export function trainerOptions(values: TrainValues, examples: number): TrainerOptions {
  const { iterations, epochs, batchSize, dropLast, accumulate, layout, patience, augment: changes } = values;
  if (values.batchNorm && convnetIn(values) === undefined) checkNormalisable(values, examples);
  return {
    ...(epochs === undefined ? { iterations: iterations ?? DEFAULT_ITERATIONS } : { epochs }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(dropLast === undefined ? {} : { dropLast }),
    ...(accumulate === undefined ? {} : { accumulate }),
    ...(layout === undefined ? {} : { layout }),
    ...(patience === undefined ? {} : { earlyStopping: { patience } }),
    ...(changes === undefined ? {} : { augmentation: augment(changes) }),
    optimizer: optimizerOf(values, stepsOf(values, examples)),
  };
}

/** The library checks this as well, in terms of its options. */
function checkNormalisable({ epochs, batchSize = DEFAULT_BATCH, dropLast }: TrainValues, examples: number): void {
  if (batchSize === 1) throw new UsageError("--batch-size 1: --batch-norm needs at least 2 examples in a minibatch");
  if (epochs === undefined || dropLast || examples % batchSize !== 1) return;
  const left = `--batch-size ${batchSize} leaves 1 of ${examples} examples for the last minibatch`;
  throw new UsageError(`${left}, which --batch-norm cannot normalise: --drop-last or another --batch-size`);
}

/** How many steps the whole run makes. */
export function stepsOf(values: TrainValues, examples: number): number {
  const { iterations = DEFAULT_ITERATIONS, epochs, batchSize = DEFAULT_BATCH, dropLast, accumulate = 1 } = values;
  if (epochs === undefined) return iterations;
  const batches = examples / batchSize;
  return epochs * Math.ceil((dropLast ? Math.floor(batches) : Math.ceil(batches)) / accumulate);
}

function optimizerOf(values: TrainValues, steps: number): Optimizer {
  const { optimizer: kind = "sgd" } = values;
  const { defaults, hyperparameters } = OPTIMIZERS[kind];
  const own = Object.entries(hyperparameters).map(([name, standard]) => [name, standard.default] as const);
  const keys = [...HYPERPARAMETERS, "weightDecay", "clipNorm", "clipValue"] as const;
  const given = keys.flatMap((key) => (values[key] === undefined ? [] : [[key, values[key]] as const]));
  const learningRate = scheduleOf(values, values.learningRate ?? defaults.learningRate, steps);
  return parseOptimizer({ kind, ...Object.fromEntries(own), ...defaults, ...Object.fromEntries(given), learningRate });
}

/** The learning rate over so many steps. */
export function scheduleOf(values: TrainValues, rate: number, steps: number): Schedule {
  const { schedule = "constant", warmup, decayEvery, decayFactor } = values;
  switch (schedule) {
    case "constant":
      return rate;
    case "step":
      return scheduled({
        kind: "step",
        rate,
        every: decayEvery ?? Math.max(1, Math.ceil(steps / 3)),
        factor: decayFactor ?? 0.1,
      });
    case "exponential":
      // (1 - 4.6 / steps)^steps → e^-4.6, a hundredth: by a quotient, because hosts differ in powers.
      return scheduled({ kind: "exponential", rate, factor: decayFactor ?? Math.max(0.1, 1 - 4.6 / steps) });
    case "cosine":
      return scheduled({ kind: "cosine", rate, steps });
    case "warmup-cosine": {
      const ascent = Math.min(warmup ?? Math.ceil(steps / 20), steps);
      if (ascent === steps) return scheduled({ kind: "warmup", rate, steps });
      const parts = [
        { schedule: { kind: "warmup", rate, steps: ascent, from: rate / ascent }, steps: ascent },
        { schedule: { kind: "cosine", rate, steps: steps - ascent }, steps: steps - ascent },
      ] as const;
      return scheduled({ kind: "sequence", parts });
    }
    default:
      return schedule satisfies never;
  }
}
