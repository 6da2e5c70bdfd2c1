/**
 * A matrix whose rows are mostly zero, in compressed sparse rows (CSR): the nonzeros of each row,
 *
 *   starts    m + 1 positions: row i is at starts[i] … starts[i + 1] - 1 in the other two
 *   columns   the column of each nonzero, ascending in a row
 *   values    the nonzeros
 */

import { checkType } from "../arguments.ts";
import { allOrNothing, Owner } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { bytesPerElement, checkDType, type DType } from "../wasm/dtype.ts";
import { checkEngine, type Engine } from "../wasm/engine.ts";
import { checkShape, show } from "./layout.ts";
import { showNumbers, whereReadable } from "./numbers.ts";
import { empty, type Tensor, zeros } from "./tensor.ts";

/** Kernels move eight nonzeros at a time, so there is room for that many behind the last. */
const SPARE = 8;

/** The maximum number of columns that a column index can address. */
export const MAX_SPARSE_COLUMNS = 65_536;

/** How many nonzeros a matrix has room for. */
export type SparseSpec<D extends DType> = {
  readonly dtype: D;
  /** The most nonzeros of a row. */
  readonly maxRowNonzeros: number;
  /** The most nonzeros in all; default: `maxRowNonzeros` in every row. */
  readonly capacity?: number;
};

/**
 * Room for an m × k matrix that is mostly zero. The creator disposes of it.
 *
 * @example
 * using rows = new SparseMatrix(engine, [100, 784], { dtype: "float32", maxRowNonzeros: 300 });
 */
export class SparseMatrix<D extends DType = DType> extends Owner {
  static override get name(): string {
    return "SparseMatrix";
  }
  readonly engine: Engine;
  readonly dtype: D;
  /** [m, k] */
  readonly shape: readonly [number, number];
  /** The most nonzeros that fit. */
  readonly capacity: number;
  /** The most nonzeros of a row. */
  readonly maxRowNonzeros: number;
  /** m + 1 positions, int32 */
  readonly starts: Tensor<"int32">;
  /** uint16 */
  readonly columns: Tensor<"uint16">;
  /** The nonzeros themselves, row after row. */
  readonly values: Tensor<D>;

  /**
   * An m × k matrix without nonzeros yet.
   *
   * @throws {OptionError} an invalid shape, dtype or count of nonzeros
   * @throws {AllocationError} too large for one block
   */
  constructor(engine: Engine, shape: readonly [number, number], spec: SparseSpec<D>) {
    super();
    checkShape("shape", shape);
    checkType("SparseMatrix: spec", "object", spec);
    checkOptions<SparseSpec<D>>("SparseMatrix", spec, { dtype: 1, maxRowNonzeros: 1, capacity: 1 });
    const { dtype, maxRowNonzeros } = spec;
    checkEngine(engine);
    checkDType("SparseMatrix: dtype", dtype);
    if (shape.length !== 2) throw new OptionError("SparseMatrix: shape", "[rows, columns]", shape);
    for (const [option, count] of [["maxRowNonzeros", maxRowNonzeros] as const, ["capacity", spec.capacity] as const]) {
      if (option === "capacity" && count === undefined) continue;
      if (!Number.isInteger(count) || (count as number) < 0)
        throw new OptionError(`SparseMatrix: ${option}`, "an integer ≥ 0", count);
    }
    const { capacity = shape[0] * maxRowNonzeros } = spec;
    this.engine = engine;
    this.dtype = dtype;
    this.shape = shape;
    this.capacity = capacity;
    this.maxRowNonzeros = maxRowNonzeros;
    const parts = allOrNothing((own) => ({
      starts: own(zeros(engine, [shape[0] + 1], { dtype: "int32", name: "starts" })),
      columns: own(empty(engine, [capacity + SPARE], { dtype: "uint16", name: "columns" })),
      values: empty(engine, [capacity + SPARE], { dtype, name: "values" }),
    }));
    this.starts = parts.starts;
    this.columns = parts.columns;
    this.values = parts.values;
  }

  /** Nonzeros at the moment. */
  get nonzeros(): number {
    return this.starts.data[this.shape[0]] ?? 0;
  }

  /** Its dtype and shape, and the values of the first and the last nonzeros. */
  override toString(): string {
    const nonzeros = () => showNumbers(this.values.data, [this.nonzeros]);
    return `SparseMatrix ${this.dtype} ${show(this.shape)}, nonzeros: ${whereReadable(nonzeros)}`;
  }

  /** Gives the memory back. A second call does nothing. */
  dispose(): void {
    this.starts.dispose();
    this.columns.dispose();
    this.values.dispose();
  }
}

/** Memory layout of sparse rows in one block: byte offsets of columns and values after the starts, and the total bytes. */
export function sparseLayout(
  [m = 0]: readonly number[],
  dtype: DType,
  maxRowNonzeros: number,
): { readonly columns: number; readonly values: number; readonly bytes: number } {
  const room = m * maxRowNonzeros + SPARE;
  const columns = align(4 * (m + 1));
  const values = columns + align(2 * room);
  return { columns, values, bytes: values + room * bytesPerElement(dtype) };
}

function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
