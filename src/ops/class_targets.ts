/**
 * What a weighted cross entropy compares with, from labels or probabilities t of n classes with weights w:
 *
 *   targets   q_ij = ((1 - s)·t_ij + s/n)·w_j      s the label smoothing, t_ij = 1 at a label
 *   weights   w_i  = w_t(i)                        of labels; both are 0 where a label is ignored
 *
 * Functions of the host compute them, with the same bits on every build.
 */
import { IndexError } from "../errors.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import type { Attributes, Call, Operation, Step } from "../tensor/operation.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import { operate } from "./operation.ts";

/** What is said of classes. */
export type ClassTargets = {
  readonly dtype: FloatType;
  readonly classes: number;
  /** One for each class; none are all 1. */
  readonly weights: readonly number[] | undefined;
  /** s, from 0 to below 1 */
  readonly smoothing: number;
  readonly ignored: number | undefined;
};

/** m × classes targets of m labels. */
export const LABEL_TARGETS: Operation<ClassTargets> = {
  name: "labelTargets",
  spec: ([t], { dtype, classes }) => ({ dtype, shape: [(t as Value).shape[0] ?? 0, classes] }),
  bind(call) {
    const { classes, weights, smoothing, ignored } = call.attributes;
    const rest = smoothing / classes;
    const row = Float64Array.from({ length: classes }, (_, j) => rest * (weights?.[j] ?? 1));
    return onHost(call, (labels, out) => {
      for (let i = 0; i < labels.length; i++) {
        const label = labelAt(labels, i, classes, ignored);
        const start = i * classes;
        for (let j = 0; j < classes; j++) out[start + j] = label === undefined ? 0 : (row[j] ?? 0);
        if (label !== undefined) out[start + label] = (1 - smoothing + rest) * (weights?.[label] ?? 1);
      }
    });
  },
  flops: () => 0,
};

/** The weights of m labels. */
export const LABEL_WEIGHTS: Operation<ClassTargets> = {
  name: "labelWeights",
  spec: ([t], { dtype }) => ({ dtype, shape: (t as Value).shape }),
  bind(call) {
    const { classes, weights, ignored } = call.attributes;
    return onHost(call, (labels, out) => {
      for (let i = 0; i < labels.length; i++) {
        const label = labelAt(labels, i, classes, ignored);
        out[i] = label === undefined ? 0 : (weights?.[label] ?? 1);
      }
    });
  },
  flops: () => 0,
};

/** (scale·t_ij + shift)·w_j, from m × n probabilities. */
export type ColumnWeights = {
  readonly scale: number;
  readonly shift: number;
  readonly weights: readonly number[] | undefined;
};

/** m × n targets of probabilities; linear, so that its gradient is itself without the shift. */
export const PROBABILITY_TARGETS: Operation<ColumnWeights> = {
  name: "probabilityTargets",
  spec: ([t]) => ({ dtype: (t as Value).dtype, shape: (t as Value).shape }),
  bind(call) {
    const { scale, shift, weights } = call.attributes;
    const [, columns = 1] = call.result.shape;
    return onHost(call, (t, out) => {
      for (let i = 0; i < t.length; i++) out[i] = (scale * (t[i] ?? 0) + shift) * (weights?.[i % columns] ?? 1);
    });
  },
  gradient: (_, { attributes }, dy) =>
    operate<FloatType, ColumnWeights>(PROBABILITY_TARGETS, [dy], { ...attributes, shift: 0 }) as Expression<FloatType>,
  flops: ({ specs }) => 3 * specs[0].shape.reduce((product, size) => product * size, 1),
};

type Floats = Float32Array | Float64Array;
type Numbers = Floats | Int32Array;

/** A function of the operand's elements that writes the result's; it makes no views but where memory has grown. */
export function onHost<A extends Attributes>(
  { memory, specs, at, out, result }: Call<A>,
  compute: (operand: Numbers, out: Floats) => void,
): Step[] {
  const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  const viewOf = (dtype: DType, pointer: number, length: number) => {
    let view = memory.view(dtype, pointer, length);
    return () => {
      if (view.buffer !== memory.buffer) view = memory.view(dtype, pointer, length);
      return view;
    };
  };
  const operand = viewOf(specs[0].dtype, at[0].pointer, count(specs[0].shape));
  const to = viewOf(result.dtype, out.pointer, count(result.shape));
  return [() => compute(operand() as Numbers, to() as Floats)];
}

/** @throws {IndexError} a label that is not one of the classes */
function labelAt(labels: Numbers, i: number, classes: number, ignored: number | undefined): number | undefined {
  const label = labels[i] ?? -1;
  if (label === ignored) return undefined;
  if (label >= 0 && label < classes) return label;
  throw new IndexError("crossEntropy", "t", i, label, classes);
}
