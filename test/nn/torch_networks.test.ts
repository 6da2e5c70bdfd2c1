/** Networks whose states PyTorch wrote: what they predict, and how they are trained, is what PyTorch says. */
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { OptionError } from "../../src/errors.ts";
import type { NamedArray } from "../../src/formats/arrays.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { loadWeights, weightsOf } from "../../src/nn/files/weights.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { conv2d } from "../../src/nn/layers/conv2d.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { depthwiseConv2d } from "../../src/nn/layers/depthwise_conv2d.ts";
import { flatten } from "../../src/nn/layers/flatten.ts";
import type { Layer } from "../../src/nn/layers/layer.ts";
import { globalAvgPool2d, maxPool2d } from "../../src/nn/layers/pooling.ts";
import { residual, sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("networks of PyTorch", engine);

const LENET = sequential(
  ...[conv2d(6, 5, { padding: 2 }), relu(), maxPool2d(2)],
  ...[conv2d(16, 5), relu(), maxPool2d(2)],
  ...[flatten(), dense(120), relu(), dense(84), relu(), dense(10)],
);
const LENET_MODULES = ["conv1", "conv2", "fc1", "fc2", "fc3"];

function normalised(channels: number, size: number, stride: number): Layer[] {
  return [conv2d(channels, size, { stride, padding: size === 3 ? 1 : 0, bias: false }), batchNorm()];
}
const RESNET = sequential(
  ...[...normalised(8, 3, 1), relu()],
  ...[residual(...normalised(8, 3, 1), relu(), ...normalised(8, 3, 1)), relu()],
  residual(
    { projection: sequential(...normalised(16, 1, 2)) },
    ...[...normalised(16, 3, 2), relu(), ...normalised(16, 3, 1)],
  ),
  ...[relu(), globalAvgPool2d(), dense(10)],
);
const BLOCK_MODULES = ["conv1", "bn1", "conv2", "bn2"];
const RESNET_MODULES = [
  ...["conv", "bn", ...BLOCK_MODULES.map((name) => `b1.${name}`), ...BLOCK_MODULES.map((name) => `b2.${name}`)],
  ...["b2.down.0", "b2.down.1", "fc"],
];

const DEPTHWISE = sequential(
  ...[conv2d(8, 3, { padding: 1 }), relu(), depthwiseConv2d(3, { stride: 2, padding: 1 }), relu()],
  ...[conv2d(12, 1, { bias: false }), relu()],
  ...[depthwiseConv2d([3, 2], { multiplier: 2, stride: [1, 2], padding: [2, 0], dilation: [2, 1] }), relu()],
  ...[conv2d(16, 3, { padding: 2, dilation: 2, groups: 4 }), relu(), flatten(), dense(10)],
);
const DEPTHWISE_MODULES = ["conv", "dw", "pw", "dw2", "grouped", "fc"];

type Reference = {
  /** The network in PyTorch's state. */
  readonly net: Network<FloatType>;
  /** Its examples, as rows of pixels with the channels last. */
  readonly x: Tensor<FloatType>;
  readonly arrays: ReadonlyMap<string, NamedArray>;
};

function read(name: string): { readonly bytes: Uint8Array; readonly arrays: readonly NamedArray[] } {
  const bytes = readFileSync(new URL(`../fixtures/torch-${name}.safetensors`, import.meta.url));
  return { bytes, arrays: decodeSafetensors(bytes).tensors };
}

/** The state alone, as a file. */
function stateOf(arrays: readonly NamedArray[]): Uint8Array {
  return encodeSafetensors(arrays.filter((array) => array.name.startsWith("state.")));
}

function load(name: string, layers: Layer, modules: readonly string[], dtype: FloatType): Reference {
  const { arrays } = read(name);
  const given = new Map(arrays.map((array) => [array.name, array]));
  const { shape, data } = given.get("x")!;
  const [m, channels, height, width] = shape as [number, number, number, number];
  const net = network<FloatType>(engine, layers, { inputShape: [height, width, channels], dtype, random: "none" });
  loadWeights(net, stateOf(arrays), { naming: "pytorch", prefix: "state.", modules, narrowing: "round" });
  using first = tensor(engine, data as Float64Array, { shape, dtype });
  using last = transpose(first, { axes: [0, 2, 3, 1] });
  return { net, x: tensor(engine, last.data.slice(), { shape: [m, height * width * channels], dtype }), arrays: given };
}

const CASES = [
  ["lenet", LENET, LENET_MODULES],
  ["resnet", RESNET, RESNET_MODULES],
  ["depthwise", DEPTHWISE, DEPTHWISE_MODULES],
] as const;

for (const [name, layers, modules] of CASES) {
  for (const dtype of ["float32", "float64"] as const) {
    test(`${name}, ${dtype}: the outputs are PyTorch's`, () => {
      const { net, x, arrays } = load(name, layers, modules, dtype);
      using _net = net;
      using _x = x;
      const want = arrays.get("out")!.data as Float64Array;
      const bound = dtype === "float64" && name !== "lenet" ? 1e-13 : 1e-5;
      assertWithin(net.logits(x).data, want, () => bound, "logits");
      assert.ok(new Set(want).size === want.length, "the outputs differ, or nothing was compared");
    });
  }

  test(`${name}: what is written under PyTorch's names is what PyTorch wrote`, () => {
    const { net, x, arrays } = load(name, layers, modules, "float64");
    using _net = net;
    using _x = x;
    const written = weightsOf(net, { naming: "pytorch", modules });
    assert.equal(
      written.map((array) => `state.${array.name}`).sort(),
      [...arrays.keys()].filter((key) => key.startsWith("state.")).sort(),
    );
    for (const { name: key, shape, data } of written) {
      const want = arrays.get(`state.${key}`)!;
      assert.equal(shape, [...want.shape], key);
      if (key.endsWith("num_batches_tracked")) continue;
      assert.equal([...(data as Float64Array)], [...(want.data as Float64Array)], key);
    }
  });
}

for (const [name, layers, modules] of CASES.slice(1)) {
  test(`${name}, trained: ten steps of SGD have PyTorch's losses`, () => {
    const { net, x, arrays } = load(name, layers, modules, "float64");
    using _net = net;
    using _x = x;
    using t = tensor(engine, arrays.get("t")!.data as Int32Array);
    using state = net.optimize(sgd({ learningRate: 0.1 }));
    const want = arrays.get("losses_sgd")!.data as Float64Array;
    const losses = Float64Array.from(want, () => {
      using program = compile({ loss: net.lossOf(net.forward(x, "train").z, t) });
      program.run();
      const [loss = Number.NaN] = program.outputs.loss.data;
      net.step(state, x, t);
      return loss;
    });
    assertWithin(losses, want, () => 1e-12, "losses");
    assert.ok(losses.at(-1)! < losses[0]!, "it learns");
  });
}

test("without names of modules, those of an nn.Sequential are expected", () => {
  using net = network(engine, LENET, { inputShape: [28, 28, 1] });
  const names = weightsOf(net, { naming: "pytorch" }).map(({ name, shape }) => `${name} ${shape}`);
  assert.equal(names, [
    ...["0.weight 6,1,5,5", "0.bias 6", "3.weight 16,6,5,5", "3.bias 16"],
    ...["7.weight 120,400", "7.bias 120", "9.weight 84,120", "9.bias 84", "11.weight 10,84", "11.bias 10"],
  ]);
  const state = stateOf(read("lenet").arrays);
  const { fault } = assertThrows(
    () => loadWeights(net, state, { naming: "pytorch", prefix: "state." }),
    FormatError,
    "numbers",
  );
  assert.is(fault.kind === "tensor" && fault.tensor, "state.0.weight");
});

test("names of modules are one for each layer with parameters", () => {
  using net = network(engine, LENET, { inputShape: [28, 28, 1] });
  for (const modules of [["conv1"], [...LENET_MODULES, "fc4"], ["fc1", "fc1", "fc2", "fc3", "fc4"]]) {
    const { message } = assertThrows(() => weightsOf(net, { naming: "pytorch", modules }), OptionError, "names");
    assert.match(message, /modules: expected 5 names, for conv2d 0, conv2d 3, dense 7, dense 9, dense 11/);
  }
  assertThrows(() => weightsOf(net, { modules: LENET_MODULES }), OptionError, "names of lanegrad's own");
  assertThrows(() => weightsOf(net, { naming: "pytorch", modules: [1] as never }), OptionError, "a number");
});

test.run();
