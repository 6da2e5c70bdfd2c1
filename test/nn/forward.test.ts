/** Layers that do more while training: batch normalisation by hand, and the masks of dropout. */
import * as assert from "uvu/assert";
import { describeProgram } from "../../src/autodiff/describe.ts";
import { compile } from "../../src/autodiff/program.ts";
import { OptionError } from "../../src/errors.ts";
import { relu, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import type { Mode } from "../../src/nn/layers/record.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";
import { affineOf, assertNear, assertSameBits, labelsFor, matrix, std1, TOLERANCE, valuesOf } from "./by_hand.ts";

const engine = await loadEngine();
const test = leakFreeSuite("forward", engine);

/** What a program says of a layer's output. */
function outputOf<D extends FloatType>(net: Network<D>, x: Tensor<D>, mode: Mode): Float64Array {
  using program = compile({ z: net.forward(x, mode).z });
  program.run();
  return Float64Array.from(program.outputs.z.data);
}

function momentsOf(m: number, z: Float64Array): { mean: Float64Array; variance: Float64Array } {
  const n = z.length / m;
  const mean = oracle.columnSums(m, n, z).map((value) => value / m);
  const squares = z.map((value, at) => (value - mean[at % n]!) ** 2);
  return { mean, variance: oracle.columnSums(m, n, squares).map((value) => value / m) };
}

function normalised(
  z: Float64Array,
  { mean, variance }: { mean: Float64Array; variance: Float64Array },
  [gamma, beta]: readonly [Float64Array, Float64Array],
  epsilon: number,
): Float64Array {
  return z.map((value, at) => {
    const j = at % mean.length;
    return (gamma[j]! * (value - mean[j]!)) / Math.sqrt(variance[j]! + epsilon) + beta[j]!;
  });
}

for (const dtype of FLOATS) {
  const tolerance = TOLERANCE[dtype];

  test(`while training, columns are normalised to mean 0 and variance 1, then scaled and shifted, ${dtype}`, () => {
    using net = network(engine, sequential(dense(3, 5, std1), batchNorm({ epsilon: 1e-9 })), { seed: 1, dtype });
    using x = matrix(engine, dtype, 50, 3, 8);
    const first = momentsOf(50, outputOf(net, x, "train"));
    assertWithin(first.mean, new Float64Array(5), () => 10 * tolerance, "mean");
    assertWithin(first.variance, new Float64Array(5).fill(1), () => 1e-7 + 10 * tolerance, "variance");
    net.parameters["gamma1"]!.set(new Float64Array([1, 2, -3, 0, 0.5]));
    net.parameters["beta1"]!.set(new Float64Array([0, 1, 2, -3, 4]));
    const second = momentsOf(50, outputOf(net, x, "train"));
    assertWithin(second.mean, [0, 1, 2, -3, 4], () => 10 * tolerance, "mean β");
    assertWithin(second.variance, [1, 4, 9, 0, 0.25], () => 1e-5, "variance γ²");
  });

  test(`running statistics and predictions are those by hand after every step, as PyTorch keeps them, ${dtype}`, () => {
    const [first, second] = [
      { momentum: 0.1, epsilon: 1e-5 },
      { momentum: 0.4, epsilon: 0.01 },
    ];
    const layers = [dense(3, 5, std1), batchNorm(first), tanh(), dense(5, 4, std1), batchNorm(second), dense(4, 2)];
    using net = network(engine, sequential(...layers), { seed: 6, dtype });
    using state = net.optimize(sgd({ learningRate: 0.2 }));
    const running = valuesOf(net.statistics);
    assert.equal(Object.keys(running), ["mean1", "variance1", "mean2", "variance2"]);
    using probe = matrix(engine, dtype, 4, 3, 99);
    using probeLabels = labelsFor(engine, 4, 2);
    net.loss(probe, probeLabels); // compiled before the statistics move
    for (let step = 0; step < 6; step++) {
      const m = step === 3 ? 5 : 8;
      using x = matrix(engine, dtype, m, 3, step);
      using t = labelsFor(engine, m, 2, step);
      const p = valuesOf(net.parameters);
      const affines = (input: Float64Array, rows: number, number: number) =>
        affineOf(rows, input, p[`W${number}`]!, p[`b${number}`]!);
      const keep = (number: number, rate: number, { mean, variance }: ReturnType<typeof momentsOf>) => {
        const [means, variances] = [running[`mean${number}`]!, running[`variance${number}`]!];
        means.forEach((before, j) => {
          means[j] = (1 - rate) * before + rate * mean[j]!;
          variances[j] = (1 - rate) * variances[j]! + (rate * variance[j]! * m) / (m - 1);
        });
      };
      const z1 = affines(Float64Array.from(x.data), m, 1);
      const moments = momentsOf(m, z1);
      keep(1, first.momentum, moments);
      const a1 = normalised(z1, moments, [p["gamma1"]!, p["beta1"]!], first.epsilon).map(Math.tanh);
      keep(2, second.momentum, momentsOf(m, affines(a1, m, 2)));

      net.gradient(x, t); // looks, and leaves statistics alone
      net.step(state, x, t);
      assertNear(net.statistics, running, 10 * tolerance, `statistics after step ${step}`);

      const now = valuesOf(net.parameters);
      const hand = (input: Float64Array, number: number) => affineOf(4, input, now[`W${number}`]!, now[`b${number}`]!);
      const norm = (z: Float64Array, number: number, epsilon: number) => {
        const moments = { mean: running[`mean${number}`]!, variance: running[`variance${number}`]! };
        return normalised(z, moments, [now[`gamma${number}`]!, now[`beta${number}`]!], epsilon);
      };
      const hidden = norm(hand(Float64Array.from(probe.data), 1), 1, first.epsilon).map(Math.tanh);
      const logits = hand(norm(hand(hidden, 2), 2, second.epsilon), 3);
      using y = net.predict(probe);
      assertWithin(y.data, oracle.softmax(2, logits), () => 20 * tolerance, `predictions after step ${step}`);
      const wanted = oracle.crossEntropy(2, logits, oracle.oneHot(2, probeLabels.data)) / 4;
      assertWithin([net.loss(probe, probeLabels)], [wanted], () => 20 * tolerance, `loss after step ${step}`);
      assertNear(net.statistics, running, 10 * tolerance, "predicting changes nothing");
    }
  });

  test(`two equal examples are their own mean, and their variance is 0; one has none, ${dtype}`, () => {
    using net = network(engine, sequential(dense(3, 2, std1), batchNorm({ momentum: 1 })), { seed: 6, dtype });
    using state = net.optimize(sgd({ learningRate: 0 }));
    using one = matrix(engine, dtype, 1, 3, 1);
    using t1 = labelsFor(engine, 1, 2);
    const before = valuesOf(net.statistics);
    assertThrows(() => net.step(state, one, t1), OptionError, "one");
    assert.equal(valuesOf(net.statistics), before);
    using x = tensor(engine, [...one.data, ...one.data], { dtype, shape: [2, 3] });
    using t = labelsFor(engine, 2, 2);
    const z = affineOf(1, Float64Array.from(one.data), valuesOf(net.parameters)["W1"]!, new Float64Array(2));
    net.step(state, x, t);
    assertNear(net.statistics, { mean1: z, variance1: new Float64Array(2) }, tolerance, "statistics");
    net.step(state, x, t);
    assert.ok(Object.values(net.parameters).every(({ data }) => data.every(Number.isFinite)));
  });
}

test("the gradient through a minibatch's own statistics agrees with central differences of the training loss", () => {
  const dtype = "float64";
  const layers = [dense(3, 5, std1), batchNorm({ epsilon: 0.1 }), tanh(), dense(5, 3, std1), batchNorm(), dense(3, 2)];
  using net = network(engine, sequential(...layers), { seed: 9, dtype });
  net.parameters["gamma1"]!.set(reals(5, 1, dtype));
  net.parameters["beta2"]!.set(reals(3, 2, dtype));
  using x = matrix(engine, dtype, 6, 3, 1);
  using t = labelsFor(engine, 6, 2);
  using program = compile({ loss: net.lossOf(net.forward(x, "train").z, t) });
  const gradient = valuesOf(net.gradient(x, t));
  for (const [name, { data }] of Object.entries(net.parameters)) {
    const start = Float64Array.from(data);
    const lossAt = (moved: Float64Array) => {
      data.set(moved);
      program.run();
      return program.outputs.loss.data[0]!;
    };
    const want = oracle.centralDifferences(lossAt, start, 1e-5);
    data.set(start);
    assertWithin(gradient[name]!, want, () => 1e-8, name);
  }
});

for (const dtype of FLOATS) {
  test(`each dropout layer has a stream of its own under [seed, step], ${dtype}`, () => {
    const description = sequential(dropout(0.3), dense(6, 8, std1), dropout(0.5), dense(8, 8, std1));
    using net = network(engine, description, { seed: 77, dtype });
    using x = matrix(engine, dtype, 9, 6, 1);
    assert.equal([...net.counter!.data], [77, 0]);
    for (const step of [0, 1, 5]) {
      net.counter!.data[1] = step;
      const [W1, W2] = [net.parameters["W1"]!, net.parameters["W2"]!];
      using first = dropout(x, net.counter!, { rate: 0.3, stream: 1 });
      const a = affineOf(9, Float64Array.from(first.data), Float64Array.from(W1.data), new Float64Array(8));
      using hidden = tensor(engine, a, { dtype, shape: [9, 8] });
      using second = dropout(hidden, net.counter!, { rate: 0.5, stream: 2 });
      const want = affineOf(9, Float64Array.from(second.data), Float64Array.from(W2.data), new Float64Array(8));
      assertWithin(outputOf(net, x, "train"), want, () => 20 * TOLERANCE[dtype], `step ${step}`);
    }
  });

  test(`predictions are those of the same network without dropout, to the bit, again and again, ${dtype}`, () => {
    const [first, second] = [dense(6, 8, std1), dense(8, 3, std1)];
    using net = network(engine, sequential(dropout(0.2), first, relu(), dropout(0.5), second), { seed: 3, dtype });
    using plain = network(engine, sequential(first, relu(), second), { seed: 3, dtype });
    using x = matrix(engine, dtype, 5, 6, 1);
    using t = labelsFor(engine, 5, 3);
    using want = plain.predict(x);
    for (let i = 0; i < 3; i++) {
      using y = net.predict(x);
      assertSame(y.data, want.data, "predictions");
      assert.is(net.loss(x, t), plain.loss(x, t));
      assert.is(net.accuracy(x, t), plain.accuracy(x, t));
      net.counter!.data[1]! += 1;
    }
    assert.is(plain.counter, undefined);
  });

  test(`dropout of nothing is no dropout, ${dtype}`, () => {
    const [first, second] = [dense(6, 8, std1), dense(8, 3, std1)];
    using net = network(engine, sequential(first, dropout(0), second), { seed: 3, dtype });
    using plain = network(engine, sequential(first, second), { seed: 3, dtype });
    using x = matrix(engine, dtype, 5, 6, 1);
    using t = labelsFor(engine, 5, 3);
    assertSameBits(net.gradient(x, t), plain.gradient(x, t), "gradient");
    using program = compile({ z: net.forward(x, "train").z });
    assert.not.match(describeProgram(program), /dropout/);
  });

  test(`two layers of one rate leave out different units, and keep the sum as it was on average, ${dtype}`, () => {
    const [n, rate] = [100, 0.4];
    using net = network(engine, sequential(dropout(rate), dense(n, n), dropout(rate)), { seed: 1, dtype });
    const identity = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
    net.parameters["W1"]!.set(identity);
    using x = tensor(engine, new Float64Array(n * n).fill(1), { dtype, shape: [n, n] });
    const z = outputOf(net, x, "train");
    const kept = (1 - rate) ** 2;
    const share = z.filter((value) => value !== 0).length / z.length;
    assertWithin([share], [kept], () => 4 * Math.sqrt((kept * (1 - kept)) / z.length), "share");
    assertWithin(
      z,
      z.map((value) => (value === 0 ? 0 : 1 / kept)),
      () => 8 * EPS[dtype],
      "scale",
    );
  });

  test(`masks change from step to step, come again from the same seed, and a gradient sees the next step's, ${dtype}`, () => {
    const description = sequential(dense(6, 20, std1), relu(), dropout(0.5), dense(20, 3, std1));
    const weights = new RandomState(1).getState();
    const run = (seed: number) => {
      const random = new RandomState(0);
      random.setState(weights);
      using net = network(engine, description, { seed, random, dtype });
      using x = matrix(engine, dtype, 4, 6, 1);
      using t = labelsFor(engine, 4, 3);
      using state = net.optimize(sgd({ learningRate: 0.1 }));
      const gradients: number[][] = [];
      for (let step = 0; step < 4; step++) {
        assert.equal([...net.counter!.data], [seed, step]);
        const gradient = net.gradient(x, t)["W2"]!.data.slice();
        assertSame(net.gradient(x, t)["W2"]!.data, gradient, "asked twice");
        gradients.push([...gradient].map((g) => (g === 0 ? 0 : 1)));
        const before = net.parameters["W2"]!.data.slice();
        const bound = 4 * EPS[dtype];
        net.step(state, x, t);
        assertWithin(
          net.parameters["W2"]!.data,
          before.map((w, i) => w - 0.1 * gradient[i]!),
          (i) => bound * (Math.abs(before[i]!) + 1),
          `step ${step}`,
        );
      }
      return gradients;
    };
    const first = run(8);
    assert.equal(run(8), first);
    assert.not.equal(run(9), first);
    for (let step = 1; step < 4; step++) assert.not.equal(first[step], first[step - 1]);
  });
}

test.run();
