/**
 * Values of another realm are taken for what they are: every function that takes typed arrays, bytes or other built-in
 * objects gives for them the bits that it gives for its own realm's. Typed arrays that it has no use for are refused by name.
 */
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as chapter from "../src/chapter/index.ts";
import * as lanegrad from "../src/index.ts";
import { startWorker } from "../src/worker/index.ts";
import { loadEngine, WASM_BUILD } from "./support/engine.ts";
import { elsewhere, foreign } from "./support/realm.ts";
import { assertRejects, assertThrows } from "./support/throws.ts";

const { Dataset, Engine, OptionError, RandomState, dense, network, sequential, tensor, zeros } = lanegrad;

const NUMBERS = [0.1, 1.7, 200, 3, 255, 77, 1, 2, 0, 9, 4, 6];

/** Every class of numbers that this runtime has. */
const CLASSES = [
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
  ...["Float16Array", "Float32Array", "Float64Array"],
].flatMap((name) => (globalThis as unknown as Record<string, typeof Float32Array>)[name] ?? []);

const engine = await loadEngine();
const test = suite("other realms");

const shaped = <D>(data: D, ...shape: number[]) => ({ data, shape });
const elements = (array: ArrayLike<unknown>): unknown[] => Array.from(array);
const netOf = () => network(engine, sequential(dense(3, 2)), { seed: 0, dtype: "float64" });

/** What a call gives, or the class and the words of its error. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error instanceof lanegrad.LanegradError ? [error.name, error.message] : error;
  }
}

/** The call gives the same for arrays of both realms. */
async function same<A extends ArrayBufferView>(array: A, call: (array: A) => unknown, label: string): Promise<unknown> {
  const [own, other] = [await outcome(() => call(array)), await outcome(() => call(foreign(array)))];
  assert.not.instance(own, Error, `${label}: ${own}`);
  assert.equal(other, own, label);
  return own;
}

/** What takes numbers in arrays of any class. */
const CALLS: Readonly<Record<string, (array: Float32Array) => unknown>> = {
  tensor: (array) => {
    using x = tensor(engine, array);
    return [x.dtype, elements(x.data)];
  },
  "tensor of float64": (array) => {
    using x = tensor(engine, array, { dtype: "float64", shape: [3, 4] });
    return elements(x.data);
  },
  "tensor of int32": (array) => {
    using x = tensor(engine, array, { dtype: "int32" });
    return elements(x.data);
  },
  set: (array) => {
    using x = zeros(engine, [12], { dtype: "float64" });
    x.set(array);
    return elements(x.data);
  },
  predict: (array) => {
    using net = netOf();
    using y = net.predict(array);
    return elements(y.data);
  },
  "loss of labels": (array) => {
    using net = netOf();
    return net.loss(NUMBERS, array.subarray(6, 8).fill(1));
  },
  datasetFromArrays: (array) => {
    const { inputs, targetValues } = lanegrad.datasetFromArrays({
      name: "points",
      inputs: shaped(array, 12, 1),
      targets: shaped(array, 12),
    });
    return [inputs, targetValues];
  },
  "datasetFromArrays: labels": (array) => {
    const whole = array.map((value) => Math.min(100, Math.trunc(value)));
    return lanegrad.datasetFromArrays({ name: "points", inputs: shaped(whole, 12, 1), labels: shaped(whole, 12) })
      .labels;
  },
  "Dataset: inputs": (array) => {
    const dataset = new Dataset({
      name: "points",
      inputs: array,
      shape: [2],
      targetValues: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    return [dataset.inputs, dataset.batch([1, 5]), dataset.pick([2, 0]).inputs, lanegrad.standardize(dataset)];
  },
  "Dataset: labels": (array) => {
    const labels = array.map((value) => Math.trunc(value)) as never;
    const dataset = new Dataset({
      name: "points",
      inputs: Float32Array.from(NUMBERS),
      shape: [1],
      labels,
      classes: 256,
    });
    return [dataset.labels, dataset.batch([1, 5]), dataset.pick([2, 0]).labels];
  },
  "Dataset: targetValues": (array) => {
    const dataset = new Dataset({
      name: "points",
      inputs: Float32Array.from(NUMBERS),
      shape: [1],
      targetValues: array,
    });
    return [dataset.targetValues, dataset.batch([1, 5])];
  },
  ResidentDataset: (array) => {
    const dataset = lanegrad.datasetFromArrays({ name: "p", inputs: shaped(array, 6, 2), targets: shaped(array, 12) });
    using resident = new lanegrad.ResidentDataset(engine, dataset);
    using batch = new lanegrad.Minibatch(resident, 2, "float64");
    batch.indices.set(Int32Array.of(3, 1));
    batch.gather();
    return [elements((batch.inputs as lanegrad.Tensor).data), elements(batch.targets.data)];
  },
  encodeNpy: (array) => lanegrad.encodeNpy(shaped(array, 3, 4)),
  encodeNpz: (array) => lanegrad.encodeNpz([{ name: "x", ...shaped(array, 3, 4) }]),
  encodeSafetensors: (array) => lanegrad.encodeSafetensors([{ name: "x", ...shaped(array, 3, 4) }]),
  setWeights: (array) => {
    using net = netOf();
    const part = (start: number, ...shape: number[]) =>
      shaped(array.subarray(start, start + shape.reduce((a, b) => a * b)), ...shape);
    lanegrad.setWeights(net, [
      { name: "W1", ...part(0, 3, 2) },
      { name: "b1", ...part(6, 2) },
    ]);
    return [elements(net.parameters["W1"]?.data ?? []), elements(net.parameters["b1"]?.data ?? [])];
  },
  "setWeights of PyTorch's layout": (array) => {
    using net = netOf();
    const part = (start: number, ...shape: number[]) =>
      shaped(array.subarray(start, start + shape.reduce((a, b) => a * b)), ...shape);
    const weights = [
      { name: "0.weight", ...part(0, 2, 3) },
      { name: "0.bias", ...part(6, 2) },
    ];
    lanegrad.setWeights(net, weights, { naming: "pytorch" });
    return elements(net.parameters["W1"]?.data ?? []);
  },
  "RandomState.shuffle": (array) => {
    const copy = array.slice();
    new RandomState(1).shuffle(copy);
    return elements(copy);
  },
  numericalGradient: (array) =>
    chapter.numericalGradient((x) => Array.from(x as never).reduce((a: number, b) => a + Number(b) ** 2, 0), array),
  meanSquaredError: (array) =>
    chapter.meanSquaredError(
      array,
      array.map((value) => value / 2),
    ),
  prepareDigit: (array) => {
    const grey = array.map((value) => Math.min(127, Math.max(0, Math.trunc(value))));
    return lanegrad.prepareDigit({ width: 4, height: 3, grey: grey as never });
  },
};

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name}: arrays of every class`, async () => {
    for (const Class of CLASSES) await same(Class.from(NUMBERS), call, `${name}, ${Class.name}`);
  });
}

test("tensor: the dtype is that of the class, in any realm; what has none asks for it", () => {
  const dtypes: Record<string, string> = {
    ...{ Int8Array: "float32", Int16Array: "float32", Float16Array: "float32", Float32Array: "float32" },
    ...{ Uint8Array: "uint8", Uint8ClampedArray: "uint8", Uint16Array: "uint16" },
    ...{ Int32Array: "int32", Float64Array: "float64" },
  };
  for (const Class of CLASSES) {
    for (const array of [new Class(2), foreign(new Class(2))]) {
      if (Class.name === "Uint32Array") {
        const { message } = assertThrows(() => tensor(engine, array as never), OptionError, "uint32");
        assert.match(message, /^tensor: values: .+ found Uint32Array\(2\) \[0, 0\]$/);
      } else {
        using x = tensor(engine, array as Float32Array);
        assert.is(x.dtype, dtypes[Class.name], Class.name);
      }
    }
  }
});

const ODD = {
  BigInt64Array: () => BigInt64Array.of(1n, 0n),
  BigUint64Array: () => foreign(BigUint64Array.of(1n, 0n)),
  DataView: () => new DataView(new ArrayBuffer(16)),
};

test("arrays that are not of numbers are refused by name", async () => {
  using net = netOf();
  using x = zeros(engine, [2]);
  const inputs = Float32Array.of(1, 2);
  for (const [name, make] of Object.entries(ODD)) {
    const odd = make() as never;
    const calls: Record<string, () => unknown> = {
      tensor: () => tensor(engine, odd),
      "tensor with a dtype": () => tensor(engine, odd, { dtype: "float64", shape: [2] }),
      set: () => x.set(odd),
      predict: () => net.predict(odd),
      loss: () => net.loss([1, 2, 3], odd),
      "Dataset: inputs": () => new Dataset({ name: "", inputs: odd, shape: [1], targetValues: inputs }),
      "Dataset: labels": () => new Dataset({ name: "", inputs, shape: [1], labels: odd, classes: 2 }),
      "Dataset: targetValues": () => new Dataset({ name: "", inputs, shape: [1], targetValues: odd }),
      parseIdx: () => lanegrad.parseIdx(odd),
      decodeNpy: () => lanegrad.decodeNpy(odd),
      decodeSafetensors: () => lanegrad.decodeSafetensors(odd),
      decodeNetwork: () => lanegrad.decodeNetwork(engine, odd),
      loadWeights: () => lanegrad.loadWeights(net, odd),
      decodeCheckpoint: () => lanegrad.decodeCheckpoint(odd),
      encodeIdx: () => lanegrad.encodeIdx({ type: "uint8", shape: [2], data: odd }),
      setState: () => new RandomState(0).setState({ ...new RandomState(0).getState(), key: odd }),
      numericalGradient: () => chapter.numericalGradient(() => 0, odd),
      numericalDiff: () => chapter.gradientDescent(() => 0, odd, { learningRate: 0.1, steps: 1 } as never),
    };
    if (name === "DataView") {
      calls["datasetFromArrays"] = () =>
        lanegrad.datasetFromArrays({ name: "p", inputs: shaped(odd, 2), targets: shaped(inputs, 2) });
      calls["encodeNpy"] = () => lanegrad.encodeNpy(shaped(odd, 2));
    }
    for (const [label, call] of Object.entries(calls)) {
      const { message } = assertThrows(call, OptionError, `${label} of ${name}`);
      assert.match(message, new RegExp(name), label);
    }
    for (const call of [() => lanegrad.readIdx(odd), () => lanegrad.decodeNpz(odd)]) {
      assert.match((await assertRejects(call, OptionError, name)).message, new RegExp(name));
    }
  }
});

test("arrays whose elements are gone are refused, not taken for empty ones", () => {
  const moved = Float32Array.of(1, 2, 3);
  structuredClone(moved.buffer, { transfer: [moved.buffer] });
  const gone = [moved];
  if ("resize" in ArrayBuffer.prototype) {
    const buffer = new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer)(12, {
      maxByteLength: 24,
    });
    gone.push(new Float32Array(buffer, 4, 2));
    (buffer as unknown as { resize(bytes: number): void }).resize(4);
  }
  using net = netOf();
  using x = zeros(engine, [0]);
  for (const array of gone) {
    for (const call of [() => tensor(engine, array), () => x.set(array), () => net.predict(array)]) {
      assert.match(assertThrows(call, OptionError, String(call)).message, /the elements are gone/);
    }
  }
  using empty = tensor(engine, new Float32Array(0));
  assert.equal(empty.shape, [0]);
});

/** The same bytes in every form that a caller may have them in. */
function formsOf(bytes: Uint8Array): Record<string, Uint8Array> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 8), 8);
  shared.set(bytes);
  const inside = new Uint8Array(bytes.length + 5).subarray(3, 3 + bytes.length);
  inside.set(bytes);
  const forms: Record<string, Uint8Array> = {
    ...{ "another realm": foreign(bytes), "a Buffer": Buffer.from(bytes), "shared memory": shared, "a part": inside },
    "a part of another realm's": foreign(Uint8Array.of(1, ...bytes)).subarray(1),
  };
  if (!("resize" in ArrayBuffer.prototype)) return forms;
  const buffer = new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer)(bytes.length, {
    maxByteLength: 2 * bytes.length,
  });
  const resizable = new Uint8Array(buffer);
  resizable.set(bytes);
  return { ...forms, "a resizable buffer": resizable };
}

test("files: bytes of any realm, in any kind of buffer, give the same", async () => {
  using net = netOf();
  const array = { name: "x", ...shaped(Float64Array.from(NUMBERS), 3, 4) };
  const digits = lanegrad.encodeIdx({ type: "uint8", shape: [3, 4], data: Uint8Array.from(NUMBERS) });
  const float = lanegrad.encodeIdx({ type: "float32", shape: [12], data: Float32Array.from(NUMBERS) });
  const options = { epochs: 1, batchSize: 2, learningRate: 0.1 };
  const points = lanegrad.datasetFromArrays({
    name: "p",
    inputs: shaped(Float64Array.from(NUMBERS), 4, 3),
    labels: shaped(Uint8Array.of(0, 1, 1, 0), 4),
  });
  using trainer = new lanegrad.Trainer(net, { train: points }, options);
  const checkpoint = lanegrad.encodeCheckpoint(lanegrad.checkpointOf(trainer));
  const readers: Record<string, readonly [Uint8Array, (bytes: Uint8Array) => unknown]> = {
    parseIdx: [digits, (bytes) => lanegrad.parseIdx(bytes)],
    "parseIdx of floats": [float, (bytes) => lanegrad.parseIdx(bytes)],
    readIdx: [digits, (bytes) => lanegrad.readIdx(bytes)],
    "readIdx of gzip": [gzipSync(digits), (bytes) => lanegrad.readIdx(bytes)],
    loadMnist: [
      digits,
      async (bytes) => await outcome(() => lanegrad.loadMnist(new Map([["train-labels-idx1-ubyte", bytes]]))),
    ],
    decodeNpy: [lanegrad.encodeNpy(array), (bytes) => lanegrad.decodeNpy(bytes)],
    decodeNpz: [lanegrad.encodeNpz([array]), (bytes) => lanegrad.decodeNpz(bytes)],
    decodeSafetensors: [
      lanegrad.encodeSafetensors([array], { a: "b" }),
      (bytes) => lanegrad.decodeSafetensors(bytes).tensors,
    ],
    decodeNetwork: [
      lanegrad.encodeNetwork(net),
      (bytes) => {
        using again = lanegrad.decodeNetwork(engine, bytes);
        return lanegrad.encodeNetwork(again);
      },
    ],
    loadWeights: [
      lanegrad.encodeNetwork(net),
      (bytes) => {
        using other = netOf();
        lanegrad.loadWeights(other, bytes);
        return lanegrad.encodeNetwork(other);
      },
    ],
    decodeCheckpoint: [checkpoint, (bytes) => lanegrad.encodeCheckpoint(lanegrad.decodeCheckpoint(bytes))],
  };
  for (const [name, [bytes, read]] of Object.entries(readers)) {
    const expected = await read(Uint8Array.from(bytes));
    for (const [form, given] of Object.entries(formsOf(bytes))) {
      assert.equal(await read(given), expected, `${name} of ${form}`);
    }
  }
});

test("loadMnist: a Map of another realm", async () => {
  const entries: [string, Uint8Array][] = [];
  for (const part of ["train", "t10k"]) {
    const images = { type: "uint8", shape: [2, 28, 28], data: new Uint8Array(1568).fill(7) } as const;
    entries.push([`${part}-images-idx3-ubyte`, foreign(lanegrad.encodeIdx(images))]);
    const labels = { type: "uint8", shape: [2], data: Uint8Array.of(3, 4) } as const;
    entries.push([`${part}-labels-idx1-ubyte`, foreign(lanegrad.encodeIdx(labels))]);
  }
  const files = elsewhere<(entries: unknown) => Map<string, Uint8Array>>("(entries) => new Map(entries)")(entries);
  const { train } = await lanegrad.loadMnist(files);
  assert.equal(Array.from(train.labels), [3, 4]);
  assert.instance(train.inputs, Uint8Array);
});

test("kernels: modules, bytes, buffers and addresses of another realm", async () => {
  const bytes = (await lanegrad.kernelsOf(WASM_BUILD, undefined)) as Uint8Array<ArrayBuffer>;
  const other = foreign(bytes);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const sources: Record<string, unknown> = {
    "a module": elsewhere<(bytes: unknown) => unknown>("(bytes) => new WebAssembly.Module(bytes)")(bytes),
    "an array": other,
    "a buffer": other.buffer,
    "a DataView": new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    "shared memory": shared,
    "a response": Object.assign(Object.create({ [Symbol.toStringTag]: "Response" }), {
      ok: true,
      arrayBuffer: () => Promise.resolve(other.buffer),
    }),
    "an address": Object.assign(Object.create({ [Symbol.toStringTag]: "URL" }), {
      toString: () => `data:application/wasm;base64,${Buffer.from(bytes).toString("base64")}`,
    }),
  };
  for (const [name, source] of Object.entries(sources)) {
    using engine = await Engine.load({ build: WASM_BUILD, wasm: source as BufferSource });
    using x = tensor(engine, [1, 2, 3]);
    using y = lanegrad.square(x);
    assert.equal(y.toArray(), [1, 4, 9], name);
  }
});

test("a worker: datasets, rows and weights of another realm, or in shared memory", async () => {
  await using worker = await startWorker();
  const labels = Uint8Array.of(0, 1, 1, 0);
  const results: unknown[] = [];
  const copies = [
    <A extends ArrayBufferView>(array: A) => array,
    foreign,
    <A extends Uint8Array | Float64Array>(array: A) => {
      const copy = new (array.constructor as typeof Float64Array)(new SharedArrayBuffer(array.byteLength));
      copy.set(array as Float64Array);
      return copy as unknown as A;
    },
  ] as ((array: Float64Array | Uint8Array) => never)[];
  for (const copied of copies) {
    const parts = { inputs: copied(Float64Array.from(NUMBERS)), labels: copied(labels.slice()) };
    const dataset = new Dataset({ name: "points", ...parts, shape: [3], classes: 2 });
    const net = await worker.network(sequential(dense(3, 2)), { seed: 0, dtype: "float64" });
    await using data = await worker.dataset(dataset);
    const history = await net.train(data, { epochs: 1, batchSize: 2, learningRate: 0.1 });
    const weights = await net.weights();
    await net.setWeights(weights.map(({ data, ...rest }) => ({ ...rest, data: copied(data as Float64Array) })));
    const predicted = await net.predict(copied(Float64Array.from(NUMBERS.slice(0, 3))));
    results.push([
      history.losses,
      weights.map(({ data }) => Array.from(data as Float64Array)),
      Array.from(predicted.data),
    ]);
    for (const odd of [BigInt64Array.of(1n), new DataView(new ArrayBuffer(8))]) {
      await assertRejects(() => net.predict(odd as never), OptionError, "odd rows");
      await assertRejects(
        () => net.setWeights([{ name: "W1", ...shaped(new DataView(new ArrayBuffer(8)) as never, 1) }]),
        OptionError,
        "odd weights",
      );
    }
    await net.dispose();
  }
  assert.equal(results[1], results[0]);
  assert.equal(results[2], results[0]);
});

test("a snapshot's key of another realm continues the same stream", () => {
  const random = new RandomState(5);
  random.randn(3);
  const state = random.getState();
  const again = new RandomState(0);
  again.setState({ ...state, key: foreign(state.key) });
  assert.equal(again.rand(4), random.rand(4));
});

test("signals and promises of another realm", async () => {
  using net = netOf();
  const points = lanegrad.datasetFromArrays({
    name: "p",
    inputs: shaped(Float64Array.from(NUMBERS), 4, 3),
    labels: shaped(Uint8Array.of(0, 1, 1, 0), 4),
  });
  const signal = { aborted: false };
  const later = elsewhere<() => Promise<void>>("() => Promise.resolve()");
  let evaluations = 0;
  const onEvaluation = () => {
    evaluations += 1;
    return later();
  };
  const onStep = ({ iteration }: { iteration: number }) => {
    signal.aborted = iteration === 2;
  };
  const history = await lanegrad.train(net, points, {
    epochs: 9,
    batchSize: 2,
    learningRate: 0.1,
    test: points,
    onStep,
    onEvaluation,
    signal: signal as AbortSignal,
  });
  assert.is(history.outcome, "aborted");
  assert.ok(evaluations > 0);
});

test.run();
