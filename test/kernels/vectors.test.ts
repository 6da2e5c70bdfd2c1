import { suite } from "uvu";
import * as assert from "uvu/assert";

import { Canary } from "../support/canary.ts";
import { assertAll, assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("vectors");

for (const dtype of FLOATS) {
  const { axpby, fill, copy, store } = engine.kernels[dtype];
  const round = dtype === "float32" ? Math.fround : (value: number) => value;

  test(`axpby is exact on integers for any number of elements, and β = 0 never reads y, ${dtype}`, () => {
    for (let n = 0; n <= 19; n++) {
      for (const alpha of [1, -0.5, 0, 2]) {
        for (const beta of [1, 0, -2]) {
          const x = integers(n, 1 + n);
          const y = integers(n, 2 + n);
          field.clear();
          const from = field.place(dtype, x);
          const to = beta === 0 ? field.room(dtype, n) : field.place(dtype, y);
          field.run([to], () => axpby(n, from.pointer, to.pointer, alpha, beta));
          const want = y.map((value, i) => beta * value + alpha * (x[i] ?? Number.NaN));
          assertEqual(to.values(), want, `n = ${n}, α = ${alpha}, β = ${beta}`);
        }
      }
    }
  });

  test(`axpby rounds both products and the sum, or α·x with the sum where lanes are fused, ${dtype}`, () => {
    const [alpha, beta] = [round(0.3), round(0.9)];
    const x = reals(35, 3, dtype);
    const y = reals(35, 4, dtype);
    field.clear();
    const from = field.place(dtype, x);
    const to = field.place(dtype, y);
    field.run([to], () => axpby(35, from.pointer, to.pointer, alpha, beta));
    const twice = y.map((value, i) => round(round(beta * value) + round(alpha * (x[i] ?? Number.NaN))));
    if (BUILD === "relaxed") assertWithin(to.values(), twice, () => EPS[dtype], "y");
    else assertSame(to.values(), twice, "y");
  });

  test(`axpby gives equal elements equal bits, wherever they stand, ${dtype}`, () => {
    for (let n = 1; n <= 19; n++) {
      field.clear();
      const from = field.place(dtype, new Float64Array(n).fill(0.7));
      const to = field.place(dtype, new Float64Array(n).fill(0.1));
      field.run([to], () => axpby(n, from.pointer, to.pointer, 0.3, 0.9));
      assertAll(to.values(), to.values()[0], `n = ${n}`);
    }
  });

  test(`axpby of a vector onto itself is (β + α)x, ${dtype}`, () => {
    for (let n = 0; n <= 19; n++) {
      field.clear();
      const y = field.place(dtype, integers(n, 5));
      field.run([y], () => axpby(n, y.pointer, y.pointer, -0.5, 1));
      assertEqual(
        y.values(),
        integers(n, 5).map((value) => value / 2),
        `n = ${n}`,
      );
    }
  });

  test(`axpby passes NaN and ∞ on, even where α = 0, ${dtype}`, () => {
    for (let i = 0; i < 7; i++) {
      for (const bad of [Number.NaN, Infinity]) {
        field.clear();
        const x = field.place(dtype, new Float64Array(7).with(i, bad));
        const y = field.place(dtype, new Float64Array(7));
        field.run([y], () => axpby(7, x.pointer, y.pointer, 0, 1));
        assertEqual(y.values(), new Float64Array(7).with(i, Number.NaN), `${bad} in ${i}`);
      }
    }
  });

  test(`fill writes any number of elements, and any value to the bit, ${dtype}`, () => {
    for (let n = 0; n <= 19; n++) {
      for (const alpha of [0, -0, 1.1, Infinity, Number.NaN]) {
        field.clear();
        const y = field.place(dtype, new Float64Array(n).fill(7));
        field.run([y], () => fill(n, y.pointer, alpha));
        assertAll(y.values(), round(alpha), `n = ${n}`);
      }
    }
  });

  test(`copy moves any number of elements to the bit, ${dtype}`, () => {
    for (let n = 0; n <= 19; n++) {
      const x = reals(n, 6, dtype).map((value, i) => (i % 5 === 3 ? -0 : i % 5 === 4 ? Number.NaN : value));
      field.clear();
      const from = field.place(dtype, x);
      const to = field.room(dtype, n);
      field.run([to], () => copy(n, from.pointer, to.pointer));
      assertSame(to.values(), x, `n = ${n}`);
      field.run([to], () => copy(n, to.pointer, to.pointer));
      assertSame(to.values(), x, `n = ${n}, onto itself`);
    }
  });

  test(`axpby without y passes NaN of x on, and with it NaN of y, ${dtype}`, () => {
    field.clear();
    const x = field.place(dtype, [1, Number.NaN, 1, 1, 1]);
    const y = field.place(dtype, [1, 1, Number.NaN, 1, Number.NaN]);
    field.run([y], () => axpby(5, x.pointer, y.pointer, 2, 3));
    assertEqual(y.values(), [5, Number.NaN, Number.NaN, 5, Number.NaN], "β = 3");
    field.run([y], () => axpby(5, x.pointer, y.pointer, 2, 0));
    assertEqual(y.values(), [2, Number.NaN, 2, 2, 2], "β = 0");
  });

  test(`store writes one element, rounded to its type, ${dtype}`, () => {
    for (const value of [0.1, -0, Infinity, Number.NaN, 2 ** -149]) {
      field.clear();
      const y = field.room(dtype, 1);
      field.run([y], () => store(y.pointer, value));
      assertSame(y.values(), [round(value)], `${value}`);
    }
  });
}

test("the factors of axpby reaches float64 with all its digits", () => {
  field.clear();
  const x = field.place("float64", [1]);
  const y = field.place("float64", [0]);
  engine.kernels.float64.axpby(1, x.pointer, y.pointer, 0.1, 1);
  assert.is(y.values()[0], 0.1);
});

test.run();
