/** Copies of tensors in another arrangement, as NumPy's: `diag`, `triu`, `tril`, `meshgrid`; and `oneHot` of labels. */
import { checkInstance, checkList } from "../arguments.ts";
import { EngineMismatchError, IndexError, OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { DType } from "../wasm/dtype.ts";
import { type CreationOptions, checkDiagonal, type DiagonalOption } from "./creation.ts";
import { checkShape, countOf, show } from "./layout.ts";
import { empty, Tensor, zeros } from "./tensor.ts";

/** Which diagonal, and what errors call the result. */
export type DiagonalOptions = DiagonalOption & {
  /** What errors call it. */
  readonly name?: string;
};

/**
 * Of a vector: the square matrix with its elements on diagonal k, and zeros elsewhere. Of a matrix: its diagonal k, as a vector. A
 * copy of the same dtype.
 *
 * @throws {ShapeError} neither a vector nor a matrix
 * @throws {OptionError} not a tensor, k not an integer, or an unknown option
 * @throws {DisposedError} after `dispose()`
 * @throws {AllocationError} too large for one block
 * @example
 * using diagonal = tensor(engine, [1, 2]);
 * using matrix = diag(diagonal);
 * matrix.toArray(); // → [[1, 0], [0, 2]]
 */
export function diag<D extends DType>(x: Tensor<D>, options: DiagonalOptions = {}): Tensor<D> {
  const { k, name } = checkDiagonalOf("diag", x, options);
  const { engine, dtype } = x;
  const [rows, columns] = x.shape;
  if (rows === undefined || x.shape.length > 2)
    throw new ShapeError("diag", x.describe(), "1 or 2 axes", show(x.shape));
  if (columns === undefined) {
    const size = rows + Math.abs(k);
    const made = zeros(engine, checkShape("diag", [size, size]), named(dtype, name));
    const first = Math.max(0, -k) * size + Math.max(0, k);
    for (let i = 0; i < rows; i++) made.data[first + i * (size + 1)] = x.data[i]!;
    return made;
  }
  const first = Math.max(0, -k) * columns + Math.max(0, k);
  const length = Math.max(0, Math.min(rows - Math.max(0, -k), columns - Math.max(0, k)));
  const made = empty(engine, [length], { dtype, name });
  for (let i = 0; i < length; i++) made.data[i] = x.data[first + i * (columns + 1)]!;
  return made;
}

/**
 * The upper triangle of a matrix, or of each matrix along the last two axes: a copy with zeros below diagonal k.
 *
 * @throws {ShapeError} fewer than two axes
 * @throws {OptionError} not a tensor, k not an integer, or an unknown option
 * @throws {DisposedError} after `dispose()`
 * @throws {AllocationError} too large for one block
 * @example
 * using matrix = tensor(engine, [[1, 2], [3, 4]]);
 * using upper = triu(matrix);
 * upper.toArray(); // → [[1, 2], [0, 4]]
 */
export function triu<D extends DType>(x: Tensor<D>, options: DiagonalOptions = {}): Tensor<D> {
  return triangle("triu", x, options, (offset, k) => offset >= k);
}

/**
 * The lower triangle of a matrix, or of each matrix along the last two axes: a copy with zeros above diagonal k.
 *
 * @throws {ShapeError} fewer than two axes
 * @throws {OptionError} not a tensor, k not an integer, or an unknown option
 * @throws {DisposedError} after `dispose()`
 * @throws {AllocationError} too large for one block
 * @example
 * using matrix = tensor(engine, [[1, 2], [3, 4]]);
 * using lower = tril(matrix);
 * lower.toArray(); // → [[1, 0], [3, 4]]
 */
export function tril<D extends DType>(x: Tensor<D>, options: DiagonalOptions = {}): Tensor<D> {
  return triangle("tril", x, options, (offset, k) => offset <= k);
}

function triangle<D extends DType>(
  op: string,
  x: Tensor<D>,
  options: DiagonalOptions,
  isKept: (offset: number, k: number) => boolean,
): Tensor<D> {
  const { k, name } = checkDiagonalOf(op, x, options);
  if (x.shape.length < 2) throw new ShapeError(op, x.describe(), "at least 2 axes", show(x.shape));
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const made = empty(x.engine, x.shape, { dtype: x.dtype, name });
  const [from, to] = [x.data, made.data];
  for (let i = 0; i < from.length; i++) {
    const column = i % columns;
    const row = ((i - column) / columns) % rows;
    to[i] = isKept(column - row, k) ? from[i]! : 0;
  }
  return made;
}

/** Which axis the first vector goes along. */
export type MeshgridOptions = {
  /** `"xy"`, the default: along the second axis, as x in a picture. `"ij"`: along the first. */
  readonly indexing?: "xy" | "ij";
};

/**
 * Coordinates of a grid: for each vector a tensor of the grid's shape that repeats it along the other axes. Of x with m elements and y
 * with n: n × m, or m × n with `indexing: "ij"`.
 *
 * @throws {ShapeError} an element that is not a vector
 * @throws {OptionError} not an array of tensors, an unknown indexing or option, or a grid that is too large
 * @throws {EngineMismatchError} vectors of different engines
 * @throws {DisposedError} after `dispose()`
 * @throws {AllocationError} too large for one block
 * @example
 * using across = arange(engine, 3);
 * using down = linspace(engine, 10, 20, { num: 2 });
 * const grids = meshgrid([across, down]);
 * grids.map((grid) => grid.toArray()); // → [[[0, 1, 2], [0, 1, 2]], [[10, 10, 10], [20, 20, 20]]]
 * for (const grid of grids) grid.dispose();
 */
export function meshgrid<D extends DType>(
  vectors: readonly Tensor<D>[],
  options: MeshgridOptions = {},
): readonly Tensor<D>[] {
  checkList("meshgrid: vectors", vectors, "an array of tensors");
  checkOptions<MeshgridOptions>("meshgrid", options, { indexing: 1 });
  const { indexing = "xy" } = options;
  if (indexing !== "xy" && indexing !== "ij") throw new OptionError("meshgrid: indexing", '"xy" or "ij"', indexing);
  for (const [i, vector] of vectors.entries()) {
    checkInstance(`meshgrid: vectors[${i}]`, "a tensor", Tensor, vector);
    void vector.pointer; // is not disposed of
    if (vector.shape.length !== 1) throw new ShapeError("meshgrid", vector.describe(), "1 axis", show(vector.shape));
    if (vector.engine !== vectors[0]!.engine) throw new EngineMismatchError("meshgrid", `vectors[${i}]`);
  }
  const axes = vectors.map((_, i) => (indexing === "xy" && i < 2 && vectors.length > 1 ? 1 - i : i));
  const sizes = vectors.map((_, axis) => vectors[axes.indexOf(axis)]!.size);
  const shape = checkShape("meshgrid: sizes", sizes);
  const made: Tensor<D>[] = [];
  try {
    for (const [i, vector] of vectors.entries()) {
      const { engine, dtype, name } = vector;
      const grid = empty(engine, shape, { dtype, name });
      made.push(grid);
      const inner = countOf(shape.slice(axes[i]! + 1));
      const [from, to] = [vector.data, grid.data];
      for (let at = 0; at < to.length; at++) to[at] = from[Math.floor(at / inner) % from.length]!;
    }
  } catch (error) {
    for (const grid of made) grid.dispose();
    throw error;
  }
  return made;
}

/**
 * A row of `classes` numbers for each label: 1 at the label, 0 elsewhere. float32 unless `dtype` is given.
 *
 * @param labels of any shape; the result has one axis more
 * @throws {IndexError} a label that is not an integer from 0 to before `classes`
 * @throws {OptionError} labels are not a tensor, `classes` not an integer ≥ 0, an unknown dtype or option
 * @throws {DisposedError} after `dispose()`
 * @throws {AllocationError} too large for one block
 * @example
 * using labels = tensor(engine, Int32Array.of(0, 2));
 * using rows = oneHot(labels, 3);
 * rows.toArray(); // → [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot<D extends DType = "float32">(
  labels: Tensor,
  classes: number,
  options: CreationOptions<D> = {},
): Tensor<D> {
  checkInstance("oneHot: labels", "a tensor", Tensor, labels);
  const { data } = labels;
  const shape = checkShape("oneHot: classes", [...labels.shape, classes]);
  for (const [i, label] of data.entries()) {
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new IndexError("oneHot", "labels", i, label, classes);
    }
  }
  const made = zeros(labels.engine, shape, options);
  for (const [i, label] of labels.data.entries()) made.data[i * classes + label] = 1;
  return made;
}

function checkDiagonalOf(
  op: string,
  x: unknown,
  options: DiagonalOptions,
): { readonly k: number; readonly name: string | undefined } {
  checkInstance(`${op}: x`, "a tensor", Tensor, x);
  void x.pointer; // is not disposed of
  checkOptions<DiagonalOptions>(op, options, { k: 1, name: 1 });
  const { k = 0, name } = options;
  checkDiagonal(`${op}: k`, k);
  return { k, name };
}

function named<D extends DType>(dtype: D, name: string | undefined): CreationOptions<D> {
  return name === undefined ? { dtype } : { dtype, name };
}
