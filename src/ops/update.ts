/**
 * What a program does to tensors that outlive its run: updates of parameters, and assignments. Each is an operation
 * that is run for its effect, after everything that reads what it changes.
 */
import { OptionError } from "../errors.ts";
import {
  type AnyValue,
  type Attributes,
  type Call,
  type Expression,
  expressionOf,
  type Form,
  type Operation,
  type Place,
} from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ACTIVATION, BINARY, MAP_SCRATCH, type Pointer, REDUCE } from "../wasm/abi.ts";
import { checkAlike, checkFloat, checkShapeIs } from "./check.ts";
import { gemmOf, MATMUL, type Transpose } from "./matmul.ts";
import { applied, isFloat, sizesOf } from "./operation.ts";

/**
 * Numbers that change from step to step: the kernel reads them when it runs. An optimizer owns them and says which is
 * which.
 */
export type Rates = Float64Array;

type WithRates = { readonly rates: Rates };

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

/** Numbers of one float type, alike for all operands. */
function formOfUpdate(op: string): (operands: readonly AnyValue[]) => Form {
  return ([target, ...others]) => {
    const parameters = target as Expression;
    checkFloat(op, "w", parameters);
    for (const other of others) {
      checkAlike(op, "operand", other, parameters);
      checkShapeIs(op, "operand", other, parameters.shape);
    }
    return { dtype: parameters.dtype, shape: parameters.shape };
  };
}

/** The entry of an optimizer's update: one kernel over w, g and the optimizer's state. */
function update(
  name: string,
  flopsPerElement: number,
  ready: (
    call: Call<WithRates>,
    n: number,
    w: Pointer,
    g: Pointer,
    states: readonly Pointer[],
    rates: Rates,
  ) => () => void,
): Operation<WithRates> {
  return {
    name,
    form: formOfUpdate(name),
    bind(call) {
      const [w, g, ...states] = call.at.map(({ pointer }) => pointer);
      return ready(call, countOf(call.result.shape), w ?? 0, g ?? 0, states, call.attributes.rates);
    },
    changes: 0,
    flops: ({ result }) => flopsPerElement * countOf(result.shape),
  };
}

/** w ← (1 - ηλ)·w - η·g. rates: [η, λ] */
export const SGD: Operation<WithRates> = update("sgd", 3, ({ kernels }, n, w, g, _, rates) => {
  return () => kernels.axpby(n, g, w, -rates[0]!, 1 - rates[0]! * rates[1]!);
});

/** v ← μv + d, w ← w - η·v, or with Nesterov w ← w - η(d + μv), where d = g + λw. rates: [η, λ, μ, 1 or 0] */
export const MOMENTUM: Operation<WithRates> = update("momentum", 6, ({ kernels }, n, w, g, [v = 0], rates) => {
  return () => kernels.momentum(n, g, w, v, rates[0]!, rates[2]!, rates[1]!, rates[3]!);
});

/** h ← h + d², w ← w - η·d / (√h + ε), where d = g + λw. rates: [η, λ, ε] */
export const ADAGRAD: Operation<WithRates> = update("adagrad", 8, ({ kernels }, n, w, g, [h = 0], rates) => {
  return () => kernels.adagrad(n, g, w, h, rates[0]!, rates[2]!, rates[1]!);
});

/** h ← ρh + (1 - ρ)d², w ← w - η·d / (√h + ε), where d = g + λw. rates: [η, λ, ρ, ε] */
export const RMSPROP: Operation<WithRates> = update("rmsprop", 10, ({ kernels }, n, w, g, [h = 0], rates) => {
  return () => kernels.rmsprop(n, g, w, h, rates[0]!, rates[2]!, rates[3]!, rates[1]!);
});

/**
 * m ← β₁m + (1 - β₁)d, v ← β₂v + (1 - β₂)d², w ← s·w - η·(m / c₁) / (√(v / c₂) + ε), where d = g + λw.
 * rates: [η, λ, β₁, β₂, ε, s, c₁, c₂]
 */
export const ADAM: Operation<WithRates> = update("adam", 14, ({ kernels }, n, w, g, [m = 0, v = 0], rates) => {
  return () =>
    kernels.adam(n, g, w, m, v, rates[0]!, rates[2]!, rates[3]!, rates[4]!, rates[1]!, rates[5]!, rates[6]!, rates[7]!);
});

type ProductUpdate = WithRates & { readonly transpose: Transpose; readonly alpha: number };

/** w ← (1 - ηλ)·w - η·A·B: a step of gradient descent whose gradient is a product, which is never stored. */
export const SGD_PRODUCT: Operation<ProductUpdate> = {
  name: "sgd of product",
  form: ([w]) => w as Form,
  bind(call) {
    const { kernels, forms, at, attributes, result } = call;
    const [w, a, b] = at as [Place, Place, Place];
    const [formA, formB] = forms.slice(1) as [Form, Form];
    const { rates, transpose, alpha } = attributes;
    const [m] = sizesOf(formA);
    const [rows, n] = sizesOf(result);
    if (formA.widest !== undefined) {
      return () => {
        const rate = rates[0]!;
        const kept = 1 - rate * rates[1]!;
        if (kept !== 1) kernels.axpby(rows * n, w.pointer, w.pointer, 0, kept);
        kernels.sparseBackward(m, n, a.pointer, a.columns, a.values, b.pointer, w.pointer, -rate * alpha);
      };
    }
    const gemm = gemmOf(call, [formA, formB], [a.pointer, b.pointer, w.pointer], transpose);
    return () => gemm(-rates[0]! * alpha, 1 - rates[0]! * rates[1]!, 0, ACTIVATION.none);
  },
  changes: 0,
  scratchBytes: ({ forms, ...call }) =>
    forms[1]?.widest === undefined ? (MATMUL.scratchBytes?.({ ...call, forms: forms.slice(1) }) ?? 0) : 0,
  flops: ({ forms, ...call }) => MATMUL.flops?.({ ...call, forms: forms.slice(1) }) ?? 0,
};

/** w_j ← (1 - ηλ)·w_j - η·Σ_i x_ij: the same for a bias. */
export const SGD_SUMS: Operation<WithRates> = {
  name: "sgd of sums",
  form: ([w]) => w as Form,
  bind({ kernels, forms, at, attributes: { rates } }) {
    const [w, x] = at as [Place, Place];
    const [m, n] = sizesOf(forms[1] as Form);
    return () => kernels.columnSums(m, n, x.pointer, w.pointer, -rates[0]!, 1 - rates[0]! * rates[1]!);
  },
  changes: 0,
  flops: ({ forms }) => countOf(forms[1]?.shape ?? []),
};

/** g ← min(max(g, -limit), limit). */
export const CLIP_VALUE: Operation<{ readonly limit: number }> = {
  name: "clip value",
  form: formOfUpdate("clip"),
  bind({ kernels, result, at, attributes: { limit }, scratch }) {
    const n = countOf(result.shape);
    const g = at[0]?.pointer ?? 0;
    return () => {
      kernels.store(scratch, -limit);
      kernels.binary(BINARY.maximum, 1, 1, 1, n, g, 0, 0, 0, 1, scratch, 0, 0, 0, 0, g);
      kernels.store(scratch, limit);
      kernels.binary(BINARY.minimum, 1, 1, 1, n, g, 0, 0, 0, 1, scratch, 0, 0, 0, 0, g);
    };
  },
  changes: 0,
  scratchBytes: () => 16,
  flops: ({ result }) => 2 * countOf(result.shape),
};

/** g ← g · limit / max(‖g‖, limit): its Euclidean norm becomes at most `limit` (Pascanu et al., 2013). */
export const CLIP_NORM: Operation<{ readonly limit: number }> = {
  name: "clip norm",
  form: formOfUpdate("clip"),
  bind({ kernels, result, at, attributes: { limit }, scratch }) {
    const n = countOf(result.shape);
    const g = at[0]?.pointer ?? 0;
    const [norm, bound] = [scratch + MAP_SCRATCH, scratch + MAP_SCRATCH + 16];
    const combine = (f: number, a: Pointer, b: Pointer, to: Pointer) =>
      kernels.binary(f, 1, 1, 1, 1, a, 0, 0, 0, 0, b, 0, 0, 0, 0, to);
    return () => {
      kernels.reduce(REDUCE.sumOfSquares, 1, n, 1, g, norm);
      kernels.sqrt(1, norm, norm, scratch);
      kernels.store(bound, limit);
      combine(BINARY.maximum, norm, bound, norm);
      combine(BINARY.div, bound, norm, norm);
      kernels.binary(BINARY.mul, 1, 1, 1, n, g, 0, 0, 0, 1, norm, 0, 0, 0, 0, g);
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
  bind({ kernels, common, result, at: [target, value] }) {
    const n = countOf(result.shape);
    const [to, from] = [target?.pointer ?? 0, value?.pointer ?? 0];
    if (isFloat(result.dtype)) return () => kernels.copy(n, from, to);
    return () => common.copyRows(1, 4 * n, from, 4 * n, to, 4 * n);
  },
  changes: 0,
  flops: () => 0,
};

/** The step of [seed, step] plus 1: the next run draws other dropout masks. */
export const ADVANCE: Operation = {
  name: "advance",
  form: ([counter]) => {
    const { dtype, shape } = counter as Expression;
    if (dtype !== "int32" || countOf(shape) !== 2) throw new OptionError("advance: counter", "[seed, step]", dtype);
    return { dtype, shape };
  },
  bind({ common, at: [counter] }) {
    const pointer = counter?.pointer ?? 0;
    return () => common.advance(pointer);
  },
  changes: 0,
  flops: () => 0,
};
