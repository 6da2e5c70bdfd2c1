/** Which values become one instruction, and which must not: what comes out is what the operations give one by one. */
import * as assert from "uvu/assert";
import { operandsOf } from "../../src/autodiff/graph.ts";
import { compile, type Program } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { relu, sigmoid } from "../../src/nn/layers/activations.ts";
import { affine } from "../../src/ops/affine.ts";
import { apply } from "../../src/ops/apply.ts";
import { add } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { compress, gatherSparseRows } from "../../src/ops/sparse.ts";
import { sum } from "../../src/ops/sum.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { effect, SGD } from "../../src/ops/update.ts";
import { type Expression, expressionOf, type Value } from "../../src/tensor/expression.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { assertEqual, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { integers, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
const test = leakFreeSuite("fused operations", engine);

type Doubles = Tensor<"float64">;

function matrix(shape: readonly number[], seed: number): Doubles {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return tensor(engine, integers(count, seed), { shape });
}

/** η = 1, without decay. */
function unitRates(): Doubles {
  return tensor(engine, Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0));
}

function less(a: Doubles, b: Doubles): Float64Array {
  return Float64Array.from(a.data, (value, i) => value - b.data[i]!);
}

/** Whole numbers as a dense matrix and as sparse rows, the caller's both. */
function bothOf(shape: readonly [number, number], seed: number): { dense: Doubles; sparse: SparseMatrix<"float64"> } {
  const bytes = Uint8Array.from(integers(shape[0] * shape[1], seed), (value) => Math.max(0, value));
  using table = tensor(engine, bytes, { shape });
  using rows = compress(table);
  using all = tensor(
    engine,
    Int32Array.from({ length: shape[0] }, (_, i) => i),
  );
  const sparse = new SparseMatrix(engine, shape, { dtype: "float64", maxRowNonzeros: shape[1] });
  gatherSparseRows(rows, all, sparse);
  return { dense: tensor(engine, Float64Array.from(bytes), { shape }), sparse };
}

function instructionsOf(program: Program<string>): string[] {
  return program.instructions.map(({ origin }) => (origin.kind === "computed" ? origin.operation.name : origin.kind));
}

/** Runs a program once, and holds its only output against a value. */
function assertGives(y: Expression, want: Doubles, instructions: readonly string[]): void {
  using program = compile({ y });
  program.run();
  assertEqual(program.outputs.y.data as Float64Array, want.data, "y");
  assert.equal(instructionsOf(program), instructions);
}

test("a value that is asked for, too, is computed for itself", () => {
  using x = matrix([5, 4], 1);
  using w = matrix([4, 3], 2);
  using b = matrix([3], 3);
  const product = matmul(expressionOf(x), w);
  const z = add(product, b);
  const y = relu(z);
  for (const [asked, instructions] of [
    [{ y }, ["affine"]],
    [{ product, y }, ["matmul", "add", "relu"]],
    [{ z, y }, ["affine", "relu"]],
    [{ product, z, y }, ["matmul", "add", "relu"]],
  ] as const) {
    using program = compile<string>(asked);
    assert.equal(instructionsOf(program), instructions);
  }
});

test("a gradient that is asked for, too, is stored, and the step is the same", () => {
  using x = matrix([5, 4], 1);
  using d = matrix([5, 3], 2);
  using rates = unitRates();
  const [left, right] = [expressionOf(x), expressionOf(d)];
  for (const [shape, g, alone, both] of [
    [[4, 3], matmul(left, right, { transpose: "a" }), ["sgd of product"], ["matmul", "sgd"]],
    [[3], sum(right, { axes: [0] }), ["sgd of sums"], ["sum", "sgd"]],
  ] as const) {
    using w = matrix(shape, 3);
    using same = matrix(shape, 3);
    const [step, other] = [effect(SGD, w, [rates, g], {}), effect(SGD, same, [rates, g], {})];
    using fused = compile({}, { effects: [step] });
    using stored = compile({ g }, { effects: [other] });
    assert.equal([instructionsOf(fused), instructionsOf(stored)], [alone, both]);
    using before = matrix(shape, 3);
    fused.run();
    stored.run();
    assertEqual(w.data, less(before, stored.outputs.g as Doubles), "in one instruction");
    assertEqual(same.data, w.data, "in two");
  }
});

test("a step along a product is one instruction, however its operands are read", () => {
  using rates = unitRates();
  for (const [transpose, left, right] of [
    ["none", [4, 5], [5, 3]],
    ["a", [5, 4], [5, 3]],
    ["b", [4, 5], [3, 5]],
    ["both", [5, 4], [3, 5]],
  ] as const) {
    using a = matrix(left, 1);
    using b = matrix(right, 2);
    using w = matrix([4, 3], 3);
    using product = matmul(a, b, { transpose, alpha: 2 });
    const want = less(w, product);
    const g = matmul(expressionOf(a), b, { transpose, alpha: 2 });
    using step = compile({}, { effects: [effect(SGD, w, [rates, g], {})] });
    step.run();
    assertEqual(w.data, want, transpose);
    assert.equal(instructionsOf(step), ["sgd of product"], transpose);
  }
});

test("a product reads transposes by columns; of sparse rows it reads none", () => {
  using a = matrix([4, 5], 1);
  using b = matrix([3, 4], 2);
  using want = matmul(a, b, { transpose: "both" });
  assertGives(matmul(transpose(expressionOf(a)), transpose(expressionOf(b))), want, ["matmul"]);
  const { dense, sparse } = bothOf([5, 4], 3);
  using x = dense;
  using rows = sparse;
  using product = matmul(x, b, { transpose: "b" });
  assertGives(matmul(rows, transpose(expressionOf(b))), product, ["transpose", "matmul"]);
});

test("a transposed operand of a transposed product is read as it lies", () => {
  for (const t of ["none", "a", "b", "both"] as const) {
    using a = matrix(t === "a" || t === "both" ? [3, 2] : [2, 3], 1);
    using b = matrix(t === "b" || t === "both" ? [4, 3] : [3, 4], 2);
    using turnedA = transpose(a);
    using turnedB = transpose(b);
    using want = matmul(a, b, { transpose: t });
    const [left, right] = [transpose(expressionOf(turnedA)), transpose(expressionOf(turnedB))];
    assertGives(matmul(left, expressionOf(b), { transpose: t }), want, ["matmul"]);
    assertGives(matmul(expressionOf(a), right, { transpose: t }), want, ["matmul"]);
    assertGives(matmul(left, right, { transpose: t }), want, ["matmul"]);
  }
});

test("what a transpose is read by columns for may be turned for another, too", () => {
  using a = matrix([4, 5], 1);
  using b = matrix([4, 3], 2);
  const turned = transpose(expressionOf(a));
  using program = compile({ turned, product: matmul(turned, b) });
  program.run();
  using want = transpose(a);
  using product = matmul(a, b, { transpose: "a" });
  assertEqual(program.outputs.turned.data as Float64Array, want.data, "the transpose");
  assertEqual(program.outputs.product.data as Float64Array, product.data, "the product");
  assert.equal(instructionsOf(program), ["transpose", "matmul"]);
});

test("a bias joins a product of sparse rows as they stand, not of transposed ones", () => {
  using w = matrix([4, 3], 2);
  using d = matrix([5, 3], 3);
  using b = matrix([3], 4);
  const { dense, sparse } = bothOf([5, 4], 1);
  using x = dense;
  using rows = sparse;
  using forward = affine(x, w, b);
  assertGives(add(b, matmul(rows, expressionOf(w))) as Expression, forward, ["affine"]);
  using backward = matmul(x, d, { transpose: "a" });
  using moved = add(backward, b);
  assertGives(add(matmul(rows, expressionOf(d), { transpose: "a" }), b), moved, ["matmul", "add"]);
});

test("of two activations in a row the second is an instruction of its own", () => {
  using x = matrix([5, 4], 1);
  using w = matrix([4, 3], 2);
  using b = matrix([3], 3);
  using program = compile({ y: sigmoid(affine(expressionOf(x), w, b, { activation: "relu" })) });
  program.run();
  using hidden = affine(x, w, b, { activation: "relu" });
  using want = sigmoid(hidden);
  assertWithin(program.outputs.y.data, want.data, () => 1e-15, "y");
  assert.equal(instructionsOf(program), ["affine", "sigmoid"]);
});

test("a step along a product of sparse rows as they stand stores the product", () => {
  using b = matrix([4, 3], 2);
  using w = matrix([5, 3], 3);
  using rates = unitRates();
  const { dense, sparse } = bothOf([5, 4], 1);
  using x = dense;
  using rows = sparse;
  const g = matmul(rows, expressionOf(b));
  using step = compile({}, { effects: [effect(SGD, w, [rates, g], {})] });
  assert.equal(instructionsOf(step), ["matmul", "sgd"]);
  using product = matmul(x, b);
  const want = less(w, product);
  step.run();
  assertEqual(w.data, want, "w");
});

test("a step along a product of transposed sparse rows is one instruction", () => {
  using d = matrix([5, 3], 2);
  using w = matrix([4, 3], 3);
  using rates = unitRates();
  const { dense, sparse } = bothOf([5, 4], 1);
  using x = dense;
  using rows = sparse;
  const g = matmul(rows, expressionOf(d), { transpose: "a" });
  using step = compile({}, { effects: [effect(SGD, w, [rates, g], {})] });
  assert.equal(instructionsOf(step), ["sgd of product"]);
  using product = matmul(x, d, { transpose: "a" });
  const want = less(w, product);
  step.run();
  assertEqual(w.data, want, "w");
});

test("sums of a parameter that another step changes are those from before it", () => {
  using w = matrix([4, 3], 1);
  using b = matrix([3], 2);
  using g = matrix([4, 3], 3);
  using rates = unitRates();
  const sums = sum(expressionOf(w), { axes: [0] });
  using program = compile({}, { effects: [effect(SGD, w, [rates, g], {}), effect(SGD, b, [rates, sums], {})] });
  using before = sum(w, { axes: [0] });
  const want = less(b, before);
  program.run();
  assertEqual(b.data, want, "b");
});

test("a step along other sums than a matrix's over its rows is the same step", () => {
  using rates = unitRates();
  for (const [shape, axes] of [
    [[4, 3], [0]],
    [[4, 3], [1]],
    [
      [4, 3],
      [0, 1],
    ],
    [[4], [0]],
    [[2, 4, 3], [0]],
    [
      [2, 4, 3],
      [0, 1],
    ],
    [[2, 4, 3], [1]],
  ] as const) {
    using x = matrix(shape, 1);
    using sums = sum(x, { axes });
    using w = matrix(sums.shape, 2);
    const want = less(w, sums);
    using step = compile({}, { effects: [effect(SGD, w, [rates, sum(expressionOf(x), { axes })], {})] });
    step.run();
    assertEqual(w.data, want, `${shape.join("×")} over ${axes}`);
  }
});

test("a loss is computed with its own gradient, not with that of other labels or other logits", () => {
  using z = tensor(engine, reals(12, 1, "float64"), { shape: [4, 3] });
  using v = tensor(engine, reals(12, 2, "float64"), { shape: [4, 3] });
  using first = tensor(engine, Int32Array.of(0, 1, 2, 1));
  using second = tensor(engine, Int32Array.of(2, 2, 0, 0));
  const leaf = expressionOf(z);
  const loss = softmaxCrossEntropy(leaf, first);
  const [dz] = gradientsOf(loss, [leaf]) as [Expression];
  const others = { labels: softmaxCrossEntropy(leaf, second), logits: softmaxCrossEntropy(expressionOf(v), first) };
  using program = compile({ ...others, dz });
  program.run();
  const { labels, logits } = program.outputs;
  assertWithin(labels.data, [softmaxCrossEntropy(z, second)], () => 1e-15, "other labels");
  assertWithin(logits.data, [softmaxCrossEntropy(v, first)], () => 1e-15, "other logits");
  using whole = compile({ ...others, loss, dz });
  assert.equal(instructionsOf(whole).sort(), [
    "softmaxCrossEntropy",
    "softmaxCrossEntropy",
    "softmaxCrossEntropyGradient",
  ]);
  whole.run();
  assertWithin(whole.outputs.loss.data, [softmaxCrossEntropy(z, first)], () => 1e-15, "its own");
});

/** x · 2, under any name. */
function twice(name: string): Operation {
  return {
    name,
    spec: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
    bind: ({ kernels, result: { shape }, at: [x], out }) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      return [kernels.copy(count, x?.pointer ?? 0, out.pointer), kernels.axpby(count, out.pointer, out.pointer, 1, 1)];
    },
  };
}

test("somebody's own operation under a name of ours stays what it is", () => {
  using x = matrix([5, 4], 1);
  using w = matrix([4, 3], 2);
  using rates = unitRates();
  using product = matmul(x, w);
  const want = product.data.map((value) => 2 * value);
  for (const name of ["add", "relu", "sigmoid", "matmul", "transpose", "affine", "softmaxCrossEntropy"]) {
    const y = apply(twice(name), [add(matmul(expressionOf(x), w), 0)], {}) as Expression;
    using program = compile({ y });
    program.run();
    assertEqual(program.outputs.y.data as Float64Array, want, name);
    assert.equal(operandsOf(program.instructions.at(-1)!).length, 1, name);
  }
  using nothing = tensor(engine, new Float64Array(3));
  const z = affine(expressionOf(x), w, nothing);
  using activated = compile({ y: apply(twice("relu"), [z], {}) as Expression });
  activated.run();
  assertEqual(activated.outputs.y.data as Float64Array, want, "relu of a layer");
  for (const name of ["sum", "matmul"]) {
    using target = matrix([4, 3], 3);
    const expected = target.data.map((value, i) => value - 2 * w.data[i]!);
    const g = apply(twice(name), [expressionOf(w)], {}) as Expression;
    using step = compile({}, { effects: [effect(SGD, target, [rates, g], {})] });
    step.run();
    assertEqual(target.data, expected, `a step along ${name}`);
  }
});

test.run();
