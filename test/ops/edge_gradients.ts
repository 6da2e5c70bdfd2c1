/**
 * The cases of test/fixtures/edge-gradients.json as calls of this library, and where the two differ on purpose.
 */

import { dropout } from "../../src/nn/layers/dropout.ts";
import * as activations from "../../src/ops/activations.ts";
import { affine } from "../../src/ops/affine.ts";
import * as binary from "../../src/ops/binary.ts";
import { binaryCrossEntropyWithLogits } from "../../src/ops/binary_cross_entropy.ts";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import { clip } from "../../src/ops/clip.ts";
import * as comparison from "../../src/ops/comparison.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { cumprod, cumsum } from "../../src/ops/cumulative.ts";
import { dot, outer } from "../../src/ops/dot.ts";
import * as elementwise from "../../src/ops/elementwise.ts";
import { gather, scatterAdd, takeAlongAxis } from "../../src/ops/indexing.ts";
import { logSumExp } from "../../src/ops/log_sum_exp.ts";
import * as logarithms from "../../src/ops/logarithms.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { norm } from "../../src/ops/norm.ts";
import { prod } from "../../src/ops/prod.ts";
import { max, mean, min } from "../../src/ops/reduce.ts";
import * as rounding from "../../src/ops/rounding.ts";
import { concat, reshape } from "../../src/ops/rows.ts";
import { slice } from "../../src/ops/slicing.ts";
import { logSoftmax, softmax } from "../../src/ops/softmax.ts";
import { sort, topK } from "../../src/ops/sort.ts";
import { meanSquaredError, squaredError } from "../../src/ops/squared_error.ts";
import { sum } from "../../src/ops/sum.ts";
import { transpose } from "../../src/ops/transpose.ts";
import * as trigonometry from "../../src/ops/trigonometry.ts";
import { std, variance } from "../../src/ops/variance.ts";
import { where } from "../../src/ops/where.ts";
import type { Expression } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import type { Engine } from "../../src/wasm/engine.ts";

type Floats = Expression<FloatType>;
type Differentiable = (...x: Floats[]) => Floats;

/** A case's operation: its first word is the name of the export that it calls. Tensors live as long as the engine. */
export function operations(engine: Engine): Readonly<Record<string, Differentiable>> {
  const { exp, log, sqrt, sigmoid, tanh, relu, softplus, gelu, neg, square, leakyRelu, pow } = elementwise;
  const { sigmoidGradient, tanhGradient, reluGradient } = elementwise;
  const { add, sub, mul, div, maximum, minimum, greater, greaterEqual, equal, keep, drop } = binary;
  const labels = [0, 1, 2].map((label) => tensor(engine, Int32Array.of(label)));
  const order = tensor(engine, Int32Array.of(1, 0, 0));
  const twice = tensor(engine, Int32Array.of(1, 0, 1));
  const along = tensor(engine, Int32Array.of(2, 0, 2, 2), { shape: [1, 4] });
  const rows = { axes: [1] };
  const counter = tensor(engine, Int32Array.of(0, 1));
  const of = (f: unknown) => f as Differentiable;
  const unary = (f: (x: Floats) => Floats) => of(f);
  return {
    ...Object.fromEntries(
      Object.entries({ exp, log, sqrt, sigmoid, tanh, relu, softplus, gelu, neg, square }).map(([name, f]) => [
        name,
        of(f),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries({
        ...rounding,
        ...comparison,
        ...trigonometry,
        ...logarithms,
        ...activations,
        erf: elementwise.erf,
      }).map(([name, f]) => [name, of(f)]),
    ),
    "clip, from -1 to 3": unary((x) => clip(x, -1, 3)),
    "clip, from 3 to -1": unary((x) => clip(x, 3, -1)),
    "clip, from 0.5 on": unary((x) => clip(x, 0.5, Number.POSITIVE_INFINITY)),
    "gelu, by erf": unary((x) => gelu(x, { approximate: "none" })),
    "elu, alpha 0.5": unary((x) => activations.elu(x, { alpha: 0.5 })),
    "pow, of two": of(pow),
    ...Object.fromEntries(
      [0.01, 0.25, 0, 2, -0.5].map((slope) => [`leakyRelu ${slope}`, unary((x) => leakyRelu(x, { slope }))]),
    ),
    ...Object.fromEntries(POWERS.map((p) => [`pow ${p}`, unary((x) => pow(x, p))])),
    ...Object.fromEntries(
      Object.entries({
        ...{ add, sub, mul, div, maximum, minimum, greater, greaterEqual, equal, keep, drop },
        ...{ sigmoidGradient, tanhGradient, reluGradient, where, softmax, logSoftmax },
        ...{ binaryCrossEntropyWithLogits, squaredError, matmul, transpose },
      }).map(([name, f]) => [name, of(f)]),
    ),
    ...Object.fromEntries(
      labels.map((label, i) => [`softmaxCrossEntropy, label ${i}`, unary((z) => softmaxCrossEntropy(z, label))]),
    ),
    "softmaxCrossEntropy, targets": of(softmaxCrossEntropy),
    max: unary((x) => max(x, { axes: [1] })),
    sum: unary((x) => sum(x, { axes: [1] })),
    mean: unary((x) => mean(x, { axes: [1] })),
    min: unary((x) => min(x, rows)),
    prod: unary((x) => prod(x, rows)),
    variance: unary((x) => variance(x, rows)),
    "variance, correction 1": unary((x) => variance(x, { ...rows, correction: 1 })),
    std: unary((x) => std(x, rows)),
    "std, correction 1": unary((x) => std(x, { ...rows, correction: 1 })),
    norm: unary((x) => norm(x, rows)),
    "norm, order 1": unary((x) => norm(x, { ...rows, order: 1 })),
    "norm, order Infinity": unary((x) => norm(x, { ...rows, order: Number.POSITIVE_INFINITY })),
    logSumExp: unary((x) => logSumExp(x, rows)),
    cumsum: unary((x) => cumsum(x)),
    cumprod: unary((x) => cumprod(x)),
    sort: unary((x) => sort(x)),
    "sort, descending": unary((x) => sort(x, { descending: true })),
    "topK, 2": unary((x) => topK(x, 2).values),
    "topK, 2 smallest": unary((x) => topK(x, 2, { largest: false }).values),
    takeAlongAxis: unary((x) => takeAlongAxis(x, along, { axis: 1 })),
    scatterAdd: (x, values) => scatterAdd(x as Floats, twice, values as Floats),
    dot: of(dot),
    outer: of(outer),
    meanSquaredError: of(meanSquaredError),
    "dropout, rate 0": unary((x) => dropout(x, counter, { rate: 0 })),
    concat: (a, b) => concat([a, b] as Floats[], { axis: 1 }) as Floats,
    slice: unary((x) => slice(x, 1, 3, { axis: 1 })),
    reshape: unary((x) => reshape(x, [3, 1])),
    broadcastTo: unary((x) => broadcastTo(x, [2, 3])),
    gather: unary((x) => gather(x, order)),
    affine: of(affine),
    "affine, relu": (x, w, b) => affine(x as Floats, w as Floats, b as Floats, { activation: "relu" }),
  };
}

const POWERS = [
  ...[0, 1, 2, 3, 4, 64, 65, 66, 101, 0.5, 0.25, 0.9, 1.5, 2.4, 2.5, 33.3],
  ...[-1, -2, -3, -65, -0.5, -0.25, -1.5],
];

/** Which number of a case: a value, a gradient by an input, or a second derivative. */
export type Result = string;

/** A place where this library differs from PyTorch on purpose. */
export type Difference = {
  readonly op: RegExp;
  /** At an element's inputs, or all of the case's. */
  readonly holds: (result: Result, at: readonly number[], ours: number, theirs: number) => boolean;
  readonly reason: string;
};

export const EXCEPTIONS: readonly Difference[] = [
  {
    op: /^relu$/,
    holds: (result, [x], ours) => Object.is(x, Number.NaN) && result === "gradient 0" && ours === 0,
    reason: "only where relu's result is above 0 its gradient is anything but 0: at NaN it is 0, PyTorch's 1",
  },
  {
    op: /^relu$/,
    holds: (result, [x], ours) => Object.is(x, -0) && result === "value" && Object.is(ours, 0),
    reason: "relu gives 0, never -0",
  },
  {
    op: /^(maximum|minimum)$/,
    holds: (result, at, ours) => at.some(Number.isNaN) && ours === 0 && result === "gradient 0",
    reason: "the gradient of a NaN goes to b alone; PyTorch gives it to both",
  },
  {
    op: /^(maximum|minimum)$/,
    holds: (result, [a, b], ours, theirs) => a === b && ours === Number(result === "gradient 0") && theirs === 0.5,
    reason: "of equals a has the gradient; PyTorch gives each half of it",
  },
  {
    op: /^(maximum|minimum|max|min)$/,
    holds: (result, at, ours, theirs) => {
      return result === "value" && ours === 0 && theirs === 0 && at.some((x) => Object.is(x, ours));
    },
    reason: "0 is larger than -0, in any order; in PyTorch the order decides",
  },
  {
    op: /^(max|min)$/,
    holds: (result, at, ours) => result === "gradient 0" && at.some(Number.isNaN) && ours === 0,
    reason: "nothing equals a NaN, so that the gradient is 0; PyTorch's is NaN",
  },
  {
    op: /^pow -?\d*\.\d+$/,
    holds: (_, [x], ours) => x === Number.NEGATIVE_INFINITY && Number.isNaN(ours),
    reason: "x^p is NaN for every x below 0 where p is no integer, -∞ too",
  },
  {
    op: /^(gelu|silu|mish|hardSwish|erf)/,
    holds: (result, [x = 0], ours, theirs) => {
      const limit = result === "gradient 0" ? Number(x > 0) : 0;
      return Math.abs(x) > 1e15 && Number.isNaN(theirs) && ours === limit;
    },
    reason: "far from 0 these are x or 0, their slopes 1 or 0; PyTorch multiplies 0 by ∞",
  },
  {
    op: /^(sigmoid|softplus|binaryCrossEntropyWithLogits)$/,
    holds: (_, [x = 0], ours, theirs) => {
      return Math.abs(x) >= 20 && Math.abs(ours - theirs) <= 2.1e-9 && Math.abs(ours) > Math.abs(theirs);
    },
    reason: "PyTorch rounds early: to it, e^-100 of float32 and the slope of softplus's slope at 20 are 0",
  },
  {
    op: /^(silu|mish)$/,
    holds: (_, [x], ours, theirs) => x === -100 && Math.abs(ours - theirs) < 4e-42 && Math.abs(ours) > 3.7e-42,
    reason: "PyTorch rounds early: to it, e^-100 of float32 or its tail is 0",
  },
  {
    op: /^(silu|gelu, by erf|prelu|relu6|mod)$/,
    holds: (_, __, ours, theirs) => ours === 0 && theirs === 0,
    reason: "a 0 has the sign of what it was computed from, relu6's none, and a remainder its divisor's as in NumPy",
  },
  {
    op: /^(elu|selu)/,
    holds: (result, [x = 0], ours, theirs) => {
      const isLinear = ours === 0 || Math.abs(ours / x - 1) < 0.8;
      return result === "value" && x <= 0 && x > -2e-10 && isLinear && Math.abs(theirs) < 2e-10;
    },
    reason: "e^x - 1 keeps its digits near 0; PyTorch 1.13 subtracts 1 from e^x",
  },
  {
    op: /^(abs|sign)$/,
    holds: (_, [x], ours, theirs) => Object.is(x, Number.NaN) && Number.isNaN(ours) && theirs === 0,
    reason: "the sign of NaN is NaN, as in NumPy; PyTorch's is 0",
  },
  {
    op: /^hardSigmoid$/,
    holds: (result, _, ours, theirs) => result === "gradient 0" && ours === 1 / 6 && theirs === Math.fround(1 / 6),
    reason: "PyTorch's sixth is a float32",
  },
  {
    op: /^(log1p|hardSwish|pow, of two)$/,
    holds: (result, [x = 0], ours, theirs) => {
      const isSame = ours === x || Math.abs(ours / Math.log(x) - 1) < 1e-7;
      return result === "value" && x > 3e38 && theirs === Number.POSITIVE_INFINITY && isSame;
    },
    reason: "the result is finite; PyTorch's intermediate result is not",
  },
  {
    op: /^(floorDiv|mod)$/,
    holds: (result, [a = 0, b = 0], ours, theirs) => {
      if (!Number.isNaN(theirs) || Math.abs(b) > 2e-45) return false;
      const sign = result === "value" ? Math.sign(a * Math.sign(b)) : -Math.sign(a * Math.sign(b));
      return ours === 0 || ours === sign * Number.POSITIVE_INFINITY;
    },
    reason: "a remainder is exact, and a quotient overflows to ∞, as in NumPy; PyTorch's are NaN",
  },
  {
    op: /^binaryCrossEntropyWithLogits$/,
    holds: (result, [z = 0, t = 0], ours, theirs) => {
      const loss = (z > 0 ? t === 1 : t === 0) ? 0 : Number.POSITIVE_INFINITY;
      return result === "value" && !Number.isFinite(z) && Number.isNaN(theirs) && ours === loss;
    },
    reason: "the loss of a certain answer is 0 or ∞; PyTorch multiplies 0 by ∞",
  },
  {
    op: /^sigmoidGradient$/,
    holds: (result, [y = 0, dy = 0], ours, theirs) => {
      return result === "gradient 0" && !Number.isFinite(dy) && Number.isNaN(theirs) && ours === dy * (1 - 2 * y);
    },
    reason: "dy · (1 - 2y) is one product; PyTorch adds ∞ · (1 - y) and -∞ · y",
  },
  {
    op: /^sigmoidGradient$/,
    holds: (result, _, ours, theirs) => result === "gradient 0" && ours === 0 && theirs === 0,
    reason: "a product that is 0 has a product's sign; PyTorch adds another to it",
  },
  {
    op: /^squaredError$/,
    holds: (result, [y = 0, t = 0], ours, theirs) => {
      return result !== "value" && !Number.isFinite(theirs) && Math.abs(ours) === Math.abs(y - t);
    },
    reason: "the gradient is y - t; PyTorch's 2(y - t)/2 overflows",
  },
  {
    op: /^prod$/,
    holds: (result, at, _, theirs) => {
      const isFar = at.some((x) => !Number.isFinite(x)) || Math.abs((at[0] ?? 0) * (at[1] ?? 0)) > 3.4e38;
      return result !== "value" && isFar && !Number.isFinite(theirs);
    },
    reason: "the other factors are multiplied; PyTorch divides the product by one",
  },
  {
    op: /^cumprod$/,
    holds: (result, at, ours, theirs) => {
      const isFar = at.some((x) => !Number.isFinite(x)) || Math.abs((at[0] ?? 0) * (at[1] ?? 0)) > 3.4e38;
      return result !== "value" && isFar && (Number.isNaN(theirs) || Number.isNaN(ours));
    },
    reason: "sums of the same products in another order, ∞ among them",
  },
  {
    op: /^(cumsum|cumprod|norm|dot|meanSquaredError)$/,
    holds: (_, __, ours, theirs) => ours === 0 && theirs === 0,
    reason: "the sign of a sum or product that is 0",
  },
  {
    op: /^std/,
    holds: (result, at, ours, theirs) => {
      const size = Math.max(...at.map(Math.abs));
      const isSquareLost =
        size > 1e38 ? result !== "second" && (ours === Infinity || ours === 0) : size < 1e-44 && ours === 0;
      return isSquareLost && (size < 1 || Number.isFinite(theirs));
    },
    reason: "squares are of the dtype, as NumPy's; PyTorch's are float64 for float32",
  },
  {
    op: /^norm, order/,
    holds: (result, [x], ours) => result === "gradient 0" && Object.is(x, Number.NaN) && Number.isNaN(ours),
    reason: "the sign of NaN is NaN, as in NumPy; PyTorch's is 0",
  },
  {
    op: /^logSumExp$/,
    holds: (result, at, ours, theirs) => {
      return (
        result !== "value" && at.every((x) => x === Number.NEGATIVE_INFINITY) && ours === 0 && Number.isNaN(theirs)
      );
    },
    reason: "e^-∞ has the slope 0",
  },
];

/** Exports of src/ops that have no rows, and why. */
export const WITHOUT_GRADIENT: Readonly<Record<string, string>> = {
  apply: "takes operations of a program's own",
  sparseMatrix: "a leaf: copies rows to an engine",
  crossEntropy: "test/ops/losses.test.ts compares it with PyTorch",
  huber: "test/ops/losses.test.ts compares it with PyTorch",
  meanAbsoluteError: "test/ops/losses.test.ts compares it with PyTorch",
  axpy: "changes a tensor",
  copy: "changes a tensor",
  fill: "changes a tensor",
  sparseAxpy: "changes a tensor",
  expandDims: "copies elements; gradcheck and NumPy's fixture have its rows",
  flip: "copies elements; gradcheck and NumPy's fixture have its rows",
  gatherND: "copies elements; gradcheck and NumPy's fixture have its rows",
  pad: "copies elements; gradcheck and NumPy's fixture have its rows",
  repeat: "copies elements; gradcheck and NumPy's fixture have its rows",
  roll: "copies elements; gradcheck and NumPy's fixture have its rows",
  scatter: "copies elements; gradcheck and NumPy's fixture have its rows",
  squeeze: "copies elements; gradcheck and NumPy's fixture have its rows",
  stack: "copies elements; gradcheck and NumPy's fixture have its rows",
  tensorSplit: "copies elements; gradcheck and NumPy's fixture have its rows",
  tile: "copies elements; gradcheck and NumPy's fixture have its rows",
  unstack: "copies elements; gradcheck and NumPy's fixture have its rows",
  addBias: "add, at once",
  columnSums: "sum, at once",
  sparseAffine: "affine, at once",
  argmax: "its result are integers",
  argmin: "its result are integers",
  any: "its result is 0 or 1",
  all: "its result is 0 or 1",
  conv1d: "products and sums; gradcheck and its test have its rows",
  convTranspose2d: "products and sums; gradcheck and its test have its rows",
  globalMaxPool2d: "maxPool2d",
  adaptiveAvgPool2d: "sums; gradcheck and its test have its rows",
  resize: "products and sums; gradcheck and its test have its rows",
  argSort: "its result are integers",
  searchSorted: "its result are integers",
  bincount: "its results are counts",
  histogram: "its results are counts",
  nonzero: "its result are integers",
  unique: "of tensors only",
  cast: "a number of another dtype: 1 where it is a float",
  einsum: "matmul, mul and sum; NumPy's fixture has its values, gradcheck its gradients",
  take: "moves elements, as gather does",
  countCorrect: "its result is a count",
  compress: "of bytes",
  compressed: "of bytes",
  densityOf: "of bytes",
  batchOf: "of bytes",
  gatherRows: "of bytes",
  gatherSparseRows: "of bytes",
  gatherIndices: "of integers",
  labelsOf: "of integers",
};

/** Ulps that a result may be away from the other's, of the result and of 1. */
export function digitsLostOf(
  op: string,
  result: Result,
  at: readonly number[],
): { readonly relative: number; readonly absolute: number } {
  const [x = 0] = at;
  if (op.startsWith("pow ")) {
    const p = Math.abs(Number(op.slice("pow ".length))) + (result === "value" ? 0 : 2);
    const logarithm = Math.abs(Math.log(Math.abs(x)));
    return { relative: 8 + (Number.isFinite(logarithm) ? 2 * p * logarithm : 0), absolute: 0 };
  }
  // 1 - tanh² and p - t have the digits that the subtraction leaves, PyTorch's ln(1 + e^-z) those that the sum does.
  if (result === "second" && /^(std|norm|logSumExp)/.test(op)) return { relative: 16, absolute: 16 };
  if (/^(tanh|gelu|softmaxCrossEntropy|binaryCrossEntropy)/.test(op)) return { relative: 16, absolute: 16 };
  return { relative: 8, absolute: 0 };
}
