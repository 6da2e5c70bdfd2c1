/** What moves or compares elements takes every dtype, and folds of int32 wrap around. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { OptionError } from "../../src/errors.ts";
import { all, any } from "../../src/ops/any_all.ts";
import { argmax, argmin } from "../../src/ops/argmax.ts";
import { expandDims, squeeze, stack, tensorSplit, unstack } from "../../src/ops/axes.ts";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import { clip } from "../../src/ops/clip.ts";
import { isFinite as isFiniteOf, isNaN as isNaNOf, logicalNot } from "../../src/ops/comparison.ts";
import { unique } from "../../src/ops/counting.ts";
import { cumprod, cumsum } from "../../src/ops/cumulative.ts";
import { neg, square } from "../../src/ops/elementwise.ts";
import { gather, scatter, takeAlongAxis } from "../../src/ops/indexing.ts";
import { prod } from "../../src/ops/prod.ts";
import { max, min } from "../../src/ops/reduce.ts";
import { abs, ceil, round, sign } from "../../src/ops/rounding.ts";
import { concat, reshape } from "../../src/ops/rows.ts";
import { searchSorted } from "../../src/ops/search.ts";
import { flip, slice } from "../../src/ops/slicing.ts";
import { argSort, sort, topK } from "../../src/ops/sort.ts";
import { sum } from "../../src/ops/sum.ts";
import { pad, repeat, roll, tile } from "../../src/ops/tiling.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { copy, fill } from "../../src/ops/vectors.ts";
import { where } from "../../src/ops/where.ts";
import { type Expression, expressionOf, input, type Value } from "../../src/tensor/expression.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { DType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";

const engine = await loadEngine();
const test = suite("integers");

const DTYPES = ["float32", "int32", "uint8", "uint16"] as const;
const SHAPE = [2, 3, 4];
const NUMBERS = Array.from({ length: 24 }, (_, i) => (i * 37) % 101);

/** Of any dtype: y holds x's elements, or indices of them. `uint16` is not compared. */
const MOVES: Readonly<Record<string, (x: Value) => Value>> = {
  reshape: (x) => reshape(x as Tensor, [4, 6]),
  squeeze: (x) => squeeze(expandDims(x, { axis: 1 }), { axes: [1] }),
  slice: (x) => slice(x as Tensor, 1, 3, { axis: 1 }),
  "slice by notation": (x) => slice(x as Tensor, "::-1, 1:, ..., None, ::2"),
  transpose: (x) => transpose(x as Tensor),
  "transpose of some axes": (x) => transpose(x as Tensor, { axes: [1, 0, 2] }),
  "transpose of a matrix": (x) => transpose(reshape(x as Tensor, [6, 4])),
  concat: (x) => concat([x, x] as Tensor[], { axis: 1 }),
  stack: (x) => stack([x, x] as Tensor[], { axis: 3 }),
  unstack: (x) => unstack(x as Tensor, { axis: 1 })[2]!,
  tensorSplit: (x) => tensorSplit(x as Tensor, 2, { axis: 2 })[1]!,
  broadcastTo: (x) => broadcastTo(reshape(x as Tensor, [2, 1, 3, 4, 1]), [2, 2, 2, 3, 4, 3]),
  "broadcastTo of one": (x) => broadcastTo(slice(x as Tensor, "1, 2, 3"), [2, 3]),
  tile: (x) => tile(x, [2, 1, 2, 1]),
  repeat: (x) => repeat(x, 3, { axis: 1 }),
  roll: (x) => roll(x, 5),
  flip: (x) => flip(x, { axes: [0, 2] }),
  "pad by a number": (x) => pad(x, [1, 2], { value: 7 }),
  "pad by reflection": (x) => pad(x, 1, { mode: "reflect" }),
  gather: (x) => gather(x as Tensor, tensor(engine, Int32Array.of(2, 0, 2)), { axis: 1 }),
  takeAlongAxis: (x) =>
    takeAlongAxis(x as Tensor, tensor(engine, Int32Array.of(...NUMBERS.map((n) => n % 2)), { shape: SHAPE }), {
      axis: 0,
    }),
};

for (const [name, move] of Object.entries(MOVES)) {
  test(`${name} moves elements of every dtype, of tensors and in programs`, () => {
    const wanted = move(constantOf("float64")) as Tensor;
    for (const dtype of DTYPES) {
      const x = constantOf(dtype);
      const y = move(x) as Tensor;
      assert.equal([y.dtype, y.shape, [...y.data]], [dtype, wanted.shape, [...wanted.data]], `${name}, ${dtype}`);
      using program = compile({ y: move(input(engine, SHAPE, { name: "x", dtype })) as Expression });
      program.inputs["x"]!.set(x.data);
      program.run();
      assert.equal([...program.outputs["y"]!.data], [...wanted.data], `${name} in a program, ${dtype}`);
    }
  });
}

/** Of any dtype but uint16: what is found by comparing. */
const COMPARISONS: Readonly<Record<string, (x: Value) => Value>> = {
  argmax: (x) => argmax(x as Tensor<"int32">),
  argmin: (x) => argmin(x as Tensor<"int32">, { axis: 1 }),
  any: (x) => any(x as Tensor<"uint8">, { axes: [0, 1] }),
  all: (x) => all(x as Tensor<"uint8">, { axes: [2] }),
  sort: (x) => sort(x as Tensor<"uint8">, { axis: 0, descending: true }),
  argSort: (x) => argSort(x as Tensor<"uint8">),
  topK: (x) => topK(x as Tensor<"uint8">, 2).values,
  searchSorted: (x) => searchSorted(sort(reshape(x as Tensor<"uint8">, [24])), x as Tensor<"uint8">),
  "where, of a condition of its dtype": (x) => where(x as Tensor<"uint8">, flip(x as Tensor<"uint8">), 9),
  "where, of a condition of another": (x) =>
    where(tensor(engine, [0.5, 0, -0.25, Number.NaN], { dtype: "float32" }), x as Tensor<"uint8">, 3) as Value,
  "where, of bytes": (x) => where(tensor(engine, Uint8Array.of(1, 0, 200, 0)), 3, x as Tensor<"uint8">) as Value,
};

for (const [name, compare] of Object.entries(COMPARISONS)) {
  test(`${name} compares floats, int32 and bytes, of tensors and in programs`, () => {
    const wanted = compare(constantOf("float64")) as Tensor;
    for (const dtype of ["int32", "uint8"] as const) {
      const x = constantOf(dtype);
      const y = compare(x) as Tensor;
      assert.is(y.dtype, wanted.dtype === "int32" ? "int32" : dtype);
      assert.equal([y.shape, [...y.data]], [wanted.shape, [...wanted.data]], `${name}, ${dtype}`);
      using program = compile({ y: compare(input(engine, SHAPE, { name: "x", dtype })) as Expression });
      program.inputs["x"]!.set(x.data);
      program.run();
      assert.equal([...program.outputs["y"]!.data], [...wanted.data], `${name} in a program, ${dtype}`);
    }
  });
}

const EDGES = [2 ** 31 - 1, -(2 ** 31), -1, 5, 65_537, -65_536];
const FOLDS: Readonly<Record<string, readonly [f: typeof sum, start: number, next: (a: number, b: number) => number]>> =
  {
    sum: [sum, 0, (a, b) => (a + b) | 0],
    prod: [prod, 1, Math.imul],
    max: [max, -(2 ** 31), Math.max],
    min: [min, 2 ** 31 - 1, Math.min],
  };

for (const [name, [f, start, next]] of Object.entries(FOLDS)) {
  test(`${name} of int32: sums and products wrap around, extremes are exact, nothing folds to the start`, () => {
    for (const [rows, columns] of [
      [2, 3],
      [3, 2],
      [1, 6],
      [0, 3],
      [3, 0],
    ] as const) {
      using x = tensor(engine, Int32Array.from(EDGES.slice(0, rows * columns)), { shape: [rows, columns] });
      using across = f(x, { axes: [1] });
      using down = f(x, { axes: [0], keepAxes: true });
      using whole = f(x);
      const row = (i: number) => EDGES.slice(i * columns, (i + 1) * columns);
      const column = (j: number) => Array.from({ length: rows }, (_, i) => EDGES[i * columns + j]!);
      const fold = (numbers: readonly number[]) => numbers.reduce((a, b) => next(a, b), start);
      assert.equal(
        [...across.data],
        Array.from({ length: rows }, (_, i) => fold(row(i))),
      );
      assert.equal(
        [...down.data],
        Array.from({ length: columns }, (_, j) => fold(column(j))),
      );
      assert.equal([...whole.data], [fold(EDGES.slice(0, rows * columns))]);
    }
  });
}

test("cumulative sums and products of int32 wrap around, along rows and columns, also in a program", () => {
  for (const [f, start, next] of [
    [cumsum, 0, (a: number, b: number) => (a + b) | 0],
    [cumprod, 1, Math.imul],
  ] as const) {
    using x = tensor(engine, Int32Array.from(EDGES), { shape: [2, 3] });
    for (const axis of [0, 1]) {
      const wanted = [...EDGES];
      for (let i = 0; i < 6; i++) {
        const before = axis === 1 ? (i % 3 === 0 ? start : wanted[i - 1]!) : i < 3 ? start : wanted[i - 3]!;
        wanted[i] = next(before, EDGES[i]!);
      }
      using y = f(x, { axis });
      assert.equal([...y.data], wanted);
      using program = compile({ y: f(expressionOf(x), { axis }) });
      program.run();
      assert.equal([...program.outputs.y.data], wanted);
    }
  }
});

test("functions of one int32 are NumPy's", () => {
  using x = tensor(engine, Int32Array.of(-3, 0, 7, -(2 ** 31), 2 ** 31 - 1));
  for (const [name, y, wanted] of [
    ["neg", neg(x), [3, 0, -7, -(2 ** 31), -(2 ** 31) + 1]],
    ["square", square(x), [9, 0, 49, 0, 1]],
    ["abs", abs(x), [3, 0, 7, -(2 ** 31), 2 ** 31 - 1]],
    ["sign", sign(x), [-1, 0, 1, -1, 1]],
    ["ceil", ceil(x), [...x.data]],
    ["round", round(x), [...x.data]],
    ["logicalNot", logicalNot(x), [0, 1, 0, 0, 0]],
    ["isNaN", isNaNOf(x), [0, 0, 0, 0, 0]],
    ["isFinite", isFiniteOf(x), [1, 1, 1, 1, 1]],
    ["clip", clip(x, -2, 5), [-2, 0, 5, -2, 5]],
    ["clip from below", clip(x, 1, Infinity), [1, 1, 7, 1, 2 ** 31 - 1]],
    ["clip from above", clip(x, -Infinity, 1), [-3, 0, 1, -(2 ** 31), 1]],
  ] as const) {
    assert.equal([y.dtype, [...y.data]], ["int32", wanted], name);
    y.dispose();
  }
  assert.throws(
    () => clip(x, 0.5, 2),
    (error: unknown) => error instanceof OptionError,
  );
});

test("any, all and sort of bytes write into out", () => {
  using x = tensor(engine, Uint8Array.of(0, 3, 0, 0), { shape: [2, 2] });
  using out = zeros(engine, [2], { dtype: "uint8" });
  assert.is(any(x, { axes: [1], out }), out);
  assert.equal([...out.data], [1, 0]);
  assert.is(all(x, { axes: [0], out }), out);
  assert.equal([...out.data], [0, 0]);
  using place = zeros(engine, [2, 2], { dtype: "uint8" });
  const before = engine.stats().tensors;
  assert.is(where(x, 7, x, { out: place }), place);
  assert.equal([...place.data], [0, 7, 0, 0]);
  assert.is(engine.stats().tensors, before, "nothing is left behind");
  assert.throws(
    () => where(x, 256, x),
    (error: unknown) => error instanceof OptionError,
  );
});

test("fill and copy of integers; a number that the dtype does not have is refused", () => {
  for (const dtype of ["int32", "uint8", "uint16"] as const) {
    using x = zeros(engine, [5], { dtype });
    fill(x, 200);
    using y = zeros(engine, [5], { dtype });
    copy(x, y);
    copy(y, y);
    assert.equal([...y.data], [200, 200, 200, 200, 200]);
    for (const wrong of [0.5, 2 ** 31, Number.NaN])
      assert.throws(
        () => fill(x, wrong),
        (error: unknown) => error instanceof OptionError,
      );
    assert.equal([...x.data], [...y.data]);
  }
});

test("unique and scatter of bytes", () => {
  using x = tensor(engine, Uint8Array.of(200, 3, 200, 0));
  const { values, counts } = unique(x, { counts: true });
  assert.equal(
    [[...values.data], [...counts!.data]],
    [
      [0, 3, 200],
      [1, 1, 2],
    ],
  );
  values.dispose();
  counts!.dispose();
  using places = tensor(engine, Int32Array.of(3, 1));
  using y = scatter(x, places, x.part(0, [2]));
  assert.equal([...y.data], [200, 3, 200, 200]);
});

function constantOf(dtype: DType): Tensor {
  const x = zeros(engine, SHAPE, { dtype });
  x.data.set(NUMBERS);
  return x;
}

test.run();
