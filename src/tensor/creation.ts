/**
 * Tensors by a formula, with NumPy's numbers: `arange`, `linspace`, `eye`, `ones`, `full`.
 *
 *   arange     start + i·((start + step) − start)     in the arithmetic of the dtype, as NumPy fills it
 *   linspace   start + i·((stop − start) / (n − 1))   in float64; the last is stop itself
 */
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { checkDType, type DType } from "../wasm/dtype.ts";
import { checkEngine, type Engine } from "../wasm/engine.ts";
import { checkShape, type Shape } from "./layout.ts";
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

/** How many columns, and on which diagonal. */
export type EyeOptions<D extends DType> = CreationOptions<D> &
  DiagonalOption & {
    /** How many columns; as many as rows by default. */
    readonly m?: number;
  };

/**
 * Ones on a diagonal, and zeros elsewhere: n × m, by default n × n.
 *
 * @throws {OptionError} a size that is not an integer ≥ 0, k not an integer, an unknown dtype or option
 * @throws {AllocationError} too large for one block
 * @example
 * using identity = eye(engine, 2);
 * identity.toArray(); // → [[1, 0], [0, 1]]
 * using above = eye(engine, 2, { m: 3, k: 1 });
 * above.toArray(); // → [[0, 1, 0], [0, 0, 1]]
 */
export function eye<D extends DType = "float32">(engine: Engine, n: number, options: EyeOptions<D> = {}): Tensor<D> {
  checkOptions<EyeOptions<D>>("eye", options, { m: 1, k: 1, dtype: 1, name: 1 });
  const { m = n, k = 0, ...others } = options;
  checkDiagonal("eye: k", k);
  const made = zeros(engine, checkShape("eye: n and m", [n, m]), others);
  const { data } = made;
  for (let i = Math.max(0, -k); i < n && i + k < m; i++) data[i * m + i + k] = 1;
  return made;
}

/**
 * A tensor of ones.
 *
 * @throws {OptionError} an invalid shape, an unknown dtype or option
 * @throws {AllocationError} too large for one block
 * @example
 * using y = ones(engine, [2], { dtype: "int32" });
 * y.toArray(); // → [1, 1]
 */
export function ones<D extends DType = "float32">(
  engine: Engine,
  shape: Shape,
  options: CreationOptions<D> = {},
): Tensor<D> {
  return filled("ones", engine, shape, 1, options);
}

/**
 * A tensor of one number.
 *
 * @throws {OptionError} an invalid shape, not a number, a number that an integer dtype does not have, an unknown dtype or option
 * @throws {AllocationError} too large for one block
 * @example
 * using y = full(engine, [2], 0.5);
 * y.toArray(); // → [0.5, 0.5]
 */
export function full<D extends DType = "float32">(
  engine: Engine,
  shape: Shape,
  value: number,
  options: CreationOptions<D> = {},
): Tensor<D> {
  if (typeof value !== "number") throw new OptionError("full: value", "a number", value);
  return filled("full", engine, shape, value, options);
}

function filled<D extends DType>(
  op: string,
  engine: Engine,
  shape: Shape,
  value: number,
  options: CreationOptions<D>,
): Tensor<D> {
  const { dtype, name } = checkCreation(op, engine, options);
  const range = RANGE[dtype];
  if (range !== undefined) checkIntegers(op, [value], range, dtype);
  const made = empty(engine, checkShape(`${op}: shape`, shape), { dtype, name });
  made.data.fill(value);
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
