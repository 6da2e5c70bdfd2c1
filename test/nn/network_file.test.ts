/** Networks in files: described, saved, read back, and weights under other names. */
import * as assert from "uvu/assert";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { DisposedError, OptionError } from "../../src/errors.ts";
import type { NamedArray } from "../../src/formats/arrays.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { decodeNpz, encodeNpz } from "../../src/formats/npz.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { describeNetwork, parseDescription } from "../../src/nn/files/description.ts";
import { decodeNetwork, encodeNetwork } from "../../src/nn/files/network_file.ts";
import { loadWeights, setWeights, weightsOf } from "../../src/nn/files/weights.ts";
import { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { prelu } from "../../src/nn/layers/prelu.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { LOSSES, type LossName } from "../../src/nn/losses.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { squaredError } from "../../src/ops/squared_error.ts";
import { RandomState } from "../../src/random/random_state.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { damagesOf } from "../formats/arbitrary.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("network file", engine);

const EVERY_KIND = sequential(
  dropout(0.25),
  dense(5, 7),
  batchNorm({ momentum: 0.2, epsilon: 1e-3 }),
  leakyRelu({ slope: 0.2 }),
  dense(7, 6, { weights: "heUniform" }),
  gelu(),
  dense(6, 4, { weights: { std: 0.01 } }),
  softplus(),
  batchNorm(),
  tanh(),
  dense(4, 4, { weights: "zeros" }),
  sigmoid(),
  dense(4, 3),
  elu({ alpha: 0.5 }),
  silu(),
  relu(),
);
const PYTORCH = { naming: "pytorch" } as const;

/** A network of every kind of layer whose numbers are all different from each other and from where they start. */
function filled<D extends FloatType>(dtype: D, seed = 0): Network<D> {
  const net = network(engine, EVERY_KIND, { dtype, seed, loss: "squaredError" });
  const random = new RandomState(seed + 100);
  for (const { data } of [...Object.values(net.parameters), ...Object.values(net.statistics)]) {
    data.set(random.rand(data.length) as Float64Array);
  }
  return net;
}

test("slopes of a prelu: written and read by both namings, with PyTorch's name", () => {
  const layers = sequential(dense(2, 3), prelu({ slopes: "each", start: 0.5 }), dense(3, 2), prelu());
  using net = network(engine, layers, { seed: 1 });
  net.parameters["slope1"]!.data.set([0.1, 0.2, 0.3]);
  net.parameters["slope2"]!.data.set([0.7]);
  for (const naming of ["lanegrad", "pytorch"] as const) {
    const bytes = encodeNetwork(net, { naming });
    const { tensors } = decodeSafetensors(bytes);
    const names = naming === "pytorch" ? ["1.weight", "3.weight"] : ["slope1", "slope2"];
    for (const name of names)
      assert.ok(
        tensors.some((tensor) => tensor.name === name),
        `${naming}: ${name}`,
      );
    using read = decodeNetwork(engine, bytes);
    assertSameNumbers(read, net);
    assert.equal(JSON.stringify(describeNetwork(read)), JSON.stringify(describeNetwork(net)));
  }
});

function assertSameNumbers(got: Network<FloatType>, want: Network<FloatType>): void {
  for (const group of ["parameters", "statistics"] as const) {
    assert.equal(Object.keys(got[group]), Object.keys(want[group]));
    for (const [name, { data, shape }] of Object.entries(want[group])) {
      assert.equal(got[group][name]!.shape, shape, name);
      assertSame(got[group][name]!.data, data, name);
    }
  }
}

/** Read before the tests run, each of which ends before it returns. */
const throughNpz = await decodeNpz(encodeNpz(filledArrays()));

/** The file with its description changed. */
function described(bytes: Uint8Array, change: (description: Record<string, unknown>) => unknown): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const words = Object.fromEntries(metadata);
  const description = JSON.parse(words["lanegrad.network"]!) as Record<string, unknown>;
  words["lanegrad.network"] = JSON.stringify(change(description) ?? description);
  return encodeSafetensors(tensors, words);
}

const layersIn = (description: Record<string, unknown>) => description["layers"] as Record<string, unknown>[];

for (const dtype of FLOATS) {
  for (const naming of ["lanegrad", "pytorch"] as const) {
    test(`a network that is saved and read has the same layers, loss, numbers and answers: ${dtype}, ${naming}'s names`, () => {
      using net = filled(dtype);
      using again = decodeNetwork(engine, encodeNetwork(net, { naming }), { file: "net.safetensors" });
      assert.equal([again.dtype, again.lossFunction], [dtype, "squaredError"]);
      assert.equal(again.description, EVERY_KIND);
      assertSameNumbers(again, net);
      const x = new RandomState(1).randn(3, 5);
      using y = net.predict(x);
      using z = again.predict(x);
      assertSame(z.data, y.data, "answers");
      assert.is(again.counter!.data[0], 0);
      using seeded = decodeNetwork(engine, encodeNetwork(net), { seed: 9 });
      assert.is(seeded.counter!.data[0], 9);
    });
  }
}

test("a description says format, version, dtype, loss and layers, and is what JSON gives back", () => {
  using net = network(engine, sequential(dense(2, 3), relu()), { dtype: "float64" });
  const description = describeNetwork(net);
  assert.equal(JSON.parse(JSON.stringify(description)), {
    format: "lanegrad network",
    version: 1,
    dtype: "float64",
    loss: "softmaxCrossEntropy",
    layers: [
      { kind: "dense", inputSize: 2, outputSize: 3 },
      { kind: "activation", name: "relu" },
    ],
  });
  assert.equal(parseDescription(JSON.parse(JSON.stringify(description))), description);
});

test("every loss that has a name is read back", () => {
  for (const loss of Object.keys(LOSSES) as LossName[]) {
    using net = network(engine, sequential(dense(2, 2)), { loss });
    using again = decodeNetwork(engine, encodeNetwork(net));
    assert.is(again.lossFunction, loss);
  }
});

test("a loss that is a function is recorded as custom, and must be given again", () => {
  const description = sequential(dense(2, 1));
  using net = network(engine, description, { loss: (z, t) => squaredError(z, t) });
  assert.is(describeNetwork(net).loss, "custom");
  const bytes = encodeNetwork(net);
  assert.match(
    assertThrows(() => decodeNetwork(engine, bytes), OptionError, "no loss").message,
    /files cannot hold it/,
  );
  using again = decodeNetwork(engine, bytes, { loss: (z, t) => squaredError(z, t) });
  const [x, t] = [[[1, 2]], [[0.5]]];
  assert.is(again.loss(x, t), net.loss(x, t));
  using named = decodeNetwork(engine, bytes, { loss: "squaredError" });
  assert.is(named.lossFunction, "squaredError");
});

test("the two-layer network is saved as its inner network, and the command line's weights fit it", () => {
  const sizes = { inputSize: 4, hiddenSize: 3, outputSize: 2 };
  using net = new TwoLayerNet(engine, { ...sizes, random: new RandomState(0) });
  using again = decodeNetwork(engine, encodeNetwork(net));
  assertSameNumbers(again, net.network as Network<FloatType>);
  const plain = Object.entries(net.parameters).map(([name, { shape, data }]) => ({ name, shape, data }));
  using other = new TwoLayerNet(engine, sizes);
  loadWeights(other.network, encodeSafetensors(plain, { format: "lanegrad", network: "TwoLayerNet" }));
  assertSameNumbers(other.network as Network<FloatType>, net.network as Network<FloatType>);
});

test("PyTorch's names are places in the sequence, and its weights are outputSize × inputSize", () => {
  using net = network(engine, sequential(dropout(0.5), dense(3, 2), batchNorm(), relu(), dense(2, 1)), {
    loss: "meanSquaredError",
  });
  net.parameters["W1"]!.set([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  net.parameters["gamma1"]!.set([7, 8]);
  net.statistics["variance1"]!.set([9, 10]);
  const found = new Map(decodeSafetensors(encodeNetwork(net, PYTORCH)).tensors.map((t) => [t.name, t]));
  const shapes = [...found].map(([name, { shape }]) => [name, [...shape]] as const);
  assert.equal(Object.fromEntries(shapes), {
    "1.weight": [2, 3],
    "1.bias": [2],
    "2.weight": [2],
    "2.bias": [2],
    "2.running_mean": [2],
    "2.running_var": [2],
    "2.num_batches_tracked": [],
    "4.weight": [1, 2],
    "4.bias": [1],
  });
  assert.equal([...found.get("1.weight")!.data], [1, 3, 5, 2, 4, 6]);
  assert.equal([...found.get("2.weight")!.data], [7, 8]);
  assert.equal([...found.get("2.running_var")!.data], [9, 10]);
  assert.equal(found.get("2.num_batches_tracked")!.data, BigInt64Array.of(0n));
});

test("weights from elsewhere are taken by their names, under a prefix, without or with what is not used", () => {
  using net = network(engine, sequential(dense(3, 2), batchNorm()));
  const arrays: NamedArray[] = [
    { name: "other.weight", shape: [1], data: Float32Array.of(1) },
    { name: "model.0.weight", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { name: "model.0.bias", shape: [2], data: Float32Array.of(7, 8) },
    ...["weight", "bias", "running_mean", "running_var"].map((name, i) => ({
      name: `model.1.${name}`,
      shape: [2],
      data: Float32Array.of(10 * i, 10 * i + 1),
    })),
  ];
  const tracked = { name: "model.1.num_batches_tracked", shape: [], data: BigInt64Array.of(77n) };
  // Some writers have no numbers without an axis.
  for (const file of [arrays, [tracked, ...arrays], [{ ...tracked, shape: [1] }, ...arrays]]) {
    for (const { data } of Object.values(net.parameters)) data.fill(0);
    loadWeights(net, encodeSafetensors(file), { naming: "pytorch", prefix: "model." });
    assert.equal(net.parameters["W1"]!.toArray(), [
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    assert.equal(net.parameters["beta1"]!.toArray(), [10, 11]);
    assert.equal(net.statistics["variance1"]!.toArray(), [30, 31]);
  }
  for (const count of [{ shape: [2], data: BigInt64Array.of(1n, 2n) }, { data: Float32Array.of(77) }]) {
    const wrong = [...arrays, { ...tracked, ...count }];
    assert.throws(() => setWeights(net, wrong, { naming: "pytorch", prefix: "model." }), /num_batches_tracked/);
  }
});

test("what a checkpoint keeps beside the weights is passed over", () => {
  using net = filled("float32");
  using other = filled("float32", 5);
  setWeights(other, [...weightsOf(net), { name: "training/losses", shape: [1], data: Float64Array.of(1) }]);
  assertSameNumbers(other as Network<FloatType>, net as Network<FloatType>);
});

test("float64 takes float32 as it is; float32 takes float64 only where rounding is asked for", () => {
  using narrow = filled("float32");
  using wide = filled("float64", 5);
  setWeights(wide, weightsOf(narrow));
  assertSameNumbers(wide as Network<FloatType>, narrow as Network<FloatType>);
  wide.parameters["b1"]!.data[0] = 0.1;
  const arrays = weightsOf(wide);
  const error = assertThrows(() => setWeights(narrow, arrays, { file: "f" }), FormatError, "narrow");
  assert.is(error.message, "f: weights: W1: expected float32 [5, 7], found float64 [5, 7]");
  setWeights(narrow, arrays, { narrowing: "round" });
  assert.is(narrow.parameters["b1"]!.data[0], Math.fround(0.1));
});

test("nothing is changed unless everything fits, and the error names the tensor", () => {
  using net = filled("float32");
  using before = filled("float32");
  using other = filled("float32", 5);
  const good = weightsOf(other);
  const edited = (name: string, change: (array: NamedArray) => NamedArray[]) =>
    good.flatMap((array) => (array.name === name ? change(array) : [array]));
  const cases: readonly (readonly [string, NamedArray[], RegExp])[] = [
    ["missing", edited("variance2", () => []), /variance2: expected float32 \[4\], found no tensor of this name/],
    [
      "unknown",
      [...good, { name: "W6", shape: [1], data: Float32Array.of(1) }],
      /W6: expected no tensor of this name, found float32 \[1\]/,
    ],
    ["shape", edited("W5", (a) => [{ ...a, shape: [3, 4] }]), /W5: expected float32 \[4, 3\], found float32 \[3, 4\]/],
    ["rank", edited("b5", (a) => [{ ...a, shape: [3, 1] }]), /b5: expected float32 \[3\], found float32 \[3, 1\]/],
    ["type", edited("b5", (a) => [{ ...a, data: new Int32Array(3) }]), /b5: expected float32 \[3\], found int32 \[3\]/],
    ["other names", weightsOf(other, PYTORCH), /W1: expected float32 \[5, 7\], found no tensor/],
  ];
  for (const [label, arrays, text] of cases) {
    const error = assertThrows(() => setWeights(net, arrays), FormatError, label);
    assert.is(error.fault.kind, "tensor", label);
    assert.match(error.message, text, label);
    assertThrows(() => loadWeights(net, encodeSafetensors(arrays)), FormatError, label);
  }
  assertThrows(() => setWeights(net, [...good, good[0]!]), OptionError, "twice");
  assertSameNumbers(net as Network<FloatType>, before as Network<FloatType>);
  setWeights(net, good);
  assert.is(net.parameters["b5"]!.data[0], good.find(({ name }) => name === "b5")!.data[0]);
});

test("a description from a file is checked as strictly as one from a program", () => {
  using net = filled("float32");
  const bytes = encodeNetwork(net);
  type Change = (description: Record<string, unknown>) => unknown;
  const layer = (i: number, change: Record<string, unknown>): Change => {
    return (description) => {
      Object.assign(layersIn(description)[i]!, change);
    };
  };
  const cases: readonly (readonly [string, Change, RegExp])[] = [
    ["format", (d) => ({ ...d, format: "other" }), /expected format "lanegrad network", found "other"/],
    ["no object", () => [1], /no object/],
    ["dtype", (d) => ({ ...d, dtype: "float16" }), /dtype: expected float32, float64, found "float16"/],
    ["loss", (d) => ({ ...d, loss: "toString" }), /loss: expected .*custom, found "toString"/],
    ["another key", (d) => ({ ...d, seed: 1 }), /unknown key "seed"/],
    ["missing key", ({ loss: _, ...d }) => d, /loss is missing/],
    ["layers", (d) => ({ ...d, layers: {} }), /layers: expected a list/],
    ["no layers", (d) => ({ ...d, layers: [] }), /at least one layer/],
    ["layer", (d) => ({ ...d, layers: [null] }), /layers\[0\]: expected an object, found null/],
    ["kind", layer(1, { kind: "conv4d" }), /layers\[1\]: kind: expected dense, .*, found "conv4d"/],
    ["inherited kind", layer(1, { kind: "constructor" }), /layers\[1\]: kind: expected/],
    ["layer's key", layer(1, { bias: false }), /layers\[1\]: bias: unknown option/],
    ["missing size", layer(1, { outputSize: undefined }), /layers\[1\]: outputSize: .*found undefined/],
    ["missing input", layer(4, { inputSize: undefined }), /layers\[4\]: inputSize is missing/],
    ["missing input of all", layer(1, { inputSize: undefined }), /inputShape: expected one/],
    ["size", layer(1, { outputSize: 0.5 }), /outputSize/],
    ["size as text", layer(1, { outputSize: "7" }), /outputSize/],
    ["sizes that do not fit", layer(4, { inputSize: 8 }), /inputSize 7/],
    ["activation", layer(3, { name: "swish", slope: undefined }), /sigmoid, tanh/],
    ["slope", layer(3, { slope: "0" }), /layers\[3\]: slope/],
    ["slope of another", layer(5, { slope: 0 }), /layers\[5\]: slope/],
    ["rate", layer(0, { rate: 1 }), /rate/],
    ["momentum", layer(2, { momentum: null }), /momentum/],
    ["weights", layer(1, { weights: "magic" }), /weights/],
    ["weights' key", layer(1, { weights: { std: 1, mean: 1 } }), /mean: unknown option/],
  ];
  for (const [label, change, text] of cases) {
    const file = described(bytes, change);
    const error = assertThrows(() => decodeNetwork(engine, file, { file: "f" }), FormatError, label);
    assert.is(error.fault.kind, "description", label);
    assert.match(error.message, text, label);
    assert.match(error.message, /^f: lanegrad network: the description of the network: /);
  }
  const later = described(bytes, (d) => ({ ...d, version: 3 }));
  const { message, fault } = assertThrows(() => decodeNetwork(engine, later), FormatError, "version");
  assert.equal([message, fault.kind], ["lanegrad network: expected version 1 or 2, found 3", "version"]);
});

test("values that cannot be shown are refused all the same: deep ones, and objects whose toString is their own", () => {
  const valid = { format: "lanegrad network", version: 1, dtype: "float32", loss: "squaredError" };
  const deep = JSON.parse(`${"[".repeat(6000)}${"]".repeat(6000)}`);
  for (const value of [deep, { deep }, JSON.parse('{"toString":1,"valueOf":1}'), [deep]]) {
    for (const description of [
      { ...valid, format: value },
      { ...valid, version: value },
      { ...valid, layers: [value] },
      { ...valid, layers: { value } },
      { ...valid, layers: [{ kind: "dense", inputSize: value, outputSize: 1 }] },
      { ...valid, layers: [{ kind: "dense", inputSize: 1, outputSize: 1, weights: value }] },
      { ...valid, layers: [{ kind: "dropout", rate: value }] },
      { ...valid, layers: [{ kind: "batchNorm", momentum: 0.1, epsilon: value }] },
      { ...valid, layers: [{ kind: "activation", name: value }] },
    ]) {
      assertThrows(() => parseDescription(description), FormatError, Object.keys(description).join());
    }
  }
});

test("a file's tensors must be the description's, to the type, before anything is made", () => {
  using net = filled("float32");
  const bytes = encodeNetwork(net);
  const { tensors, metadata } = decodeSafetensors(bytes);
  const words = Object.fromEntries(metadata);
  const before = engine.stats();
  const faultOf = (file: Uint8Array) => assertThrows(() => decodeNetwork(engine, file, { file: "f" }), FormatError, "");
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [encodeSafetensors(tensors.slice(1), words), /^f: lanegrad network: W1: .*no tensor of/],
    [
      encodeSafetensors([...tensors, { name: "W9", shape: [], data: Float32Array.of(1) }], words),
      /W9: expected no tensor of this name/,
    ],
    [described(bytes, (d) => ({ ...d, dtype: "float64" })), /W1: expected float64 \[5, 7\], found float32/],
    [
      described(bytes, (d) => ({ ...d, layers: [{ kind: "dense", inputSize: 2 ** 50, outputSize: 2 ** 50 }] })),
      /fewer than 2\^31 elements/,
    ],
    [encodeSafetensors(tensors), /no lanegrad\.network in the metadata: .*loadWeights/],
    [encodeSafetensors(tensors, { "lanegrad.network": "{" }), /the description of the network: .*JSON/],
    [encodeSafetensors(tensors, { ...words, "lanegrad.naming": "keras" }), /found keras/],
  ];
  for (const [file, text] of cases) assert.match(faultOf(file).message, text);
  assert.is(faultOf(bytes.slice(0, -1)).format, "safetensors");
  assert.match(faultOf(bytes.slice(0, -1)).message, /^f: safetensors: /);
  assert.equal(engine.stats(), before);
});

test("a file that does not say whose names its tensors have has the library's own", () => {
  using net = filled("float32");
  const { tensors, metadata } = decodeSafetensors(encodeNetwork(net));
  const { "lanegrad.naming": naming, ...words } = Object.fromEntries(metadata);
  assert.is(naming, "lanegrad");
  using again = decodeNetwork(engine, encodeSafetensors(tensors, words));
  assertSameNumbers(again, net as Network<FloatType>);
});

test("damaged files are a network, or a FormatError", () => {
  using net = network(engine, sequential(dense(1, 1), batchNorm(), leakyRelu({ slope: 0.5 })), {
    loss: "meanSquaredError",
  });
  const whole = encodeNetwork(net);
  for (let at = 0; at < whole.length; at++) {
    for (const value of damagesOf(whole[at]!)) {
      const damaged = whole.slice();
      damaged[at] = value;
      try {
        decodeNetwork(engine, damaged).dispose();
      } catch (error) {
        assert.instance(error, FormatError, `byte ${at} as ${value}: ${error}`);
      }
    }
    assertThrows(() => decodeNetwork(engine, whole.subarray(0, at)), FormatError, `${at} bytes`);
  }
});

test("unknown words of the caller are refused, and so is a network that was disposed", () => {
  const net = filled("float32");
  const arrays = weightsOf(net);
  const naming = "keras" as "pytorch";
  assertThrows(() => weightsOf(net, { naming }), OptionError, "weightsOf");
  assertThrows(() => encodeNetwork(net, { naming }), OptionError, "encodeNetwork");
  assertThrows(() => setWeights(net, arrays, { naming }), OptionError, "setWeights");
  assertThrows(() => setWeights(net, arrays, { narrowing: "yes" as "round" }), OptionError, "narrowing");
  net.dispose();
  assertThrows(() => weightsOf(net), DisposedError, "weightsOf");
  assertThrows(() => encodeNetwork(net), DisposedError, "encodeNetwork");
  assertThrows(() => setWeights(net, arrays), DisposedError, "setWeights");
});

test("weights go through an .npz file", () => {
  using net = filled("float32");
  for (const { data } of Object.values(net.parameters)) data.fill(0);
  setWeights(net, throughNpz);
  using before = filled("float32");
  assertSameNumbers(net as Network<FloatType>, before as Network<FloatType>);
});

function filledArrays(): NamedArray[] {
  using net = filled("float32");
  return weightsOf(net);
}

test.run();
