/** Chapter 7: im2col, col2im and SimpleConvNet beside NumPy, and gradients beside central differences. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bookAdam } from "../../examples/chapter-07/adam.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { col2im, im2col } from "../../src/chapter/im2col.ts";
import { crossEntropyError } from "../../src/chapter/losses.ts";
import { SimpleConvNet } from "../../src/chapter/simple_conv_net.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { DTypeError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { mul } from "../../src/ops/binary.ts";
import { softmaxRows } from "../../src/ops/softmax_rows.ts";
import { sum } from "../../src/ops/sum.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { train } from "../../src/train/loop/train.ts";
import { loadEngine } from "../support/engine.ts";

type Run = { readonly losses: number[]; readonly sums: Readonly<Record<string, number>> };
type Case = {
  readonly shape: number[];
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  readonly pad: number;
  readonly x: number[];
  readonly col: number[][];
  readonly image: number[];
};
type Reference = { readonly runs: Readonly<Record<"sgd" | "adam", Run>>; readonly columns: Case[] };

const test = suite("chapter 7");
const engine = await loadEngine();
const fixture = new URL("../fixtures/numpy-chapter-07.json", import.meta.url);
const reference = JSON.parse(readFileSync(fixture, "utf8")) as Reference;
const small = { inputDim: [2, 7, 6], convParam: { filterNum: 3, filterSize: 3, pad: 1, stride: 1 } } as const;
const NAMES = ["W1", "b1", "W2", "b2", "W3", "b3"] as const;

test("im2col and col2im are NumPy's, for strides, pads, channels and filters that are not square", () => {
  for (const { shape, height, width, stride, pad, ...want } of reference.columns) {
    for (const dtype of ["float32", "float64"] as const) {
      using x = tensor(engine, want.x, { shape, dtype });
      using col = im2col(x, height, width, stride, pad);
      assert.equal(col.toArray(), want.col);
      assert.is(col.dtype, dtype);
      using image = col2im(col, shape, height, width, stride, pad);
      assert.equal(image.shape, shape);
      assert.equal([...image.data], want.image);
    }
  }
});

test("each is the other's gradient, also twice", () => {
  const { shape, height, width, stride, pad } = reference.columns[1]!;
  const random = new RandomState(5);
  using x = tensor(engine, random.randn(98), { shape, dtype: "float64" });
  using weights = tensor(engine, random.randn(16 * 18), { shape: [16, 18], dtype: "float64" });
  const leaf = expressionOf(x);
  const loss = sum(mul(im2col(leaf, height, width, stride, pad), weights));
  const [first] = gradientsOf(loss, [leaf]);
  using program = compile({ first: first! });
  program.run();
  using want = col2im(weights, shape, height, width, stride, pad);
  assert.equal([...program.outputs.first.data], [...want.data]);
  const columns = expressionOf(weights);
  const [second] = gradientsOf(sum(mul(col2im(columns, shape, height, width, stride, pad), x)), [columns]);
  using again = compile({ second: second! });
  again.run();
  using expected = im2col(x, height, width, stride, pad);
  assert.equal([...again.outputs.second.data], [...expected.data]);
});

test("what does not fit is refused by name", () => {
  using x = tensor(engine, new Float32Array(9), { shape: [1, 1, 3, 3] });
  using flat = tensor(engine, new Float32Array(9), { shape: [3, 3] });
  using integers = tensor(engine, new Int32Array(9), { shape: [1, 1, 3, 3] });
  const refusals: [() => unknown, new (...given: never[]) => Error, RegExp][] = [
    [() => im2col(flat, 2, 2), ShapeError, /^im2col: x: expected \[N, C, H, W\]/],
    [() => im2col(x, 4, 2), ShapeError, /^im2col: x: expected images of at least 4 × 2/],
    [() => im2col(x, 0, 2), OptionError, /^im2col: filterH/],
    [() => im2col(x, 2, 2, 0), OptionError, /^im2col: stride/],
    [() => im2col(x, 2, 2, 1, -1), OptionError, /^im2col: pad/],
    [() => im2col(integers as never, 2, 2), DTypeError, /^im2col/],
    [() => col2im(flat, [1, 1, 3, 3], 2, 2), ShapeError, /^col2im: col/],
    [() => col2im(flat, [3, 3], 2, 2), OptionError, /^col2im: inputShape/],
    [() => new SimpleConvNet(engine, { inputDim: [28, 28] as never }), OptionError, /inputDim/],
    [() => new SimpleConvNet(engine, { convParam: { size: 5 } as never }), OptionError, /convParam/],
    [() => new SimpleConvNet(engine, { inputDim: [1, 4, 4] }), ShapeError, /conv2d: .*height 4/],
    [() => new SimpleConvNet(engine, { inputDim: [1, 5, 5] }), ShapeError, /maxPool2d: .*height 1/],
    [() => new SimpleConvNet(engine, { weightInitStd: Number.NaN }), OptionError, /weightInitStd/],
  ];
  for (const [refused, error, message] of refusals) {
    assert.throws(refused, (e: unknown) => e instanceof error && message.test((e as Error).message), String(refused));
  }
});

test("the network's shapes and draws are the book's", () => {
  using net = new SimpleConvNet(engine, { random: new RandomState(0), dtype: "float64" });
  const shapes = NAMES.map((name) => net.parameters[name].shape);
  assert.equal(shapes, [[30, 1, 5, 5], [30], [4320, 100], [100], [100, 10], [10]]);
  const random = new RandomState(0);
  for (const name of ["W1", "W2", "W3"] as const) {
    const { data, size } = net.parameters[name];
    assert.equal(
      [...data.slice(0, 3)],
      [...random.randn(size).slice(0, 3)].map((x) => 0.01 * x),
    );
  }
});

test("backpropagation agrees with central differences, for labels and one-hot rows; pad and channels", () => {
  const random = new RandomState(3);
  using net = new SimpleConvNet(engine, {
    ...small,
    ...{ hiddenSize: 5, outputSize: 4, random, weightInitStd: 0.2, dtype: "float64" },
  });
  const x = random.randn(3 * 84);
  const labels = [0, 3, 1];
  const oneHot = labels.map((label) => [0, 1, 2, 3].map((j) => Number(j === label)));
  for (const t of [labels, oneHot]) {
    const numerical = net.numericalGradient(x, t);
    const gradient = net.gradient(x, t);
    for (const name of NAMES) {
      const want = numerical[name].data;
      gradient[name].data.forEach((got, i) => {
        // The gradient is that of the loss without δ, as the book's: they differ by 1e-7.
        assert.ok(Math.abs(got - want[i]!) <= 1e-6, `${name}[${i}]: ${got}, by differences ${want[i]}`);
      });
      assert.ok(want.some((value) => Math.abs(value) > 1e-3));
    }
  }
});

test("the loss has the book's δ, predict gives scores, accuracy counts in blocks", () => {
  const random = new RandomState(7);
  using net = new SimpleConvNet(engine, { ...small, hiddenSize: 5, random, weightInitStd: 0.5, dtype: "float64" });
  const [count, labels] = [230, random.randint(0, 10, 230)];
  using x = tensor(engine, random.randn(count * 84), { shape: [count, 2, 7, 6], dtype: "float64" });
  using scores = net.predict(x);
  using y = softmaxRows(scores);
  assert.equal(scores.shape, [count, 10]);
  const rows = y.toArray() as number[][];
  const want = crossEntropyError(rows, [...labels]);
  assert.ok(Math.abs(net.loss(x, [...labels]) - want) < 1e-14);
  const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
  assert.is(net.accuracy(x, [...labels]), right / count);
  assert.throws(
    () => net.loss(x, new Array(count).fill(10)),
    (e: unknown) => e instanceof IndexError,
  );
  // A label that the network holds for impossible costs -ln 1e-7, not ∞.
  const { W3, b3 } = net.parameters;
  W3.data.fill(0);
  b3.data.set([1e4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.ok(Math.abs(net.loss(x.rows(0, 1), [1]) + Math.log(1e-7)) < 1e-12);
});

test("of equal numbers in a square the first has the gradient", () => {
  using net = new SimpleConvNet(engine, {
    ...{
      inputDim: [1, 2, 2],
      convParam: { filterNum: 1, filterSize: 1 },
      hiddenSize: 1,
      outputSize: 2,
      dtype: "float64",
    },
  });
  const { W1, W2, W3 } = net.parameters;
  W1.data.fill(1);
  W2.data.fill(1);
  W3.set([[1, 0]]);
  const gradientAt = (pixels: number[]) => net.gradient([pixels], [1]).W1.data[0]!;
  // Of ∂/∂W1 only the pixel that is taken counts: all others are moved, and the gradient stays.
  const taken = gradientAt([2, 2, 2, 2]);
  assert.ok(taken > 0.1);
  assert.is(gradientAt([2, 1, 1, 1]), taken);
  assert.is(gradientAt([1, 1, 2, 2]), taken);
});

const OPTIMIZERS = { sgd: sgd({ learningRate: 0.1 }), adam: bookAdam({ learningRate: 0.001 }) };
const digits = await loadMnist(new URL("../../data", import.meta.url), { flatten: false });

for (const optimizer of ["sgd", "adam"] as const) {
  test(`${optimizer}, float64: every loss within 1e-9 of NumPy's, and the parameters at the end`, async () => {
    const { losses: want, sums } = reference.runs[optimizer];
    const random = new RandomState(0);
    using net = new SimpleConvNet(engine, { random, dtype: "float64" });
    const { losses } = await train(net, digits.train, {
      ...{ iterations: want.length, batchSize: 100, optimizer: OPTIMIZERS[optimizer], random, layout: "dense" },
      ...{ lossAt: "before update", evaluateTraining: false },
    });
    assert.is(losses.length, want.length);
    losses.forEach((loss, i) => {
      assert.ok(Math.abs(loss - want[i]!) <= 1e-9, `loss ${i}: ${loss}, NumPy ${want[i]}`);
    });
    for (const name of NAMES) {
      const total = net.parameters[name].data.reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(total - sums[name]!) <= 1e-8, `${name}: ${total}, NumPy ${sums[name]}`);
    }
  });
}

test("adam, float32: the first losses within 1e-4 of NumPy's", async () => {
  const { losses: want } = reference.runs.adam;
  const random = new RandomState(0);
  using net = new SimpleConvNet(engine, { random });
  const { losses } = await train(net, digits.train, {
    ...{ iterations: 10, batchSize: 100, optimizer: OPTIMIZERS.adam, random, layout: "dense" },
    ...{ lossAt: "before update", evaluateTraining: false },
  });
  losses.forEach((loss, i) => {
    assert.ok(Math.abs(loss - want[i]!) <= 1e-4, `loss ${i}: ${loss}, NumPy ${want[i]}`);
  });
});

test.run();
