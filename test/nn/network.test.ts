/** What networks answer and learn, beside the same written out by hand. */
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { relu, sigmoid, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import type { Loss } from "../../src/nn/losses.ts";
import { network } from "../../src/nn/network.ts";
import { numericalGradientOf } from "../../src/nn/numerical_gradient.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { mul, sub } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { square } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/sum.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { argument } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { affineOf, assertNear, assertSameBits, labelsFor, matrix, Rows, std1, TOLERANCE, valuesOf } from "./by_hand.ts";

const engine = await loadEngine();
const test = leakFreeSuite("network", engine);

for (const dtype of FLOATS) {
  for (const layout of ["dense", "sparse"] as const) {
    test(`two dense layers with a sigmoid between them are TwoLayerNet to the bit, ${layout}, ${dtype}`, () => {
      const weights = { weights: { std: 0.01 } };
      const layers = [dense(31, 7, weights), sigmoid(), dense(7, 4, weights)];
      using net = network(engine, sequential(...layers), { seed: 5, dtype });
      const sizes = { inputSize: 31, hiddenSize: 7, outputSize: 4 };
      using two = new TwoLayerNet(engine, { ...sizes, random: new RandomState(5), dtype });
      using rows = new Rows(engine, dtype, 9, 31, 2);
      using t = labelsFor(engine, 9, 4);
      assertSameBits(net.parameters, two.parameters, "before");
      using state = net.optimize(sgd({ learningRate: 0.5 }));
      const start = net.loss(rows[layout], t);
      for (let i = 0; i < 100; i++) {
        net.step(state, rows[layout], t);
        two.step(rows[layout], t, 0.5);
      }
      assertSameBits(net.parameters, two.parameters, "after 100 steps");
      assertSameBits(net.gradient(rows[layout], t), two.gradient(rows[layout], t), "gradient");
      assert.is(net.loss(rows[layout], t), two.loss(rows[layout], t));
      assert.ok(net.loss(rows[layout], t) < start, "it learns");
      using y = net.predict(rows.dense);
      using same = two.predict(rows.dense);
      assertSame(y.data, same.data, "predictions");
    });
  }
}

type HandLoss = {
  readonly loss: Loss<FloatType>;
  readonly answer: (z: Float64Array) => Float64Array;
  readonly value: (m: number, z: Float64Array, t: Float64Array) => number;
  readonly dz: (m: number, z: Float64Array, t: Float64Array) => Float64Array;
};

const CLASSES = 3;
const LOSSES: Readonly<Record<string, HandLoss>> = {
  softmaxCrossEntropy: {
    loss: "softmaxCrossEntropy",
    answer: (z) => oracle.softmax(CLASSES, z),
    value: (m, z, t) => oracle.crossEntropy(CLASSES, z, t) / m,
    dz: (m, z, t) => oracle.crossEntropyGradient(CLASSES, z, t).map((value) => value / m),
  },
  binaryCrossEntropyWithLogits: {
    loss: "binaryCrossEntropyWithLogits",
    answer: (z) => z.map(oracle.sigmoid),
    value: (_, z, t) =>
      z.reduce((sum, zi, i) => sum + t[i]! * oracle.softplus(-zi) + (1 - t[i]!) * oracle.softplus(zi), 0) / z.length,
    dz: (_, z, t) => z.map((zi, i) => (oracle.sigmoid(zi) - t[i]!) / z.length),
  },
  meanSquaredError: {
    loss: "meanSquaredError",
    answer: (z) => z,
    value: (_, z, t) => z.reduce((sum, zi, i) => sum + (zi - t[i]!) ** 2, 0) / z.length,
    dz: (_, z, t) => z.map((zi, i) => (2 * (zi - t[i]!)) / z.length),
  },
  squaredError: {
    loss: "squaredError",
    answer: (z) => z,
    value: (_, z, t) => z.reduce((sum, zi, i) => sum + (zi - t[i]!) ** 2 / 2, 0),
    dz: (_, z, t) => z.map((zi, i) => zi - t[i]!),
  },
  "a function": {
    loss: (z, t) => sum(mul(square(sub(z, t)), t)),
    answer: (z) => z,
    value: (_, z, t) => z.reduce((sum, zi, i) => sum + (zi - t[i]!) ** 2 * t[i]!, 0),
    dz: (_, z, t) => z.map((zi, i) => 2 * (zi - t[i]!) * t[i]!),
  },
};

/** 4-6-3 with relu, by hand. */
function byHand(m: number, x: Float64Array, p: Readonly<Record<string, Float64Array>>) {
  const a = affineOf(m, x, p["W1"]!, p["b1"]!);
  const hidden = a.map((value) => Math.max(value, 0));
  const z = affineOf(m, hidden, p["W2"]!, p["b2"]!);
  const gradientFor = (dz: Float64Array) => {
    const back = oracle.product(m, 6, 3, dz, oracle.transposed(6, 3, p["W2"]!));
    const da = back.map((value, i) => (a[i]! > 0 ? value : 0));
    return {
      W1: oracle.product(4, 6, m, oracle.transposed(m, 4, x), da),
      b1: oracle.columnSums(m, 6, da),
      W2: oracle.product(6, 3, m, oracle.transposed(m, 6, hidden), dz),
      b2: oracle.columnSums(m, 3, dz),
    };
  };
  return { z, gradientFor };
}

for (const dtype of FLOATS) {
  for (const [name, { loss, answer, value, dz }] of Object.entries(LOSSES)) {
    test(`with ${name}, answers, losses, counts and gradients are those by hand, ${dtype}`, () => {
      const description = sequential(dense(4, 6, std1), relu(), dense(6, 3, std1));
      using net = network(engine, description, { seed: 4, dtype, loss: loss as Loss<typeof dtype> });
      for (const m of [7, 1, 4]) {
        using x = matrix(engine, dtype, m, 4, 11 + m);
        const shares = reals(m * CLASSES, 5 + m, dtype).map((share) => Math.fround(Math.abs(share)));
        using t = tensor(engine, shares, { dtype, shape: [m, CLASSES] });
        const { z, gradientFor } = byHand(m, Float64Array.from(x.data), valuesOf(net.parameters));
        const tolerance = TOLERANCE[dtype];
        using y = net.predict(x);
        assert.equal([...y.shape], [m, CLASSES]);
        assertWithin(y.data, answer(z), () => tolerance * 10, "answers");
        assertWithin(net.logits(x).data, z, () => tolerance * 10, "logits");
        const wanted = value(m, z, shares);
        assertWithin([net.loss(x, t)], [wanted], () => tolerance * Math.max(1, wanted), "loss");
        const right = oracle.argmax(CLASSES, z).filter((j, i) => j === oracle.argmax(CLASSES, shares)[i]).length;
        assert.is(net.countCorrect(x, t), right);
        assert.is(net.accuracy(x, t), right / m);
        using labels = tensor(engine, Int32Array.from(oracle.argmax(CLASSES, shares)));
        assert.is(net.countCorrect(x, labels), right);
        const want = gradientFor(dz(m, z, shares));
        assertNear(net.gradient(x, t), want, tolerance, "gradient");
        if (dtype === "float64") assertNear(numericalGradientOf(net, x, t), want, 1e-6, "by differences");
        const before = valuesOf(net.parameters);
        using state = net.optimize(sgd({ learningRate: 0.01 }));
        net.step(state, x, t);
        const moved = Object.entries(before).map(([key, w]) => {
          return [key, w.map((wi, i) => wi - 0.01 * want[key as "W1"][i]!)] as const;
        });
        assertNear(net.parameters, Object.fromEntries(moved), tolerance, "after a step");
      }
    });
  }

  test(`labels mean what one-hot rows mean, and plain numbers what tensors mean, ${dtype}`, () => {
    using net = network(engine, sequential(dense(4, 5, std1), tanh(), dense(5, 3, std1)), { dtype });
    using x = matrix(engine, dtype, 5, 4, 3);
    using labels = labelsFor(engine, 5, 3);
    const oneHot = oracle.oneHot(3, labels.data);
    using t = tensor(engine, oneHot, { dtype, shape: [5, 3] });
    const [loss, correct, gradient] = [
      net.loss(x, labels),
      net.countCorrect(x, labels),
      valuesOf(net.gradient(x, labels)),
    ];
    const rows = x.toArray();
    const store = [
      [x, t],
      [rows, [...labels.data]],
      [rows, t.toArray()],
      [Float64Array.from(x.data), Int32Array.from(labels.data)],
    ] as const;
    for (const [inputs, targets] of store) {
      assertWithin([net.loss(inputs, targets)], [loss], () => 4 * EPS[dtype] * loss, "loss");
      assert.is(net.accuracy(inputs, targets), correct / 5);
      assertNear(net.gradient(inputs, targets), gradient, 8 * EPS[dtype], "gradient");
    }
    using alone = net.predict((rows as number[][])[2]!);
    using all = net.predict(rows);
    assert.equal([...alone.shape], [1, 3]);
    assertWithin(alone.data, all.rows(2, 3).data, () => 4 * EPS[dtype], "one example alone");
  });

  test(`sparse rows are dense rows within rounding, ${dtype}`, () => {
    const description = sequential(dense(40, 8, std1), relu(), dense(8, 3, std1));
    using onDense = network(engine, description, { seed: 2, dtype });
    using onSparse = network(engine, description, { seed: 2, dtype });
    const tolerance = 64 * EPS[dtype];
    for (const maxRowNonzeros of [40, 33]) {
      using rows = new Rows(engine, dtype, 6, 40, 3, maxRowNonzeros);
      using t = labelsFor(engine, 6, 3);
      assertWithin(onSparse.logits(rows.sparse).data, onDense.logits(rows.dense).data, () => 8 * tolerance, "logits");
      const loss = onDense.loss(rows.dense, t);
      assertWithin([onSparse.loss(rows.sparse, t)], [loss], () => tolerance * Math.max(1, loss), "loss");
      assert.is(onSparse.accuracy(rows.sparse, t), onDense.accuracy(rows.dense, t));
      assertNear(onSparse.gradient(rows.sparse, t), valuesOf(onDense.gradient(rows.dense, t)), tolerance, "gradient");
      for (const optimizer of [sgd({ learningRate: 0.1, weightDecay: 0.1 }), momentum({ learningRate: 0.1 })]) {
        using dense = onDense.optimize(optimizer);
        using sparse = onSparse.optimize(optimizer);
        for (let i = 0; i < 3; i++) {
          onDense.step(dense, rows.dense, t);
          onSparse.step(sparse, rows.sparse, t);
        }
        assertNear(onSparse.parameters, valuesOf(onDense.parameters), 8 * tolerance, optimizer.kind);
      }
    }
  });
}

test("answers are the caller's: the next ones leave them alone, and they end alone", () => {
  for (const { loss } of Object.values(LOSSES)) {
    using net = network(engine, sequential(dense(4, 3, std1)), { loss: loss as Loss<"float32"> });
    using x = matrix(engine, "float32", 5, 4, 1);
    using other = matrix(engine, "float32", 5, 4, 2);
    using y = net.predict(x);
    const before = y.data.slice();
    net.predict(other).dispose();
    assertSame(y.data, before, "kept");
    using again = net.predict(x);
    assertSame(again.data, before, "again");
  }
});

test("with one output, a column of numbers is targets", () => {
  using net = network(engine, sequential(dense(2, 1, std1)), { dtype: "float64", loss: "squaredError" });
  const [w0, w1] = net.parameters["W1"]!.data as Float64Array;
  const want = ((w0! - 0.5) ** 2 + (w1! + 0.25) ** 2) / 2;
  const x = [
    [1, 0],
    [0, 1],
  ];
  assertWithin([net.loss(x, [[0.5], [-0.25]])], [want], () => 1e-15, "loss");
});

test("what training changes is one block of parameters, one of statistics, and the counter, where they are", () => {
  using plain = network(engine, sequential(dense(3, 2), relu()));
  using whole = network(engine, sequential(dense(3, 2), batchNorm(), dropout(0.5)), { seed: 5 });
  assert.equal([plain.blocks.length, plain.statistics, plain.counter], [1, {}, undefined]);
  const [parameters, statistics, counter, ...rest] = whole.blocks;
  assert.equal(rest, []);
  assert.equal([...counter!.data], [5, 0]);
  parameters!.data.fill(3);
  statistics!.data.fill(4);
  for (const { data } of Object.values(whole.parameters)) assert.ok(data.every((value) => value === 3));
  for (const { data } of Object.values(whole.statistics)) assert.ok(data.every((value) => value === 4));
  plain.blocks[0]!.data.fill(7);
  assert.ok(plain.parameters["b1"]!.data.every((value) => value === 7));
});

test("running variances start at 1 and means at 0, with weights and without", () => {
  for (const random of [new RandomState(1), "none"] as const) {
    using net = network(engine, sequential(dense(3, 2), batchNorm()), { random });
    const { mean1, variance1 } = net.statistics;
    assert.equal(
      [[...mean1!.data], [...variance1!.data]],
      [
        [0, 0],
        [1, 1],
      ],
    );
  }
});

test("a loss that is a function sees the network as a named one does: without dropout, with running statistics", () => {
  const description = sequential(dense(3, 4, std1), batchNorm(), dropout(0.5), dense(4, 2, std1));
  using named = network(engine, description, { dtype: "float64", loss: "squaredError" });
  using own = network(engine, description, { dtype: "float64", loss: (z, t) => mul(sum(square(sub(z, t))), 0.5) });
  using x = matrix(engine, "float64", 6, 3, 1);
  using t = matrix(engine, "float64", 6, 2, 2);
  assertWithin([own.loss(x, t)], [named.loss(x, t)], () => 1e-13, "loss");
});

test("the loss of outputs that are there is a number, of any size", () => {
  const squares: Loss<"float32"> = (z, t) => sum(square(sub(z, t)));
  using named = network(engine, sequential(dense(3, 2, std1)));
  using own = network(engine, sequential(dense(3, 2, std1)), { loss: squares });
  for (const m of [5, 2]) {
    using z = matrix(engine, "float32", m, 2, m);
    using t = matrix(engine, "float32", m, 2, m + 1);
    using labels = labelsFor(engine, m, 2);
    assert.is(named.lossOf(z, labels), softmaxCrossEntropy(z, labels), "in double precision");
    const want = z.data.reduce((total, value, i) => total + (value - t.data[i]!) ** 2, 0);
    assertWithin([own.lossOf(z, t)], [want], () => 1e-5, "a function's");
  }
});

test("forward takes parameters in place of the network's own", () => {
  using net = network(engine, sequential(dense(3, 2, std1)), { dtype: "float64" });
  using x = matrix(engine, "float64", 4, 3, 1);
  const w = argument(engine, { dtype: "float64", shape: [3, 2] }, "w");
  const b = argument(engine, { dtype: "float64", shape: [2] }, "b");
  using program = compile({ z: net.forward(x, "predict", { W1: w, b1: b }).z });
  using weights = matrix(engine, "float64", 3, 2, 5);
  using bias = tensor(engine, reals(2, 6, "float64"));
  program.bind({ w: weights, b: bias });
  program.run();
  const want = affineOf(4, x.data, weights.data, bias.data);
  assertWithin(program.outputs.z.data, want, () => 1e-15, "z");
});

test.run();
