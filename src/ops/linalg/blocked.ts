/**
 * Recursive factorizations and triangular solves (Toledo 1997; Elmroth and Gustavson 2000): halves down to LEAF rows or
 * columns, which the host computes, with matrix products between them.
 *
 *   A = [A₁₁ A₁₂]   factor [A₁₁; A₂₁],  A₁₂ ← L₁₁⁻¹A₁₂,  A₂₂ ← A₂₂ − A₂₁A₁₂,  factor A₂₂
 *       [A₂₁ A₂₂]
 *
 * Only + − × ÷ √, in float64 and rounded to the dtype on each store: the same bits in every runtime.
 */
import type { Call, Step } from "../../tensor/operation.ts";
import { ACTIVATION, type Pointer } from "../../wasm/abi.ts";
import { type ArrayOf, bytesPerElement, type DType, type FloatType } from "../../wasm/dtype.ts";
import type { Memory } from "../../wasm/memory.ts";

/** A typed array of floats. */
export type Floats = ArrayOf[FloatType];

/** Rows or columns that the host factors or solves at once. */
const LEAF = 8;

/** A triangular matrix as its solve reads it: element (i, j) is at i · rows + j · columns. */
type Triangular = {
  readonly pointer: Pointer;
  readonly rows: number;
  readonly columns: number;
  readonly triangle: "lower" | "upper";
  readonly isUnit: boolean;
};

/** A matrix by rows: its address, and the elements from row to row. */
type Rows = { readonly pointer: Pointer; readonly stride: number };

/** What steps are made from; `scratch` is that of the products. */
export type Maker = {
  readonly kernels: Call["kernels"];
  readonly memory: Memory;
  readonly dtype: FloatType;
  readonly scratch: Pointer;
};

/** Elements from `pointer` on, as a view that is made again only when memory has grown. */
export function viewer<D extends DType>(memory: Memory, dtype: D, pointer: Pointer, length: number): () => ArrayOf[D] {
  let view = memory.view(dtype, pointer, length);
  return () => {
    if (view.buffer !== memory.buffer) view = memory.view(dtype, pointer, length);
    return view;
  };
}

/** Bytes, to the next multiple of 16. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/**
 * PA = LU in place, by rows: L below the diagonal (1 on it), U on and above it. `pivots[j]` is the row that was swapped
 * with row j, the largest of its column.
 *
 * @param onZero called with the index of a pivot that is 0, before the column is left as it is
 */
export function luSteps(maker: Maker, n: number, a: Pointer, pivots: Pointer, onZero: (pivot: number) => void): Step[] {
  const { memory, dtype } = maker;
  const size = bytesPerElement(dtype);
  const at = (i: number, j: number): Rows => ({ pointer: a + (i * n + j) * size, stride: n });
  const matrix = viewer(memory, dtype, a, n * n);
  const order = viewer(memory, "int32", pivots, n);
  const steps: Step[] = [];
  const factor = (first: number, end: number): void => {
    if (end - first <= LEAF) {
      steps.push(() => factorColumns(matrix(), order(), n, first, end, onZero));
      return;
    }
    const middle = first + halfOf(end - first);
    factor(first, middle);
    const l = { ...triangularAt(at(first, first), "lower"), isUnit: true };
    steps.push(...solveSteps(maker, l, at(first, middle), middle - first, end - middle));
    steps.push(
      subtract(
        maker,
        [n - middle, end - middle, middle - first],
        at(middle, first),
        at(first, middle),
        at(middle, middle),
      ),
    );
    factor(middle, end);
  };
  if (n > 0) factor(0, n);
  return steps;
}

/** Columns first … end − 1 of PA = LU, rows from `first` on; whole rows are swapped. */
function factorColumns(
  a: Floats,
  pivots: Int32Array,
  n: number,
  first: number,
  end: number,
  onZero: (pivot: number) => void,
): void {
  for (let j = first; j < end; j++) {
    let row = j;
    let largest = Math.abs(a[j * n + j]!);
    for (let i = j + 1; i < n; i++) {
      const size = Math.abs(a[i * n + j]!);
      if (size > largest) [row, largest] = [i, size];
    }
    pivots[j] = row;
    if (row !== j) swapRows(a, n, j, row);
    const pivot = a[j * n + j]!;
    if (pivot === 0) {
      onZero(j);
      continue;
    }
    for (let i = j + 1; i < n; i++) {
      a[i * n + j]! /= pivot;
      const l = a[i * n + j]!;
      for (let c = j + 1; c < end; c++) a[i * n + c]! -= l * a[j * n + c]!;
    }
  }
}

/** Swaps two rows of n elements. */
export function swapRows(a: Floats, n: number, i: number, j: number): void {
  const [from, to] = [i * n, j * n];
  for (let c = 0; c < n; c++) {
    const kept = a[from + c]!;
    a[from + c] = a[to + c]!;
    a[to + c] = kept;
  }
}

/**
 * A = LLᵀ in place, by rows; reads and writes the lower triangle, and leaves numbers of no meaning above it.
 *
 * @param onPivot called with the index of a pivot that is not positive; throws
 */
export function choleskySteps(maker: Maker, n: number, a: Pointer, onPivot: (pivot: number) => void): Step[] {
  const { memory, dtype } = maker;
  const size = bytesPerElement(dtype);
  const at = (i: number, j: number): Rows => ({ pointer: a + (i * n + j) * size, stride: n });
  const matrix = viewer(memory, dtype, a, n * n);
  const steps: Step[] = [];
  /** X ← X L⁻ᵀ for the rows from `end` to `last` − 1 of columns first … end − 1. */
  const solveRight = (first: number, end: number, from: number, last: number): void => {
    if (end - first <= LEAF) {
      steps.push(() => substituteRows(matrix(), n, first, end, from, last));
      return;
    }
    const middle = first + halfOf(end - first);
    solveRight(first, middle, from, last);
    const sizes = [last - from, end - middle, middle - first] as const;
    steps.push(subtract(maker, sizes, at(from, first), at(middle, first), at(from, middle), "b"));
    solveRight(middle, end, from, last);
  };
  /** The lower triangle of A₂₂ ← A₂₂ − XXᵀ, X in columns first … middle − 1; squares on the diagonal are whole. */
  const update = (first: number, middle: number, from: number, last: number): void => {
    if (last - from <= 8 * LEAF) {
      const sizes = [last - from, last - from, middle - first] as const;
      steps.push(subtract(maker, sizes, at(from, first), at(from, first), at(from, from), "b"));
      return;
    }
    const half = from + halfOf(last - from);
    update(first, middle, from, half);
    const sizes = [last - half, half - from, middle - first] as const;
    steps.push(subtract(maker, sizes, at(half, first), at(from, first), at(half, from), "b"));
    update(first, middle, half, last);
  };
  const factor = (first: number, end: number): void => {
    if (end - first <= LEAF) {
      steps.push(() => factorSquare(matrix(), n, first, end, onPivot));
      return;
    }
    const middle = first + halfOf(end - first);
    factor(first, middle);
    solveRight(first, middle, middle, end);
    update(first, middle, middle, end);
    factor(middle, end);
  };
  if (n > 0) factor(0, n);
  return steps;
}

/** A = LLᵀ of the square first … end − 1 on the diagonal. */
function factorSquare(a: Floats, n: number, first: number, end: number, onPivot: (pivot: number) => void): void {
  for (let j = first; j < end; j++) {
    let pivot = a[j * n + j]!;
    for (let k = first; k < j; k++) pivot -= a[j * n + k]! * a[j * n + k]!;
    if (!(pivot > 0)) onPivot(j);
    a[j * n + j] = Math.sqrt(pivot);
    substituteRows(a, n, j, j + 1, j + 1, end, first);
  }
}

/** X ← X L⁻ᵀ for columns first … end − 1 of rows from … last − 1, L in the square of these columns. */
function substituteRows(
  a: Floats,
  n: number,
  first: number,
  end: number,
  from: number,
  last: number,
  start: number = first,
): void {
  for (let i = from; i < last; i++) {
    for (let j = first; j < end; j++) {
      let sum = a[i * n + j]!;
      for (let k = start; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = sum / a[j * n + j]!;
    }
  }
}

/** A triangle of a matrix by rows. */
export function triangularAt({ pointer, stride }: Rows, triangle: "lower" | "upper"): Triangular {
  return { pointer, rows: stride, columns: 1, triangle, isUnit: false };
}

/** X ← T⁻¹X for a triangular T, n × n, and X, n × m, in place. */
export function solveSteps(maker: Maker, t: Triangular, x: Rows, n: number, m: number): Step[] {
  if (n === 0 || m === 0) return [];
  const { memory, dtype } = maker;
  const size = bytesPerElement(dtype);
  if (n <= LEAF) {
    const triangle = viewer(memory, dtype, t.pointer, (n - 1) * (t.rows + t.columns) + 1);
    const right = viewer(memory, dtype, x.pointer, (n - 1) * x.stride + m);
    return [() => substitute(triangle(), t, right(), x.stride, n, m)];
  }
  const half = halfOf(n);
  const rest = n - half;
  const at = (i: number, j: number) => t.pointer + (i * t.rows + j * t.columns) * size;
  const below = { ...x, pointer: x.pointer + half * x.stride * size };
  const upper = solveSteps(maker, t, x, half, m);
  const lower = solveSteps(maker, { ...t, pointer: at(half, half) }, below, rest, m);
  const product = (k: number, rows: number, pointer: Pointer, from: Rows, to: Rows): Step =>
    maker.kernels.gemm(
      ...([rows, m, k, pointer, t.rows, t.columns, from.pointer, from.stride, 1, to.pointer, to.stride] as const),
      ...([0, ACTIVATION.none, maker.scratch, -1, 1, 0] as const),
    );
  if (t.triangle === "lower") return [...upper, product(half, rest, at(half, 0), x, below), ...lower];
  return [...lower, product(rest, half, at(0, half), below, x), ...upper];
}

/** The same on the host, one row of T after the other. */
function substitute(
  t: Floats,
  { rows, columns, triangle, isUnit }: Triangular,
  x: Floats,
  stride: number,
  n: number,
  m: number,
): void {
  const isLower = triangle === "lower";
  for (let step = 0; step < n; step++) {
    const i = isLower ? step : n - 1 - step;
    const row = i * stride;
    for (let earlier = 0; earlier < step; earlier++) {
      const k = isLower ? earlier : n - 1 - earlier;
      const factor = t[i * rows + k * columns]!;
      const other = k * stride;
      for (let c = 0; c < m; c++) x[row + c]! -= factor * x[other + c]!;
    }
    if (isUnit) continue;
    const pivot = t[i * (rows + columns)]!;
    for (let c = 0; c < m; c++) x[row + c]! /= pivot;
  }
}

/** C ← C − AB, or C − ABᵀ: C is m × n. */
function subtract(
  { kernels, scratch }: Maker,
  [m, n, k]: readonly [m: number, n: number, k: number],
  a: Rows,
  b: Rows,
  c: Rows,
  transpose: "none" | "b" = "none",
): Step {
  const [rsb, csb] = transpose === "b" ? [1, b.stride] : [b.stride, 1];
  return kernels.gemm(
    ...([m, n, k, a.pointer, a.stride, 1, b.pointer, rsb, csb, c.pointer, c.stride] as const),
    ...([0, ACTIVATION.none, scratch, -1, 1, 0] as const),
  );
}

/** About half, a multiple of LEAF. */
function halfOf(n: number): number {
  return Math.ceil(n / 2 / LEAF) * LEAF;
}
