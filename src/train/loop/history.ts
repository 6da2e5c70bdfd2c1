/** What a run records. */
import { OptionError } from "../../errors.ts";
import type { InputLayout } from "../feeding/resident.ts";

/**
 * What was measured after a step. Losses are means over examples, in nats for cross entropies; accuracies fractions,
 * 0..1; of numbers as targets, only losses.
 */
export type EvaluationRecord = {
  /** The step, counted from 0, after whose update this was measured. */
  readonly iteration: number;
  /** Of the training examples. */
  readonly trainAccuracy?: number;
  /** Of the training examples, where targets are numbers. */
  readonly trainLoss?: number;
  /** Of the test examples. */
  readonly testAccuracy?: number;
  /** Of the test examples, where targets are numbers. */
  readonly testLoss?: number;
  /** Of the validation examples. */
  readonly validationAccuracy?: number;
  /** Of the validation examples. */
  readonly validationLoss?: number;
  /** Whether the validation examples were met better than ever before. Only where training watches them. */
  readonly isBest?: boolean;
};

/** One pass over the data, or as many draws. */
export type EpochRecord = {
  /** Counted from 0. */
  readonly epoch: number;
  /** Its last step, counted from 0. */
  readonly iteration: number;
  /** The mean of its examples' losses, as the steps recorded them. */
  readonly loss: number;
  /**
   * Of classes, and of yes and no: the fraction of its answers that were right, 0..1, by each step's own forward pass, before its
   * update and with dropout.
   */
  readonly accuracy?: number;
};

/** Why a run ended. */
export type Outcome = "finished" | "aborted" | "stopped early";

/** What a run recorded so far. */
export type TrainHistory = {
  /** How the training examples lay in memory. */
  layout?: InputLayout;
  /** The mean loss of every step's examples: one number a step, in nats for cross entropies. */
  readonly losses: number[];
  /** What was measured, in order. */
  readonly evaluations: EvaluationRecord[];
  /** Each epoch that was finished. */
  readonly epochs: EpochRecord[];
  /** The evaluation that early stopping went back to, or would. */
  best?: EvaluationRecord;
  /** Missing during the run, and after an error. */
  outcome?: Outcome;
  /**
   * Of `classifier` and `regressor`, where the model was learned again from all rows, those of the validation among them: in how many epochs, and
   * from how many rows. The records above are of the first fit, which found out how many.
   */
  refit?: { readonly epochs: number; readonly examples: number };
};

/**
 * A history without a record.
 *
 * @example
 * const history = emptyHistory();
 * await train(net, mnist.train, { iterations: 2, learningRate: 0.1 }, history);
 * history.losses.length; // → 2
 */
export function emptyHistory(): TrainHistory {
  return { losses: [], evaluations: [], epochs: [] };
}

/** @throws {OptionError} not of the form of `emptyHistory()` */
export function checkHistory(history: TrainHistory): void {
  for (const records of ["losses", "evaluations", "epochs"] as const) {
    if (!Array.isArray(history?.[records])) throw new OptionError("train: history", "one of emptyHistory()", history);
  }
}
