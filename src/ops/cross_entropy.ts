/**
 * Softmax with cross entropy: the loss of a classifier from its logits.
 */

import { DTypeError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { AnyValue, Expression, Value } from "../tensor/expression.ts";
import { countOf, show } from "../tensor/layout.ts";
import type { Call, Operation, Step, UnboundCall } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatKernels } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { mul, sub } from "./binary.ts";
import { checkAlike, checkDense, checkFloat, checkNoPlace, checkOutput, checkShapeIs } from "./check.ts";
import { checkIndices, indexCheck } from "./indices.ts";
import { isExpression, operate, sizesOf } from "./operation.ts";
import { checkRows, logSoftmaxRows, softmaxRows } from "./softmax_rows.ts";
import { sum } from "./sum.ts";

/** What else a loss of tensors works out in the same pass. */
export type LossOptions<D extends FloatType> = {
  /** Receives ∂loss/∂z: a tensor of z's shape, which may be z itself. */
  readonly gradient?: Tensor<D>;
};

type Floats = Expression<FloatType>;

const NO_OPTIONS = {};
const LAST_AXIS = { axes: [-1], keepAxes: true };

/**
 * The mean over rows of -Σ_j t_ij · ln softmax(z_i)_j, taken through log-sum-exp: exact at any logits, and
 * added up in float64.
 *
 * @param z m × n logits, m and n >= 1
 * @param t m class labels (int32), or m × n probabilities or one-hot rows (z's dtype)
 * @returns the loss, in nats; an expression without axes where z or t is an expression
 * @throws {ShapeError} shapes do not fit, there is no row, or `gradient` overlaps in part
 * @throws {DTypeError} labels that are not int32, targets of another dtype
 * @throws {IndexError} a label outside 0..n-1; of an expression, when the program runs
 * @example
 * using z = tensor(engine, [[0, 0]]);
 * using t = tensor(engine, Int32Array.of(1));
 * using dz = zeros(engine, [1, 2]);
 * softmaxCrossEntropy(z, t, { gradient: dz }); // ln 2
 * dz.toArray(); // → [[0.5, -0.5]]
 */
export function softmaxCrossEntropy<D extends FloatType>(
  z: Tensor<D>,
  t: Tensor<D> | Tensor<"int32">,
  options?: LossOptions<D>,
): number;
export function softmaxCrossEntropy<D extends FloatType>(z: Value<D>, t: Value<D> | Value<"int32">): Expression<D>;
export function softmaxCrossEntropy<D extends FloatType>(
  z: Value<D>,
  t: Value<D> | Value<"int32">,
  options: LossOptions<D> = NO_OPTIONS,
): number | Expression<D> {
  checkOptions<LossOptions<D>>("softmaxCrossEntropy", options, { gradient: 1 });
  const { gradient } = options;
  if (isExpression(z) || isExpression(t)) {
    checkNoPlace("softmaxCrossEntropy", "gradient", gradient);
    return operate(CROSS_ENTROPY, [z, t], {}) as Expression<D>;
  }
  CROSS_ENTROPY.spec([z, t], {});
  const [m, n] = sizesOf(z);
  const hasLabels = t.dtype === "int32";
  if (hasLabels) checkIndices("softmaxCrossEntropy", "t", t as Tensor<"int32">, n);
  if (gradient !== undefined) {
    checkOutput("softmaxCrossEntropy", "gradient", gradient, z, [z], "may be an input");
    checkOutput("softmaxCrossEntropy", "gradient", gradient, z, [t], "disjoint");
  }
  const kernels = z.engine.kernels[z.dtype];
  const scratch = z.engine.scratch(kernels.crossEntropyScratch(n));
  if (gradient === undefined) {
    const loss = hasLabels ? kernels.crossEntropyLabels : kernels.crossEntropyTargets;
    return loss(m, n, z.pointer, t.pointer, scratch) / m;
  }
  const loss = hasLabels ? kernels.crossEntropyLabelsGradient : kernels.crossEntropyTargetsGradient;
  return loss(m, n, z.pointer, t.pointer, gradient.pointer, 1 / m, scratch) / m;
}

export const CROSS_ENTROPY: Operation = {
  name: "softmaxCrossEntropy",
  spec([z, t]) {
    const [logits, targets] = [z as Value, t as Value];
    checkFloat("softmaxCrossEntropy", "z", logits);
    checkRows("softmaxCrossEntropy", "z", logits);
    const [m, n] = sizesOf(logits);
    if (m === 0) throw new ShapeError("softmaxCrossEntropy", "z", "at least one row", show(logits.shape));
    checkTargets(logits, targets, m, n);
    return { dtype: logits.dtype, shape: [] };
  },
  bind(call) {
    const { kernels, specs, at, out, scratch } = call;
    const [m, n] = sizesOf(specs[0] as UnboundCall["result"]);
    const [z, t] = [at[0].pointer, at[1].pointer];
    const isLabels = hasLabels(call) ? 1 : 0;
    return [...labelCheck(call), kernels.meanCrossEntropy(isLabels, m, n, z, t, 0, scratch, out.pointer)];
  },
  gradient(which, { operands }, dy) {
    const [z, t] = operands;
    if (which === 0) return mul(operate(CROSS_ENTROPY_GRADIENT, [z, t], {}) as Floats, dy);
    if ((t as Expression).dtype === "int32") return undefined;
    return mul(logSoftmaxRows(z), mul(dy, -1 / (z.shape[0] ?? 1)));
  },
  scratchBytes: scratchBytesOf,
  flops: ({ specs }) => 5 * countOf(specs[0].shape),
};

/** A row of exponentials. */
function scratchBytesOf({ specs }: UnboundCall, kernels: FloatKernels): number {
  return kernels.crossEntropyScratch(specs[0].shape[1] ?? 1);
}

/** ∂loss/∂z_ij = (softmax(z_i)_j · Σ_j t_ij - t_ij) / m. */
export const CROSS_ENTROPY_GRADIENT: Operation = {
  name: "softmaxCrossEntropyGradient",
  spec: ([z]) => ({ dtype: (z as Value).dtype, shape: (z as Value).shape }),
  bind: bindGradient,
  alsoComputes: CROSS_ENTROPY as Operation,
  gradient(which, { operands }, g) {
    const [z, t] = operands;
    const perRow = 1 / (z.shape[0] ?? 1);
    const isLabels = (t as Expression).dtype === "int32";
    if (which === 1 && isLabels) return undefined;
    const p = softmaxRows(z);
    const weighted = mul(p, g);
    const total = sum(weighted, LAST_AXIS);
    if (which === 1) return mul(sub(total, g), perRow);
    const dz = mul(sub(weighted, mul(p, total)), perRow);
    return isLabels ? dz : mul(dz, sum(t, LAST_AXIS));
  },
  inPlace: [0],
  scratchBytes: scratchBytesOf,
  flops: ({ specs }) => 7 * countOf(specs[0].shape),
};

/** The gradient's kernel, bound: it gives the loss as well, which goes where it is needed, else into the scratch. */
function bindGradient(call: Call): Step[] {
  const { kernels, specs, at, out, scratch, beside } = call;
  const [m, n] = sizesOf(specs[0]);
  const [z, t] = [at[0].pointer, at[1].pointer];
  const isLabels = hasLabels(call) ? 1 : 0;
  const to = beside?.pointer ?? scratch;
  return [...labelCheck(call), kernels.meanCrossEntropy(isLabels, m, n, z, t, out.pointer, scratch, to)];
}

function hasLabels({ specs }: UnboundCall): boolean {
  return specs[1].dtype === "int32";
}

function labelCheck(call: Call): Step[] {
  if (!hasLabels(call)) return [];
  const [m, n] = sizesOf(call.specs[0] as UnboundCall["result"]);
  return [indexCheck(call, { op: "softmaxCrossEntropy", argument: "t", bound: n }, m, call.at[1].pointer)];
}

/** That t is labels or targets, and fits z. */
function checkTargets(z: AnyValue, t: AnyValue, m: number, n: number): void {
  checkDense("softmaxCrossEntropy", "t", t);
  if (t.dtype === "int32") {
    checkAlike("softmaxCrossEntropy", "t", t, z, "int32");
    checkShapeIs("softmaxCrossEntropy", "t", t, [m]);
    return;
  }
  if (t.dtype !== z.dtype) {
    throw new DTypeError("softmaxCrossEntropy", "t", `int32 labels or ${z.dtype} targets`, t.dtype);
  }
  checkAlike("softmaxCrossEntropy", "t", t, z);
  checkShapeIs("softmaxCrossEntropy", "t", t, [m, n]);
}
