import * as assert from "uvu/assert";
import { DisposedError } from "../../src/errors.ts";
import { bincount, histogram, nonzero, unique } from "../../src/ops/counting.ts";
import { input } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { FloatType, NumberType } from "../../src/wasm/dtype.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { NUMPY, numbersOf, tensorOf } from "../support/numpy_types.ts";

const engine = await loadEngine();
const test = leakFreeSuite("counts", engine);

test("unique: NumPy's values, counts and inverse", () => {
  assert.is(NUMPY.uniques.length, 12);
  for (const { dtype, x: given, shape, values: want, inverse: places, counts: often } of NUMPY.uniques) {
    using x = tensorOf(engine, given, dtype as NumberType, shape);
    const { values, counts, inverse } = unique(x, { counts: true, inverse: true });
    assert.equal([values.dtype, counts?.dtype, inverse?.dtype], [dtype, "int32", "int32"]);
    assert.equal(inverse?.shape, shape);
    assertSame(values.data, numbersOf(want), dtype);
    assertSame(counts!.data, numbersOf(often), `counts, ${dtype}`);
    assertSame(inverse!.data, numbersOf(places), `inverse, ${dtype}`);
    for (const made of [values, counts, inverse]) made!.dispose();
  }
  using x = tensor(engine, [0, 1, -0]);
  const only = unique(x);
  assert.equal(Object.keys(only), ["values"]);
  assertSame(only.values.data, [0, 1], "the first of 0 and -0");
  only.values.dispose();
});

test("nonzero: NumPy's argwhere, of every dtype", () => {
  for (const { x: given, shape, y: want } of NUMPY.nonzeros) {
    for (const dtype of ["float32", "float64"] as const) {
      using x = tensorOf(engine, given, dtype, shape);
      using y = nonzero(x);
      assert.equal([y.dtype, y.shape[1]], ["int32", shape.length]);
      assert.is(y.shape[0], numbersOf(given).filter((value) => value !== 0).length);
      assertSame(y.data, numbersOf(want), `[${shape}]`);
    }
  }
  using bytes = tensor(engine, Uint8Array.of(0, 9, 0, 1), { shape: [2, 2] });
  using y = nonzero(bytes);
  assert.equal(y.toArray(), [
    [0, 1],
    [1, 1],
  ]);
});

test("bincount: NumPy's counts", () => {
  for (const { x: given, minLength, y: want } of NUMPY.bincounts) {
    for (const dtype of ["int32", "uint8"] as const) {
      using x = tensorOf(engine, given, dtype);
      using y = bincount(x as never, { minLength });
      assertSame(y.data, numbersOf(want), `${dtype}, ${minLength}`);
      assert.is(y.dtype, "int32");
    }
  }
});

test("histogram: NumPy's counts and edges, bit for bit", () => {
  assert.ok(NUMPY.histograms.length >= 26);
  for (const { dtype, x: given, options, counts: want, edges: between } of NUMPY.histograms) {
    using x = tensorOf(engine, given, dtype as FloatType);
    const { counts, edges } = histogram(x, options);
    const label = `${dtype} ${JSON.stringify(options)}`;
    assert.equal([counts.dtype, edges.dtype], ["int32", dtype]);
    const round = dtype === "float32" ? Math.fround : Number;
    assertSame(edges.data, numbersOf(between).map(round), `edges, ${label}`);
    assertSame(counts.data, numbersOf(want), label);
    counts.dispose();
    edges.dispose();
  }
});

test("histogram of a disposed tensor is refused, and leaves nothing behind", () => {
  const x = tensor(engine, [1, 2]);
  x.dispose();
  assert.throws(
    () => histogram(x, { range: [0, 2] }),
    (error: unknown) => error instanceof DisposedError,
  ); // the suite counts tensors
});

test("histogram: NaN is in no bin of a given range, and has none to be found", () => {
  using x = tensor(engine, [0, NaN, 1, Infinity, 0.5]);
  const { counts, edges } = histogram(x, { bins: 2, range: [0, 1] });
  assert.equal(counts.toArray(), [1, 2]);
  counts.dispose();
  edges.dispose();
  assert.throws(() => histogram(x), /histogram: range: expected a range, where x is not finite/);
});

test("what is refused", () => {
  using x = tensor(engine, [1, 2]);
  using i = tensor(engine, Int32Array.of(1, -2));
  using matrix = tensor(engine, Int32Array.of(1, 2), { shape: [1, 2] });
  const lazy = input(engine, [2], { name: "x" });
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => unique(lazy as never), /unique: x: expected a tensor/],
    [() => nonzero(lazy as never), /nonzero: x: expected a tensor/],
    [() => bincount(lazy as never), /bincount: x: expected a tensor/],
    [() => histogram(lazy as never), /histogram: x: expected a tensor/],
    [() => unique(x, { counts: 1 as never }), /unique: counts/],
    [() => bincount(x as never), /bincount: x: expected dtype int32 or uint8, found float32/],
    [() => bincount(i), /bincount: x\[1\]: expected an integer >= 0, found -2/],
    [() => bincount(matrix), /bincount: x: expected a vector, found \[1, 2\]/],
    [() => bincount(matrix.part(0, [2]), { minLength: 0.5 }), /bincount: minLength/],
    [() => histogram(i as never), /histogram: x: expected dtype float32 or float64, found int32/],
    [() => histogram(x, { bins: 0 }), /histogram: bins/],
    [() => histogram(x, { bins: [1] }), /histogram: bins/],
    [() => histogram(x, { bins: [2, 1] }), /histogram: bins/],
    [() => histogram(x, { bins: [0, NaN] }), /histogram: bins/],
    [() => histogram(x, { bins: [0, 1], range: [0, 1] }), /histogram: edges/],
    [() => histogram(x, { range: [1, 0] }), /histogram: range/],
    [() => histogram(x, { range: [0, Infinity] }), /histogram: range/],
  ];
  for (const [call, message] of cases) assert.throws(call, message);
});

test.run();
