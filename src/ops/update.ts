/**
 * What a program does to tensors that outlive its run: updates of parameters, and assignments. Each is an operation
 * that is run for its effect, after everything that reads what it changes.
 */
import { OptionError } from "../errors.ts";
import { type AnyValue, type Expression, expressionOf } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Attributes, Call, Operation, PerOperand, Step, TensorSpec } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { BINARY } from "../wasm/abi.ts";
import { checkAlike, checkFloat, checkShapeIs } from "./check.ts";
import { applied, bytesOf, sizesOf } from "./operation.ts";
import { gemmOf, MATMUL, type Transpose } from "./product.ts";

/**
 * An optimizer's eight numbers, float64: kernels read them when they run, so that they may change from step to step.
 * Each operation below documents their meaning.
 */
export type Hyperparameters = Tensor<"float64">;

/** An effect: the node of an operation that changes its first operand. */
export function effect<A extends Attributes>(
  operation: Operation<A>,
  target: Tensor,
  operands: readonly AnyValue[],
  attributes: A,
): Expression {
  const all = [expressionOf(target), ...operands.map(expressionOf)];
  return applied(operation, all, attributes, operation.spec(all, attributes));
}

/** What is updated, the hyperparameters, and operands that are like what is updated. */
function specOfUpdate(op: string): Operation["spec"] {
  return ([target, hyperparameters, ...others]) => {
    const parameters = target as Expression;
    checkFloat(op, "w", parameters);
    checkAlike(op, "hyperparameters", hyperparameters as Expression, parameters, "float64");
    checkShapeIs(op, "hyperparameters", hyperparameters as Expression, [HYPERPARAMETERS]);
    for (const other of others) checkLike(op, other, parameters);
    return { dtype: parameters.dtype, shape: parameters.shape };
  };
}

function checkLike(op: string, other: AnyValue, parameters: Expression): void {
  checkAlike(op, "operand", other, parameters);
  checkShapeIs(op, "operand", other, parameters.shape);
}

/** How many numbers hyperparameters are. */
export const HYPERPARAMETERS = 8;

/** v ← μv + d, w ← w - η·v, or with Nesterov w ← w - η(d + μv), where d = g + λw. hyperparameters: η, λ, μ, 1 or 0 */
export const MOMENTUM: Operation = {
  name: "momentum",
  spec: /* @__PURE__ */ specOfUpdate("momentum"),
  bind({ kernels, result, at }) {
    const n = countOf(result.shape);
    const [w = 0, hyperparameters = 0, g = 0, v = 0] = at.map(({ pointer }) => pointer);
    return [kernels.momentum(n, g, w, v, hyperparameters)];
  },
  changes: 0,
  alsoChanges: [3],
  flops: ({ result }) => 6 * countOf(result.shape),
};

/**
 * v ← βv + γd², w ← σw - η·d / (√(v·c) + ε), where d = g + λw; with an m as well, m ← β'm + (1 - β')d replaces d in the
 * second. hyperparameters: η, λ, ε, β, γ, β', σ, c
 */
export const ADAPTIVE: Operation = {
  name: "adaptive",
  spec: /* @__PURE__ */ specOfUpdate("adaptive"),
  bind({ kernels, result, at }) {
    const n = countOf(result.shape);
    const [w = 0, hyperparameters = 0, g = 0, v = 0, m = 0] = at.map(({ pointer }) => pointer);
    return [kernels.adaptive(n, g, w, m, v, hyperparameters)];
  },
  changes: 0,
  alsoChanges: [3, 4],
  flops: ({ specs, result }) => (specs.length > 4 ? 14 : 9) * countOf(result.shape),
};

/** w ← (1 - ηλ)·w - η·g. hyperparameters: η, λ */
export const SGD: Operation = {
  name: "sgd",
  spec: /* @__PURE__ */ specOfUpdate("sgd"),
  bind({ kernels, result, at: [w, hyperparameters, g] }) {
    return [kernels.descend(countOf(result.shape), g.pointer, w.pointer, hyperparameters.pointer)];
  },
  changes: 0,
  flops: ({ result }) => 3 * countOf(result.shape),
};

/** w ← (1 - ηλ)·w - η·A·B: a step of gradient descent whose gradient is a product, which is never stored. */
export const SGD_PRODUCT: Operation<{ readonly transpose: Transpose; readonly alpha: number }> = {
  name: "sgd of product",
  spec: ([w]) => w as TensorSpec,
  bind(call) {
    const { specs, at, attributes } = call;
    const [w, { pointer: hyperparameters }, a, b] = at;
    const { transpose, alpha } = attributes;
    if (specs[2].maxRowNonzeros !== undefined) return bindSparseDescent(call);
    const pointers = [a.pointer, b.pointer, w.pointer] as const;
    return gemmOf(call, [specs[2], specs[3]], pointers, transpose, { alpha, hyperparameters });
  },
  changes: 0,
  scratchBytes: ({ specs, ...call }, kernels) =>
    specs[2].maxRowNonzeros === undefined
      ? (MATMUL.scratchBytes?.({ ...call, specs: specs.slice(2) as unknown as PerOperand<TensorSpec> }, kernels) ?? 0)
      : 0,
  flops: ({ specs, ...call }) =>
    MATMUL.flops?.({ ...call, specs: specs.slice(2) as unknown as PerOperand<TensorSpec> }) ?? 0,
};

/** The same where A is the transpose of sparse rows: only rows of w that meet a nonzero are touched, or all of them decay. */
function bindSparseDescent({ kernels, specs, result, at, attributes }: Call<{ readonly alpha: number }>): Step[] {
  const [w, { pointer: hyperparameters }, a, b] = at;
  const [m] = sizesOf(specs[2]);
  const [rows, n] = sizesOf(result);
  const factors = [attributes.alpha, hyperparameters] as const;
  return [
    kernels.descend(rows * n, 0, w.pointer, hyperparameters),
    kernels.sparseBackward(m, n, a.pointer, a.columns, a.values, b.pointer, w.pointer, ...factors, n, rows, 0),
  ];
}

/** w_j ← (1 - ηλ)·w_j - η·Σ_i x_ij: the same for a bias. */
export const SGD_SUMS: Operation = {
  name: "sgd of sums",
  spec: ([w]) => w as TensorSpec,
  bind({ kernels, specs, at: [w, hyperparameters, x] }) {
    const [m, n] = sizesOf(specs[2]);
    return [kernels.columnSums(m, n, x.pointer, w.pointer, 1, 0, hyperparameters.pointer, n)];
  },
  changes: 0,
  flops: ({ specs }) => countOf(specs[2].shape),
};

function specOfClip([g]: readonly AnyValue[]): TensorSpec {
  checkFloat("clip", "g", g as Expression);
  return { dtype: (g as Expression).dtype, shape: (g as Expression).shape };
}

/** g ← min(max(g, -limit), limit). */
export const CLIP_VALUE: Operation<{ readonly limit: number }> = {
  name: "clip value",
  spec: specOfClip,
  bind({ kernels, result, at, attributes: { limit }, scratch }) {
    const n = countOf(result.shape);
    const g = at[0].pointer;
    const byLimit = (f: number) => kernels.binary(f, 1, 1, 1, n, g, 0, 0, 0, 1, scratch, 0, 0, 0, 0, g);
    return [
      kernels.store(scratch, -limit),
      byLimit(BINARY.maximum),
      kernels.store(scratch, limit),
      byLimit(BINARY.minimum),
    ];
  },
  changes: 0,
  scratchBytes: () => 16,
  flops: ({ result }) => 2 * countOf(result.shape),
};

/**
 * g ← g · limit / max(‖g‖, limit): its Euclidean norm becomes at most `limit` (Pascanu et al., 2013). Where squares leave
 * the finite numbers, g is made smaller first, which changes only what vanishes next to the norm.
 */
export const CLIP_NORM: Operation<{ readonly limit: number }> = {
  name: "clip norm",
  spec: specOfClip,
  bind({ kernels, result, at: [g], attributes: { limit } }) {
    return [kernels.clipNorm(countOf(result.shape), g.pointer, limit)];
  },
  changes: 0,
  flops: ({ result }) => 3 * countOf(result.shape),
};

/** target ← value. */
export const ASSIGN: Operation = {
  name: "assign",
  spec: ([target, value]) => {
    checkAlike("assign", "value", value as Expression, target as Expression);
    checkShapeIs("assign", "value", value as Expression, (target as Expression).shape);
    return target as TensorSpec;
  },
  bind: bindCopy,
  changes: 0,
  flops: () => 0,
};

/** A tensor's elements as they are before anything is written to it. */
export const SNAPSHOT: Operation = { name: "copy", spec: ([x]) => x as TensorSpec, bind: bindCopy, flops: () => 0 };

/** The last operand's elements, to where the result is: for an assignment, in the target. */
function bindCopy({ common, result, at, out }: Call): Step[] {
  const bytes = bytesOf(result);
  const from = at.at(-1)?.pointer ?? 0;
  return [common.copyRows(1, bytes, from, bytes, out.pointer, bytes)];
}

/** The step of [seed, step] plus 1: the next run draws other dropout masks. */
export const ADVANCE: Operation = {
  name: "advance",
  spec: ([counter]) => {
    const { dtype, shape } = counter as Expression;
    if (dtype !== "int32" || countOf(shape) !== 2) throw new OptionError("advance: counter", "[seed, step]", dtype);
    return { dtype, shape };
  },
  bind({ common, at: [counter] }) {
    return [common.advance(counter.pointer)];
  },
  changes: 0,
  flops: () => 0,
};
