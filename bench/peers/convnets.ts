/**
 * Convolutional networks as work for every engine: images are [N, H, W, C] and weights of a convolution [KH, KW, C, OC], as
 * TensorFlow and lanegrad have them; for engines that keep channels first, the numbers are permuted here.
 */
import { RandomState } from "lanegrad";

type Parameters = { readonly weights: Float32Array; readonly bias: Float32Array };

/** Strides are 1, and a convolution's output is as large as its input with `padding` on each side. */
export type ImageLayer =
  | ({
      readonly kind: "conv";
      readonly size: number;
      readonly inputs: number;
      readonly outputs: number;
      readonly padding: number;
    } & Parameters)
  | ({
      readonly kind: "depthwise";
      readonly size: number;
      readonly inputs: number;
      readonly padding: number;
    } & Parameters)
  /** The first takes images as rows in the order of their elements. */
  | ({ readonly kind: "dense"; readonly inputs: number; readonly outputs: number } & Parameters)
  /** Of windows of 2 × 2. */
  | { readonly kind: "maxPool" }
  /** Of all positions. */
  | { readonly kind: "meanPool" }
  | { readonly kind: "relu" };

export type ConvNetwork = {
  /** Of an image: height, width, channels. */
  readonly shape: readonly [number, number, number];
  readonly layers: readonly ImageLayer[];
  readonly rows: number;
  /** rows × the shape. */
  readonly x: Float32Array;
};

/** Logits. */
export type ConvForward = ConvNetwork & { readonly kind: "convForward" };

/** One step of gradient descent on the mean cross entropy. */
export type ConvStep = ConvNetwork & {
  readonly kind: "convStep";
  readonly learningRate: number;
  readonly labels: Int32Array;
  /** The labels as rows × classes, with a single 1 in each row. */
  readonly oneHot: Float32Array;
};

type Axis = 0 | 1 | 2 | 3;
type Sizes = readonly [height: number, width: number, channels: number];
type Plan = (draw: Draw) => readonly ImageLayer[];
type Draw = {
  conv(size: number, inputs: number, outputs: number, padding?: number): ImageLayer;
  depthwise(size: number, inputs: number, padding: number): ImageLayer;
  dense(inputs: number, outputs: number): ImageLayer;
};

const RELU: ImageLayer = { kind: "relu" };
const POOL: ImageLayer = { kind: "maxPool" };
const MEAN: ImageLayer = { kind: "meanPool" };
const CLASSES = 10;
const LEARNING_RATE = 0.1;

/** Networks by name, with the batch that they are measured at. */
const NETWORKS: Readonly<Record<string, { readonly shape: Sizes; readonly rows: number; readonly plan: Plan }>> = {
  /** Saito, Deep Learning from Scratch, ch. 7. */
  SimpleConvNet: {
    shape: [28, 28, 1],
    rows: 100,
    plan: ({ conv, dense }) => [conv(5, 1, 30), RELU, POOL, dense(12 * 12 * 30, 100), RELU, dense(100, CLASSES)],
  },
  /** LeCun et al. 1998, with ReLU and max pooling. */
  LeNet: {
    shape: [28, 28, 1],
    rows: 100,
    plan: ({ conv, dense }) => [
      ...[conv(5, 1, 6, 2), RELU, POOL, conv(5, 6, 16), RELU, POOL],
      ...[dense(5 * 5 * 16, 120), RELU, dense(120, 84), RELU, dense(84, CLASSES)],
    ],
  },
  "32-64-128": {
    shape: [32, 32, 3],
    rows: 32,
    plan: ({ conv, dense }) => [
      ...[conv(3, 3, 32, 1), RELU, POOL, conv(3, 32, 64, 1), RELU, POOL, conv(3, 64, 128, 1), RELU, POOL],
      ...[dense(4 * 4 * 128, 128), RELU, dense(128, CLASSES)],
    ],
  },
  /** As MobileNet (Howard et al. 2017) has them, with pooling in place of strides. */
  "depthwise-separable": {
    shape: [32, 32, 3],
    rows: 32,
    plan: ({ conv, depthwise, dense }) => [
      ...[conv(3, 3, 32, 1), RELU, POOL],
      ...[depthwise(3, 32, 1), RELU, conv(1, 32, 64), RELU, POOL],
      ...[depthwise(3, 64, 1), RELU, conv(1, 64, 128), RELU, POOL],
      ...[depthwise(3, 128, 1), RELU, conv(1, 128, 128), RELU, MEAN, dense(128, CLASSES)],
    ],
  },
};

export function convItems(): readonly {
  readonly name: string;
  readonly flops: number;
  readonly make: () => ConvForward | ConvStep;
}[] {
  return Object.entries(NETWORKS).flatMap(([name, { shape, rows, plan }]) => {
    const forward = (): ConvForward => {
      const random = new RandomState(1);
      const layers = plan(drawsOf(random));
      return { kind: "convForward", shape, layers, rows, x: Float32Array.from(random.rand(rows * countOf(shape))) };
    };
    const step = (): ConvStep => {
      const labels = new RandomState(2).choice(CLASSES, rows);
      const oneHot = new Float32Array(rows * CLASSES);
      for (const [i, label] of labels.entries()) oneHot[i * CLASSES + label] = 1;
      return { ...forward(), kind: "convStep", labels, oneHot, learningRate: LEARNING_RATE };
    };
    const [all, first] = flopsOf(shape, plan(NO_DRAWS));
    return [
      { name: `forward ${name} batch ${rows}`, flops: rows * all, make: forward },
      { name: `step ${name} batch ${rows}`, flops: rows * (3 * all - first), make: step },
    ];
  });
}

/** The shapes of an image before each layer and behind the last one; what a dense layer gives is [1, 1, outputs]. */
export function shapesOf(shape: Sizes, layers: readonly ImageLayer[]): readonly Sizes[] {
  const shapes = [shape];
  for (const layer of layers) {
    const [h, w, c] = shapes.at(-1)!;
    switch (layer.kind) {
      case "conv": {
        const more = 2 * layer.padding - layer.size + 1;
        shapes.push([h + more, w + more, layer.outputs]);
        break;
      }
      case "dense":
        shapes.push([1, 1, layer.outputs]);
        break;
      case "maxPool":
        shapes.push([Math.floor(h / 2), Math.floor(w / 2), c]);
        break;
      case "meanPool":
        shapes.push([1, 1, c]);
        break;
      default:
        shapes.push([h, w, c]);
    }
  }
  return shapes;
}

/** Weights and bias of each layer that has them. */
export function parametersOf(layers: readonly ImageLayer[]): readonly Float32Array[] {
  return layers.flatMap((layer) => ("weights" in layer ? [layer.weights, layer.bias] : []));
}

/** [N, H, W, C] as [N, C, H, W]; of weights [KH, KW, C, OC], as [OC, C, KH, KW]. */
export function permuted(
  values: Float32Array,
  shape: readonly [number, number, number, number],
  order: readonly [Axis, Axis, Axis, Axis],
): Float32Array<ArrayBuffer> {
  const strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1] as const;
  const [a, b, c, d] = order;
  const out = new Float32Array(values.length);
  let next = 0;
  for (let i = 0; i < shape[a]; i++) {
    for (let j = 0; j < shape[b]; j++) {
      for (let k = 0; k < shape[c]; k++) {
        for (let l = 0; l < shape[d]; l++) {
          out[next++] = values[i * strides[a] + j * strides[b] + k * strides[c] + l * strides[d]] ?? Number.NaN;
        }
      }
    }
  }
  return out;
}

/** How an engine with channels first has the parameters: arrays with their shapes, and the way back. */
export type ChannelsFirst = {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
  /** The same numbers as lanegrad has them. */
  readonly back: (values: Float32Array) => Float32Array;
};

/** The parameters of `parametersOf` with channels first; weights of dense layers stay [inputs, outputs]. */
export function channelsFirst({ shape, layers }: ConvNetwork): readonly ChannelsFirst[] {
  const shapes = shapesOf(shape, layers);
  return layers.flatMap((layer, i): ChannelsFirst[] => {
    if (!("weights" in layer)) return [];
    const bias = plain(layer.bias, [layer.bias.length]);
    const { weights } = layer;
    if (layer.kind === "dense") {
      const [h, w, c] = shapes[i]!;
      const rows = [h, w, c, layer.outputs] as const;
      const moved = permuted(weights, rows, [2, 0, 1, 3]);
      const back = (values: Float32Array) => permuted(values, [c, h, w, layer.outputs], [1, 2, 0, 3]);
      return [{ shape: [layer.inputs, layer.outputs], values: moved, back }, bias];
    }
    const { size, inputs } = layer;
    if (layer.kind === "depthwise") {
      const moved = permuted(weights, [size, size, inputs, 1], [2, 3, 0, 1]);
      const back = (values: Float32Array) => permuted(values, [inputs, 1, size, size], [2, 3, 0, 1]);
      return [{ shape: [inputs, 1, size, size], values: moved, back }, bias];
    }
    const { outputs } = layer;
    const moved = permuted(weights, [size, size, inputs, outputs], [3, 2, 0, 1]);
    const back = (values: Float32Array) => permuted(values, [outputs, inputs, size, size], [2, 3, 1, 0]);
    return [{ shape: [outputs, inputs, size, size], values: moved, back }, bias];
  });
}

/** The images with channels first. */
export function imagesFirst({ shape: [h, w, c], rows, x }: ConvNetwork): Float32Array<ArrayBuffer> {
  return permuted(x, [rows, h, w, c], [0, 3, 1, 2]);
}

function plain(values: Float32Array, shape: readonly number[]): ChannelsFirst {
  return { shape, values: Float32Array.from(values), back: (same) => same };
}

/** Multiplications and additions of an image, forward: of all layers, and of the first, whose input needs no gradient. */
function flopsOf(shape: Sizes, layers: readonly ImageLayer[]): readonly [all: number, first: number] {
  const shapes = shapesOf(shape, layers);
  const flops = layers.map((layer, i) => {
    const [h, w] = shapes[i + 1]!;
    if (layer.kind === "conv") return 2 * h * w * layer.size ** 2 * layer.inputs * layer.outputs;
    if (layer.kind === "depthwise") return 2 * h * w * layer.size ** 2 * layer.inputs;
    return layer.kind === "dense" ? 2 * layer.inputs * layer.outputs : 0;
  });
  return [flops.reduce((sum, each) => sum + each, 0), flops[0] ?? 0];
}

/** Weights as He et al. draw them, biases in -0.1..0.1. */
function drawsOf(random: RandomState): Draw {
  const parameters = (count: number, fanIn: number, outputs: number): Parameters => {
    const std = Math.sqrt(2 / fanIn);
    const weights = Float32Array.from(random.randn(count), (draw) => std * draw);
    return { weights, bias: Float32Array.from(random.rand(outputs), (draw) => 0.1 * (2 * draw - 1)) };
  };
  return {
    conv: (size, inputs, outputs, padding = 0) => {
      const fanIn = size * size * inputs;
      return { kind: "conv", size, inputs, outputs, padding, ...parameters(fanIn * outputs, fanIn, outputs) };
    },
    depthwise: (size, inputs, padding) => {
      const fanIn = size * size;
      return { kind: "depthwise", size, inputs, padding, ...parameters(fanIn * inputs, fanIn, inputs) };
    },
    dense: (inputs, outputs) => {
      return { kind: "dense", inputs, outputs, ...parameters(inputs * outputs, inputs, outputs) };
    },
  };
}

const NONE: Parameters = { weights: new Float32Array(), bias: new Float32Array() };
/** Layers without numbers, for counting. */
const NO_DRAWS: Draw = {
  conv: (size, inputs, outputs, padding = 0) => ({ kind: "conv", size, inputs, outputs, padding, ...NONE }),
  depthwise: (size, inputs, padding) => ({ kind: "depthwise", size, inputs, padding, ...NONE }),
  dense: (inputs, outputs) => ({ kind: "dense", inputs, outputs, ...NONE }),
};

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
