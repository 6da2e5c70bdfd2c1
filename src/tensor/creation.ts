/**
 * Tensors by a formula, with NumPy's numbers: `arange`, `linspace`, `eye`.
 *
 *   arange     start + i·((start + step) − start)     in the arithmetic of the dtype, as NumPy fills it
 *   linspace   start + i·((stop − start) / (n − 1))   in float64; the last is stop itself
 */
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { checkDType, type DType } from "../wasm/dtype.ts";
import { checkEngine, type Engine } from "../wasm/engine.ts";
import { checkShape } from "./layout.ts";
import { checkIntegers, empty, RANGE, type Tensor, type TensorOptions, zeros } from "./tensor.ts";

/** What a formula leaves open. */
export type CreationOptions<D extends DType> = Omit<TensorOptions<D>, "shape">;

/** Numbers from 0 to before `stop`, one apart. */
export function arange<D extends DType = "float32">(
  engine: Engine,
  stop: number,
  options?: CreationOptions<D>,
): Tensor<D>;
/** Numbers from `start` to before `stop`, one apart. */
export function arange<D extends DType = "float32">(
  engine: Engine,
  start: number,
  stop: number,
  options?: CreationOptions<D>,
): Tensor<D>;
/**
 * Numbers from `start` to before `stop`, `step` apart: ⌈(stop − start)/step⌉ of them, none where that is negative. float32 unless
 * `dtype` is given, whose rounding NumPy's `arange` of that dtype has as well.
 *
 * @throws {OptionError} a number is not finite, a step of 0, too many numbers, numbers that an integer dtype cannot hold, an
 *   unknown dtype or option
 * @throws {AllocationError} too large for one block
 * @example
 * using steps = arange(engine, 0, 1, 0.25);
 * steps.toArray(); // → [0, 0.25, 0.5, 0.75]
 */
export function arange<D extends DType = "float32">(
  engine: Engine,
  start: number,
  stop: number,
  step: number,
  options?: CreationOptions<D>,
): Tensor<D>;
export function arange<D extends DType>(
  engine: Engine,
  ...given: readonly (number | CreationOptions<D> | undefined)[]
): Tensor<D> {
  const count = given.findIndex((value, i) => typeof value !== "number" || i === 3);
  const numbers = given.slice(0, count < 0 ? given.length : count) as readonly number[];
  const options = given[numbers.length] as CreationOptions<D> | undefined;
  const [start, stop, step] = numbers.length === 1 ? [0, numbers[0], 1] : [numbers[0], numbers[1], numbers[2] ?? 1];
  checkFinite("arange: start", start);
  checkFinite("arange: stop", stop);
  checkFinite("arange: step", step);
  if (step === 0) throw new OptionError("arange: step", "a number other than 0", step);
  const { dtype, name } = checkCreation("arange", engine, options);
  const [length] = checkShape("arange: (stop − start) / step", [Math.max(0, Math.ceil((stop - start) / step))]);
  const round = dtype === "float32" ? Math.fround : exact;
  const first = round(start);
  const delta = round(round(start + step) - first);
  if (RANGE[dtype] !== undefined && length! > 0) {
    if (!Number.isInteger(step)) throw new OptionError("arange: step", `an integer, for ${dtype}`, step);
    checkIntegers("arange", [start, start + (length! - 1) * step], RANGE[dtype], dtype);
  }
  const made = empty(engine, [length!], { dtype, name });
  const { data } = made;
  if (length! > 0) data[0] = first;
  if (length! > 1) data[1] = start + step;
  for (let i = 2; i < data.length; i++) data[i] = first + round(round(i) * delta);
  return made;
}

/** How many numbers, and whether the last one is `stop`. */
export type LinspaceOptions<D extends DType> = CreationOptions<D> & {
  /** How many; 50 by default. */
  readonly num?: number;
  /** Whether the last number is `stop`; true by default. Without it they are (stop − start)/num apart. */
  readonly endpoint?: boolean;
};

/**
 * Numbers at equal distances from `start` to `stop`, as NumPy computes them, in float64; rounded to float32 unless `dtype` is
 * given, and down for an integer dtype.
 *
 * @throws {OptionError} a number, or the difference of both, is not finite, `num` not an integer ≥ 0, numbers that an integer
 *   dtype cannot hold, an unknown dtype or option
 * @throws {AllocationError} too large for one block
 * @example
 * using x = linspace(engine, -1, 1, { num: 5 });
 * x.toArray(); // → [-1, -0.5, 0, 0.5, 1]
 */
export function linspace<D extends DType = "float32">(
  engine: Engine,
  start: number,
  stop: number,
  options: LinspaceOptions<D> = {},
): Tensor<D> {
  checkFinite("linspace: start", start);
  checkFinite("linspace: stop", stop);
  const span = stop - start;
  checkFinite("linspace: stop − start", span);
  checkOptions<LinspaceOptions<D>>("linspace", options, { num: 1, endpoint: 1, dtype: 1, name: 1 });
  const { num = 50, endpoint = true, ...others } = options;
  if (typeof endpoint !== "boolean") throw new OptionError("linspace: endpoint", "a boolean", endpoint);
  const shape = checkShape("linspace: num", [num]);
  const { dtype, name } = checkCreation("linspace", engine, others);
  const isInteger = RANGE[dtype] !== undefined;
  if (isInteger) checkIntegers("linspace", [Math.floor(start), Math.floor(stop)], RANGE[dtype]!, dtype);
  const made = empty(engine, shape, { dtype, name });
  const { data } = made;
  const parts = endpoint ? num - 1 : num;
  const step = span / parts;
  for (let i = 0; i < num; i++) {
    // A step that rounds to 0 is not multiplied.
    const value = (parts === 0 ? i * span : step === 0 ? (i / parts) * span : i * step) + start;
    const last = endpoint && num > 1 && i === num - 1 ? stop : value;
    data[i] = isInteger ? Math.floor(last) : last;
  }
  return made;
}

/** On which diagonal. */
export type DiagonalOption = {
  /** 0 by default, the main one: `[i, i + k]`. Above it k > 0, below it k < 0. */
  readonly k?: number;
};

/**
 * Ones on a diagonal, and zeros elsewhere: rows × columns, by default as many columns as rows.
 *
 * @throws {OptionError} a size that is not an integer ≥ 0, k not an integer, an unknown dtype or option
 * @throws {AllocationError} too large for one block
 * @example
 * using identity = eye(engine, 2);
 * identity.toArray(); // → [[1, 0], [0, 1]]
 */
export function eye<D extends DType = "float32">(
  engine: Engine,
  rows: number,
  columns: number = rows,
  options: CreationOptions<D> & DiagonalOption = {},
): Tensor<D> {
  checkOptions<CreationOptions<D> & DiagonalOption>("eye", options, { k: 1, dtype: 1, name: 1 });
  const { k = 0, ...others } = options;
  checkDiagonal("eye: k", k);
  const made = zeros(engine, checkShape("eye: rows and columns", [rows, columns]), others);
  const { data } = made;
  for (let i = Math.max(0, -k); i < rows && i + k < columns; i++) data[i * columns + i + k] = 1;
  return made;
}

/** @throws {OptionError} not an integer */
export function checkDiagonal(option: string, k: unknown): asserts k is number {
  if (!Number.isInteger(k)) throw new OptionError(option, "an integer", k);
}

function checkCreation<D extends DType>(
  op: string,
  engine: Engine,
  options: CreationOptions<D> = {},
): { dtype: D; name: string | undefined } {
  checkEngine(engine);
  checkOptions<CreationOptions<D>>(op, options, { dtype: 1, name: 1 });
  const { dtype = "float32" as D, name } = options;
  checkDType("dtype", dtype);
  return { dtype, name };
}

function checkFinite(option: string, value: unknown): asserts value is number {
  if (!Number.isFinite(value)) throw new OptionError(option, "a finite number", value);
}

function exact(value: number): number {
  return value;
}
