/** Arrays without elements to read: detached ones, and proxies, as state libraries make them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { datasetFromArrays } from "../src/data/arrays.ts";
import { Dataset } from "../src/data/dataset.ts";
import { DatasetError } from "../src/data/dataset_error.ts";
import { LanegradError, OptionError } from "../src/errors.ts";
import { dense } from "../src/nn/layers/dense.ts";
import { sequential } from "../src/nn/layers/sequential.ts";
import { network } from "../src/nn/network.ts";
import { adam } from "../src/nn/optimizers/adam.ts";
import { checkReadable } from "../src/readable.ts";
import { tensor } from "../src/tensor/tensor.ts";
import { evaluate } from "../src/train/evaluation/evaluate.ts";
import { train } from "../src/train/loop/train.ts";
import { loadEngine } from "./support/engine.ts";
import { behindProxies, detached, proxyOf } from "./support/proxies.ts";
import { assertRejects, assertThrows } from "./support/throws.ts";

const test = suite("arrays that cannot be read");
const engine = await loadEngine();
const layers = () => sequential(dense(4, 3));
const parts = () => ({
  ...{ name: "six", shape: [4], classes: 3 },
  inputs: Float32Array.from({ length: 24 }, (_, at) => at % 5),
  labels: Uint8Array.of(0, 1, 2, 0, 1, 2),
});

test("detached arrays and proxies of typed arrays are refused by their argument's name; everything else passes", () => {
  assert.match(
    assertThrows(() => checkReadable("a: b", detached()), OptionError, "detached").message,
    /^a: b: .*transferred/,
  );
  for (const array of [new Float32Array(1), new BigInt64Array(0), new Uint8Array(2).subarray(2)]) {
    checkReadable("a", array);
    const error = assertThrows(() => checkReadable("a: b", proxyOf(array)), OptionError, "proxy");
    assert.match(error.message, /^a: b: .*toRaw\(array\), not a Proxy/);
  }
  for (const value of [undefined, null, 1, "", [], proxyOf([1]), {}, new DataView(new ArrayBuffer(0))])
    checkReadable("a", value);
});

test("tensors and networks name the argument; proxies of plain arrays are read", () => {
  using net = network(engine, layers(), { seed: 0 });
  using y = tensor(engine, [1, 2, 3, 4]);
  for (const array of [detached(), proxyOf(new Float32Array(4))]) {
    for (const [option, call] of [
      ["network: x", () => net.predict(array)],
      ["network: x", () => net.loss(array, [0])],
      ["network: t", () => net.loss([1, 2, 3, 4], array)],
      ["tensor: values", () => tensor(engine, array)],
      ["tensor: values", () => tensor(engine, array, { shape: [4] })],
      ["tensor: bias", () => tensor(engine, array, { name: "bias" })],
      ["set: values", () => y.set(array)],
    ] as const) {
      assert.is(assertThrows(call as () => unknown, OptionError, option).option, option);
    }
  }
  using plain = net.predict([[1, 2, 3, 4]]);
  using behind = net.predict(behindProxies([[1, 2, 3, 4]]));
  assert.equal(behind.data, plain.data);
});

test("datasets name the array, and copy shapes and names out of their proxies", () => {
  for (const array of ["inputs", "labels"] as const) {
    for (const wrong of [proxyOf(parts()[array]), detached()]) {
      const make = () => new Dataset({ ...parts(), [array]: wrong } as never);
      assert.is(assertThrows(make, OptionError, array).option, array);
    }
  }
  const targets = () => new Dataset({ name: "x", inputs: new Float32Array(2), shape: [1], targetValues: detached() });
  assert.is(assertThrows(targets, OptionError, "targets").option, "targetValues");
  const inputs = { shape: [2, 1], data: proxyOf(new Float32Array(2)) };
  const arrays = () => datasetFromArrays({ name: "x", inputs, labels: { shape: [2], data: Uint8Array.of(0, 1) } });
  assert.is(assertThrows(arrays, OptionError, "arrays").option, "x inputs");

  const names = { classNames: ["a", "b", "c"], inputNames: ["p", "q", "r", "s"] };
  const { shape, classNames, inputNames } = new Dataset(behindProxies({ ...parts(), ...names }));
  assert.equal(structuredClone({ shape, classNames, inputNames }), { shape: [4], ...names });
});

test("a Proxy of a dataset is refused by everything that reads it, with the cure", async () => {
  using net = network(engine, layers(), { seed: 0 });
  const data = proxyOf(new Dataset(parts()));
  for (const call of [
    () => train(net, data, { epochs: 1, learningRate: 0.1 }),
    () => train(net, new Dataset(parts()), { epochs: 1, learningRate: 0.1, test: data }),
    async () => evaluate(net, data),
    async () => data.batch([0]),
    async () => data.slice(0, 1),
    async () => data.pick([0]),
    async () => data.labels,
    async () => data.targetValues,
    async () => data.isSlice,
  ] as const) {
    const { option, message } = await assertRejects<OptionError>(call as () => Promise<unknown>, OptionError, "proxy");
    assert.is(option, "dataset");
    assert.match(message, /toRaw\(dataset\)/);
  }
});

test("options behind proxies train as the plain ones do", async () => {
  const bits = [];
  for (const options of [
    { epochs: 2, batchSize: 2, optimizer: adam({ learningRate: 0.1 }) },
    behindProxies({ epochs: 2, batchSize: 2, optimizer: adam({ learningRate: 0.1 }) }),
  ]) {
    using net = network(engine, behindProxies(layers()), { seed: 0 });
    await train(net, new Dataset(parts()), options);
    bits.push(net.parameters["W1"]?.data.slice());
  }
  assert.equal(bits[0], bits[1]);
});

test("a dataset whose labels or targets were transferred says so, as one whose inputs were", async () => {
  using net = network(engine, layers(), { seed: 0 });
  const labelled = new Dataset(parts());
  structuredClone(labelled.labels.buffer, { transfer: [labelled.labels.buffer] as ArrayBuffer[] });
  const numbers = new Dataset({
    name: "x",
    inputs: new Float32Array(8),
    shape: [4],
    targetValues: new Float32Array(6),
  });
  structuredClone(numbers.targetValues?.buffer, { transfer: [numbers.targetValues?.buffer as ArrayBuffer] });
  for (const data of [labelled, numbers]) {
    const error = await assertRejects(
      () => train(net, data, { epochs: 1, learningRate: 0.1 }),
      DatasetError,
      data.name,
    );
    assert.is(error.fault.kind, "moved");
    assert.instance(error, LanegradError);
  }
});

test("objects of the library have tags of their own, so that state libraries leave them alone", () => {
  using net = network(engine, layers(), { seed: 0 });
  const tags = [net, engine, new Dataset(parts())].map((one) => Object.prototype.toString.call(one));
  assert.equal(tags, ["[object Network]", "[object Engine]", "[object Dataset]"]);
});

test.run();
