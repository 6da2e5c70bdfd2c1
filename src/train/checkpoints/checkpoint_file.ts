/**
 * A checkpoint as a file of weights with more in it:
 *
 *   metadata   lanegrad.network      the description of the network
 *              lanegrad.checkpoint   JSON: the plan, the run's position, its records
 *   tensors    W1, b1, …             parameters and running statistics: what any reader of weights sees
 *              training/…            optimizer averages, random stream, order of the epoch, losses, best weights
 */

import { checkText } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { parseJson } from "../../formats/json.ts";
import { decodeSafetensors, encodeSafetensors } from "../../formats/safetensors.ts";
import { parseDescription } from "../../nn/files/description.ts";
import {
  isCustomKind,
  knownRecords,
  type ParseOptimizerOptions,
  readOptimizer,
  unknownKind,
} from "../../nn/optimizers/known.ts";
import type { OptimizerRecord } from "../../nn/optimizers/record.ts";
import { checkOptions } from "../../options.ts";
import { type Checkpoint, checkCheckpoint, restore, VERSION, valueText } from "./checkpoint.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import type { CheckpointFacts } from "./facts.ts";
import { unknownIn } from "./known_facts.ts";
import { RESTORE } from "./restore_key.ts";

const KEY = "lanegrad.checkpoint";
const NETWORK_KEY = "lanegrad.network";

/**
 * The bytes of a checkpoint: a safetensors file.
 *
 * @example
 * using trainer = new Trainer(net, { train: mnist.train }, { iterations: 4, learningRate: 0.1 });
 * const bytes = encodeCheckpoint(checkpointOf(trainer));
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  checkCheckpoint("encodeCheckpoint: checkpoint", checkpoint);
  const { facts, network, arrays } = checkpoint;
  return encodeSafetensors([...arrays.values()], { [NETWORK_KEY]: network, [KEY]: JSON.stringify(facts) });
}

/** What a file does not contain, and its name in errors. */
export type DecodeCheckpointOptions = ParseOptimizerOptions & {
  /** The file's name, for errors. */
  readonly file?: string;
};

/**
 * Reads a checkpoint. Its optimizer, `facts.plan.optimizer`, can be passed to `train`.
 *
 * @throws {OptionError} the run's optimizer is one of one's own, and is not among them
 * @throws {FormatError} no safetensors file, damaged, or of a network that this version does not know: it is named
 * @throws {CheckpointError} weights without a checkpoint, another version, something that this version does not know,
 *   damaged, or not finite
 * @example
 * using trainer = new Trainer(net, { train: mnist.train }, { iterations: 4, learningRate: 0.1 });
 * const checkpoint = decodeCheckpoint(encodeCheckpoint(checkpointOf(trainer)), { file: "run.safetensors" });
 */
export function decodeCheckpoint(bytes: Uint8Array, options: DecodeCheckpointOptions = {}): Checkpoint {
  checkOptions<DecodeCheckpointOptions>("decodeCheckpoint", options, { file: 1, optimizers: 1 });
  const { file } = options;
  checkText("decodeCheckpoint: file", file);
  const optimizers = knownRecords("decodeCheckpoint", options.optimizers);
  const { tensors, metadata } = decodeSafetensors(bytes, { file });
  const text = metadata.get(KEY);
  const network = metadata.get(NETWORK_KEY);
  if (text === undefined || network === undefined) throw new CheckpointError({ kind: "no-checkpoint" }, file);
  const arrays = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const facts = factsOf(text, file, optimizers);
  checkNetwork(network, file);
  const iteration = arrays.get("training/position")?.data[0];
  if (!Number.isSafeInteger(iteration)) {
    throw new CheckpointError({ kind: "damaged", reason: "no training/position" }, file);
  }
  for (const { name, data } of tensors) {
    if (data instanceof Float32Array || data instanceof Float64Array) checkFinite(name, data, file);
  }
  return { iteration: Number(iteration), facts, network, arrays, file, [RESTORE]: restore };
}

function checkFinite(name: string, data: Float32Array | Float64Array, file: string | undefined): void {
  for (const value of data) {
    if (!Number.isFinite(value)) throw new CheckpointError({ kind: "damaged", reason: `${name} holds ${value}` }, file);
  }
}

/** Facts from a file, with the shape that `restore` relies on. */
function factsOf(
  text: string,
  file: string | undefined,
  optimizers: ReadonlyMap<string, OptimizerRecord>,
): CheckpointFacts {
  const damaged = (reason: string) => new CheckpointError({ kind: "damaged", reason }, file);
  let facts: Partial<CheckpointFacts>;
  try {
    facts = parseJson(text) as Partial<CheckpointFacts>;
  } catch {
    throw damaged(`${KEY} is no JSON`);
  }
  if (!isRecord(facts)) throw damaged(`${KEY} is no object`);
  if (facts.version !== 1 && facts.version !== VERSION) {
    throw new CheckpointError({ kind: "version", expected: VERSION, found: valueText(facts.version) }, file);
  }
  const { plan, data, sampler, evaluations, epochs, watch } = facts;
  if (!isRecord(plan) || !isRecord(plan["optimizer"])) throw damaged("no plan");
  if (!isRecord(data)) throw damaged("no data");
  if (!isRecord(sampler)) throw damaged("no sampler");
  if (!isRecords(evaluations) || !isRecords(epochs)) throw damaged("no records");
  if (watch !== undefined && !(isRecord(watch) && Number.isInteger(watch["waited"]))) {
    throw damaged("no best weights");
  }
  if (watch?.best !== undefined && !isRecord(watch.best)) throw damaged("no best evaluation");
  const { kind } = plan["optimizer"];
  const call = "decodeCheckpoint(bytes, { optimizers })";
  if (isCustomKind(kind) && !optimizers.has(kind as string)) throw unknownKind(kind, optimizers, call);
  const unknown = unknownIn(facts, optimizers);
  if (unknown !== undefined) throw new CheckpointError({ kind: "newer", unknown }, file);
  for (const record of [...(evaluations ?? []), ...(epochs ?? [])]) reviveNumbers(record);
  try {
    const optimizer = readOptimizer(plan["optimizer"], optimizers, call);
    return { ...facts, plan: { ...plan, optimizer } } as CheckpointFacts;
  } catch (error) {
    throw error instanceof OptionError ? damaged(error.message) : error;
  }
}

/** Refuses a description that this version does not know, by what is unknown. */
function checkNetwork(network: string, file: string | undefined): void {
  let description: unknown;
  try {
    description = parseJson(network);
  } catch {
    throw new CheckpointError({ kind: "damaged", reason: `${NETWORK_KEY} is no JSON` }, file);
  }
  // Layers of one's own are those of the trainer's network: `restore` compares the descriptions.
  if (!hasCustomKind(description)) parseDescription(description, { file });
}

function hasCustomKind(description: unknown): boolean {
  if (typeof description !== "object" || description === null) return false;
  const { kind } = description as { readonly kind?: unknown };
  return (typeof kind === "string" && kind.includes("/")) || Object.values(description).some(hasCustomKind);
}

/** JSON has null for a measure that was not finite, such as the loss of examples whose outputs overflow. */
function reviveNumbers(record: object): void {
  for (const [key, value] of Object.entries(record)) if (value === null) Object.assign(record, { [key]: Number.NaN });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRecords(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRecord);
}
