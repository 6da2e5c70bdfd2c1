/**
 * What every operation checks before it passes a pointer: dtype, shape, memory, lifetime and overlap.
 */
import { DTypeError, EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { type AnyValue, Expression } from "../tensor/expression.ts";
import { isSameShape, type Shape, show } from "../tensor/layout.ts";
import { empty, Tensor } from "../tensor/tensor.ts";
import { describeValue } from "../values.ts";
import { bytesPerElement, type DType } from "../wasm/dtype.ts";

/** Where a result goes: into `out` if it is given, else into a new tensor, which the caller disposes of. */
export type Into<D extends DType> = {
  /** Of the result's shape and dtype, in the same engine. */
  readonly out?: Tensor<D>;
};

/** Along which axis. */
export type AxisOption = {
  /** From the end where negative; default 0. */
  readonly axis?: number;
};

/** The keys of `Into`. */
export const INTO_KEYS: KeysOf<Into<DType>> = { out: 1 };

/** Whether an output may be one of the inputs, or which of them. A partial overlap is never allowed. */
export type Aliasing = "may be an input" | "disjoint" | readonly number[];

/**
 * A dense value: a tensor, or an expression of one.
 *
 * @throws {OptionError} something else
 */
export function checkDense(op: string, argument: string, x: AnyValue): void {
  const isDense = x instanceof Tensor || (x instanceof Expression && x.maxRowNonzeros === undefined);
  if (!isDense) throw new OptionError(`${op}: ${argument}`, "a tensor", x);
}

/**
 * A tensor: what is computed at once cannot wait for an expression, which has no memory yet.
 *
 * @throws {OptionError} something else
 */
export function checkTensor(op: string, argument: string, x: AnyValue): void {
  if (!(x instanceof Tensor)) throw new OptionError(`${op}: ${argument}`, "a tensor", x);
}

/**
 * @throws {DTypeError} integers where floats are needed
 * @throws {OptionError} not a tensor
 */
export function checkFloat(op: string, argument: string, x: AnyValue): void {
  checkDense(op, argument, x);
  if (x.dtype !== "float32" && x.dtype !== "float64") {
    throw new DTypeError(op, argument, "float32 or float64", x.dtype);
  }
}

/**
 * As `checkFloat`, where int32 is computed with as well.
 *
 * @throws {DTypeError} another dtype
 * @throws {OptionError} not a tensor
 */
export function checkFloatOrInt32(op: string, argument: string, x: AnyValue): void {
  checkDense(op, argument, x);
  if (x.dtype === "int32") return;
  if (x.dtype !== "float32" && x.dtype !== "float64") {
    throw new DTypeError(op, argument, "float32, float64 or int32", x.dtype);
  }
}

/**
 * `x` must be of this dtype and in the memory of `like`.
 *
 * @throws {DTypeError} another dtype
 * @throws {EngineMismatchError} another engine
 * @throws {OptionError} not a tensor
 */
export function checkAlike(op: string, argument: string, x: AnyValue, like: AnyValue, dtype: DType = like.dtype): void {
  checkDense(op, argument, x);
  if (x.dtype !== dtype) throw new DTypeError(op, argument, dtype, x.dtype);
  if (x.engine !== like.engine) throw new EngineMismatchError(op, argument);
}

/**
 * A result of expressions has no place before a program gives it one.
 *
 * @throws {OptionError} there is a place
 */
export function checkNoPlace(op: string, option: string, place: unknown): void {
  if (place !== undefined)
    throw new OptionError(`${op}: ${option}`, "cannot be given where an operand is an expression");
}

/** @throws {OptionError} not a number */
export function checkNumber(op: string, argument: string, value: number): void {
  if (typeof value !== "number") throw new OptionError(`${op}: ${argument}`, "a number", value);
}

/** @throws {ShapeError} another shape */
export function checkShapeIs(op: string, argument: string, x: AnyValue, shape: Shape): void {
  if (!isSameShape(x.shape, shape)) throw new ShapeError(op, argument, show(shape), show(x.shape));
}

/** @throws {ShapeError} not a matrix */
export function checkMatrix(op: string, argument: string, x: AnyValue): void {
  if (x.shape.length !== 2) throw new ShapeError(op, argument, "a matrix (2 axes)", show(x.shape));
}

/**
 * The tensor that a result is written to, checked against everything that the kernel reads.
 *
 * @throws {ShapeError} `out` has another shape, or overlaps an input
 * @throws {DTypeError} `out` has another dtype
 * @throws {EngineMismatchError} `out` is in another engine
 * @throws {OptionError} `out` is not a tensor
 */
export function outputOf<D extends DType>(
  op: string,
  out: Tensor<D> | undefined,
  result: { readonly dtype: D; readonly shape: Shape },
  inputs: readonly [Tensor, ...Tensor[]],
  aliasing: Aliasing,
): Tensor<D> {
  for (const { pointer } of inputs) void pointer; // a disposed input is found before anything is allocated
  if (out === undefined) return empty(inputs[0].engine, result.shape, { dtype: result.dtype });
  checkOutput(op, "out", out, result, inputs, aliasing);
  return out;
}

/** As `outputOf`, where there is an output by another name. */
export function checkOutput(
  op: string,
  argument: string,
  out: Tensor,
  result: { readonly dtype: DType; readonly shape: Shape },
  inputs: readonly [Tensor, ...Tensor[]],
  aliasing: Aliasing,
): void {
  checkTensor(op, argument, out);
  checkAlike(op, argument, out, inputs[0], result.dtype);
  checkShapeIs(op, argument, out, result.shape);
  const start = out.pointer;
  const end = start + out.size * bytesPerElement(out.dtype);
  for (const [i, input] of inputs.entries()) {
    const first = input.pointer;
    if (end <= first || first + input.size * bytesPerElement(input.dtype) <= start) continue;
    if (out.size === 0 || input.size === 0) continue;
    const mayBe = typeof aliasing === "string" ? aliasing === "may be an input" : aliasing.includes(i);
    if (mayBe && first === start && input.dtype === out.dtype && input.size === out.size) continue;
    throw new ShapeError(op, argument, "memory apart from the inputs", `an overlap with ${input.describe()}`);
  }
}

/**
 * The `out` of a function that is composed of operations, checked as theirs are; its last operation writes to it.
 *
 * @param result what it gives
 * @param aliasing of the operands, which are `inputs`
 * @throws {OptionError} an unknown option, or `out` where an operand is an expression
 * @throws {ShapeError} `out` does not fit, or overlaps an operand
 * @throws {DTypeError} `out` has another dtype
 * @throws {EngineMismatchError} `out` is in another engine
 */
export function intoOf<D extends DType>(
  op: string,
  options: Into<D>,
  result: { readonly dtype: D; readonly shape: Shape },
  inputs: readonly [AnyValue, ...AnyValue[]],
  aliasing: Aliasing,
): Into<D> {
  checkOptions<Into<D>>(op, options, INTO_KEYS);
  if (options.out === undefined) return {};
  if (inputs.some((input) => input instanceof Expression)) checkNoPlace(op, "out", options.out);
  checkOutput(op, "out", options.out, result, inputs as [Tensor, ...Tensor[]], aliasing);
  return options;
}

/**
 * An axis counted from the front.
 *
 * @throws {ShapeError} no such axis
 */
export function checkAxis(op: string, x: AnyValue, axis: number): number {
  const counted = typeof axis === "number" && axis < 0 ? axis + x.shape.length : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < x.shape.length) return counted;
  throw new ShapeError(op, "axis", `an axis of ${show(x.shape)}`, describeValue(axis));
}
