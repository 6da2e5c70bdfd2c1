/**
 * A run of minibatch training, step by step:
 *
 *   draw examples → gradient → update → the loss, and now and then an evaluation
 *
 * It is a generator underneath, so that whoever drives it decides when others get their turn: `train` does so for a
 * program, a page or a worker may do it themselves.
 */
import { Dataset } from "../data/dataset.ts";
import { DivergedError, OptionError, ShapeError } from "../errors.ts";
import type { Accumulation } from "../nn/accumulation.ts";
import type { Network } from "../nn/network.ts";
import type { OptimizerState } from "../nn/optimizer_state.ts";
import type { RandomState } from "../random/random_state.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { BestWeights } from "./early_stopping.ts";
import { accuracy, evaluation } from "./evaluate.ts";
import { type EpochRecord, type EvaluationRecord, emptyHistory, type TrainHistory } from "./history.ts";
import { type InputLayout, Minibatch, ResidentDataset } from "./resident.ts";
import { Sampler } from "./sampler.ts";
import { StagedMinibatch } from "./staged.ts";
import { networkOf, type Trainable } from "./trainable.ts";
import { planOf, type TrainerOptions, type TrainingPlan } from "./training_plan.ts";

/** What a run trains on and is measured by: datasets, or ones that are in the network's engine already. */
export type TrainerData = {
  readonly train: Dataset | ResidentDataset;
  /** What is evaluated for the record alone. */
  readonly test?: Dataset | ResidentDataset | undefined;
  /** What decides: early stopping watches it. */
  readonly validation?: Dataset | ResidentDataset | undefined;
};

/** Where a run stands after a step. One object, overwritten by every step: copy what is to be kept. */
export type TrainProgress = {
  /** Updates before this one. */
  iteration: number;
  /** Epochs that were finished before this step. */
  epoch: number;
  /** The loss of the step's examples, in nats: before the update or after it, as the options say. */
  loss: number;
  /** What was measured after this step, if anything was. */
  evaluation: EvaluationRecord | undefined;
  /** The epoch that this step finished, if it did. */
  finishedEpoch: EpochRecord | undefined;
};

/** A minibatch of one size, and the step that it feeds. */
type Slot<D extends FloatType> = {
  readonly batch: Minibatch<D> | StagedMinibatch<D>;
  /** Takes the next examples of a sampler. */
  readonly draw: (sampler: Sampler) => void;
  readonly step: { readonly loss: Tensor; run(): void };
};

/**
 * A run on one network. The caller disposes of it; the network lives on.
 *
 * @throws {OptionError} options that are out of range or exclude each other
 * @throws {ShapeError} the examples have another size than the network's input
 * @throws {AllocationError} the engine's memory is too small
 * @example
 * using trainer = new Trainer(net, { train: digits }, { epochs: 5, batchSize: 128, optimizer: adam({ learningRate: 1e-3 }) });
 * for (const { iteration, loss } of trainer.steps()) console.log(iteration, loss);
 */
export class Trainer<D extends FloatType> {
  readonly network: Network<D>;
  readonly plan: TrainingPlan;
  /** The records so far, at every moment. */
  readonly history: TrainHistory;
  readonly random: RandomState;
  readonly sampler: Sampler;
  /** The optimizer's averages and step. */
  readonly state: OptimizerState<D>;
  readonly best: BestWeights<D> | undefined;
  /** What it trains on. */
  readonly examples: { readonly length: number; readonly size: number };
  readonly #train: ResidentDataset | undefined;
  readonly #test: ResidentDataset | undefined;
  readonly #validation: ResidentDataset | undefined;
  readonly #slots = new Map<number, Slot<D>>();
  readonly #accumulation: Accumulation<D> | undefined;
  readonly #owned: { dispose(): void }[] = [];
  readonly #progress: TrainProgress;
  /** Σ loss · rows and Σ rows of the current epoch. */
  readonly #epochLoss = new Float64Array(2);
  #iteration = 0;

  constructor(
    trainable: Trainable<D>,
    { train, test, validation }: TrainerData,
    options: TrainerOptions,
    history: TrainHistory = emptyHistory(),
  ) {
    const network = networkOf(trainable);
    const { plan, random } = planOf(options, train.length, validation !== undefined);
    this.examples = train;
    this.network = network;
    this.plan = plan;
    this.random = random;
    this.history = history;
    try {
      const isNeeded = plan.augmentation === undefined || plan.evaluateTraining || test === train;
      this.#train = isNeeded ? this.#resident("training examples", train) : undefined;
      this.#test = test === train ? this.#train : test && this.#resident("test examples", test);
      this.#validation = validation && this.#resident("validation examples", validation);
      this.state = this.#own(network.optimize(plan.optimizer));
      this.sampler = new Sampler(plan.sampling, { examples: train.length, batchSize: plan.batchSize }, random);
      this.#accumulation = plan.accumulate > 1 ? this.#own(network.accumulation(this.state)) : undefined;
      for (const size of this.sampler.sizes) this.#slots.set(size, this.#slot(train, size));
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.best = plan.earlyStopping && new BestWeights(network, plan.earlyStopping);
    this.#progress = { iteration: 0, epoch: 0, loss: Number.NaN, evaluation: undefined, finishedEpoch: undefined };
    history.layout = this.#layout;
  }

  /** Updates so far. */
  get iteration(): number {
    return this.#iteration;
  }

  /** Whether as many steps were made as the options ask for, or patience has run out. */
  get isDone(): boolean {
    const { iterations, epochs } = this.plan;
    if (this.best?.isOver) return true;
    return iterations === undefined ? this.sampler.epoch >= (epochs ?? 0) : this.#iteration >= iterations;
  }

  /**
   * Trains: each `next()` makes a step. Leaving early is allowed; a second call goes on.
   *
   * @throws {DivergedError} the loss stopped being finite; its step was yielded before
   */
  *steps(): Generator<Readonly<TrainProgress>, void> {
    for (const progress of this.turns()) if (progress !== undefined) yield progress;
  }

  /** As `steps`, and comes up for air during long evaluations as well: undefined then. */
  *turns(): Generator<Readonly<TrainProgress> | undefined, void> {
    while (!this.isDone) {
      const progress = this.#step();
      const hasLoss = Number.isFinite(progress.loss);
      if (hasLoss && this.#isEvaluated(progress)) progress.evaluation = yield* this.#evaluate(progress.iteration);
      yield progress;
      if (!hasLoss) throw new DivergedError(progress.iteration, progress.loss);
    }
    const isEarly = this.best?.isOver === true;
    this.history.outcome = isEarly ? "stopped early" : "finished";
    this.best?.restore();
  }

  /** Gives back what the run holds; not the network, nor datasets that were handed in resident. */
  dispose(): void {
    for (const owned of this.#owned.reverse()) owned.dispose();
    this.#owned.length = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What a checkpoint keeps of the loop itself: the iteration, and the current epoch's sums. */
  position(): Float64Array {
    return Float64Array.of(this.#iteration, ...this.#epochLoss);
  }

  /** Goes on from what `position` gave. */
  resume(position: Float64Array): void {
    this.#iteration = position[0] ?? 0;
    this.#epochLoss.set(position.subarray(1));
  }

  /** One update, and its loss. */
  #step(): TrainProgress {
    const { accumulate, lossAt } = this.plan;
    const { sampler } = this;
    const progress = this.#progress;
    progress.iteration = this.#iteration;
    progress.epoch = sampler.epoch;
    progress.evaluation = undefined;
    progress.finishedEpoch = undefined;
    let [sum, rows] = [0, 0];
    for (let part = 0; part < accumulate; part++) {
      const size = sampler.nextSize;
      const { batch, draw, step } = this.#slots.get(size) as Slot<D>;
      draw(sampler);
      step.run();
      const found = lossAt === "after update" ? this.network.loss(batch.inputs, batch.targets) : step.loss.data[0];
      sum += (found ?? Number.NaN) * size;
      rows += size;
      if (sampler.isAtStart) break; // an update does not reach into the next epoch
    }
    this.#accumulation?.update();
    progress.loss = sum / rows;
    this.#iteration += 1;
    this.#record(progress, sum, rows);
    return progress;
  }

  #record(progress: TrainProgress, sum: number, rows: number): void {
    const sums = this.#epochLoss;
    sums[0] = (sums[0] ?? 0) + sum;
    sums[1] = (sums[1] ?? 0) + rows;
    this.history.losses.push(progress.loss);
    if (!this.sampler.isAtStart) return;
    const { epoch, iteration } = progress;
    progress.finishedEpoch = { epoch, iteration, loss: (sums[0] ?? 0) / (sums[1] ?? 1) };
    this.history.epochs.push(progress.finishedEpoch);
    sums.fill(0);
  }

  #isEvaluated({ iteration, finishedEpoch }: TrainProgress): boolean {
    const { evaluateEvery, sampling } = this.plan;
    if (evaluateEvery !== undefined) return (iteration + 1) % evaluateEvery === 0;
    // The chapter looks right after the first step of each epoch.
    if (sampling === "withReplacement") return iteration % this.sampler.batchesPerEpoch === 0;
    return finishedEpoch !== undefined;
  }

  *#evaluate(iteration: number): Generator<undefined, EvaluationRecord> {
    const train = this.plan.evaluateTraining && this.#train ? yield* this.#measure(this.#train) : undefined;
    const test = this.#test && (this.#test === this.#train && train ? train : yield* this.#measure(this.#test));
    const validation = this.#validation && (yield* evaluation(this.network, this.#validation));
    const measured: EvaluationRecord = {
      iteration,
      ...named("train", train),
      ...named("test", test),
      ...(validation && { ...named("validation", validation), validationLoss: validation.loss }),
    };
    const record = this.best?.observe(measured) ?? measured;
    if (this.best?.best !== undefined) this.history.best = this.best.best;
    this.history.evaluations.push(record);
    return record;
  }

  /** The accuracy alone where there are classes, else the loss. */
  *#measure(data: ResidentDataset): Generator<undefined, Measured> {
    if (data.targetWidth === 0) return { accuracy: yield* accuracy(this.network, data) };
    return { loss: (yield* evaluation(this.network, data)).loss };
  }

  #slot(train: Dataset | ResidentDataset, size: number): Slot<D> {
    const { batch, draw } = this.plan.augmentation === undefined ? this.#gathered(size) : this.#augmented(train, size);
    const made = this.#accumulation?.part(batch.source) ?? this.network.trainingStep(this.state, batch.source);
    return { batch, draw, step: this.#own(made) };
  }

  /** Examples that the step itself gathers. */
  #gathered(size: number): Omit<Slot<D>, "step"> {
    const batch = this.#own(new Minibatch(this.#train as ResidentDataset, size, this.network.dtype));
    return { batch, draw: (sampler) => sampler.draw(batch.indices.data) };
  }

  /** Images that are changed before each step. */
  #augmented(train: Dataset | ResidentDataset, batchSize: number): Omit<Slot<D>, "step"> {
    const { augmentation: augment, layout } = this.plan;
    const { engine, dtype } = this.network;
    if (train instanceof ResidentDataset || augment === undefined) {
      throw new OptionError("augment", "a Dataset to train on", "one that is in the engine's memory");
    }
    const batch = this.#own(new StagedMinibatch(engine, train, { batchSize, dtype, layout }));
    const indices = new Int32Array(batchSize);
    const options = { augment, random: this.random };
    return {
      batch,
      draw(sampler) {
        sampler.draw(indices);
        batch.load(train, indices, options);
      },
    };
  }

  get #layout(): InputLayout {
    const [slot] = this.#slots.values();
    const batch = slot?.batch;
    return batch instanceof StagedMinibatch ? batch.layout : (this.#train?.layout ?? "dense");
  }

  #resident(argument: string, data: Dataset | ResidentDataset): ResidentDataset {
    const { engine, inputSize } = this.network;
    if (data.size !== inputSize) throw new ShapeError("train", argument, `${inputSize} values each`, `${data.size}`);
    return data instanceof Dataset ? this.#own(new ResidentDataset(engine, data, { layout: this.plan.layout })) : data;
  }

  #own<T extends { dispose(): void }>(made: T): T {
    this.#owned.push(made);
    return made;
  }
}

type Measured = { readonly accuracy?: number; readonly loss?: number };

/** What was measured, under the names that records have: an accuracy where there is one, else the loss. */
function named(of: "train" | "test" | "validation", { accuracy, loss }: Measured = {}): Partial<EvaluationRecord> {
  if (accuracy !== undefined && !Number.isNaN(accuracy)) return { [`${of}Accuracy`]: accuracy };
  return loss === undefined ? {} : { [`${of}Loss`]: loss };
}
