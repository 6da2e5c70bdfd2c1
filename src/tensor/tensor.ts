/**
 * A tensor: a shape over a block of an engine's memory.
 *
 *   owner  made by `tensor`, `zeros` or an operation; the creator disposes of it
 *   view   rows of a tensor, or one tensor of a group; lives as long as the owner, frees nothing
 */
import { checkText } from "../arguments.ts";
import { Owner } from "../disposable.ts";
import { DisposedError, OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { isNumbers } from "../readable.ts";
import { describeValue, tagOf } from "../values.ts";
import { type ArrayOf, bytesPerElement, checkDType, type DType } from "../wasm/dtype.ts";
import { checkEngine, type Engine } from "../wasm/engine.ts";
import type { Block } from "../wasm/memory.ts";
import { checkShape, countOf, flatten, type NestedNumbers, nest, type Shape, shapeOf, show } from "./layout.ts";
import { showNumbers, whereReadable } from "./numbers.ts";

/** Where a tensor's elements are stored: a block, and whether the tensor owns or only sees it. */
type Storage = { readonly block: Block; readonly offset: number; readonly role: "owner" | "view" };

/** What `tensor` makes elements from: nested numbers, or a typed array, which is copied. */
export type TensorData = NestedNumbers | Float32Array | Float64Array | Int32Array | Uint16Array | Uint8Array;

/** What `tensor` cannot see from the numbers. */
export type TensorOptions<D extends DType> = {
  /** Default: that of a typed array, else float32. */
  readonly dtype?: D;
  /** Default: as the numbers are nested; one axis for a typed array. */
  readonly shape?: Shape;
  /** What errors call it. */
  readonly name?: string;
};

/** Row-major numbers of one dtype in an engine's memory. */
export class Tensor<D extends DType = DType> extends Owner {
  static override get name(): string {
    return "Tensor";
  }
  readonly engine: Engine;
  readonly dtype: D;
  /** Extents, the outermost axis first. */
  readonly shape: Shape;
  /** Number of elements. */
  readonly size: number;
  /** What errors call it. */
  readonly name: string | undefined;
  readonly #storage: Storage;
  #isDisposed = false;
  #data: ArrayOf[D] | undefined;

  /** Takes over a block, or sees a part of one; `tensor`, `zeros` and `tensorGroup` make them. */
  constructor(engine: Engine, storage: Storage, spec: { dtype: D; shape: Shape; name?: string | undefined }) {
    super();
    this.engine = engine;
    this.dtype = spec.dtype;
    this.shape = spec.shape;
    this.size = countOf(spec.shape);
    this.name = spec.name;
    this.#storage = storage;
    if (storage.role === "owner") engine.watch?.begin(this, this.describe(), storage.block.bytes);
  }

  /**
   * The address of the first element, for kernels.
   *
   * @throws {DisposedError} after `dispose()` of the tensor, of its owner or of the engine
   * @throws {TrapError} after a kernel of the engine trapped
   */
  get pointer(): number {
    this.engine.checkOpen();
    if (this.#isDisposed || !this.#storage.block.isLive) throw new DisposedError(this.describe(), "use");
    return this.#storage.block.pointer + this.#storage.offset;
  }

  /** Whether it, or the tensor that it is a view of, was disposed of. */
  get isDisposed(): boolean {
    return this.#isDisposed || !this.#storage.block.isLive;
  }

  /**
   * The elements themselves, row-major: writing changes the tensor. A view, valid until memory grows, so ask
   * for it where it is used and do not keep it.
   *
   * @throws {DisposedError} after `dispose()`
   */
  get data(): ArrayOf[D] {
    const pointer = this.pointer;
    const { memory } = this.engine;
    if (this.#data?.buffer !== memory.buffer) this.#data = memory.view(this.dtype, pointer, this.size);
    return this.#data;
  }

  /** A copy as nested numbers: `[[1, 2], [3, 4]]`. */
  toArray(): NestedNumbers {
    return nest(this.data, this.shape);
  }

  /**
   * Copies numbers into the tensor, converted to its dtype.
   *
   * @throws {ShapeError} nested numbers of another shape, or a typed array of another length
   * @throws {OptionError} not numbers, a number that an integer dtype cannot hold, a detached array, or a Proxy of one
   */
  set(values: TensorData): void {
    write(this, values, "set");
  }

  /**
   * Rows from `start` to before `end`, as a view: nothing is copied.
   *
   * @throws {ShapeError} the range is out of bounds, or the tensor has no axis
   */
  rows(start: number, end: number): Tensor<D> {
    const [count, ...inner] = this.shape;
    const isRange = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end;
    if (count === undefined || !isRange || end > count) {
      throw new ShapeError(
        "rows",
        this.describe(),
        `a range within 0..${count ?? 0}`,
        `${describeValue(start)}..${describeValue(end)}`,
      );
    }
    return this.part(start * countOf(inner), [end - start, ...inner], this.name);
  }

  /**
   * The elements from `start` on, in row-major order, under a shape of their own: a view, nothing is copied.
   *
   * @param start counts elements
   * @throws {ShapeError} they reach beyond the tensor, or `start` is not an integer
   * @throws {DisposedError} after `dispose()`
   * @throws {OptionError} an invalid shape
   */
  part(start: number, shape: Shape, name?: string): Tensor<D> {
    void this.pointer; // a disposed view gives no further views
    const wanted = checkShape("part: shape", shape);
    checkText("part: name", name);
    if (!Number.isInteger(start) || !(start >= 0 && start + countOf(wanted) <= this.size)) {
      throw new ShapeError(
        "part",
        this.describe(),
        `elements within 0..${this.size}`,
        `${show(shape)} from ${describeValue(start)}`,
      );
    }
    const { block, offset } = this.#storage;
    const storage: Storage = { block, offset: offset + start * bytesPerElement(this.dtype), role: "view" };
    return new Tensor<D>(this.engine, storage, { dtype: this.dtype, shape: wanted, name });
  }

  /** `W1 float32 [784, 50]`: what errors call it. */
  describe(): string {
    return `${this.name ?? "tensor"} ${this.dtype} ${show(this.shape)}`;
  }

  /**
   * Its name, dtype, shape and numbers, as NumPy shows an array: where there are more than 100, of each axis the first and
   * the last three. A disposed tensor is shown as that.
   */
  override toString(): string {
    const { name, dtype, shape } = this;
    const title = `Tensor${name === undefined ? "" : ` ${name}`} ${dtype} ${show(shape)}`;
    return `${title}:${shape.length > 1 ? "\n" : " "}${whereReadable(() => showNumbers(this.data, shape))}`;
  }

  /**
   * What JSON has of it: nested numbers, which `tensor` takes. JSON makes null of NaN and ±∞.
   *
   * @throws {DisposedError} after `dispose()`
   */
  override toJSON(): NestedNumbers {
    return this.toArray();
  }

  /**
   * Along the first axis, as NumPy's arrays: the numbers of a vector; of more axes, a view of each element, which is not
   * copied and needs no `dispose`.
   *
   * @throws {ShapeError} the tensor has no axis
   * @throws {DisposedError} after `dispose()`
   */
  *[Symbol.iterator](): Generator<number | Tensor<D>, void> {
    const [count, ...inner] = this.shape;
    if (count === undefined) throw new ShapeError("iterate", this.describe(), "at least one axis", show(this.shape));
    for (let i = 0; i < count; i++) {
      if (inner.length === 0) yield this.data[i] ?? Number.NaN;
      else yield this.part(i * countOf(inner), inner);
    }
  }

  /** Gives the memory back; of a view, ends only the view. A second call does nothing. */
  dispose(): void {
    this.#isDisposed = true;
    this.#data = undefined;
    if (this.#storage.role === "view") return;
    this.engine.watch?.end(this);
    this.#storage.block.free();
  }
}

type DTypeOf<A> = A extends Float64Array
  ? "float64"
  : A extends Int32Array
    ? "int32"
    : A extends Uint16Array
      ? "uint16"
      : A extends Uint8Array
        ? "uint8"
        : "float32";

/**
 * A tensor from numbers, copied into the engine's memory.
 *
 * @throws {ShapeError} ragged rows, or a count of numbers that does not fill `shape`
 * @throws {OptionError} not numbers, an invalid shape, an unknown dtype or option, a number that an integer dtype cannot
 *   hold, a detached array, a Proxy of a typed array, or a `Uint32Array` without `dtype`
 * @throws {AllocationError} too large for one block
 * @example
 * using a = tensor(engine, [[1, 2], [3, 4]]);
 * using b = tensor(engine, new Float32Array(6), { shape: [2, 3] });
 */
export function tensor<A extends TensorData, D extends DType = DTypeOf<A>>(
  engine: Engine,
  values: A,
  options: TensorOptions<D> = {},
): Tensor<D> {
  checkOptions<TensorOptions<D>>("tensor", options, { dtype: 1, shape: 1, name: 1 });
  const { dtype, shape, name } = options;
  checkText("tensor: name", name);
  const natural = isNumbers(`tensor: ${name ?? "values"}`, values) ? [values.length] : shapeOf("tensor", values);
  const wanted = checkShape("shape", shape === undefined ? natural : shape);
  if (countOf(wanted) !== countOf(natural)) {
    throw new ShapeError(
      "tensor",
      "values",
      `${countOf(wanted)} for shape ${show(wanted)}`,
      `${countOf(natural)} numbers`,
    );
  }
  const type = dtype === undefined ? (dtypeOf(values) as D | undefined) : dtype;
  if (type === undefined)
    throw new OptionError("tensor: values", "a class of array that has a dtype, or options with dtype", values);
  const made = empty(engine, wanted, { dtype: type, name });
  try {
    write(made, values, "tensor", "any shape");
  } catch (error) {
    made.dispose();
    throw error;
  }
  return made;
}

/**
 * A tensor of zeros.
 *
 * @throws {OptionError} an invalid shape, an unknown dtype or option
 * @throws {AllocationError} too large for one block
 * @example
 * using y = zeros(engine, [2, 3], { dtype: "float64" });
 */
export function zeros<D extends DType = "float32">(
  engine: Engine,
  shape: Shape,
  options: Omit<TensorOptions<D>, "shape"> = {},
): Tensor<D> {
  checkOptions<Omit<TensorOptions<D>, "shape">>("zeros", options, { dtype: 1, name: 1 });
  const { dtype = "float32" as D, name } = options;
  const made = empty(engine, checkShape("shape", shape), { dtype, name });
  made.data.fill(0);
  return made;
}

/** A tensor whose elements are whatever memory held: for outputs, which are written whole. */
export function empty<D extends DType>(
  engine: Engine,
  shape: Shape,
  { dtype, name }: { dtype: D; name?: string | undefined },
): Tensor<D> {
  checkEngine(engine);
  checkDType("dtype", dtype);
  checkText("name", name);
  const block = engine.memory.allocate(countOf(shape) * bytesPerElement(dtype));
  return new Tensor<D>(engine, { block, offset: 0, role: "owner" }, { dtype, shape, name });
}

/** The dtypes of typed arrays; those of small integers and of float16 are exact in float32. */
const DTYPES: Readonly<Record<string, DType>> = {
  Float32Array: "float32",
  Float64Array: "float64",
  Float16Array: "float32",
  Int8Array: "float32",
  Int16Array: "float32",
  Int32Array: "int32",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
  Uint16Array: "uint16",
};

/** The dtype of a typed array, float32 of nested numbers. */
function dtypeOf(values: TensorData): DType | undefined {
  return ArrayBuffer.isView(values) ? DTYPES[tagOf(values)] : "float32";
}

/** Copies values into a tensor that they fill exactly. */
function write<D extends DType>(
  to: Tensor<D>,
  values: TensorData,
  op: string,
  spec: "same shape" | "any shape" = "same shape",
): void {
  const isFlat = isNumbers(`${op}: values`, values);
  if (spec === "same shape" && !isFlat) {
    const shape = shapeOf(op, values);
    if (show(shape) !== show(to.shape)) throw new ShapeError(op, "values", show(to.shape), show(shape));
  }
  const flat = isFlat ? values : flatten(values);
  if (flat.length !== to.size) throw new ShapeError(op, "values", `${to.size} numbers`, `${flat.length}`);
  const range = RANGE[to.dtype];
  // What comes as an array of the same dtype, or as bytes, fits: millions of pixels need no look.
  const fits = ArrayBuffer.isView(values) && (dtypeOf(values) === to.dtype || dtypeOf(values) === "uint8");
  if (range !== undefined && !fits) checkIntegers(op, flat, range, to.dtype);
  to.data.set(flat);
}

/** The smallest and the largest number of an integer dtype. */
export const RANGE: { readonly [D in DType]: readonly [number, number] | undefined } = {
  float32: undefined,
  float64: undefined,
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint16: [0, 65_535],
  uint8: [0, 255],
};

/** @throws {OptionError} a number that the integer dtype cannot hold */
export function checkIntegers(
  op: string,
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
  dtype: DType,
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined || !Number.isInteger(value) || value < low || value > high) {
      throw new OptionError(`${op}: values[${i}]`, `an integer from ${low} to ${high} (${dtype})`, value);
    }
  }
}
