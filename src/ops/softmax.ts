/** Softmax along an axis, and its logarithm. */
import { ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Value } from "../tensor/expression.ts";
import { countOf, show } from "../tensor/layout.ts";
import type { Call, Operation, Step } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { BINARY, MAP_SCRATCH, type Pointer, REDUCE } from "../wasm/abi.ts";
import { bytesPerElement, type FloatType } from "../wasm/dtype.ts";
import { mul, sub } from "./binary.ts";
import { type AxisOption, checkAxis, checkFloat, type Into } from "./check.ts";
import type { AxisFunction } from "./cumulative.ts";
import { exp } from "./elementwise.ts";
import { operate } from "./operation.ts";
import { stretch } from "./rows.ts";
import { logSoftmaxRows, softmaxRows } from "./softmax_rows.ts";
import { sum } from "./sum.ts";

type Axis = { readonly axis: number };

/**
 * p_j = e^z_j / Σ_j e^z_j along an axis, which is the last by default, with the largest logit taken off first, so that nothing
 * overflows.
 *
 * Takes logits of any shape with at least one element along the axis, and gives as many probabilities: a tensor (`out`, which
 * may be z, or a new one), or an expression.
 *
 * @throws {ShapeError} no such axis, an axis without elements, or `out` does not fit or overlaps in part
 * @throws {DTypeError} integers
 * @example
 * using z = tensor(engine, [[0, 0, -Infinity]]);
 * using p = softmax(z);
 * p.toArray(); // → [[0.5, 0.5, 0]]
 */
export const softmax: AxisFunction = /* @__PURE__ */ along("softmax", softmaxRows, () => SOFTMAX);

/**
 * ln softmax(z)_j = z_j - max_j z_j - ln Σ_j e^(z_j - max_j z_j): finite at any logits. Shapes, options and errors as for
 * `softmax`.
 */
export const logSoftmax: AxisFunction = /* @__PURE__ */ along("logSoftmax", logSoftmaxRows, () => LOG_SOFTMAX);

/** Matrices have an operation of their own for their last axis. */
function along(name: string, ofRows: typeof softmaxRows, operation: () => Operation<Axis>): AxisFunction {
  const f = (z: Value<FloatType>, options: AxisOption & Into<FloatType> = {}): Value<FloatType> => {
    checkFloat(name, "z", z);
    checkOptions<AxisOption & Into<FloatType>>(name, options, { axis: 1, out: 1 });
    const { axis: given = -1, out } = options;
    const axis = checkAxis(name, z, given);
    const into = out === undefined ? {} : { out };
    if (z.shape[axis] === 0) throw new ShapeError(name, "z", `at least one element along axis ${axis}`, show(z.shape));
    if (axis === 1 && z.shape.length === 2) return ofRows(z as Tensor<FloatType>, into);
    return operate(operation(), [z], { axis }, into);
  };
  return f as AxisFunction;
}

const sameSpec: Operation<Axis>["spec"] = ([z]) => ({ dtype: (z as Value).dtype, shape: (z as Value).shape });

const SOFTMAX: Operation<Axis> = {
  name: "softmax",
  spec: sameSpec,
  bind(call) {
    const { kernels, result, at, out, scratch } = call;
    const { m, k, n, folded } = placesOf(call);
    const [z, p] = [at[0].pointer, out.pointer];
    if (n === 1) return [kernels.softmax(m, k, z, p, scratch)];
    return [
      kernels.reduce(REDUCE.max, m, k, n, z, folded),
      withFolded(call, BINARY.sub, z),
      kernels.exp(countOf(result.shape), p, p, scratch),
      kernels.reduce(REDUCE.sum, m, k, n, p, folded),
      withFolded(call, BINARY.div, p),
    ];
  },
  gradient: (_, { result: p, attributes: { axis } }, dp) => {
    const weighted = mul(p, dp);
    return sub(weighted, mul(p, sum(weighted, { axes: [axis], keepAxes: true })));
  },
  inPlace: [0],
  scratchBytes: (call) => placesOf({ ...call, scratch: 0 }).exponentials,
  flops: ({ result }) => 5 * countOf(result.shape),
};

const LOG_SOFTMAX: Operation<Axis> = {
  name: "logSoftmax",
  spec: sameSpec,
  inPlace: [0],
  bind(call) {
    const { kernels, result, at, out, scratch } = call;
    const { m, k, n, folded, exponentials } = placesOf(call);
    const [z, y] = [at[0].pointer, out.pointer];
    return [
      kernels.reduce(REDUCE.max, m, k, n, z, folded),
      withFolded(call, BINARY.sub, z),
      kernels.exp(countOf(result.shape), y, exponentials, scratch),
      kernels.reduce(REDUCE.sum, m, k, n, exponentials, folded),
      kernels.log(m * n, folded, folded, scratch),
      withFolded(call, BINARY.sub, y),
    ];
  },
  gradient: (_, { result: y, attributes: { axis } }, dy) =>
    sub(dy, mul(exp(y), sum(dy, { axes: [axis], keepAxes: true }))),
  scratchBytes: (call) => {
    const { m, k, n, exponentials } = placesOf({ ...call, scratch: 0 });
    return exponentials + m * k * n * bytesPerElement(call.result.dtype);
  },
  flops: ({ result }) => 6 * countOf(result.shape),
};

type Places = Pick<Call<Axis>, "result" | "attributes" | "scratch">;

/** z as m × k × n, k along the axis; in the scratch, what it is folded to, and then exponentials. */
function placesOf({ result, attributes: { axis }, scratch }: Places): {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly folded: Pointer;
  readonly exponentials: Pointer;
} {
  const { rows: m, inner: n } = stretch(result.shape, axis);
  const folded = scratch + MAP_SCRATCH;
  const bytes = m * n * bytesPerElement(result.dtype);
  return { m, k: result.shape[axis] ?? 0, n, folded, exponentials: folded + Math.ceil(bytes / 16) * 16 };
}

/** y ← f(x, what x was folded to). */
function withFolded(call: Call<Axis>, f: number, x: Pointer): Step {
  const { m, k, n, folded } = placesOf(call);
  const y = call.out.pointer;
  if (n === 1) return call.kernels.binary(f, 1, 1, m, k, x, 0, 0, k, 1, folded, 0, 0, 1, 0, y);
  return call.kernels.binary(f, 1, m, k, n, x, 0, k * n, n, 1, folded, 0, n, 0, 1, y);
}
