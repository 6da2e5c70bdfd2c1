/**
 * Updates in place of whole tensors.
 */
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
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
 * y ← α in every element.
 *
 * @throws {DTypeError} integers
 * @throws {OptionError} α is not a number
 * @example
 * using y = zeros(engine, [2]);
 * fill(y, 1);
 * y.toArray(); // → [1, 1]
 */
export function fill<D extends FloatType>(y: Tensor<D>, alpha: number): void {
  checkTensor("fill", "y", y);
  checkNumber("fill", "alpha", alpha);
  checkFloat("fill", "y", y);
  y.engine.kernels[y.dtype].fill(y.size, y.pointer, alpha);
}

/**
 * y ← x.
 *
 * @throws {ShapeError} shapes differ, or x and y overlap in part
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using x = tensor(engine, [1, 2]);
 * using y = zeros(engine, [2]);
 * copy(x, y);
 * y.toArray(); // → [1, 2]
 */
export function copy<D extends FloatType>(x: Tensor<D>, y: Tensor<D>): void {
  checkTensor("copy", "x", x);
  checkFloat("copy", "x", x);
  checkAlike("copy", "y", y, x);
  checkShapeIs("copy", "y", y, x.shape);
  checkOutput("copy", "y", y, x, [x], "may be an input");
  x.engine.kernels[x.dtype].copy(x.size, x.pointer, y.pointer);
}
