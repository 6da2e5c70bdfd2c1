/**
 * The worker's side: an engine, and the networks and datasets that the program has given numbers to.
 */

import type { Augmentation, AugmentationAmounts } from "../data/augmentation.ts";
import { Dataset } from "../data/dataset.ts";
import { OptionError } from "../errors.ts";
import { parseLoss } from "../nn/described_losses.ts";
import { decodeNetwork, encodeNetwork } from "../nn/files/network_file.ts";
import { setWeights, weightsOf } from "../nn/files/weights.ts";
import { type CustomLayers, parseLayers } from "../nn/layers/known.ts";
import type { Layer } from "../nn/layers/layer.ts";
import type { DescribedLoss, LossDescription, LossName } from "../nn/losses.ts";
import { Network } from "../nn/network.ts";
import { type ParseOptimizerOptions, parseOptimizer } from "../nn/optimizers/known.ts";
import { schedule } from "../nn/schedules.ts";
import { checkOptions } from "../options.ts";
import { RandomState } from "../random/random_state.ts";
import type { RandomStateSnapshot } from "../random/snapshot.ts";
import { restore } from "../train/checkpoints/checkpoint.ts";
import { RESTORE } from "../train/checkpoints/restore_key.ts";
import { evaluate } from "../train/evaluation/evaluate.ts";
import { misclassified } from "../train/evaluation/misclassified.ts";
import { augment } from "../train/feeding/augment.ts";
import { SparseDataset } from "../train/feeding/sparse_dataset.ts";
import { weighted } from "../train/feeding/weighted.ts";
import { train } from "../train/loop/train.ts";
import type { TrainerOptions } from "../train/loop/training_plan.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { Engine } from "../wasm/engine.ts";
import { type Endpoint, isEndpoint, listen } from "./endpoint.ts";
import { encodeError } from "./errors.ts";
import { holdLifeline } from "./lifeline.ts";
import {
  type Answer,
  type Ask,
  type FromWorker,
  type Kind,
  type NetworkFacts,
  type Notice,
  PROTOCOL,
  type Request,
  type ToWorker,
} from "./protocol.ts";
import { Run } from "./run.ts";
import { WorkerError } from "./worker_error.ts";

/** An answer, and the buffers in it that go over to the program. */
type Reply<K extends Kind> = { readonly value: Answer<K>; readonly transfer?: ArrayBuffer[] };

type Handlers = { readonly [K in Kind]: (ask: Ask<K>, id: number) => Reply<K> | Promise<Reply<K>> };

/** How a worker has optimizers of one's own, for errors. */
const SERVE = "serve(self, { optimizers }) in a worker of your own";
/** An empty answer. */
const DONE = { value: undefined };

/** What a worker's own script knows: layers and optimizers that are not the library's. */
export type ServeOptions = CustomLayers & ParseOptimizerOptions;

/**
 * Serves a program's `startWorker` from within a worker: for a worker of one's own.
 *
 * @param endpoint `self` in a browser's worker, `parentPort` in one of Node's
 * @param options layers and optimizers of one's own, what `defineLayer`, `model` and `defineOptimizer` gave: programs post them
 *   without what they compute
 * @throws {OptionError} neither of them, such as the `parentPort` of a main thread, which is null
 * @example
 * ```js
 * import { serve } from "lanegrad/worker/host";
 * serve(self);
 * ```
 */
export function serve(endpoint: Endpoint, options: ServeOptions = {}): void {
  if (!isEndpoint(endpoint)) throw new OptionError("serve: endpoint", "self, or parentPort of Node's worker", endpoint);
  checkOptions<ServeOptions>("serve", options, { layers: 1, optimizers: 1 });
  const layers: CustomLayers = options.layers === undefined ? {} : { layers: options.layers };
  parseLayers([], layers); // an invalid layer or optimizer is found now
  const optimizers: ParseOptimizerOptions = options.optimizers === undefined ? {} : { optimizers: options.optimizers };
  parseOptimizer({ kind: "sgd", learningRate: 0 }, optimizers, SERVE);
  const host = new Host((message, transfer = []) => endpoint.postMessage(message, transfer), layers, optimizers);
  listen<ToWorker>(endpoint, (message) => host.hear(message));
}

class Host {
  readonly #post: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  readonly #layers: CustomLayers;
  readonly #optimizers: ParseOptimizerOptions;
  #started: Engine | undefined;
  readonly #networks = new Map<number, Network<FloatType>>();
  readonly #datasets = new Map<number, Dataset>();
  /** Runs under way, by the number of their request. */
  readonly #runs = new Map<number, { readonly run: Run; readonly network: number; readonly over: Promise<unknown> }>();

  constructor(
    post: (message: FromWorker, transfer?: ArrayBuffer[]) => void,
    layers: CustomLayers,
    optimizers: ParseOptimizerOptions,
  ) {
    this.#post = post;
    this.#layers = layers;
    this.#optimizers = optimizers;
  }

  hear(message: ToWorker): void {
    if ("id" in message) this.#answer(message);
    else this.#notice(message);
  }

  async #answer({ kind, id, ask }: Request): Promise<void> {
    try {
      const handler = this.#handlers[kind] as (ask: Ask<Kind>, id: number) => Reply<Kind> | Promise<Reply<Kind>>;
      const { value, transfer } = await handler(ask, id);
      this.#post({ kind: "done", id, value }, transfer);
    } catch (error) {
      this.#post({ kind: "failed", id, error: encodeError(error) });
    }
  }

  #notice({ kind, run: id }: Notice): void {
    this.#runs.get(id)?.run[kind](); // a run that is over has nothing to hear
  }

  readonly #handlers: Handlers = {
    start: async ({ protocol, build, wasm, lifeline }) => {
      if (protocol !== PROTOCOL) throw new WorkerError({ kind: "version", expected: protocol, found: PROTOCOL });
      const isWatchable = await holdLifeline(lifeline);
      this.#started = await Engine.load({ build, wasm });
      return { value: { isWatchable } };
    },
    network: ({ network, description, seed, random, dtype, loss, inputShape }) => {
      const stream = typeof random === "object" ? streamOf(random) : random;
      const net = new Network<FloatType>(this.#engine, this.#layerOf(description), {
        ...(seed !== undefined && { seed }),
        ...(stream !== undefined && { random: stream }),
        ...(dtype !== undefined && { dtype }),
        ...(loss !== undefined && { loss: readLoss(loss) }),
        ...(inputShape !== undefined && { inputShape }),
      });
      this.#networks.set(network, net);
      return { value: { facts: factsOf(net), random: typeof stream === "object" ? stream.getState() : undefined } };
    },
    load: ({ network, bytes, options: { loss, ...others } }) => {
      const net = decodeNetwork(this.#engine, bytes, {
        ...others,
        ...(loss !== undefined && { loss: readLoss(loss) }),
        ...this.#layers,
      });
      this.#networks.set(network, net);
      return { value: factsOf(net) };
    },
    dataset: ({ dataset, parts, weights }) => {
      const made = "rows" in parts ? new SparseDataset(parts) : new Dataset(parts);
      this.#datasets.set(dataset, weights ? weighted(made, weights) : made);
      return DONE;
    },
    train: (ask, id) => {
      const run = new Run(ask, (event, transfer) => this.#post({ kind: "event", run: id, event }, transfer));
      const over = this.#train(ask, run).finally(() => this.#runs.delete(id));
      this.#runs.set(id, { run, network: ask.network, over });
      return over;
    },
    pause: async ({ run }) => {
      await this.#runs.get(run)?.run.pause();
      return DONE;
    },
    predict: ({ network, rows }) => {
      using y = this.#network(network).predict(rows);
      const data = y.data.slice();
      return { value: { shape: y.shape, data }, transfer: [data.buffer] };
    },
    evaluate: ({ network, dataset, options }) => ({
      value: evaluate(this.#network(network), this.#dataset(dataset), options),
    }),
    misclassified: ({ network, dataset, options }) => ({
      value: misclassified(this.#network(network), this.#dataset(dataset), options),
    }),
    weights: ({ network }) => {
      const value = weightsOf(this.#network(network));
      return { value, transfer: value.map(({ data }) => data.buffer as ArrayBuffer) };
    },
    setWeights: ({ network, weights, options }) => {
      setWeights(this.#network(network), weights, options);
      return DONE;
    },
    save: ({ network }) => {
      const value = encodeNetwork(this.#network(network));
      return { value, transfer: [value.buffer] };
    },
    disposeNetwork: async ({ network }) => {
      const net = this.#networks.get(network);
      this.#networks.delete(network);
      await this.#stopRunsOf(network);
      net?.dispose();
      return DONE;
    },
    disposeDataset: ({ dataset }) => {
      this.#datasets.delete(dataset);
      return DONE;
    },
    stats: () => ({
      value: { ...this.#engine.stats(), networks: this.#networks.size, datasets: this.#datasets.size },
    }),
  };

  /** A posted description has lost what its layers compute. */
  #layerOf(description: Layer): Layer {
    if (description?.kind === "sequential" && Array.isArray(description.layers)) {
      return { ...description, layers: parseLayers(description.layers, this.#layers) };
    }
    if (typeof description?.kind !== "string") return description;
    const [layer] = parseLayers([description], this.#layers);
    return layer as Layer;
  }

  async #train(ask: Ask<"train">, run: Run): Promise<Reply<"train">> {
    const { test, validation, resume, checkpointEvery } = ask;
    const random = ask.random && streamOf(ask.random);
    try {
      const options = {
        ...optionsOf(ask.options, this.#optimizers),
        ...run.hooks,
        ...(random !== undefined && { random }),
        ...(resume !== undefined && { resume: { ...resume, [RESTORE]: restore } }),
        ...(checkpointEvery !== undefined && { checkpointEvery }),
        ...(test !== undefined && { test: this.#dataset(test) }),
        ...(validation !== undefined && {
          validation: "fraction" in validation ? validation.fraction : this.#dataset(validation.dataset),
        }),
      };
      const { outcome, layout } = await train(
        this.#network(ask.network),
        this.#dataset(ask.dataset),
        options,
        run.history,
      );
      return { value: { outcome, layout, random: random?.getState() } };
    } finally {
      run.end();
    }
  }

  async #stopRunsOf(network: number): Promise<void> {
    const own = [...this.#runs.values()].filter((under) => under.network === network);
    for (const { run } of own) run.stop();
    await Promise.allSettled(own.map(({ over }) => over));
  }

  get #engine(): Engine {
    return present(this.#started, "engine");
  }

  #network(number: number): Network<FloatType> {
    return present(this.#networks.get(number), `network ${number}`);
  }

  #dataset(number: number): Dataset {
    return present(this.#datasets.get(number), `dataset ${number}`);
  }
}

/** The program's side refuses what was disposed of: to get here is a defect of the library's. */
function present<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`the worker has no ${what}`);
  return found;
}

function factsOf({ dtype, description, inputSize, outputSize }: Network<FloatType>): NetworkFacts {
  return { dtype, description, inputSize, outputSize };
}

function streamOf(snapshot: RandomStateSnapshot): RandomState {
  const random = new RandomState(0);
  random.setState(snapshot);
  return random;
}

/** Options that arrived as data: the code of an augmentation, an optimizer and a schedule is not part of them. */
function optionsOf(
  { augmentation, optimizer, learningRate, ...options }: Ask<"train">["options"],
  optimizers: ParseOptimizerOptions,
): TrainerOptions {
  return {
    ...options,
    ...(augmentation && { augmentation: augment(amountsOf(augmentation)) }),
    ...(optimizer !== undefined && { optimizer: parseOptimizer(optimizer, optimizers, SERVE) }),
    ...(learningRate !== undefined && { learningRate: schedule(learningRate) }),
  };
}

/** Without the word of what it describes, which is not an option. */
function amountsOf({ kind: _, ...amounts }: Augmentation): AugmentationAmounts {
  return amounts;
}

function readLoss(loss: LossName | LossDescription): LossName | DescribedLoss {
  return typeof loss === "object" ? parseLoss(loss) : loss;
}
