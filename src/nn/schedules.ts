/**
 * Learning rates that follow a plan: plain data, and one function from it and the step to a number.
 */

import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { CURVE, type Schedule, type SchedulePart, type SchedulePlan } from "./learning_rate.ts";

/**
 * A learning rate that follows a plan; a number is the rate of every step.
 *
 * @throws {OptionError} an unknown kind, a rate or factor that is no finite number, or steps that are not whole and positive
 * @example
 * await train(net, mnist.train, { epochs: 5, optimizer: adam({ learningRate: schedule({ kind: "cosine", rate: 1e-3 }) }) });
 */
export function schedule(plan: number | SchedulePlan): Schedule {
  checkPlan("schedule", plan);
  if (typeof plan === "number") return plan;
  return { ...plan, [CURVE]: { rateAt: rateOf, withLength } };
}

/**
 * The learning rate of a step.
 *
 * Powers and the cosine are worked out from products and sums alone, so that every machine gets the same bits.
 *
 * @param step from 0 on
 * @throws {OptionError} a schedule that leaves its length to the run
 * @example
 * rateAt({ kind: "step", rate: 1, every: 10, factor: 0.5 }, 25); // → 0.25
 */
export function rateAt(schedule: number | SchedulePlan, step: number): number {
  checkPlan("schedule", schedule);
  if (!(typeof step === "number" && step >= 0)) throw new OptionError("rateAt: step", "a number ≥ 0", step);
  return rateOf(schedule, step);
}

function rateOf(schedule: number | SchedulePlan, step: number): number {
  if (typeof schedule === "number") return schedule;
  switch (schedule.kind) {
    case "step":
      return schedule.rate * wholePower(schedule.factor, Math.floor(step / schedule.every));
    case "exponential":
      return schedule.rate * wholePower(schedule.factor, step);
    case "cosine": {
      const { rate, steps = unknownLength(), to = 0 } = schedule;
      return step >= steps ? to : to + 0.5 * (rate - to) * (1 + cosineOfPi(step / steps));
    }
    case "warmup": {
      const { rate, steps, from = 0 } = schedule;
      return step >= steps ? rate : from + ((rate - from) * step) / steps;
    }
    case "sequence": {
      let start = 0;
      for (const { schedule: part, steps } of schedule.parts.slice(0, -1)) {
        if (step < start + steps) return rateOf(part, step - start);
        start += steps;
      }
      return rateOf((schedule.parts.at(-1) as SchedulePart).schedule, step - start);
    }
    default:
      return unknownSchedule("schedule", schedule);
  }
}

/**
 * The schedule with its length, where that was left to the run.
 *
 * @param total steps of the run; undefined where nobody knows
 * @throws {OptionError} the length is needed, and nobody knows it or nothing is left of it
 */
function withLength(schedule: SchedulePlan, total: number | undefined): SchedulePlan {
  if (schedule.kind === "cosine" && schedule.steps === undefined) {
    return { ...schedule, steps: Math.max(1, total ?? unknownLength()) };
  }
  if (schedule.kind !== "sequence") return schedule;
  let left = total;
  const parts = schedule.parts.map(({ schedule: part, steps }, i) => {
    const length = i < schedule.parts.length - 1 ? steps : left;
    if (left !== undefined) left -= steps;
    return { schedule: typeof part === "number" ? part : withLength(part, length), steps };
  });
  return { ...schedule, parts };
}

function unknownLength(): never {
  throw new OptionError("cosine: steps", "a whole number from 1 on", undefined, "only `train` knows how long a run is");
}

/** @throws {OptionError} a rate or factor that is no finite number, or steps that are not whole and positive */
function checkPlan(option: string, schedule: number | SchedulePlan): void {
  if (typeof schedule === "number") {
    if (!Number.isFinite(schedule)) throw new OptionError(option, "a finite number", schedule);
    return;
  }
  if (schedule?.kind === "sequence") {
    checkOptions<typeof schedule>(option, schedule, { kind: 1, parts: 1 });
    if (!Array.isArray(schedule.parts) || schedule.parts.length === 0) {
      throw new OptionError(`${option}: parts`, "at least one schedule", schedule.parts);
    }
    for (const [i, part] of schedule.parts.entries()) {
      checkOptions<SchedulePart>(`${option}: parts[${i}]`, part ?? null, { schedule: 1, steps: 1 });
      checkPlan(`${option}: parts[${i}]`, part.schedule);
      if (i < schedule.parts.length - 1) checkSteps(`${option}: parts[${i}].steps`, part.steps);
    }
    return;
  }
  if (!Object.hasOwn(NEEDED, schedule?.kind)) unknownSchedule(option, schedule as never);
  checkOptions(option, schedule, { kind: 1, ...NEEDED[schedule.kind], ...OPTIONAL[schedule.kind] });
  for (const [name, value] of Object.entries({ ...NEEDED[schedule.kind], ...schedule })) {
    if (name === "steps" && value === undefined && schedule.kind === "cosine") continue;
    if (name === "every" || name === "steps") checkSteps(`${option}: ${name}`, value as number);
    else if (name !== "kind" && !Number.isFinite(value))
      throw new OptionError(`${option}: ${name}`, "a finite number", value);
  }
}

/** What each kind cannot do without: no numbers yet, so that those that are missing are found. */
const NEEDED: { readonly [K in SchedulePlan["kind"]]: Readonly<Record<string, undefined>> } = {
  step: { rate: undefined, every: undefined, factor: undefined },
  exponential: { rate: undefined, factor: undefined },
  cosine: { rate: undefined },
  warmup: { rate: undefined, steps: undefined },
  sequence: { parts: undefined },
};

const OPTIONAL: { readonly [K in SchedulePlan["kind"]]?: Readonly<Record<string, undefined>> } = {
  cosine: { steps: undefined, to: undefined },
  warmup: { from: undefined },
};

function checkSteps(option: string, steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) throw new OptionError(option, "a whole number from 1 on", steps);
}

function unknownSchedule(option: string, schedule: never): never {
  throw new OptionError(option, `a number or a schedule: ${Object.keys(NEEDED).join(", ")}`, schedule);
}

/** x^n for a whole n >= 0, by squaring. */
function wholePower(x: number, n: number): number {
  let power = 1;
  let square = x;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= square;
    square *= square;
  }
  return power;
}

/** cos πx for x in 0..1, from the Taylor series of the smaller of both arcs: within 2^-51. */
function cosineOfPi(x: number): number {
  if (x > 0.5) return -cosineOfPi(1 - x);
  const square = Math.PI * x * (Math.PI * x);
  let sum = 0;
  for (let n = 22; n >= 2; n -= 2) sum = (square / (n * (n - 1))) * (1 - sum);
  return 1 - sum;
}
