/**
 * A run of minibatch training, step by step:
 *
 *   draw examples → gradient → update → the loss, and now and then an evaluation
 *
 * It is a generator, so that its caller decides when to yield to the event loop: `train` does so for a program; a page or a
 * worker may do it themselves.
 */

import { checkType } from "../../arguments.ts";
import { Dataset } from "../../data/dataset.ts";
import { Owner } from "../../disposable.ts";
import { DivergedError, OptionError, ShapeError } from "../../errors.ts";
import type { Accumulation } from "../../nn/accumulation.ts";
import { factorToSum } from "../../nn/losses.ts";
import type { Network } from "../../nn/network.ts";
import type { OptimizerState } from "../../nn/optimizers/state.ts";
import { networkOf, type Trainable } from "../../nn/trainable.ts";
import { checkOptions } from "../../options.ts";
import type { RandomState } from "../../random/random_state.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { isBinary, tellClasses } from "../evaluation/class_labels.ts";
import { countRight } from "../evaluation/count_right.ts";
import { BestWeights } from "../evaluation/early_stopping.ts";
import { measure } from "../evaluation/measure.ts";
import { type Feed, type FeedParts, SampledFeed } from "../feeding/feed.ts";
import { layoutOfRank, ResidentDataset, residentOf } from "../feeding/resident.ts";
import type { DatasetStream } from "../feeding/stream.ts";
import { checkHistory, type EpochRecord, type EvaluationRecord, emptyHistory, type TrainHistory } from "./history.ts";
import { checkNormalisable, planOf, TRAINER_KEYS, type TrainerOptions, type TrainingPlan } from "./training_plan.ts";

/** What a run trains on and is measured by: datasets, or ones that are in the network's engine already. */
export type TrainerData = {
  /** What is learned. */
  readonly train: Dataset | ResidentDataset | DatasetStream;
  /** What is evaluated for the record alone. */
  readonly test?: Dataset | ResidentDataset | undefined;
  /** What decides: early stopping watches it. */
  readonly validation?: Dataset | ResidentDataset | undefined;
};

/** The position of a run after a step. One object, overwritten by every step: copy what is to be kept. */
export type TrainProgress = {
  /** Updates before this one. */
  iteration: number;
  /** Epochs that were finished before this step. */
  epoch: number;
  /** The mean loss of the step's examples, before or after the update, depending on the options; in nats for cross entropies. */
  loss: number;
  /** What was measured after this step, if anything was. */
  evaluation: EvaluationRecord | undefined;
  /** The epoch that this step finished, if it did. */
  finishedEpoch: EpochRecord | undefined;
};

/**
 * A run on one network. The caller disposes of it; the network lives on.
 *
 * @throws {OptionError} options that are out of range or exclude each other, or minibatches of one row for `batchNorm`
 * @throws {ShapeError} the examples have another size than the network's input
 * @throws {AllocationError} the engine's memory is too small
 * @example
 * const options = { epochs: 1, batchSize: 1000, optimizer: adam({ learningRate: 1e-3 }) };
 * using trainer = new Trainer(net, { train: mnist.train }, options);
 * for (const { iteration, loss } of trainer.steps()) console.log(iteration, loss);
 */
export class Trainer<D extends FloatType> extends Owner {
  static override get name(): string {
    return "Trainer";
  }
  /** What is trained. */
  readonly network: Network<D>;
  /** The options with their defaults. */
  readonly plan: TrainingPlan;
  /** The records so far, at every moment. */
  readonly history: TrainHistory;
  /** The stream that draws the examples. */
  readonly random: RandomState;
  /** Where minibatches come from. */
  readonly feed: Feed<D>;
  /** The optimizer's averages and step. */
  readonly state: OptimizerState<D>;
  /** The best weights so far, where there is early stopping. */
  readonly best: BestWeights<D> | undefined;
  /** What it trains on. */
  readonly examples: { readonly length: number | undefined; readonly size: number };
  readonly #train: ResidentDataset | undefined;
  readonly #test: ResidentDataset | undefined;
  readonly #validation: ResidentDataset | undefined;
  readonly #accumulation: Accumulation<D> | undefined;
  readonly #owned: { dispose(): void }[] = [];
  readonly #progress: TrainProgress;
  /** Of the current epoch: the sum of its examples' losses, and their number; answers that are right, and their number. */
  readonly #epochSums = new Float64Array(4);
  #iteration = 0;

  constructor(
    trainable: Trainable<D>,
    data: TrainerData,
    options: TrainerOptions,
    history: TrainHistory = emptyHistory(),
  ) {
    super();
    const network = networkOf(trainable);
    checkType("Trainer: data", "object", data);
    checkOptions<TrainerData>("Trainer", data, { train: 1, test: 1, validation: 1 });
    const { train, test, validation } = data;
    for (const [option, given] of Object.entries({ train, test, validation })) {
      if (given !== undefined || option === "train") checkData(option, given);
    }
    checkType("train: options", "object", options);
    checkOptions<TrainerOptions>("train", options, TRAINER_KEYS);
    checkHistory(history);
    const stream = "feed" in train ? train : undefined;
    const dataset = stream ? undefined : (train as Dataset | ResidentDataset);
    const { plan: planned, random } = planOf(options, dataset?.length, validation !== undefined);
    const plan = { ...planned, layout: layoutOfRank(network.inputShape.length, planned.layout) };
    if (normalisesRows(network)) checkNormalisable(plan, dataset?.length);
    this.examples = { length: dataset?.length, size: dataset?.size ?? network.inputSize };
    this.network = network;
    this.plan = plan;
    this.random = random;
    this.history = history;
    try {
      const isNeeded = plan.augmentation === undefined || plan.evaluateTraining || test === train;
      this.#train = dataset && isNeeded ? this.#resident("training examples", dataset) : undefined;
      this.#test = test === train ? this.#train : test && this.#resident("test examples", test);
      this.#validation = validation && this.#resident("validation examples", validation);
      this.state = this.#own(network.optimize(plan.optimizer));
      this.#accumulation = plan.accumulate > 1 ? this.#own(network.accumulation(this.state)) : undefined;
      const { engine, dtype } = network;
      const parts: FeedParts<D> = {
        ...{ engine, dtype, plan, random },
        stepOn: (given) => {
          const source = { ...given, keepsLogits: isBinary(network) || tellClasses(network, given.t) };
          return this.#own(this.#accumulation?.part(source) ?? network.trainingStep(this.state, source));
        },
        own: (made) => this.#own(made),
      };
      this.feed = stream
        ? this.#own(stream.feed(network.inputSize, parts))
        : new SampledFeed(dataset as Dataset | ResidentDataset, this.#train, parts);
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.best = plan.earlyStopping && new BestWeights(network, plan.earlyStopping);
    this.#progress = { iteration: 0, epoch: 0, loss: Number.NaN, evaluation: undefined, finishedEpoch: undefined };
    history.layout = this.feed.layout;
  }

  /** Updates so far. */
  get iteration(): number {
    return this.#iteration;
  }

  /** Whether as many steps were made as the options ask for, or patience has run out. */
  get isDone(): boolean {
    const { iterations, epochs } = this.plan;
    if (this.best?.isOver) return true;
    return iterations === undefined ? this.feed.epoch >= (epochs as number) : this.#iteration >= iterations;
  }

  /**
   * Trains: each `next()` makes a step. Leaving early is allowed; a second call continues.
   *
   * @throws {DivergedError} the loss stopped being finite, its step was yielded before; or, after the last step, a weight
   * @throws {OptionError} the examples come as a stream, whose data is not always at hand: `train` awaits it
   */
  *steps(): Generator<Readonly<TrainProgress>, void> {
    for (const progress of this.turns()) {
      if (progress instanceof Promise) throw new OptionError("steps", "a stream is waited for by train(…)");
      if (progress !== undefined) yield progress;
    }
  }

  /**
   * Like `steps`, but also yields `undefined` during long evaluations, and a promise while data is not at hand: await it.
   *
   * @throws {DivergedError} the loss stopped being finite, its step was yielded before; or a weight, where that is looked at
   */
  *turns(): Generator<Readonly<TrainProgress> | Promise<void> | undefined, void> {
    const { feed, network, history } = this;
    const { accumulate, lossAt } = this.plan;
    const progress = this.#progress;
    let isMade = this.#isUnmeasured(progress);
    while (isMade || !this.isDone) {
      let [sum, rows] = [0, 0];
      for (let part = 0; part < accumulate && !isMade; part++) {
        for (let data = feed.wait(); data !== undefined; data = feed.wait()) yield data;
        this.#begin(progress);
        const { size, batch, step } = feed.draw();
        step.run();
        if (step.logits) countRight(this.#epochSums, network, step.logits, batch.targets);
        const loss =
          lossAt === "before update"
            ? step.loss.data[0]
            : (batch.source.weights?.lossAfter(network, batch) ?? network.loss(batch.inputs, batch.targets));
        sum += (loss as number) * factorToSum(network.lossFunction, size);
        rows += size;
        if (feed.isAtStart) break; // an update does not reach into the next epoch
      }
      if (!isMade) {
        this.#accumulation?.update();
        this.#record(progress, sum, rows);
      }
      isMade = false;
      const hasLoss = Number.isFinite(progress.loss);
      if (hasLoss && this.#isEvaluated(progress)) progress.evaluation = yield* this.#evaluate(progress.iteration);
      yield progress;
      if (!hasLoss) throw new DivergedError(progress.iteration, progress.loss);
    }
    this.checkFinite();
    history.outcome = this.best?.isOver ? "stopped early" : "finished";
    this.best?.restore();
  }

  /** Gives back what the run holds; not the network, nor datasets that were handed in resident. */
  dispose(): void {
    for (const owned of this.#owned) owned.dispose();
    this.#owned.length = 0;
  }

  /**
   * Checks that training can resume from here: the last loss, the weights, running statistics and the optimizer's averages
   * are finite. It reads all of them: steps do not call it; checkpoints, early stopping and the end of a run do.
   *
   * @throws {DivergedError} one is not: its name, and the last step that was made
   */
  checkFinite(): void {
    const { network, state, history } = this;
    const last = Math.max(0, this.#iteration - 1);
    const check = (data: Iterable<number>, name?: string) => {
      for (const value of data) if (!Number.isFinite(value)) throw new DivergedError(last, value, name);
    };
    check(history.losses.slice(-1));
    for (const [name, { data }] of Object.entries({ ...network.parameters, ...network.statistics })) check(data, name);
    for (const { data, name } of state.averages) check(data, name);
  }

  /** What a checkpoint keeps of the loop itself: the iteration, and the current epoch's sums. */
  position(): Float64Array {
    return Float64Array.of(this.#iteration, ...this.#epochSums);
  }

  /** Resumes from what `position` gave. */
  resume(position: Float64Array): void {
    this.#iteration = position[0] as number;
    this.#epochSums.set(position.subarray(1));
  }

  /** Whether the last step was made, but left while it was evaluated: by a checkpoint of that moment, or by the caller. */
  #isUnmeasured(progress: TrainProgress): boolean {
    const { feed, history } = this;
    const finishedEpoch = feed.isAtStart ? history.epochs.at(-1) : undefined;
    const epoch = feed.epoch - (finishedEpoch ? 1 : 0);
    const loss = history.losses.at(-1);
    Object.assign(progress, { iteration: this.#iteration - 1, epoch, loss, evaluation: undefined, finishedEpoch });
    const { iteration } = progress;
    return iteration >= 0 && history.evaluations.at(-1)?.iteration !== iteration && this.#isEvaluated(progress);
  }

  #begin(progress: TrainProgress): void {
    progress.iteration = this.#iteration;
    progress.epoch = this.feed.epoch;
    progress.evaluation = undefined;
    progress.finishedEpoch = undefined;
  }

  #record(progress: TrainProgress, sum: number, rows: number): void {
    const { history } = this;
    const sums = this.#epochSums;
    progress.loss = sum / rows;
    this.#iteration += 1;
    (sums[0] as number) += sum;
    (sums[1] as number) += rows;
    history.layout = this.feed.layout;
    history.losses.push(progress.loss);
    if (!this.feed.isAtStart) return;
    const { epoch, iteration } = progress;
    const [total, examples, right, answers] = sums as unknown as [number, number, number, number];
    progress.finishedEpoch = {
      ...{ epoch, iteration, loss: total / examples },
      ...(answers && { accuracy: right / answers }),
    };
    history.epochs.push(progress.finishedEpoch);
    sums.fill(0);
  }

  #isEvaluated({ iteration, finishedEpoch }: TrainProgress): boolean {
    const { evaluateEvery, sampling } = this.plan;
    if (evaluateEvery !== undefined) return (iteration + 1) % evaluateEvery === 0;
    // With replacement no epoch ends: the first of every ⌊n / batchSize⌋ steps is evaluated.
    if (sampling === "withReplacement") return iteration % (this.feed.batchesPerEpoch ?? 1) === 0;
    return finishedEpoch !== undefined;
  }

  *#evaluate(iteration: number): Generator<undefined, EvaluationRecord> {
    const train = this.plan.evaluateTraining ? this.#train : undefined;
    const measured = yield* measure(this.network, iteration, { train, test: this.#test, validation: this.#validation });
    if (this.best) this.checkFinite(); // the best weights are kept
    const record = this.best?.observe(measured) ?? measured;
    if (this.best?.best !== undefined) this.history.best = this.best.best;
    this.history.evaluations.push(record);
    return record;
  }

  #resident(argument: string, data: Dataset | ResidentDataset): ResidentDataset {
    const { engine, inputSize } = this.network;
    if (data.size !== inputSize) throw new ShapeError("train", argument, `${inputSize} values each`, `${data.size}`);
    return data instanceof Dataset ? this.#own(residentOf(engine, data, this.plan.layout)) : data;
  }

  #own<T extends { dispose(): void }>(made: T): T {
    this.#owned.push(made);
    return made;
  }
}

/** Whether a layer, such as batchNorm, keeps statistics of rows; those of images are of pixels, of which one image has several. */
function normalisesRows<D extends FloatType>({ structure }: Network<D>): boolean {
  return [...structure.layers.values()].some(({ input, layer, statistics }) => {
    return input.length === 1 && !("trainable" in layer) && Object.keys(statistics).length > 0;
  });
}

/** Examples: a dataset, one in the engine's memory, or a stream, which has a feed of its own. */
function checkData(option: string, data: unknown): void {
  if (data instanceof Dataset || data instanceof ResidentDataset) return;
  if (option === "train" && (data as { readonly feed?: unknown } | null | undefined)?.feed !== undefined) return;
  throw new OptionError(`train: ${option === "train" ? "dataset" : option}`, "a Dataset", data);
}
