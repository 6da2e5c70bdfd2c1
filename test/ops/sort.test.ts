import * as assert from "uvu/assert";
import { gradCheck } from "../../src/autodiff/grad_check.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { mul } from "../../src/ops/binary.ts";
import { square } from "../../src/ops/elementwise.ts";
import { searchSorted } from "../../src/ops/search.ts";
import { argSort, sort, topK } from "../../src/ops/sort.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf, input } from "../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { NumberType } from "../../src/wasm/dtype.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { draws } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { NUMPY, numbersOf, tensorOf } from "../support/numpy_types.ts";

const engine = await loadEngine();
const test = leakFreeSuite("order", engine);

test("sort and argSort: NumPy's order along each axis, at once and in a program", () => {
  assert.ok(NUMPY.sorts.length > 20);
  for (const { dtype, x: values, shape, axis, ascending, descending, sorted } of NUMPY.sorts) {
    const label = `${dtype} [${shape}], axis ${axis}`;
    using x = tensorOf(engine, values, dtype as NumberType, shape);
    using y = sort(x, { axis });
    assert.equal([y.dtype, y.shape], [dtype, shape]);
    assertSame(y.data, numbersOf(sorted), label);
    for (const isDescending of [false, true]) {
      const want = numbersOf(isDescending ? descending : ascending);
      using order = argSort(x, { axis, descending: isDescending });
      assert.equal([order.dtype, order.shape], ["int32", shape]);
      assertSame(order.data, want, `${label}, ${isDescending ? "descending" : "ascending"}`);
      const options = { axis, descending: isDescending };
      using program = compile({ order: argSort(expressionOf(x), options), y: sort(expressionOf(x), options) });
      program.run();
      assertSame(program.outputs.order.data, want, `${label}, program`);
      using eager = sort(x, options);
      assertSame(program.outputs.y.data, [...eager.data], `${label}, program's elements`);
      const picked = Array.from(eager.data, (_, i) => elementAt(x, order, axis, i));
      assertSame(eager.data, picked, `${label}, by index`);
    }
  }
});

/** The element of x that an order along an axis puts at i. */
function elementAt(x: Tensor, order: Tensor<"int32">, axis: number, i: number): number {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const inner = x.shape.slice(at + 1).reduce((product, extent) => product * extent, 1);
  const extent = x.shape[at]!;
  const line = Math.floor(i / (inner * extent)) * inner * extent + (i % inner);
  return x.data[line + order.data[i]! * inner]!;
}

test("sort: long lines of every dtype are in order, and hold the same numbers", () => {
  const draw = draws(3);
  for (const dtype of ["float32", "float64", "int32"] as const) {
    for (const n of [39, 40, 41, 1000, 70_000]) {
      const values = Float64Array.from({ length: n }, () => {
        const real = (2 * draw() - 1) * 2 ** Math.floor(31 * draw());
        return dtype === "float32" ? Math.fround(real) : dtype === "int32" ? real | 0 : real;
      });
      using x = tensor(engine, values, { dtype });
      using y = sort(x);
      assertSame(y.data, [...values.sort()], `${n} of ${dtype}`);
      using down = sort(x, { descending: true });
      assertSame(down.data, [...values.reverse()], `${n} of ${dtype}, descending`);
    }
  }
});

test("topK: the first of the order, from either end", () => {
  using x = tensor(engine, [
    [0.5, NaN, 2, 2],
    [-1, 3, -Infinity, 0],
  ]);
  for (const k of [0, 1, 3, 4]) {
    const { values, indices } = topK(x, k);
    assert.equal(
      [values.shape, indices.shape],
      [
        [2, k],
        [2, k],
      ],
    );
    const want = [
      [1, 2, 3, 0],
      [1, 3, 0, 2],
    ].map((row) => row.slice(0, k));
    assert.equal(indices.toArray(), want, `${k}`);
    assertSame(
      values.data,
      want.flatMap((row, i) => row.map((j) => x.data[4 * i + j]!)),
      `${k}`,
    );
    values.dispose();
    indices.dispose();
  }
  const { values, indices } = topK(x, 1, { axis: 0, largest: false });
  assert.equal(indices.toArray(), [[1, 1, 1, 1]]);
  assertSame(values.data, [-1, 3, -Infinity, 0], "smallest");
  values.dispose();
  indices.dispose();

  const lazy = topK(expressionOf(x), 2, { axis: -1 });
  using program = compile({ values: lazy.values, indices: lazy.indices });
  program.run();
  assert.equal(program.outputs.indices.toArray(), [
    [1, 2],
    [1, 3],
  ]);
  assertSame(program.outputs.values.data, [NaN, 2, 3, 0], "values of a program");
});

test("sort and topK: gradients go to where elements were, second ones too", () => {
  using x = tensor(engine, Float64Array.of(0.3, -1, 2, 0.7, 0.1, -0.4), { shape: [2, 3] });
  using weights = tensor(engine, Float64Array.of(1, -2, 3, 0.5, 7, 0.25), { shape: [2, 3] });
  for (const axis of [0, 1]) {
    const whole = (v: Expression<"float64">) => sum(mul(square(sort(v, { axis })), weights));
    assert.ok(gradCheck(whole, [x]).passed, `sort, axis ${axis}`);
    const top = (v: Expression<"float64">) => sum(square(square(topK(v, 1, { axis }).values)));
    assert.ok(gradCheck(top, [x]).passed, `topK, axis ${axis}`);
  }
  const v = input(engine, [4], { name: "v" });
  const [dv] = gradientsOf(sum(square(sort(v))), [v]);
  const [d2v] = gradientsOf(sum(mul(dv!, v)), [v]);
  using program = compile({ dv: dv!, d2v: d2v! });
  program.inputs["v"]!.set([3, 1, 2, 1]);
  program.run();
  assert.equal(program.outputs.dv.toArray(), [6, 2, 4, 2]);
  assert.equal(program.outputs.d2v.toArray(), [12, 4, 8, 4]);
});

test("searchSorted: NumPy's places, at once and in a program", () => {
  assert.ok(NUMPY.searches.length >= 6);
  for (const { dtype, sorted, values, side, y: want } of NUMPY.searches) {
    using x = tensorOf(engine, sorted, dtype as NumberType);
    using v = tensorOf(engine, values, dtype as NumberType, [numbersOf(values).length, 1]);
    using y = searchSorted(x, v, { side });
    assert.equal([y.dtype, y.shape], ["int32", v.shape]);
    assertSame(y.data, numbersOf(want), `${dtype}, ${side}`);
    using program = compile({ y: searchSorted(x, expressionOf(v), { side }) });
    program.run();
    assertSame(program.outputs.y.data, numbersOf(want), `${dtype}, ${side}, program`);
  }
  using nothing = tensor(engine, new Float32Array(0));
  using one = tensor(engine, [1]);
  using y = searchSorted(nothing, one);
  assert.equal(y.toArray(), [0]);
});

test("what is refused, with axis and shape", () => {
  using x = tensor(engine, [[1, 2, 3]]);
  using scalar = tensor(engine, 1);
  using columns = tensor(engine, Uint16Array.of(1));
  using doubles = tensor(engine, Float64Array.of(1));
  using row = tensor(engine, [1, 2]);
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => sort(x, { axis: 2 }), /sort: axis: expected an axis of \[1, 3\], found 2/],
    [() => sort(x, { axis: -3 }), /sort: axis/],
    [() => sort(x, { axis: 0.5 }), /sort: axis/],
    [() => sort(scalar), /sort: axis: expected an axis of \[\], found -1/],
    [() => argSort(columns as never), /argSort: x: expected dtype float32, float64, int32 or uint8, found uint16/],
    [() => sort(x, { descending: 1 as never }), /sort: descending: expected a boolean/],
    [() => sort(x, { reverse: true } as never), /sort: reverse/],
    [() => topK(x, 4), /topK: x: expected at least 4 along axis 1, found \[1, 3\]/],
    [() => topK(x, -1), /topK: k/],
    [() => topK(x, 1.5), /topK: k/],
    [() => topK(x, 1, { largest: "no" as never }), /topK: largest/],
    [() => searchSorted(x, x), /searchSorted: sorted: expected a vector, found \[1, 3\]/],
    [() => searchSorted(row, doubles as never), /searchSorted: values: expected dtype float32, found float64/],
    [() => searchSorted(row, row, { side: "middle" as never }), /searchSorted: side/],
  ];
  for (const [call, message] of cases) assert.throws(call, message);
});

test.run();
