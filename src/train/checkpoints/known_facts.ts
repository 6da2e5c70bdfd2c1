/**
 * What this version knows of a checkpoint's facts. A checkpoint of a later version may name an optimizer or an option that is
 * unknown here; resuming without it would silently give other bits.
 */

import { keysOf, type OptimizerRecord } from "../../nn/optimizers/record.ts";
import { PART, SCHEDULES } from "../../nn/schedules.ts";
import type { KeysOf } from "../../options.ts";
import type { EarlyStopping } from "../evaluation/early_stopping.ts";
import type { TrainingAugmentation } from "../feeding/feed.ts";
import type { TrainingPlan } from "../loop/training_plan.ts";
import type { CheckpointFacts } from "./facts.ts";

const FACTS: KeysOf<CheckpointFacts> = {
  ...{ version: 1, plan: 1, data: 1, optimizerStep: 1, sampler: 1, evaluations: 1, epochs: 1, watch: 1 },
};
const DATA: KeysOf<CheckpointFacts["data"]> = { examples: 1, size: 1 };
const SAMPLER: KeysOf<CheckpointFacts["sampler"]> = { epoch: 1, position: 1 };
const WATCH: KeysOf<NonNullable<CheckpointFacts["watch"]>> = { best: 1, waited: 1 };
const PLAN: KeysOf<TrainingPlan> = {
  ...{ sampling: 1, iterations: 1, epochs: 1, batchSize: 1, accumulate: 1, optimizer: 1, augmentation: 1, lossAt: 1 },
  ...{ evaluateEvery: 1, evaluateTraining: 1, earlyStopping: 1, layout: 1, dropLast: 1 },
};
const EARLY_STOPPING: KeysOf<EarlyStopping> = { patience: 1, watch: 1, minDelta: 1 };

type Words<T extends string> = { readonly [Word in T]: 1 };
const SAMPLINGS: Words<TrainingPlan["sampling"]> = { epochs: 1, withReplacement: 1, stream: 1 };
const LOSSES_AT: Words<TrainingPlan["lossAt"]> = { "before update": 1, "after update": 1 };
const LAYOUTS: Words<TrainingPlan["layout"]> = { auto: 1, dense: 1, sparse: 1 };
const WATCHED: Words<NonNullable<EarlyStopping["watch"]>> = { loss: 1, accuracy: 1 };

/** What each kind of a description has. */
type Shapes<Kind extends string> = { readonly [K in Kind]: object };
const SCHEDULE_SHAPES: Shapes<string> = /* @__PURE__ */ scheduleShapes();
function scheduleShapes(): Shapes<string> {
  return Object.fromEntries(Object.entries(SCHEDULES).map(([kind, { keys }]) => [kind, { kind: 1, ...keys }]));
}
const AUGMENTATIONS: Shapes<TrainingAugmentation["kind"]> = {
  augmentation: { kind: 1, shift: 1, rotate: 1, scale: 1, flip: 1, crop: 1, cutout: 1, colour: 1 },
};

/**
 * The first thing in a checkpoint's facts that this version does not know, such as `optimizer "lion"`; undefined where it
 * knows all of it. Facts come from a file: values that are not objects are left to other checks.
 *
 * @param optimizers those that are known, by kind
 */
export function unknownIn(facts: object, optimizers: ReadonlyMap<string, OptimizerRecord>): string | undefined {
  const { plan, data, sampler, watch } = facts as Fields;
  const { optimizer, augmentation, earlyStopping, sampling, lossAt, layout } = fieldsOf(plan);
  return (
    keyIn("facts", facts, FACTS) ??
    keyIn("data", data, DATA) ??
    keyIn("sampler", sampler, SAMPLER) ??
    keyIn("watch", watch, WATCH) ??
    keyIn("plan", plan, PLAN) ??
    wordIn("sampling", sampling, SAMPLINGS) ??
    wordIn("lossAt", lossAt, LOSSES_AT) ??
    wordIn("layout", layout, LAYOUTS) ??
    kindIn("optimizer", optimizer, shapesOf(optimizers)) ??
    scheduleIn(fieldsOf(optimizer)["learningRate"]) ??
    kindIn("augmentation", augmentation, AUGMENTATIONS) ??
    keyIn("earlyStopping", earlyStopping, EARLY_STOPPING) ??
    wordIn("earlyStopping: watch", fieldsOf(earlyStopping)["watch"], WATCHED)
  );
}

type Fields = { readonly [key: string]: unknown };

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function keyIn(name: string, value: unknown, known: object): string | undefined {
  const key = Object.keys(fieldsOf(value)).find((found) => !Object.hasOwn(known, found));
  return key === undefined ? undefined : `${name} with ${JSON.stringify(key)}`;
}

function wordIn(name: string, value: unknown, known: object): string | undefined {
  return typeof value !== "string" || Object.hasOwn(known, value) ? undefined : `${name} ${JSON.stringify(value)}`;
}

function kindIn(name: string, value: unknown, shapes: Shapes<string>): string | undefined {
  const { kind } = fieldsOf(value);
  const unknown = wordIn(name, kind, shapes);
  return unknown ?? (typeof kind === "string" ? keyIn(`${name} ${kind}`, value, shapes[kind] ?? {}) : undefined);
}

function shapesOf(optimizers: ReadonlyMap<string, OptimizerRecord>): Shapes<string> {
  return Object.fromEntries([...optimizers].map(([kind, record]) => [kind, keysOf(record)]));
}

function scheduleIn(schedule: unknown): string | undefined {
  const unknown = kindIn("schedule", schedule, SCHEDULE_SHAPES);
  const { parts } = fieldsOf(schedule);
  if (unknown !== undefined || !Array.isArray(parts)) return unknown;
  for (const part of parts) {
    const within = keyIn("schedule: part", part, PART) ?? scheduleIn(fieldsOf(part)["schedule"]);
    if (within !== undefined) return within;
  }
  return undefined;
}
