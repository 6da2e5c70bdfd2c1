/**
 * What a program does to tensors that outlive its run: updates of parameters, and assignments. Each is an operation
 * that is run for its effect, after everything that reads what it changes.
 */
import { OptionError } from "../errors.ts";
import { type AnyValue, type Expression, expressionOf } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Attributes, Call, Form, Operation, PerOperand } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ACTIVATION, BINARY, MAP_SCRATCH, type Pointer, REDUCE } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkShapeIs } from "./check.ts";
import { gemmOf, MATMUL, type Transpose } from "./matmul.ts";
import { applied, bytesOf, sizesOf } from "./operation.ts";

/**
 * Eight numbers of an optimizer, float64: a kernel reads them when it runs, so that they may change from step to step.
 * Each operation below documents their meaning.
 */
export type Rates = Tensor<"float64">;

/** An effect: the node of an operation that changes its first operand. */
export function effect<A extends Attributes>(
  operation: Operation<A>,
  target: Tensor,
  operands: readonly AnyValue[],
  attributes: A,
): Expression {
  const all = [expressionOf(target), ...operands.map(expressionOf)];
  return applied(operation, all, attributes, operation.form(all, attributes));
}

/** What is updated, the rates, and operands that are like what is updated. */
function formOfUpdate(op: string): Operation["form"] {
  return ([target, rates, ...others]) => {
    const parameters = target as Expression;
    checkFloat(op, "w", parameters);
    checkAlike(op, "rates", rates as Expression, parameters, "float64");
    checkShapeIs(op, "rates", rates as Expression, [RATES]);
    for (const other of others) checkLike(op, other, parameters);
    return { dtype: parameters.dtype, shape: parameters.shape };
  };
}

function checkLike(op: string, other: AnyValue, parameters: Expression): void {
  checkAlike(op, "operand", other, parameters);
  checkShapeIs(op, "operand", other, parameters.shape);
}

/** How many numbers rates are. */
export const RATES = 8;

/** v ← μv + d, w ← w - η·v, or with Nesterov w ← w - η(d + μv), where d = g + λw. rates: η, λ, μ, 1 or 0 */
export const MOMENTUM: Operation = {
  name: "momentum",
  form: /* @__PURE__ */ formOfUpdate("momentum"),
  bind({ kernels, result, at }) {
    const n = countOf(result.shape);
    const [w = 0, rates = 0, g = 0, v = 0] = at.map(({ pointer }) => pointer);
    return () => kernels.momentum(n, g, w, v, rates);
  },
  changes: 0,
  alsoChanges: [3],
  flops: ({ result }) => 6 * countOf(result.shape),
};

/**
 * v ← βv + γd², w ← σw - η·d / (√(v·c) + ε), where d = g + λw; with an m as well, m ← β'm + (1 - β')d replaces d in the
 * second. rates: η, λ, ε, β, γ, β', σ, c
 */
export const ADAPTIVE: Operation = {
  name: "adaptive",
  form: /* @__PURE__ */ formOfUpdate("adaptive"),
  bind({ kernels, result, at }) {
    const n = countOf(result.shape);
    const [w = 0, rates = 0, g = 0, v = 0, m = 0] = at.map(({ pointer }) => pointer);
    return () => kernels.adaptive(n, g, w, m, v, rates);
  },
  changes: 0,
  alsoChanges: [3, 4],
  flops: ({ forms, result }) => (forms.length > 4 ? 14 : 9) * countOf(result.shape),
};

/** The factors of a step of gradient descent: -η of the gradient, 1 - ηλ of the parameter. */
type Descent = (descend: (minusRate: number, kept: number) => void) => void;

/**
 * Reads the rates η, λ before each step. Numbers are worked out anew only when these change: passing a new number to
 * a kernel would allocate one.
 */
function descentOf({ memory, at }: Call): Descent {
  const pointer = at[1].pointer;
  let rates = memory.view("float64", pointer, 2);
  let rate = Number.NaN;
  let decay = Number.NaN;
  let minusRate = Number.NaN;
  let kept = Number.NaN;
  return (descend) => {
    if (rates.buffer !== memory.buffer) rates = memory.view("float64", pointer, 2);
    if (rates[0] !== rate || rates[1] !== decay) {
      rate = rates[0] ?? 0;
      decay = rates[1] ?? 0;
      minusRate = -rate;
      kept = 1 - rate * decay;
    }
    descend(minusRate, kept);
  };
}

/** w ← (1 - ηλ)·w - η·g. rates: η, λ */
export const SGD: Operation = {
  name: "sgd",
  form: /* @__PURE__ */ formOfUpdate("sgd"),
  bind(call) {
    const { kernels, result, at } = call;
    const n = countOf(result.shape);
    const [w = 0, , g = 0] = at.map(({ pointer }) => pointer);
    const step = descentOf(call);
    const descend = (minusRate: number, kept: number) => kernels.axpby(n, g, w, minusRate, kept);
    return () => step(descend);
  },
  changes: 0,
  flops: ({ result }) => 3 * countOf(result.shape),
};

/** w ← (1 - ηλ)·w - η·A·B: a step of gradient descent whose gradient is a product, which is never stored. */
export const SGD_PRODUCT: Operation<{ readonly transpose: Transpose; readonly alpha: number }> = {
  name: "sgd of product",
  form: ([w]) => w as Form,
  bind(call) {
    const { transpose, alpha } = call.attributes;
    const step = descentOf(call);
    const follow = call.forms[2].widest === undefined ? bindDenseDescent(call, transpose) : bindSparseDescent(call);
    const descend = alpha === 1 ? follow : (minusRate: number, kept: number) => follow(minusRate * alpha, kept);
    return () => step(descend);
  },
  changes: 0,
  scratchBytes: ({ forms, ...call }) =>
    forms[2].widest === undefined
      ? (MATMUL.scratchBytes?.({ ...call, forms: forms.slice(2) as unknown as PerOperand<Form> }) ?? 0)
      : 0,
  flops: ({ forms, ...call }) => MATMUL.flops?.({ ...call, forms: forms.slice(2) as unknown as PerOperand<Form> }) ?? 0,
};

function bindDenseDescent(call: Call, transpose: Transpose): (minusRate: number, kept: number) => void {
  const [, , formA, formB] = call.forms;
  const [w, , a, b] = call.at;
  const gemm = gemmOf(call, [formA, formB], [a.pointer, b.pointer, w.pointer], transpose);
  return (minusRate, kept) => gemm(minusRate, kept, 0, ACTIVATION.none);
}

/** The same where A is the transpose of sparse rows: only rows of w that meet a nonzero are touched. */
function bindSparseDescent({ kernels, forms, result, at }: Call): (minusRate: number, kept: number) => void {
  const [w, , a, b] = at;
  const [m] = sizesOf(forms[2]);
  const [rows, n] = sizesOf(result);
  const { axpby, sparseBackward } = kernels;
  return (minusRate, kept) => {
    if (kept !== 1) axpby(rows * n, w.pointer, w.pointer, 0, kept);
    sparseBackward(m, n, a.pointer, a.columns, a.values, b.pointer, w.pointer, minusRate);
  };
}

/** w_j ← (1 - ηλ)·w_j - η·Σ_i x_ij: the same for a bias. */
export const SGD_SUMS: Operation = {
  name: "sgd of sums",
  form: ([w]) => w as Form,
  bind(call) {
    const { kernels, forms, at } = call;
    const [w, , x] = at;
    const [m, n] = sizesOf(forms[2]);
    const step = descentOf(call);
    const descend = (minusRate: number, kept: number) => {
      kernels.columnSums(m, n, x.pointer, w.pointer, minusRate, kept);
    };
    return () => step(descend);
  },
  changes: 0,
  flops: ({ forms }) => countOf(forms[2].shape),
};

function formOfClip([g]: readonly AnyValue[]): Form {
  checkFloat("clip", "g", g as Expression);
  return { dtype: (g as Expression).dtype, shape: (g as Expression).shape };
}

/** g ← min(max(g, -limit), limit). */
export const CLIP_VALUE: Operation<{ readonly limit: number }> = {
  name: "clip value",
  form: formOfClip,
  bind({ kernels, result, at, attributes: { limit }, scratch }) {
    const n = countOf(result.shape);
    const g = at[0].pointer;
    const lowest = -limit;
    return () => {
      kernels.store(scratch, lowest);
      kernels.binary(BINARY.maximum, 1, 1, 1, n, g, 0, 0, 0, 1, scratch, 0, 0, 0, 0, g);
      kernels.store(scratch, limit);
      kernels.binary(BINARY.minimum, 1, 1, 1, n, g, 0, 0, 0, 1, scratch, 0, 0, 0, 0, g);
    };
  },
  changes: 0,
  scratchBytes: () => 16,
  flops: ({ result }) => 2 * countOf(result.shape),
};

/** A power of two by which every finite gradient has a finite norm, in at most 2^30 elements. */
const SHRINK: { readonly [D in FloatType]: number } = { float32: 2 ** -96, float64: 2 ** -600 };

/**
 * g ← g · limit / max(‖g‖, limit): its Euclidean norm becomes at most `limit` (Pascanu et al., 2013). Where squares leave
 * the finite numbers, g is made smaller first, which changes only what vanishes next to the norm.
 */
export const CLIP_NORM: Operation<{ readonly limit: number }> = {
  name: "clip norm",
  form: formOfClip,
  bind({ kernels, result, at, attributes: { limit }, scratch }) {
    const n = countOf(result.shape);
    const g = at[0].pointer;
    const [norm, bound] = [scratch + MAP_SCRATCH, scratch + MAP_SCRATCH + 16];
    const combine = (f: number, a: Pointer, b: Pointer, to: Pointer) =>
      kernels.binary(f, 1, 1, 1, 1, a, 0, 0, 0, 0, b, 0, 0, 0, 0, to);
    const takeNorm = () => {
      kernels.reduce(REDUCE.sumOfSquares, 1, n, 1, g, norm);
      kernels.sqrt(1, norm, norm, scratch);
    };
    const scaleBy = (factor: Pointer) => kernels.binary(BINARY.mul, 1, 1, 1, n, g, 0, 0, 0, 1, factor, 0, 0, 0, 0, g);
    return () => {
      let shrink = 1;
      takeNorm();
      if (kernels.squaredError(1, norm, norm) !== 0) {
        // ½(x - x)² is 0 of every finite x.
        shrink = SHRINK[result.dtype as FloatType];
        kernels.store(bound, shrink);
        scaleBy(bound);
        takeNorm();
      }
      kernels.store(bound, shrink * limit);
      combine(BINARY.maximum, norm, bound, norm);
      kernels.store(bound, limit);
      combine(BINARY.div, bound, norm, norm);
      scaleBy(norm);
    };
  },
  changes: 0,
  scratchBytes: () => MAP_SCRATCH + 32,
  flops: ({ result }) => 3 * countOf(result.shape),
};

/** target ← value. */
export const ASSIGN: Operation = {
  name: "assign",
  form: ([target, value]) => {
    checkAlike("assign", "value", value as Expression, target as Expression);
    checkShapeIs("assign", "value", value as Expression, (target as Expression).shape);
    return target as Form;
  },
  bind: bindCopy,
  changes: 0,
  flops: () => 0,
};

/** A tensor's elements as they are before anything is written to it. */
export const SNAPSHOT: Operation = { name: "copy", form: ([x]) => x as Form, bind: bindCopy, flops: () => 0 };

/** The last operand's elements, to where the result is: for an assignment, in the target. */
function bindCopy({ common, result, at, out }: Call): () => void {
  const bytes = bytesOf(result);
  const from = at.at(-1)?.pointer ?? 0;
  return () => common.copyRows(1, bytes, from, bytes, out.pointer, bytes);
}

/** The step of [seed, step] plus 1: the next run draws other dropout masks. */
export const ADVANCE: Operation = {
  name: "advance",
  form: ([counter]) => {
    const { dtype, shape } = counter as Expression;
    if (dtype !== "int32" || countOf(shape) !== 2) throw new OptionError("advance: counter", "[seed, step]", dtype);
    return { dtype, shape };
  },
  bind({ common, at: [counter] }) {
    const pointer = counter.pointer;
    return () => common.advance(pointer);
  },
  changes: 0,
  flops: () => 0,
};
