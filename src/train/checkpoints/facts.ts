/** The JSON facts of a checkpoint. */
import type { WatchState } from "../evaluation/early_stopping.ts";
import type { SamplerState } from "../feeding/sampler.ts";
import type { EpochRecord, EvaluationRecord } from "../loop/history.ts";
import type { TrainingPlan } from "../loop/training_plan.ts";

/** The facts of a checkpoint: JSON. */
export type CheckpointFacts = {
  /** Of the format: 1 or 2. */
  readonly version: number;
  /** The run's options, which `restore` compares. */
  readonly plan: TrainingPlan;
  /** What the run trains on. */
  readonly data: { readonly examples?: number | undefined; readonly size: number };
  /** Updates that the optimizer has made. */
  readonly optimizerStep: number;
  /** Where in which epoch the draws are. */
  readonly sampler: Omit<SamplerState, "order">;
  /** The history's evaluations so far. */
  readonly evaluations: readonly EvaluationRecord[];
  /** The history's epochs so far. */
  readonly epochs: readonly EpochRecord[];
  /** Of early stopping, where the run has it. */
  readonly watch: Omit<WatchState, "blocks"> | undefined;
};
