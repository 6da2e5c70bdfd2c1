/**
 * The learning rate of an optimizer: a number, or a schedule, which carries its own code, so that bundles that use
 * a number do not contain it.
 */
import { OptionError } from "../errors.ts";

/** Rates by the step, counted from 0: plain data. */
export type SchedulePlan =
  /** rate · factor^⌊step / every⌋ */
  | { readonly kind: "step"; readonly rate: number; readonly every: number; readonly factor: number }
  /** rate · factor^step */
  | { readonly kind: "exponential"; readonly rate: number; readonly factor: number }
  /**
   * from rate down to `to` over `steps`: to + ½ (rate - to)(1 + cos(π step / steps)); `to` from there on. Without steps, over
   * the whole run, or what a sequence leaves of it: `train` knows how long that is
   */
  | { readonly kind: "cosine"; readonly rate: number; readonly steps?: number | undefined; readonly to?: number }
  /** linear from `from` to rate over `steps`, then rate */
  | { readonly kind: "warmup"; readonly rate: number; readonly steps: number; readonly from?: number }
  /** one after the other: each for its steps, counting from 0 again, and the last without end */
  | { readonly kind: "sequence"; readonly parts: readonly SchedulePart[] };

/** A part of a sequence: a rate, or a plan, and the steps that it has. */
export type SchedulePart = {
  /** Counts its steps from 0. */
  readonly schedule: number | SchedulePlan;
  /** Of the last part, they do not matter. */
  readonly steps: number;
};

/** What a schedule is worked out by. A symbol, because a schedule is data: JSON and copies for a worker leave it out. */
export const CURVE: unique symbol = Symbol.for("lanegrad.curve");

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
 * @param total steps of the run; undefined if unknown
 * @throws {OptionError} the length is needed, but unknown or already used up
 */
export function withLengthOf(rate: Schedule, total: number | undefined): Schedule {
  return typeof rate === "number" ? rate : { ...rate[CURVE].withLength(rate, total), [CURVE]: rate[CURVE] };
}

/** @throws {OptionError} neither a finite number nor what `schedule` gave */
export function checkRate(option: string, rate: Schedule): void {
  if (Number.isFinite(rate) || (rate !== null && typeof rate === "object" && CURVE in rate)) return;
  throw new OptionError(option, "a finite number, or schedule({ … })", rate);
}
