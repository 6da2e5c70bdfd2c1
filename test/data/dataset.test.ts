import { suite } from "uvu";
import * as assert from "uvu/assert";

import { Dataset, isAlike, kindOf } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import type { LabelledParts, NumberParts } from "../../src/data/parts.ts";
import { IndexError, OptionError } from "../../src/errors.ts";
import { assertThrows } from "../support/throws.ts";
import { ramp } from "./files.ts";

const test = suite("dataset");

/** Four examples of 2 × 3 bytes, 0 to 23. */
function parts(): LabelledParts {
  return { name: "small", inputs: ramp(24), labels: Uint8Array.of(2, 0, 1, 2), shape: [1, 2, 3], classes: 3 };
}

function faultOf(changes: Partial<LabelledParts>): DatasetError["fault"] {
  try {
    new Dataset({ ...parts(), ...changes });
  } catch (error) {
    if (error instanceof DatasetError) return error.fault;
    throw error;
  }
  throw new Error("expected a DatasetError, but a dataset was made");
}

function throwsOption(body: () => unknown, option: string): void {
  assert.throws(body, (error: unknown) => error instanceof OptionError && error.option === option);
}

test("keeps the very bytes that it was given", () => {
  const given = parts();
  const dataset = new Dataset(given);
  assert.is(dataset.inputs, given.inputs);
  assert.is(dataset.labels, given.labels);
});

test("tells its shapes, for labels and for one-hot rows", () => {
  const plain = new Dataset(parts());
  assert.is(plain.length, 4);
  assert.is(plain.size, 6);
  assert.equal(plain.inputShape, [4, 1, 2, 3]);
  assert.equal(plain.targetShape, [4]);
  assert.equal(new Dataset({ ...parts(), targets: "oneHot" }).targetShape, [4, 3]);
  assert.equal(new Dataset({ ...parts(), shape: [6] }).inputShape, [4, 6]);
  assert.equal(new Dataset({ ...parts(), shape: [], inputs: ramp(4) }).inputShape, [4]);
});

test("a batch holds the chosen examples in the chosen order, repeated where asked", () => {
  const batch = new Dataset(parts()).batch(Int32Array.of(3, 0, 3));
  assert.equal([...batch.inputs], [18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 18, 19, 20, 21, 22, 23]);
  assert.equal(batch.inputShape, [3, 1, 2, 3]);
  assert.equal(batch.targets, Uint8Array.of(2, 2, 2));
  assert.equal(batch.targetShape, [3]);
  assert.equal(new Dataset(parts()).batch([]).inputShape, [0, 1, 2, 3]);
});

test("a batch holds one-hot rows when they are asked for", () => {
  const batch = new Dataset({ ...parts(), targets: "oneHot" }).batch([0, 1, 2]);
  assert.equal(batch.targets, Float32Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0));
  assert.equal(batch.targetShape, [3, 3]);
});

test("every byte becomes the float32 that is nearest to byte / 255", () => {
  const inputs = ramp(256);
  const dataset = new Dataset({ ...parts(), inputs, labels: new Uint8Array(256), shape: [1], scale: 1 / 255 });
  const floats = dataset.batch(inputs).inputs;
  for (let byte = 0; byte < 256; byte++) assert.is(floats[byte], Math.fround(byte / 255));
  assert.is(floats[255], 1);
});

test("an index that points nowhere is refused and named", () => {
  const dataset = new Dataset(parts());
  for (const index of [-1, 4, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const op of ["batch", "pick"] as const) {
      const error = assertThrows(() => dataset[op]([0, index]), IndexError, op);
      assert.equal([error.op, error.position, error.value], [op, 1, index]);
    }
  }
});

test("elements that were transferred are gone, and whoever asks for them is told", () => {
  const dataset = new Dataset({ ...parts(), inputs: ramp(24).slice() });
  structuredClone(dataset.inputs, { transfer: [dataset.inputs.buffer as ArrayBuffer] });
  const faults = [() => dataset.inputs, () => dataset.batch([0])].map((use) => assertThrows(use, DatasetError, "use"));
  for (const { fault } of faults) assert.equal(fault, { kind: "moved", name: "small" });
});

test("only datasets of one kind go together, and what kind a dataset is can be said", () => {
  const of = (shape: readonly number[], targetValues: Float32Array | Float64Array) =>
    new Dataset({ name: "x", inputs: new Float32Array(12), shape, targetValues });
  const like = of([6], new Float64Array(2));
  assert.ok(isAlike(like, of([6], new Float64Array(2))));
  assert.not.ok(isAlike(like, of([6, 1], new Float64Array(2))));
  assert.not.ok(isAlike(of([6, 1], new Float64Array(2)), like));
  assert.not.ok(isAlike(like, of([6], new Float32Array(2))));
  assert.not.ok(isAlike(like, of([6], new Float64Array(4))));
  assert.not.ok(isAlike(like, of([2, 3], new Float64Array(2))));
  assert.not.ok(isAlike(of([3, 2], new Float64Array(2)), of([2, 3], new Float64Array(2))));
  const bytes = new Dataset({ ...parts(), inputs: ramp(24) });
  const doubles = new Dataset({ ...parts(), inputs: Float64Array.from(ramp(24)), scale: 1 });
  assert.ok(isAlike(bytes, new Dataset({ ...parts(), inputs: ramp(24) })));
  for (const other of [{ scale: 0.5 }, { classes: 4 }, { shape: [1, 6] }]) {
    assert.not.ok(isAlike(bytes, new Dataset({ ...parts(), inputs: ramp(24), ...other })), Object.keys(other)[0]);
  }
  assert.not.ok(isAlike(doubles, new Dataset({ ...parts(), inputs: Float32Array.from(ramp(24)), scale: 1 })));
  assert.not.ok(isAlike(like, doubles));
  assert.is(kindOf(like), "float32 [6] with 1 float64");
  assert.is(kindOf(new Dataset({ ...parts(), scale: 0.5 })), "uint8 [1, 2, 3] × 0.5 with labels of 3 classes");
});

test("a slice is a view with everything else unchanged", () => {
  const dataset = new Dataset({ ...parts(), scale: 0.5, targets: "oneHot" });
  const slice = dataset.slice(1, 3);
  assert.is(slice.inputs.buffer, dataset.inputs.buffer);
  assert.is(slice.labels.buffer, dataset.labels.buffer);
  assert.equal([slice.inputs.byteOffset, slice.inputs.length], [6, 12]);
  assert.equal(slice.targetShape, [2, 3]);
  assert.equal(slice.batch([1]), dataset.batch([2]));
  assert.equal(slice.slice(1).batch([0]), dataset.batch([2]));
  assert.is(slice.name, "small");
  assert.equal([dataset.isSlice, slice.isSlice, slice.pick([0]).isSlice], [false, true, false]);
  assert.is(dataset.slice(0).length, 4);
});

test("every slice with bounds in order is right, every other one is refused", () => {
  const dataset = new Dataset(parts());
  for (let start = -1; start <= 5; start++) {
    for (let end = -1; end <= 5; end++) {
      const isRight = start >= 0 && start < end && end <= 4;
      if (isRight) assert.equal([...dataset.slice(start, end).labels], [2, 0, 1, 2].slice(start, end));
      else throwsOption(() => dataset.slice(start, end), start < 0 || start > 3 ? "start" : "end");
    }
  }
  for (const bound of [0.5, Number.NaN]) {
    throwsOption(() => dataset.slice(bound), "start");
    throwsOption(() => dataset.slice(0, bound), "end");
  }
});

test("inputs and labels must be equally many", () => {
  const fault = faultOf({ labels: Uint8Array.of(0, 1, 2) });
  assert.equal(fault, { kind: "count", images: 4, labels: 3, files: "small inputs, small labels" });
  assert.is(faultOf({ inputs: new Uint8Array(0) }).kind, "count");
  assert.is(faultOf({ inputs: ramp(23) }).kind, "shape");
});

test("no examples are no dataset", () => {
  assert.equal(faultOf({ inputs: new Uint8Array(0), labels: new Uint8Array(0) }), {
    kind: "empty",
    file: "small inputs",
  });
  for (const shape of [[0], [2, 0, 3], [-6], [1.5, 4], [Number.NaN]]) assert.is(faultOf({ shape }).kind, "shape");
});

test("the first label that is no class is named, with its file", () => {
  const labels = Uint8Array.of(2, 0, 3, 4);
  const files = { inputs: "images.gz", labels: "labels.gz" };
  assert.equal(faultOf({ labels, files }), { kind: "label", file: "labels.gz", position: 2, value: 3, classes: 3 });
});

test("what has no shape is told with what was expected and found", () => {
  const shape = { kind: "shape", file: "small inputs" };
  assert.equal(faultOf({ shape: [0, 3] }), { ...shape, expected: "examples of at least one element", found: "[0, 3]" });
  const expected = "a whole number of examples of shape [5]";
  assert.equal(faultOf({ shape: [5] }), { ...shape, expected, found: "24 bytes" });
  assert.equal(faultOf({ shape: [5], inputs: new Float32Array(24) }), { ...shape, expected, found: "24 numbers" });
  const targets = () => new Dataset({ ...NUMBERS, targetValues: new Float32Array(4) });
  assert.equal(assertThrows(targets, DatasetError, "targets").fault, {
    ...{ kind: "shape", file: "numbers labels" },
    ...{ expected: "as many target numbers for each of 3 examples", found: "4 numbers" },
  });
  throwsOption(() => new Dataset({ ...parts(), classes: 2 ** 31 }), "classes");
});

test("classes and scale that cannot be meant are refused", () => {
  for (const classes of [0, -1, 2 ** 31, 2.5, Number.NaN])
    throwsOption(() => new Dataset({ ...parts(), classes }), "classes");
  for (const scale of [Number.NaN, Number.POSITIVE_INFINITY]) {
    throwsOption(() => new Dataset({ ...parts(), scale }), "scale");
  }
});

/** Three examples of two floats, with two numbers each. */
const NUMBERS = {
  name: "numbers",
  inputs: Float64Array.of(0.1, 1, 2, 3, 4, 5),
  shape: [2],
  targetValues: Float32Array.of(0, -1, 10, -11, 20, -21),
} satisfies NumberParts;

test("floats stay in their own type, and numbers are targets in rows", () => {
  const data = new Dataset(NUMBERS);
  assert.is(data.inputs, NUMBERS.inputs);
  assert.is(data.targetValues, NUMBERS.targetValues);
  assert.equal([data.targets, data.targetWidth, data.classes], ["numbers", 2, 0]);
  assert.equal(data.targetShape, [3, 2]);
  const { inputs, targets, targetShape } = data.batch([2, 0]);
  assert.equal(inputs, Float64Array.of(4, 5, 0.1, 1));
  assert.equal(targets, Float32Array.of(20, -21, 0, -1));
  assert.equal(targetShape, [2, 2]);
  assert.is(new Dataset(parts()).targetValues, undefined);
});

test("numbers have no labels", () => {
  assert.throws(
    () => new Dataset(NUMBERS).labels,
    (error: unknown) => error instanceof DatasetError && error.fault.kind === "targets",
  );
});

test("labels may be of more classes than a byte tells apart", () => {
  const labels = Int32Array.of(2 ** 31 - 2, 256, 0, 1);
  const data = new Dataset({ ...parts(), labels, classes: 2 ** 31 - 1 });
  assert.equal(data.batch([1, 0]).targets, Int32Array.of(256, 2 ** 31 - 2));
  assert.is(faultOf({ labels: Int32Array.of(0, -1, 0, 0), classes: 300 }).kind, "label");
  throwsOption(() => new Dataset({ ...parts(), classes: 65_537, targets: "oneHot" }), "classes");
});

test("slices and picks of numbers keep each example with its target; picks are copies", () => {
  const data = new Dataset(NUMBERS);
  assert.equal(data.slice(1).batch([0]), data.batch([1]));
  const picked = data.pick([2, 2, 0]);
  assert.equal(picked.batch([0, 1, 2]), data.batch([2, 2, 0]));
  assert.is.not(picked.inputs.buffer, data.inputs.buffer);
  assert.throws(
    () => data.pick([3]),
    (error: unknown) => error instanceof IndexError,
  );
});

test("what a dataset says of its examples, its slices and picks say too", () => {
  const inputNames = ["a", "b", "c", "d", "e", "f"];
  const data = new Dataset({ ...parts(), scale: 0.5, targets: "oneHot", classNames: ["x", "y", "z"], inputNames });
  for (const part of [data.slice(1, 3), data.pick([1, 2])]) {
    for (const key of ["name", "shape", "scale", "targets", "classes", "classNames", "inputNames"] as const) {
      assert.equal(part[key], data[key], key);
    }
    assert.equal(part.batch([1]), data.batch([2]));
  }
});

test("a number that is not finite is named, among inputs and among targets", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const inputs = Float64Array.from(NUMBERS.inputs).fill(value, 4, 5);
    const targetValues = Float32Array.of(0, value, 0);
    for (const [changed, file, position] of [
      [{ ...NUMBERS, inputs }, "numbers inputs", 4],
      [{ ...NUMBERS, targetValues }, "numbers labels", 1],
    ] as const) {
      assert.throws(
        () => new Dataset(changed),
        (error: unknown) => {
          assert.instance(error, DatasetError);
          assert.equal((error as DatasetError).fault, { kind: "number", file, position, value });
          return true;
        },
      );
    }
  }
});

test("targets that do not fit, both kinds of them, none, or names that are too few are refused", () => {
  for (const length of [0, 2, 4]) {
    assert.throws(
      () => new Dataset({ ...NUMBERS, targetValues: new Float32Array(length) }),
      (error: unknown) => error instanceof DatasetError && error.fault.kind === "shape",
    );
  }
  const none = { name: "none", inputs: NUMBERS.inputs, shape: [2] };
  const both = { ...NUMBERS, labels: new Uint8Array(3), classes: 1 };
  for (const [given, found] of [
    [none, /pass either labels or targetValues$/],
    [both, /pass either labels or targetValues, not both$/],
  ] as const) {
    const error = assertThrows(() => new Dataset(given as unknown as NumberParts), OptionError, `${found}`);
    assert.match(error.message, found);
  }
  throwsOption(() => new Dataset({ ...NUMBERS, inputNames: ["a"] }), "inputNames");
  throwsOption(() => new Dataset({ ...parts(), classNames: ["a"] }), "classNames");
  throwsOption(() => new Dataset({ ...NUMBERS, scale: 0.5 }), "scale");
});

test.run();
