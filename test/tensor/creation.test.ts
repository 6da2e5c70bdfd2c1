import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { DisposedError, EngineMismatchError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { diag, meshgrid, oneHot, tril, triu } from "../../src/tensor/arrangement.ts";
import { arange, eye, full, linspace, ones } from "../../src/tensor/creation.ts";
import { countOf, type Shape } from "../../src/tensor/layout.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { DType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

/** What NumPy makes: numpy-creation.py. */
type Options = { readonly dtype: DType; readonly num?: number; readonly endpoint?: boolean; readonly k?: number };
type NumpyArray = { readonly shape: Shape; readonly values: readonly number[] } & (
  | { readonly call: "arange" | "eye"; readonly arguments: readonly number[]; readonly options: Options }
  | { readonly call: "linspace"; readonly arguments: readonly [number, number]; readonly options: Options }
  | { readonly call: "diag" | "triu" | "tril"; readonly arguments: readonly [Shape, number]; readonly options: object }
  | {
      readonly call: "meshgrid";
      readonly arguments: readonly [sizes: Shape, index: number];
      readonly options: { readonly indexing: "xy" | "ij" };
    }
);

const arrays = JSON.parse(
  readFileSync(new URL("../fixtures/numpy-creation.json", import.meta.url), "utf8"),
) as readonly NumpyArray[];

const engine = await loadEngine();
const other = await loadEngine();
const test = leakFreeSuite("creation", engine);

for (const call of ["arange", "linspace", "eye", "diag", "triu", "tril", "meshgrid"] as const) {
  test(`${call}: NumPy's numbers, bit for bit`, () => {
    const records = arrays.filter((record) => record.call === call);
    assert.ok(records.length > 20);
    for (const record of records) {
      const label = JSON.stringify(record);
      for (const made of madeBy(record)) {
        assert.equal(made.shape, record.shape, label);
        assert.is(made.size, record.values.length, label);
        record.values.forEach((value, i) => {
          assert.ok(Object.is(made.data[i], value), `${made.data[i]} at ${i}: ${label}`);
        });
        if ("dtype" in record.options) assert.is(made.dtype, record.options.dtype);
        made.dispose();
      }
    }
  });
}

function madeBy(record: NumpyArray): readonly Tensor[] {
  switch (record.call) {
    case "arange": {
      const [start, stop, step] = record.arguments as [number, number?, number?];
      if (stop === undefined) return [arange(engine, start, record.options)];
      if (step === undefined) return [arange(engine, start, stop, record.options)];
      return [arange(engine, start, stop, step, record.options)];
    }
    case "linspace":
      return [linspace(engine, ...record.arguments, record.options)];
    case "eye": {
      const [n, m] = record.arguments as [number, number];
      return [eye(engine, n, { m, ...record.options })];
    }
    case "meshgrid":
      return grid(record.arguments, record.options.indexing);
    default: {
      const [shape, k] = record.arguments;
      using x = counted(shape);
      return [{ diag, triu, tril }[record.call](x, { k })];
    }
  }
}

/** 1, 2, 3 … under a shape. */
function counted(shape: Shape): Tensor<"int32"> {
  return tensor(
    engine,
    Int32Array.from({ length: countOf(shape) }, (_, i) => i + 1),
    { shape },
  );
}

function grid([sizes, index]: readonly [Shape, number], indexing: "xy" | "ij"): readonly Tensor[] {
  const vectors = sizes.map((size, i) => arange(engine, 10 * i, 10 * i + size, { dtype: "int32" }));
  const grids = meshgrid(vectors, { indexing });
  for (const vector of vectors) vector.dispose();
  for (const [i, made] of grids.entries()) if (i !== index) made.dispose();
  return grids.slice(index, index + 1);
}

test("defaults: float32, one apart, 50 numbers, square, the main diagonal, x along the second axis", () => {
  using a = arange(engine, 3);
  assert.is(a.dtype, "float32");
  assert.equal(a.toArray(), [0, 1, 2]);
  using l = linspace(engine, 0, 49);
  assert.is(l.dtype, "float32");
  assert.equal(l.toArray(), [...Array(50).keys()]);
  using e = eye(engine, 2, { name: "identity" });
  assert.is(e.describe(), "identity float32 [2, 2]");
  using o = ones(engine, [2, 1], { dtype: "uint8", name: "o" });
  assert.equal([o.describe(), o.toArray()], ["o uint8 [2, 1]", [[1], [1]]]);
  using f = full(engine, [], -0.5);
  assert.equal([f.describe(), f.toArray()], ["tensor float32 []", -0.5]);
  using d = diag(a, { name: "d" });
  assert.is(d.describe(), "d float32 [3, 3]");
  const [x, y] = meshgrid([a, d.part(4, [2])]) as [Tensor, Tensor];
  assert.equal(x.toArray(), [
    [0, 1, 2],
    [0, 1, 2],
  ]);
  assert.equal(y.toArray(), [
    [1, 1, 1],
    [0, 0, 0],
  ]);
  x.dispose();
  y.dispose();
  assert.equal(meshgrid([]), []);
});

test("triu and tril: NaN and ∞ outside the triangle become 0", () => {
  using x = tensor(engine, [
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 4],
  ]);
  using upper = triu(x, { k: 2 });
  using lower = tril(x, { k: -2 });
  assert.equal([...upper.data, ...lower.data], [0, 0, 0, 0, 0, 0, 0, 0]);
});

test("oneHot: one axis more than the labels, in any dtype", () => {
  for (const dtype of ["float32", "float64", "int32", "uint8"] as const) {
    using labels = tensor(engine, Uint8Array.of(2, 0, 1, 2), { shape: [2, 2] });
    using rows = oneHot(labels, 3, { dtype });
    assert.is(rows.dtype, dtype);
    assert.equal(rows.toArray(), [
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
      [
        [0, 1, 0],
        [0, 0, 1],
      ],
    ]);
  }
  using none = tensor(engine, new Int32Array(0));
  using rows = oneHot(none, 0);
  assert.equal(rows.shape, [0, 0]);
});

test("what would not be NumPy's is refused, and leaves no tensor behind", () => {
  const cases: readonly (readonly [ErrorClass, RegExp, () => unknown])[] = [
    [OptionError, /^arange: step: expected a number other than 0/, () => arange(engine, 0, 1, 0)],
    [OptionError, /^arange: step: expected a finite number/, () => arange(engine, 0, 1, Number.NaN)],
    [OptionError, /^arange: stop: expected a finite number/, () => arange(engine, Number.POSITIVE_INFINITY)],
    [OptionError, /^arange: step: expected an integer, for int32/, () => arange(engine, 0, 2, 0.5, { dtype: "int32" })],
    [OptionError, /^arange: values\[1\]: expected .*uint8/, () => arange(engine, 250, 257, { dtype: "uint8" })],
    [OptionError, /^arange: values\[0\]: expected .*int32/, () => arange(engine, 0.5, 3, { dtype: "int32" })],
    [OptionError, /2\^31/, () => arange(engine, 1e12)],
    [OptionError, /^linspace: stop − start: expected a finite/, () => linspace(engine, -1e308, 1e308)],
    [OptionError, /^linspace: num/, () => linspace(engine, 0, 1, { num: 2.5 })],
    [OptionError, /^linspace: values\[0\]/, () => linspace(engine, -1, 1, { dtype: "uint8" })],
    [OptionError, /^eye: n and m/, () => eye(engine, -1)],
    [OptionError, /^eye: n and m/, () => eye(engine, 1, { m: 0.5 })],
    [OptionError, /^eye: k: expected an integer/, () => eye(engine, 2, { k: 0.5 })],
    [OptionError, /^eye: .*2/, () => eye(engine, 2, 2 as never)],
    [OptionError, /^ones: shape/, () => ones(engine, [-1])],
    [OptionError, /^full: value/, () => full(engine, [1], "1" as never)],
    [OptionError, /^full: values\[0\]: expected an integer/, () => full(engine, [0], 256, { dtype: "uint8" })],
    [OptionError, /^diag: k: expected an integer/, () => diag(matrix, { k: 0.5 })],
    [ShapeError, /^diag: .*1 or 2 axes/, () => diag(matrix.part(0, [1, 2, 2]))],
    [ShapeError, /^triu: .*at least 2 axes/, () => triu(matrix.part(0, [4]))],
    [ShapeError, /^meshgrid: .*1 axis/, () => meshgrid([matrix])],
    [OptionError, /^meshgrid: indexing/, () => meshgrid([], { indexing: "yx" as "xy" })],
    [EngineMismatchError, /vectors\[1\]/, () => meshgrid([matrix.part(0, [4]), elsewhere])],
    [IndexError, /labels\[1\] is 5/, () => oneHot(labels, 5)],
    [IndexError, /labels\[2\] is -1/, () => oneHot(labels, 6)],
    [DisposedError, /disposed/, () => triu(gone)],
    [DisposedError, /disposed/, () => meshgrid([gone.part(0, [0])])],
  ];
  using matrix = counted([2, 2]);
  using elsewhere = arange(other, 3, { dtype: "int32" });
  using labels = tensor(engine, Int32Array.of(0, 5, -1));
  const gone = counted([2, 2]);
  gone.dispose();
  const before = engine.stats();
  for (const [type, message, call] of cases) {
    assert.throws(call, (error: unknown) => error instanceof type && message.test(error.message), String(message));
  }
  assert.equal(engine.stats(), before);
});

type ErrorClass = abstract new (...args: never[]) => Error;

test.run();
