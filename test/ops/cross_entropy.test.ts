import * as assert from "uvu/assert";

import { grad } from "../../src/autodiff/grad.ts";
import { gradCheck } from "../../src/autodiff/grad_check.ts";
import { compile } from "../../src/autodiff/program.ts";
import { DTypeError, IndexError, ShapeError } from "../../src/errors.ts";
import { mul } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf } from "../../src/tensor/expression.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("softmax cross entropy", engine);

for (const dtype of FLOATS) {
  test(`the mean over rows, from labels and from one-hot rows alike, with its gradient, ${dtype}`, () => {
    const [m, n] = [5, 7];
    const labels = [3, 0, 6, 2, 2];
    using z = tensor(engine, reals(m * n, 1, dtype), { dtype, shape: [m, n] });
    using t = tensor(engine, labels, { dtype: "int32" });
    using rows = tensor(engine, oracle.oneHot(n, labels), { dtype, shape: [m, n] });
    using dz = zeros(engine, [m, n], { dtype });
    const loss = softmaxCrossEntropy(z, t, { gradient: dz });
    const want = oracle.crossEntropy(n, z.data, rows.data) / m;
    const slopes = oracle.crossEntropyGradient(n, z.data, rows.data).map((value) => value / m);
    assertWithin([loss], [want], () => 20 * EPS[dtype], "loss");
    assertWithin(dz.data, slopes, () => 20 * EPS[dtype], "gradient");

    assert.is(softmaxCrossEntropy(z, t), loss, "without gradient");
    assert.is(softmaxCrossEntropy(z, rows), loss, "one-hot rows");
    using again = zeros(engine, [m, n], { dtype });
    assert.is(softmaxCrossEntropy(z, rows, { gradient: again }), loss);
    assertSame(again.data, dz.data, "one-hot rows");
    assert.is(softmaxCrossEntropy(z, t, { gradient: z }), loss);
    assertSame(z.data, dz.data, "onto z");
  });

  test(`equal logits cost ln n, ${dtype}`, () => {
    using z = zeros(engine, [3, 10], { dtype });
    using t = tensor(engine, [0, 5, 9], { dtype: "int32" });
    assertWithin([softmaxCrossEntropy(z, t)], [Math.log(10)], () => EPS.float64 * 4, "loss");
  });
}

test("central differences agree with the gradient of soft targets", () => {
  const [m, n] = [2, 3];
  using t = tensor(
    engine,
    [
      [0.2, 0.3, 0.5],
      [1, 0, 0],
    ],
    { dtype: "float64" },
  );
  const loss = (values: Float64Array) => {
    using z = tensor(engine, values, { shape: [m, n] });
    return softmaxCrossEntropy(z, t);
  };
  const values = reals(m * n, 2, "float64");
  using z = tensor(engine, values, { shape: [m, n] });
  using dz = zeros(engine, [m, n], { dtype: "float64" });
  softmaxCrossEntropy(z, t, { gradient: dz });
  assertWithin(dz.data, oracle.centralDifferences(loss, values, 1e-5), () => 1e-9, "gradient");
});

test("a label outside of the classes is refused, before anything is written", () => {
  using z = zeros(engine, [3, 4]);
  using gradient = zeros(engine, [3, 4]);
  for (const bad of [4, -1, 2 ** 31 - 1]) {
    using t = tensor(engine, [0, bad, 9], { dtype: "int32" });
    const error = assertThrows(() => softmaxCrossEntropy(z, t, { gradient }), IndexError, `${bad}`);
    assert.is(error.message, `softmaxCrossEntropy: t[1] is ${bad}; expected an integer from 0 to 3`);
    assert.equal(
      [error.op, error.argument, error.position, error.value, error.bound],
      ["softmaxCrossEntropy", "t", 1, bad, 4],
    );
  }
  assert.ok(gradient.data.every((value) => value === 0));
});

test("shapes that do not fit are refused, with both", () => {
  using z = zeros(engine, [2, 3]);
  const labels = (count: number) => zeros(engine, [count], { dtype: "int32" });
  using three = labels(3);
  using column = zeros(engine, [2, 1], { dtype: "int32" });
  using narrow = zeros(engine, [2, 2]);
  using none = zeros(engine, [0, 3]);
  using nobody = labels(0);
  using flat = zeros(engine, [6]);
  const messages = [
    [() => softmaxCrossEntropy(z, three), "t: expected [2], found [3]"],
    [() => softmaxCrossEntropy(z, column), "t: expected [2], found [2, 1]"],
    [() => softmaxCrossEntropy(z, narrow), "t: expected [2, 3], found [2, 2]"],
    [() => softmaxCrossEntropy(none, nobody), "z: expected at least one row, found [0, 3]"],
    [() => softmaxCrossEntropy(flat, flat), "z: expected a matrix with at least one column, found [6]"],
  ] as const;
  for (const [call, message] of messages) {
    assert.is(assertThrows(call, ShapeError, message).message, `softmaxCrossEntropy: ${message}`);
  }
});

test("targets of another float type are refused, with what is allowed", () => {
  using z = zeros(engine, [2, 3]);
  using t = zeros(engine, [2, 3], { dtype: "float64" });
  const error = assertThrows(() => softmaxCrossEntropy(z, t as never), DTypeError, "float64");
  assert.is(error.message, "softmaxCrossEntropy: t: expected dtype int32 labels or float32 targets, found float64");
});

test("the gradient may not be written over the targets", () => {
  using z = zeros(engine, [2, 3]);
  using t = zeros(engine, [2, 3], { name: "t" });
  const error = assertThrows(() => softmaxCrossEntropy(z, t, { gradient: t }), ShapeError, "t");
  assert.is(
    error.message,
    "softmaxCrossEntropy: gradient: expected memory apart from the inputs, found an overlap with t float32 [2, 3]",
  );
});

test("as an expression it is the same number, of labels and of targets, and names a label outside the classes", () => {
  using z = tensor(engine, reals(12, 1, "float64"), { shape: [3, 4] });
  using labels = tensor(engine, [3, 0, 2], { dtype: "int32" });
  using rows = tensor(engine, oracle.oneHot(4, [3, 0, 2]), { dtype: "float64", shape: [3, 4] });
  using program = compile({
    ofLabels: softmaxCrossEntropy(expressionOf(z), labels),
    ofRows: softmaxCrossEntropy(expressionOf(z), rows),
  });
  program.run();
  const { ofLabels, ofRows } = program.outputs;
  assert.is(ofLabels.toArray(), softmaxCrossEntropy(z, labels));
  assert.is(ofRows.toArray(), softmaxCrossEntropy(z, rows));
  labels.set([0, 4, 1]);
  const error = assertThrows(() => program.run(), IndexError, "a label of 4");
  assert.match(error.message, /^softmaxCrossEntropy: t/);
});

test("it has a gradient for logits and for targets, and its gradient has both in turn", () => {
  using z = tensor(engine, reals(12, 1, "float64"), { shape: [3, 4] });
  using t = tensor(engine, reals(12, 2, "float64"), { shape: [3, 4] }); // of any sum
  using weights = tensor(engine, reals(12, 3, "float64"), { shape: [3, 4] });
  using labels = tensor(engine, [3, 0, 2], { dtype: "int32" });
  type Doubles = Expression<"float64">;
  const slope = (z: Doubles, t: Doubles) => grad((z: Doubles) => softmaxCrossEntropy(z, t))(z)[0] as Doubles;
  const slopeOfLabels = (z: Doubles) => grad((z: Doubles) => softmaxCrossEntropy(z, labels))(z)[0] as Doubles;
  assert.ok(gradCheck((z, t) => softmaxCrossEntropy(z, t), [z, t]).passed);
  assert.ok(gradCheck((z) => softmaxCrossEntropy(z, labels), [z]).passed);
  assert.ok(gradCheck((z, t) => sum(mul(slope(z, t), weights)), [z, t]).passed, "second");
  assert.ok(gradCheck((z) => sum(mul(slopeOfLabels(z), weights)), [z]).passed, "second, of labels");
});

test.run();
