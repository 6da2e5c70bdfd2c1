import { suite } from "uvu";
import * as assert from "uvu/assert";

import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";
import { centralDifferences } from "../support/oracle.ts";

type Place = "no gradient" | "apart" | "onto y" | "onto t";

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("squared error");

function squaredError(
  dtype: FloatType,
  y: Float64Array,
  t: Float64Array,
  place: Place = "apart",
  scale = 1,
): { loss: number; dy: number[] } {
  field.clear();
  const n = y.length;
  const kernels = engine.kernels[dtype];
  const outputs = field.place(dtype, y);
  const targets = field.place(dtype, t);
  if (place === "no gradient") {
    return { loss: field.run([], () => kernels.squaredError(n, outputs.pointer, targets.pointer)), dy: [] };
  }
  const dy = place === "onto y" ? outputs : place === "onto t" ? targets : field.room(dtype, n);
  const loss = field.run([dy], () =>
    kernels.squaredErrorGradient(n, outputs.pointer, targets.pointer, dy.pointer, scale),
  );
  return { loss, dy: dy.values() };
}

for (const dtype of FLOATS) {
  test(`half the sum of squares, exact on integers for any number of elements, onto either operand, ${dtype}`, () => {
    for (let n = 0; n <= 19; n++) {
      const y = integers(n, 1 + n);
      const t = integers(n, 2 + n);
      const d = y.map((value, i) => value - (t[i] ?? Number.NaN));
      const loss = d.reduce((sum, value) => sum + value * value, 0) / 2;
      for (const place of ["no gradient", "apart", "onto y", "onto t"] as const) {
        const got = squaredError(dtype, y, t, place, -0.5);
        assert.is(got.loss, loss, `n = ${n}, ${place}`);
        assertEqual(got.dy, place === "no gradient" ? [] : d.map((value) => -0.5 * value), `n = ${n}, ${place}`);
      }
    }
  });

  test(`the loss is added up in float64, and the gradient rounds once or twice, ${dtype}`, () => {
    const y = reals(1001, 3, dtype);
    const t = reals(1001, 4, dtype);
    const d = y.map((value, i) => value - (t[i] ?? Number.NaN));
    const loss = d.reduce((sum, value) => sum + value * value, 0) / 2;
    const got = squaredError(dtype, y, t, "apart", 0.3);
    // y - t rounds once, so its square moves by eps; the sum's own rounding is that of float64.
    assertWithin([got.loss], [loss], () => (EPS[dtype] + 1001 * EPS.float64) * loss, "loss");
    const gradient = d.map((value) => 0.3 * value);
    assertWithin(got.dy, gradient, (i) => 2 * EPS[dtype] * Math.abs(gradient[i] ?? Number.NaN), "gradient");
  });

  test(`squares far beyond the range of float32 add up, ${dtype}`, () => {
    const y = new Float64Array(7).fill(2 ** 100);
    assert.is(squaredError(dtype, y, new Float64Array(7)).loss, 3.5 * 2 ** 200);
  });

  test(`NaN in any element reaches the loss and its own gradient, ${dtype}`, () => {
    for (let i = 0; i < 7; i++) {
      const good = new Float64Array(7).fill(1);
      const bad = good.with(i, Number.NaN);
      for (const [y, t] of [
        [bad, good],
        [good, bad],
      ] as const) {
        const { loss, dy } = squaredError(dtype, y, t);
        assert.ok(Number.isNaN(loss), `NaN in ${i}`);
        assertSame(dy, new Float64Array(7).with(i, Number.NaN), `NaN in ${i}`);
      }
    }
  });
}

test("the gradient is the slope of the loss: central differences in float64, within 1e-9", () => {
  const t = reals(9, 5, "float64");
  const y = reals(9, 6, "float64");
  const slopes = centralDifferences((moved) => squaredError("float64", moved, t, "no gradient").loss, y, 1e-5);
  assertWithin(squaredError("float64", y, t).dy, slopes, () => 1e-9, "dy");
});

test.run();
