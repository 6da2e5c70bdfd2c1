import * as assert from "uvu/assert";

import { grad } from "../../src/autodiff/grad.ts";
import { ShapeError } from "../../src/errors.ts";
import { leakyRelu, relu, sigmoid, tanh } from "../../src/nn/layers/activations.ts";
import { exp, log, pow, reluGradient, sigmoidGradient, tanhGradient } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/sum.ts";
import type { Expression } from "../../src/tensor/expression.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

/** Each operation with its function in float64. */
const MAPS = {
  exp: [exp, Math.exp],
  log: [log, Math.log],
  sigmoid: [sigmoid, oracle.sigmoid],
  tanh: [tanh, Math.tanh],
  relu: [relu, (x: number) => Math.max(x, 0)],
} as const;
const GRADIENTS = {
  sigmoidGradient: [sigmoidGradient, (y: number) => y * (1 - y)],
  tanhGradient: [tanhGradient, (y: number) => 1 - y * y],
  reluGradient: [reluGradient, (y: number) => (y > 0 ? 1 : 0)],
} as const;
const SHAPES = [[], [7], [0, 3], [2, 3], [2, 1, 5]];

const engine = await loadEngine();
const test = leakFreeSuite("elementwise", engine);

for (const dtype of FLOATS) {
  for (const [name, [map, f]] of Object.entries(MAPS)) {
    test(`${name} of any shape, into a new tensor, another, or itself, ${dtype}`, () => {
      for (const shape of SHAPES) {
        using x = zeros(engine, shape, { dtype });
        x.data.set(Array.from(x.data, (_, i) => (i + 1) / 4));
        const given = [...x.data];
        const want = given.map(f);
        using y = map(x);
        assert.equal([y.shape, y.dtype], [shape, dtype]);
        assertWithin(y.data, want, (i) => 4 * EPS[dtype] * Math.abs(want[i] ?? Number.NaN), `${shape}`);
        assertSame(x.data, given, "an operation leaves its input alone");
        using out = zeros(engine, shape, { dtype });
        assert.is(map(x, { out }), out);
        assertSame(out.data, y.data, "into out");
        assert.is(map(x, { out: x }), x);
        assertSame(x.data, y.data, "in place");
      }
    });
  }

  for (const [name, [mapGradient, slope]] of Object.entries(GRADIENTS)) {
    test(`${name} of any shape, into a new tensor or either operand, ${dtype}`, () => {
      for (const shape of SHAPES) {
        using y = zeros(engine, shape, { dtype });
        using dy = zeros(engine, shape, { dtype });
        y.data.set(Array.from(y.data, (_, i) => ((i % 7) - 3) / 4));
        dy.data.set(Array.from(dy.data, (_, i) => i + 1));
        const want = Array.from(y.data, (value, i) => slope(value) * (i + 1));
        using dx = mapGradient(y, dy);
        assert.equal([dx.shape, dx.dtype], [shape, dtype]);
        assertEqual(dx.data, want, `${shape}`);
        mapGradient(y, dy, { out: dy });
        assertSame(dy.data, dx.data, "onto dy");
      }
    });

    test(`${name} refuses a dy of another shape, with both shapes, ${dtype}`, () => {
      using y = zeros(engine, [2, 3], { dtype });
      using dy = zeros(engine, [3, 2], { dtype });
      const error = assertThrows(() => mapGradient(y, dy), ShapeError, name);
      assert.is(error.message, `${name}: dy: expected [2, 3], found [3, 2]`);
    });
  }
}

test("extremes stay what they are", () => {
  using x = tensor(engine, [-Infinity, Infinity, -0, Number.NaN]);
  for (const [map, want] of [
    [exp, [0, Infinity, 1, Number.NaN]],
    [log, [Number.NaN, Infinity, -Infinity, Number.NaN]],
    [sigmoid, [0, 1, 0.5, Number.NaN]],
    [tanh, [-1, 1, -0, Number.NaN]],
    [relu, [0, Infinity, 0, Number.NaN]],
  ] as const) {
    using y = map(x);
    assertSame(y.data, want, map.name);
  }
});

test("gradients of activations have gradients of their own: with respect to y, and linear in dy", () => {
  using y = tensor(engine, new Float64Array([0.25, -0.5, 0.75]));
  using dy = tensor(engine, new Float64Array([2, -4, 8]));
  const [ys, dys] = [[...y.data], [...dy.data]];
  for (const [f, slope, ofY] of [
    [sigmoidGradient, (y: number) => y * (1 - y), (y: number) => 1 - 2 * y],
    [tanhGradient, (y: number) => 1 - y * y, (y: number) => -2 * y],
    [reluGradient, (y: number) => (y > 0 ? 1 : 0), () => 0],
  ] as const) {
    const loss = (y: Expression<"float64">, dy: Expression<"float64">) => sum(f(y, dy));
    const [toY, toDy] = grad(loss)(y, dy);
    assert.equal(
      [...toY!.data],
      ys.map((y, i) => ofY(y) * dys[i]! + 0),
    );
    assert.equal([...toDy!.data], ys.map(slope));
    toY!.dispose();
    toDy!.dispose();
  }
});

for (const dtype of FLOATS) {
  test(`leakyRelu: the slope at 0 and -0, and -0 stays -0, ${dtype}`, () => {
    for (const slope of [0.01, 0.25, 0, 2, -0.5]) {
      using x = tensor(engine, [0, -0, 1, -1], { dtype });
      const s = dtype === "float32" ? Math.fround(slope) : slope;
      using y = leakyRelu(x, { slope });
      assertSame(y.data, [0 * s, -0 * s, 1, -s], `slope ${slope}`);
      const [dx] = grad((v) => sum(leakyRelu(v, { slope })))(x);
      using gradient = dx;
      assertSame(gradient.data, [s, s, 1, s], `gradient, slope ${slope}`);
    }
  });

  test(`pow: its gradient is p · x^(p - 1) at 0, and finite where that is, ${dtype}`, () => {
    for (const [p, x, want] of [
      [1.5, 0, 0],
      [2.4, 0, 0],
      [65, 0, 0],
      [66, -0, -0],
      [0.5, 0, Infinity],
      [0.25, 0, Infinity],
      [1, 0, 1],
      [0, 0, 0],
      [0, Number.NaN, 0],
      [-1, 0, -Infinity],
      [-0.5, 0, -Infinity],
      [1.5, 1e30, 1.5e15],
      [1.5, 1e-32, 1.5e-16],
      [0.5, 1e30, 0.5e-15],
      [2.4, 1e26, 2.4 * 1e26 ** 1.4],
      [-1.1, 1e-32, -1.1 * 1e-32 ** -2.1],
      [3, 1e-15, 3e-30],
      [65, 1, 65],
    ] as const) {
      using at = tensor(engine, [x], { dtype });
      const [dx] = grad((v) => sum(pow(v, p)))(at);
      using gradient = dx;
      const rounded = dtype === "float32" ? Math.fround(want) : want;
      if (Number.isFinite(rounded) && rounded !== 0) {
        const lost = 8 + 2 * Math.abs((p - 1) * Math.log(Math.abs(x)));
        assertWithin(gradient.data, [rounded], () => lost * EPS[dtype] * Math.abs(rounded), `${p}, ${x}`);
      } else assertSame(gradient.data, [rounded], `${p}, ${x}`);
    }
  });
}

test("leakyRelu without numbers is a layer", () => {
  assert.equal(leakyRelu(), { kind: "activation", name: "leakyRelu", slope: 0.01 });
  assert.equal(leakyRelu({ slope: 0.5 }), { kind: "activation", name: "leakyRelu", slope: 0.5 });
});

test("large powers have the sign of their base where they are odd, and of nothing else", () => {
  using x = tensor(engine, new Float64Array([-1, 1, -2, 2, 0.5]));
  for (const p of [64, 65, 66, 67, 101, -3, -65]) {
    using y = pow(x, p);
    const want = [...x.data].map((x) => x ** p);
    assertWithin(y.data, want, (i) => 200 * EPS.float64 * Math.abs(want[i]!), `p = ${p}`);
  }
});

test("whole powers are products up to the 64th, and above that round no more often than e^(p ln x)", () => {
  using two = tensor(engine, new Float64Array([2]));
  for (const p of [1, 5, 63, 64]) {
    using y = pow(two, p);
    assert.is(y.data[0], 2 ** p, `2^${p}`);
  }
  const p = 2 ** 20;
  const ln = Math.log1p(1 / p);
  using x = tensor(engine, new Float64Array([1 + 1 / p]));
  using y = pow(x, p);
  const want = Math.exp(p * ln);
  assert.ok(Math.abs(y.data[0]! - want) <= 8 * EPS.float64 * want, `${y.data[0]}, expected ${want}`);
});

test("a negative whole power is that of the inverse: finite where the positive power is not", () => {
  using x = tensor(engine, new Float64Array([1e103]));
  using y = pow(x, -3);
  assertWithin(y.data, [1e-309], () => 1e-309 * 1e-12, "1e103^-3");
});

test.run();
