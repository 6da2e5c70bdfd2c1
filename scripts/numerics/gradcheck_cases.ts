/**
 * Every operation with a gradient rule, at inputs that show it: shapes that broadcast, both sides of a product, second
 * derivatives.
 */
import {
  abs,
  acos,
  adaptiveAvgPool2d,
  add,
  affine,
  asin,
  atan,
  atan2,
  avgPool2d,
  batchNorm,
  binaryCrossEntropyWithLogits,
  broadcastTo,
  clip,
  concat,
  conv1d,
  conv2d,
  convTranspose2d,
  cos,
  cosh,
  crossEntropy,
  cumprod,
  cumsum,
  dense,
  depthwiseConv2d,
  div,
  dot,
  drop,
  dropout,
  type Engine,
  type Expression,
  einsum,
  elu,
  erf,
  exp,
  expandDims,
  expm1,
  type FloatType,
  flip,
  floor,
  gather,
  gatherND,
  gelu,
  globalAvgPool2d,
  globalMaxPool2d,
  grad,
  greater,
  groupNorm,
  hardSigmoid,
  hardSwish,
  huber,
  keep,
  layerNorm,
  leakyRelu,
  less,
  log,
  log1p,
  log2,
  log10,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  maxPool2d,
  mean,
  meanAbsoluteError,
  meanSquaredError,
  min,
  minimum,
  mish,
  mod,
  mul,
  neg,
  network,
  norm,
  outer,
  pad,
  pow,
  prelu,
  prod,
  RandomState,
  reciprocal,
  relu,
  relu6,
  repeat,
  reshape,
  resize,
  roll,
  round,
  rsqrt,
  type Sequential,
  scatter,
  scatterAdd,
  selu,
  sequential,
  sigmoid,
  silu,
  sin,
  sinh,
  slice,
  softmax,
  softmaxCrossEntropy,
  softplus,
  sort,
  sqrt,
  square,
  squaredError,
  squeeze,
  stack,
  std,
  sub,
  sum,
  type Tensor,
  take,
  takeAlongAxis,
  tan,
  tanh,
  tensor,
  tensorSplit,
  tile,
  topK,
  transpose,
  unstack,
  variance,
  where,
} from "lanegrad";
import { cholesky, det, inverse, solve, solveTriangular } from "lanegrad/linalg";

type Differentiable<D extends FloatType> = (...x: Expression<D>[]) => Expression<D>;
type Shape = readonly number[];

const WEIGHTED = { classWeights: [1, 0.5, 2, 1.5], labelSmoothing: 0.2 };

/** A function, and the inputs that it is checked at. */
export type GradCheckCase<D extends FloatType = "float64"> = {
  readonly name: string;
  readonly f: Differentiable<D>;
  readonly inputs: readonly Tensor<D>[];
};

/** Inputs are drawn between these bounds, away from 0 where the function has a kink or a pole there. */
type Range = "any" | "positive" | "apart" | "with zeros";

/** Every case in one dtype, from the same numbers in either. Their tensors live as long as the engine. */
export function gradCheckCases<D extends FloatType = "float64">(
  engine: Engine,
  dtype: D = "float64" as D,
): GradCheckCase<D>[] {
  const random = new RandomState(7);
  const draw = (shape: Shape, range: Range, name: string): Tensor<D> => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const values = random.randn(count).map((value, i) => {
      if (range === "with zeros") return i % 5 === 1 ? 0 : value;
      if (range === "positive") return 0.5 + Math.abs(value);
      return range === "apart" ? value + 0.3 * Math.sign(value) : value;
    });
    return tensor(engine, values, { shape, name, dtype });
  };
  const made = (
    name: string,
    f: Differentiable<D>,
    shapes: readonly Shape[],
    range: Range = "any",
  ): GradCheckCase<D> => ({
    name,
    f,
    inputs: shapes.map((shape, i) => draw(shape, range, "abcdefgh".charAt(i))),
  });
  /** The function, and the gradient of the sum of its gradient's squares: a second derivative of everything in it. */
  const twice = (
    name: string,
    f: Differentiable<D>,
    shapes: readonly Shape[],
    range: Range = "any",
  ): GradCheckCase<D>[] => [
    made(name, f, shapes, range),
    made(`${name}, second derivative`, secondOf(f), shapes, range),
  ];
  const labels = tensor(engine, new Int32Array([0, 3, 1]), { name: "labels" });
  const square2x2 = tensor(engine, Int32Array.of(1, 2, 1, 0), { shape: [2, 2], name: "indices" });
  const rows2 = tensor(engine, Int32Array.of(2, 0), { name: "different rows" });
  const rows = tensor(engine, new Int32Array([2, 0, 2, 1]), { name: "rows" });
  const fromEnd = tensor(engine, new Int32Array([-1, 0, 2, -2]), { name: "fromEnd" });
  const chosen = tensor(engine, new Int32Array([1, 0, -3]), { name: "chosen" });
  const counter = tensor(engine, new Int32Array([5, 1]), { name: "counter" });
  const mask = tensor(engine, [1, 0, 0, 1, 1, 0], { shape: [2, 3], dtype });
  const targets = softmax(draw([3, 4], "any", "t"));
  const diagonal = tensor(engine, [4, 0, 0, 0, 4, 0, 0, 0, 4], { shape: [3, 3], dtype });
  const regular = (x: Expression<D>) => add(x, diagonal);
  return [
    ...twice("solve, a vector", (a, b) => solve(regular(a), b), [[3, 3], [3]]),
    ...twice("solve, a matrix", (a, b) => solve(regular(a), b), [
      [3, 3],
      [3, 2],
    ]),
    ...twice("solve, a stack and a vector", (a, b) => solve(regular(a), b), [[2, 3, 3], [3]]),
    ...twice("solve, leading axes that broadcast", (a, b) => solve(regular(a), b), [
      [2, 1, 3, 3],
      [2, 3, 1],
    ]),
    ...twice("inverse, a stack", (a) => inverse(regular(a)), [[2, 3, 3]]),
    ...twice("det, a stack", (a) => det(regular(a)), [[2, 3, 3]]),
    ...twice("cholesky, a stack", (a) => cholesky(regular(matmul(a, a, { transpose: "b" }))), [[2, 3, 3]]),
    ...twice("solveTriangular, a stack", (t, b) => solveTriangular(regular(t), b), [
      [2, 3, 3],
      [3, 2],
    ]),
    ...twice("inverse", (a) => inverse(regular(a)), [[3, 3]]),
    ...twice("det", (a) => det(regular(a)), [[3, 3]]),
    ...twice("cholesky", (a) => cholesky(regular(matmul(a, a, { transpose: "b" }))), [[3, 3]]),
    ...(["lower", "upper"] as const).flatMap((triangle) =>
      (["none", "a"] as const).flatMap((transpose) =>
        twice(
          `solveTriangular, ${triangle}, ${transpose}`,
          (t, b) => solveTriangular(regular(t), b, { triangle, transpose }),
          [
            [3, 3],
            [3, 2],
          ],
        ),
      ),
    ),
    ...twice("add, b broadcast", add, [[3, 4], [4]]),
    ...twice("sub, a broadcast", sub, [
      [3, 1],
      [2, 3, 4],
    ]),
    ...twice("mul, both broadcast", mul, [
      [3, 1],
      [1, 4],
    ]),
    ...twice(
      "div",
      div,
      [
        [3, 4],
        [3, 4],
      ],
      "positive",
    ),
    ...twice("div, b broadcast", div, [[2, 3], [3]], "positive"),
    ...twice("maximum", maximum, [[3, 4], [4]]),
    ...twice("minimum", minimum, [
      [3, 4],
      [3, 1],
    ]),
    ...twice("keep", (b) => keep(mask, b), [[2, 3]]),
    ...twice("drop", (b) => drop(mask, b), [[2, 3]]),
    ...twice("where", (a, b) => where(mask, a, b), [[2, 3], [3]]),
    made("where on a comparison", (a, b) => where(greater(a, b), mul(a, b), sub(a, b)), [
      [2, 3],
      [2, 3],
    ]),
    made("neg", neg, [[5]]),
    ...twice("square", square, [[5]]),
    ...twice("sqrt", sqrt, [[5]], "positive"),
    ...twice("exp", exp, [[5]]),
    ...twice("log", log, [[5]], "positive"),
    ...twice("tanh", (x) => tanh(x), [[5]]),
    ...twice("sigmoid", (x) => sigmoid(x), [[5]]),
    ...twice("softplus", (x) => softplus(x), [[5]]),
    ...twice("gelu", (x) => gelu(x), [[5]]),
    made("relu", (x) => relu(x), [[6]], "apart"),
    made(
      "relu in a second derivative",
      secondOf((x) => square(relu(x))),
      [[6]],
      "apart",
    ),
    ...twice("leakyRelu", (x) => leakyRelu(x, { slope: 0.2 }), [[6]], "apart"),
    ...twice("pow 3", (x) => pow(x, 3), [[5]]),
    ...twice("pow -2", (x) => pow(x, -2), [[5]], "positive"),
    ...twice("pow 1.7", (x) => pow(x, 1.7), [[5]], "positive"),
    ...twice("pow 0.3", (x) => pow(x, 0.3), [[5]], "positive"),
    ...twice("pow -0.5", (x) => pow(x, -0.5), [[5]], "positive"),
    ...twice("pow -1.3", (x) => pow(x, -1.3), [[5]], "positive"),
    made("pow 65", (x) => pow(x, 65), [[5]]),
    ...twice("matmul", (a, b) => matmul(a, b), [
      [3, 4],
      [4, 2],
    ]),
    ...twice("matmul, a transposed", (a, b) => matmul(a, b, { transpose: "a" }), [
      [4, 3],
      [4, 2],
    ]),
    ...twice("matmul, b transposed", (a, b) => matmul(a, b, { transpose: "b" }), [
      [3, 4],
      [2, 4],
    ]),
    ...twice("matmul, both transposed", (a, b) => matmul(a, b, { transpose: "both", alpha: 0.5 }), [
      [4, 3],
      [2, 4],
    ]),
    ...twice("matmul of transpose", (a, b) => matmul(transpose(a), transpose(b)), [
      [4, 3],
      [2, 4],
    ]),
    ...twice("affine, sigmoid", (x, w, b) => affine(x, w, b, { activation: "sigmoid" }), [[3, 4], [4, 2], [2]]),
    ...twice("affine, tanh", (x, w, b) => affine(x, w, b, { activation: "tanh" }), [[3, 4], [4, 2], [2]]),
    ...twice("transpose", (x) => square(transpose(x)), [[3, 4]]),
    ...twice("reshape", (x) => square(reshape(x, [6, 2])), [[3, 4]]),
    ...twice("broadcastTo", (x) => square(broadcastTo(x, [2, 3, 4])), [[3, 1]]),
    ...twice("slice of rows", (x) => square(slice(x, 1, 3)), [[4, 3]]),
    ...twice("slice of columns", (x) => square(slice(x, 0, 2, { axis: -1 })), [[4, 3]]),
    ...twice("concat", (a, b) => square(concat([a, b, a])), [
      [2, 3],
      [1, 3],
    ]),
    ...twice("concat of columns", (a, b) => square(concat([a, b], { axis: 1 })), [
      [2, 3],
      [2, 1],
    ]),
    ...twice("slice with steps", (x) => square(slice(x, "..., ::-2, newaxis, 1:")), [[2, 3, 3]]),
    ...twice("slice of one element", (x) => square(slice(x, "1, ..., -1")), [[2, 2, 3]]),
    ...twice("flip", (x) => mul(flip(x, { axes: [-1] }), x), [[2, 3]]),
    ...twice("squeeze and expandDims", (x) => square(expandDims(squeeze(x), { axis: -1 })), [[1, 3, 1]]),
    ...twice("stack", (a, b) => square(stack([a, b, a], { axis: -1 })), [
      [2, 2],
      [2, 2],
    ]),
    ...twice("unstack", (x) => mul(...(unstack(x, { axis: 1 }) as [typeof x, typeof x])), [[3, 2]]),
    ...twice("tensorSplit", (x) => mul(...(tensorSplit(x, 2) as [typeof x, typeof x])), [[4, 2]]),
    ...twice("tile", (x) => square(tile(x, [2, 1, 3])), [[2, 2]]),
    ...twice("repeat", (x) => square(repeat(x, 3, { axis: 0 })), [[2, 2]]),
    ...twice("roll", (x) => mul(roll(x, 1, { axis: 1 }), x), [[2, 3]]),
    ...twice(
      "pad",
      (x) =>
        square(
          pad(
            x,
            [
              [1, 0],
              [0, 2],
            ],
            { value: 3 },
          ),
        ),
      [[2, 2]],
    ),
    ...twice(
      "pad by the edge",
      (x) =>
        square(
          pad(
            x,
            [
              [1, 0],
              [0, 2],
            ],
            { mode: "edge" },
          ),
        ),
      [[2, 2]],
    ),
    ...twice(
      "pad by reflection",
      (x) =>
        square(
          pad(
            x,
            [
              [3, 0],
              [1, 4],
            ],
            { mode: "reflect" },
          ),
        ),
      [[2, 3]],
    ),
    ...twice("gather along an axis", (x) => square(gather(x, square2x2, { axis: 1 })), [[2, 3, 2]]),
    ...twice("takeAlongAxis", (x) => square(takeAlongAxis(x, square2x2, { axis: 1 })), [[2, 3]]),
    ...twice("gatherND", (x) => square(gatherND(x, square2x2)), [[2, 3, 2]]),
    ...twice("scatter", (x, values) => square(scatter(x, rows2, values)), [
      [3, 2],
      [2, 2],
    ]),
    ...twice("scatterAdd", (x, values) => square(scatterAdd(x, square2x2, values, { axis: -1 })), [
      [2, 3],
      [2, 2, 2],
    ]),
    ...twice("gather", (x) => square(gather(x, rows)), [[3, 2]]),
    ...twice("sum", (x) => square(sum(x)), [[3, 4]]),
    ...twice("sum over two axes", (x) => square(sum(x, { axes: [0, 2] })), [[2, 3, 4]]),
    ...twice("mean, axes kept", (x) => square(mean(x, { axes: [1], keepAxes: true })), [[3, 4]]),
    ...twice("max", (x) => max(x), [[3, 4]]),
    ...twice("max over an axis", (x) => max(x, { axes: [-1] }), [[3, 4]]),
    ...twice("softmax", (z) => softmax(z), [[3, 4]]),
    ...twice("logSoftmax", (z) => logSoftmax(z), [[3, 4]]),
    ...twice("softmaxCrossEntropy, labels", (z) => softmaxCrossEntropy(z, labels), [[3, 4]]),
    ...twice("softmaxCrossEntropy, targets", (z) => softmaxCrossEntropy(z, targets), [[3, 4]]),
    ...twice(
      "softmaxCrossEntropy, both",
      (z, t) => softmaxCrossEntropy(z, t),
      [
        [3, 4],
        [3, 4],
      ],
      "positive",
    ),
    ...twice("squaredError", squaredError, [
      [3, 4],
      [3, 4],
    ]),
    ...twice("binaryCrossEntropyWithLogits", binaryCrossEntropyWithLogits, [
      [3, 4],
      [3, 4],
    ]),
    ...twice("crossEntropy, labels", (z) => crossEntropy(z, labels, WEIGHTED), [[3, 4]]),
    ...twice(
      "crossEntropy, both",
      (z, t) => crossEntropy(z, t, WEIGHTED),
      [
        [3, 4],
        [3, 4],
      ],
      "positive",
    ),
    ...twice("meanAbsoluteError", (y, t) => meanAbsoluteError(y, t), [
      [3, 4],
      [3, 4],
    ]),
    ...twice("huber", (y, t) => huber(y, t, { delta: 0.7 }), [
      [3, 4],
      [3, 4],
    ]),
    made("dropout", (x) => square(dropout(x, counter, { rate: 0.4 })), [[4, 5]]),
    ...twice("sort", (x) => sort(x, { axis: 0 }), [[4, 3]]),
    ...twice("topK", (x) => topK(x, 2, { largest: false }).values, [[3, 4]]),
    ...twice("meanSquaredError", meanSquaredError, [
      [3, 4],
      [3, 4],
    ]),
    ...twice("gelu, by erf", (x) => gelu(x, { approximate: "none" }), [[5]]),
    ...twice("silu", silu, [[5]]),
    ...twice("mish", mish, [[5]]),
    ...twice("einsum, batched", (a, b) => einsum("bij,bjk->bik", a, b), [
      [2, 3, 4],
      [2, 4, 2],
    ]),
    ...twice("einsum of three", (a, b, c) => square(einsum("...ij,jk,ki->k...", a, b, c)), [
      [2, 3, 2],
      [2, 3],
      [3, 3],
    ]),
    ...twice("einsum, diagonals and axes of extent 1", (a, b) => square(einsum("iji,ki->jk", a, b)), [
      [3, 2, 3],
      [4, 1],
    ]),
    ...twice("take", (x) => square(take(x, fromEnd)), [[2, 3]]),
    ...twice("take along an axis", (x) => square(take(x, fromEnd, { axis: 1 })), [[2, 3]]),
    ...twice("where on integers", (a, b) => square(where(chosen, a, b)), [[3], [3]]),
    ...twice("elu", (x) => elu(x, { alpha: 0.7 }), [[6]], "apart"),
    ...twice("selu", selu, [[6]], "apart"),
    ...twice("relu6", relu6, [[6]], "apart"),
    ...twice("hardSigmoid", (x) => hardSigmoid(mul(x, 2)), [[6]], "apart"),
    ...twice("hardSwish", (x) => hardSwish(mul(x, 2)), [[6]], "apart"),
    ...twice("prelu, one slope a column", prelu, [[3, 4], [4]], "apart"),
    ...twice("abs", abs, [[6]], "apart"),
    ...twice("clip", (x) => square(clip(x, -0.9, 1.1)), [[6]], "apart"),
    ...twice("reciprocal", reciprocal, [[5]], "positive"),
    ...twice("rsqrt", rsqrt, [[5]], "positive"),
    ...twice("sin", sin, [[5]]),
    ...twice("cos", cos, [[5]]),
    ...twice("tan", (x) => tan(mul(x, 0.4)), [[5]]),
    ...twice("asin", (x) => asin(mul(x, 0.3)), [[5]]),
    ...twice("acos", (x) => acos(mul(x, 0.3)), [[5]]),
    ...twice("atan", atan, [[5]]),
    ...twice("atan2, b broadcast", atan2, [[3, 4], [4]], "apart"),
    ...twice("sinh", sinh, [[5]]),
    ...twice("cosh", cosh, [[5]]),
    ...twice("log1p", log1p, [[5]], "positive"),
    ...twice("expm1", expm1, [[5]]),
    ...twice("log2", log2, [[5]], "positive"),
    ...twice("log10", log10, [[5]], "positive"),
    ...twice("erf", erf, [[5]]),
    ...twice("mod", (a, b) => square(mod(a, b)), [[3, 4], [4]], "positive"),
    ...twice("pow of two, b broadcast", (a, b) => pow(a, b), [[3, 4], [4]], "positive"),
    ...twice("a number to a power", (x) => pow(2, x), [[5]]),
    made(
      "rounding and comparisons are constant",
      (a, b) => mul(where(less(a, b), floor(a), round(b)), add(a, b)),
      [[6], [6]],
      "apart",
    ),
    ...inAnyRank(twice),
    ...ofImages(twice),
    ...Object.entries(NETWORKS).map(([name, description]) => networkCase(engine, name, description, dtype)),
  ];
}

/** Products, transposes and reductions over any axes. */
function inAnyRank<D extends FloatType>(
  twice: (name: string, f: Differentiable<D>, shapes: readonly Shape[], range?: Range) => GradCheckCase<D>[],
): GradCheckCase<D>[] {
  const products = (["none", "a", "b", "both"] as const).flatMap((turn) => {
    const a = turn === "none" || turn === "b" ? [2, 1, 3, 4] : [2, 1, 4, 3];
    const b = turn === "none" || turn === "a" ? [3, 4, 2] : [3, 2, 4];
    return twice(`matmul of batches, ${turn}`, (x, y) => matmul(x, y, { transpose: turn, alpha: 0.5 }), [a, b]);
  });
  return [
    ...products,
    ...twice("matmul of a batch and a matrix", (a, b) => matmul(a, b), [
      [2, 3, 4],
      [4, 2],
    ]),
    ...twice("matmul of a transposed batch and a matrix", (a, b) => matmul(a, b, { transpose: "a" }), [
      [2, 4, 3],
      [4, 2],
    ]),
    ...twice("matmul of vectors", (a, b) => square(matmul(a, b)), [[4], [4]]),
    ...twice("matmul of a vector and a batch", (a, b) => matmul(a, b), [[4], [2, 4, 3]]),
    ...twice("matmul of a batch and a vector", (a, b) => matmul(a, b), [[2, 3, 4], [4]]),
    ...twice("dot", (a, b) => dot(a, b), [
      [2, 4],
      [3, 4, 2],
    ]),
    ...twice("conv2d", (x, w, b) => conv2d(x, w, { bias: b, padding: 1 }), [[2, 3, 4, 2], [3, 2, 2, 3], [3]]),
    ...twice("conv2d with strides", (x, w) => conv2d(x, w, { stride: [2, 1], padding: "same" }), [
      [1, 5, 4, 2],
      [3, 2, 2, 3],
    ]),
    ...twice("conv2d of groups, dilated", (x, w) => conv2d(x, w, { dilation: [1, 2], groups: 2 }), [
      [1, 3, 5, 4],
      [2, 2, 2, 4],
    ]),
    ...twice("conv2d of pixels", (x, w) => conv2d(x, w), [
      [2, 2, 3, 2],
      [1, 1, 2, 3],
    ]),
    ...twice("conv1d", (x, w) => conv1d(x, w, { padding: [1, 0] }), [
      [2, 5, 2],
      [3, 2, 2],
    ]),
    ...twice(
      "convTranspose2d",
      (x, w, b) => convTranspose2d(x, w, { bias: b, stride: 2, padding: 1, outputPadding: 1 }),
      [
        ...[
          [1, 2, 3, 2],
          [3, 3, 2, 2],
        ],
        [2],
      ],
    ),
    ...twice("outer", (a, b) => outer(a, b), [[3], [2, 2]]),
    ...twice("transpose of axes", (x) => square(transpose(x, { axes: [2, 0, 1] })), [[2, 3, 4]]),
    ...twice("prod", (x) => prod(x), [[2, 3]]),
    ...twice("prod over axes, with zeros", (x) => prod(x, { axes: [0, 2] }), [[2, 3, 3]], "with zeros"),
    ...twice("prod of rows, with zeros", (x) => prod(x, { axes: [1] }), [[3, 7]], "with zeros"),
    ...twice("min over an axis", (x) => square(min(x, { axes: [1] })), [[2, 3, 4]]),
    ...twice("variance", (x) => variance(x, { axes: [0, 2], correction: 1 }), [[2, 3, 4]]),
    ...twice("std", (x) => std(x, { axes: [-1] }), [[3, 4]]),
    ...twice("norm", (x) => norm(x, { axes: [1] }), [[2, 3, 4]]),
    ...twice("norm 1", (x) => square(norm(x, { order: 1 })), [[6]], "apart"),
    ...twice("norm ∞", (x) => square(norm(x, { axes: [0], order: Infinity })), [[3, 4]], "apart"),
    ...twice("logSumExp", (x) => logSumExp(x, { axes: [1] }), [[2, 3, 4]]),
    ...twice("cumsum", (x) => square(cumsum(x, { axis: 1 })), [[2, 3, 4]]),
    ...twice("cumprod", (x) => cumprod(x), [[2, 5]]),
    ...twice("cumprod along an axis, with zeros", (x) => cumprod(x, { axis: 0 }), [[7, 2]], "with zeros"),
    ...twice("softmax along an axis", (z) => softmax(z, { axis: 1 }), [[2, 3, 4]]),
    ...twice("softmax of a vector", (z) => softmax(z), [[4]]),
    ...twice("logSoftmax along an axis", (z) => logSoftmax(z, { axis: 0 }), [[3, 4]]),
  ];
}

/** Pooling, depthwise convolutions, sizes and normalisation. */
function ofImages<D extends FloatType>(
  twice: (name: string, f: Differentiable<D>, shapes: readonly Shape[], range?: Range) => GradCheckCase<D>[],
): GradCheckCase<D>[] {
  const windows = { size: [2, 3], options: { stride: [1, 2], padding: 1 } } as const;
  const stepped = { stride: [2, 1], padding: [1, 0, 2, 1], dilation: [1, 2] } as const;
  return [
    ...twice("maxPool2d", (x) => square(maxPool2d(x, 2)), [[2, 4, 4, 3]]),
    ...twice("maxPool2d, overlapping", (x) => square(maxPool2d(x, windows.size, windows.options)), [[1, 4, 5, 2]]),
    ...twice("avgPool2d", (x) => square(avgPool2d(x, windows.size, windows.options)), [[1, 4, 5, 2]]),
    ...twice("avgPool2d without padding", (x) => square(avgPool2d(x, 2, { padding: 1, countIncludePad: false })), [
      [1, 3, 4, 2],
    ]),
    ...twice("adaptiveAvgPool2d", (x) => square(adaptiveAvgPool2d(x, [2, 3])), [[1, 5, 4, 2]]),
    ...twice("globalAvgPool2d", (x) => square(globalAvgPool2d(x)), [[2, 2, 3, 2]]),
    ...twice("globalMaxPool2d", (x) => square(globalMaxPool2d(x)), [[2, 2, 3, 2]]),
    ...twice("depthwiseConv2d", (x, w) => square(depthwiseConv2d(x, w, { padding: 1 })), [
      [1, 4, 4, 4],
      [3, 3, 4, 1],
    ]),
    ...twice("depthwiseConv2d, everything", (x, w, b) => square(depthwiseConv2d(x, w, { ...stepped, bias: b })), [
      [1, 4, 5, 2],
      [3, 2, 2, 2],
      [4],
    ]),
    ...twice("resize", (x) => square(resize(x, [5, 2])), [[1, 3, 4, 2]]),
    ...twice("resize, bilinear", (x) => square(resize(x, [5, 2], { mode: "bilinear" })), [[1, 3, 4, 2]]),
    ...twice("layerNorm", (x, g, b) => square(layerNorm(x, { gain: g, bias: b })), [[3, 5], [5], [5]]),
    ...twice("layerNorm over two axes", (x) => square(layerNorm(x, { axes: [1, 2], epsilon: 0.1 })), [[2, 2, 3]]),
    ...twice("groupNorm", (x, g, b) => square(groupNorm(x, 2, { gain: g, bias: b })), [[2, 2, 2, 4], [4], [4]]),
  ];
}

/** Σ (∂ Σ f·(its number) / ∂x)², whose gradient takes f's second derivatives. */
function secondOf<D extends FloatType>(f: Differentiable<D>): Differentiable<D> {
  return (...x) => {
    const gradients = grad<D>((...y) => {
      const result = f(...y);
      return result.shape.length === 0 ? result : sum(mul(result, add(result, 1)));
    })(...x);
    return gradients.map((gradient) => sum(square(gradient))).reduce((a, b) => add(a, b));
  };
}

const NETWORKS: Readonly<Record<string, Sequential>> = {
  "network, sigmoid": sequential(dense(4, 5), sigmoid(), dense(5, 3)),
  "network, relu": sequential(dense(4, 6), relu(), dense(6, 5), tanh(), dense(5, 3)),
  "network, batchNorm": sequential(dense(4, 5), batchNorm(), tanh(), dense(5, 3)),
  "network, dropout": sequential(dense(4, 6), gelu(), dropout(0.3), dense(6, 3)),
};

/** The loss of a network while training, by all its parameters. */
function networkCase<D extends FloatType>(
  engine: Engine,
  name: string,
  description: Sequential,
  dtype: D,
): GradCheckCase<D> {
  const net = network(engine, description, { seed: 3, dtype });
  const random = new RandomState(4);
  const x = tensor(engine, random.randn(7 * net.inputSize), { shape: [7, net.inputSize], dtype });
  const t = tensor(engine, random.choice(net.outputSize, 7));
  const inputs = Object.values(net.parameters);
  const f: Differentiable<D> = (...leaves) => {
    const parameters = Object.fromEntries(
      Object.keys(net.parameters).map((key, i) => [key, leaves[i] as Expression<D>]),
    );
    return net.lossOf(net.forward(x, "train", parameters).z, t);
  };
  return { name, f, inputs };
}
