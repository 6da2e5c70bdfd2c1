/** Expressions: what they say of themselves before anything is computed. */
import * as assert from "uvu/assert";
import { DisposedError, OptionError } from "../../src/errors.ts";
import { add } from "../../src/ops/binary.ts";
import { argument, constant, expressionOf, input, isConstant } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("expressions", engine);

test("an expression is called by its name, or else by what it is made of", () => {
  using t = tensor(engine, [1, 2]);
  using named = tensor(engine, [[1, 2]], { name: "W", dtype: "float64" });
  const x = input(engine, [2], { name: "x" });
  for (const [expression, want] of [
    [x, "x float32 [2]"],
    [input(engine, [2, 3], { name: "t", dtype: "int32" }), "t int32 [2, 3]"],
    [argument(engine, { dtype: "float64", shape: [4] }, "a"), "a float64 [4]"],
    [constant(engine, 0.5, "float32"), "constant float32 []"],
    [expressionOf(t), "tensor float32 [2]"],
    [expressionOf(named), "W float64 [1, 2]"],
    [add(x, t), "add float32 [2]"],
  ] as const) {
    assert.is(expression.describe(), want);
  }
});

test("an expression has as many elements as its shape", () => {
  for (const [shape, size] of [[[], 1] as const, [[2, 3], 6] as const, [[4, 0], 0] as const]) {
    assert.is(input(engine, shape, { name: "x" }).size, size);
  }
});

test("a shape that is no shape is refused", () => {
  const spec = { dtype: "float32", shape: [-1] } as const;
  for (const make of [() => input(engine, [0.5], { name: "x" }), () => argument(engine, spec, "x")]) {
    assert.is(assertThrows(make, OptionError, "shape").option, "shape");
  }
});

test("a tensor that was disposed of becomes no expression, and neither do sparse rows", () => {
  const t = tensor(engine, [1]);
  const rows = new SparseMatrix(engine, [1, 2], { dtype: "float32", maxRowNonzeros: 2 });
  for (const value of [t, rows]) {
    value.dispose();
    assertThrows(() => expressionOf(value), DisposedError, "disposed");
  }
});

test("a constant is known without computing, and nothing else is", () => {
  using t = tensor(engine, 2);
  const two = constant(engine, 2, "float32");
  for (const [x, want] of [[two, true] as const, [constant(engine, 3, "float32"), false] as const]) {
    assert.is(isConstant(x, 2), want);
  }
  for (const x of [expressionOf(t), add(two, two), t, 2, undefined]) assert.is(isConstant(x, 2), false);
});

test.run();
