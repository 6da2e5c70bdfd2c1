/** What a program is given and where its results go: arguments, targets, views, sparse rows, other engines. */
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { DisposedError, EngineMismatchError, OptionError } from "../../src/errors.ts";
import { affine } from "../../src/ops/affine.ts";
import { apply } from "../../src/ops/apply.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { batchOf } from "../../src/ops/gather.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { reshape } from "../../src/ops/rows.ts";
import { compressed } from "../../src/ops/sparse.ts";
import { effect, SGD } from "../../src/ops/update.ts";
import { argument, type Expression, expressionOf, input, type Value } from "../../src/tensor/expression.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertEqual } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { integers } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const other = await loadEngine();
const test = leakFreeSuite("operands of programs", engine);

function matrix(shape: readonly number[], seed: number): Tensor<"float64"> {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return tensor(engine, integers(count, seed), { shape });
}

/** The first operand's numbers; the others are not looked at. Counts how often its calls are made ready. */
function copying(): { readonly operation: Operation; readonly counts: { bound: number } } {
  const counts = { bound: 0 };
  const operation: Operation = {
    name: "copying",
    spec: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
    bind: ({ kernels, result: { shape }, at: [x], out }) => {
      counts.bound += 1;
      const count = shape.reduce((product, extent) => product * extent, 1);
      return [kernels.copy(count, x?.pointer ?? 0, out.pointer)];
    },
  };
  return { operation, counts };
}

test("arguments may be bound one by one, and the same tensors again are not looked at anew", () => {
  const { operation, counts } = copying();
  const like = { dtype: "float64", shape: [3] } as const;
  const [x, y] = [argument(engine, like, "x"), argument(engine, like, "y")];
  using program = compile({ z: apply(operation, [add(x, y)], {}) as Expression });
  using a = matrix([3], 1);
  using b = matrix([3], 2);
  program.bind({ x: a });
  assert.is(counts.bound, 0);
  assertThrows(() => program.run(), OptionError, "y is not bound");
  program.bind({ y: b });
  assert.is(counts.bound, 1);
  program.run();
  assertEqual(
    program.outputs.z.data as Float64Array,
    a.data.map((value, i) => value + b.data[i]!),
    "x + y",
  );
  program.bind({ x: a, y: b });
  program.bind({});
  program.bind({ x: a });
  assert.is(counts.bound, 1);
  program.bind({ x: b });
  assert.is(counts.bound, 2);
  program.run();
  assertEqual(
    program.outputs.z.data as Float64Array,
    b.data.map((value) => 2 * value),
    "y + y",
  );
});

test("an argument of sparse rows takes no dense ones, and one of dense rows no sparse ones", () => {
  const rows = argument(engine, { dtype: "float64", shape: [2, 3], maxRowNonzeros: 3 }, "rows");
  const x = argument(engine, { dtype: "float64", shape: [3, 2] }, "x");
  using program = compile({ y: matmul(rows, x) });
  using dense = zeros(engine, [2, 3], { dtype: "float64" });
  using sparse = new SparseMatrix(engine, [3, 2], { dtype: "float64", maxRowNonzeros: 2 });
  for (const [name, given, wanted] of [
    ["rows", dense, "sparse rows"],
    ["x", sparse, "a dense tensor"],
  ] as const) {
    const error = assertThrows(() => program.bind({ [name]: given }), OptionError, name);
    assert.equal([error.option, error.expected], [`bind: ${name}`, wanted]);
  }
  const { expected } = assertThrows(() => program.bind({ w: dense }), OptionError, "no such argument");
  assert.is(expected, "not an argument; they are: rows, x");
});

test("sparse rows and arguments are no outputs, and sparse rows that are not computed go nowhere", () => {
  const pixels = input(engine, [2, 3], { name: "pixels", dtype: "uint8" });
  const rows = compressed(pixels);
  const x = argument(engine, { dtype: "float64", shape: [3, 2] }, "x");
  for (const [name, output] of Object.entries({ rows, x })) {
    const error = assertThrows(() => compile({ output }), OptionError, name);
    assert.is(error.option, "compile: outputs", name);
  }
  using sparse = new SparseMatrix(engine, [2, 3], { dtype: "uint8", maxRowNonzeros: 3 });
  using target = new SparseMatrix(engine, [2, 3], { dtype: "uint8", maxRowNonzeros: 3 });
  using second = new SparseMatrix(engine, [2, 3], { dtype: "uint8", maxRowNonzeros: 3 });
  for (const [label, into] of [
    ["a leaf", [[expressionOf(sparse), target]]],
    [
      "a second target",
      [
        [rows, target],
        [rows, second],
      ],
    ],
  ] as const) {
    assert.is(assertThrows(() => compile({}, { into }), OptionError, label).option, "compile: into", label);
  }
});

test("sparse rows that a program computes lie in its block", () => {
  const pixels = input(engine, [3, 4], { name: "pixels", dtype: "uint8" });
  const order = input(engine, [2], { name: "order", dtype: "int32" });
  using w = matrix([4, 2], 1);
  using b = matrix([2], 2);
  const sparse = batchOf(compressed(pixels), order, { dtype: "float64" });
  const dense = batchOf(pixels, order, { dtype: "float64" });
  using program = compile({ sparse: affine(sparse, w, b), dense: affine(dense, w, b), product: matmul(sparse, w) });
  const bytes = Uint8Array.of(1, 0, 2, 0, 0, 0, 0, 3, 4, 5, 0, 6);
  program.inputs["pixels"]!.data.set(bytes);
  program.inputs["order"]!.data.set([2, 1]);
  program.run();
  const rows = [bytes.subarray(8, 12), bytes.subarray(4, 8)];
  const want = rows.flatMap((row) =>
    [0, 1].map((j) => row.reduce((total, value, k) => total + value * w.data[2 * k + j]!, 0)),
  );
  assertEqual(program.outputs.product.data as Float64Array, want, "a product");
  const moved = want.map((value, at) => value + b.data[at % 2]!);
  assertEqual(program.outputs.sparse.data as Float64Array, moved, "a layer");
  assertEqual(program.outputs.dense.data as Float64Array, moved, "of dense rows");
});

test("values under another shape are copied where they go to a tensor, or where what they are is changed", () => {
  using x = matrix([2, 3], 1);
  using w = matrix([2, 3], 2);
  using g = matrix([2, 3], 3);
  using target = zeros(engine, [6], { dtype: "float64" });
  using rates = tensor(engine, Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0));
  using program = compile(
    { before: reshape(expressionOf(w), [3, 2]), doubled: reshape(mul(expressionOf(x), 2), [6]) },
    { into: [[reshape(expressionOf(x), [6]), target]], effects: [effect(SGD, w, [rates, g], {})] },
  );
  const before = w.data.slice();
  program.run();
  assertEqual(program.outputs.before.data as Float64Array, before, "as it was");
  assertEqual(
    program.outputs.doubled.data as Float64Array,
    x.data.map((value) => 2 * value),
    "2x",
  );
  assertEqual(target.data, x.data, "x");
  assertEqual(
    w.data,
    before.map((value, i) => value - g.data[i]!),
    "changed",
  );
});

test("what effects alone read is written where it goes, and not copied there", () => {
  using x = matrix([3], 1);
  using gradient = zeros(engine, [3], { dtype: "float64" });
  using w = zeros(engine, [3], { dtype: "float64" });
  using rates = tensor(engine, Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0));
  using program = compile(
    {},
    { into: [[mul(expressionOf(x), 2), gradient]], effects: [effect(SGD, w, [rates, gradient], {})] },
  );
  assert.is(program.instructions.length, 2);
});

test("an output that goes to a tensor, too, is not that tensor: what is done to one leaves the other alone", () => {
  using x = matrix([3], 1);
  using kept = zeros(engine, [3], { dtype: "float64" });
  const doubled = mul(expressionOf(x), 2);
  using program = compile({ doubled }, { into: [[doubled, kept]] });
  program.run();
  const want = x.data.map((value) => 2 * value);
  assertEqual(kept.data, want, "written");
  kept.data.fill(0);
  assertEqual(program.outputs.doubled.data as Float64Array, want, "the output");
});

test("a program that was disposed runs no more, though all that it reads is there", () => {
  using x = matrix([3], 1);
  const program = compile({ y: mul(expressionOf(x), 2) });
  program.dispose();
  program.dispose();
  assert.match(assertThrows(() => program.run(), DisposedError, "run").message, /program/);
});

test("values, targets and tensors of another engine are refused", () => {
  using x = matrix([2], 1);
  const far = input(other, [2], { name: "far", dtype: "float64" });
  const near = input(engine, [2], { name: "near", dtype: "float64" });
  const target = zeros(other, [2], { dtype: "float64" });
  const { operation } = copying();
  for (const [label, made] of [
    ["an output", () => compile({ near, far })],
    ["the first output", () => compile({ far, near })],
    ["a target", () => compile({}, { into: [[mul(near, 2), target]] })],
    ["an operand", () => compile({ y: apply(operation, [near, target], {}) as Expression })],
    ["an operand beside others", () => compile({ y: apply(operation, [near, x, target], {}) as Expression })],
  ] as const) {
    assertThrows(made, EngineMismatchError, label);
  }
  target.dispose();
});

test.run();
