import * as assert from "uvu/assert";
import { type ArrayParts, datasetFromArrays, datasetFromNamedArrays } from "../../src/data/arrays.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { encodeIdx, parseIdx } from "../../src/data/idx.ts";
import { OptionError } from "../../src/errors.ts";
import type { ArrayData } from "../../src/formats/arrays.ts";
import { decodeNpz, encodeNpz } from "../../src/formats/npz.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("datasets of arrays", engine);
const named = await decodeNpz(
  encodeNpz([
    { name: "x_train", shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, i) => 20 * i) },
    { name: "y_train", shape: [3], data: BigInt64Array.of(4n, 0n, 9n) },
    { name: "t_train", shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  ]),
);

test("arrays of an .npz file by their names: bytes stay bytes, int64 labels become class numbers", () => {
  const data = datasetFromNamedArrays(named, { name: "digits", inputs: "x_train", labels: "y_train", scale: 1 / 255 });
  assert.instance(data.inputs, Uint8Array);
  assert.equal(data.inputShape, [3, 2, 2]);
  assert.equal([...data.labels], [4, 0, 9]);
  assert.is(data.classes, 10);
  assert.equal(
    [...data.batch([2]).inputs],
    [160, 180, 200, 220].map((byte) => Math.fround(byte / 255)),
  );
  const numbers = datasetFromNamedArrays(named, { name: "digits", inputs: "x_train", targets: "t_train" });
  assert.equal(numbers.batch([2, 0]).targets, Float32Array.of(5, 6, 1, 2));
});

test("a name that is not there is answered with those that are", () => {
  const call = () => datasetFromNamedArrays(named, { name: "digits", inputs: "x_train", labels: "labels" });
  const { fault, message } = assertThrows(call, DatasetError, "name");
  assert.is(fault.kind, "array");
  assert.match(message, /labels: expected one of x_train, y_train, t_train/);
});

test("tensors become a dataset of its own, which outlives them", () => {
  const x = tensor(
    engine,
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { dtype: "float64" },
  );
  const t = tensor(engine, Int32Array.of(2, 0, 1));
  const data = datasetFromArrays({ name: "points", inputs: x, labels: t });
  x.data.fill(Number.NaN);
  x.dispose();
  t.dispose();
  assert.equal(data.inputs, Float64Array.of(1, 2, 3, 4, 5, 6));
  assert.equal([...data.labels], [2, 0, 1]);
  assert.equal([data.length, data.classes, data.shape], [3, 3, [2]]);
});

test("every element type arrives as a type that holds it", () => {
  const cases: readonly (readonly [ArrayData, unknown])[] = [
    [Uint8Array.of(255, 0), Uint8Array],
    [Int8Array.of(-128, 127), Float32Array],
    [Int16Array.of(-32768, 32767), Float32Array],
    [Uint16Array.of(0, 65535), Float32Array],
    [Int32Array.of(-(2 ** 31), 2 ** 31 - 1), Float64Array],
    [Uint32Array.of(0, 2 ** 32 - 1), Float64Array],
    [BigInt64Array.of(-(2n ** 53n), 2n ** 53n), Float64Array],
    [BigUint64Array.of(0n, 2n ** 53n), Float64Array],
    [Float32Array.of(0.1, -0), Float32Array],
    [Float64Array.of(0.1, 1e300), Float64Array],
  ];
  for (const [data, type] of cases) {
    const inputs = { shape: [2], data };
    const made = datasetFromArrays({ name: "x", inputs, labels: { shape: [2, 1], data: Float64Array.of(1, 0) } });
    assert.is(made.inputs.constructor, type);
    assert.equal(Array.from(made.inputs), Array.from(data as Float64Array, Number));
    assert.is.not(made.inputs, data);
    assert.equal([...made.labels], [1, 0]);
    assert.equal(made.inputShape, [2]);
  }
});

test("arrays that do not fit are refused, by name", () => {
  const inputs = { shape: [2, 3], data: new Float32Array(6) };
  const labels = { shape: [2], data: Uint8Array.of(0, 1) };
  const kindOf = (parts: Omit<ArrayParts, "name">) =>
    assertThrows(() => datasetFromArrays({ name: "x", ...parts }), DatasetError, "parts").fault.kind;
  assert.is(kindOf({ inputs: { shape: [2, 4], data: inputs.data }, labels }), "array");
  assert.is(kindOf({ inputs: { shape: [], data: new Float32Array(1) }, labels }), "array");
  assert.is(kindOf({ inputs, labels: { shape: [3], data: new Uint8Array(3) } }), "array");
  assert.is(kindOf({ inputs, labels: { shape: [2, 2], data: new Uint8Array(4) } }), "array");
  assert.is(kindOf({ inputs, targets: { shape: [3, 1], data: new Float32Array(3) } }), "array");
  assert.is(kindOf({ inputs, targets: { shape: [2, 0], data: new Float32Array(0) } }), "shape");
  assert.is(kindOf({ inputs, labels, classes: 1 }), "label");
  assert.is(
    kindOf({ inputs: { shape: [0, 3], data: new Float32Array(0) }, labels: { shape: [0], data: new Uint8Array(0) } }),
    "empty",
  );
  for (const data of [
    Int8Array.of(0, -1),
    Float32Array.of(0.5, 1),
    Float64Array.of(1, Number.NaN),
    BigInt64Array.of(0n, -1n),
  ]) {
    assert.is(kindOf({ inputs, labels: { shape: [2], data } }), "label");
  }
  for (const [parts, found] of [
    [{ inputs }, /pass either labels or targets$/],
    [{ inputs, labels, targets: inputs }, /pass either labels or targets, not both$/],
  ] as const) {
    const error = assertThrows(() => datasetFromArrays({ name: "x", ...parts }), OptionError, `${found}`);
    assert.match(error.message, found);
  }
});

test("what does not fit is told with what was expected and found", () => {
  const inputs = { shape: [2, 3], data: new Float32Array(6) };
  const faultOf = (parts: Omit<ArrayParts, "name">) =>
    assertThrows(() => datasetFromArrays({ name: "x", ...parts }), DatasetError, "parts").fault;
  const of = (shape: readonly number[], data: ArrayData = new Float32Array(4)) => ({ shape, data });
  const unfilled = { kind: "array", expected: "elements that fill at least one axis" } as const;
  const cut = { kind: "array", expected: "a first axis of 2, as the inputs have" } as const;
  assert.equal(faultOf({ inputs: of([5]), labels: of([5]) }), {
    ...unfilled,
    name: "x inputs",
    found: "[5] with 4 elements",
  });
  const single = { ...unfilled, name: "x inputs", found: "[] with 1 elements" };
  assert.equal(faultOf({ inputs: of([], Uint8Array.of(1)), labels: of([1]) }), single);
  assert.equal(faultOf({ inputs, labels: of([]) }), { ...unfilled, name: "x labels", found: "[] with 4 elements" });
  assert.equal(faultOf({ inputs, labels: of([4]) }), { ...cut, name: "x labels", found: "[4]" });
  assert.equal(faultOf({ inputs, targets: of([4, 1]) }), { ...cut, name: "x targets", found: "[4, 1]" });
  assert.equal(faultOf({ inputs, labels: of([2, 2]) }), {
    ...{ kind: "array", name: "x labels", expected: "one integer for each of 2 examples", found: "[2, 2]" },
  });
  for (const value of [-1, 0.5, 3, 2 ** 32, -(2 ** 32)]) {
    const fault = { kind: "label", file: "x labels", position: 1, value, classes: 3 };
    assert.equal(faultOf({ inputs, labels: of([2], Float64Array.of(0, value)), classes: 3 }), fault);
  }
});

test("bytes stay bytes as labels, and classes have the names that are given", () => {
  const inputs = { shape: [2], data: new Float32Array(2) };
  const labels = { shape: [2], data: Uint8Array.of(1, 0) };
  const made = datasetFromArrays({ name: "x", inputs, labels, classNames: ["no", "yes"] });
  assert.equal(made.labels, Uint8Array.of(1, 0));
  assert.is.not(made.labels, labels.data);
  assert.equal(made.classNames, ["no", "yes"]);
});

test("an IDX array is such an array", () => {
  const idx = parseIdx(encodeIdx({ type: "int16", shape: [2, 2], data: Int16Array.of(1, -1, 300, 4) }));
  const data = datasetFromArrays({ name: "idx", inputs: idx, targets: idx });
  assert.equal(data.inputs, Float32Array.of(1, -1, 300, 4));
  assert.equal(data.targetShape, [2, 2]);
});

test.run();
