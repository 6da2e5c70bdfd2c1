/**
 * Elements of one dtype as another.
 */
import { DTypeError, OptionError } from "../errors.ts";
import { Expression, type Value } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { DType, FloatType, NumberType } from "../wasm/dtype.ts";
import { checkDense } from "./check.ts";
import { bytesOf, isFloat, operate } from "./operation.ts";

/** What `cast` converts between. */
export type CastType = NumberType | "uint8";

/**
 * x's elements as numbers of another dtype: uint16 alone is not converted.
 *
 *   to a float         rounded to the nearest
 *   float to integer   truncated towards 0; beyond the dtype its smallest or largest number, and 0 of NaN
 *   int32 to uint8     the lowest 8 bits, as in NumPy and C
 *
 * A gradient flows from floats to floats.
 *
 * @returns a tensor of its own, or an expression
 * @throws {DTypeError} x is uint16
 * @throws {OptionError} another dtype than these, or not a tensor
 * @example
 * using x = tensor(engine, [-1.5, 2.7, 300]);
 * using integers = cast(x, "int32");
 * integers.toArray(); // → [-1, 2, 300]
 * using bytes = cast(x, "uint8");
 * bytes.toArray(); // → [0, 2, 255]
 */
export function cast<D extends CastType>(x: Tensor, dtype: D): Tensor<D>;
export function cast<D extends CastType>(x: Expression, dtype: D): Expression<D>;
export function cast<D extends CastType>(x: Value, dtype: D): Value<D>;
export function cast<D extends CastType>(x: Value, dtype: D): Value<D> {
  checkDense("cast", "x", x);
  if (!isCastType(x.dtype)) throw new DTypeError("cast", "x", NAMES, x.dtype);
  if (!isCastType(dtype)) throw new OptionError("cast: dtype", NAMES, dtype);
  if (x instanceof Expression && x.dtype === (dtype as DType)) return x as Expression<DType> as Expression<D>;
  return operate<D, { readonly dtype: CastType }>(CAST, [x], { dtype });
}

const CAST: Operation<{ readonly dtype: CastType }> = {
  name: "cast",
  spec: ([x], { dtype }) => ({ dtype, shape: (x as Value).shape }),
  bind({ kernels, common, specs: [x], result, attributes: { dtype }, at: [from], out }) {
    const args = [countOf(result.shape), from.pointer, out.pointer] as const;
    const source = x.dtype as CastType;
    if (source === dtype) return [common.copyRows(1, bytesOf(result), from.pointer, 0, out.pointer, bytesOf(result))];
    // The kernels are those of the float type among both, float32 of two.
    if (isFloat(source) && isFloat(dtype))
      return [dtype === "float32" ? kernels.fromFloat64(...args) : kernels.fromFloat32(...args)];
    if (isFloat(dtype)) return [source === "int32" ? kernels.fromInt32(...args) : kernels.fromUint8(...args)];
    if (isFloat(source)) return [dtype === "int32" ? kernels.toInt32(...args) : kernels.toUint8(...args)];
    return [dtype === "uint8" ? common.narrow(...args) : common.widen(...args)];
  },
  gradient(_, { operands: [x] }, dy) {
    const { dtype } = x as Expression;
    return isFloat(dtype) ? (cast(dy, dtype) as Expression<FloatType>) : undefined;
  },
  flops: () => 0,
  isElementwise: true,
};

const NAMES = "float32, float64, int32 or uint8";

function isCastType(dtype: unknown): dtype is CastType {
  return dtype === "float32" || dtype === "float64" || dtype === "int32" || dtype === "uint8";
}
