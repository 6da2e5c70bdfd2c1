import { suite } from "uvu";
import * as assert from "uvu/assert";

import { Dataset } from "../../src/data/dataset.ts";
import type { LabelledParts } from "../../src/data/parts.ts";
import { DatasetError, IndexError, OptionError } from "../../src/errors.ts";
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
    assert.throws(
      () => dataset.batch([0, index]),
      (error: unknown) => error instanceof IndexError && error.position === 1 && Object.is(error.value, index),
    );
  }
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

test("classes and scale that cannot be meant are refused", () => {
  for (const classes of [0, -1, 2 ** 31, 2.5, Number.NaN])
    throwsOption(() => new Dataset({ ...parts(), classes }), "classes");
  for (const scale of [Number.NaN, Number.POSITIVE_INFINITY]) {
    throwsOption(() => new Dataset({ ...parts(), scale }), "scale");
  }
});

test.run();
