/**
 * The learning rate of an optimizer: a number, or a schedule, which brings along how it is worked out, so that who trains
 * with a number does not carry it.
 */
import { OptionError } from "../errors.ts";
import type { SchedulePlan } from "./schedules.ts";

/** What a schedule is worked out by. A symbol, because a schedule is data: JSON and copies for a worker leave it out. */
export const CURVE: unique symbol = Symbol("curve");

/** How a schedule is worked out. */
export type Curve = {
  readonly rateAt: (schedule: SchedulePlan, step: number) => number;
  readonly withLength: (schedule: SchedulePlan, total: number | undefined) => SchedulePlan;
};

/** A rate for every step, or what `schedule` gives. Steps are counted from 0. */
export type Schedule = number | (SchedulePlan & { readonly [CURVE]: Curve });

/** The learning rate of a step. */
export function rateOf(rate: Schedule, step: number): number {
  return typeof rate === "number" ? rate : rate[CURVE].rateAt(rate, step);
}

/**
 * The schedule with its length, where that was left to the run.
 *
 * @param total steps of the run; undefined where nobody knows
 * @throws {OptionError} the length is needed, and nobody knows it or nothing is left of it
 */
export function withLengthOf(rate: Schedule, total: number | undefined): Schedule {
  return typeof rate === "number" ? rate : { ...rate[CURVE].withLength(rate, total), [CURVE]: rate[CURVE] };
}

/** @throws {OptionError} no finite number, and not what `schedule` gave */
export function checkRate(option: string, rate: Schedule): void {
  if (Number.isFinite(rate) || (rate !== null && typeof rate === "object" && CURVE in rate)) return;
  throw new OptionError(option, "a finite number, or schedule({ … })", rate);
}
