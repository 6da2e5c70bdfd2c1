/** What of a dataset goes over to a worker: moved or copied. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { Connection } from "../../src/worker/connection.ts";
import { copyOf, partsOf, WorkerDataset } from "../../src/worker/dataset.ts";
import { ScriptedWorker } from "../support/workers.ts";

const test = suite("worker: dataset");
const NAMES = { inputNames: ["left", "right"], classNames: ["no", "yes"] };

function labelled(changes: object = {}): Dataset {
  const [inputs, labels] = [Float32Array.of(0, 1, 1, 0), Int32Array.of(0, 1)];
  return new Dataset({ name: "sides", inputs, labels, shape: [2], classes: 2, ...changes });
}

test("a dataset in a worker is known by what it is", () => {
  const dataset = labelled(NAMES);
  const { name, length, shape, size, classes, classNames } = new WorkerDataset(
    new Connection(new ScriptedWorker()),
    1,
    dataset,
  );
  assert.equal(
    { name, length, shape, size, classes, classNames },
    {
      ...{ name: "sides", length: 2, shape: [2], size: 2, classes: 2, classNames: ["no", "yes"] },
    },
  );
});

test("a dataset is taken apart as it was put together, and says no more of itself", () => {
  const [inputs, labels] = [Float32Array.of(0, 1, 1, 0), Int32Array.of(0, 1)];
  const plain = { name: "sides", inputs, shape: [2], scale: 1 };
  const classes = { ...plain, labels, classes: 2 };
  assert.equal(partsOf(labelled(), "copy").parts, { ...classes, targets: "labels" });
  const bytes = { inputs: Uint8Array.of(0, 1, 1, 0), scale: 0.5 };
  const rows = labelled({ ...NAMES, ...bytes, targets: "oneHot" });
  assert.equal(partsOf(rows, "copy").parts, { ...classes, ...NAMES, ...bytes, targets: "oneHot" });
  const targetValues = Float64Array.of(1, 2);
  const numbers = new Dataset({ ...plain, targetValues, inputNames: NAMES.inputNames });
  assert.equal(partsOf(numbers, "copy").parts, { ...plain, targetValues, inputNames: NAMES.inputNames });
});

test("an array that has its buffer for itself is moved, whatever its length; a slice is copied", () => {
  const inputs = new Uint8Array(10_000);
  const dataset = new Dataset({ name: "bytes", inputs, labels: Uint8Array.of(0, 1), shape: [5000], classes: 2 });
  const moved = partsOf(dataset, "move");
  assert.is(moved.parts.inputs, inputs);
  assert.equal(moved.buffers.length, 2);
  assert.is(moved.buffers[0], inputs.buffer);
  assert.is(moved.buffers[1], moved.parts.labels?.buffer);
  for (const copied of [partsOf(dataset, "copy"), partsOf(dataset.slice(0, 2), "move")]) {
    assert.is.not(copied.parts.inputs.buffer, inputs.buffer);
    assert.equal(copied.parts.inputs, inputs);
    assert.is(copied.buffers[0], copied.parts.inputs.buffer);
  }
});

test("what lies beside an array in its buffer is at most a file's header, or the array is copied", () => {
  for (const [before, isMoved] of [
    [4095, true],
    [4096, false],
  ] as const) {
    const inputs = new Uint8Array(new ArrayBuffer(before + 2), before, 2);
    const dataset = new Dataset({ name: "bytes", inputs, labels: Uint8Array.of(0, 1), shape: [1], classes: 2 });
    assert.is(partsOf(dataset, "move").parts.inputs === inputs, isMoved, `${before} bytes`);
  }
});

test("shared memory goes over without being moved", () => {
  const inputs = new Float32Array(new SharedArrayBuffer(8));
  const dataset = new Dataset({ name: "shared", inputs, shape: [1], targetValues: Float32Array.of(1, 2) });
  const { parts, buffers } = partsOf(dataset, "move");
  assert.is(parts.inputs, inputs);
  assert.equal(buffers.length, 1);
  assert.is(buffers[0], parts.targetValues?.buffer);
});

test("a copy has the same elements in a buffer of its own, also that of one of Node's Buffers", () => {
  const bytes = Buffer.from([1, 2, 3]);
  const copy = copyOf(bytes as Uint8Array);
  assert.is(copy.constructor, Uint8Array);
  assert.equal([...copy], [1, 2, 3]);
  assert.is(copy.buffer.byteLength, 3);
  for (const array of [Int32Array.of(-1, 2 ** 30), Float32Array.of(0.1, -0), Float64Array.of(0.1, 1e300)]) {
    const own = copyOf(array);
    assert.equal(own, array);
    assert.is(own.constructor, array.constructor);
    assert.is.not(own.buffer, array.buffer);
  }
});

test.run();
