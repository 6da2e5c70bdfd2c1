/** Operands of a type that an operation does not take are refused by the operation's name and by theirs. */
import * as assert from "uvu/assert";
import { DTypeError, EngineMismatchError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { leakyRelu } from "../../src/nn/layers/activations.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { affine } from "../../src/ops/affine.ts";
import { add, div } from "../../src/ops/binary.ts";
import { binaryCrossEntropyWithLogits } from "../../src/ops/binary_cross_entropy.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { pow } from "../../src/ops/elementwise.ts";
import { batchOf, gatherRows, labelsOf } from "../../src/ops/gather.ts";
import { gather } from "../../src/ops/indexing.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { concat } from "../../src/ops/rows.ts";
import { slice } from "../../src/ops/slicing.ts";
import { logSoftmax, softmax } from "../../src/ops/softmax.ts";
import { compress, compressed, gatherSparseRows, sparseAffine, sparseAxpy } from "../../src/ops/sparse.ts";
import { meanSquaredError, squaredError } from "../../src/ops/squared_error.ts";
import { ADVANCE, ASSIGN, CLIP_NORM, effect, HYPERPARAMETERS, SGD } from "../../src/ops/update.ts";
import { where } from "../../src/ops/where.ts";
import { input } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const other = await loadEngine();
const test = leakFreeSuite("names in errors", engine);

/** The class of what a call throws, and whom it names. */
function named(call: () => unknown): readonly [string, string] {
  try {
    call();
  } catch (error) {
    if (error instanceof OptionError) return [error.name, error.option];
    if (error instanceof DTypeError || error instanceof ShapeError) {
      return [error.name, `${error.op}: ${error.argument}`];
    }
    throw error;
  }
  return ["no error", `${call}`];
}

test("integers where floats are needed, and floats where integers are", () => {
  using whole = zeros(engine, [2, 2], { dtype: "int32" });
  using x = zeros(engine, [2, 2]);
  using order = zeros(engine, [2]);
  using few = zeros(engine, [2]);
  using bytes = zeros(engine, [2, 2], { dtype: "uint8" });
  using columns = zeros(engine, [2, 2], { dtype: "uint16" });
  using rows = new SparseMatrix(engine, [2, 2], { dtype: "uint8", maxRowNonzeros: 1 });
  using sparse = new SparseMatrix(engine, [2, 2], { dtype: "float32", maxRowNonzeros: 1 });
  using labels = zeros(engine, [2], { dtype: "int32" });
  const integers = whole as never;
  for (const [call, want] of [
    [() => add(bytes as never, x), "add: a"],
    [() => add(integers, x), "add: b"],
    [() => add(x, integers), "add: b"],
    [() => div(integers, 1), "div: a"],
    [() => div(1, integers), "div: b"],
    [() => where(columns as never, 1, 2), "where: condition"],
    [() => concat([x, integers]), "concat: values[1]"],
    [() => concat([integers, x]), "concat: values[1]"],
    [() => gather(x, order as never), "gather: indices"],
    [() => matmul(integers, x), "matmul: a"],
    [() => matmul(x, integers), "matmul: b"],
    [() => affine(integers, x, few), "affine: x"],
    [() => affine(rows as never, x, few), "affine: x"],
    [() => affine(x, integers, few), "affine: w"],
    [() => affine(x, x, integers), "affine: b"],
    [() => logSoftmax(integers), "logSoftmax: z"],
    [() => softmax(integers), "softmax: z"],
    [() => squaredError(integers, x), "squaredError: y"],
    [() => squaredError(x, integers), "squaredError: t"],
    [() => meanSquaredError(integers, x), "meanSquaredError: y"],
    [() => meanSquaredError(x, integers), "meanSquaredError: t"],
    [() => softmaxCrossEntropy(integers, labels), "softmaxCrossEntropy: z"],
    [() => softmaxCrossEntropy(x, bytes as never), "softmaxCrossEntropy: t"],
    [() => binaryCrossEntropyWithLogits(integers, x), "binaryCrossEntropyWithLogits: z"],
    [() => binaryCrossEntropyWithLogits(x, integers), "binaryCrossEntropyWithLogits: t"],
    [() => dropout(integers, labels, { rate: 0.5 }), "dropout: x"],
    [() => dropout(x, order as never, { rate: 0.5 }), "dropout: counter"],
    [() => batchOf(integers, labels, { dtype: "float32" }), "gatherRows: x"],
    [() => batchOf(bytes, order as never, { dtype: "float32" }), "gatherRows: indices"],
    [() => batchOf(sparse as never, labels, { dtype: "float32" }), "gatherSparseRows: x"],
    [() => leakyRelu(integers), "leakyRelu: x"],
    [() => pow(integers, 2), "pow: x"],
    [() => compress(x as never), "compress: x"],
    [() => batchOf(rows, order as never, { dtype: "float32" }), "gatherSparseRows: indices"],
    [() => labelsOf(order as never, labels), "labelsOf: x"],
    [() => labelsOf(labels, order as never), "labelsOf: indices"],
    [() => effect(CLIP_NORM, whole, [], { limit: 1 }), "clip: g"],
  ] as const) {
    assert.equal(named(call), ["DTypeError", want]);
  }
});

test("axes and sizes that are not there", () => {
  using x = zeros(engine, [2, 2]);
  using wide = zeros(engine, [2, 3]);
  using three = zeros(engine, [3]);
  using tall = zeros(engine, [3, 2]);
  using broad = zeros(engine, [1, 65_537], { dtype: "uint8" });
  using rows = new SparseMatrix(engine, [2, 2], { dtype: "uint8", maxRowNonzeros: 2 });
  using sparse = new SparseMatrix(engine, [2, 2], { dtype: "float32", maxRowNonzeros: 2 });
  using tight = new SparseMatrix(engine, [2, 2], { dtype: "float32", maxRowNonzeros: 2, capacity: 3 });
  using bytes = zeros(engine, [4], { dtype: "uint8" });
  using square = zeros(engine, [2, 2], { dtype: "uint8" });
  using cube = zeros(engine, [2, 2, 2], { dtype: "uint8" });
  using labels = zeros(engine, [2], { dtype: "int32" });
  using grid = zeros(engine, [2, 2], { dtype: "int32" });
  for (const [call, want] of [
    [() => slice(x, 0, 1, { axis: 2 }), "slice: axis"],
    [() => concat([x], { axis: 2 }), "concat: axis"],
    [() => affine(three, x, three), "affine: x"],
    [() => affine(x, three, three), "affine: w"],
    [() => affine(wide, wide, three), "affine: w"],
    [() => affine(x, x, three), "affine: b"],
    [() => logSoftmax(three, { axis: 1 }), "logSoftmax: axis"],
    [() => binaryCrossEntropyWithLogits(x, three), "binaryCrossEntropyWithLogits: t"],
    [() => batchOf(bytes, labels, { dtype: "float32" }), "gatherRows: x"],
    [() => batchOf(cube, grid, { dtype: "float32" }), "gatherRows: x"],
    [() => batchOf(square, grid, { dtype: "float32" }), "gatherRows: indices"],
    [() => gatherRows(bytes, labels, x), "gatherRows: x"],
    [() => gatherRows(cube, labels, x), "gatherRows: x"],
    [() => gatherRows(cube, labels, x, "1" as never), "gatherRows: scale"],
    [() => compress(bytes), "compress: x"],
    [() => compress(broad), "compress: x"],
    [() => batchOf(rows, grid, { dtype: "float32" }), "gatherSparseRows: indices"],
    [() => gatherSparseRows(rows, grid, sparse), "gatherSparseRows: indices"],
    [() => gatherSparseRows(rows, labels, sparse, "1" as never), "gatherSparseRows: scale"],
    [() => gatherSparseRows(rows, sparse.starts.part(0, [2]), sparse), "gatherSparseRows: y"],
    [() => gatherSparseRows(rows, labels, tight), "gatherSparseRows: y"],
    [() => sparseAffine(sparse, three, three), "sparseAffine: w"],
    [() => sparseAffine(sparse, x, three), "sparseAffine: b"],
    [() => sparseAxpy(1, sparse, three, x), "sparseAxpy: d"],
    [() => sparseAxpy(1, sparse, tall, x), "sparseAxpy: d"],
    [() => sparseAxpy("1" as never, sparse, x, x), "sparseAxpy: alpha"],
    [() => leakyRelu(x, { slope: "1" as never }), "leakyRelu: slope"],
    [() => pow(x, Number.NaN), "pow: p"],
    [() => labelsOf(grid, labels), "labelsOf: x"],
    [() => labelsOf(labels, grid), "labelsOf: indices"],
  ] as const) {
    assert.is(named(call)[1], want);
  }
});

test("an index that names no row is refused by its operation's name and by its own", () => {
  using rows = new SparseMatrix(engine, [2, 2], { dtype: "uint8", maxRowNonzeros: 2 });
  using batch = new SparseMatrix(engine, [2, 2], { dtype: "float32", maxRowNonzeros: 2 });
  using beyond = tensor(engine, new Int32Array([0, 2]));
  const error = assertThrows(() => gatherSparseRows(rows, beyond, batch), IndexError, "row 2 of 2");
  assert.equal([error.op, error.argument, error.position], ["gatherSparseRows", "indices", 1]);
});

test("as many columns as a number of 16 bits tells apart are compressed", () => {
  assert.equal(compressed(input(engine, [1, 65_536], { name: "x", dtype: "uint8" })).shape, [1, 65_536]);
});

test("labels and targets of another engine are refused by name", () => {
  using z = zeros(engine, [2, 3]);
  using labels = zeros(other, [2], { dtype: "int32" });
  using targets = zeros(other, [2, 3]);
  for (const t of [labels, targets]) {
    const error = assertThrows(() => softmaxCrossEntropy(z, t as never), EngineMismatchError, "t");
    assert.match(error.message, /^softmaxCrossEntropy: t belongs to another engine/);
  }
});

test("what has no elements overlaps nothing", () => {
  using out = zeros(engine, [2, 2]);
  using tall = out.part(2, [2, 0]);
  using flat = zeros(engine, [0, 2]);
  assert.is(matmul(tall, flat, { out }), out);
});

test("sparse rows of bytes are no factor, and those of floats are turned and scaled as far as kernels can", () => {
  using bytes = new SparseMatrix(engine, [2, 2], { dtype: "uint8", maxRowNonzeros: 1 });
  using rows = new SparseMatrix(engine, [2, 2], { dtype: "float32", maxRowNonzeros: 1 });
  using x = zeros(engine, [2, 2]);
  assert.equal(
    named(() => matmul(bytes as never, x)),
    ["DTypeError", "matmul: a"],
  );
  for (const transpose of ["b", "both"] as const) {
    assert.equal(
      named(() => matmul(rows, x, { transpose })),
      ["OptionError", "matmul: transpose"],
    );
  }
  assert.equal(
    named(() => matmul(rows, x, { alpha: 2 })),
    ["OptionError", "matmul: alpha"],
  );
  using out = zeros(engine, [2, 2]);
  assert.is(matmul(rows, x, { out } as never), out as never, "a product of tensors may have a place");
});

test("what is updated, the hyperparameters and the gradient", () => {
  using w = zeros(engine, [5]);
  using wide = zeros(engine, [6]);
  using doubles = zeros(engine, [5], { dtype: "float64" });
  using whole = zeros(engine, [5], { dtype: "int32" });
  using rates = zeros(engine, [HYPERPARAMETERS], { dtype: "float64" });
  using few = zeros(engine, [HYPERPARAMETERS - 1], { dtype: "float64" });
  using single = zeros(engine, [HYPERPARAMETERS]);
  using two = tensor(engine, [1, 2]);
  for (const [call, kind, want] of [
    [() => effect(SGD, whole, [rates, w], {}), "DTypeError", "sgd: w"],
    [() => effect(SGD, w, [single, w], {}), "DTypeError", "sgd: hyperparameters"],
    [() => effect(SGD, w, [few, w], {}), "ShapeError", "sgd: hyperparameters"],
    [() => effect(SGD, w, [rates, doubles], {}), "DTypeError", "sgd: operand"],
    [() => effect(SGD, w, [rates, wide], {}), "ShapeError", "sgd: operand"],
    [() => effect(ASSIGN, w, [doubles], {}), "DTypeError", "assign: value"],
    [() => effect(ASSIGN, w, [wide], {}), "ShapeError", "assign: value"],
    [() => effect(ADVANCE, two, [], {}), "OptionError", "advance: counter"],
  ] as const) {
    assert.equal(named(call), [kind, want]);
  }
});

test.run();
