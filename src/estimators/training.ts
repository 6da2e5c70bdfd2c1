/** A network for a dataset, and its training, where nothing is said but what is wanted. */
import type { Dataset } from "../data/dataset.ts";
import { drawn } from "../data/split.ts";
import { OptionError } from "../errors.ts";
import { relu } from "../nn/layers/activations.ts";
import { dense } from "../nn/layers/dense.ts";
import { flatten } from "../nn/layers/flatten.ts";
import type { Layer } from "../nn/layers/layer.ts";
import { sequential } from "../nn/layers/sequential.ts";
import type { Schedule } from "../nn/learning_rate.ts";
import { type Network, network } from "../nn/network.ts";
import { adamW } from "../nn/optimizers/adam.ts";
import type { Optimizer } from "../nn/optimizers/record.ts";
import { schedule } from "../nn/schedules.ts";
import { RandomState } from "../random/random_state.ts";
import type { EarlyStopping } from "../train/evaluation/early_stopping.ts";
import { emptyHistory, type TrainHistory } from "../train/loop/history.ts";
import { train } from "../train/loop/train.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { type Progress, reportTo } from "./progress.ts";

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

/** What else is known. */
export type Task<D extends FloatType> = TrainingOptions & {
  readonly engine: Engine;
  readonly dtype: D;
  readonly outputs: number;
  readonly loss: "softmaxCrossEntropy" | "meanSquaredError";
  /** Held out by the caller; a fraction; or none. */
  readonly validation: Dataset | number | undefined;
};

/** Rows from which on some are held out: of fewer, every one is needed. */
const SPLIT_ROWS = 40;
/** Rows up to which a network is trained again, on all rows, once it is known for how long. */
const REFIT_ROWS = 5000;

export const tuning = { rate: 3e-3, decay: 0.01, steps: 6000, patience: 0.15, refit: true, cosUntil: false, full: false, hidden: undefined as number[] | undefined, share: 0.2, batch: undefined as number|undefined };

/** Trains a new network. The caller disposes of it. */
export async function fitted<D extends FloatType>(
  dataset: Dataset,
  task: Task<D>,
): Promise<{ readonly network: Network<D>; readonly history: TrainHistory; readonly held: number }> {
  const { seed = 0 } = task;
  const share = task.validation ?? (dataset.length < SPLIT_ROWS ? 0 : tuning.share);
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
  if (!isSplit || best === undefined || dataset.length > REFIT_ROWS || !tuning.refit) {
    return { network: first, history, held: validation?.length ?? 0 };
  }
  const epochs = tuning.full ? plan.epochs : history.evaluations.findIndex((own) => own === best) + 1;
  if (epochs === 0) return { network: first, history, held: validation?.length ?? 0 };
  first.dispose();
  const again = await run(dataset, undefined, plan, { ...task, progress: false }, emptyHistory(), epochs);
  return { network: again, history, held: validation?.length ?? 0 };
}

type Plan = { readonly hidden: readonly Layer[]; readonly epochs: number; readonly batchSize: number };

function planOf<D extends FloatType>(dataset: Dataset, { layers, epochs, batchSize }: Task<D>): Plan {
  const { length, size } = dataset;
  const batch = Math.min(batchSize ?? tuning.batch ?? defaultBatch(length), length);
  const perEpoch = Math.ceil(length / batch);
  const most = epochs ?? Math.min(400, Math.max(20, Math.ceil(tuning.steps / perEpoch)));
  const sizes = layers ?? tuning.hidden ?? defaultSizes(length, size);
  const hidden = sizes.flatMap((layer) => (typeof layer === "number" ? [dense(layer), relu()] : [layer]));
  return { hidden, epochs: most, batchSize: batch };
}

function defaultBatch(rows: number): number {
  if (rows <= 16) return rows;
  return rows < 1000 ? 16 : rows < 4000 ? 32 : rows < 20_000 ? 64 : 256;
}

function defaultSizes(rows: number, inputs: number): readonly number[] {
  return rows <= 16 ? [16, 16] : [64, 64];
}

async function run<D extends FloatType>(
  dataset: Dataset,
  validation: Dataset | undefined,
  { hidden, epochs, batchSize }: Plan,
  task: Task<D>,
  history: TrainHistory,
  until = epochs,
): Promise<Network<D>> {
  const { engine, dtype, outputs, loss, seed = 0, signal, progress = false, earlyStopping = true } = task;
  const isImage = dataset.shape.length > 1 && !hidden.some(({ kind }) => kind !== "dense" && kind !== "relu");
  const description = sequential(...(isImage ? [flatten()] : []), ...hidden, dense(outputs));
  const net = network(engine, description, { seed, dtype, loss, inputShape: dataset.shape });
  const report = reportTo(progress);
  const stop = new AbortController();
  if (signal !== undefined) signal.addEventListener("abort", () => stop.abort(), { once: true });
  if (signal?.aborted) stop.abort();
  const patience = Math.max(8, Math.ceil(epochs * tuning.patience));
  const batch = Math.min(batchSize, dataset.length);
  const stopping = earlyStopping === true ? { patience } : earlyStopping;
  const rate = task.learningRate ?? tuning.rate;
  const optimizer =
    task.optimizer ??
    adamW({
      learningRate: typeof rate === "number" ? schedule({ kind: "cosine", rate, steps: (tuning.cosUntil ? until : epochs) * Math.ceil(dataset.length / batch) }) : rate,
      weightDecay: tuning.decay,
    });
  try {
    await train(
      net,
      dataset,
      {
        ...{ epochs: until, batchSize: batch, optimizer, seed, signal: stop.signal },
        ...(validation === undefined ? {} : { validation }),
        ...(validation === undefined || stopping === false ? {} : { earlyStopping: stopping }),
        onEpoch({ epoch, loss }, evaluation) {
          const { validationLoss, validationAccuracy } = evaluation ?? {};
          report.step({
            ...{ epoch: epoch + 1, epochs: until, loss },
            ...(validationLoss === undefined ? {} : { validationLoss }),
            ...(validationAccuracy === undefined ? {} : { validationAccuracy }),
          });
          if (dataset.length <= 20 && loss < 1e-4) stop.abort();
        },
      },
      history,
    );
    report.end();
    if (history.outcome === "aborted" && !signal?.aborted) history.outcome = "finished";
    return net;
  } catch (error) {
    net.dispose();
    throw error;
  }
}
