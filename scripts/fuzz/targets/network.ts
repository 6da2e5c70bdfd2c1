/** Networks from files (`decodeNetwork`) and their descriptions (`parseDescription`). */
import { OptionError } from "../../../src/errors.ts";
import type { NamedArray } from "../../../src/formats/arrays.ts";
import { FormatError } from "../../../src/formats/format_error.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/formats/safetensors.ts";
import { describeNetwork, parseDescription } from "../../../src/nn/files/description.ts";
import { decodeNetwork, encodeNetwork } from "../../../src/nn/files/network_file.ts";
import { leakyRelu, relu } from "../../../src/nn/layers/activations.ts";
import { batchNorm } from "../../../src/nn/layers/batch_norm.ts";
import { conv2d } from "../../../src/nn/layers/conv2d.ts";
import { dense } from "../../../src/nn/layers/dense.ts";
import { depthwiseConv2d } from "../../../src/nn/layers/depthwise_conv2d.ts";
import { dropout } from "../../../src/nn/layers/dropout.ts";
import { flatten } from "../../../src/nn/layers/flatten.ts";
import type { Layer, Sequential } from "../../../src/nn/layers/layer.ts";
import { avgPool2d, globalAvgPool2d, maxPool2d } from "../../../src/nn/layers/pooling.ts";
import { residual, sequential } from "../../../src/nn/layers/sequential.ts";
import type { LossName } from "../../../src/nn/losses.ts";
import { network } from "../../../src/nn/network.ts";
import { zeros } from "../../../src/tensor/tensor.ts";
import { Engine } from "../../../src/wasm/engine.ts";
import { AllocationError } from "../../../src/wasm/errors.ts";
import { type Draw, EDGES } from "../draw.ts";
import { damagedJson, hostileValue, type JsonValue, jsonText } from "../json.ts";
import { damaged } from "../mutate.ts";
import { caseOf, caseOfText, type Target, WrongAnswer } from "../target.ts";

const KEY = "lanegrad.network";
const WORDS = [
  ...[
    '\\"kind\\":',
    '\\"dense\\"',
    '\\"dropout\\"',
    '\\"kernelSize\\":',
    '\\"inputShape\\":',
    '\\"inputSize\\":',
    "65536",
    "2147483647",
    "-1",
    "1e999",
    "[",
    "{",
  ],
  ...[
    "lanegrad.network",
    "lanegrad.naming",
    "pytorch",
    "custom",
    "squaredError",
    "meanSquaredError",
    "float64",
    '"F32"',
    "W1",
    "b1",
  ],
];

/** The layers that damage starts from: every kind, with every key that it may have. */
const LAYERS = [
  sequential(dense(3, 4), relu(), dense(4, 2)),
  sequential(dense(2, 3, { weights: { std: 0.1 } }), batchNorm(), leakyRelu({ slope: 0.1 }), dropout(0.5), dense(3, 2)),
  sequential(dense(1, 1, { weights: "xavier" })),
  sequential(
    conv2d(2, 4, 2, { stride: [1, 2], padding: "same", dilation: 1, groups: 2, bias: false, weights: "he" }),
    ...[batchNorm(), relu(), maxPool2d(2, { stride: 1, padding: 1 })],
    residual({ projection: conv2d(4, 1) }, depthwiseConv2d(4, [3, 3], { padding: [1, 1, 1, 1], multiplier: 1 })),
    ...[avgPool2d([2, 1], { countIncludePad: false }), globalAvgPool2d(), flatten(), dense(4, 2)],
  ),
];

/** Of those whose layers do not say it. */
function inputOf(layers: Sequential): { readonly inputShape?: readonly number[] } {
  return layers === LAYERS[3] ? { inputShape: [3, 4, 2] } : {};
}

/** One output has no softmax. */
function lossOf(layers: Sequential): LossName {
  return layers === LAYERS[2] ? "meanSquaredError" : "softmaxCrossEntropy";
}

async function filesOf(engine: Engine): Promise<Uint8Array[]> {
  return LAYERS.flatMap((layers, i) => {
    using net = network(engine, layers, {
      ...{ seed: i, loss: lossOf(layers), dtype: i === 2 ? "float64" : "float32" },
      ...inputOf(layers),
    });
    return [encodeNetwork(net), encodeNetwork(net, { naming: "pytorch" })];
  });
}

/** Layers that fit each other, most of the time. */
function layersOf(draw: Draw): readonly Layer[] {
  const layers: Layer[] = [];
  let size = draw.between(1, 4);
  for (let count = draw.between(1, 6); count > 0; count--) {
    const outputSize = draw.between(1, 4);
    const inputSize = draw.chance(0.98) ? size : draw.extent();
    layers.push(
      draw.pick<Layer>([
        { kind: "dense", inputSize, outputSize, ...(draw.chance(0.2) ? { weights: { std: draw.extent() } } : {}) },
        { kind: "dense", inputSize, outputSize },
        { kind: "activation", name: draw.pick(["sigmoid", "tanh", "relu", "softplus", "gelu"] as const) },
        { kind: "activation", name: "leakyRelu", slope: draw.pick(EDGES) },
        { kind: "dropout", rate: draw.pick([0, 0.5, 0.999, 1]) },
        { kind: "batchNorm", momentum: draw.pick([0, 0.1, 1, 2]), epsilon: draw.pick([1e-5, 1e-300, 1e300, 0]) },
      ]),
    );
    if (layers.at(-1)?.kind === "dense") size = outputSize;
  }
  return layers;
}

function descriptionOf(draw: Draw) {
  const loss = draw.pick([
    "softmaxCrossEntropy",
    "binaryCrossEntropyWithLogits",
    "meanSquaredError",
    "squaredError",
    "custom",
  ]);
  const dtype = draw.pick(["float32", "float64"]);
  return { format: "lanegrad network", version: 1, dtype, loss, layers: layersOf(draw) };
}

/** A file of a network that there never was, with any bits as its numbers. */
function generated(draw: Draw): Uint8Array {
  const value = descriptionOf(draw);
  const tensors: NamedArray[] = [];
  let [dense, norm, size] = [0, 0, 0];
  const put = (name: string, shape: readonly number[]) => {
    const length = Math.min(
      64,
      shape.reduce((product, extent) => product * extent, 1),
    );
    const bytes = draw.bytes(length * (value.dtype === "float32" ? 4 : 8));
    const data = value.dtype === "float32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
    tensors.push({ name, shape: length < 64 ? shape : [length], data: data as Float32Array });
  };
  for (const layer of value.layers) {
    if (layer.kind === "dense") {
      dense += 1;
      size = layer.outputSize;
      put(`W${dense}`, [layer.inputSize ?? 0, size]);
      put(`b${dense}`, [size]);
    }
    if (layer.kind !== "batchNorm") continue;
    norm += 1;
    for (const name of ["gamma", "beta", "mean", "variance"]) put(`${name}${norm}`, [size]);
  }
  return encodeSafetensors(tensors, { [KEY]: JSON.stringify(value) });
}

/** The file with another description, which fits its tensors or does not. */
function withDescription(draw: Draw, file: Uint8Array): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(file);
  const words = Object.fromEntries(metadata);
  const text = jsonText(damagedJson(draw, JSON.parse(words[KEY] ?? "{}") as JsonValue));
  const kept = draw.chance(0.7) ? tensors : tensors.filter(() => draw.chance(0.8));
  return encodeSafetensors(kept, { ...words, [KEY]: text });
}

export const networkFile: Target = {
  name: "network",
  about: "decodeNetwork of bytes, and a prediction of what was read",
  refusals: [FormatError, OptionError, AllocationError],
  bytesPerByte: 256, // the engine's memory, programs; a network is as large as its file says twice, in a shape and in bytes
  async open() {
    const engine = await Engine.load({ build: "debug" });
    const files = await filesOf(engine);
    return {
      next(draw) {
        const file = draw.pick(files);
        const choice = draw.below(3);
        const damagedFile = () => (choice === 0 ? damaged(draw, { files, words: WORDS }) : withDescription(draw, file));
        const bytes = choice === 2 ? generated(draw) : damagedFile();
        const loss = draw.chance(0.1) ? ({ loss: "squaredError" } as const) : {};
        return caseOf(bytes, () => {
          const before = engine.stats();
          try {
            using net = decodeNetwork(engine, bytes, { file: "net.safetensors", ...loss });
            using x = zeros(engine, [1, net.inputSize], { dtype: net.dtype });
            net.predict(x).dispose();
          } finally {
            const { tensors, bytes: live } = engine.stats();
            if (tensors !== before.tensors || live !== before.bytes) leaked(tensors - before.tensors);
          }
        });
      },
      close: () => engine.dispose(),
    };
  },
};

function leaked(tensors: number): never {
  throw new WrongAnswer(`${tensors} tensors are left behind`);
}

/** What was cut off is no JSON, of which its reader would say so: it stands for a text. */
function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(draw: Draw, descriptions: readonly JsonValue[]): string {
  if (draw.chance(0.4)) return JSON.stringify(descriptionOf(draw));
  return jsonText(draw.chance(0.95) ? damagedJson(draw, draw.pick(descriptions)) : hostileValue(draw));
}

export const description: Target = {
  name: "description",
  about: "parseDescription of JSON",
  refusals: [FormatError],
  // A layer of 50 characters takes 18 kB of objects while it is parsed, sized and compared: 350 a byte for 60 layers as for 250.
  bytesPerByte: 512,
  async open() {
    const engine = await Engine.load({ build: "debug" });
    const descriptions = LAYERS.map((layers) => {
      using net = network(engine, layers, { seed: 1, loss: lossOf(layers), ...inputOf(layers) });
      return JSON.parse(JSON.stringify(describeNetwork(net))) as JsonValue;
    });
    return {
      next(draw) {
        const text = textOf(draw, descriptions);
        return caseOfText(text, () => parseDescription(parsedOf(text), { file: "net.json" }));
      },
      close: () => engine.dispose(),
    };
  },
};
