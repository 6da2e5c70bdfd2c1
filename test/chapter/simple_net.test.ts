/** The chapter's smallest network beside the same by hand. */
import * as assert from "uvu/assert";
import { SimpleNet } from "../../src/chapter/simple_net.ts";
import { DisposedError, DTypeError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { labelsFor, matrix, TOLERANCE } from "../nn/by_hand.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("SimpleNet", engine);

test("where nothing is said, it is 2×3 in float32, and W is standard normal, drawn row by row", () => {
  using net = new SimpleNet(engine, { random: new RandomState(7) });
  assert.equal([net.inputSize, net.outputSize, net.dtype], [2, 3, "float32"]);
  assert.equal([...net.parameters.W.shape], [2, 3]);
  assertSame(net.parameters.W.data, Float32Array.from(new RandomState(7).randn(2, 3)), "W");
  using wide = new SimpleNet(engine, { random: new RandomState(7), inputSize: 4, outputSize: 5, dtype: "float64" });
  assert.equal([wide.inputSize, wide.outputSize, wide.dtype], [4, 5, "float64"]);
  assertSame(wide.parameters.W.data, new RandomState(7).randn(4, 5), "W");
});

for (const dtype of FLOATS) {
  test(`logits, losses and gradients are those by hand, ${dtype}`, () => {
    const [m, k, n] = [6, 4, 3];
    using net = new SimpleNet(engine, { random: new RandomState(1), inputSize: k, outputSize: n, dtype });
    using x = matrix(engine, dtype, m, k, 2);
    using labels = labelsFor(engine, m, n);
    using soft = tensor(engine, reals(m * n, 3, dtype).map(Math.abs), { dtype, shape: [m, n] });
    const [w, inputs] = [Float64Array.from(net.parameters.W.data), Float64Array.from(x.data)];
    const z = oracle.product(m, n, k, inputs, w);
    const near = () => TOLERANCE[dtype];
    using logits = net.predict(x);
    assertWithin(logits.data, z, near, "logits");
    for (const [t, targets] of [
      [labels, oracle.oneHot(n, labels.data)],
      [soft, Float64Array.from(soft.data)],
    ] as const) {
      assertWithin([net.loss(x, t)], [oracle.crossEntropy(n, z, targets) / m], near, "loss");
      const dz = oracle.crossEntropyGradient(n, z, targets).map((value) => value / m);
      const want = oracle.product(k, n, m, oracle.transposed(m, k, inputs), dz);
      assertWithin(net.gradient(x, t).W.data, want, near, "gradient");
      assertWithin(net.numericalGradient(x, t).W.data, want, () => (dtype === "float64" ? 1e-8 : 1e-3), "differences");
    }
  });
}

test("differences are taken a step of h away, 1e-4 of it in float64 where nothing is said, 1e-2 in float32", () => {
  for (const [dtype, usual] of [
    ["float64", 1e-4],
    ["float32", 1e-2],
  ] as const) {
    using net = new SimpleNet(engine, { random: new RandomState(1), dtype });
    const [x, t] = [[0.6, 0.9], [2]] as const;
    const w = Float64Array.from(net.parameters.W.data);
    const lossAt = (moved: Float64Array) =>
      oracle.crossEntropy(3, oracle.product(1, 3, 2, Float64Array.from(x), moved), [0, 0, 1]);
    for (const h of [0.5, usual]) {
      const found = h === usual ? net.numericalGradient(x, t) : net.numericalGradient(x, t, { h });
      const want = oracle.centralDifferences(lossAt, w, h);
      // Of h = 0.5 the curvature is seen; rounding of the loss is divided by 2h.
      assertWithin(found.W.data, want, () => ((dtype === "float64" ? 2 ** -50 : 2 ** -21) * 4) / (2 * h), `h = ${h}`);
    }
    assertSame(net.parameters.W.data, w, "W is put back");
    assert.is(assertThrows(() => net.numericalGradient(x, t, { h: 0 }), OptionError, "h").option, "h");
  }
});

test("one row alone is a minibatch of one, and answers are the caller's", () => {
  using net = new SimpleNet(engine, { random: new RandomState(1) });
  using alone = net.predict([0.6, 0.9]);
  const before = alone.data.slice();
  using two = net.predict([
    [0.6, 0.9],
    [1, -1],
  ]);
  assert.equal(
    [alone.shape, two.shape],
    [
      [1, 3],
      [2, 3],
    ],
  );
  assertSame(alone.data, before, "kept");
  assertSame(two.data.subarray(0, 3), before, "the same row among others");
});

test("what does not fit is refused, and leaves nothing behind", () => {
  const random = new RandomState(0);
  for (const option of ["inputSize", "outputSize"] as const) {
    const made = () => new SimpleNet(engine, { random, [option]: 1.5 });
    assert.is(assertThrows(made, OptionError, option).option, option);
  }
  assertThrows(() => new SimpleNet(engine, { random, dtype: "int32" as never }), DTypeError, "dtype");
  const net = new SimpleNet(engine, { random });
  net.gradient([1, 2], [0]);
  net.numericalGradient([1, 2], [0]);
  net.loss([1, 2], [0]);
  const { tensors, bytes } = engine.stats();
  using wide = tensor(engine, [[1, 2, 3]]);
  assertThrows(() => net.predict(wide), ShapeError, "predict");
  assertThrows(() => net.predict([1, 2, 3]), ShapeError, "predict numbers");
  for (const of of ["loss", "gradient", "numericalGradient"] as const) {
    assertThrows(() => net[of]([1, 2], [0, 1]), ShapeError, `${of}: labels`);
    assertThrows(() => net[of]([1, 2], [3]), IndexError, `${of}: a label`);
  }
  wide.dispose();
  assert.equal([engine.stats().tensors, engine.stats().bytes], [tensors, bytes]);
  net.dispose();
  net.dispose();
  assertThrows(() => net.predict([1, 2]), DisposedError, "predict");
  assertThrows(() => net.gradient([1, 2], [0]), DisposedError, "gradient");
});

test.run();
