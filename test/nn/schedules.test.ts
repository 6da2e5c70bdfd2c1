/** Learning rates by the step, beside Math.cos and Math.pow. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { rateOf, type Schedule, type SchedulePlan, withLengthOf } from "../../src/nn/learning_rate.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { rateAt, schedule } from "../../src/nn/schedules.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("schedules");
const EPS = 2 ** -52;

function assertRate(schedule: SchedulePlan, step: number, want: number, tolerance: number): void {
  const got = rateAt(schedule, step);
  assert.ok(Math.abs(got - want) <= tolerance, `${JSON.stringify(schedule)} at ${step}: ${got}, expected ${want}`);
}

test("a number is the rate of every step", () => {
  for (const rate of [0, 0.1, -3, 1e300]) for (const step of [0, 1, 1e9]) assert.is(rateAt(rate, step), rate);
});

test("step: the rate times the factor's power, which changes every so many steps", () => {
  for (const [rate, every, factor] of [
    [0.1, 1, 0.5],
    [0.3, 7, 0.9],
    [2, 10, 1],
    [1, 3, 0],
    [1, 2, -0.5],
  ] as const) {
    const schedule = { kind: "step", rate, every, factor } as const;
    assert.is(rateAt(schedule, 0), rate);
    assert.is(rateAt(schedule, every - 1), rate);
    assert.is(rateAt(schedule, every), rate * factor);
    assert.is(rateAt(schedule, 2 * every - 1), rate * factor);
    for (let step = 0; step < 200; step++) {
      const power = Math.floor(step / every);
      const want = rate * factor ** power;
      assertRate(schedule, step, want, (power + 2) * EPS * Math.abs(want));
    }
  }
});

test("exponential: the rate times the factor to the step", () => {
  for (const factor of [0.5, 0.95, 1.01, 0.999999, 0]) {
    const schedule = { kind: "exponential", rate: 0.7, factor } as const;
    assert.is(rateAt(schedule, 0), 0.7);
    assert.is(rateAt(schedule, 1), 0.7 * factor);
    for (const step of [2, 3, 4, 7, 10, 31, 100, 255, 1000, 1023]) {
      const want = 0.7 * factor ** step;
      assertRate(schedule, step, want, (step + 2) * EPS * want);
    }
  }
});

function wholePower(factor: number, n: number): number {
  return rateAt({ kind: "exponential", rate: 1, factor }, n);
}

test("whole powers of powers of two are exact, at their ends too", () => {
  for (let n = 0; n < 1100; n++) {
    assert.is(wholePower(2, n), n < 1024 ? 2 ** n : Number.POSITIVE_INFINITY);
    assert.is(wholePower(0.5, n), 2 ** -n);
    assert.is(wholePower(-1, n), n % 2 === 0 ? 1 : -1);
  }
  assert.is(wholePower(0, 0), 1);
  assert.is(wholePower(3, 2 ** 40), Number.POSITIVE_INFINITY);
  assert.is(wholePower(1, 2 ** 52 + 1), 1);
});

test("cosine: from the rate down to its end along half a wave, and there it stays", () => {
  for (const [rate, to, steps] of [
    [1, undefined, 1000],
    [0.1, 0.01, 37],
    [0.1, 0.5, 8],
    [3, 0, 1],
  ] as const) {
    const schedule: SchedulePlan = { kind: "cosine", rate, steps, ...(to === undefined ? {} : { to }) };
    const end = to ?? 0;
    const size = Math.abs(rate) + Math.abs(end);
    for (let step = 0; step < steps; step++) {
      const want = end + 0.5 * (rate - end) * (1 + Math.cos((Math.PI * step) / steps));
      assertRate(schedule, step, want, 4 * EPS * size);
    }
    assertRate(schedule, 0, rate, EPS * size);
    for (const step of [steps, steps + 1, 10 * steps, 1e12]) assert.is(rateAt(schedule, step), end);
  }
  // In the middle of the way, half of the way.
  assert.is(rateAt({ kind: "cosine", rate: 1, steps: 2 }, 1), 0.5);
});

test("cosine: as many steps from both ends are the same distance from them", () => {
  const schedule = { kind: "cosine", rate: 2, steps: 1001 } as const;
  for (let step = 1; step < 1001; step++) {
    assert.ok(Math.abs(rateAt(schedule, step) + rateAt(schedule, 1001 - step) - 2) <= 4 * EPS, `${step}`);
    assert.ok(rateAt(schedule, step) < rateAt(schedule, step - 1), `${step} falls`);
  }
});

test("warmup: a straight line up to the rate, and there it stays", () => {
  for (const [rate, from, steps] of [
    [0.1, undefined, 10],
    [1, 0.5, 3],
    [0.2, 0.9, 7],
    [4, 0, 1],
  ] as const) {
    const schedule: SchedulePlan = { kind: "warmup", rate, steps, ...(from === undefined ? {} : { from }) };
    const start = from ?? 0;
    for (let step = 0; step < steps; step++) {
      const want = start * (1 - step / steps) + rate * (step / steps);
      assertRate(schedule, step, want, 3 * EPS * (rate + start));
    }
    assert.is(rateAt(schedule, 0), start);
    for (const step of [steps, steps + 1, 1e12]) assert.is(rateAt(schedule, step), rate);
  }
});

test("sequence: each part for its steps, counted from 0 again, and the last without end", () => {
  const warmup = { kind: "warmup", rate: 1, steps: 4 } as const;
  const cosine = { kind: "cosine", rate: 1, steps: 10, to: 0.1 } as const;
  const schedule: SchedulePlan = {
    kind: "sequence",
    parts: [
      { schedule: warmup, steps: 4 },
      { schedule: 0.75, steps: 1 },
      { schedule: cosine, steps: 3 },
    ],
  };
  for (let step = 0; step < 40; step++) {
    const want = step < 4 ? rateAt(warmup, step) : step < 5 ? 0.75 : rateAt(cosine, step - 5);
    assert.is(rateAt(schedule, step), want, `step ${step}`);
  }
  assert.is(rateAt({ kind: "sequence", parts: [{ schedule: cosine, steps: 2 }] }, 5), rateAt(cosine, 5));
});

test("sequences of sequences count each from its own beginning", () => {
  const inner: SchedulePlan = {
    kind: "sequence",
    parts: [
      { schedule: 1, steps: 2 },
      { schedule: { kind: "exponential", rate: 8, factor: 0.5 }, steps: 1 },
    ],
  };
  const outer: SchedulePlan = {
    kind: "sequence",
    parts: [
      { schedule: 3, steps: 2 },
      { schedule: inner, steps: 5 },
      { schedule: inner, steps: 1 },
    ],
  };
  const rates = Array.from({ length: 14 }, (_, step) => rateAt(outer, step));
  assert.equal(rates, [3, 3, 1, 1, 8, 4, 2, 1, 1, 8, 4, 2, 1, 0.5]);
});

/** Of each kind, with and without what may be left out. */
const PLANS: { readonly [K in SchedulePlan["kind"]]: readonly Extract<SchedulePlan, { readonly kind: K }>[] } = {
  step: [{ kind: "step", rate: 0.1, every: 10, factor: 0.5 }],
  exponential: [{ kind: "exponential", rate: 0.1, factor: 0.99 }],
  cosine: [
    { kind: "cosine", rate: 0.1, steps: 10 },
    { kind: "cosine", rate: 0.1, steps: 10, to: 0.01 },
  ],
  warmup: [
    { kind: "warmup", rate: 0.1, steps: 10 },
    { kind: "warmup", rate: 0.1, steps: 10, from: 0.01 },
  ],
  sequence: [
    {
      kind: "sequence",
      parts: [
        { schedule: { kind: "warmup", rate: 1, steps: 3 }, steps: 3 },
        { schedule: { kind: "cosine", rate: 1, steps: 7 }, steps: 7 },
      ],
    },
  ],
};
const GOOD: readonly SchedulePlan[] = Object.values<readonly SchedulePlan[]>(PLANS).flat();

test("schedules are plain data: JSON gives their plans back, with the same rates", () => {
  for (const plan of GOOD) {
    const { learningRate } = sgd({ learningRate: schedule(plan) });
    assert.equal(learningRate, plan);
    const read = JSON.parse(JSON.stringify(learningRate)) as SchedulePlan;
    assert.equal(read, plan);
    for (let step = 0; step < 25; step++) {
      assert.is(rateOf(schedule(read), step), rateAt(plan, step));
      assert.is(rateOf(learningRate, step), rateAt(plan, step));
    }
  }
  assert.is(schedule(0.1), 0.1);
});

test("a plan that is no schedule yet, and what is no rate, are refused by the optimizer", () => {
  for (const rate of [GOOD[0], structuredClone(schedule(GOOD[0] as SchedulePlan)), {}, null, Number.NaN, "1"]) {
    const error = assertThrows(() => sgd({ learningRate: rate as Schedule }), OptionError, JSON.stringify(rate));
    assert.is(error.option, "sgd: learningRate");
    assert.match(error.message, /or schedule\(/);
  }
});

function refused(plan: unknown, option: string): void {
  const made = () => schedule(plan as SchedulePlan);
  const error = assertThrows(made, OptionError, JSON.stringify(plan));
  assert.is(error.option, `schedule${option}`, JSON.stringify(plan));
}

test("numbers of a schedule that are none are refused by name, also where they are missing", () => {
  for (const schedule of GOOD) {
    if (schedule.kind === "sequence") continue;
    for (const name of Object.keys(schedule).filter((key) => key !== "kind")) {
      const steps = name === "steps" || name === "every";
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "1", null, ...(steps ? [0, -1, 1.5] : [])]) {
        refused({ ...schedule, [name]: value }, `: ${name}`);
      }
      if (name === "to" || name === "from" || (schedule.kind === "cosine" && name === "steps")) continue;
      const missing: Record<string, unknown> = { ...schedule };
      delete missing[name];
      refused(missing, `: ${name}`);
    }
  }
});

test("what is no schedule is refused, however deep it lies", () => {
  const unknown = [{ kind: "linear", rate: 1 }, { kind: "constructor" }];
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, undefined, null, "0.1", {}, ...unknown]) {
    refused(value, "");
    refused({ kind: "sequence", parts: [{ schedule: value, steps: 1 }] }, ": parts[0]");
    const inner = { kind: "sequence", parts: [{ schedule: value, steps: 1 }] };
    const parts = [
      { schedule: 1, steps: 1 },
      { schedule: inner, steps: 1 },
    ];
    refused({ kind: "sequence", parts }, ": parts[1]: parts[0]");
  }
  for (const parts of [undefined, null, [], 3, "parts"]) refused({ kind: "sequence", parts }, ": parts");
  for (const steps of [0, -1, 0.5, Number.NaN, undefined]) {
    const parts = [
      { schedule: 1, steps },
      { schedule: 2, steps: 1 },
    ];
    refused({ kind: "sequence", parts }, ": parts[0].steps");
  }
  refused({ kind: "sequence", parts: [null] }, ": parts[0]");
});

test("a schedule of an unknown kind has no rate", () => {
  assertThrows(() => rateAt({ kind: "linear", rate: 1 } as never, 0), OptionError, "kind");
});

test("a cosine without steps takes the length of the run, or what a sequence leaves of it", () => {
  const cosine = { kind: "cosine", rate: 0.1 } as const;
  assert.equal(withLengthOf(schedule(cosine), 40), { ...cosine, steps: 40 });
  assert.equal(withLengthOf(schedule({ ...cosine, steps: 7 }), 40), { ...cosine, steps: 7 });
  const warmup = { schedule: { kind: "warmup", rate: 0.1, steps: 10 }, steps: 10 } as const;
  const sequence = { kind: "sequence", parts: [warmup, { schedule: cosine, steps: 1 }] } as const;
  const known = withLengthOf(schedule(sequence), 40);
  const plan = { kind: "sequence", parts: [warmup, { schedule: { ...cosine, steps: 30 }, steps: 1 }] } as const;
  assert.equal(known, plan);
  for (const step of [0, 10, 25, 39]) assert.is(rateOf(known, step), rateAt(plan, step));
  assert.is(withLengthOf(0.3, undefined), 0.3);
  for (const made of [schedule(cosine), schedule(sequence)]) {
    const error = assertThrows(() => withLengthOf(made, undefined), OptionError, "no length");
    assert.match(error.message, /^cosine: steps: .*; only `train` knows how long a run is$/);
  }
});

test("a cosine before the last part of a sequence takes the steps of its part, however long the run is", () => {
  const cosine = { kind: "cosine", rate: 1 } as const;
  const parts = [
    { schedule: cosine, steps: 8 },
    { schedule: 0.1, steps: 1 },
  ];
  for (const total of [40, undefined]) {
    const known = withLengthOf(schedule({ kind: "sequence", parts }), total);
    const first = { schedule: { ...cosine, steps: 8 }, steps: 8 };
    assert.equal(known, { kind: "sequence", parts: [first, parts[1]] });
    assert.equal([rateOf(known, 4), rateOf(known, 8)], [0.5, 0.1]);
  }
});

test("the last part of a sequence lasts as long as the run, whatever steps it names", () => {
  const last = { kind: "cosine", rate: 1 } as const;
  for (const steps of [5, 0, undefined] as const) {
    const parts = [
      { schedule: 0.5, steps: 4 },
      { schedule: last, steps: steps as number },
    ];
    const known = withLengthOf(schedule({ kind: "sequence", parts }), 20) as Extract<SchedulePlan, { parts: unknown }>;
    assert.equal(known.parts[1]?.schedule, { ...last, steps: 16 });
  }
});

test("a cosine may leave its length open, and ends at its last rate; what is no schedule is refused by name", () => {
  schedule({ kind: "cosine", rate: 1, steps: undefined } as unknown as SchedulePlan);
  const cosine = { kind: "cosine", rate: 3, steps: 7, to: 0.1 } as const;
  assert.equal([rateAt(cosine, 7), rateAt(cosine, 8)], [0.1, 0.1]);
  const unknown = { kind: "square" } as unknown as SchedulePlan;
  assert.is(assertThrows(() => rateAt(unknown, 0), OptionError, "rate").option, "schedule");
});

test.run();
