/** A network for a dataset, and its training, where nothing is said but what is wanted. */
import { checkSignal, checkType } from "../arguments.ts";
import type { Dataset } from "../data/dataset.ts";
import { drawn } from "../data/split.ts";
import { OptionError } from "../errors.ts";
import { relu } from "../nn/layers/activations.ts";
import { dense } from "../nn/layers/dense.ts";
import { flatten } from "../nn/layers/flatten.ts";
import type { Layer } from "../nn/layers/layer.ts";
import { sequential } from "../nn/layers/sequential.ts";
import { checkRate, type Schedule } from "../nn/learning_rate.ts";
import type { Loss } from "../nn/losses.ts";
import { type Network, network } from "../nn/network.ts";
import { adamW } from "../nn/optimizers/adam.ts";
import { checkOptimizer, type Optimizer } from "../nn/optimizers/record.ts";
import { schedule } from "../nn/schedules.ts";
import { RandomState } from "../random/random_state.ts";
import { checkEarlyStopping, type EarlyStopping } from "../train/evaluation/early_stopping.ts";
import { emptyHistory, type TrainHistory } from "../train/loop/history.ts";
import type { Progress } from "../train/loop/progress.ts";
import { train } from "../train/loop/train.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** How a network is made and trained; everything has a default that depends on the size of the data. */
export type TrainingOptions = {
  /** The hidden layers: sizes of dense layers with ReLU, or layers. The output layer is added. */
  readonly layers?: readonly (number | Layer)[];
  /** The most passes over the examples. */
  readonly epochs?: number;
  /** Examples in a minibatch; as many as there are, where these are fewer. */
  readonly batchSize?: number;
  /** Default: AdamW, whose rate falls to 0 over the epochs. */
  readonly optimizer?: Optimizer;
  /** Of the default optimizer. */
  readonly learningRate?: Schedule;
  /** Of weights, splits and the order of examples. Default 0. */
  readonly seed?: number;
  /** Ends training early by the examples that are held out; `false` does not. */
  readonly earlyStopping?: EarlyStopping | boolean;
  /** `true`: a bar on stderr, or in a page's console; a function is called after each epoch. */
  readonly progress?: Progress;
  /** Ends training after its step; the estimator is what it is by then. */
  readonly signal?: AbortSignal;
};

/** @throws {OptionError} an option of another type, or out of range */
export function checkTraining(op: string, options: TrainingOptions): void {
  const { epochs, batchSize, layers, earlyStopping, progress, signal } = options;
  for (const [name, count] of Object.entries({ epochs, batchSize })) {
    if (count === undefined || (Number.isSafeInteger(count) && count >= 1)) continue;
    throw new OptionError(`${op}: ${name}`, "an integer from 1 on", count);
  }
  if (layers !== undefined) {
    if (!Array.isArray(layers)) throw new OptionError(`${op}: layers`, "an array of sizes and layers", layers);
    for (const [i, layer] of layers.entries()) {
      if (typeof layer !== "number") checkType(`${op}: layers[${i}]`, "object", layer);
    }
  }
  if (options.learningRate !== undefined) checkRate(`${op}: learningRate`, options.learningRate);
  if (options.optimizer !== undefined) {
    checkOptimizer(options.optimizer);
    if (options.learningRate !== undefined) {
      throw new OptionError(op, "pass either an optimizer or a learningRate, not both");
    }
  }
  if (earlyStopping !== undefined && typeof earlyStopping !== "boolean") checkEarlyStopping(earlyStopping);
  if (progress !== undefined && typeof progress !== "boolean" && typeof progress !== "function") {
    throw new OptionError(`${op}: progress`, "true, false or a function", progress);
  }
  checkSignal(`${op}: signal`, signal);
}

/** What else is known. */
export type Task = TrainingOptions & {
  readonly engine: Engine;
  readonly dtype: FloatType;
  readonly outputs: number;
  readonly loss: Loss<FloatType>;
  /** Held out by the caller; a fraction; or none. */
  readonly validation: Dataset | number | undefined;
};

/** Rows from which on some are held out: of fewer, every one is needed. */
const SPLIT_ROWS = 40;
/** Rows up to which a network is trained again, on all rows, once it is known for how long. */
const REFIT_ROWS = 5000;

const SHARE = 0.2;
/** The most that are held out: more would not say more. */
const MOST_HELD = 10_000;
const LEARNING_RATE = 3e-3;
/** Steps in which all epochs are made, where they are not too few or too many. */
const STEPS = 3000;
/** The fraction of epochs without an improvement after which training stops. */
const PATIENCE = 0.15;
/** Decay of weights: about e⁻¹ in 28 epochs at the first rate, so that it is the same for small and large tables. */
const DECAY_EPOCHS = 28;
const MOST_DECAY = 3;
/** Tables of so few rows are learned until the loss is small: there is nothing to judge by. */
const TINY_ROWS = 20;
const SMALL_LOSS = 1e-3;

/** Trains a new network. The caller disposes of it. */
export async function fitted(
  dataset: Dataset,
  task: Task,
): Promise<{ readonly network: Network<FloatType>; readonly history: TrainHistory; readonly held: number }> {
  const { seed = 0 } = task;
  const share = task.validation ?? (dataset.length < SPLIT_ROWS ? 0 : Math.min(SHARE, MOST_HELD / dataset.length));
  const random = new RandomState(seed);
  let [rest, validation] = [dataset, typeof share === "number" ? undefined : share];
  if (typeof share === "number" && share > 0) {
    [validation, rest] = drawn(dataset, { share, random, stratify: dataset.classes > 0 ? "classes" : "none" });
  }
  const history = emptyHistory();
  const plan = planOf(rest, task);
  const first = await run(rest, validation, plan, task, history);
  const isSplit = validation !== undefined && typeof share === "number";
  const best = history.best;
  if (!isSplit || best === undefined || dataset.length > REFIT_ROWS || task.signal?.aborted) {
    return { network: first, history, held: validation?.length ?? 0 };
  }
  const epochs = history.evaluations.indexOf(best) + 1;
  if (epochs === 0) return { network: first, history, held: validation?.length ?? 0 };
  let again: Network<FloatType> | undefined;
  try {
    again = await run(dataset, undefined, plan, { ...task, progress: false }, emptyHistory(), epochs);
  } finally {
    if (!task.signal?.aborted || again === undefined) first.dispose();
  }
  if (!task.signal?.aborted) {
    history.refit = { epochs, examples: dataset.length };
    return { network: again, history, held: validation?.length ?? 0 };
  }
  again.dispose(); // it has seen less than the first
  return { network: first, history, held: validation?.length ?? 0 };
}

type Plan = { readonly hidden: readonly Layer[]; readonly epochs: number; readonly batchSize: number };

function planOf(dataset: Dataset, { layers, epochs, batchSize }: Task): Plan {
  const { length } = dataset;
  const batch = Math.min(batchSize ?? defaultBatch(length), length);
  const perEpoch = Math.ceil(length / batch);
  const most = epochs ?? (length <= TINY_ROWS ? 1000 : Math.min(400, Math.max(20, Math.ceil(STEPS / perEpoch))));
  const sizes = layers ?? defaultSizes(length);
  const hidden = sizes.flatMap((layer) => (typeof layer === "number" ? [dense(layer), relu()] : [layer]));
  return { hidden, epochs: most, batchSize: batch };
}

function defaultBatch(rows: number): number {
  if (rows <= TINY_ROWS) return rows;
  return rows < 4000 ? 32 : rows < 20_000 ? 64 : 256;
}

function defaultSizes(rows: number): readonly number[] {
  return rows <= TINY_ROWS ? [16, 16] : [64, 64];
}

async function run(
  dataset: Dataset,
  validation: Dataset | undefined,
  { hidden, epochs, batchSize }: Plan,
  task: Task,
  history: TrainHistory,
  until = epochs,
): Promise<Network<FloatType>> {
  const { engine, dtype, outputs, loss, seed = 0, signal, progress = false, earlyStopping = true } = task;
  const isImage = dataset.shape.length > 1 && hidden.every(({ kind }) => kind === "dense" || kind === "activation");
  const description = sequential(...(isImage ? [flatten()] : []), ...hidden, dense(outputs));
  const net = network(engine, description, { seed, dtype, loss, inputShape: dataset.shape });
  const stop = new AbortController();
  if (signal !== undefined) signal.addEventListener("abort", () => stop.abort(), { once: true });
  if (signal?.aborted) stop.abort();
  const patience = Math.max(8, Math.ceil(epochs * PATIENCE));
  const batch = Math.min(batchSize, dataset.length);
  const stopping = earlyStopping === true ? { patience } : earlyStopping;
  const perEpoch = Math.ceil(dataset.length / batch);
  const rate = task.learningRate ?? LEARNING_RATE;
  const optimizer =
    task.optimizer ??
    adamW({
      learningRate: typeof rate === "number" ? schedule({ kind: "cosine", rate, steps: epochs * perEpoch }) : rate,
      weightDecay: dataset.length <= TINY_ROWS ? 0 : decayOf(perEpoch),
    });
  try {
    await train(
      net,
      dataset,
      {
        ...{ epochs: until, batchSize: batch, optimizer, seed, progress, signal: stop.signal },
        ...(validation === undefined ? {} : { validation }),
        ...(validation === undefined || stopping === false ? {} : { earlyStopping: stopping }),
        onEpoch({ loss }) {
          if (dataset.length <= TINY_ROWS && task.epochs === undefined && loss < SMALL_LOSS) stop.abort();
        },
      },
      history,
    );
    if (history.outcome === "aborted" && !signal?.aborted) history.outcome = "finished";
    return net;
  } catch (error) {
    net.dispose();
    throw error;
  }
}

function decayOf(perEpoch: number): number {
  return Math.min(MOST_DECAY, 1 / (LEARNING_RATE * DECAY_EPOCHS * perEpoch));
}
