/** `einsum` and `take` against NumPy's, written by test/fixtures/numpy-einsum.py; and what is refused. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { grad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { DTypeError, EngineMismatchError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { mul } from "../../src/ops/binary.ts";
import { einsum } from "../../src/ops/einsum.ts";
import { sum } from "../../src/ops/sum.ts";
import { type TakeOptions, take } from "../../src/ops/take.ts";
import { type Expression, input } from "../../src/tensor/expression.ts";
import { countOf, type NestedNumbers, type Shape } from "../../src/tensor/layout.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { NumberType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";

type Recorded = { readonly shape: Shape; readonly values: readonly number[] };
type EinsumCase = Recorded & { readonly subscripts: string; readonly shapes: readonly Shape[] };
type TakeCase = Recorded & {
  readonly from: Shape;
  readonly indices: NestedNumbers;
  readonly axis: number | null;
  readonly mode: "raise" | "wrap" | "clip";
};

const CASES = JSON.parse(readFileSync(new URL("../fixtures/numpy-einsum.json", import.meta.url), "utf8")) as {
  readonly einsum: readonly EinsumCase[];
  readonly take: readonly TakeCase[];
};
const engine = await loadEngine();
const test = suite("einsum and take");

function operand<D extends NumberType>(shape: Shape, k: number, dtype: D): Tensor<D> {
  const x = zeros(engine, shape, { dtype });
  for (let i = 0; i < x.size; i++) x.data[i] = ((7 * i + 3 * k) % 11) - 5;
  return x;
}

/** Integers are exact in every dtype, so that the order of sums does not matter. */
for (const { subscripts, shapes, shape, values } of CASES.einsum) {
  const title = `einsum "${subscripts}" of ${shapes.map((each) => `[${each}]`).join(", ")} is NumPy's`;
  test(title, () => {
    for (const dtype of ["float32", "float64", "int32"] as const) {
      const before = engine.stats().tensors;
      const operands = shapes.map((each, k) => operand(each, k, dtype));
      const y = einsum(subscripts, ...operands);
      const plain = (numbers: Iterable<number>) => Array.from(numbers, (value) => value + 0);
      assert.equal([y.dtype, y.shape, plain(y.data)], [dtype, shape, values], dtype);
      assert.is(engine.stats().tensors, before + shapes.length + 1, "one tensor is made");
      const inputs = shapes.map((each, k) => input(engine, each, { name: `x${k}`, dtype }));
      using program = compile({ y: einsum(subscripts, ...inputs) as Expression });
      for (const [k, x] of operands.entries()) program.inputs[`x${k}`]?.set(x.data as never);
      program.run();
      assert.equal([program.outputs["y"]!.shape, plain(program.outputs["y"]!.data)], [shape, values], "in a program");
      operands[0]?.data.fill(9); // what is returned is its own, even where it has the elements of an operand
      assert.equal(plain(y.data), values);
      for (const x of [y, ...operands]) x.dispose();
    }
  });
}

test("einsum of a tensor and an expression is an expression, which keeps no tensor that was made on the way", () => {
  using a = operand([3, 3], 0, "float32");
  const x = input(engine, [3, 2], { name: "x" });
  const before = engine.stats().tensors;
  const y = einsum("ii,ij->j", a, x);
  assert.is(engine.stats().tensors, before);
  using program = compile({ y });
  program.inputs["x"]!.set(operand([3, 2], 1, "float32").data);
  program.run();
  using eager = einsum("ii,ij->j", a, operand([3, 2], 1, "float32"));
  assert.equal([...program.outputs.y.data], [...eager.data]);
});

test("einsum: the gradient by each operand is another einsum", () => {
  using a = operand([2, 3, 3], 0, "float64");
  using b = operand([3, 4], 1, "float64");
  using c = operand([2, 4], 2, "float64");
  using w = operand([2, 4], 3, "float64");
  // y_ik = Σ_j a_ijj · b_jk · c_ik
  const [da, db, dc] = grad((x, y, z) => sum(mul(einsum("ijj,jk,ik->ik", x, y, z), w as never)))(a, b, c);
  using wantedB = einsum("ijj,ik,ik->jk", a, c, w);
  using wantedC = einsum("ijj,jk,ik->ik", a, b, w);
  using diagonal = einsum("jk,ik,ik->ij", b, c, w);
  assert.equal([...db.data], [...wantedB.data]);
  assert.equal([...dc.data], [...wantedC.data]);
  for (const [at, value] of da.data.entries()) {
    const [i, j, k] = [Math.floor(at / 9), Math.floor(at / 3) % 3, at % 3];
    assert.is(value + 0, j === k ? diagonal.data[i * 3 + j]! + 0 : 0);
  }
  for (const gradient of [da, db, dc]) gradient.dispose();
});

test("einsum: a chain is multiplied from its short end", () => {
  // From the left a 2000 × 2000 matrix would be made, which these operands do not need.
  using column = zeros(engine, [2000, 1]);
  using row = zeros(engine, [1, 2000]);
  using vector = zeros(engine, [2000, 1]);
  const before = engine.stats().memoryBytes;
  using y = einsum("ij,jk,kl->il", column, row, vector);
  assert.equal(y.shape, [2000, 1]);
  assert.ok(engine.stats().memoryBytes - before < 2 ** 20);
});

test("einsum refuses what NumPy refuses, by its name", () => {
  using a = zeros(engine, [2, 3]);
  using b = zeros(engine, [4, 5]);
  using row = zeros(engine, [1, 3]);
  using column = zeros(engine, [3, 1]);
  using doubles = zeros(engine, [2, 3], { dtype: "float64" });
  using bytes = zeros(engine, [2, 3], { dtype: "uint8" });
  for (const [subscripts, operands, option] of [
    ["ij,jk", [a], "einsum: subscripts"],
    ["ij", [a, b], "einsum: subscripts"],
    ["ij->ijj", [a], "einsum: subscripts"],
    ["ij->ik", [a], "einsum: subscripts"],
    ["ij->i->j", [a], "einsum: subscripts"],
    ["i1", [a], "einsum: subscripts"],
    ["i.j", [a], "einsum: subscripts"],
    ["......", [a], "einsum: subscripts"],
    ["ij-", [a], "einsum: subscripts"],
    [3, [a], "einsum: subscripts"],
    ["", [], "einsum: operands"],
    ["ij", [[1, 2]], "einsum: operands[0]"],
  ] as const) {
    const error = assertThrows(
      () => einsum(subscripts as never, ...(operands as readonly never[])),
      OptionError,
      `${subscripts}`,
    );
    assert.is(error.option, option, `${subscripts}`);
  }
  for (const [subscripts, operands, message] of [
    ["ij,jk", [a, b], "einsum: operands[1]: expected 3 for j along axis 0, found [4, 5]"],
    ["ijk", [a], 'einsum: operands[0]: expected 3 axes for "ijk", found [2, 3]'],
    ["...ijk", [a], 'einsum: operands[0]: expected at least 3 axes for "...ijk", found [2, 3]'],
    ["ii", [a], "einsum: operands[0]: expected 2 for i along axis 1, found [2, 3]"],
    ["ii", [row], "einsum: operands[0]: expected 1 for i along axis 1, found [1, 3]"],
    ["ii->i", [column], "einsum: operands[0]: expected 3 for i along axis 1, found [3, 1]"],
    ["ij,ii->ij", [a, row], "einsum: operands[1]: expected 1 for i along axis 1, found [1, 3]"],
    [
      "...,...",
      [a, b],
      "einsum: operands[1]: expected an ellipsis that broadcasts with that of others along axis 0, found [4, 5]",
    ],
    ["...j->j", [a], 'einsum: result: expected "..." for the 1 axes of the operands\' ellipsis, found "j"'],
  ] as const) {
    assert.is(
      assertThrows(
        () => einsum(subscripts, ...(operands as readonly Tensor[] as readonly Tensor<"float32">[])),
        ShapeError,
        subscripts,
      ).message,
      message,
    );
  }
  for (const [call, argument] of [
    [() => einsum("ij,ij", a, doubles as never), "operands[1]"],
    [() => einsum("ij", bytes as never), "operands[0]"],
  ] as const) {
    const error = assertThrows(call, DTypeError, argument);
    assert.equal([error.op, error.argument], ["einsum", argument]);
  }
});

test("einsum refuses operands of two engines", async () => {
  using other = await loadEngine();
  using a = zeros(engine, [2]);
  using b = zeros(other, [2]);
  assertThrows(() => einsum("i,i", a, b), EngineMismatchError, "two engines");
});

for (const { from, indices, axis, mode, shape, values } of CASES.take) {
  test(`take ${JSON.stringify(indices)} of [${from}], axis ${axis}, mode ${mode} is NumPy's`, () => {
    const options: TakeOptions = { ...(axis !== null && { axis }), mode };
    for (const dtype of ["float32", "int32"] as const) {
      using x = operand(from, 0, dtype);
      using order = tensor(engine, indices, { dtype: "int32" });
      const before = engine.stats().tensors;
      using y = take(x, order, options);
      assert.equal([y.dtype, y.shape, [...y.data]], [dtype, shape, values]);
      assert.is(engine.stats().tensors, before + 1, "one tensor is made");
      const leaf = input(engine, order.shape, { name: "indices", dtype: "int32" });
      using program = compile({ y: take(x, leaf, options) as Expression });
      if (countOf(order.shape) > 0) program.inputs["indices"]!.set(order.data);
      program.run();
      assert.equal([...program.outputs["y"]!.data], values);
    }
  });
}

test("take: an index outside is an error that shows it, on both sides", () => {
  using x = tensor(engine, [1, 2, 3]);
  for (const [index, shown] of [
    [3, 3],
    [-4, -4],
  ] as const) {
    using order = tensor(engine, Int32Array.of(0, index));
    const error = assertThrows(() => take(x, order), IndexError, `${index}`);
    assert.equal(
      [error.op, error.argument, error.position, error.value, error.bound],
      ["take", "indices", 1, shown, 3],
    );
  }
  using nothing = zeros(engine, [0]);
  using first = tensor(engine, Int32Array.of(0));
  for (const mode of ["raise", "wrap", "clip"] as const) {
    assertThrows(() => take(nothing, first, { mode }), IndexError, mode);
  }
  assert.is(assertThrows(() => take(x, first, { mode: "last" as never }), OptionError, "mode").option, "take: mode");
  assertThrows(() => take(x, first, { axis: 1 }), ShapeError, "axis");
  assertThrows(() => take(x, x as never), DTypeError, "floats as indices");
});

test("take: the gradient of an element that is taken twice is the sum of both", () => {
  using x = tensor(engine, [1, 2, 3]);
  using order = tensor(engine, Int32Array.of(-1, 2, 0));
  using w = tensor(engine, [10, 20, 30]);
  const [dx] = grad((v) => sum(mul(take(v, order), w as never)))(x);
  using gradient = dx;
  assert.equal([...gradient.data], [30, 0, 30]);
});

test.run();
