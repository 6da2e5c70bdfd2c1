/** Convolutional networks by name, for `--model`, and the images that they take. */
import {
  batchNorm,
  conv2d,
  type Dataset,
  dense,
  dropout,
  flatten,
  globalAvgPool2d,
  type Initializer,
  type Layer,
  maxPool2d,
  residual,
  sequential,
} from "lanegrad";
import { UsageError } from "./flags.ts";
import type { MODELS } from "./train_flags.ts";

/** What `--model` knows but for the dense network, which `--layers` describes. */
export type Convnet = Exclude<(typeof MODELS)[number], "dense">;

/** What convolutional networks are made of besides their sizes. */
export type ConvnetParts = {
  readonly classes: number;
  readonly activation: () => Layer;
  /** The fraction of a hidden dense layer's outputs that is left out; undefined: no such layer. */
  readonly dropout: number | undefined;
  readonly batchNorm: boolean;
  readonly weights: Initializer | undefined;
};

/** The layers of a convolutional network, whose input is an image. */
export function convnetOf(model: Convnet, parts: ConvnetParts): Layer[] {
  switch (model) {
    case "lenet":
      return lenet(parts);
    case "convnet":
      return threeConvolutions(parts);
    case "simple-conv":
      return simpleConv(parts);
    case "resnet-small":
      return resnetSmall(parts);
    default:
      return model satisfies never;
  }
}

/**
 * The shape of one example as an image: its own, with a channel where it has none; of a row, a square.
 *
 * @throws {UsageError} a row that is no square
 */
export function imageShapeOf(
  { size, inputShape = [0, size] }: Pick<Dataset, "size"> & Partial<Pick<Dataset, "inputShape">>,
  model: Convnet,
): readonly number[] {
  const shape = inputShape.slice(1);
  if (shape.length === 3) return shape;
  if (shape.length === 2) return [...shape, 1];
  const side = Math.sqrt(size);
  if (Number.isInteger(side)) return [side, side, 1];
  throw new UsageError(`--model ${model} takes images, but an example has ${size} pixels: no square`);
}

/** LeNet-5 (LeCun et al., 1998), as it is built today: rectifiers, and maxima for pools. */
function lenet(parts: ConvnetParts): Layer[] {
  const { classes, weights } = parts;
  return [
    ...convolution(parts, 6, 5, 2),
    maxPool2d(2),
    ...convolution(parts, 16, 5, 0),
    maxPool2d(2),
    flatten(),
    ...hidden(parts, 120),
    ...hidden(parts, 84),
    dense(classes, starting(weights)),
  ];
}

/** Three convolutions, and batch normalisation after the maxima, where it costs a quarter. */
function threeConvolutions(parts: ConvnetParts): Layer[] {
  const { activation, classes, weights } = parts;
  const convolved = (channels: number, size: number) => conv2d(channels, size, { ...starting(weights), bias: false });
  return [
    ...[convolved(24, 5), maxPool2d(2), batchNorm(), activation()],
    ...[convolved(48, 3), batchNorm(), activation()],
    ...[convolved(48, 3), maxPool2d(2), batchNorm(), activation()],
    ...[flatten(), ...hidden(parts, 128)],
    dense(classes, starting(weights)),
  ];
}

/** SimpleConvNet of Saito, *Deep Learning from Scratch*, ch. 7. */
function simpleConv(parts: ConvnetParts): Layer[] {
  const { classes, weights } = parts;
  return [
    ...convolution(parts, 30, 5, 0),
    maxPool2d(2),
    flatten(),
    ...hidden(parts, 100),
    dense(classes, starting(weights)),
  ];
}

/** Three residual blocks (He et al., arXiv 1512.03385) of 8, 16 and 32 channels. */
function resnetSmall(parts: ConvnetParts): Layer[] {
  const { activation, classes, weights } = parts;
  const normalised = (channels: number, size: number, stride: number) => [
    conv2d(channels, size, { stride, padding: size === 3 ? 1 : 0, bias: false, ...starting(weights) }),
    batchNorm(),
  ];
  const block = (channels: number, stride: number) => {
    const layers = [...normalised(channels, 3, stride), activation(), ...normalised(channels, 3, 1)];
    const projection = stride === 1 ? {} : { projection: sequential(...normalised(channels, 1, stride)) };
    return [residual(projection, ...layers), activation()];
  };
  return [
    ...[...normalised(8, 3, 1), activation()],
    ...[block(8, 1), block(16, 2), block(32, 2)].flat(),
    globalAvgPool2d(),
    dense(classes, starting(weights)),
  ];
}

function convolution(parts: ConvnetParts, channels: number, kernelSize: number, padding: number): Layer[] {
  const { activation, weights } = parts;
  const options = { ...starting(weights), ...(padding > 0 && { padding }) };
  if (!parts.batchNorm) return [conv2d(channels, kernelSize, options), activation()];
  return [conv2d(channels, kernelSize, { ...options, bias: false }), batchNorm(), activation()];
}

function hidden({ activation, weights, dropout: rate = 0 }: ConvnetParts, outputSize: number): Layer[] {
  return [dense(outputSize, starting(weights)), activation(), ...(rate > 0 ? [dropout(rate)] : [])];
}

function starting(weights: Initializer | undefined): { readonly weights?: Initializer } {
  return weights === undefined ? {} : { weights };
}
