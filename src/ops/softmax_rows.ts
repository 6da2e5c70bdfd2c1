/**
 * Softmax of rows, and its logarithm.
 */
import { ShapeError } from "../errors.ts";
import type { AnyValue, Value } from "../tensor/expression.ts";
import { countOf, show } from "../tensor/layout.ts";
import type { Operation, TensorSpec } from "../tensor/operation.ts";
import { BINARY, MAP_SCRATCH, REDUCE } from "../wasm/abi.ts";
import { bytesPerElement, type FloatType } from "../wasm/dtype.ts";
import { mul, sub } from "./binary.ts";
import { checkFloat, type Into } from "./check.ts";
import { exp } from "./elementwise.ts";
import { operate, sizesOf } from "./operation.ts";
import { sum } from "./sum.ts";
import type { UnaryFunction } from "./unary.ts";

const NO_OPTIONS = {};
const LAST_AXIS = { axes: [-1], keepAxes: true };

/**
 * p_ij = e^z_ij / Σ_j e^z_ij, with each row's largest logit taken off first, so that nothing overflows.
 *
 * Takes m × n logits, n >= 1, and gives m × n probabilities: a tensor (`out`, which may be z, or a new one), or an
 * expression.
 *
 * @throws {ShapeError} z is not a matrix or has no columns, or `out` does not fit or overlaps in part
 * @throws {DTypeError} integers
 * @example
 * using z = tensor(engine, [[0, 0, -Infinity]]);
 * using p = softmax(z);
 * p.toArray(); // → [[0.5, 0.5, 0]]
 */
export const softmaxRows: UnaryFunction = ((z: Value<FloatType>, options: Into<FloatType> = NO_OPTIONS) =>
  operate(SOFTMAX, [z], {}, options)) as UnaryFunction;

const SOFTMAX: Operation = {
  name: "softmax",
  spec: ([z]) => specOfRows("softmax", z as Value),
  bind({ kernels, result, at: [z], out: p, scratch }) {
    const [m, n] = sizesOf(result);
    return [kernels.softmax(m, n, z.pointer, p.pointer, scratch)];
  },
  gradient: (_, { result: p }, dp) => {
    const weighted = mul(p, dp);
    return sub(weighted, mul(p, sum(weighted, LAST_AXIS)));
  },
  inPlace: [0],
  scratchBytes: () => MAP_SCRATCH,
  flops: ({ result }) => 5 * countOf(result.shape),
};

/**
 * ln softmax(z)_ij = z_ij - max_j z_ij - ln Σ_j e^(z_ij - max_j z_ij): finite at any logits. Shapes, `out` and errors as
 * for `softmax`.
 */
export const logSoftmaxRows: UnaryFunction = ((z: Value<FloatType>, options: Into<FloatType> = NO_OPTIONS) =>
  operate(LOG_SOFTMAX, [z], {}, options)) as UnaryFunction;

const LOG_SOFTMAX: Operation = {
  name: "logSoftmax",
  spec: ([z]) => specOfRows("logSoftmax", z as Value),
  bind({ kernels, result, at: [z], out: y, scratch }) {
    const [m, n] = sizesOf(result);
    const from = z.pointer;
    const perRow = scratch + MAP_SCRATCH;
    const exponentials = perRow + Math.ceil((m * bytesPerElement(result.dtype)) / 16) * 16;
    const takeFromRows = (x: number) =>
      kernels.binary(BINARY.sub, 1, 1, m, n, x, 0, 0, n, 1, perRow, 0, 0, 1, 0, y.pointer);
    return [
      kernels.reduce(REDUCE.max, m, n, 1, from, perRow),
      takeFromRows(from),
      kernels.exp(m * n, y.pointer, exponentials, scratch),
      kernels.reduce(REDUCE.sum, m, n, 1, exponentials, perRow),
      kernels.log(m, perRow, perRow, scratch),
      takeFromRows(y.pointer),
    ];
  },
  gradient: (_, { result: y }, dy) => sub(dy, mul(exp(y), sum(dy, LAST_AXIS))),
  inPlace: [0],
  scratchBytes: ({ result }) => {
    const [m, n] = sizesOf(result);
    return MAP_SCRATCH + (m + 4 + m * n) * bytesPerElement(result.dtype);
  },
  flops: ({ result }) => 6 * countOf(result.shape),
};

/** @throws {ShapeError} not a matrix with at least one column */
export function checkRows(op: string, argument: string, x: AnyValue): void {
  if (x.shape.length !== 2 || x.shape[1] === 0) {
    throw new ShapeError(op, argument, "a matrix with at least one column", show(x.shape));
  }
}

function specOfRows(op: string, z: Value): TensorSpec {
  checkFloat(op, "z", z);
  checkRows(op, "z", z);
  return { dtype: z.dtype, shape: z.shape };
}
