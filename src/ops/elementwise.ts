/**
 * Functions of one element, and the gradients of the activations from their outputs.
 */
import type { Tensor } from "../tensor/tensor.ts";
import { MAP_SCRATCH } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkShapeIs, type Into, outputOf } from "./check.ts";

type Forward = "exp" | "log" | "sigmoid" | "tanh" | "relu";
type Backward = "sigmoidGradient" | "tanhGradient" | "reluGradient";

const NO_OPTIONS = {};

/**
 * e^x of each element: +∞ above the largest finite result, gradually to 0.
 *
 * @returns a tensor of x's shape and dtype: `out` (which may be x), or a new one
 * @throws {DTypeError} integers
 * @throws {ShapeError} an `out` that does not fit, or overlaps x in part
 */
export function exp<D extends FloatType>(x: Tensor<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return map("exp", x, out);
}

/** ln x of each element: -∞ at 0, NaN below. Shapes, `out` and errors as for `exp`. */
export function log<D extends FloatType>(x: Tensor<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return map("log", x, out);
}

/** 1 / (1 + e^-x) of each element. Shapes, `out` and errors as for `exp`. */
export function sigmoid<D extends FloatType>(x: Tensor<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return map("sigmoid", x, out);
}

/** tanh x of each element. Shapes, `out` and errors as for `exp`. */
export function tanh<D extends FloatType>(x: Tensor<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return map("tanh", x, out);
}

/** max(x, 0) of each element. Shapes, `out` and errors as for `exp`. */
export function relu<D extends FloatType>(x: Tensor<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return map("relu", x, out);
}

/**
 * dx = dy · y(1 - y): the gradient of y = sigmoid(x).
 *
 * @param y what `sigmoid` gave
 * @param dy ∂loss/∂y, of y's shape
 * @returns ∂loss/∂x: `out` (which may be y or dy), or a new tensor
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {ShapeError} shapes differ, or `out` overlaps in part
 */
export function sigmoidGradient<D extends FloatType>(
  y: Tensor<D>,
  dy: Tensor<D>,
  { out }: Into<D> = NO_OPTIONS,
): Tensor<D> {
  return mapGradient("sigmoidGradient", y, dy, out);
}

/** dx = dy · (1 - y²): the gradient of y = tanh(x). Shapes, `out` and errors as for `sigmoidGradient`. */
export function tanhGradient<D extends FloatType>(
  y: Tensor<D>,
  dy: Tensor<D>,
  { out }: Into<D> = NO_OPTIONS,
): Tensor<D> {
  return mapGradient("tanhGradient", y, dy, out);
}

/** dx = dy where y > 0, else 0: the gradient of y = relu(x). Shapes, `out` and errors as for `sigmoidGradient`. */
export function reluGradient<D extends FloatType>(
  y: Tensor<D>,
  dy: Tensor<D>,
  { out }: Into<D> = NO_OPTIONS,
): Tensor<D> {
  return mapGradient("reluGradient", y, dy, out);
}

function map<D extends FloatType>(f: Forward, x: Tensor<D>, out: Tensor<D> | undefined): Tensor<D> {
  checkFloat(f, "x", x);
  const y = outputOf(f, out, x, [x], "may be an input");
  x.engine.kernels[x.dtype][f](x.size, x.pointer, y.pointer, x.engine.scratch(MAP_SCRATCH));
  return y;
}

function mapGradient<D extends FloatType>(
  f: Backward,
  y: Tensor<D>,
  dy: Tensor<D>,
  out: Tensor<D> | undefined,
): Tensor<D> {
  checkFloat(f, "y", y);
  checkAlike(f, "dy", dy, y);
  checkShapeIs(f, "dy", dy, y.shape);
  const dx = outputOf(f, out, y, [y, dy], "may be an input");
  y.engine.kernels[y.dtype][f](y.size, y.pointer, dy.pointer, dx.pointer);
  return dx;
}
