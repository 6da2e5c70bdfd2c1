/**
 * What else networks do with images: pooling, depthwise and transposed convolutions, other sizes, and gradients of them. Names say
 * windows, channels, and height = width of the image.
 */
import {
  avgPool2d,
  compile,
  convTranspose2d,
  depthwiseConv2d,
  type Engine,
  type Expression,
  gradientsOf,
  input,
  maxPool2d,
  mul,
  RandomState,
  resize,
  sum,
  type Tensor,
  tensor,
  zeros,
} from "lanegrad";
import { type Case, ROUNDING, type Trial, tensorTrial } from "./case.ts";
import { plainKernels } from "./plain/copies.ts";
import type { Floats } from "./plain/kernels.ts";

type Values = Expression<"float32">;
type Loops = ReturnType<typeof plainKernels>;

/** An operation on images of N × size × size × channels. */
type Operation = {
  readonly name: string;
  readonly size: number;
  readonly channels: number;
  /** Of a second operand: weights. */
  readonly weights?: readonly number[];
  /** Of the result, or of `dy`. */
  readonly result: readonly number[];
  /** Operations for each element of the result; elements count where there are none. */
  readonly flops?: number;
  readonly of: (x: Values, w: Values) => Values;
  /** Whether the gradient with respect to x or w is measured, of the result times `dy`. */
  readonly by?: "x" | "w";
  /** The same by plain loops over so many images. */
  readonly loops: (by: Loops, n: number, x: Floats, w: Floats, dy: Floats, to: Floats) => void;
  /** Products that are added up. */
  readonly terms: number;
};

const N = 32;
const DTYPE = "float32";

const OPERATIONS: readonly Operation[] = [
  {
    ...{ name: "maxPool2d 2x2 32 28", size: 28, channels: 32, result: [N, 14, 14, 32], terms: 0 },
    of: (x) => maxPool2d(x, 2),
    loops: (by, n, x, _, __, to) => by.maxPooling(n, 28, 32, 2, x, to),
  },
  {
    ...{ name: "maxPool2d gradient 2x2 32 28", size: 28, channels: 32, result: [N, 14, 14, 32], by: "x", terms: 0 },
    of: (x) => maxPool2d(x, 2),
    loops: (by, n, x, _, dy, to) => by.maxPoolingGradient(n, 28, 32, 2, x, dy, to),
  },
  {
    ...{ name: "avgPool2d 2x2 32 28", size: 28, channels: 32, result: [N, 14, 14, 32], terms: 4 },
    of: (x) => avgPool2d(x, 2),
    loops: (by, n, x, _, __, to) => by.meanPooling(n, 28, 32, 2, x, to),
  },
  {
    ...{ name: "depthwiseConv2d 3x3 32 32", size: 32, channels: 32, weights: [3, 3, 32, 1], terms: 9 },
    ...{ result: [N, 32, 32, 32], flops: 18 },
    of: (x, w) => depthwiseConv2d(x, w, { padding: 1 }),
    loops: (by, n, x, w, _, to) => by.depthwiseConvolution(n, 32, 32, 3, x, w, to),
  },
  {
    ...{ name: "depthwiseConv2d weights 3x3 32 32", size: 32, channels: 32, weights: [3, 3, 32, 1], terms: N * 1024 },
    ...{ result: [N, 32, 32, 32], flops: 18, by: "w" },
    of: (x, w) => depthwiseConv2d(x, w, { padding: 1 }),
    loops: (by, n, x, _, dy, to) => by.depthwiseWeights(n, 32, 32, 3, x, dy, to),
  },
  {
    ...{ name: "convTranspose2d 2x2 32-16 14", size: 14, channels: 32, weights: [2, 2, 16, 32], terms: 32 },
    ...{ result: [N, 28, 28, 16], flops: 64 },
    of: (x, w) => convTranspose2d(x, w, { stride: 2 }),
    loops: (by, n, x, w, _, to) => by.transposedConvolution(n, 14, 32, 2, 16, x, w, to),
  },
  {
    ...{ name: "resize nearest 32 14", size: 14, channels: 32, result: [N, 28, 28, 32], terms: 0 },
    of: (x) => resize(x, 28),
    loops: (by, n, x, _, __, to) => by.doubled(n, 14, 32, false, x, to),
  },
  {
    ...{ name: "resize bilinear 32 14", size: 14, channels: 32, result: [N, 28, 28, 32], terms: 4 },
    of: (x) => resize(x, 28, { mode: "bilinear" }),
    loops: (by, n, x, _, __, to) => by.doubled(n, 14, 32, true, x, to),
  },
];

export function imageCases(): Case[] {
  return OPERATIONS.map((operation): Case => {
    const { name, result, flops } = operation;
    const elements = result.reduce((all, side) => all * side);
    const measure = flops === undefined ? { elements } : { flops: flops * elements };
    return { name, ...measure, dtype: DTYPE, prepare: (engine) => prepare(engine, operation) };
  });
}

function prepare(engine: Engine, { size, channels, weights = [1], result, of, by, loops, terms }: Operation): Trial {
  const random = new RandomState(1);
  const drawn = (shape: readonly number[]) => {
    const count = shape.reduce((all, side) => all * side);
    return tensor(
      engine,
      Float32Array.from(random.rand(count), (value) => value - 0.5),
      { shape },
    );
  };
  const [x, w, dy] = [drawn([N, size, size, channels]), drawn(weights), drawn(result)] as [Float32, Float32, Float32];
  const image = input(engine, x.shape, { name: "x" });
  const kernel = input(engine, w.shape, { name: "w" });
  const y = of(image, kernel);
  const wrt = by === "w" ? kernel : image;
  const value = by === undefined ? y : (gradientsOf(sum(mul(y, dy)), [wrt])[0] as Values);
  const out = zeros(engine, value.shape) as Float32;
  const program = compile({ value }, { into: [[value, out]] });
  program.inputs["x"]?.set(x.data);
  program.inputs["w"]?.set(w.data);
  const given = [x, w, dy].map(({ data }) => data.slice());
  const plainOut = new Float32Array(out.size);
  const few = by === "w" ? 2 : 4; // images that plain JavaScript computes
  const compute = (dtype: typeof DTYPE | "float64", n: number, to: Floats) => {
    const [a, b, c] = given.map((one) => (dtype === DTYPE ? one : Float64Array.from(one))) as [Floats, Floats, Floats];
    loops(plainKernels(dtype), n, a, b, c, to);
    return to;
  };
  return tensorTrial({
    run: () => {
      program.run();
      return out;
    },
    plain: () => compute(DTYPE, few, plainOut),
    plainShare: few / N,
    reference: () => compute("float64", N, new Float64Array(out.size)),
    // Products are at most 1/4; their sums, of as many signs, stay near 0.
    tolerance: (terms + 2) * ROUNDING[DTYPE] * (by === "w" ? 0.25 : 1),
    owned: [program, out, x, w, dy],
  });
}

type Float32 = Tensor<"float32">;
