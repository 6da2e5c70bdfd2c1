/** Layers of images: what they compute, their sizes, gradients, first weights, files and models for ONNX. */
import * as ort from "onnxruntime-web";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gradCheck } from "../../src/autodiff/grad_check.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { describeNetwork, parseDescription } from "../../src/nn/files/description.ts";
import { decodeNetwork, encodeNetwork } from "../../src/nn/files/network_file.ts";
import { encodeOnnx } from "../../src/nn/files/onnx_export.ts";
import { setWeights, weightsOf } from "../../src/nn/files/weights.ts";
import { relu, relu6, sigmoid, silu, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { conv2d } from "../../src/nn/layers/conv2d.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { depthwiseConv2d } from "../../src/nn/layers/depthwise_conv2d.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { flatten } from "../../src/nn/layers/flatten.ts";
import { parseLayers } from "../../src/nn/layers/known.ts";
import type { Layer } from "../../src/nn/layers/layer.ts";
import { groupNorm, layerNorm } from "../../src/nn/layers/normalization.ts";
import { avgPool2d, globalAvgPool2d, maxPool2d } from "../../src/nn/layers/pooling.ts";
import { prelu } from "../../src/nn/layers/prelu.ts";
import { residual, sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { conv2d as conv2dOf } from "../../src/ops/convolution.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { type Checkpoint, checkpointOf } from "../../src/train/checkpoints/checkpoint.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertEqual, assertWithin } from "../support/compare.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { bitsOf, startLocalWorker } from "../support/workers.ts";

const engine = await loadEngine();
const test = leakFreeSuite("layers of images", engine);
const later = suite("layers of images, trained");

/** Every layer of images, with every option that it has; the input is 6 × 5 × 2. */
const LAYERS: Readonly<Record<string, readonly Layer[]>> = {
  conv2d: [conv2d(3, 3)],
  "conv2d with options": [conv2d(4, [3, 2], { stride: [2, 1], padding: [1, 0, 2, 1], dilation: [1, 2], groups: 2 })],
  "conv2d, same, without bias": [conv2d(2, 3, 2, { stride: 2, padding: "same", bias: false })],
  depthwiseConv2d: [depthwiseConv2d(3)],
  "depthwiseConv2d with options": [
    depthwiseConv2d(2, [2, 3], { multiplier: 3, stride: 2, padding: 1, dilation: [2, 1], bias: false }),
  ],
  maxPool2d: [maxPool2d(2)],
  "maxPool2d with options": [maxPool2d([3, 2], { stride: [2, 1], padding: 1 })],
  avgPool2d: [avgPool2d([2, 3], { stride: 1 })],
  "avgPool2d with options": [avgPool2d(3, { stride: 2, padding: [1, 0], countIncludePad: false })],
  "avgPool2d that counts its padding": [avgPool2d(3, { stride: 2, padding: 1 })],
  globalAvgPool2d: [globalAvgPool2d()],
  batchNorm: [batchNorm({ momentum: 0.3 })],
  "conv2d, batchNorm": [conv2d(3, 2, { bias: false }), batchNorm()],
  layerNorm: [layerNorm()],
  "layerNorm of vectors": [conv2d(3, 2), flatten(), layerNorm({ epsilon: 0.1 }), relu()],
  groupNorm: [conv2d(4, 2), groupNorm(2, { epsilon: 0.01 })],
  residual: [residual(conv2d(2, 3, { padding: 1 }), tanh())],
  "residual with a projection": [
    residual(
      { projection: sequential(conv2d(3, 1, { stride: 2 }), batchNorm()) },
      conv2d(3, 3, { stride: 2, padding: 1 }),
    ),
  ],
  "flatten, batchNorm": [conv2d(3, 2), flatten(), batchNorm(), relu()],
};
const INPUT = [6, 5, 2] as const;

/** A network of these layers and a dense one, its numbers none where they start. */
function made<D extends FloatType = "float32">(layers: readonly Layer[], dtype?: D): Network<D> {
  const isFlat = layers.some(({ kind }) => kind === "flatten" || kind === "globalAvgPool2d");
  const all = sequential(...layers, ...(isFlat ? [] : [flatten()]), dense(3));
  const net = network<D>(engine, all, { inputShape: INPUT, seed: 1, ...(dtype && { dtype }) });
  const random = new RandomState(3);
  for (const [name, { data }] of Object.entries<Tensor>(net.parameters)) {
    if (/^(b|gamma|beta)\d/.test(name)) data.set(random.randn(data.length) as never);
  }
  for (const [name, { data }] of Object.entries<Tensor>(net.statistics)) {
    const values = random.randn(data.length) as Float64Array;
    data.set((name.startsWith("variance") ? values.map((value) => value ** 2 + 0.1) : values) as never);
  }
  return net;
}

function rows(count: number, seed = 2): Float64Array {
  return new RandomState(seed).randn(count, 60) as Float64Array;
}

for (const [name, layers] of Object.entries(LAYERS)) {
  test(`${name}: its gradient is that of central differences`, () => {
    using net = made(layers, "float64");
    const names = Object.keys(net.parameters);
    using x = tensor(engine, rows(4), { shape: [4, 60], dtype: "float64" });
    using t = tensor(engine, Int32Array.of(0, 1, 2, 1));
    const values = names.map((key) => net.parameters[key]!);
    const report = gradCheck(
      (input, ...given) =>
        net.lossOf(net.forward(input, "train", Object.fromEntries(names.map((key, i) => [key, given[i]!]))).z, t),
      [x, ...values],
    );
    assert.ok(report.passed, JSON.stringify(report.inputs));
  });

  test(`${name}: what is saved is loaded, under both namings, with the same bits`, () => {
    using net = made(layers);
    const x = rows(3);
    using y = net.predict(x);
    for (const naming of ["lanegrad", "pytorch"] as const) {
      using again = decodeNetwork(engine, encodeNetwork(net, { naming }));
      assert.equal(bitsOf(weightsOf(again)), bitsOf(weightsOf(net)), naming);
      using z = again.predict(x);
      assertEqual(z.data, y.data, naming);
      assert.equal(describeNetwork(again), describeNetwork(net), naming);
    }
    const description = JSON.parse(JSON.stringify(describeNetwork(net)));
    assert.equal(parseDescription(description).layers, describeNetwork(net).layers);
    assert.is(description.version, 2);
    assert.equal(parseLayers(structuredClone(description.layers)), [...net.description.layers]);
  });

  later(`${name}: ONNX Runtime predicts what it predicts`, async () => {
    using net = made(layers);
    await assertAgrees(net);
  });
}

/** What this runtime has before the first session, which defines `Worker` in Node. */
async function openSession(model: Uint8Array): Promise<ort.InferenceSession> {
  ort.env.wasm.numThreads = 1;
  const had = Object.getOwnPropertyDescriptor(globalThis, "Worker");
  try {
    return await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  } finally {
    if (had === undefined) Reflect.deleteProperty(globalThis, "Worker");
    else Object.defineProperty(globalThis, "Worker", had);
  }
}

/** What onnxruntime makes of the network's model, whose images are channels first, is what the network says. */
async function assertAgrees(net: Network<"float32">): Promise<void> {
  const [height, width, channels] = net.inputShape as [number, number, number];
  const session = await openSession(encodeOnnx(net));
  const [input] = session.inputMetadata;
  assert.equal(input?.isTensor && input.shape, ["N", channels, height, width]);
  const m = 3;
  const x = Float32Array.from(new RandomState(5).randn(m, net.inputSize) as Float64Array);
  const pixels = height * width;
  const first = Float32Array.from(x, (_, i) => {
    const [image, rest] = [Math.floor(i / net.inputSize), i % net.inputSize];
    return x[image * net.inputSize + (rest % pixels) * channels + Math.floor(rest / pixels)]!;
  });
  const said = await session.run({ x: new ort.Tensor("float32", first, [m, channels, height, width]) });
  using given = tensor(engine, x, { shape: [m, net.inputSize] });
  const z = net.logits(given).data;
  assert.equal([...said["logits"]!.dims], [m, net.outputSize]);
  assertWithin(said["logits"]!.data as Float32Array, z, (i) => 1e-5 * Math.max(1, Math.abs(z[i]!)), "logits");
  assert.ok(new Set(z).size > m, "the answers differ, or nothing was compared");
  await session.release();
}

const LENET = sequential(
  ...[conv2d(6, 5, { padding: 2 }), relu(), maxPool2d(2), conv2d(16, 5), relu(), maxPool2d(2)],
  ...[flatten(), dropout(0.2), dense(120), relu(), dense(84), relu(), dense(10)],
);

later("ONNX: LeNet; a network whose output is an image, or a flattened one; vectors that are mixed", async () => {
  const mixed = residual({ projection: dense(60) }, batchNorm(), tanh());
  for (const [layers, inputShape] of [
    [LENET, [28, 28, 1]],
    [sequential(conv2d(4, 3), relu()), INPUT],
    [sequential(conv2d(4, 3), relu(), flatten()), INPUT],
    [sequential(conv2d(4, 3), flatten(), tanh(), residual(dense(48), sigmoid()), dense(3)), INPUT],
    [sequential(conv2d(2, 1), flatten(), mixed, dense(3)), INPUT],
  ] as const) {
    using net = network(engine, layers, { inputShape, seed: 4 });
    await assertAgrees(net);
  }
});

later("ONNX: activations of images: of several nodes, with constants, with a slope for each channel", async () => {
  const layers = [conv2d(4, 3), prelu({ slopes: "each" }), silu(), conv2d(3, 1), relu6(), flatten(), dense(3)];
  using net = network(engine, sequential(...layers), { inputShape: INPUT, seed: 4 });
  const [slopes] = Object.entries(net.parameters).filter(([name]) => name.startsWith("slope"));
  slopes?.[1].data.set([0.1, 0.5, 0.9, -0.3]);
  await assertAgrees(net);
});

test("PyTorch's names need one order of a flattened image's elements: mixed with others they are refused", () => {
  using net = network(engine, sequential(conv2d(2, 1), flatten(), residual(dense(60)), dense(3)), {
    inputShape: INPUT,
  });
  const { message } = assertThrows(() => weightsOf(net, { naming: "pytorch" }), OptionError, "mixed");
  assert.is(message, "naming: pytorch: layers[3]: flattened images are mixed with other vectors there");
  assert.ok(weightsOf(net).length > 0);
});

test("rows after a flattened image are permuted, channels first; a vector is as it is", () => {
  using net = network(engine, sequential(conv2d(1, 2, 1), flatten(), batchNorm(), dense(1)), {
    ...{ inputShape: [2, 1, 1], loss: "meanSquaredError" },
  });
  net.parameters["W2"]!.set([[1], [2], [3], [4]]);
  net.parameters["gamma1"]!.set([1, 2, 3, 4]);
  const arrays = new Map(weightsOf(net, { naming: "pytorch" }).map(({ name, data }) => [name, [...data]]));
  assert.equal(arrays.get("3.weight"), [1, 3, 2, 4]);
  assert.equal(arrays.get("2.weight"), [1, 3, 2, 4]);
  setWeights(net, weightsOf(net, { naming: "pytorch" }), { naming: "pytorch" });
  assert.equal(net.parameters["W2"]!.toArray(), [[1], [2], [3], [4]]);
});

test("a depthwise convolution is one of as many groups as channels, also in PyTorch's state", () => {
  const options = { stride: 2, padding: 1 };
  using net = network(engine, sequential(depthwiseConv2d(3, { ...options, multiplier: 2 }), flatten(), dense(3)), {
    ...{ inputShape: INPUT, seed: 5 },
  });
  using groups = network(engine, sequential(conv2d(4, 3, { ...options, groups: 2 }), flatten(), dense(3)), {
    inputShape: INPUT,
  });
  setWeights(groups, weightsOf(net, { naming: "pytorch" }), { naming: "pytorch" });
  const x = rows(3);
  using y = net.predict(x);
  using z = groups.predict(x);
  assertWithin(z.data, y.data, () => 1e-6, "answers");
});

test("sizes are those of the outputs before, and written down", () => {
  using net = network(engine, LENET, { inputShape: [28, 28, 1] });
  const [first, , , second] = net.description.layers;
  assert.equal(first, { kind: "conv2d", inChannels: 1, outChannels: 6, kernelSize: 5, padding: 2 });
  assert.equal(second, { kind: "conv2d", inChannels: 6, outChannels: 16, kernelSize: 5 });
  assert.equal(net.parameters["W3"]!.shape, [400, 120]);
  assert.equal([net.inputSize, net.outputSize], [784, 10]);
  const names = Object.entries(net.parameters).map(([name, { shape }]) => `${name} ${shape}`);
  assert.equal(names.slice(0, 4), ["W1 5,5,1,6", "b1 6", "W2 5,5,6,16", "b2 16"]);
});

test("layers that do not fit are named, with the axis and both sizes", () => {
  const errorOf = (inputShape: readonly number[], ...layers: Layer[]) =>
    assertThrows(() => network(engine, sequential(...layers), { inputShape }), ShapeError, "sizes").message;
  assert.is(
    errorOf([8, 8, 3], conv2d(1, 6, 3), flatten(), dense(2)),
    "sequential: layers[0]: expected inChannels 3, the channels before it, found 1",
  );
  assert.is(
    errorOf([8, 8, 3], conv2d(6, 3), depthwiseConv2d(3, 3), flatten(), dense(2)),
    "sequential: layers[1]: expected channels 6, those before it, found 3",
  );
  assert.match(
    errorOf([8, 8, 3], conv2d(6, 3), maxPool2d(4), conv2d(6, 3), flatten(), dense(2)),
    /^layers\[2\]: conv2d: x: expected an image of at least the kernel's size, the kernel is \[3, 3\], found \[1, 1, 6\]; height 1/,
  );
  assert.match(
    errorOf([8, 8, 3], maxPool2d(9), flatten(), dense(2)),
    /^layers\[0\]: maxPool2d: x: .*kernel is \[9, 9\], found \[8, 8, 3\]; height 8/,
  );
  assert.is(
    errorOf([192], conv2d(6, 3), flatten(), dense(2)),
    "conv2d: layers[0]: expected images, height × width × channels, found [192]; " +
      "inputShape: [height, width, channels] makes images of rows",
  );
  assert.match(errorOf([8, 8, 3], conv2d(6, 3), dense(2)), /layers\[1\]: expected examples of one axis; flatten\(\)/);
  assert.is(
    errorOf([8, 8, 3], conv2d(6, 3), flatten(), dense(100, 2)),
    "sequential: layers[2]: expected inputSize 216, what comes before it, found 100",
  );
  assert.is(
    errorOf([8, 8, 3], residual({ projection: conv2d(4, 1) }, conv2d(4, 3)), flatten(), dense(2)),
    "residual: output: expected the projection's shape, [8, 8, 4], found [6, 6, 4]",
  );
  const { message } = assertThrows(
    () => network(engine, sequential(conv2d(5, 3, { groups: 5 }), flatten(), dense(2)), { inputShape: [8, 8, 3] }),
    OptionError,
    "groups",
  );
  assert.is(message, "layers[0]: groups: expected a divisor of inChannels 3, found 5");
  assertThrows(() => network(engine, sequential(conv2d(6, 3), flatten(), dense(2))), OptionError, "no shape");
});

test("options outside their ranges are refused where a layer is written down", () => {
  const refused: readonly (readonly [() => unknown, RegExp])[] = [
    [() => conv2d(0, 3), /^conv2d: outChannels: expected an integer from 1 on/],
    [() => conv2d(1, 0), /^conv2d: kernelSize/],
    [() => conv2d(1, [3, 3, 3] as never), /^conv2d: kernelSize/],
    [() => conv2d(0, 1, 3), /^conv2d: inChannels/],
    [() => conv2d(1, 2, 3, { stride: 0 }), /^conv2d: stride/],
    [() => conv2d(1, 3, { padding: -1 }), /^conv2d: padding/],
    [() => conv2d(1, 3, { padding: "full" as never }), /^conv2d: padding/],
    [() => conv2d(1, 3, { dilation: [1, 0] }), /^conv2d: dilation/],
    [() => conv2d(3, 3, { groups: 2 }), /^conv2d: groups: expected a divisor of outChannels 3, found 2/],
    [() => conv2d(3, 4, 3, { groups: 2 }), /^conv2d: groups: expected a divisor of inChannels 3, found 2/],
    [() => conv2d(1, 3, { bias: 1 as never }), /^conv2d: bias: expected true or false/],
    [() => conv2d(1, 3, { weights: "best" as never }), /^conv2d: weights/],
    [() => conv2d(1, 3, { pad: 1 } as never), /^conv2d: pad: unknown option/],
    [() => depthwiseConv2d(0), /^depthwiseConv2d: kernelSize/],
    [() => depthwiseConv2d(1.5, 3), /^depthwiseConv2d: channels/],
    [() => depthwiseConv2d(3, { multiplier: 0 }), /^depthwiseConv2d: multiplier/],
    [() => depthwiseConv2d(3, { groups: 2 } as never), /^depthwiseConv2d: groups: unknown option/],
    [() => maxPool2d(0), /^maxPool2d: size/],
    [() => maxPool2d(2, { dilation: 1 } as never), /^maxPool2d: dilation: unknown option/],
    [() => avgPool2d(2, { stride: [1, 0] }), /^avgPool2d: stride/],
    [() => avgPool2d(2, { countIncludePad: 0 as never }), /^avgPool2d: countIncludePad/],
    [() => layerNorm({ epsilon: 0 }), /^layerNorm: epsilon: expected a number above 0/],
    [() => groupNorm(0), /^groupNorm: groups/],
    [() => groupNorm(2, { groups: 2 } as never), /^groupNorm: groups: unknown option/],
    [
      () => network(engine, sequential(groupNorm(3), flatten(), dense(2)), { inputShape: INPUT }),
      /^layers\[0\]: groups: expected a divisor of the 2 channels before it, found 3/,
    ],
    [() => residual({ shortcut: dense(1) } as never, dense(1)), /^residual: shortcut: unknown option/],
    [() => residual({ projection: 1 as never }, dense(1)), /layers\.projection/],
    [() => residual({}), /^residual: expected at least one layer/],
  ];
  for (const [make, expected] of refused) {
    assert.match(assertThrows(make, OptionError, String(make)).message, expected);
  }
});

test("descriptions are copies: sizes that change afterwards do not", () => {
  const kernelSize: [number, number] = [3, 3];
  const layer = conv2d(2, kernelSize);
  kernelSize[0] = 5;
  assert.equal(layer, { kind: "conv2d", outChannels: 2, kernelSize: [3, 3] });
});

test("with an image in place of sizes they compute", () => {
  using x = tensor(engine, [1, 2, 3, 4], { shape: [1, 2, 2, 1] });
  using w = tensor(engine, [1, 1, 1, 1], { shape: [2, 2, 1, 1] });
  using convolved = conv2d(x, w);
  using same = conv2dOf(x, w);
  assert.equal(convolved.toArray(), same.toArray());
  using most = maxPool2d(x, 2);
  using average = avgPool2d(x, 2);
  using whole = globalAvgPool2d(x);
  using depthwise = depthwiseConv2d(x, w);
  using ordered = layerNorm(x);
  using grouped = groupNorm(x, 1);
  assert.is(ordered.data[0], 0);
  assert.ok(Math.abs(grouped.data[0]! + 1.5 / Math.sqrt(1.25)) < 1e-4);
  assert.equal(
    [most, average, whole, depthwise].map((y) => y.data[0]),
    [4, 2.5, 2.5, 10],
  );
});

test("weights start by the number of their inputs, C·KH·KW of a group, and outputs", () => {
  const spread = (layer: Layer, ...others: Layer[]) => {
    using net = network(engine, sequential(layer, ...others, globalAvgPool2d(), dense(2)), {
      ...{ inputShape: [8, 8, 64], seed: 6 },
    });
    const { data } = net.parameters["W1"]!;
    return Math.sqrt(data.reduce((sum, value) => sum + value ** 2, 0) / data.length);
  };
  const near = (found: number, variance: number) => {
    assert.ok(Math.abs(found / Math.sqrt(variance) - 1) < 0.05, `${found} of ${Math.sqrt(variance)}`);
  };
  near(spread(conv2d(64, 3), relu()), 2 / (64 * 9));
  near(spread(conv2d(64, 3), batchNorm(), relu()), 2 / (64 * 9));
  near(spread(conv2d(128, 3), tanh()), 2 / ((64 + 128) * 9));
  near(spread(conv2d(128, 3, { groups: 4 }), relu()), 2 / (16 * 9));
  near(spread(depthwiseConv2d(5, { multiplier: 2 }), relu()), 2 / 25);
  near(spread(depthwiseConv2d(5, { multiplier: 2 }), tanh()), 2 / (25 + 50));
  near(spread(conv2d(64, 3, { weights: { std: 0.5 } })), 0.25);
});

test("batchNorm of images: the statistics are those of each channel's pixels, of one image too", () => {
  using net = network(engine, sequential(batchNorm({ momentum: 1 }), flatten(), dense(2)), {
    ...{ inputShape: [1, 2, 2], dtype: "float64", seed: 1 },
  });
  using state = net.optimize(adam({ learningRate: 1e-3 }));
  using x = tensor(engine, [[1, 10, 3, 30]], { dtype: "float64" });
  using t = tensor(engine, Int32Array.of(0));
  net.step(state, x, t);
  assert.equal(net.statistics["mean1"]!.toArray(), [2, 20]);
  assert.equal(net.statistics["variance1"]!.toArray(), [2, 200]);
});

test("files that do not hold a layer's sizes, or other ones, are refused", () => {
  using net = made([conv2d(3, 2)]);
  const description = describeNetwork(net);
  const [first, ...others] = description.layers;
  const parse =
    (layer: object, more: object = {}) =>
    () =>
      parseDescription({ ...description, layers: [layer, ...others], ...more });
  const { inChannels: _, ...without } = first as { readonly inChannels?: number };
  assert.match(assertThrows(parse(without), FormatError, "missing").message, /inChannels is missing/);
  assert.match(
    assertThrows(parse({ ...first, kernelSize: 9 }), FormatError, "large").message,
    /smaller than the kernel/,
  );
  assert.match(assertThrows(parse({ ...first, kernelSize: "3" }), FormatError, "text").message, /kernelSize/);
  assert.match(assertThrows(parse({ ...first, depth: 1 }), FormatError, "unknown").message, /depth/);
  assert.match(assertThrows(parse(first!, { inputShape: undefined }), FormatError, "shape").message, /inputShape|JSON/);
});

later("a convolutional network learns, in a worker with the same bits, and resumes with them", async () => {
  const layers = sequential(
    ...[conv2d(4, 3, { padding: 1 }), batchNorm(), relu(), maxPool2d(2)],
    ...[residual({ projection: conv2d(6, 1) }, depthwiseConv2d(3, { padding: 1 }), relu(), conv2d(6, 1)), relu()],
    ...[flatten(), dropout(0.1), dense(3)],
  );
  const start = { inputShape: [4, 4, 2], seed: 1 } as const;
  const data = clusters({ count: 60, size: 32, classes: 3, seed: 1 });
  const options = { epochs: 5, batchSize: 14, optimizer: adam({ learningRate: 0.02 }) }; // 4 are left, of images
  using whole = network(engine, layers, start);
  const history = emptyHistory();
  await train(whole, data, options, history);
  assert.ok(history.losses.at(-1)! < 0.3 * history.losses[0]!, `${history.losses.at(-1)} of ${history.losses[0]}`);
  assert.is(history.layout, "dense");
  let saved: Checkpoint | undefined;
  {
    using broken = network(engine, layers, start);
    using trainer = new Trainer(broken, { train: data }, options, emptyHistory());
    for (const { iteration } of trainer.steps()) if (iteration === 9) saved = checkpointOf(trainer);
  }
  using resumed = network(engine, layers, { ...start, seed: 9 });
  await train(resumed, data, { ...options, resume: decodeCheckpoint(encodeCheckpoint(saved!)) });
  assert.equal(bitsOf(weightsOf(resumed)), bitsOf(weightsOf(whole)));
  const worker = await startLocalWorker();
  try {
    const there = await worker.network(layers, start);
    await there.train(await worker.dataset(data), options);
    assert.equal(bitsOf(await there.weights()), bitsOf(weightsOf(whole)));
    const again = await worker.load(await there.save());
    assert.equal(bitsOf(await again.weights()), bitsOf(weightsOf(whole)));
  } finally {
    await worker.close();
  }
});

later("examples that are mostly 0 are dense rows where they are images; sparse ones are refused", async () => {
  const data = clusters({ count: 20, size: 16, classes: 3, seed: 1 });
  data.inputs.fill(0, 0, 300);
  using net = network(engine, sequential(conv2d(2, 3), flatten(), dense(3)), { inputShape: [4, 4, 1] });
  const options = { iterations: 2, batchSize: 5, learningRate: 0.1 };
  await train(net, data, options);
  assert.ok(Number.isFinite(evaluate(net, data).loss));
  const error = await assertRejects(() => train(net, data, { ...options, layout: "sparse" }), OptionError, "sparse");
  assert.is(error.message, 'layout: expected "dense" or "auto" for examples of several axes, found "sparse"');
  using resident = new ResidentDataset(engine, data, { layout: "sparse" });
  const { message } = assertThrows(() => evaluate(net, resident), OptionError, "sparse rows");
  assert.match(message, /network: x: expected dense rows, for examples of several axes/);
});

test.run();
later.run();
