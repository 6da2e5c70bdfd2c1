/**
 * Random steps on images [N, H, W, C]: convolutions of every kind, poolings, other sizes, normalisation. Weights are values of the graph
 * or new leaves; an activation follows, or comes first, where the two may become one instruction.
 */
import { ShapeError } from "../../../src/errors.ts";
import { relu, sigmoid, tanh } from "../../../src/nn/layers/activations.ts";
import { add, div, mul, sub } from "../../../src/ops/binary.ts";
import { broadcastTo } from "../../../src/ops/broadcast_to.ts";
import { conv1d, conv2d, convTranspose2d } from "../../../src/ops/convolution.ts";
import type { Padding, Pair } from "../../../src/ops/convolution_sizes.ts";
import { depthwiseConv2d } from "../../../src/ops/depthwise.ts";
import { sqrt, square } from "../../../src/ops/elementwise.ts";
import { groupNorm, layerNorm } from "../../../src/ops/normalization.ts";
import { adaptiveAvgPool2d, avgPool2d, globalAvgPool2d, globalMaxPool2d, maxPool2d } from "../../../src/ops/pooling.ts";
import { mean } from "../../../src/ops/reduce.ts";
import { resize } from "../../../src/ops/resize.ts";
import { reshape } from "../../../src/ops/rows.ts";
import type { Expression } from "../../../src/tensor/expression.ts";
import type { FloatType } from "../../../src/wasm/dtype.ts";
import type { Draw } from "../draw.ts";

type Floats = Expression<FloatType>;
// biome-ignore lint/suspicious/noExplicitAny: every operation takes tensors as it takes expressions
type Any = any;

/** The graph that steps become a part of. */
export type Steps = {
  /** Adds a step; undefined where its result has more elements than `most`, or than usual. */
  readonly take: (
    text: string,
    f: (...operands: Any[]) => Any,
    operands: readonly Floats[],
    most?: number,
  ) => Floats | undefined;
  /** A value of this shape; undefined where there is no room for one. */
  readonly operand: (shape: readonly number[]) => Floats | undefined;
};

const STRIDES: readonly Pair[] = [1, 1, 1, 2, [1, 2], [2, 1], 3];
const DILATIONS: readonly Pair[] = [1, 1, 1, 1, 2, [2, 1], [1, 3]];
const PADDINGS: readonly Padding[] = [0, 0, "same", "same", "valid", 1, [1, 0], [0, 1, 2, 1], [2, 0, 0, 1]];
const ACTIVATIONS = { relu, sigmoid, tanh } as Readonly<Record<string, Any>>;
/** Channels and outputs from which a convolution of 3 × 3 taps is computed by Winograd's algorithm. */
const WIDE = 32;
const MOST = 9 * WIDE * (WIDE + 8);

/** Sizes of images: every number of channels up to that of a vector, and some beyond. */
export function drawImages(draw: Draw): readonly number[] {
  const n = draw.pick([1, 1, 2, 2, 3, 0]);
  const [h, w] = [draw.between(1, 6), draw.between(1, 6)];
  const c = draw.chance(0.85) ? draw.between(1, 5) : draw.pick([8, 9, 16, 17]);
  return n * h * w * c <= 300 ? [n, h, w, c] : [1, h, w, Math.min(c, 5)];
}

/** A step on images x, if these windows fit in it. */
export function imageStep(draw: Draw, x: Floats, steps: Steps): Floats | undefined {
  try {
    return drawn(draw, x, steps);
  } catch (error) {
    if (error instanceof ShapeError) return undefined; // windows larger than the image, or within the padding alone
    throw error;
  }
}

function drawn(draw: Draw, x: Floats, steps: Steps): Floats | undefined {
  const { take } = steps;
  const choice = draw.below(20);
  if (choice < 6) return activated(draw, convolved(draw, x, steps), steps);
  if (choice === 6) return sequences(draw, x, steps);
  if (choice < 9) return activated(draw, depthwise(draw, x, steps), steps);
  if (choice < 11) return transposed(draw, x, steps);
  if (choice < 14) return pooled(draw, x, steps);
  if (choice === 14) {
    const size = [draw.between(1, 4), draw.between(1, 4)] as const;
    return take(`adaptiveAvgPool2d ${size}`, (value) => adaptiveAvgPool2d(value, size), [x]);
  }
  if (choice === 15) {
    if (draw.chance(0.5)) return take("globalAvgPool2d", globalAvgPool2d as Any, [x]);
    return take("globalMaxPool2d", globalMaxPool2d as Any, [x]);
  }
  if (choice === 16) {
    const size = [draw.between(1, 7), draw.between(1, 7)] as const;
    const options = draw.pick([{}, { mode: "bilinear" }, { mode: "bilinear", alignCorners: true }] as const);
    return take(`resize ${size} ${JSON.stringify(options)}`, (value) => resize(value, size, options), [x]);
  }
  if (choice === 17) return wide(draw, steps);
  if (choice === 18) return normalized(draw, x, steps);
  return batchNorm(x, steps);
}

function convolved(draw: Draw, x: Floats, { take, operand }: Steps): Floats | undefined {
  const [, , , c = 0] = x.shape;
  const groups = draw.pick(divisorsOf(c));
  const outputs = groups * draw.pick([1, 1, 2, 3, 4, 8]);
  const w = operand([...kernelOf(draw), c / groups, outputs]);
  const bias = draw.chance(0.5) ? operand([outputs]) : undefined;
  if (w === undefined) return undefined;
  const options = { ...windowsOf(draw), groups };
  const f = (a: Any, b: Any, c: Any) => conv2d(a, b, { ...options, bias: c });
  return take(`conv2d ${JSON.stringify(options)}`, f, bias === undefined ? [x, w] : [x, w, bias]);
}

/** The rows of all images, one after the other, as sequences; and back. */
function sequences(draw: Draw, x: Floats, { take, operand }: Steps): Floats | undefined {
  const [n = 0, h = 0, w = 0, c = 0] = x.shape;
  const flat = take("reshape to sequences", (value) => reshape(value, [n, h * w, c]), [x]);
  const groups = draw.pick(divisorsOf(c));
  const outputs = groups * draw.between(1, 3);
  const kernel = operand([draw.between(1, 4), c / groups, outputs]);
  const bias = draw.chance(0.5) ? operand([outputs]) : undefined;
  if (flat === undefined || kernel === undefined) return undefined;
  const padding = draw.pick(["same", "valid", 0, 1, [2, 0]] as const);
  const options = { stride: draw.between(1, 3), dilation: draw.between(1, 2), padding, groups };
  const f = (a: Any, b: Any, c: Any) => conv1d(a, b, { ...options, bias: c });
  const y = take(`conv1d ${JSON.stringify(options)}`, f, bias === undefined ? [flat, kernel] : [flat, kernel, bias]);
  const length = y?.shape[1] ?? 0;
  return y && take("reshape to images", (value) => reshape(value, [n, 1, length, outputs]), [y]);
}

function depthwise(draw: Draw, x: Floats, { take, operand }: Steps): Floats | undefined {
  const [, , , c = 0] = x.shape;
  const multiplier = draw.pick([1, 1, 1, 2, 3]);
  const w = operand([...kernelOf(draw), c, multiplier]);
  const bias = draw.chance(0.5) ? operand([c * multiplier]) : undefined;
  if (w === undefined) return undefined;
  const options = windowsOf(draw);
  const f = (a: Any, b: Any, c: Any) => depthwiseConv2d(a, b, { ...options, bias: c });
  return take(`depthwiseConv2d ${JSON.stringify(options)}`, f, bias === undefined ? [x, w] : [x, w, bias]);
}

function transposed(draw: Draw, x: Floats, { take, operand }: Steps): Floats | undefined {
  const [, , , c = 0] = x.shape;
  const groups = draw.pick(divisorsOf(c));
  const outputs = groups * draw.pick([1, 1, 2, 3]);
  const w = operand([...kernelOf(draw), outputs / groups, c]);
  const bias = draw.chance(0.5) ? operand([outputs]) : undefined;
  if (w === undefined) return undefined;
  const windows = windowsOf(draw);
  const [high = 1, wide = 1] = typeof windows.stride === "number" ? [windows.stride, windows.stride] : windows.stride;
  const ends = windows.padding === "same" ? 0 : ([draw.below(high), draw.below(wide)] as const);
  const options = { ...windows, outputPadding: ends, groups };
  const f = (a: Any, b: Any, c: Any) => convTranspose2d(a, b, { ...options, bias: c });
  return take(`convTranspose2d ${JSON.stringify(options)}`, f, bias === undefined ? [x, w] : [x, w, bias]);
}

function pooled(draw: Draw, x: Floats, { take }: Steps): Floats | undefined {
  const [isMax, size] = [draw.chance(0.6), [draw.between(1, 3), draw.between(1, 3)] as const];
  // At most half of the window.
  const [high, wide] = size.map((each) => draw.below(Math.floor(each / 2) + 1)) as [number, number];
  const padding = draw.pick(["valid" as const, [high, wide] as const, [high, 0, 0, wide] as const]);
  const options = { padding, ...(draw.chance(0.5) && { stride: draw.pick(STRIDES) }) };
  const text = `${size} ${JSON.stringify(options)}`;
  const countIncludePad = draw.chance(0.5);
  if (!isMax) {
    return take(
      `avgPool2d ${text} ${countIncludePad}`,
      (value) => avgPool2d(value, size, { ...options, countIncludePad }),
      [x],
    );
  }
  const positive = draw.chance(0.4) ? take("relu", relu as Any, [x]) : x;
  return positive && take(`maxPool2d ${text}`, (value) => maxPool2d(value, size, options), [positive]);
}

/** Enough channels for Winograd's algorithm, by repeating few numbers. */
function wide(draw: Draw, { take, operand }: Steps): Floats | undefined {
  const [c, outputs] = [draw.pick([WIDE, WIDE, WIDE - 1]), draw.pick([WIDE, WIDE + 8])];
  const [h, w] = [draw.between(4, 5), draw.between(4, 6)];
  const [few, taps] = [operand([1, h, w, 1]), operand([3, 3, 1, outputs])];
  if (few === undefined || taps === undefined) return undefined;
  const x = take("broadcastTo wide images", (value) => broadcastTo(value, [1, h, w, c]), [few], MOST);
  const kernel = take("broadcastTo a wide kernel", (value) => broadcastTo(value, [3, 3, c, outputs]), [taps], MOST);
  if (x === undefined || kernel === undefined) return undefined;
  const padding = draw.pick(["same", 1, [2, 2]] as const);
  return take(`conv2d wide ${padding}`, (a, b) => conv2d(a, b, { padding }), [x, kernel], MOST);
}

function normalized(draw: Draw, x: Floats, { take, operand }: Steps): Floats | undefined {
  const [, , , c = 0] = x.shape;
  const [gain, bias] = [draw.chance(0.5) ? operand([c]) : undefined, draw.chance(0.5) ? operand([c]) : undefined];
  const operands = [x, gain, bias].filter((value) => value !== undefined);
  const named = (rest: readonly Any[]) => ({
    gain: gain && rest[0],
    bias: bias && rest[gain === undefined ? 0 : 1],
  });
  if (draw.chance(0.5)) return take("layerNorm", (value, ...rest) => layerNorm(value, named(rest)), operands);
  const groups = draw.pick(divisorsOf(c));
  return take(`groupNorm ${groups}`, (value, ...rest) => groupNorm(value, groups, named(rest)), operands);
}

/** Over channels, in the operations of the layer of this name. */
function batchNorm(x: Floats, { take, operand }: Steps): Floats | undefined {
  const c = x.shape.at(-1) ?? 0;
  const gamma = operand([c]);
  const rows = take("reshape to rows", (value) => reshape(value, [x.size / c, c]), [x]);
  if (rows === undefined || gamma === undefined || x.size === 0) return rows;
  const average = take("mean of rows", (value) => mean(value, { axes: [0] }), [rows]) as Floats;
  const distance = take("sub", sub as Any, [rows, average]) as Floats;
  const squares = take("square", square as Any, [distance]) as Floats;
  const variance = take("mean of rows", (value) => mean(value, { axes: [0] }), [squares]) as Floats;
  const positive = take("add 1e-5", (value) => add(value, 1e-5), [variance]) as Floats;
  const deviation = take("sqrt", sqrt as Any, [positive]) as Floats;
  const h = take("div", div as Any, [distance, deviation]) as Floats;
  const y = take("mul", mul as Any, [h, gamma]) as Floats;
  return take("reshape to images", (value) => reshape(value, x.shape), [y]);
}

function activated(draw: Draw, x: Floats | undefined, { take }: Steps): Floats | undefined {
  if (x === undefined || draw.chance(0.5)) return x;
  const name = draw.pick(Object.keys(ACTIVATIONS));
  return take(name, ACTIVATIONS[name], [x]);
}

function windowsOf(draw: Draw) {
  return { stride: draw.pick(STRIDES), dilation: draw.pick(DILATIONS), padding: draw.pick(PADDINGS) };
}

function kernelOf(draw: Draw): readonly [number, number] {
  return draw.chance(0.4)
    ? [draw.between(1, 3), draw.between(1, 4)]
    : draw.pick([
        [1, 1],
        [3, 3],
        [2, 2],
      ] as const);
}

function divisorsOf(channels: number): number[] {
  const all = Array.from({ length: channels }, (_, i) => i + 1).filter((groups) => channels % groups === 0);
  return [1, 1, ...all];
}
