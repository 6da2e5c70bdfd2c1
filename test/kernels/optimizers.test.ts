/**
 * One step of each optimizer against its equation in float64. Where all terms of a sum have one sign nothing cancels, so
 * that every result has a relative error of so many roundings u; the other sign follows from symmetry, to the bit.
 */
import { suite } from "uvu";

import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary, type Operand } from "../support/canary.ts";
import { assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";

const NAMES = ["momentum", "nesterov", "adagrad", "rmsprop", "adam"] as const;
type Name = (typeof NAMES)[number];

/** Parameters, and the states that the optimizer has: m is a mean of gradients, v of squares (or a velocity). */
type Vectors = { readonly w: Float64Array; readonly m: Float64Array; readonly v: Float64Array };
type Results = { readonly w: number[]; readonly m: number[]; readonly v: number[] };

const SCALARS = {
  learningRate: 0.07,
  momentum: 0.9,
  decay: 0.95,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-5,
  weightDecay: 0.3,
  shrink: 0.98,
  correction1: 1 - 0.9 ** 3,
  correction2: 1 - 0.999 ** 3,
};
type Scalars = typeof SCALARS;

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("optimizers");

function step(dtype: FloatType, name: Name, g: Float64Array, before: Vectors, scalars: Scalars = SCALARS): Results {
  const kernels = engine.kernels[dtype];
  const n = g.length;
  field.clear();
  const gradient = field.place(dtype, g);
  const w = field.place(dtype, before.w);
  const m = field.place(dtype, before.m);
  const v = field.place(dtype, before.v);
  const rates = field.place("float64", ratesOf(name, scalars));
  const [pg, pw, pm, pv, pr] = [gradient.pointer, w.pointer, m.pointer, v.pointer, rates.pointer];
  const isVelocity = name === "momentum" || name === "nesterov";
  const outputs: Operand[] = name === "adam" ? [w, m, v] : [w, v];
  field.run(outputs, () =>
    isVelocity ? kernels.momentum(n, pg, pw, pv, pr) : kernels.adaptive(n, pg, pw, name === "adam" ? pm : 0, pv, pr),
  );
  return { w: w.values(), m: m.values(), v: v.values() };
}

/** What the kernels are told, in their order. */
function ratesOf(name: Name, scalars: Scalars): number[] {
  const { learningRate: eta, weightDecay: lambda, momentum, epsilon, decay, beta1, beta2 } = scalars;
  if (name === "momentum" || name === "nesterov") return [eta, lambda, momentum, name === "nesterov" ? 1 : 0];
  if (name === "adagrad") return [eta, lambda, epsilon, 1, 1, 0, 1, 1];
  if (name === "rmsprop") return [eta, lambda, epsilon, decay, 1 - decay, 0, 1, 1];
  const { shrink, correction1, correction2 } = scalars;
  return [eta / correction1, lambda, epsilon, beta2, 1 - beta2, beta1, shrink, 1 / correction2];
}

/** The equations. `moved` is how far w goes, apart from its shrinking. */
function wanted(
  name: Name,
  g: Float64Array,
  before: Vectors,
  scalars: Scalars = SCALARS,
): Vectors & { moved: Float64Array } {
  const { learningRate, epsilon, weightDecay, decay, beta1, beta2, correction1, correction2 } = scalars;
  const after = { w: before.w.slice(), m: before.m.slice(), v: before.v.slice(), moved: g.slice() };
  for (let i = 0; i < g.length; i++) {
    const [gi = NaN, wi = NaN, mi = NaN, vi = NaN] = [g[i], before.w[i], before.m[i], before.v[i]];
    const d = gi + weightDecay * wi;
    let v = scalars.momentum * vi + d;
    let moved = learningRate * v;
    let shrink = 1;
    if (name === "nesterov") moved = learningRate * (d + scalars.momentum * v);
    if (name === "adagrad") v = vi + d * d;
    if (name === "rmsprop") v = decay * vi + (1 - decay) * d * d;
    if (name === "adagrad" || name === "rmsprop") moved = (learningRate * d) / (Math.sqrt(v) + epsilon);
    if (name === "adam") {
      const m = beta1 * mi + (1 - beta1) * d;
      v = beta2 * vi + (1 - beta2) * d * d;
      moved = (learningRate * (m / correction1)) / (Math.sqrt(v / correction2) + epsilon);
      shrink = scalars.shrink;
      after.m[i] = m;
    }
    after.v[i] = v;
    after.w[i] = shrink * wi - moved;
    after.moved[i] = moved;
  }
  return after;
}

function vectors(n: number, seed: number, dtype: FloatType): { g: Float64Array; before: Vectors } {
  const positive = (offset: number) => reals(n, seed + offset, dtype).map(Math.abs);
  return { g: positive(0), before: { w: positive(1), m: positive(2), v: positive(3) } };
}

const negated = (x: ArrayLike<number>) => Float64Array.from(x, (value) => -value);

for (const dtype of FLOATS) {
  const u = EPS[dtype] / 2;

  for (const name of NAMES) {
    test(`${name} does its equation, for any number of elements, and only reads the gradient, ${dtype}`, () => {
      for (let n = 0; n <= 19; n++) {
        for (const scalars of [SCALARS, { ...SCALARS, weightDecay: 0, shrink: 1 }]) {
          const { g, before } = vectors(n, 10 * n, dtype);
          const want = wanted(name, g, before, scalars);
          const got = step(dtype, name, g, before, scalars);
          const at = (x: Float64Array, i: number) => Math.abs(x[i] ?? Number.NaN);
          // d has 3 roundings (its scalar's, product, sum), v 10, √(v / c₂) + ε 9, m 6, ηm / c₁ 9, their quotient 19;
          // velocities fewer. In float64 the reference rounds as often.
          assertWithin(got.v, want.v, (i) => 2 * 10 * u * at(want.v, i), `v, n = ${n}`);
          assertWithin(got.m, want.m, (i) => 2 * 6 * u * at(want.m, i), `m, n = ${n}`);
          const ofW = (i: number) => 2 * u * (19 * at(want.moved, i) + 2 * at(before.w, i) + at(want.w, i));
          assertWithin(got.w, want.w, ofW, `w, n = ${n}`);
        }
      }
    });

    test(`${name} mirrors what is mirrored, to the bit, ${dtype}`, () => {
      const { g, before } = vectors(35, 5, dtype);
      const isVelocity = name === "momentum" || name === "nesterov";
      const mirrored = { w: negated(before.w), m: negated(before.m), v: isVelocity ? negated(before.v) : before.v };
      const got = step(dtype, name, g, before);
      const back = step(dtype, name, negated(g), mirrored);
      assertSame(negated(back.w), got.w, "w");
      assertSame(negated(back.m), got.m, "m");
      assertSame(isVelocity ? negated(back.v) : back.v, got.v, "v");
    });

    test(`${name} gives equal elements equal bits, wherever they stand, ${dtype}`, () => {
      for (let n = 1; n <= 19; n++) {
        const alike = (value: number) => new Float64Array(n).fill(value);
        const got = step(dtype, name, alike(0.3), { w: alike(0.7), m: alike(0.1), v: alike(0.2) });
        for (const vector of [got.w, got.m, got.v]) assertSame(vector, alike(vector[0] ?? Number.NaN), `n = ${n}`);
      }
    });

    test(`${name} takes NaN of the gradient to its own parameter and state, ${dtype}`, () => {
      for (let i = 0; i < 7; i++) {
        const { g, before } = vectors(7, 6, dtype);
        const got = step(dtype, name, g.with(i, Number.NaN), before);
        const poisoned = new Float64Array(7).with(i, 1);
        assertSame(got.w.map(Number.isNaN).map(Number), poisoned, `w, NaN in ${i}`);
        assertSame(got.v.map(Number.isNaN).map(Number), poisoned, `v, NaN in ${i}`);
        if (name === "adam") assertSame(got.m.map(Number.isNaN).map(Number), poisoned, `m, NaN in ${i}`);
      }
    });
  }

  test(`momentum is exact on integers where the scalars are powers of two, ${dtype}`, () => {
    for (const name of ["momentum", "nesterov"] as const) {
      for (let n = 0; n <= 19; n++) {
        const g = integers(n, 1 + n);
        const before = { w: integers(n, 2 + n), m: new Float64Array(n), v: integers(n, 3 + n) };
        const scalars = { ...SCALARS, learningRate: 0.5, momentum: 0.25, weightDecay: 2 };
        const want = wanted(name, g, before, scalars);
        const got = step(dtype, name, g, before, scalars);
        assertEqual(got.v, want.v, `${name}, v, n = ${n}`);
        assertEqual(got.w, want.w, `${name}, w, n = ${n}`);
      }
    }
  });

  test(`adam without memory of the gradient is rmsprop, to the bit, ${dtype}`, () => {
    const { g, before } = vectors(35, 7, dtype);
    const scalars = { ...SCALARS, beta1: 0, beta2: SCALARS.decay, shrink: 1, correction1: 1, correction2: 1 };
    const got = step(dtype, "adam", g, before, scalars);
    const want = step(dtype, "rmsprop", g, before, scalars);
    assertSame(got.w, want.w, "w");
    assertSame(got.v, want.v, "v");
  });

  test(`the first step of adagrad goes as far as the learning rate, whatever the gradient, ${dtype}`, () => {
    const g = Float64Array.of(1, -2, 2 ** -30, -(2 ** 40), 0.5);
    const zeros = new Float64Array(5);
    const scalars = { ...SCALARS, learningRate: 0.25, weightDecay: 0, epsilon: 0 };
    const got = step(dtype, "adagrad", g, { w: zeros, m: zeros, v: zeros }, scalars);
    assertSame(got.w, [-0.25, 0.25, -0.25, 0.25, -0.25], "w");
  });
}

test("the scalars reach float64 with all their digits", () => {
  const g = Float64Array.of(1);
  const before = { w: Float64Array.of(0), m: Float64Array.of(0), v: Float64Array.of(0) };
  const scalars = { ...SCALARS, learningRate: 0.1, weightDecay: 0 };
  assertSame(step("float64", "momentum", g, before, scalars).w, [-0.1], "w");
  assertSame(step("float64", "rmsprop", g, before, scalars).v, [1 - SCALARS.decay], "v");
});

test.run();
