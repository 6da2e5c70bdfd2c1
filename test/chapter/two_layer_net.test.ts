import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { DisposedError, DTypeError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { gatherRows } from "../../src/ops/gather.ts";
import { compress, gatherSparseRows } from "../../src/ops/sparse.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";

const test = suite("TwoLayerNet");
const engine = await loadEngine();
const PARAMETERS = ["W1", "b1", "W2", "b2"] as const;
const sizes = { inputSize: 7, hiddenSize: 5, outputSize: 4 };

function rows(random: RandomState, count: number, width: number): number[][] {
  return Array.from({ length: count }, () => [...random.randn(width)]);
}

test("backpropagation agrees with central differences for labels, one-hot rows and soft targets", () => {
  const random = new RandomState(3);
  using net = new TwoLayerNet(engine, { ...sizes, random, weightInitStd: 0.7, dtype: "float64" });
  const x = rows(random, 6, 7);
  const labels = [0, 3, 2, 1, 1, 0];
  const oneHot = labels.map((label) => [0, 1, 2, 3].map((j) => (j === label ? 1 : 0)));
  const soft = rows(random, 6, 4).map((row) => row.map(Math.abs)); // rows that do not sum to one
  for (const t of [labels, oneHot, soft]) {
    const numerical = net.numericalGradient(x, t);
    const gradient = net.gradient(x, t);
    for (const name of PARAMETERS) {
      const want = numerical[name].data;
      gradient[name].data.forEach((got, i) => {
        assert.ok(Math.abs(got - want[i]!) <= 1e-8, `${name}[${i}]: ${got}, by differences ${want[i]}`);
      });
      assert.ok(
        want.some((value) => Math.abs(value) > 1e-3),
        `${name} has a gradient worth comparing`,
      );
    }
  }
});

test("numerical gradients put every parameter back, also when h is refused or the loss throws", () => {
  const random = new RandomState(4);
  using net = new TwoLayerNet(engine, { ...sizes, random, dtype: "float64" });
  const before = PARAMETERS.map((name) => [...net.parameters[name].data]);
  net.numericalGradient(rows(random, 2, 7), [0, 1]);
  assert.throws(
    () => net.numericalGradient(rows(random, 2, 7), [0, 1], { h: 0 }),
    (e: unknown) => e instanceof OptionError,
  );
  assert.throws(
    () => net.numericalGradient(rows(random, 2, 7), [0, 9]),
    (e: unknown) => e instanceof IndexError,
  );
  assert.equal(
    PARAMETERS.map((name) => [...net.parameters[name].data]),
    before,
  );
});

test("numericalGradient runs on the whole 784-50-10 network and a whole minibatch", () => {
  const random = new RandomState(5);
  using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random, dtype: "float64" });
  const x = random.rand(100, 784);
  const t = random.choice(10, 100);
  const numerical = net.numericalGradient(x, t);
  const gradient = net.gradient(x, t);
  for (const name of PARAMETERS) {
    const want = numerical[name].data;
    const worst = gradient[name].data.reduce((most, got, i) => Math.max(most, Math.abs(got - want[i]!)), 0);
    assert.ok(worst <= 1e-9, `${name}: worst difference ${worst}`);
  }
});

test("weights are drawn W1 first, then W2, times the standard deviation; biases are 0", () => {
  for (const dtype of ["float32", "float64"] as const) {
    using net = new TwoLayerNet(engine, { ...sizes, random: new RandomState(0), weightInitStd: 0.5, dtype });
    const random = new RandomState(0);
    const { W1, b1, W2, b2 } = net.parameters;
    const store = dtype === "float32" ? Math.fround : (value: number) => value;
    assert.equal(
      [...W1.data],
      [...random.randn(7, 5)].map((value) => store(0.5 * value)),
    );
    assert.equal(
      [...W2.data],
      [...random.randn(5, 4)].map((value) => store(0.5 * value)),
    );
    assert.equal([...b1.data, ...b2.data], Array(9).fill(0));
  }
});

test("without random numbers, all parameters are 0", () => {
  using net = new TwoLayerNet(engine, sizes);
  for (const name of PARAMETERS)
    assert.ok(
      net.parameters[name].data.every((value) => value === 0),
      name,
    );
});

test("what training asks for is its network's: counts, an optimizer's state, a step", () => {
  const random = new RandomState(10);
  using net = new TwoLayerNet(engine, { ...sizes, random, weightInitStd: 1 });
  using same = new TwoLayerNet(engine, sizes);
  for (const name of PARAMETERS) same.parameters[name].data.set(net.parameters[name].data);
  using x = tensor(engine, rows(random, 6, 7));
  using t = tensor(engine, Int32Array.of(0, 1, 2, 3, 0, 1));
  using y = net.predict(x);
  const largest = (y.toArray() as number[][]).map((row) => row.indexOf(Math.max(...row)));
  assert.is(net.countCorrect(x, t), largest.filter((label, i) => label === t.data[i]).length);
  using state = net.optimize(sgd({ learningRate: 0.5 }));
  using step = net.trainingStep(state, { x: expressionOf(x), t: expressionOf(t) });
  step.run();
  same.step(x, t, 0.5);
  assert.is(state.step, 1);
  for (const name of PARAMETERS) assert.equal(net.parameters[name].data, same.parameters[name].data, name);
});

test("a minibatch's loss and accuracy are those of its examples taken alone", () => {
  const random = new RandomState(6);
  using net = new TwoLayerNet(engine, { ...sizes, random, weightInitStd: 1, dtype: "float64" });
  const x = rows(random, 9, 7);
  const t = [...random.choice(4, 9)];
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const losses = x.map((row, i) => net.loss(row, t[i]!));
  assert.ok(Math.abs(net.loss(x, t) - mean(losses)) <= 1e-14);
  assert.is(net.accuracy(x, t), mean(x.map((row, i) => net.accuracy(row, t[i]!))));
  const oneHot = t.map((label) => [0, 1, 2, 3].map((j) => (j === label ? 1 : 0)));
  assert.is(net.accuracy(x, oneHot), net.accuracy(x, t));
});

test("a step on sparse rows is the step on the same rows, within rounding", () => {
  const random = new RandomState(8);
  const options = { ...sizes, weightInitStd: 1, dtype: "float64" } as const;
  using onDense = new TwoLayerNet(engine, { ...options, random: new RandomState(9) });
  using onSparse = new TwoLayerNet(engine, { ...options, random: new RandomState(9) });
  const bytes = Uint8Array.from(random.randint(-200, 200, 6 * 7), (value) => Math.max(0, value));
  using table = tensor(engine, bytes, { shape: [6, 7] });
  using indices = tensor(engine, Int32Array.of(0, 1, 2, 3, 4, 5));
  using labels = tensor(engine, Int32Array.of(0, 1, 2, 3, 0, 1));
  using compressed = compress(table);
  using sparse = new SparseMatrix(engine, [6, 7], { dtype: "float64", maxRowNonzeros: 7 });
  using dense = zeros(engine, [6, 7], { dtype: "float64" });
  gatherSparseRows(compressed, indices, sparse, 1 / 255);
  gatherRows(table, indices, dense, 1 / 255);

  const want = onDense.gradient(dense, labels).W1.data;
  for (const [i, value] of onSparse.gradient(sparse, labels).W1.data.entries()) {
    assert.ok(Math.abs(value - want[i]!) <= 1e-15, `dW1[${i}]`);
  }
  onDense.step(dense, labels, 0.5);
  onSparse.step(sparse, labels, 0.5);
  for (const name of PARAMETERS) {
    for (const [i, value] of onSparse.parameters[name].data.entries()) {
      assert.ok(Math.abs(value - onDense.parameters[name].data[i]!) <= 1e-14, `${name}[${i}]`);
    }
  }
});

test("one step down the gradient lowers the loss, and is parameter - learningRate · gradient", () => {
  const random = new RandomState(7);
  using net = new TwoLayerNet(engine, { ...sizes, random, weightInitStd: 1, dtype: "float64" });
  const x = rows(random, 5, 7);
  const t = [0, 1, 2, 3, 0];
  const before = net.loss(x, t);
  const gradient = [...net.gradient(x, t).W1.data];
  const weights = [...net.parameters.W1.data];
  net.descend(0.125); // a power of two: the products are exact, so fused and plain arithmetic agree
  assert.equal(
    [...net.parameters.W1.data],
    weights.map((w, i) => w - 0.125 * gradient[i]!),
  );
  assert.ok(net.loss(x, t) < before);
});

test("a network gives back all its memory, and temporary tensors go also when a call throws", () => {
  const before = engine.stats();
  {
    using net = new TwoLayerNet(engine, { ...sizes, random: new RandomState(0) });
    const x = [1, 2, 3, 4, 5, 6, 7];
    net.predict(x).dispose();
    net.gradient([x, x], [0, 1]);
    net.numericalGradient(x, [1]);
    net.loss([x, x], [0, 1]); // from here on the network has its programs for these sizes
    using foreign = tensor(engine, [[1, 2, 3]]);
    const inside = engine.stats().tensors;
    assert.throws(
      () => net.predict(foreign),
      (e: unknown) => e instanceof ShapeError,
    );
    assert.throws(
      () => net.loss([x, x], [0, 4]),
      (e: unknown) => e instanceof IndexError,
    );
    assert.throws(
      () => net.loss([1, 2, 3], [0]),
      (e: unknown) => e instanceof ShapeError,
    );
    assert.throws(
      () => net.loss([x, x], [0, 1, 2]),
      (e: unknown) => e instanceof ShapeError,
    );
    assert.is(engine.stats().tensors, inside);
  }
  assert.is(engine.stats().tensors, before.tensors);
  assert.is(engine.stats().bytes, before.bytes);
});

test("bad sizes, dtypes and use after dispose are refused by name", () => {
  const random = new RandomState(0);
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    for (const size of ["inputSize", "hiddenSize", "outputSize"] as const) {
      assert.throws(
        () => new TwoLayerNet(engine, { ...sizes, [size]: bad, random }),
        (e: unknown) => e instanceof OptionError && e.option === size,
      );
    }
  }
  assert.throws(
    () => new TwoLayerNet(engine, { ...sizes, random, weightInitStd: Number.NaN }),
    (e: unknown) => e instanceof OptionError && e.option === "weightInitStd",
  );
  using net = new TwoLayerNet(engine, { ...sizes, random });
  using doubles = tensor(engine, new Float64Array(7), { shape: [1, 7] });
  assert.throws(
    () => net.predict(doubles as never),
    (e: unknown) => e instanceof DTypeError,
  );
  net.dispose();
  net.dispose();
  assert.throws(
    () => net.loss([1, 2, 3, 4, 5, 6, 7], 1),
    (e: unknown) => e instanceof DisposedError,
  );
});

test.run();
