/**
 * What a network is given: tensors, or plain numbers, which become tensors for the length of one call.
 */

import { DTypeError, OptionError, ShapeError } from "../errors.ts";
import { isNumbers } from "../readable.ts";
import { countOf, shapeOf, show } from "../tensor/layout.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import { Tensor, type TensorData, tensor } from "../tensor/tensor.ts";
import { describeValue } from "../values.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** Examples in an engine's memory: a matrix of one row each, which may be sparse. */
export type TensorRows<D extends FloatType> = Tensor<D> | SparseMatrix<D>;

/** Examples: a matrix of one row each, or one example alone. */
export type Examples<D extends FloatType> = Tensor<D> | TensorData;

/** Class labels, or one-hot rows or probabilities; one label or one row for one example. */
export type Targets<D extends FloatType> = Tensor<D> | Tensor<"int32"> | TensorData;

/**
 * A matrix of examples with `columns` values each: the tensor or the sparse rows themselves, or a new tensor.
 *
 * @throws {ShapeError} the numbers do not fill rows of `columns`
 * @throws {OptionError} a detached array, or a Proxy of a typed array
 */
export function examplesOf<D extends FloatType, S extends SparseMatrix<D> = never>(
  engine: Engine,
  x: Examples<D> | S,
  columns: number,
  dtype: D,
): Tensor<D> | S {
  if (x instanceof Tensor || x instanceof SparseMatrix) return x;
  const count = isNumbers("network: x", x) ? x.length : countOf(shapeOf("network", x, "x"));
  if (count % columns !== 0) throw new ShapeError("network", "x", `rows of ${columns} numbers`, `${count} numbers`);
  return tensor(engine, x, { dtype, shape: [count / columns, columns], name: "x" });
}

/**
 * Labels (int32) or targets for `rows` examples of `classes` classes: the tensor itself, or a new one.
 *
 * Numbers are labels when there is one for each example, and targets when there are `classes` for each.
 *
 * @throws {ShapeError} neither as many as examples, nor as many as examples times classes
 */
function targetsOf<D extends FloatType>(
  engine: Engine,
  t: Targets<D>,
  form: { readonly rows: number; readonly classes: number; readonly dtype: D },
): Tensor<D> | Tensor<"int32"> {
  const { rows, classes, dtype } = form;
  if (t instanceof Tensor) return t;
  const shape = isNumbers("network: t", t) ? [t.length] : shapeOf("network", t, "t");
  const count = countOf(shape);
  if (count === rows && (shape.length < 2 || classes > 1)) {
    return tensor(engine, t, { dtype: "int32", shape: [rows], name: "t" });
  }
  if (count === rows * classes) return tensor(engine, t, { dtype, shape: [rows, classes], name: "t" });
  throw new ShapeError("network", "t", `${rows} labels or ${show([rows, classes])} targets`, show(shape));
}

/** Whether t is class labels rather than targets. */
export function isLabels(t: Tensor): t is Tensor<"int32"> {
  return t.dtype === "int32";
}

/**
 * Calls `compute` with x and t as tensors; those that were made of numbers live only as long as it runs. Sparse
 * rows go through as they are.
 *
 * @throws {ShapeError} the numbers do not fill rows of `inputSize`, or are neither labels nor targets for them
 */
export function withTensors<D extends FloatType, S extends SparseMatrix<D>, R>(
  engine: Engine,
  given: { readonly x: Examples<D> | S; readonly t: Targets<D> },
  form: { readonly inputSize: number; readonly outputSize: number; readonly dtype: D },
  compute: (x: Tensor<D> | S, t: Tensor<D> | Tensor<"int32">) => R,
): R {
  const x = examplesOf(engine, given.x, form.inputSize, form.dtype);
  try {
    const t = targetsOf(engine, given.t, { rows: x.shape[0] ?? 0, classes: form.outputSize, dtype: form.dtype });
    try {
      return compute(x, t);
    } finally {
      release(t, given.t);
    }
  } finally {
    release(x, given.x);
  }
}

/** Disposes of what `examplesOf` or `targetsOf` made of numbers, and leaves the caller's tensors alone. */
export function release(made: Tensor | SparseMatrix, given: unknown): void {
  if (made !== given) made.dispose();
}

/** @throws {OptionError} neither a tensor nor a sparse matrix */
export function checkRows(option: string, x: unknown): void {
  if (!(x instanceof Tensor || x instanceof SparseMatrix)) throw new OptionError(option, "a tensor or sparse rows", x);
}

/** @throws {OptionError} not an integer from 1 on */
export function checkSize(option: string, size: number): void {
  if (!Number.isInteger(size) || size < 1) throw new OptionError(option, "an integer from 1 on", size);
}

/** @throws {DTypeError} not float32 or float64 */
export function checkFloatType(dtype: FloatType): void {
  if (dtype !== "float32" && dtype !== "float64")
    throw new DTypeError(
      "network",
      "dtype",
      "float32 or float64",
      typeof dtype === "string" ? dtype : describeValue(dtype),
    );
}
