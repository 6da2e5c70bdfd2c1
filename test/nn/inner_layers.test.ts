/** Layers within layers, and layers of one's own: what they compute, their names, files, checkpoints and workers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gradCheck } from "../../src/autodiff/grad_check.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { describeNetwork, parseDescription } from "../../src/nn/files/description.ts";
import { decodeNetwork, encodeNetwork } from "../../src/nn/files/network_file.ts";
import { encodeOnnx } from "../../src/nn/files/onnx_export.ts";
import { weightsOf } from "../../src/nn/files/weights.ts";
import { relu, sigmoid, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { flatten } from "../../src/nn/layers/flatten.ts";
import { parseLayers } from "../../src/nn/layers/known.ts";
import type { Layer } from "../../src/nn/layers/layer.ts";
import { model } from "../../src/nn/layers/model.ts";
import { defineLayer, type LayerRecord } from "../../src/nn/layers/record.ts";
import { residual, sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import { mean } from "../../src/ops/reduce.ts";
import { reshape } from "../../src/ops/rows.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { type Checkpoint, checkpointOf } from "../../src/train/checkpoints/checkpoint.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { assertEqual } from "../support/compare.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { bitsOf, startLocalWorker } from "../support/workers.ts";

const engine = await loadEngine();
const test = leakFreeSuite("inner layers", engine);
const later = suite("inner layers, trained");

type Swish = { readonly kind: "acme/swish"; readonly beta: number };
const swish = defineLayer<Swish>({
  kind: "acme/swish",
  keys: { kind: 1, beta: 1 },
  check(option, { beta }) {
    if (!Number.isFinite(beta)) throw new OptionError(`${option}: beta`, "a finite number", beta);
  },
  isRectifier: true,
  forward: (x, { beta }) => mul(x, sigmoid(mul(x, beta))),
});

/** A scale for each column, and the running mean of the columns. */
type Scale = { readonly kind: "acme/scale" };
const scale = defineLayer<Scale>({
  kind: "acme/scale",
  keys: { kind: 1 },
  check() {},
  parameters: (_, input) => ({ scale: { shape: input, start: 1 } }),
  statistics: (_, input) => ({ level: { shape: input, start: 0 } }),
  forward(x, _, { mode, parameter, statistic, update }) {
    if (mode === "train") update("level", add(mul(statistic("level"), 0.5), mul(mean(x, { axes: [0] }), 0.5)));
    return mul(x, parameter("scale"));
  },
});

/** Two branches of the input, one of whose layers is used twice. */
const towers = model("acme/towers", {
  layers: { wide: dense(6), narrow: dense(6), shared: dense(6), head: dense(3) },
  forward: (x, { wide, narrow, shared, head }) => {
    const both = add(relu(wide(x)), tanh(narrow(x)));
    return head(shared(relu(shared(both))));
  },
});

const NESTED = sequential(
  dense(8),
  sequential(relu(), dense(6), residual(batchNorm(), tanh(), dense(6))),
  dropout(0.2),
  scale({}),
  swish({ beta: 1.5 }),
  dense(4),
  towers,
);
const OWN = { layers: [swish, scale, towers] };
const LAYERS = { nested: NESTED, model: towers } as const;

function made(layers: Layer, seed = 1): Network<"float32"> {
  return network(engine, layers, { inputShape: [5], seed });
}

test("a sequential within another computes what its layers do one after the other", () => {
  using flat = made(sequential(dense(4), relu(), dense(6), tanh(), dense(3)));
  using nested = made(sequential(sequential(dense(4), relu()), sequential(sequential(dense(6), tanh())), dense(3)));
  assert.equal(bitsOf(weightsOf(nested)), bitsOf(weightsOf(flat)), "the same draws, the same names");
  const x = new RandomState(2).randn(3, 5);
  using y = nested.predict(x);
  using z = flat.predict(x);
  assertEqual(y.data, z.data, "answers");
});

test("residual adds its input to what its layers give; another shape is refused", () => {
  using net = network(engine, sequential(residual(dense(3), relu(), dense(3))), {
    ...{ inputShape: [3], dtype: "float64", loss: "meanSquaredError" },
  });
  const identity = (by: number) => [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? by : 0)));
  net.parameters["W1"]?.set(identity(1));
  net.parameters["b1"]?.set([-1, -1, -1]);
  net.parameters["W2"]?.set(identity(2));
  net.parameters["b2"]?.set([0, 0, 1]);
  using y = net.predict([[0.5, 2, 3]]);
  assert.equal(y.toArray(), [[0.5, 4, 8]]);
  const { message } = assertThrows(() => residual(dense(3, 4)), ShapeError, "another shape");
  assert.is(message, "residual: output: expected the input's shape, [3], found [4]");
});

test("a layer that a model calls twice has one set of parameters, whose gradient is of both calls", () => {
  using net = network(engine, towers, { inputShape: [5], dtype: "float64", seed: 3 });
  assert.equal(Object.keys(net.parameters), ["W1", "b1", "W2", "b2", "W3", "b3", "W4", "b4"]);
  assert.equal([net.inputSize, net.outputSize], [5, 3]);
  const names = Object.keys(net.parameters);
  using x = tensor(engine, new RandomState(4).randn(7, 5), { shape: [7, 5] });
  using t = tensor(engine, Int32Array.of(0, 1, 2, 0, 1, 2, 0));
  const report = gradCheck(
    (...values) =>
      net.lossOf(net.forward(x, "train", Object.fromEntries(names.map((name, i) => [name, values[i]!]))).z, t),
    names.map((name) => net.parameters[name]!),
  );
  assert.ok(report.passed, JSON.stringify(report.inputs));
});

test("inputs of any shape reach the first layer as they are", () => {
  using net = network(engine, sequential(flatten(), dense(2)), { inputShape: [2, 3] });
  using rows = network(engine, sequential(dense(6, 2)));
  const x = new RandomState(5).randn(4, 6);
  using y = net.predict(x);
  using z = rows.predict(x);
  assertEqual(y.data, z.data, "answers");
  assert.equal([net.inputShape, net.inputSize], [[2, 3], 6]);
  const { message } = assertThrows(() => network(engine, dense(2), { inputShape: [2, 3] }), ShapeError, "a matrix");
  assert.match(message, /flatten\(\)/);
});

for (const [name, layers] of Object.entries(LAYERS)) {
  test(`${name}: what is saved is loaded, under both namings, by those who have its layers`, () => {
    using net = made(layers);
    const x = new RandomState(6).randn(3, 5);
    using wanted = net.predict(x);
    for (const naming of ["lanegrad", "pytorch"] as const) {
      const bytes = encodeNetwork(net, { naming });
      using again = decodeNetwork(engine, bytes, OWN);
      assert.equal(again.description, net.description);
      assert.equal(bitsOf(weightsOf(again)), bitsOf(weightsOf(net)), naming);
      using y = again.predict(x);
      assertEqual(y.data, wanted.data, naming);
      const { message } = assertThrows(() => decodeNetwork(engine, bytes), FormatError, naming);
      assert.match(message, /kind: expected .*, found "acme\/(scale|towers)"; pass what defineLayer or model returned/);
    }
    const { version } = describeNetwork(net);
    assert.is(version, 2);
    const described = JSON.parse(JSON.stringify(describeNetwork(net)));
    using described2 = network(engine, sequential(...parseDescription(described, OWN).layers), {
      inputShape: [5],
      seed: 1,
    });
    assert.equal(bitsOf(weightsOf(described2)), bitsOf(weightsOf(net)));
    for (const key of ["inputSize", "outputSize"]) {
      const text = JSON.stringify(describeNetwork(net))
        .replace(new RegExp(`"${key}":\\d+,?`), "")
        .replace(",}", "}");
      assertThrows(() => parseDescription(JSON.parse(text), OWN), FormatError, key);
    }
  });

  later(`${name}: a run that is resumed from a file has the bits of an unbroken one`, async () => {
    const data = clusters({ count: 40, size: 5, classes: 3, seed: 1 });
    const options = { epochs: 3, batchSize: 10, optimizer: adam({ learningRate: 0.01 }) };
    using whole = made(layers);
    await train(whole, data, options);
    let saved: Checkpoint | undefined;
    {
      using broken = made(layers);
      using trainer = new Trainer(broken, { train: data }, options, emptyHistory());
      for (const { iteration } of trainer.steps()) if (iteration === 5) saved = checkpointOf(trainer);
    }
    using resumed = made(layers, 9);
    await train(resumed, data, { ...options, resume: decodeCheckpoint(encodeCheckpoint(saved!)) });
    assert.equal(bitsOf(weightsOf(resumed)), bitsOf(weightsOf(whole)));
  });

  later(`${name}: in a worker whose script has its layers, the bits of this thread`, async () => {
    const data = clusters({ count: 30, size: 5, classes: 3, seed: 1 });
    const options = { epochs: 1, batchSize: 10, optimizer: adam({ learningRate: 0.01 }) };
    using here = made(layers);
    await train(here, data, options);
    const worker = await startLocalWorker(undefined, OWN);
    try {
      const there = await worker.network(layers, { inputShape: [5], seed: 1 });
      await there.train(await worker.dataset(data), options);
      assert.equal(bitsOf(await there.weights()), bitsOf(weightsOf(here)));
      const again = await worker.load(await there.save());
      assert.equal(bitsOf(await again.weights()), bitsOf(weightsOf(here)));
    } finally {
      await worker.close();
    }
    const without = await startLocalWorker();
    try {
      const error = await assertRejects(() => without.network(layers, { inputShape: [5] }), OptionError, "no layers");
      assert.match(error.message, /found "acme\/\w+"; pass what defineLayer or model returned/);
    } finally {
      await without.close();
    }
  });
}

test("PyTorch's names are paths; a layer of one's own has its own names there", () => {
  using net = made(NESTED);
  const names = weightsOf(net, { naming: "pytorch" }).map(({ name }) => name);
  for (const name of [
    "0.weight",
    "1.1.bias",
    "1.2.0.running_mean",
    "1.2.2.weight",
    "3.scale",
    "3.level",
    "6.wide.weight",
  ]) {
    assert.ok(names.includes(name), name);
  }
  assert.ok(names.every((name) => !/[A-Z]/.test(name)));
});

test("statistics of a layer of one's own follow the minibatches", () => {
  using net = network(engine, sequential(scale({}), dense(2)), { inputShape: [2], seed: 1, dtype: "float64" });
  using state = net.optimize(adam({ learningRate: 0.01 }));
  using x = tensor(engine, [[1, 2], [3, 4]], { dtype: "float64" }); // biome-ignore format: a matrix
  using t = tensor(engine, Int32Array.of(0, 1));
  net.step(state, x, t);
  assert.equal(net.statistics["level1"]?.toArray(), [1, 1.5]);
  net.step(state, x, t);
  assert.equal(net.statistics["level1"]?.toArray(), [1.5, 2.25]);
  using y = net.predict([[5, 6]]);
  assert.ok(Number.isFinite(y.data[0]));
  assert.equal(net.statistics["level1"]?.toArray(), [1.5, 2.25], "predictions leave them alone");
});

test("weights before a rectifier of one's own start by He's rule", () => {
  using net = network(engine, sequential(dense(5, 4), swish({ beta: 1 }), dense(2)));
  using he = network(engine, sequential(dense(5, 4, { weights: "he" }), dense(2)));
  assertEqual(net.parameters["W1"]!.data, he.parameters["W1"]!.data, "W1");
});

test("ONNX has what has operators; what has none is named", () => {
  using flat = network(engine, sequential(sequential(flatten(), dense(4)), relu(), dense(2)), { inputShape: [2, 3] });
  assert.ok(encodeOnnx(flat).length > 0);
  using own = made(NESTED);
  assert.match(assertThrows(() => encodeOnnx(own), OptionError, "scale").message, /acme\/scale has no operator/);
});

test("layers that keep their input's shape leave its size to those after them; others do not", () => {
  const twice = defineLayer<{ readonly kind: "acme/twice" }>({
    kind: "acme/twice",
    keys: { kind: 1 },
    check() {},
    forward: (x) =>
      reshape(add(reshape(x, [...x.shape, 1]), broadcastTo(reshape(mul(x, 0), [...x.shape, 1]), [...x.shape, 2])), [
        x.shape[0] ?? 0,
        2 * (x.shape[1] ?? 0),
      ]),
  });
  const layers = sequential(twice({}), dense(6, 2));
  assertThrows(() => network(engine, layers), OptionError, "unknown");
  using net = network(engine, layers, { inputShape: [3] });
  assert.equal([net.inputSize, net.outputSize], [3, 2]);
  using kept = network(engine, sequential(relu(), dropout(0.1), batchNorm(), dense(6, 2)));
  assert.is(kept.inputSize, 6);
});

test("tensors of one's own layers have names of letters: a number follows them", () => {
  for (const name of ["W1", "a.b", "training/x", "", "__proto__"]) {
    const layer = defineLayer<{ readonly kind: "acme/named" }>({
      kind: "acme/named",
      keys: { kind: 1 },
      check() {},
      parameters: (_, input) => ({ [name]: { shape: input, start: 0 } }),
      forward: (x, _, { parameter }) => add(x, parameter(name)),
    });
    assertThrows(() => network(engine, layer({}), { inputShape: [2] }), OptionError, name);
  }
});

test("a description of layers within layers without end is refused", () => {
  let layer: unknown = { kind: "dense", inputSize: 1, outputSize: 1 };
  for (let depth = 0; depth < 3000; depth++) layer = { kind: "sequential", layers: [layer] };
  assertThrows(() => parseLayers([layer]), OptionError, "deep");
  const description = {
    format: "lanegrad network",
    version: 2,
    dtype: "float32",
    loss: "squaredError",
    inputShape: [1],
  };
  assertThrows(() => parseDescription({ ...description, layers: [layer] }), FormatError, "deep");
});

test("records and kinds that are none are refused, and what carries none is named", () => {
  const record = { kind: "acme/x", keys: { kind: 1 }, check() {}, forward: (x) => x } as LayerRecord<{
    kind: "acme/x";
  }>;
  for (const kind of ["x", "", "/x", "a/", "a/b/c", 1, undefined]) {
    assertThrows(() => defineLayer({ ...record, kind: kind as "acme/x" }), OptionError, String(kind));
    assertThrows(() => model(kind as "acme/x", { layers: {}, forward: (x) => x }), OptionError, String(kind));
  }
  for (const part of ["keys", "check", "forward"]) {
    assertThrows(() => defineLayer({ ...record, [part]: undefined } as never), OptionError, part);
  }
  const identity = defineLayer(record);
  assert.is(assertThrows(() => swish({ beta: Number.NaN }), OptionError, "NaN").option, "acme/swish: beta");
  assert.is(
    assertThrows(() => swish({ beta: 1, gamma: 2 } as never), OptionError, "gamma").option,
    "acme/swish: gamma",
  );
  assertThrows(() => parseLayers([{ kind: "acme/x" }], { layers: [{ kind: "acme/x" }] }), OptionError, "no record");
  assert.equal(parseLayers([{ kind: "acme/x" }], { layers: [identity] }), [{ kind: "acme/x" }]);
  const unused = model("acme/unused", { layers: { a: dense(2), b: dense(2) }, forward: (x, { a }) => a(x) });
  const { message } = assertThrows(() => network(engine, unused, { inputShape: [2] }), OptionError, "b");
  assert.match(message, /layers\[0\]\.layers\.b: the model's forward never calls it/);
  const clone = structuredClone(towers);
  assertThrows(() => sequential(dense(5, 5), clone), OptionError, "structuredClone leaves the record out");
});

later.after(() => engine.dispose());
test.run();
later.run();
