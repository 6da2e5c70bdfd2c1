/**
 * The messages between a program and its worker:
 *
 *   request   program → worker   a number, what is asked, and its arguments
 *   notice    program → worker   about a run under way: pause, resume, stop, "your record was taken in"
 *   answer    worker → program   the request's number, and a value or an error
 *   event     worker → program   the number of a run, and what happened in it
 *
 * All of it is plain data and typed arrays, which structured clone carries. Networks, datasets and runs are known by
 * numbers, which the program gives them.
 */
import type { Augmentation } from "../data/augmentation.ts";
import type { DatasetParts } from "../data/parts.ts";
import type { NamedArray, ShapedArray } from "../formats/arrays.ts";
import type { SetWeightsOptions } from "../nn/files/weights.ts";
import type { Layer, Sequential } from "../nn/layers/layer.ts";
import type { LossDescription, LossName } from "../nn/losses.ts";
import type { RandomStateSnapshot } from "../random/snapshot.ts";
import type { Shape } from "../tensor/layout.ts";
import type { Checkpoint } from "../train/checkpoints/checkpoint.ts";
import type { EvaluateOptions, Evaluation } from "../train/evaluation/evaluate.ts";
import type { Misclassified, MisclassifiedOptions } from "../train/evaluation/misclassified.ts";
import type { InputLayout } from "../train/feeding/resident.ts";
import type { SparseDatasetParts } from "../train/feeding/sparse_dataset.ts";
import type { EpochRecord, EvaluationRecord, Outcome, TrainHistory } from "../train/loop/history.ts";
import type { TrainerOptions } from "../train/loop/training_plan.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { EngineStats } from "../wasm/engine.ts";
import type { Build } from "../wasm/load.ts";
import type { EncodedError } from "./errors.ts";

/** A program and a worker of different versions do not talk to each other. Version 2: lifelines, `validation` by fraction. */
export const PROTOCOL = 2;

/** What a program learns of a network that is not here. */
export type NetworkFacts = {
  readonly dtype: FloatType;
  readonly description: Sequential;
  readonly inputSize: number;
  readonly outputSize: number;
};

/** Everything that can be asked for, and what is answered. */
export type Calls = {
  start: {
    ask: {
      readonly protocol: number;
      readonly build: Build;
      readonly wasm: BufferSource | WebAssembly.Module | undefined;
      /** A lock that the worker is to hold as long as it lives. */
      readonly lifeline: string | undefined;
    };
    answer: {
      /** Whether the program can watch the lock. */
      readonly isWatchable: boolean;
    };
  };
  network: {
    ask: {
      readonly network: number;
      readonly description: Layer;
      readonly seed: number | undefined;
      readonly random: RandomStateSnapshot | "none" | undefined;
      readonly dtype: FloatType | undefined;
      readonly loss: LossName | LossDescription | undefined;
      readonly inputShape: Shape | undefined;
    };
    answer: { readonly facts: NetworkFacts; readonly random: RandomStateSnapshot | undefined };
  };
  load: {
    ask: {
      readonly network: number;
      readonly bytes: Uint8Array;
      readonly options: { readonly file?: string; readonly loss?: LossName | LossDescription; readonly seed?: number };
    };
    answer: NetworkFacts;
  };
  dataset: {
    ask: {
      readonly dataset: number;
      readonly parts: DatasetParts | SparseDatasetParts;
      readonly weights: Float64Array | undefined;
    };
    answer: undefined;
  };
  train: { ask: TrainRequest; answer: TrainAnswer };
  /** Answered when the run is paused, or is over. */
  pause: { ask: { readonly run: number }; answer: undefined };
  predict: {
    ask: { readonly network: number; readonly rows: Rows };
    answer: ShapedArray;
  };
  evaluate: {
    ask: { readonly network: number; readonly dataset: number; readonly options: EvaluateOptions };
    answer: Evaluation;
  };
  misclassified: {
    ask: { readonly network: number; readonly dataset: number; readonly options: MisclassifiedOptions };
    answer: readonly Misclassified[];
  };
  weights: { ask: { readonly network: number }; answer: readonly NamedArray[] };
  setWeights: {
    ask: { readonly network: number; readonly weights: readonly NamedArray[]; readonly options: SetWeightsOptions };
    answer: undefined;
  };
  save: { ask: { readonly network: number }; answer: Uint8Array<ArrayBuffer> };
  disposeNetwork: { ask: { readonly network: number }; answer: undefined };
  disposeDataset: { ask: { readonly dataset: number }; answer: undefined };
  stats: { ask: undefined; answer: WorkerStats };
};

/** What a worker holds at the moment: its engine, and what the program has not disposed of. */
export type WorkerStats = EngineStats & {
  /** Those that were not disposed of. */
  readonly networks: number;
  /** Those that were not disposed of. */
  readonly datasets: number;
};

/** Examples for a prediction: numbers, as `predict` of a network takes them. */
export type Rows = Float32Array | Float64Array | Uint8Array | readonly number[] | readonly (readonly number[])[];

/** What the program is notified of before the run continues. */
export type Awaited = "evaluation" | "epoch" | "checkpoint";

/** Examples to evaluate during a run: a dataset by its number, or a fraction of the run's own, which is split off. */
export type ValidationRequest = { readonly dataset: number } | { readonly fraction: number };

export type TrainRequest = {
  readonly network: number;
  readonly dataset: number;
  readonly test: number | undefined;
  readonly validation: ValidationRequest | undefined;
  /** An augmentation as data, without its batch builder, which is code. */
  readonly options: Omit<TrainerOptions, "random" | "augmentation"> & { readonly augmentation?: Augmentation };
  readonly random: RandomStateSnapshot | undefined;
  readonly resume: Checkpoint | undefined;
  readonly checkpointEvery: number | undefined;
  /** Others happen without a word, or are no more than records. */
  readonly awaits: readonly Awaited[];
  /** Whether the run is to end after its first step. */
  readonly isStopped: boolean;
};

export type TrainAnswer = {
  readonly outcome: Outcome | undefined;
  readonly layout: InputLayout | undefined;
  readonly random: RandomStateSnapshot | undefined;
};

/** What a run recorded since the last time. */
export type Records = {
  readonly kind: "records";
  /** Where they continue from: the number of losses before these. */
  readonly start: number;
  readonly losses: Float64Array;
  readonly evaluations: readonly EvaluationRecord[];
  readonly epochs: readonly EpochRecord[];
  readonly best: TrainHistory["best"];
  /** Whether steps made them, or the checkpoint that the run resumes from. */
  readonly from: "steps" | "checkpoint";
};

export type RunEvent =
  | Records
  | { readonly kind: "evaluation"; readonly record: EvaluationRecord }
  | { readonly kind: "epoch"; readonly record: EpochRecord }
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint };

export type Kind = keyof Calls;
export type Ask<K extends Kind> = Calls[K]["ask"];
export type Answer<K extends Kind> = Calls[K]["answer"];

export type Request = { [K in Kind]: { readonly kind: K; readonly id: number; readonly ask: Ask<K> } }[Kind];

/** `taken`: the program has dealt with the event that the run waits for. */
export type Notice = { readonly kind: "taken" | "resume" | "stop"; readonly run: number };

export type ToWorker = Request | Notice;

export type FromWorker =
  | { readonly kind: "done"; readonly id: number; readonly value: Answer<Kind> }
  | { readonly kind: "failed"; readonly id: number; readonly error: EncodedError }
  | { readonly kind: "event"; readonly run: number; readonly event: RunEvent };
