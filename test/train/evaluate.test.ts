/** Evaluations beside a plain loop over the logits of all examples at once. */
import * as assert from "uvu/assert";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { DTypeError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { networkOf, type Trainable } from "../../src/nn/trainable.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { accuracyOf, evaluate } from "../../src/train/evaluation/evaluate.ts";
import { misclassified } from "../../src/train/evaluation/misclassified.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, EPS, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { softplus } from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("evaluate", engine);
const SIZE = 19;
const CLASSES = 4;

function layered<D extends FloatType>(dtype: D): Network<D> {
  const description = sequential(dense(SIZE, 12), relu(), dropout(0.3), dense(12, CLASSES));
  return network(engine, description, { seed: 3, dtype });
}

/** Every row gets these logits. */
function constantNet(logits: readonly number[]): Network<"float32"> {
  const net = network(engine, sequential(dense(2, logits.length)), { random: "none" });
  net.parameters["b1"]!.set(logits);
  return net;
}

function labelled(labels: readonly number[], classes: number): Dataset {
  const inputs = new Uint8Array(2 * labels.length);
  return new Dataset({ name: "labels", inputs, labels: Uint8Array.from(labels), shape: [2], classes });
}

type Expected = {
  loss: number;
  correct: number;
  readonly amongTop: number[];
  readonly confusion: number[][];
};

/** What an evaluation must find: one example after another, in float64. */
function expected<D extends FloatType>(trainable: Trainable<D>, data: Dataset): Expected {
  const net = networkOf(trainable);
  const inputs = Float64Array.from(data.inputs, (byte) => byte * data.scale);
  using x = tensor(engine, inputs, { shape: [data.length, data.size], dtype: net.dtype });
  const rows = net.logits(x).toArray() as number[][];
  const n = net.outputSize;
  const found: Expected = {
    loss: 0,
    correct: 0,
    amongTop: new Array(n + 1).fill(0),
    confusion: Array.from({ length: n }, () => new Array(n).fill(0)),
  };
  rows.forEach((z, i) => {
    const label = data.labels[i]!;
    const exponentials = z.map((value) => Math.exp(value));
    const p = exponentials[label]! / exponentials.reduce((sum, value) => sum + value, 0);
    found.loss -= Math.log(p) / data.length;
    const order = z.map((_, j) => j).sort((a, b) => z[b]! - z[a]! || a - b);
    found.confusion[label]![order[0]!]!++;
    if (order[0] === label) found.correct++;
    for (let k = 1; k <= n; k++) if (order.slice(0, k).includes(label)) found.amongTop[k]!++;
  });
  return found;
}

for (const layout of ["dense", "sparse"] as const) {
  for (const dtype of FLOATS) {
    test(`an evaluation finds what a loop over the examples finds, ${layout} ${dtype}`, () => {
      const random = new RandomState(1);
      const options = { inputSize: SIZE, hiddenSize: 6, outputSize: CLASSES, random, weightInitStd: 0.3, dtype };
      using two = new TwoLayerNet<FloatType>(engine, options);
      using deeper = layered<FloatType>(dtype);
      for (const count of [1, 2, 255, 256, 257, 600]) {
        const data = clusters({ count, size: SIZE, classes: CLASSES, seed: count });
        using resident = new ResidentDataset(engine, data, { layout });
        for (const [name, net] of [
          ["TwoLayerNet", two],
          ["Network", deeper],
        ] as const) {
          const label = `${name}, ${count} examples`;
          const want = expected(net, data);
          const { examples, loss, correct, accuracy, topK, classes } = evaluate(net, resident, { topK: 2 });
          assert.is(examples, count, label);
          assert.ok(Math.abs(loss - want.loss) <= 64 * EPS[dtype] * (1 + want.loss), `${label}: ${loss}, ${want.loss}`);
          assert.is(correct, want.correct, label);
          assert.is(accuracy, want.correct / count, label);
          assert.is(accuracyOf(net, resident), accuracy, label);
          assert.equal(topK, { k: 2, correct: want.amongTop[2]!, accuracy: want.amongTop[2]! / count }, label);
          assert.equal(Array.from(classes!.confusion), want.confusion.flat(), label);
          assert.is(classes!.count, CLASSES);
          for (let k = 1; k <= CLASSES; k++) {
            assert.is(evaluate(net, resident, { topK: k }).topK?.correct, want.amongTop[k], `${label}, top ${k}`);
          }
        }
      }
    });
  }
}

test("a dataset that is not in the engine gives the same, and the network loses nothing", () => {
  using net = layered("float32");
  const data = clusters({ count: 300, size: SIZE, classes: CLASSES, seed: 9 });
  using resident = new ResidentDataset(engine, data);
  const counter = [...net.counter!.data];
  assert.equal(evaluate(net, data), evaluate(net, resident));
  assert.is(accuracyOf(net, data), accuracyOf(net, resident));
  assert.equal([...net.counter!.data], counter);
  assert.is(evaluate(net, data).topK, undefined);
});

test("of equal logits the lower class comes first", () => {
  using net = constantNet([1, 3, 3, 0]);
  const data = labelled([0, 1, 2, 3], 4);
  const amongTop = [1, 2, 3, 4].map((topK) => evaluate(net, data, { topK }).topK?.correct);
  assert.equal(amongTop, [1, 2, 3, 4]);
  assert.is(evaluate(net, labelled([1], 4), { topK: 1 }).topK?.correct, 1);
  assert.is(evaluate(net, labelled([2], 4), { topK: 1 }).topK?.correct, 0);
  assert.is(evaluate(net, labelled([2], 4), { topK: 2 }).topK?.correct, 1);
  assert.is(evaluate(net, labelled([0], 4), { topK: 2 }).topK?.correct, 0);
});

test("NaN comes before every number, as argmax has it, and the loss shows it", () => {
  using net = constantNet([1, Number.NaN, 3, Number.NaN]);
  const ranks = [0, 1, 2, 3].map((label) => {
    const reached = [1, 2, 3, 4].filter((topK) => evaluate(net, labelled([label], 4), { topK }).topK?.correct === 0);
    return reached.length;
  });
  assert.equal(ranks, [3, 0, 2, 1]);
  const { loss, correct } = evaluate(net, labelled([1, 2], 4));
  assert.ok(Number.isNaN(loss));
  assert.is(correct, 1);
});

test("a network with more outputs than the data has classes counts them, and one with fewer is told which label", () => {
  using net = constantNet([0, 2, 1]);
  const { classes } = evaluate(net, labelled([0, 1, 1], 2));
  assert.equal(Array.from(classes!.confusion), [0, 1, 0, 0, 2, 0, 0, 0, 0]);
  assert.is(classes!.perClass[0]!.precision, 0);
  const labels = new Array(300).fill(0);
  labels[280] = 4;
  const error = assertThrows(() => evaluate(net, labelled(labels, 5)), IndexError, "label 4 of 3");
  assert.equal([error.argument, error.position, error.value, error.bound], ["labels", 280, 4, 3]);
});

function withOwnLoss(): Network<"float32"> {
  return network(engine, sequential(dense(SIZE, CLASSES)), { seed: 3, loss: (z, t) => softmaxCrossEntropy(z, t) });
}

test("a loss function of one's own is a mean over all examples", () => {
  using net = withOwnLoss();
  using same = network(engine, sequential(dense(SIZE, CLASSES)), { seed: 3 });
  const data = clusters({ count: 270, size: SIZE, classes: CLASSES, seed: 4 });
  const want = evaluate(same, data);
  const got = evaluate(net, data);
  assert.ok(Math.abs(got.loss - want.loss) <= 4 * EPS.float32 * want.loss, `${got.loss}, expected ${want.loss}`);
  assert.equal(got.classes, want.classes);
});

test("logits outlive the program that is compiled for their loss, where a network has as many as it keeps", () => {
  using net = withOwnLoss();
  using other = withOwnLoss();
  const data = clusters({ count: 256, size: SIZE, classes: CLASSES, seed: 4 });
  const want = evaluate(other, data);
  using resident = new ResidentDataset(engine, data, { layout: "dense" });
  for (const rows of [256, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]) {
    net.predict(new Float32Array(rows * SIZE)).dispose(); // 16 programs, that for 256 rows the oldest
  }
  assert.equal(evaluate(net, resident), want);
  assert.equal(evaluate(net, resident), want);
});

/** Targets of `width` numbers between 0 and 1 beside bytes. */
function numbered(count: number, width: number): Dataset {
  const draw = draws(count);
  const inputs = Float64Array.from({ length: count * 3 }, () => 2 * draw() - 1);
  const targetValues = Float64Array.from({ length: count * width }, draw);
  return new Dataset({ name: "numbers", inputs, shape: [3], targetValues });
}

const NUMBER_LOSSES = {
  meanSquaredError: (z: number[], t: number[]) => z.reduce((sum, value, j) => sum + (value - t[j]!) ** 2, 0) / z.length,
  squaredError: (z: number[], t: number[]) => z.reduce((sum, value, j) => sum + (value - t[j]!) ** 2 / 2, 0),
  binaryCrossEntropyWithLogits: (z: number[], t: number[]) =>
    z.reduce((sum, value, j) => sum + t[j]! * softplus(-value) + (1 - t[j]!) * softplus(value), 0) / z.length,
} as const;

for (const [loss, lossOfRow] of Object.entries(NUMBER_LOSSES)) {
  test(`where targets are numbers, an evaluation is the mean loss of the examples: ${loss}`, () => {
    const description = sequential(dense(3, 5), relu(), dense(5, 2));
    using net = network(engine, description, { seed: 2, dtype: "float64", loss: loss as keyof typeof NUMBER_LOSSES });
    for (const count of [1, 255, 256, 257, 600]) {
      const data = numbered(count, 2);
      using x = tensor(engine, data.inputs, { shape: [count, 3], dtype: "float64" });
      const t = data.targetValues!;
      const rows = net.logits(x).toArray() as number[][];
      const want = rows.reduce((sum, z, i) => sum + lossOfRow(z, [t[2 * i]!, t[2 * i + 1]!]), 0) / count;
      using resident = new ResidentDataset(engine, data);
      for (const given of [data, resident]) {
        const { loss: found, ...rest } = evaluate(net, given);
        assert.ok(Math.abs(found - want) <= 1e-13, `${count}: ${found}, expected ${want}`);
        const { binary, regression, ...others } = rest;
        const isYesNo = loss === "binaryCrossEntropyWithLogits";
        const accuracy = isYesNo ? binary?.accuracy : undefined;
        assert.equal(others, { examples: count, correct: undefined, accuracy, topK: undefined, classes: undefined });
        assert.equal([binary !== undefined, regression !== undefined], [isYesNo, !isYesNo]);
      }
    }
    const data = numbered(300, 2);
    assert.is(assertThrows(() => evaluate(net, data, { topK: 1 }), OptionError, "top k").option, "topK");
    for (const ask of loss === "binaryCrossEntropyWithLogits" ? [misclassified] : [accuracyOf, misclassified]) {
      assert.match(
        assertThrows(() => ask(net, data), DTypeError, ask.name).message,
        new RegExp(`^${ask.name}: targets`),
      );
    }
  });
}

test("probabilities as targets of a classifier: the class is the largest of them", () => {
  using net = network(engine, sequential(dense(3, 4)), { seed: 2, dtype: "float64" });
  const data = numbered(257, 4);
  const t = data.targetValues!;
  const labels = Int32Array.from({ length: 257 }, (_, i) => {
    const row = [...t.subarray(4 * i, 4 * i + 4)];
    return row.indexOf(Math.max(...row));
  });
  const same = new Dataset({ name: "labels", inputs: data.inputs, shape: [3], labels, classes: 4 });
  const [soft, hard] = [evaluate(net, data, { topK: 2 }), evaluate(net, same, { topK: 2 })];
  assert.equal({ ...soft, loss: 0 }, { ...hard, loss: 0 });
  assert.ok(Math.abs(soft.loss - net.loss(data.inputs, t)) <= 1e-13);
  assert.not.equal(soft.loss, hard.loss);
  assert.is(accuracyOf(net, data), hard.accuracy);
  assert.equal(misclassified(net, data), misclassified(net, same));
  const narrow = numbered(10, 3);
  for (const ask of [evaluate, accuracyOf, misclassified]) {
    assert.match(
      assertThrows(() => ask(net, narrow), ShapeError, ask.name).message,
      new RegExp(`^${ask.name}: targets`),
    );
  }
});

test("a loss of tensors is the network's own", () => {
  const losses = ["softmaxCrossEntropy", "meanSquaredError", "squaredError", "binaryCrossEntropyWithLogits"] as const;
  using x = tensor(engine, [
    [1, 2],
    [3, -1],
    [0.5, 0.25],
  ]);
  using t = tensor(engine, [
    [0, 1],
    [1, 0],
    [0.5, 0.5],
  ]);
  for (const loss of losses) {
    using net = network(engine, sequential(dense(2, 2)), { seed: 1, loss });
    assert.is(net.lossFunction, loss);
    assert.is(net.lossOf(net.logits(x), t), net.loss(x, t), loss);
  }
});

test("what makes no sense is refused, and leaves nothing behind", () => {
  using net = constantNet([0, 1, 2]);
  const data = labelled([0, 1, 2], 3);
  for (const topK of [0, 4, 1.5, Number.NaN, -1]) {
    assert.is(assertThrows(() => evaluate(net, data, { topK }), OptionError, `${topK}`).option, "topK");
  }
  const wide = clusters({ count: 3, size: 5, classes: 3, seed: 1 });
  assertThrows(() => evaluate(net, wide), ShapeError, "wide");
  assertThrows(() => accuracyOf(net, wide), ShapeError, "wide, accuracy");
  using numbers = network(engine, sequential(dense(2, 3)), { loss: "squaredError" });
  assertThrows(() => evaluate(numbers, data), DTypeError, "labels for a squared error");
  assert.is(accuracyOf(numbers, data) >= 0, true);
});

test("evaluations leave memory as they found it", () => {
  using net = layered("float32");
  const data = clusters({ count: 257, size: SIZE, classes: CLASSES, seed: 2 });
  evaluate(net, data, { topK: 2 });
  const before = engine.stats();
  for (let i = 0; i < 300; i++) evaluate(net, data, { topK: 2 });
  assert.equal(engine.stats(), before);
});

test.run();
