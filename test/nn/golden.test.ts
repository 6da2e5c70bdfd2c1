/** NumPy's float64 numbers for networks, softmax, products and activations: 1e-12 in float64, 1e-5 in float32. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crossEntropyError } from "../../src/chapter/losses.ts";
import { SimpleNet } from "../../src/chapter/simple_net.ts";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { relu, sigmoid, tanh } from "../../src/nn/layers/activations.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { RandomState } from "../../src/random/random_state.ts";
import type { NestedNumbers } from "../../src/tensor/layout.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { near, nearRelative } from "../support/numbers.ts";

type Matrix = number[][];
type Golden = {
  two_layer_net: {
    x: Matrix;
    t: number[];
    W1: Matrix;
    b1: number[];
    W2: Matrix;
    b2: number[];
    y: Matrix;
    loss: number;
    grad: { W1: Matrix; b1: number[]; W2: Matrix; b2: number[] };
  };
  simple_net_label_2: Simple;
  simple_net_label_0: Simple;
  softmax_extreme: { logits: Matrix; y: Matrix };
  matmul_7x13x5: { A: Matrix; B: Matrix; C: Matrix };
  activations: Record<"x" | "sigmoid" | "tanh" | "relu" | "exp_of_min_x_88", number[]>;
};
type Simple = { W: Matrix; x: number[]; t: number; z: number[]; loss: number; dW: Matrix };

const golden = JSON.parse(readFileSync(new URL("../fixtures/golden-float64.json", import.meta.url), "utf8")) as Golden;
const TOLERANCE = { float64: 1e-12, float32: 1e-5 } as const;
const PARAMETERS = ["W1", "b1", "W2", "b2"] as const;

const test = suite("golden");
const engine = await loadEngine();

for (const dtype of ["float64", "float32"] as const) {
  const tolerance = TOLERANCE[dtype];

  test(`the two-layer network predicts, loses and differentiates as NumPy does, ${dtype}`, () => {
    const { x, t, y, loss, grad, ...parameters } = golden.two_layer_net;
    using net = new TwoLayerNet(engine, {
      inputSize: 6,
      hiddenSize: 5,
      outputSize: 3,
      random: new RandomState(0),
      dtype,
    });
    for (const name of PARAMETERS) net.parameters[name].set(parameters[name]);
    const oneHot = t.map((label) => [0, 1, 2].map((j) => (j === label ? 1 : 0)));

    using predicted = net.predict(x);
    near(predicted.toArray(), y, tolerance, "y");
    for (const targets of [t, oneHot]) {
      near(net.loss(x, targets), loss, tolerance, "loss");
      const gradient = net.gradient(x, targets);
      for (const name of PARAMETERS) near(gradient[name].toArray(), grad[name], tolerance, name);
    }
  });

  test(`the chapter's smallest network gives NumPy's loss and gradient for both labels, ${dtype}`, () => {
    for (const { W, x, t, z, loss, dW } of [golden.simple_net_label_2, golden.simple_net_label_0]) {
      using net = new SimpleNet(engine, { random: new RandomState(0), dtype });
      net.parameters.W.set(W);
      using logits = net.predict(x);
      near(logits.toArray(), [z], tolerance, "z");
      const oneHot = [0, 1, 2].map((j) => (j === t ? 1 : 0));
      for (const target of [t, [t], oneHot]) {
        near(net.loss(x, target), loss, tolerance, "loss");
        near(net.gradient(x, target).W.toArray(), dW, tolerance, "dW");
      }
    }
  });

  test(`softmax holds at extreme logits, ${dtype}`, () => {
    using logits = tensor(engine, golden.softmax_extreme.logits, { dtype });
    using y = softmax(logits);
    near(y.toArray(), golden.softmax_extreme.y, tolerance, "y");
  });

  test(`matmul gives NumPy's product, ${dtype}`, () => {
    const { A, B, C } = golden.matmul_7x13x5;
    using a = tensor(engine, A, { dtype });
    using b = tensor(engine, B, { dtype });
    using c = matmul(a, b);
    near(c.toArray(), C as NestedNumbers, tolerance, "C");
  });

  test(`activations keep their digits from -30 to 30, ${dtype}`, () => {
    const { x, exp_of_min_x_88, ...want } = golden.activations;
    using input = tensor(engine, x, { dtype });
    for (const [name, f] of Object.entries({ sigmoid, tanh, relu })) {
      using y = f(input);
      nearRelative(y.data, want[name as keyof typeof want], tolerance, name);
    }
    const upTo88 = x.map((value) => Math.min(value, 88)); // NumPy's float32 would overflow beyond
    using clipped = tensor(engine, upTo88, { dtype });
    using e = exp(clipped);
    nearRelative(e.data, exp_of_min_x_88, tolerance, "exp");
  });
}

test("the losses that go with this W in print are those without δ, as far as eight decimals of W reach", () => {
  const printed = [1.2209415606587606, 1.0409111886878426];
  for (const [i, { W, x, t, dW }] of [golden.simple_net_label_2, golden.simple_net_label_0].entries()) {
    using net = new SimpleNet(engine, { random: new RandomState(0), dtype: "float64" });
    net.parameters.W.set(W);
    using logits = net.predict(x);
    using y = softmax(logits);
    // Each weight is printed to 8 decimals, so it is off by up to 5e-9, and the loss by that times its gradient.
    const reach = 5e-9 * dW.flat().reduce((total, value) => total + Math.abs(value), 0);
    assert.ok(Math.abs(crossEntropyError(y.data, t, { delta: 0 }) - printed[i]!) <= reach);
    assert.ok(Math.abs(net.loss(x, t) - printed[i]!) <= reach);
    const withDelta = crossEntropyError(y.data, t);
    assert.ok(Math.abs(withDelta - (net.loss(x, t) - 1e-7 / y.data[t]!)) <= 1e-12, "δ takes δ / y off, 2 to 4e-7 here");
  }
});

test.run();
