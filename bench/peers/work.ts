/**
 * What every engine is given to do: the same numbers, and what the result is.
 *
 *   gemm      C = AB (nn) or AᵀB (tn)                                          C
 *   map       e^x or 1 / (1 + e^-x) of each element                            y
 *   softmax   of each row                                                      p
 *   step      one step of gradient descent on the mean cross entropy           the parameters after it
 *   forward   all 10,000 bundled digits through a network                      logits
 *   operation one of operations.ts                                             its result
 *
 *   convForward, convStep   the same of convolutional networks (convnets.ts)
 *
 * Operands are ready in an engine's own memory where it can keep them; results may stay there.
 */
import { type Dataset, RandomState } from "lanegrad";
import { pixelsOf } from "../digits.ts";
import { type Activation, forwardFlops, type Layer, stepFlops } from "../plain/network.ts";
import { type ConvForward, type ConvStep, convItems, parametersOf } from "./convnets.ts";
import type { OperationWork } from "./operations.ts";

export type Gemm = {
  readonly kind: "gemm";
  readonly layout: "nn" | "tn";
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** m × k, or k × m where layout is tn. */
  readonly a: Float32Array;
  readonly b: Float32Array;
};

export type ElementMap = { readonly kind: "map"; readonly f: "exp" | "sigmoid"; readonly x: Float32Array };

export type Softmax = {
  readonly kind: "softmax";
  readonly rows: number;
  readonly columns: number;
  readonly x: Float32Array;
};

/** Dense layers with an activation between them; cross entropy of the softmax behind the last. */
export type Network = {
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly layers: readonly Layer[];
  readonly rows: number;
  /** rows × sizes[0] */
  readonly x: Float32Array;
};

export type Step = Network & {
  readonly kind: "step";
  readonly learningRate: number;
  readonly labels: Int32Array;
  /** The labels as rows × classes, with a single 1 in each row. */
  readonly oneHot: Float32Array;
};

/** The digits as floats, and as the bytes that they are. */
export type Forward = Network & { readonly kind: "forward"; readonly digits: Dataset<Uint8Array> };

export type Work = Gemm | ElementMap | Softmax | Step | Forward | OperationWork | ConvForward | ConvStep;

/** A row of the table; its numbers are made when its turn comes. */
export type WorkItem = {
  readonly name: string;
  readonly flops?: number;
  readonly elements?: number;
  /** Whose rate bounds this work's: lanegrad's of it, in the same rounds. */
  readonly bound?: WorkItem;
  readonly make: () => Work;
};

/** Distance from our result at which another is taken for wrong: float32 in another order, and other exponentials. */
export const TOLERANCE = 1e-4;
const LEARNING_RATE = 0.1;

export function workItems(digits: Dataset<Uint8Array>): WorkItem[] {
  return [
    ...[256, 512, 1024].map((size) => gemmItem("nn", size, size, size)),
    ...[256, 512].map((size) => gemmItem("tn", size, size, size)),
    gemmItem("nn", 100, 784, 50),
    gemmItem("tn", 784, 100, 50),
    stepItem([784, 50, 10], 100, "sigmoid", (random) => Float32Array.from(random.rand(100 * 784))),
    stepItem([784, 512, 512, 10], 128, "relu", () => pixelsOf(digits, 0, 128)),
    forwardItem(digits),
    mapItem("exp"),
    mapItem("sigmoid"),
    softmaxItem(10_000, 10),
    ...convItems().map((item) => ({ ...item, bound: gemmItem("nn", 512, 512, 512) })),
  ];
}

/**
 * How far a result is from ours: relative to our largest element; of parameters, relative to their largest change; of
 * e^x, element by element. NaN where the lengths differ.
 */
export function distanceOf(work: Work, got: Float32Array, ours: Float32Array): number {
  if (got.length !== ours.length) return Number.NaN;
  const isRelative = work.kind === "map" && work.f === "exp";
  const before = parametersBefore(work);
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < ours.length; i++) {
    const difference = Math.abs(got[i]! - ours[i]!);
    const size = Math.abs(ours[i]! - (before?.[i] ?? 0));
    worst = Math.max(worst, isRelative ? difference / size : difference);
    largest = Math.max(largest, size);
  }
  return isRelative ? worst : worst / largest;
}

function parametersBefore(work: Work): Float32Array | undefined {
  if (work.kind === "step") return flatten(work.layers);
  return work.kind === "convStep" ? joined(parametersOf(work.layers)) : undefined;
}

/** Weights and bias of each layer in turn, in one array. */
export function flatten(layers: readonly Layer[]): Float32Array {
  return joined(layers.flatMap(({ weights, bias }) => [weights, bias]));
}

/** Arrays one behind the other. */
export function joined(parts: readonly ArrayLike<number>[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}

function gemmItem(layout: "nn" | "tn", m: number, k: number, n: number): WorkItem {
  const shape = m === k && k === n ? `${m}` : `${m}x${k}x${n}`;
  return {
    name: `sgemm ${layout} ${shape}`,
    flops: 2 * m * k * n,
    make: () => {
      const random = new RandomState(1);
      return { kind: "gemm", layout, m, k, n, a: drawn(random, m * k, 0.5), b: drawn(random, k * n, 0.5) };
    },
  };
}

function mapItem(f: "exp" | "sigmoid"): WorkItem {
  const make = (): Work => ({ kind: "map", f, x: drawn(new RandomState(1), 1_000_000, 8) });
  return { name: `${f} 1e6`, elements: 1_000_000, make };
}

function softmaxItem(rows: number, columns: number): WorkItem {
  const make = (): Work => ({ kind: "softmax", rows, columns, x: drawn(new RandomState(1), rows * columns, 8) });
  return { name: `softmax ${rows}x${columns}`, elements: rows * columns, make };
}

function stepItem(
  sizes: readonly number[],
  rows: number,
  activation: Activation,
  inputs: (random: RandomState) => Float32Array,
): WorkItem {
  const make = (): Work => {
    const random = new RandomState(1);
    const layers = layersOf(sizes, random);
    const classes = sizes.at(-1)!;
    const labels = random.choice(classes, rows);
    const oneHot = new Float32Array(rows * classes);
    for (const [i, label] of labels.entries()) oneHot[i * classes + label] = 1;
    const x = inputs(random);
    return { kind: "step", sizes, activation, layers, rows, x, labels, oneHot, learningRate: LEARNING_RATE };
  };
  return { name: `step ${sizes.join("-")} batch ${rows}`, flops: stepFlops(sizes, rows), make };
}

function forwardItem(digits: Dataset<Uint8Array>): WorkItem {
  const sizes = [784, 50, 10];
  const rows = digits.length;
  const make = (): Work => {
    const layers = layersOf(sizes, new RandomState(1));
    return { kind: "forward", sizes, activation: "sigmoid", layers, rows, x: pixelsOf(digits, 0, rows), digits };
  };
  return { name: `forward ${rows}x784`, flops: forwardFlops(sizes, rows), make };
}

/** Weights as He et al. draw them, biases in -0.1..0.1. */
function layersOf(sizes: readonly number[], random: RandomState): Layer[] {
  return sizes.slice(1).map((n, l) => {
    const std = Math.sqrt(2 / sizes[l]!);
    const weights = Float32Array.from(random.randn(sizes[l]!, n), (draw) => std * draw);
    return { weights, bias: drawn(random, n, 0.1) };
  });
}

/** Uniform in -limit..limit. */
function drawn(random: RandomState, size: number, limit: number): Float32Array {
  return Float32Array.from(random.rand(size), (draw) => limit * (2 * draw - 1));
}
