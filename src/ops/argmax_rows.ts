/**
 * The largest element of each row, and how often it is the right one.
 */
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkShapeIs, checkTensor, type Into, outputOf } from "./check.ts";
import { checkRows } from "./softmax_rows.ts";

const NO_OPTIONS = {};

/** `argmax` of a matrix along its last axis: `out`, or a new tensor. */
export function argmaxRows<D extends FloatType>(x: Tensor<D>, { out }: Into<"int32"> = NO_OPTIONS): Tensor<"int32"> {
  checkTensor("argmax", "x", x);
  checkFloat("argmax", "x", x);
  checkRows("argmax", "x", x);
  const [m = 0, n = 0] = x.shape;
  const y = outputOf("argmax", out, { dtype: "int32", shape: [m] }, [x], "disjoint");
  x.engine.kernels[x.dtype].argmax(m, n, 1, x.pointer, y.pointer, 0);
  return y;
}

/**
 * The number of rows whose largest element is in the labelled column.
 *
 * @param x m × n logits or probabilities, n >= 1
 * @param labels m class labels (int32)
 * @throws {ShapeError} x is not a matrix or has no columns, or there are not m labels
 * @throws {DTypeError} x holds integers, or labels are not int32
 * @returns an integer, 0..m
 * @example
 * using p = tensor(engine, [[0.1, 0.9], [0.8, 0.2]]);
 * using labels = tensor(engine, Int32Array.of(1, 1));
 * countCorrect(p, labels); // → 1
 */
export function countCorrect<D extends FloatType>(x: Tensor<D>, labels: Tensor<"int32">): number {
  checkTensor("countCorrect", "x", x);
  checkTensor("countCorrect", "labels", labels);
  checkFloat("countCorrect", "x", x);
  checkRows("countCorrect", "x", x);
  checkAlike("countCorrect", "labels", labels, x, "int32");
  const [m = 0, n = 0] = x.shape;
  checkShapeIs("countCorrect", "labels", labels, [m]);
  return x.engine.kernels[x.dtype].countCorrect(m, n, x.pointer, labels.pointer);
}
