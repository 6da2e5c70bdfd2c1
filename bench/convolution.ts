/**
 * Convolutions of the shapes that small networks have, and both of their gradients, by their kernels. Names say
 * channels-outputs kernel, and height = width of the image.
 */
import {
  compile,
  conv2d,
  convTranspose2d,
  type Engine,
  input,
  RandomState,
  type Tensor,
  tensor,
  zeros,
} from "lanegrad";
import { type Case, distanceOf, ROUNDING, type Trial } from "./case.ts";
import { plainKernels } from "./plain/copies.ts";
import type { Floats } from "./plain/kernels.ts";

type Kind = "conv2d" | "conv2d weights" | "conv2d input";
type Sizes = {
  readonly n: number;
  readonly size: number;
  readonly channels: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly padding: number;
};

type Float32 = Tensor<"float32">;

const DTYPE = "float32";
const KINDS: readonly Kind[] = ["conv2d", "conv2d weights", "conv2d input"];
const SHAPES: readonly Sizes[] = [
  { n: 100, size: 28, channels: 1, outputs: 30, kernel: 5, padding: 0 },
  { n: 100, size: 28, channels: 1, outputs: 6, kernel: 5, padding: 2 },
  { n: 100, size: 14, channels: 6, outputs: 16, kernel: 5, padding: 0 },
  { n: 32, size: 32, channels: 3, outputs: 32, kernel: 3, padding: 1 },
  { n: 32, size: 32, channels: 16, outputs: 16, kernel: 3, padding: 1 },
  { n: 32, size: 16, channels: 32, outputs: 64, kernel: 3, padding: 1 },
  { n: 32, size: 8, channels: 64, outputs: 128, kernel: 3, padding: 1 },
];

export function convolutionCases(): Case[] {
  return SHAPES.flatMap((sizes) =>
    KINDS.map((kind) => ({
      name: `${kind} ${sizes.channels}-${sizes.outputs} ${sizes.kernel}x${sizes.kernel} ${sizes.size}`,
      flops: 2 * countsOf(sizes).y * countsOf(sizes).k,
      dtype: DTYPE,
      prepare: (engine: Engine) => prepare(engine, kind, sizes),
    })),
  );
}

function countsOf({ n, size, channels, outputs, kernel, padding }: Sizes) {
  const rows = size + 2 * padding - kernel + 1;
  const k = kernel * kernel * channels;
  return { rows, k, x: n * size * size * channels, w: k * outputs, y: n * rows * rows * outputs };
}

function prepare(engine: Engine, kind: Kind, sizes: Sizes): Trial {
  const { n, size, channels, outputs, kernel, padding } = sizes;
  const { rows, k, ...counts } = countsOf(sizes);
  const random = new RandomState(1);
  const draw = (count: number) => Float32Array.from(random.rand(count), (value) => value - 0.5);
  const data = { x: draw(counts.x), w: draw(counts.w), y: draw(counts.y) };
  const shapes = {
    x: [n, size, size, channels],
    w: [kernel, kernel, channels, outputs],
    y: [n, rows, rows, outputs],
  };
  const [x, w, y] = (["x", "w", "y"] as const).map((name) => tensor(engine, data[name], { shape: shapes[name] })) as [
    Float32,
    Float32,
    Float32,
  ];
  const result = { conv2d: "y", "conv2d weights": "w", "conv2d input": "x" }[kind] as "x" | "w" | "y";
  const out = zeros(engine, shapes[result]);
  const { run, owned } = callOf(engine, kind, sizes, [x, w, y, out]);
  const loops = plainKernels(DTYPE);
  const plainOut = new Float32Array(counts[result]);
  const one = Math.max(1, Math.floor(n / 16)); // images that plain JavaScript computes
  const compute = (by: typeof loops, images: number, from: Record<"x" | "w" | "y", Floats>, to: Floats) => {
    const given = [images, size, channels, rows, outputs, kernel, padding] as const;
    if (kind === "conv2d") by.convolution(...given, from.x, from.w, to);
    else if (kind === "conv2d weights") by.convolutionWeights(...given, from.x, from.y, to);
    else by.convolutionInput(...given, from.y, from.w, to);
    return to;
  };
  const terms = { y: k, w: n * rows * rows, x: kernel * kernel * outputs }[result];
  return {
    run: () => {
      run();
      return out.data[0] ?? 0;
    },
    plain: () => compute(loops, one, data, plainOut)[0] ?? 0,
    plainShare: one / n,
    residual: () => {
      run();
      const doubles = { x: Float64Array.from(data.x), w: Float64Array.from(data.w), y: Float64Array.from(data.y) };
      const want = compute(plainKernels("float64"), n, doubles, new Float64Array(counts[result]));
      return distanceOf(out.data, want) / (terms / 16); // a term is 1/16 on average
    },
    tolerance: 2 * (Math.min(terms, 256) + terms / 128 + 2) * ROUNDING[DTYPE],
    owned: [...owned, x, w, y, out],
  };
}

type Call = { readonly run: () => void; readonly owned: readonly { dispose(): void }[] };

/** As a network calls it: the gradient of the weights by its kernel, the others by programs of their operations. */
function callOf(engine: Engine, kind: Kind, sizes: Sizes, [x, w, y, out]: readonly Float32[]): Call {
  const { n, size, channels, outputs, kernel, padding } = sizes;
  const { rows } = countsOf(sizes);
  if (kind === "conv2d weights") {
    const kernels = engine.kernels[DTYPE];
    const images = [size, size, channels, rows, rows, outputs, 1] as const;
    const all = [...images, kernel, kernel, 1, 1, 1, 1, padding, padding] as const;
    const scratch = engine.scratch(kernels.convolutionWeightsScratch(...all));
    return {
      run: () =>
        void kernels.convolutionWeights(
          n,
          ...all,
          x!.pointer,
          y!.pointer,
          out!.pointer,
          scratch,
          kernel * kernel * channels,
          0,
        ),
      owned: [],
    };
  }
  const weights = input(engine, w!.shape, { name: "w" });
  const value = kind === "conv2d" ? conv2d(x!, weights, { padding }) : convTranspose2d(y!, weights, { padding });
  const program = compile({ out: value }, { into: [[value, out!]] });
  program.inputs["w"]?.set(w!.data);
  return { run: () => program.run(), owned: [program] };
}
