/** Incremental numerical gradients beside plain ones, which compute the whole network for every parameter. */
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { gelu, leakyRelu, relu, sigmoid, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import type { Layer } from "../../src/nn/layers/layer.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import type { Loss } from "../../src/nn/losses.ts";
import { network } from "../../src/nn/network.ts";
import { numericalGradientOf } from "../../src/nn/numerical_gradient.ts";
import { add, sub } from "../../src/ops/binary.ts";
import { square } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf } from "../../src/tensor/expression.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";
import { labelsFor, matrix, std1 } from "./by_hand.ts";

const engine = await loadEngine();
const test = leakFreeSuite("numerical gradients", engine);

type Named = Readonly<Record<string, { readonly data: Float32Array | Float64Array }>>;

const NETWORKS: Readonly<Record<string, readonly Layer[]>> = {
  "one dense layer": [dense(5, 4, std1)],
  "one dense layer, and what comes before and after it": [tanh(), dense(5, 4, std1), sigmoid()],
  "two layers": [dense(5, 3, std1), sigmoid(), dense(3, 4, std1)],
  "two layers with nothing between them": [dense(5, 3, std1), dense(3, 4, std1)],
  "two activations in a row, and dropout": [dense(5, 3, std1), tanh(), gelu(), dropout(0.5), dense(3, 4, std1)],
  "four layers": [
    ...[dropout(0.2), dense(5, 6, std1), relu(), dense(6, 3, std1), leakyRelu({ slope: 0.2 })],
    ...[dense(3, 7, std1), tanh(), dense(7, 4, std1)],
  ],
};

for (const dtype of ["float64", "float32"] as const) {
  for (const [name, layers] of Object.entries(NETWORKS)) {
    for (const m of [1, 6, 4000] as const) {
      test(`${name}: as plain central differences, ${m} examples, ${dtype}`, () => {
        using net = network(engine, sequential(...layers), { dtype, seed: 3 });
        using x = matrix(engine, dtype, m, 5, 1);
        using t = labelsFor(engine, m, 4);
        const before = copied(net.parameters);
        const found = copied(numericalGradientOf(net, x, t)); // incremental where nothing is said
        assert.equal(copied(net.parameters), before);
        const step = dtype === "float64" ? 1e-4 : 1e-2;
        assertNear(found, numericalGradientOf(net, x, t, { method: "plain" }), roundingOf(net.loss(x, t), step, dtype));
        const isRandom = layers.some(({ kind }) => kind === "dropout"); // in training alone
        if (dtype === "float64" && !isRandom) assertNear(found, net.gradient(x, t), 1e-6, "backpropagation");
      });
    }
  }
}

const LOSSES: Readonly<Record<string, Loss<"float64">>> = {
  binaryCrossEntropyWithLogits: "binaryCrossEntropyWithLogits",
  meanSquaredError: "meanSquaredError",
  squaredError: "squaredError",
  "a function": (z, t) => sum(square(sub(tanh(z), t))),
};
for (const [name, loss] of Object.entries(LOSSES)) {
  test(`a loss is any of the network's: ${name}`, () => {
    const layers = sequential(dense(5, 3, std1), sigmoid(), dense(3, 4, std1));
    using net = network(engine, layers, { dtype: "float64", seed: 3, loss });
    using x = matrix(engine, "float64", 6, 5, 1);
    const targets = Array.from({ length: 6 }, (_, i) => [0, 1, 2, 3].map((j) => (i % 4 === j ? 1 : 0)));
    const found = copied(numericalGradientOf(net, x, targets, { method: "incremental" }));
    const plain = numericalGradientOf(net, x, targets, { method: "plain" });
    assertNear(found, plain, roundingOf(net.loss(x, targets), 1e-4, "float64"));
  });
}

test("where nothing is said it is the incremental method, which dropout does not hinder", () => {
  for (const layers of [[dense(5, 3, std1)], [dense(5, 3, std1), tanh(), dropout(0.5), dense(3, 4, std1)]]) {
    using net = network(engine, sequential(...layers), { dtype: "float64", seed: 3 });
    using x = matrix(engine, "float64", 6, 5, 1);
    using t = labelsFor(engine, 6, 3);
    const [usual, incremental, plain] = [undefined, "incremental", "plain"].map((method) => {
      const options = method === undefined ? {} : { method: method as "plain" };
      return copied(numericalGradientOf(net, x, t, options));
    });
    assert.equal(usual, incremental, "to the bit");
    assert.not.equal(usual, plain, "which rounds otherwise");
    const { option } = assertThrows(
      () => numericalGradientOf(net, x, t, { method: "quick" as never }),
      OptionError,
      "quick",
    );
    assert.is(option, "numericalGradientOf: method");
  }
});

test("gradients are called after their parameters", () => {
  using net = network(engine, sequential(dense(2, 3)));
  const described = Object.values(numericalGradientOf(net, [1, 2], [0])).map((gradient) => gradient.describe());
  assert.equal(described, ["dW1 float32 [2, 3]", "db1 float32 [3]"]);
});

test("what is not computed column by column is computed plainly, and refused where the other is asked for", () => {
  using net = network(engine, sequential(dense(5, 3, std1), batchNorm(), dense(3, 4, std1)), { dtype: "float64" });
  using x = matrix(engine, "float64", 6, 5, 1);
  using t = labelsFor(engine, 6, 4);
  const { option } = assertThrows(
    () => numericalGradientOf(net, x, t, { method: "incremental" }),
    OptionError,
    "batchNorm",
  );
  assert.is(option, "numericalGradientOf: method");
  assertThrows(() => numericalGradientOf(net, x, t, { method: "quick" as never }), OptionError, "quick");
  const found = copied(numericalGradientOf(net, x, t));
  assertNear(found, numericalGradientOf(net, x, t, { method: "plain" }), 0);
  assert.ok(found["gamma1"]!.data.some((value) => value !== 0));
});

test("a loss that is a function might see parameters by itself, so it is computed plainly where nothing is said", () => {
  const layers = sequential(dense(5, 4, std1));
  const own: Expression<"float64">[] = [];
  const loss: Loss<"float64"> = (z, t) => add(sum(square(sub(z, t))), sum(square(own[0]!)));
  using net = network(engine, layers, { dtype: "float64", loss });
  own.push(expressionOf(net.parameters["W1"]!));
  using x = matrix(engine, "float64", 6, 5, 1);
  using t = matrix(engine, "float64", 6, 4, 2);
  const found = copied(numericalGradientOf(net, x, t));
  const blind = numericalGradientOf(net, x, t, { method: "incremental" })["W1"]!.data;
  for (const [i, w] of net.parameters["W1"]!.data.entries()) {
    assert.ok(Math.abs(found["W1"]!.data[i]! - blind[i]! - 2 * w) < 1e-9, "what it sees by itself is what is missed");
  }
});

test("h is checked in both, and steps are h", () => {
  using net = network(engine, sequential(dense(1, 1, std1)), { dtype: "float64", loss: "squaredError" });
  net.parameters["W1"]!.set([[2]]);
  for (const method of ["incremental", "plain"] as const) {
    assertThrows(() => numericalGradientOf(net, [3], [[0]], { h: 0, method }), OptionError, method);
    const value = (w: number) => net.loss([3], [[0]]) * (w / 2) ** 2; // the loss is quadratic in w
    const want = (value(2.5) - value(1.5)) / 1;
    assert.ok(Math.abs(numericalGradientOf(net, [3], [[0]], { h: 0.5, method })["W1"]!.data[0]! - want) < 1e-12);
  }
});

test.run();

/**
 * What rounding may make of a difference of losses: each is within 16 eps of itself (of 1, where it is small), more in
 * float32, where it is computed from activations that carry 24 bits.
 */
function roundingOf(loss: number, h: number, dtype: FloatType): number {
  return (16 * EPS[dtype] * Math.max(1, loss)) / h;
}

function copied(tensors: Named): Record<string, { readonly data: Float64Array }> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, { data: Float64Array.from(data) }]),
  );
}

function assertNear(got: Named, want: Named, tolerance: number, label = "plain differences"): void {
  assert.equal(Object.keys(got), Object.keys(want));
  for (const [name, { data }] of Object.entries(want)) {
    assert.is(got[name]!.data.length, data.length);
    for (const [i, value] of data.entries()) {
      const found = got[name]!.data[i]!;
      assert.ok(Math.abs(found - value) <= tolerance, `${name}[${i}]: ${found}, ${value} by ${label}, ${tolerance}`);
    }
  }
}
