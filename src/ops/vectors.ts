/**
 * Updates in place of whole tensors.
 */
import { checkIntegers, RANGE, type Tensor } from "../tensor/tensor.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkNumber, checkOutput, checkShapeIs, checkTensor } from "./check.ts";

/**
 * y ← y + α·x. A step of gradient descent is `axpy(-learningRate, gradient, parameter)`.
 *
 * @throws {ShapeError} shapes differ, or x and y overlap in part
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} α is not a number
 * @example
 * using gradient = tensor(engine, [2, 4]);
 * using w = tensor(engine, [1, 1]);
 * axpy(-0.5, gradient, w);
 * w.toArray(); // → [0, -1]
 */
export function axpy<D extends FloatType>(alpha: number, x: Tensor<D>, y: Tensor<D>): void {
  checkTensor("axpy", "x", x);
  checkNumber("axpy", "alpha", alpha);
  checkFloat("axpy", "x", x);
  checkOutput("axpy", "y", y, x, [x], "may be an input");
  x.engine.kernels[x.dtype].axpby(x.size, x.pointer, y.pointer, alpha, 1);
}

/**
 * y ← α in every element, of any dtype.
 *
 * @throws {OptionError} α is not a number, or one that an integer dtype does not have
 * @example
 * using y = zeros(engine, [2]);
 * fill(y, 1);
 * y.toArray(); // → [1, 1]
 */
export function fill<D extends DType>(y: Tensor<D>, alpha: number): void {
  checkTensor("fill", "y", y);
  checkNumber("fill", "alpha", alpha);
  const range = RANGE[y.dtype];
  if (range !== undefined) checkIntegers("fill", [alpha], range, y.dtype);
  y.data.fill(alpha);
}

/**
 * y ← x, of any dtype.
 *
 * @throws {ShapeError} shapes differ, or x and y overlap in part
 * @throws {DTypeError} different dtypes
 * @example
 * using x = tensor(engine, [1, 2]);
 * using y = zeros(engine, [2]);
 * copy(x, y);
 * y.toArray(); // → [1, 2]
 */
export function copy<D extends DType>(x: Tensor<D>, y: Tensor<D>): void {
  checkTensor("copy", "x", x);
  checkAlike("copy", "y", y, x);
  checkShapeIs("copy", "y", y, x.shape);
  checkOutput("copy", "y", y, x, [x], "may be an input");
  y.data.set(x.data as ArrayLike<number>);
}
