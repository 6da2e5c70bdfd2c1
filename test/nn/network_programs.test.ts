/** Programs of networks: one for each size and way of asking, in bounds; what is refused leaves nothing behind. */
import * as assert from "uvu/assert";
import { DisposedError, DTypeError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { relu, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import type { Sequential } from "../../src/nn/layers/layer.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { numericalGradientOf } from "../../src/nn/numerical_gradient.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { mul, sub } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { square } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/sum.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { argument, type Expression } from "../../src/tensor/expression.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";
import { assertNear, labelsFor, matrix, Rows, std1, valuesOf } from "./by_hand.ts";

const engine = await loadEngine();
const test = leakFreeSuite("programs of networks", engine);

test("minibatches of every size give the gradient of their rows, and the mean of rows alone", () => {
  using net = network(engine, sequential(dense(4, 5, std1), tanh(), dense(5, 3, std1)), { dtype: "float64" });
  using x = matrix(engine, "float64", 20, 4, 3);
  using t = labelsFor(engine, 20, 3);
  const alone = Array.from({ length: 20 }, (_, i) => {
    using row = x.rows(i, i + 1);
    using label = t.rows(i, i + 1);
    return { loss: net.loss(row, label), gradient: valuesOf(net.gradient(row, label)) };
  });
  for (const m of [20, 7, 20, 6, 1, 13, 2, 7]) {
    using rows = x.rows(0, m);
    using labels = t.rows(0, m);
    const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / m;
    const some = alone.slice(0, m);
    assertWithin([net.loss(rows, labels)], [meanOf(some.map(({ loss }) => loss))], () => 1e-14, `loss of ${m}`);
    const want = Object.entries(alone[0]!.gradient).map(([name, zero]) => {
      return [name, zero.map((_, i) => meanOf(some.map(({ gradient }) => gradient[name]![i]!)))] as const;
    });
    assertNear(net.gradient(rows, labels), Object.fromEntries(want), 1e-14, `gradient of ${m}`);
  }
});

test("a short last minibatch is a step of one state like every other", () => {
  const dtype = "float64";
  const description = sequential(dense(4, 5, std1), tanh(), dense(5, 3, std1));
  using net = network(engine, description, { dtype });
  using other = network(engine, description, { dtype });
  using x = matrix(engine, dtype, 17, 4, 3);
  using t = labelsFor(engine, 17, 3);
  using state = net.optimize(momentum({ learningRate: 0.1, momentum: 0.5 }));
  const velocity = Object.fromEntries(Object.entries(valuesOf(net.parameters)).map(([name, w]) => [name, w.fill(0)]));
  for (let epoch = 0; epoch < 3; epoch++) {
    for (let start = 0; start < 17; start += 7) {
      using rows = x.rows(start, Math.min(start + 7, 17));
      using labels = t.rows(start, Math.min(start + 7, 17));
      net.step(state, rows, labels);
      for (const [name, { data }] of Object.entries(other.gradient(rows, labels))) {
        const w = other.parameters[name]!.data;
        for (let i = 0; i < w.length; i++) {
          velocity[name]![i] = 0.5 * velocity[name]![i]! + data[i]!;
          w[i]! -= 0.1 * velocity[name]![i]!;
        }
      }
    }
  }
  assert.is(state.step, 9);
  assertNear(net.parameters, valuesOf(other.parameters), 1e-14, "after nine steps");
});

test("no examples have no answers", () => {
  using net = network(engine, sequential(dense(4, 3), relu(), dense(3, 2)));
  using none = net.predict(new Float32Array(0));
  assert.equal([...none.shape], [0, 2]);
});

test("programs for many sizes are kept in bounds, and old sizes can come again", () => {
  const loss = (z: Expression<"float32">, t: Expression<"float32">) => sum(square(sub(z, t)));
  using net = network(engine, sequential(dense(3, 4, std1), relu(), dense(4, 2)), { loss });
  using state = net.optimize(adam({ learningRate: 1e-3 }));
  const each = (m: number): number => {
    using x = matrix(engine, "float32", m, 3, m);
    using t = matrix(engine, "float32", m, 2, m + 1);
    net.predict(x).dispose();
    net.gradient(x, t);
    net.step(state, x, t, 0);
    return net.loss(x, t);
  };
  const first = each(140);
  for (let m = 139; m > 100; m--) each(m);
  const settled = engine.stats();
  for (let m = 100; m > 40; m--) each(m);
  const { tensors, memoryBytes, bytes } = engine.stats();
  assert.is(tensors, settled.tensors);
  assert.is(memoryBytes, settled.memoryBytes);
  assert.ok(bytes < settled.bytes, "programs of smaller sizes took the place of larger ones");
  assert.is(each(140), first);
  assert.is(state.step, 101);
});

test("memory, live tensors and live bytes are the same after 100,000 steps", () => {
  using net = network(engine, sequential(dense(2, 3), batchNorm(), relu(), dropout(0.1), dense(3, 2)));
  using state = net.optimize(adam({ learningRate: 1e-3 }));
  using x = matrix(engine, "float32", 3, 2, 1);
  using t = labelsFor(engine, 3, 2);
  using short = x.rows(0, 2);
  using shortLabels = t.rows(0, 2);
  const steps = (count: number) => {
    for (let i = 0; i < count; i++) {
      net.step(state, x, t);
      net.step(state, short, shortLabels);
    }
  };
  steps(5);
  const before = engine.stats();
  steps(50_000);
  assert.equal(engine.stats(), before);
  assert.is(net.counter!.data[1], 100_010);
});

test("targets of other shapes are other programs", () => {
  const loss = (z: Expression<"float64">, t: Expression<"float64">) => sum(square(sub(z, t)));
  using net = network(engine, sequential(dense(3, 2, std1)), { dtype: "float64", loss });
  using state = net.optimize(sgd({ learningRate: 0 }));
  using x = matrix(engine, "float64", 4, 3, 1);
  using full = zeros(engine, [4, 2], { dtype: "float64" });
  using column = zeros(engine, [4, 1], { dtype: "float64" });
  using row = zeros(engine, [2], { dtype: "float64" });
  const want = net.loss(x, full);
  for (const t of [column, row, full]) {
    net.gradient(x, t);
    net.step(state, x, t);
    assert.is(net.loss(x, t), want);
  }
});

test("labels and floats of one shape are other programs, also to a loss function", () => {
  const loss = (z: Expression<"float64">, t: Expression<"float64">) =>
    (t.dtype as string) === "int32" ? softmaxCrossEntropy(z, t) : sum(mul(sum(z, { axes: [1] }), t));
  using net = network(engine, sequential(dense(3, 2, std1)), { dtype: "float64", loss });
  using state = net.optimize(sgd({ learningRate: 0 }));
  using x = matrix(engine, "float64", 4, 3, 1);
  using labels = labelsFor(engine, 4, 2);
  using weights = tensor(engine, Float64Array.from(labels.data));
  const calls = [labels, weights, labels].map((t) => {
    net.step(state, x, t);
    return [net.loss(x, t), [...net.gradient(x, t)["W1"]!.data]];
  });
  assert.equal(calls[0], calls[2]);
  assert.not.equal(calls[0], calls[1]);
});

test("labels and targets, dense and sparse rows are other programs of one size", () => {
  using net = network(engine, sequential(dense(10, 4, std1), relu(), dense(4, 3)), { dtype: "float64" });
  using rows = new Rows(engine, "float64", 5, 10, 1);
  using labels = labelsFor(engine, 5, 3);
  using t = tensor(engine, oracle.oneHot(3, labels.data), { shape: [5, 3] });
  using state = net.optimize(sgd({ learningRate: 0 }));
  const want = net.loss(rows.dense, labels);
  const gradient = valuesOf(net.gradient(rows.dense, labels));
  for (let turn = 0; turn < 2; turn++) {
    for (const x of [rows.dense, rows.sparse]) {
      for (const target of [labels, t]) {
        assertWithin([net.loss(x, target)], [want], () => 1e-14, "loss");
        assertNear(net.gradient(x, target), gradient, 1e-14, "gradient");
        net.step(state, x, target);
      }
    }
  }
});

test("a step follows the state that it is given, and refuses another network's", () => {
  const description = sequential(dense(3, 2, std1));
  using net = network(engine, description);
  using other = network(engine, description);
  using x = matrix(engine, "float32", 4, 3, 1);
  using t = labelsFor(engine, 4, 2);
  using slow = net.optimize(sgd({ learningRate: 0 }));
  using quick = net.optimize(sgd({ learningRate: 1 }));
  const before = valuesOf(net.parameters);
  net.step(slow, x, t);
  assertNear(net.parameters, before, 0, "at rate 0");
  net.step(quick, x, t);
  assert.not.equal(valuesOf(net.parameters), before);
  using foreign = other.optimize(sgd({ learningRate: 1 }));
  const error = assertThrows(() => net.step(foreign, x, t), OptionError, "foreign state");
  assert.is(error.option, "step: state");
  assert.is(foreign.step, 0);
});

test("a network is disposed of twice like once, and refuses to be used by name", () => {
  using x = matrix(engine, "float32", 2, 3, 1);
  using t = labelsFor(engine, 2, 2);
  const net = network(engine, sequential(dense(3, 4), batchNorm(), dropout(0.5), dense(4, 2)));
  using state = net.optimize(sgd({ learningRate: 0.1 }));
  net.predict(x).dispose();
  net.step(state, x, t);
  using step = net.trainingStep(state, { x: argument(engine, x, "x"), t: argument(engine, t, "t") });
  step.program.bind({ x, t });
  net.dispose();
  net.dispose();
  const uses: Readonly<Record<string, () => unknown>> = {
    predict: () => net.predict(x),
    logits: () => net.logits(x),
    loss: () => net.loss([1, 2, 3], 0),
    accuracy: () => net.accuracy(x, t),
    countCorrect: () => net.countCorrect(x, t),
    gradient: () => net.gradient(x, t),
    numericalGradient: () => numericalGradientOf(net, x, t),
    optimize: () => net.optimize(sgd({ learningRate: 0.1 })),
    step: () => net.step(state, x, t),
    trainingStep: () => net.trainingStep(state, { x: argument(engine, x, "x"), t: argument(engine, t, "t") }),
    forward: () => net.forward(x, "predict"),
  };
  for (const [name, use] of Object.entries(uses)) {
    const error = assertThrows(use, DisposedError, name);
    assert.match(error.message, /network 3-…-2/, name);
  }
  assert.is(state.step, 1);
  assertThrows(() => net.descend(1), DisposedError, "descend");
  assertThrows(() => step.run(), DisposedError, "a step of one's own");
});

test("options that make no sense are refused by name", () => {
  const description = sequential(dense(3, 2), dropout(0.5));
  for (const [option, name, values] of [
    ["loss", "network: loss", ["mse", "toString", "", null, 3]],
    ["seed", "seed", [-1, 1.5, Number.NaN, 2 ** 32, "0", null]],
  ] as const) {
    for (const value of values) {
      const made = () => network(engine, description, { [option]: value } as never);
      assert.is(assertThrows(made, OptionError, `${option} ${value}`).option, name);
    }
  }
  for (const random of ["none", new RandomState(0)] as const) {
    assertThrows(() => network(engine, description, { random, seed: 1.5 }), OptionError, "a seed for masks alone");
  }
  for (const dtype of ["int32", "double", null]) {
    assertThrows(() => network(engine, description, { dtype: dtype as never }), DTypeError, `${dtype}`);
  }
});

test("calls that throw leave nothing behind", () => {
  using net = network(engine, sequential(dense(3, 4), relu(), dense(4, 2)));
  using x = matrix(engine, "float32", 2, 3, 1);
  using wide = matrix(engine, "float32", 2, 4, 1);
  using doubles = matrix(engine, "float64", 2, 3, 1);
  using t = labelsFor(engine, 2, 2);
  using bad = tensor(engine, Int32Array.of(0, 2));
  using three = labelsFor(engine, 3, 2);
  using state = net.optimize(adam({ learningRate: 0.1 }));
  net.predict(x).dispose();
  net.gradient(x, t);
  numericalGradientOf(net, x, t);
  net.loss([1, 2, 3], 0);
  net.step(state, x, t); // from here on the network has its programs for these sizes
  const parameters = valuesOf(net.parameters);
  const before = engine.stats();
  const failures: readonly (readonly [
    () => unknown,
    typeof ShapeError | typeof DTypeError | typeof IndexError | typeof OptionError,
  ])[] = [
    [() => net.predict(wide), ShapeError],
    [() => net.predict([1, 2]), ShapeError],
    [() => net.predict(doubles as never), DTypeError],
    [() => net.loss(x, bad), IndexError],
    [() => net.loss([[1, 2, 3]], [2]), IndexError],
    [() => net.loss([[1, 2, 3]], [0, 1, 2]), ShapeError],
    [() => net.loss([[1, 2, 3]], [0.5]), OptionError],
    [() => net.loss([[1, 2]], [0]), ShapeError],
    [() => net.loss(x, three), ShapeError],
    [() => net.accuracy(wide, t), ShapeError],
    [() => net.accuracy([[1, 2, 3]], [[1], [2], [3]]), ShapeError],
    [() => net.gradient(x, bad), IndexError],
    [() => net.gradient(wide, t), ShapeError],
    [() => net.gradient([[1, 2, 3]], [[1, 2, 3]]), ShapeError],
    [() => numericalGradientOf(net, x, bad), IndexError],
    [() => numericalGradientOf(net, x, t, { h: 0 }), OptionError],
    [() => net.step(state, x, bad), IndexError],
    [() => net.step(state, wide, t), ShapeError],
    [() => net.step(state, x, three), ShapeError],
  ];
  for (const [call, type] of failures) {
    assertThrows(call, type as typeof ShapeError, `${call}`);
  }
  const { tensors, bytes } = engine.stats();
  assert.equal([tensors, bytes], [before.tensors, before.bytes]);
  assertNear(net.parameters, parameters, 0, "parameters");
});

test("a loss function that throws, or gives no single number, leaves nothing behind", () => {
  const description: Sequential = sequential(dense(3, 2));
  const broken = () => {
    throw new RangeError("no loss today");
  };
  using x = matrix(engine, "float32", 2, 3, 1);
  using t = matrix(engine, "float32", 2, 2, 1);
  using throwing = network(engine, description, { loss: broken });
  using many = network(engine, description, { loss: (z) => z });
  using state = throwing.optimize(sgd({ learningRate: 0.1 }));
  const before = engine.stats();
  assertThrows(() => throwing.loss(x, t), RangeError, "loss");
  assertThrows(() => throwing.gradient(x, t), RangeError, "gradient");
  assertThrows(() => throwing.step(state, x, t), RangeError, "step");
  assertThrows(() => many.gradient(x, t), ShapeError, "many losses");
  assert.equal(engine.stats().tensors, before.tensors);
  assert.is(state.step, 0);
});

test.run();
