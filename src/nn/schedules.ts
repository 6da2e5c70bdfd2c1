/**
 * Learning rates that follow a plan: plain data, and one function from it and the step to a number.
 */

import { OptionError } from "../errors.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { CURVE, type Schedule, type SchedulePart, type SchedulePlan } from "./learning_rate.ts";

/**
 * A learning rate that follows a plan; a number is the rate of every step.
 *
 * @throws {OptionError} an unknown kind, a rate or factor that is not a finite number, or steps that are not whole and positive
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

/** A kind of schedule. */
type ScheduleRecord<Plan extends SchedulePlan> = {
  /** Every key that a plan has, and what it must be. */
  readonly keys: { readonly [K in Exclude<keyof Plan, "kind">]-?: Check };
  rateAt(plan: Plan, step: number): number;
  /** The plan with its length, where that was left to the run; undefined steps: unknown. */
  withLength?(plan: Plan, total: number | undefined): Plan;
};

/** @throws {OptionError} a value that a schedule cannot have */
type Check = (option: string, value: unknown) => void;

const number: Check = (option, value) => {
  if (!Number.isFinite(value)) throw new OptionError(option, "a finite number", value);
};

const count: Check = (option, value) => {
  if (!Number.isInteger(value) || (value as number) < 1) throw new OptionError(option, "a positive integer", value);
};

function optional(check: Check): Check {
  return (option, value) => value === undefined || check(option, value);
}

/** Every kind. Later kinds are one record more. */
export const SCHEDULES: {
  readonly [K in SchedulePlan["kind"]]: ScheduleRecord<Extract<SchedulePlan, { readonly kind: K }>>;
} = {
  step: {
    keys: { rate: number, every: count, factor: number },
    rateAt: ({ rate, every, factor }, step) => rate * wholePower(factor, Math.floor(step / every)),
  },
  exponential: {
    keys: { rate: number, factor: number },
    rateAt: ({ rate, factor }, step) => rate * wholePower(factor, step),
  },
  cosine: {
    keys: { rate: number, steps: /* @__PURE__ */ optional(count), to: /* @__PURE__ */ optional(number) },
    rateAt: ({ rate, steps = unknownLength(), to = 0 }, step) =>
      step >= steps ? to : to + 0.5 * (rate - to) * (1 + cosineOfPi(step / steps)),
    withLength: (plan, total) =>
      plan.steps === undefined ? { ...plan, steps: Math.max(1, total ?? unknownLength()) } : plan,
  },
  warmup: {
    keys: { rate: number, steps: count, from: /* @__PURE__ */ optional(number) },
    rateAt: ({ rate, steps, from = 0 }, step) => (step >= steps ? rate : from + ((rate - from) * step) / steps),
  },
  sequence: {
    keys: { parts: checkParts },
    rateAt({ parts }, step) {
      let start = 0;
      for (const { schedule: part, steps } of parts.slice(0, -1)) {
        if (step < start + steps) return rateOf(part, step - start);
        start += steps;
      }
      return rateOf((parts.at(-1) as SchedulePart).schedule, step - start);
    },
    withLength(plan, total) {
      let left = total;
      const parts = plan.parts.map(({ schedule: part, steps }, i) => {
        const length = i < plan.parts.length - 1 ? steps : left;
        if (left !== undefined) left -= steps;
        return { schedule: typeof part === "number" ? part : withLength(part, length), steps };
      });
      return { ...plan, parts };
    },
  },
};

function rateOf(schedule: number | SchedulePlan, step: number): number {
  return typeof schedule === "number" ? schedule : recordOf(schedule).rateAt(schedule, step);
}

/**
 * The schedule with its length, where that was left to the run.
 *
 * @param total steps of the run; undefined if unknown
 * @throws {OptionError} the length is needed, but unknown or already used up
 */
function withLength(schedule: SchedulePlan, total: number | undefined): SchedulePlan {
  return recordOf(schedule).withLength?.(schedule, total) ?? schedule;
}

function recordOf(schedule: SchedulePlan): ScheduleRecord<SchedulePlan> {
  return SCHEDULES[schedule.kind] as never;
}

function unknownLength(): never {
  throw new OptionError("cosine: steps", "a positive integer", undefined, "only `train` knows how long a run is");
}

/** @throws {OptionError} a rate or factor that is not a finite number, or steps that are not whole and positive */
function checkPlan(option: string, schedule: number | SchedulePlan): void {
  if (typeof schedule === "number") {
    number(option, schedule);
    return;
  }
  if (!Object.hasOwn(SCHEDULES, schedule?.kind)) {
    throw new OptionError(option, `a number or a schedule: ${Object.keys(SCHEDULES).join(", ")}`, schedule);
  }
  const { keys } = recordOf(schedule);
  checkOptions<object>(option, schedule, { kind: 1, ...keys });
  for (const [name, check] of Object.entries<Check>(keys)) check(`${option}: ${name}`, schedule[name as never]);
}

function checkParts(option: string, parts: unknown): void {
  if (!Array.isArray(parts) || parts.length === 0) throw new OptionError(option, "at least one schedule", parts);
  for (const [i, part] of (parts as readonly SchedulePart[]).entries()) {
    checkOptions<SchedulePart>(`${option}[${i}]`, part ?? null, PART);
    checkPlan(`${option}[${i}]`, part.schedule);
    if (i < parts.length - 1) count(`${option}[${i}].steps`, part.steps);
  }
}

/** The keys of a part of a sequence. */
export const PART: KeysOf<SchedulePart> = { schedule: 1, steps: 1 };

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
