/** Every optimizer of the library by its kind, for descriptions that come from JSON or another thread. */
import { checkRecord, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { schedule } from "../schedules.ts";
import { ADA_GRAD_RECORD } from "./ada_grad.ts";
import { ADAM_RECORD, ADAM_W_RECORD } from "./adam.ts";
import type { OptimizerFunction } from "./custom.ts";
import { MOMENTUM_RECORD, NESTEROV_RECORD } from "./momentum.ts";
import {
  checkNumbers,
  type Kinds,
  type Optimizer,
  type OptimizerFacts,
  type OptimizerRecord,
  recordOf,
  withRecord,
} from "./record.ts";
import { RMS_PROP_RECORD } from "./rms_prop.ts";
import { SGD_RECORD } from "./sgd.ts";

const RECORDS: { readonly [K in keyof Kinds]: OptimizerRecord<Extract<Optimizer, { readonly kind: K }>> } = {
  sgd: SGD_RECORD,
  momentum: MOMENTUM_RECORD,
  nesterov: NESTEROV_RECORD,
  adaGrad: ADA_GRAD_RECORD,
  rmsProp: RMS_PROP_RECORD,
  adam: ADAM_RECORD,
  adamW: ADAM_W_RECORD,
};

/**
 * The library's optimizers by kind, with the defaults and ranges of their numbers, such as for a form.
 *
 * @example
 * builtInOptimizers.adam.hyperparameters.beta1.default; // → 0.9
 */
export const builtInOptimizers: { readonly [K in keyof Kinds]: OptimizerFacts<K, keyof Kinds[K] & string> } = RECORDS;

/** Options of `parseOptimizer` and of the readers of files. */
export type ParseOptimizerOptions = {
  /** Optimizers of one's own: what `defineOptimizer` returned. */
  readonly optimizers?: readonly OptimizerFunction[];
};

/**
 * The description of an optimizer that was copied by JSON or `structuredClone`: it gets back its record, which copies leave
 * out. Its schedule does as well.
 *
 * @param options.optimizers optimizers of one's own, where it may be one of them
 * @param call what its caller passes them to, for errors
 * @throws {OptionError} no object, an unknown kind, or a number that is missing or outside its range
 * @example
 * const copy: unknown = JSON.parse(JSON.stringify(adam({ beta1: 0.8 })));
 * const optimizer = parseOptimizer(copy);
 */
export function parseOptimizer(
  json: unknown,
  options: ParseOptimizerOptions = {},
  call = "parseOptimizer(json, { optimizers })",
): Optimizer {
  checkOptions<ParseOptimizerOptions>("parseOptimizer", options, { optimizers: 1 });
  checkType("parseOptimizer: call", "string", call);
  return readOptimizer(json, knownRecords(call.replace(/\(.*/, ""), options.optimizers), call);
}

/** The library's records, and those of one's own optimizers, by kind. */
export function knownRecords(
  op: string,
  optimizers: readonly OptimizerFunction[] = [],
): ReadonlyMap<string, OptimizerRecord> {
  const known = new Map<string, OptimizerRecord>(Object.entries(RECORDS) as never);
  if (!Array.isArray(optimizers)) throw new OptionError(`${op}: optimizers`, "an array of optimizers", optimizers);
  for (const [i, optimizer] of optimizers.entries()) {
    const record = recordOf(optimizer);
    if (record === undefined || typeof optimizer !== "function")
      throw new OptionError(`${op}: optimizers[${i}]`, "what defineOptimizer returned", optimizer);
    known.set(record.kind, record);
  }
  return known;
}

/** @param call the call that takes optimizers of one's own, for errors */
export function readOptimizer(json: unknown, known: ReadonlyMap<string, OptimizerRecord>, call: string): Optimizer {
  checkRecord("optimizer", json, "a description of an optimizer");
  const { kind, learningRate } = json as Readonly<Record<string, unknown>>;
  const record = known.get(kind as string);
  if (record === undefined) throw unknownKind(kind, known, call);
  const optimizer = { ...json, learningRate: schedule(learningRate as number) };
  checkNumbers(record, optimizer);
  return withRecord(optimizer, record) as unknown as Optimizer;
}

/** An error that explains how to pass a custom optimizer. */
export function unknownKind(kind: unknown, known: ReadonlyMap<string, OptimizerRecord>, call: string): OptionError {
  const cure = isCustomKind(kind) ? `pass what defineOptimizer returned for it: ${call}` : undefined;
  return new OptionError("optimizer: kind", [...known.keys()].join(", "), kind, cure);
}

/** Whether a kind is of an optimizer of one's own. */
export function isCustomKind(kind: unknown): boolean {
  return typeof kind === "string" && kind.includes("/");
}
