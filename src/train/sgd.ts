/**
 * Minibatch stochastic gradient descent, as the chapter runs it:
 *
 *   draw batchSize examples with replacement → gradient → parameters -= learningRate · gradient
 *   → record the same minibatch's loss → once per epoch, the accuracy on all training and test examples
 */
import { DivergedError, OptionError, ShapeError } from "../errors.ts";
import { sgd } from "../nn/optimizers.ts";
import type { RandomState } from "../random/random_state.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { accuracyOf } from "./evaluate.ts";
import { Minibatch, type ResidentDataset } from "./resident.ts";
import { networkOf, type Trainable } from "./trainable.ts";

export type SgdOptions = {
  /** Steps to make, from 0 on. */
  readonly iterations: number;
  /** Examples in a step, drawn with replacement: 1 to as many as there are. */
  readonly batchSize: number;
  /** What a gradient is multiplied by. */
  readonly learningRate: number;
  /** Where the draws come from: `choice(n, batchSize)` for each step. */
  readonly random: RandomState;
};

/** Where a run stands after a step. One object, overwritten by every step: copy what is to be kept. */
export type SgdProgress = {
  /** Counted from 0. */
  iteration: number;
  /** The minibatch's loss right after its update, in nats. */
  loss: number;
  /** Accuracies after this step, 0..1; only after the first step of each epoch. */
  evaluation: { readonly trainAccuracy: number; readonly testAccuracy: number } | undefined;
};

/** Steps that draw as many examples as there are: the chapter evaluates once in so many. At least 1. */
export function iterationsPerEpoch(examples: number, batchSize: number): number {
  return Math.max(1, Math.floor(examples / batchSize));
}

/**
 * Trains step by step: each `next()` makes one, so the caller decides when others get their turn.
 *
 * @throws {OptionError} a batch size of 0 or beyond the data, a learning rate or iterations that are no number
 * @throws {ShapeError} the examples have another size than the network's input
 * @throws {DivergedError} the loss stopped being finite; its step was yielded before
 */
export function* sgdSteps<D extends FloatType>(
  trainable: Trainable<D>,
  data: { readonly train: ResidentDataset; readonly test: ResidentDataset },
  { iterations, batchSize, learningRate, random }: SgdOptions,
): Generator<Readonly<SgdProgress>, void> {
  const net = networkOf(trainable);
  const { train, test } = data;
  checkSgdOptions({ iterations, batchSize, learningRate }, train.length);
  for (const { size } of [train, test]) {
    if (size !== net.inputSize) throw new ShapeError("sgdSteps", "examples", `${net.inputSize} values each`, `${size}`);
  }

  using batch = new Minibatch(train, batchSize, net.dtype);
  const { indices, inputs, labels } = batch;
  using state = net.optimize(sgd({ learningRate }));
  using step = net.trainingStep(state, batch.source);
  const epoch = iterationsPerEpoch(train.length, batchSize);
  const drawn = { out: indices.data };
  const progress: SgdProgress = { iteration: 0, loss: Number.NaN, evaluation: undefined };
  for (let iteration = 0; iteration < iterations; iteration++) {
    drawn.out = indices.data; // a view of its own again if memory grew
    random.choice(train.length, batchSize, drawn);
    step.run();

    progress.iteration = iteration;
    progress.loss = net.loss(inputs, labels);
    const hasLoss = Number.isFinite(progress.loss);
    progress.evaluation = undefined;
    if (hasLoss && iteration % epoch === 0) {
      const trainAccuracy = accuracyOf(net, train);
      const testAccuracy = test === train ? trainAccuracy : accuracyOf(net, test);
      progress.evaluation = { trainAccuracy, testAccuracy };
    }
    yield progress;
    if (!hasLoss) throw new DivergedError(iteration, progress.loss);
  }
}

/** @throws {OptionError} the first option that is out of its range */
export function checkSgdOptions(options: Omit<SgdOptions, "random">, examples: number): void {
  const { iterations, batchSize, learningRate } = options;
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new OptionError("iterations", "a whole number from 0 on", iterations);
  }
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > examples) {
    throw new OptionError("batchSize", `a whole number from 1 to ${examples}, the training examples`, batchSize);
  }
  if (!Number.isFinite(learningRate)) throw new OptionError("learningRate", "a finite number", learningRate);
}
