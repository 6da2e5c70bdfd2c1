/** layerNorm and groupNorm against two passes in float64; constant rows, NaN; what is refused. */
import * as assert from "uvu/assert";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { groupNorm, layerNorm } from "../../src/ops/normalization.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertAll, assertEqual, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertRefused } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("normalization", engine);

/** x at these places made mean 0 and variance 1. */
function normalise(x: ArrayLike<number>, places: readonly number[], epsilon: number, y: Float64Array): void {
  const mean = places.reduce((all, i) => all + x[i]!, 0) / places.length;
  const variance = places.reduce((all, i) => all + (x[i]! - mean) ** 2, 0) / places.length;
  for (const i of places) y[i] = (x[i]! - mean) / Math.sqrt(variance + epsilon);
}

for (const dtype of FLOATS) {
  test(`layerNorm: rows of every small length, ${dtype}`, () => {
    for (let n = 1; n <= 19; n++) {
      for (const offset of [0, 1000]) {
        const values = reals(3 * n, n, dtype).map((value) =>
          dtype === "float32" ? Math.fround(value + offset) : value + offset,
        );
        const [gains, biases] = [reals(n, 2, dtype), reals(n, 3, dtype)];
        const want = new Float64Array(3 * n);
        for (let i = 0; i < 3; i++)
          normalise(
            values,
            Array.from({ length: n }, (_, j) => i * n + j),
            1e-5,
            want,
          );
        const x = tensor(engine, values, { shape: [3, n], dtype });
        const [gain, bias] = [tensor(engine, gains, { dtype }), tensor(engine, biases, { dtype })];
        const [h, y] = [layerNorm(x), layerNorm(x, { gain, bias })];
        // In float64 a mean of 1000 keeps 10 bits less.
        const bound = (dtype === "float64" ? 1 + offset : 1) * 320 * EPS[dtype];
        assertWithin(
          h.data,
          want,
          (i) => 4 * EPS[dtype] * Math.abs(want[i]!) + (dtype === "float64" ? bound : 1e-9),
          `${n}`,
        );
        const scaled = want.map((value, i) => value * gains[i % n]! + biases[i % n]!);
        assertWithin(y.data, scaled, () => 12 * EPS[dtype] * 4 + bound, `${n}, scaled`);
        for (const owned of [x, gain, bias, h, y]) owned.dispose();
      }
    }
  });

  test(`layerNorm: equal elements give 0, whatever they are, ${dtype}`, () => {
    for (const value of [1e4, 0.1, 1e30, -7.7e-20]) {
      for (const n of [1, 3, 7, 100, 768, 1001]) {
        const x = tensor(engine, new Float64Array(2 * n).fill(value), { shape: [2, n], dtype });
        const y = layerNorm(x);
        assertAll(y.data.map(Math.abs), 0, `${n} of ${value}`);
        for (const owned of [x, y]) owned.dispose();
      }
    }
  });

  test(`layerNorm: NaN stays in its row; several axes are one row, ${dtype}`, () => {
    const values = reals(24, 1, dtype);
    values[13] = Number.NaN;
    const x = tensor(engine, values, { shape: [2, 3, 4], dtype });
    const [row, whole] = [layerNorm(x), layerNorm(x, { axes: [-1, 1] })];
    const places = (data: ArrayLike<number>) => Array.from(data, (value) => Number.isNaN(value));
    assert.equal(
      places(row.data),
      Array.from({ length: 24 }, (_, i) => i >= 12 && i < 16),
    );
    assert.equal(
      places(whole.data),
      Array.from({ length: 24 }, (_, i) => i >= 12),
    );
    const want = new Float64Array(24);
    normalise(
      values,
      Array.from({ length: 12 }, (_, i) => i),
      1e-5,
      want,
    );
    assertWithin(whole.data.slice(0, 12), want.slice(0, 12), () => 8 * EPS[dtype], "two axes");
    for (const owned of [x, row, whole]) owned.dispose();
  });

  test(`groupNorm: groups of channels over all pixels, ${dtype}`, () => {
    const [n, h, w, c] = [2, 3, 2, 6];
    const values = reals(n * h * w * c, 1, dtype);
    for (const groups of [1, 2, 3, 6]) {
      const want = new Float64Array(values.length);
      for (let image = 0; image < n; image++) {
        for (let group = 0; group < groups; group++) {
          const places = [...values.keys()].filter((i) => {
            return Math.floor(i / (h * w * c)) === image && Math.floor((i % c) / (c / groups)) === group;
          });
          normalise(values, places, 1e-3, want);
        }
      }
      const [gains, biases] = [reals(c, 2, dtype), reals(c, 3, dtype)];
      const x = tensor(engine, values, { shape: [n, h, w, c], dtype });
      const [gain, bias] = [tensor(engine, gains, { dtype }), tensor(engine, biases, { dtype })];
      const y = groupNorm(x, groups, { gain, bias, epsilon: 1e-3 });
      const scaled = want.map((value, i) => value * gains[i % c]! + biases[i % c]!);
      assertWithin(y.data, scaled, () => 32 * EPS[dtype], `${groups} groups`);
      for (const owned of [x, gain, bias, y]) owned.dispose();
    }
  });
}

test("what does not fit is refused, by name", () => {
  const x = zeros(engine, [1, 2, 2, 6]);
  const others = {
    five: zeros(engine, [5]),
    none: zeros(engine, [2, 0]),
    matrix: zeros(engine, [2, 6]),
    doubles: zeros(engine, [6], { dtype: "float64" }),
    scalar: zeros(engine, []),
  };
  const op = "layerNorm";
  assertRefused(() => layerNorm(x, { axes: [1] }), OptionError, { option: "layerNorm: axes" });
  assertRefused(() => layerNorm(x, { axes: [] }), OptionError, { option: "layerNorm: axes" });
  assertRefused(() => layerNorm(others.scalar), OptionError, { option: "layerNorm: axes" });
  assertRefused(() => layerNorm(others.none), ShapeError, { op, argument: "x", found: "[2, 0]" });
  assertRefused(() => layerNorm(x, { epsilon: 0 }), OptionError, { option: "layerNorm: epsilon", found: 0 });
  assertRefused(() => layerNorm(x, { gain: others.five }), ShapeError, { op, argument: "gain", expected: "[6]" });
  assertRefused(() => layerNorm(x, { bias: others.doubles as never }), DTypeError, { op, argument: "bias" });
  assertRefused(() => groupNorm(others.matrix, 2), ShapeError, { op: "groupNorm", argument: "x" });
  assertRefused(() => groupNorm(x, 4), OptionError, { option: "groupNorm: groups", found: 4 });
  assertRefused(() => groupNorm(x, 2, { epsilon: Number.NaN }), OptionError, { option: "groupNorm: epsilon" });
  assertRefused(() => groupNorm(x, 2, { bias: others.five }), ShapeError, { op: "groupNorm", argument: "bias" });
  for (const owned of [x, ...Object.values(others)]) owned.dispose();
});

test("a result is new, also where nothing follows", () => {
  const x = tensor(engine, [1, 2, 3, 4], { shape: [2, 2] });
  const y = layerNorm(x, { epsilon: 1e-12 });
  assert.not(y === x);
  assertEqual(x.data, [1, 2, 3, 4], "x");
  for (const owned of [x, y]) owned.dispose();
});

test.run();
