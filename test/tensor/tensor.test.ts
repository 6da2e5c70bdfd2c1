import fc from "fast-check";
import * as assert from "uvu/assert";

import { DisposedError, OptionError, ShapeError } from "../../src/errors.ts";
import { countOf } from "../../src/tensor/layout.ts";
import { empty, Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import { bytesPerElement, type DType, viewOf } from "../../src/wasm/dtype.ts";
import { AllocationError } from "../../src/wasm/errors.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const DTYPES: readonly DType[] = ["float32", "float64", "int32", "uint16", "uint8"];

const engine = await loadEngine();
const test = leakFreeSuite("tensor", engine);

test("nested numbers become float32, row by row", () => {
  using x = tensor(engine, [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.is(x.dtype, "float32");
  assert.equal(x.shape, [2, 3]);
  assert.is(x.size, 6);
  assert.equal([...x.data], [1, 2, 3, 4, 5, 6]);
  assert.equal(x.toArray(), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.is(x.describe(), "tensor float32 [2, 3]");
});

test("a number is a tensor without axes; empty rows are a tensor without elements", () => {
  using scalar = tensor(engine, 7);
  assert.equal(scalar.shape, []);
  assert.is(scalar.toArray(), 7);
  using none = tensor(engine, [[], []]);
  assert.equal(none.shape, [2, 0]);
  assert.equal(none.toArray(), [[], []]);
});

test("a typed array brings its dtype and is copied; a shape folds it", () => {
  for (const dtype of DTYPES) {
    const values = viewOf(dtype, new ArrayBuffer(6 * bytesPerElement(dtype)), 0, 6);
    values.set([1, 2, 3, 4, 5, 6]);
    using x = tensor(engine, values);
    assert.is(x.dtype, dtype);
    assert.equal(x.shape, [6]);
    values[0] = 9;
    assert.is(x.data[0], 1);
    using folded = tensor(engine, values, { shape: [2, 3], name: "folded" });
    assert.equal(folded.toArray(), [
      [9, 2, 3],
      [4, 5, 6],
    ]);
    assert.is(folded.describe(), `folded ${dtype} [2, 3]`);
  }
});

test("a dtype that is asked for wins, and numbers are rounded to it", () => {
  using wide = tensor(engine, [0.1], { dtype: "float64" });
  assert.is(wide.data[0], 0.1);
  using narrow = tensor(engine, Float64Array.of(0.1), { dtype: "float32" });
  assert.is(narrow.data[0], Math.fround(0.1));
  using whole = tensor(engine, [3, -4], { dtype: "int32" });
  assert.equal([...whole.data], [3, -4]);
  using special = tensor(engine, [-0, Infinity, Number.NaN]);
  assert.ok(Object.is(special.data[0], -0) && special.data[1] === Infinity && Number.isNaN(special.data[2]));
});

test("every dtype and shape comes back from toArray as it went in", () => {
  const spec = fc.record({ dtype: fc.constantFrom(...DTYPES), shape: fc.array(fc.nat(3), { maxLength: 4 }) });
  fc.assert(
    fc.property(spec, fc.nat(1000), ({ dtype, shape }, seed) => {
      const values = Array.from({ length: countOf(shape) }, (_, i) => (seed + 37 * i) % 256);
      using made = tensor(engine, values, { dtype, shape });
      const nested = made.toArray();
      using again = tensor(engine, nested, { dtype, shape });
      assert.equal(again.shape, shape);
      assert.equal([...again.data], values);
      assert.equal(again.toArray(), nested);
    }),
  );
});

test("a shape that the numbers do not fill is refused, and leaves nothing behind", () => {
  const error = assertThrows(() => tensor(engine, [1, 2, 3], { shape: [2, 2] }), ShapeError, "3 for 4");
  assert.is(error.message, "tensor: values: expected 4 for shape [2, 2], found 3 numbers");
  assertThrows(() => tensor(engine, new Float32Array(3), { shape: [] }), ShapeError, "3 for 1");
  assertThrows(() => tensor(engine, [[1, 2], [3]]), ShapeError, "ragged");
});

test("ragged rows are refused by the name of who takes them", () => {
  using x = zeros(engine, [2, 2]);
  const ragged = [[1, 2], [3]];
  assert.is(assertThrows(() => tensor(engine, ragged), ShapeError, "tensor").op, "tensor");
  assert.is(assertThrows(() => x.set(ragged), ShapeError, "set").op, "set");
});

test("a shape that is no shape is refused", () => {
  for (const shape of [[-1], [1.5], [Number.NaN], [Infinity], [2 ** 31]]) {
    for (const make of [() => tensor(engine, [1], { shape }), () => zeros(engine, shape)]) {
      assert.is(assertThrows(make, OptionError, `${shape}`).option, "shape");
    }
  }
  assertThrows(() => zeros(engine, [2 ** 30]), AllocationError, "4 GiB");
});

test("a number that its integer dtype cannot hold is refused by its position, and leaves nothing behind", () => {
  const bad = {
    int32: [2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN, Infinity],
    uint8: [-1, 256, 0.5, Number.NaN],
  };
  for (const dtype of ["int32", "uint8"] as const) {
    for (const value of bad[dtype]) {
      const error = assertThrows(() => tensor(engine, [0, 1, value], { dtype }), OptionError, `${value}`);
      assert.ok(error.message.startsWith("tensor: values[2]: expected an integer from "), error.message);
      assert.ok(error.message.endsWith(`(${dtype}), found ${value}`), error.message);
    }
  }
  using ends = tensor(engine, [-(2 ** 31), 2 ** 31 - 1], { dtype: "int32" });
  assert.equal([...ends.data], [-(2 ** 31), 2 ** 31 - 1]);
  using bytes = tensor(engine, [0, 255], { dtype: "uint8" });
  assert.equal([...bytes.data], [0, 255]);
});

test("a typed array of another type is looked through like any numbers, and bytes fit every type", () => {
  for (const [values, dtype, at] of [
    [new Int32Array([7, 256]), "uint8", 1],
    [new Int32Array([-1, 7]), "uint16", 0],
    [new Uint16Array([255, 256]), "uint8", 1],
    [new Float64Array([2 ** 31]), "int32", 0],
    [new Float32Array([1, 2, 0.5]), "uint16", 2],
  ] as const) {
    const error = assertThrows(() => tensor(engine, values, { dtype }), OptionError, `${values}`);
    assert.is(error.option, `tensor: values[${at}]`);
    using none = zeros(engine, [values.length], { dtype });
    assert.is(assertThrows(() => none.set(values), OptionError, `${values}`).option, `set: values[${at}]`);
  }
  for (const dtype of DTYPES) {
    using bytes = tensor(engine, new Uint8Array([0, 255]), { dtype });
    assert.equal([bytes.dtype, ...bytes.data], [dtype, 0, 255]);
  }
  using halves = tensor(engine, new Uint16Array([65_535]));
  assert.equal([halves.dtype, ...halves.data], ["uint16", 65_535]);
});

test("the elements are one view for as long as memory does not grow", () => {
  using x = tensor(engine, [1, 2]);
  assert.is(x.data, x.data);
});

test("set copies nested numbers of the same shape, or a typed array of the same length", () => {
  using x = zeros(engine, [2, 2]);
  x.set([
    [1, 2],
    [3, 4],
  ]);
  assert.equal(x.toArray(), [
    [1, 2],
    [3, 4],
  ]);
  x.set(Float64Array.of(5, 6, 7, 8));
  assert.equal(x.toArray(), [
    [5, 6],
    [7, 8],
  ]);
  const error = assertThrows(() => x.set([1, 2, 3, 4]), ShapeError, "one axis");
  assert.is(error.message, "set: values: expected [2, 2], found [4]");
  for (const length of [0, 3, 5]) {
    const wrong = assertThrows(() => x.set(new Float32Array(length)), ShapeError, `${length} numbers`);
    assert.is(wrong.message, `set: values: expected 4 numbers, found ${length}`);
  }
  using labels = zeros(engine, [2], { dtype: "int32" });
  assertThrows(() => labels.set([1, 0.5]), OptionError, "half a label");
  assert.equal(
    x.toArray(),
    [
      [5, 6],
      [7, 8],
    ],
    "a refused set changes nothing",
  );
  assert.equal(labels.toArray(), [0, 0], "a refused set changes nothing");
});

test("zeros are zeros, also in memory that was used before", () => {
  for (const dtype of DTYPES) {
    tensor(engine, Array(100).fill(7), { dtype }).dispose();
    using x = zeros(engine, [10, 10], { dtype, name: "z" });
    assert.ok(x.data.every((value) => value === 0));
    assert.is(x.data.length, 100);
    assert.is(x.name, "z");
  }
});

test("a tensor owns its bytes: stats counts them until it is disposed of, once", () => {
  for (const dtype of DTYPES) {
    const x = empty(engine, [3, 5], { dtype });
    assert.equal([engine.stats().tensors, engine.stats().bytes], [1, 15 * bytesPerElement(dtype)]);
    assert.is(x.isDisposed, false);
    x.dispose();
    assert.is(x.isDisposed, true);
    const other = empty(engine, [3, 5], { dtype });
    x.dispose();
    assert.is(engine.stats().tensors, 1, "a second dispose frees nothing of another's");
    other.dispose();
  }
});

test("use after dispose names the tensor and what is wrong", () => {
  const x = zeros(engine, [2, 3], { name: "weights" });
  x.dispose();
  for (const use of [() => x.data, () => x.pointer, () => x.toArray(), () => x.set(new Float32Array(6))]) {
    const error = assertThrows(use, DisposedError, String(use));
    assert.is(error.subject, "weights float32 [2, 3]");
    assert.is(error.message, "use: weights float32 [2, 3] was disposed; it must live as long as it is used");
  }
});

test("a scope gives its memory back, even when its body throws", () => {
  const before = engine.stats().bytes;
  const boom = new Error("boom");
  const body = () => {
    using x = zeros(engine, [100]);
    using y = zeros(engine, [100], { dtype: "float64" });
    assert.is(engine.stats().bytes - before, 1200, `${x.size + y.size} elements`);
    throw boom;
  };
  assert.throws(body, (error: unknown) => error === boom);
  assert.is(engine.stats().bytes, before);
});

test("a tensor is a Tensor, whoever made it", () => {
  using x = tensor(engine, [1]);
  using y = zeros(engine, [1]);
  for (const made of [x, y, x.rows(0, 1)]) assert.instance(made, Tensor);
  assert.is(x.engine, engine);
});

test.run();
