import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { DTypeError, EngineMismatchError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { addBias } from "../../src/ops/bias.ts";
import { batchOf, gatherRows } from "../../src/ops/gather.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { compress, compressed, densityOf, gatherSparseRows, sparseAffine, sparseAxpy } from "../../src/ops/sparse.ts";
import { sum } from "../../src/ops/sum.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { argument, expressionOf } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { AllocationError } from "../../src/wasm/errors.ts";
import { computingTime } from "../support/clock.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { nearRelative } from "../support/numbers.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("sparse operations");

/** rows × k bytes, a fifth of them not zero. */
function bytes(rows: number, k: number, seed = 1): Uint8Array {
  const random = new RandomState(seed);
  const [chance, value] = [random.rand(rows, k), random.randint(1, 256, rows * k)];
  return Uint8Array.from(chance, (draw, i) => (draw < 0.2 ? value[i]! : 0));
}

for (const dtype of FLOATS) {
  test(`a minibatch of sparse rows gives the products of the dense one, within rounding, ${dtype}`, () => {
    const random = new RandomState(2);
    const [k, n] = [90, 23];
    using x = tensor(engine, bytes(40, k), { shape: [40, k] });
    using indices = tensor(engine, random.choice(40, 17));
    using w = tensor(engine, random.randn(k, n), { dtype, shape: [k, n] });
    using b = tensor(engine, random.randn(n), { dtype });
    using d = tensor(engine, random.randn(17, n), { dtype, shape: [17, n] });
    using sparse = compress(x);
    using rows = new SparseMatrix(engine, [17, k], { dtype, maxRowNonzeros: sparse.maxRowNonzeros });
    using dense = zeros(engine, [17, k], { dtype });
    gatherSparseRows(sparse, indices, rows, 1 / 255);
    gatherRows(x, indices, dense, 1 / 255);

    const eps = dtype === "float32" ? 2 ** -24 : 2 ** -53;
    using product = matmul(dense, w);
    using want = addBias(product, b);
    using got = sparseAffine(rows, w, b);
    // Every term is below 4 in size, and at most k of them are added.
    for (const [i, value] of got.data.entries()) {
      assert.ok(Math.abs(value - want.data[i]!) <= 4 * k * k * eps, `z[${i}]`);
    }

    using gradient = matmul(dense, d, { transpose: "a" });
    using sum = zeros(engine, [k, n], { dtype });
    sparseAxpy(1, rows, d, sum);
    for (const [i, value] of sum.data.entries()) {
      assert.ok(Math.abs(value - gradient.data[i]!) <= 4 * 17 * 17 * eps, `dW[${i}]`);
    }
    assert.is(rows.nonzeros, Array.from<number>(dense.data).filter((value) => value !== 0).length);
  });
}

test("density is the share of bytes that are not zero, and compress finds the maxRowNonzeros row", () => {
  using x = tensor(engine, Uint8Array.of(0, 1, 0, 0, 2, 3), { shape: [2, 3] });
  nearRelative(Float64Array.of(densityOf(x)), [0.5], 0, "density");
  using sparse = compress(x);
  assert.equal([sparse.nonzeros, sparse.maxRowNonzeros, sparse.capacity], [3, 2, 3]);
  using nothing = zeros(engine, [0, 3], { dtype: "uint8" });
  assert.is(densityOf(nothing), 0);
  compress(nothing).dispose();
});

test("operands that do not fit are refused before anything is written, and nothing is left behind", async () => {
  using other = await Engine.load({ build: BUILD });
  using x = tensor(engine, bytes(5, 6), { shape: [5, 6] });
  using sparse = compress(x);
  using rows = new SparseMatrix(engine, [2, 6], { dtype: "float32", maxRowNonzeros: 6 });
  using narrow = new SparseMatrix(engine, [2, 6], { dtype: "float32", maxRowNonzeros: 0 });
  using foreign = new SparseMatrix(other, [2, 6], { dtype: "float32", maxRowNonzeros: 6 });
  using many = new SparseMatrix(engine, [3, 6], { dtype: "float32", maxRowNonzeros: 6 });
  using wide = new SparseMatrix(engine, [2, 7], { dtype: "float32", maxRowNonzeros: 6 });
  using indices = tensor(engine, Int32Array.of(0, 4));
  using beyond = tensor(engine, Int32Array.of(0, 5));
  using square = zeros(engine, [1, 2], { dtype: "int32" });
  using w = zeros(engine, [6, 3]);
  using tall = zeros(engine, [7, 3]);
  using doubles = zeros(engine, [6, 3], { dtype: "float64" });
  using b = zeros(engine, [3]);
  using long = zeros(engine, [4]);
  using d = zeros(engine, [2, 3]);
  const before = engine.stats();
  const cases = {
    "no room": [() => gatherSparseRows(sparse, indices, narrow), ShapeError],
    "rows of y": [() => gatherSparseRows(sparse, indices, many), ShapeError],
    "columns of y": [() => gatherSparseRows(sparse, indices, wide), ShapeError],
    "indices that are no vector": [() => gatherSparseRows(sparse, square, rows), ShapeError],
    "indices among the starts of y": [() => gatherSparseRows(sparse, rows.starts.part(0, [2]), rows), ShapeError],
    "an index beyond": [() => gatherSparseRows(sparse, beyond, rows), IndexError],
    "another engine": [() => gatherSparseRows(sparse, indices, foreign), EngineMismatchError],
    "no sparse matrix": [() => sparseAffine(w as never, w, b), OptionError],
    "inner sizes": [() => sparseAffine(rows, tall, b), ShapeError],
    "bias length": [() => sparseAffine(rows, w, long), ShapeError],
    "mixed dtypes": [() => sparseAffine(rows, doubles as never, b), DTypeError],
    "bytes as floats": [() => sparseAffine(sparse as never, w, b), DTypeError],
    "rows of d": [() => sparseAxpy(1, rows, w, w), ShapeError],
    "shape of w": [() => sparseAxpy(1, rows, d, tall), ShapeError],
    "z over the values of x": [() => sparseAffine(rows, w, b, { out: rows.values.part(3, [2, 3]) }), ShapeError],
    "w over the values of x": [() => sparseAxpy(1, rows, d, rows.values.part(0, [6, 3])), ShapeError],
    "no number": [() => sparseAxpy("1" as never, rows, d, w), OptionError],
    "not bytes": [() => compress(w as never), DTypeError],
  } as const;
  for (const [label, [call, type]] of Object.entries(cases)) assertThrows<Error>(call, type, label);
  assert.equal(engine.stats(), before);
});

test("a thousand million rows without columns are refused at once", () => {
  using nothing = zeros(engine, [2 ** 30, 0], { dtype: "uint8" });
  const computed = computingTime();
  const error = assertThrows(() => compress(nothing), AllocationError, "rows without columns");
  assert.is(error.bytes, 4 * (2 ** 30 + 1));
  assert.ok(computed() < 1000, "no walk over the rows");
});

test("sparse rows are named as such where dense values are expected, and are multiplied as they are", () => {
  using x = tensor(engine, bytes(5, 6), { shape: [5, 6] });
  using rows = new SparseMatrix(engine, [5, 6], { dtype: "float32", maxRowNonzeros: 6 });
  using w = zeros(engine, [6, 3]);
  using tall = zeros(engine, [5, 3]);
  const later = argument(engine, { dtype: "float32", shape: [5, 6], maxRowNonzeros: 6 }, "later");
  assert.match(
    assertThrows(() => relu(rows as never), OptionError, "matrix").message,
    /found SparseMatrix float32 \[5, 6\]/,
  );
  assert.match(assertThrows(() => relu(later as never), OptionError, "expression").message, /found Expression later/);
  assert.match(assertThrows(() => compress(expressionOf(x) as never), OptionError, "x").message, /found Expression/);
  for (const transpose of ["b", "both"] as const) {
    const error = assertThrows(() => matmul(later, w, { transpose }), OptionError, transpose);
    assert.is(error.option, "matmul: transpose");
  }
  assert.is(assertThrows(() => matmul(later, w, { alpha: 2 }), OptionError, "alpha").option, "matmul: alpha");
  assert.equal(matmul(later, tall, { transpose: "a", alpha: 2 }).shape, [6, 3]);
  const loss = sum(matmul(later, w));
  assert.match(assertThrows(() => gradientsOf(loss, [later]), OptionError, "a").message, /grad: a: expected dense/);
  using wide = zeros(engine, [0, 65_537], { dtype: "uint8" });
  assert.match(
    assertThrows(() => compress(wide), ShapeError, "columns").message,
    /at most \d+ columns, found \[0, 65537\]/,
  );
});

test("bytes that a program compresses when it runs are the rows that it gathers", () => {
  using pixels = tensor(engine, bytes(5, 6), { shape: [5, 6] });
  using order = tensor(engine, Int32Array.of(4, 0, 4));
  using w = tensor(engine, [1, 2, 3, 4, 5, 6], { shape: [6, 1] });
  const rows = batchOf(compressed(expressionOf(pixels)), order, { dtype: "float32" });
  using program = compile({ y: matmul(rows, w) });
  const productOf = (row: number) =>
    Array.from({ length: 6 }, (_, j) => (j + 1) * pixels.data[6 * row + j]!).reduce((sum, value) => sum + value, 0);
  program.run();
  assert.equal([...program.outputs.y.data], [4, 0, 4].map(productOf));
  pixels.data.fill(0);
  pixels.data[25] = 3; // the second of the last row
  program.run();
  assert.equal([...program.outputs.y.data], [6, 0, 6]);
  order.set([0, 5, 0]);
  const error = assertThrows(() => program.run(), IndexError, "row 5 of 5");
  assert.match(error.message, /^gatherSparseRows: indices/);
});

test.run();
