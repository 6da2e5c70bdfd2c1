/**
 * A layer of a network in one call: product, bias and activation, without a pass over the result in between.
 */

import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type AnyValue, Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { show } from "../tensor/layout.ts";
import type { Call, Operation, Step, UnboundCall } from "../tensor/operation.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ACTIVATION, MAP_SCRATCH, type Pointer } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add } from "./binary.ts";
import { checkAlike, checkFloat, checkMatrix, checkNoPlace, checkShapeIs, type Into } from "./check.ts";
import { relu, sigmoid, tanh } from "./elementwise.ts";
import { operate, sizesOf } from "./operation.ts";
import { gemmOf, MATMUL, product, productFlops, type Transpose } from "./product.ts";
import { checkSparseFloat, isSparse } from "./sparse.ts";
import type { UnaryFunction } from "./unary.ts";

/** What may follow the product. */
export type Activation = keyof typeof ACTIVATION;

/** What follows the product, and where the result goes. */
export type AffineOptions<D extends FloatType> = Into<D> & {
  /** Default "none". */
  readonly activation?: Activation;
};

type Affine = { readonly transpose: Transpose; readonly alpha: number; readonly activation: Activation };

export const ACTIVATIONS: { readonly [A in Exclude<Activation, "none">]: UnaryFunction } = { sigmoid, tanh, relu };
const NO_OPTIONS = {};

/**
 * Z = f(X·W + b), where b is added to every row.
 *
 * @param x m × k, dense or sparse
 * @param w k × n
 * @param b n
 * @returns m × n: `out`, or a new tensor; an expression where an operand is one
 * @throws {ShapeError} shapes do not fit, or `out` overlaps an operand
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} an unknown activation
 * @example
 * using x = tensor(engine, [[1, 2]]);
 * using w = tensor(engine, [[1], [-2]]);
 * using b = tensor(engine, [1]);
 * using hidden = affine(x, w, b, { activation: "relu" });
 * hidden.toArray(); // → [[0]]
 */
export function affine<D extends FloatType>(
  x: Tensor<D> | SparseMatrix<D>,
  w: Tensor<D>,
  b: Tensor<D>,
  options?: AffineOptions<D>,
): Tensor<D>;
export function affine<D extends FloatType>(
  x: Value<D> | SparseMatrix<D>,
  w: Value<D>,
  b: Value<D>,
  options?: { readonly activation?: Activation },
): Expression<D>;
export function affine<D extends FloatType>(
  x: Value<D> | SparseMatrix<D>,
  w: Value<D>,
  b: Value<D>,
  options: AffineOptions<D> = NO_OPTIONS,
): Value<D> {
  checkOptions<AffineOptions<D>>("affine", options, { activation: 1, out: 1 });
  const { activation = "none", ...into } = options;
  if (!Object.hasOwn(ACTIVATION, activation)) {
    throw new OptionError("affine: activation", '"none", "sigmoid", "tanh" or "relu"', activation);
  }
  const attributes: Affine = { transpose: "none", alpha: 1, activation };
  if (![x, w, b].some((operand) => operand instanceof Expression)) return operate(AFFINE, [x, w, b], attributes, into);
  checkNoPlace("affine", "out", into.out);
  AFFINE.spec([x, w, b], attributes);
  // As what it consists of, each with a gradient rule of its own; a program puts them together again.
  const z = add(product(expressionOf(x), expressionOf(w)), b) as Expression<D>;
  return activation === "none" ? z : ACTIVATIONS[activation](z);
}

/** A product with its bias and activation; `alpha` is the product's factor, and X and W may be transposed. */
export const AFFINE: Operation<Affine> = {
  name: "affine",
  spec([x, w, b]) {
    const [input, weights, bias] = [x as AnyValue, w as Value, b as Value];
    if (isSparse(input)) checkSparseFloat("affine", "x", input);
    else checkFloat("affine", "x", input);
    checkMatrix("affine", "x", input as Value);
    checkAlike("affine", "w", weights, input);
    checkMatrix("affine", "w", weights);
    checkAlike("affine", "b", bias, input);
    const [m, k] = sizesOf(input);
    const [rows, n] = sizesOf(weights);
    if (rows !== k) throw new ShapeError("affine", "w", `${k} rows, as x has columns`, show(weights.shape));
    checkShapeIs("affine", "b", bias, [n]);
    return { dtype: input.dtype, shape: [m, n] };
  },
  bind(call) {
    const { specs, at, out, attributes } = call;
    const [x, w] = specs;
    if (x.maxRowNonzeros !== undefined) return bindSparse(call);
    const [px, pw, bias] = at.map(({ pointer }) => pointer) as [Pointer, Pointer, Pointer];
    const { transpose, alpha } = attributes;
    const activation = ACTIVATION[attributes.activation];
    return gemmOf(call, [x, w], [px, pw, out.pointer], transpose, { alpha, bias, activation });
  },
  takesActivation: true,
  scratchBytes: (call: UnboundCall<Affine>, kernels) =>
    call.specs[0].maxRowNonzeros === undefined ? (MATMUL.scratchBytes?.(call, kernels) ?? 0) : MAP_SCRATCH,
  flops: ({ specs, result, attributes }) => {
    const [m, n] = sizesOf(result);
    return productFlops(specs[0], result, attributes.transpose) + m * n;
  },
};

function bindSparse({ kernels, result, attributes: { activation }, at, out, scratch }: Call<Affine>): Step[] {
  const [x, w, b] = at;
  const [m, n] = sizesOf(result);
  const forward = kernels.sparseForward(m, n, x.pointer, x.columns, x.values, w.pointer, b.pointer, out.pointer);
  return activation === "none" ? [forward] : [forward, kernels[activation](m * n, out.pointer, out.pointer, scratch)];
}
