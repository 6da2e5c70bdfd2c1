/**
 * Cumulative sums and products along an axis. The gradients of both are linear recurrences in the other direction:
 *
 *   cumsum    dx_p = dy_p + dx_(p+1)
 *   cumprod   dx_p = y_(p-1) · r_p,   r_p = dy_p + x_(p+1) · r_(p+1)      exact where x has zeros
 */
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Call, Operation, Step } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Pointer } from "../wasm/abi.ts";
import type { FloatType, NumberType } from "../wasm/dtype.ts";
import { add, keep, mul } from "./binary.ts";
import { type AxisOption, checkAxis, checkFloatOrInt32, type Into } from "./check.ts";
import { operate } from "./operation.ts";
import { concat, stretch } from "./rows.ts";
import { slice } from "./slicing.ts";

type Floats = Expression<FloatType>;
type Direction = { readonly axis: number; readonly step: 1 | -1 };

/** A function along an axis: a tensor gives a tensor (`out`, or a new one), an expression an expression. */
export type AxisFunction = {
  <D extends NumberType>(x: Tensor<D>, options?: AxisOption & Into<D>): Tensor<D>;
  <D extends NumberType>(x: Expression<D>, options?: AxisOption): Expression<D>;
  <D extends NumberType>(x: Value<D>, options?: AxisOption): Value<D>;
};

/**
 * y_p = x_0 + … + x_p along an axis, which is the last by default.
 *
 * Takes x of any shape with an axis, and gives as many elements: a tensor (`out`, or a new one), or an expression. Along the
 * last axis sums are kept in float64, along others in x's dtype. Of int32 they wrap around.
 *
 * @throws {ShapeError} no such axis, or an `out` that does not fit or overlaps
 * @throws {DTypeError} neither floats nor int32
 * @example
 * using x = tensor(engine, [1, 2, 3]);
 * using y = cumsum(x);
 * y.toArray(); // → [1, 3, 6]
 */
export const cumsum: AxisFunction = /* @__PURE__ */ cumulative("cumsum", () => CUMSUM);

/** y_p = x_0 · … · x_p along an axis. Shapes, accuracy, options and errors as for `cumsum`. */
export const cumprod: AxisFunction = /* @__PURE__ */ cumulative("cumprod", () => CUMPROD);

function cumulative(name: string, operation: () => Operation<Direction>): AxisFunction {
  const f = (x: Value<FloatType>, options: AxisOption & Into<FloatType> = {}): Value<FloatType> => {
    checkFloatOrInt32(name, "x", x);
    checkOptions<AxisOption & Into<FloatType>>(name, options, { axis: 1, out: 1 });
    const { axis = -1, out } = options;
    return operate(operation(), [x], { axis: checkAxis(name, x, axis), step: 1 }, out === undefined ? {} : { out });
  };
  return f as AxisFunction;
}

const sameSpec: Operation<Direction>["spec"] = ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape });

const CUMSUM: Operation<Direction> = {
  spec: sameSpec,
  name: "cumsum",
  bind: (call) => [
    call.kernels.store(call.scratch, oneOf(call)),
    scan(call, [call.scratch, 1], [call.at[0].pointer, 0], -0), // -0 + -0 is -0
  ],
  gradient: (_, { attributes: { axis, step } }, dy) => operate(CUMSUM, [dy], { axis, step: back(step) }) as Floats,
  scratchBytes: () => 16,
};

const CUMPROD: Operation<Direction> = {
  spec: sameSpec,
  name: "cumprod",
  bind: (call) => [
    call.kernels.store(call.scratch, noneOf(call)),
    scan(call, [call.at[0].pointer, 0], [call.scratch, 1], 1),
  ],
  gradient(_, { operands: [x], attributes: direction, result: y }, dy) {
    if (countOf(x.shape) === 0) return dy;
    return mul(before(y, direction, 1), later(x, direction, dy));
  },
  scratchBytes: () => 16,
};

/** y_p = a_p · y_(p-1) + b_p, from 0. */
const RECURRENCE: Operation<Direction> = {
  spec: sameSpec,
  name: "recurrence",
  bind: (call) => [scan(call, [call.at[0].pointer, 0], [call.at[1].pointer, 0], 0)],
  gradient(which, { operands: [a], attributes: direction, result: y }, dy) {
    const db = later(a, direction, dy);
    return which === 1 ? db : mul(before(y, direction, 0), db);
  },
  flops: ({ result }) => 2 * countOf(result.shape),
};

/** r_p = dy_p + a_(p+1) · r_(p+1): what reaches element p from all that follow it. */
function later(a: Floats, { axis, step }: Direction, dy: Floats): Floats {
  const direction = { axis, step: back(step) };
  return operate(RECURRENCE, [before(a, direction, 0), dy], direction) as Floats;
}

/** x_(p-1) at p, and `first` where there is none. */
function before(x: Floats, { axis, step }: Direction, first: 0 | 1): Floats {
  const k = x.shape[axis] ?? 0;
  const nothing = keep(0, slice(x, 0, 1, { axis })); // 0 also where x is NaN or ∞
  const edge = first === 0 ? nothing : add(nothing, 1);
  if (step === 1) return concat([edge, slice(x, 0, k - 1, { axis })], { axis }) as Floats;
  return concat([slice(x, 1, k, { axis }), edge], { axis }) as Floats;
}

function back(step: 1 | -1): 1 | -1 {
  return step === 1 ? -1 : 1;
}

/** 1 in the scratch: for int32 the float32 that has the same bits. */
function oneOf({ result }: Call<Direction>): number {
  return result.dtype === "int32" ? 2 ** -149 : 1;
}

/** -0, which changes no sum, and 0 of int32. */
function noneOf({ result }: Call<Direction>): number {
  return result.dtype === "int32" ? 0 : -0;
}

type Factors = readonly [pointer: Pointer, isOne: 0 | 1];

function scan(call: Call<Direction>, a: Factors, b: Factors, start: number): Step {
  const { kernels, common, result, attributes, out } = call;
  const { axis, step } = attributes;
  const { rows, inner } = stretch(result.shape, axis);
  const kernel = result.dtype === "int32" ? common.iscan : kernels.scan;
  return kernel(rows, result.shape[axis] ?? 0, inner, ...a, ...b, out.pointer, start, step === 1 ? 0 : 1);
}
