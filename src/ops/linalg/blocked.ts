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

/** A matrix as the host sees it: a view, and where in it the first element is. */
type Seen = { readonly pointer: Pointer; readonly view: () => Floats; readonly start: number };

/** A triangular matrix as its solve reads it: element (i, j) is at i · rows + j · columns. */
export type Triangular = Seen & {
  readonly rows: number;
  readonly columns: number;
  readonly triangle: "lower" | "upper";
  readonly isUnit: boolean;
};

/** A matrix by rows: the elements from row to row. */
export type Rows = Seen & { readonly stride: number };

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

/** A matrix of n rows, one after the other. */
export function rowsAt(memory: Memory, dtype: FloatType, pointer: Pointer, n: number, stride: number): Rows {
  return { pointer, view: viewer(memory, dtype, pointer, n * stride), start: 0, stride };
}

/** The same view, from another element on. */
function moved({ pointer, view, start }: Seen, elements: number, size: number): Seen {
  return { pointer: pointer + elements * size, view, start: start + elements };
}

/** Bytes, to the next multiple of 16. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/**
 * PA = LU in place, by rows: L below the diagonal (1 on it), U on and above it. `pivots[j]` is the row that was swapped
 * with row j, the largest of its column.
 *
 * @param panel `panelBytes(n, dtype)` bytes, 16-byte aligned
 * @param onZero called with the index of a pivot that is 0, before the column is left as it is
 */
export function luSteps(
  maker: Maker,
  n: number,
  a: Rows,
  { pivots, panel }: { readonly pivots: Pointer; readonly panel: Pointer },
  onZero: (pivot: number) => void,
): Step[] {
  const size = bytesPerElement(maker.dtype);
  const { view: matrix } = a;
  const at = (i: number, j: number): Rows => ({ ...moved(a, i * n + j, size), stride: n });
  const columns = viewer(maker.memory, maker.dtype, panel, LEAF * n);
  const order = viewer(maker.memory, "int32", pivots, n);
  const steps: Step[] = [];
  const factor = (first: number, end: number): void => {
    if (end - first <= LEAF) {
      steps.push(() => factorColumns(matrix(), columns(), order(), n, first, end, onZero));
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

/**
 * Columns first … end − 1 of PA = LU, rows from `first` on, in `panel`, column by column: walking down columns of A would
 * miss the cache. Whole rows of A are swapped.
 */
function factorColumns(
  a: Floats,
  panel: Floats,
  pivots: Int32Array,
  n: number,
  first: number,
  end: number,
  onZero: (pivot: number) => void,
): void {
  const [rows, width] = [n - first, end - first];
  for (let i = 0, from = first * n + first; i < rows; i++, from += n)
    for (let j = 0; j < width; j++) panel[j * rows + i] = a[from + j]!;
  for (let j = 0; j < width; j++) {
    const column = j * rows;
    // The columns before this one are done: those above row j are solved for, those from it on are subtracted.
    for (let i = 1; i < j; i++) {
      for (let k = 0; k < i; k++) panel[column + i]! -= panel[k * rows + i]! * panel[column + k]!;
    }
    subtractAll(panel, column + j, rows - j, j, j, rows, panel, column, 1);
    let row = j;
    let largest = Math.abs(panel[column + j]!);
    for (let i = j + 1; i < rows; i++) {
      const size = Math.abs(panel[column + i]!);
      if (size > largest) {
        row = i;
        largest = size;
      }
    }
    pivots[first + j] = first + row;
    if (row !== j) {
      swapRows(a, n, first + j, first + row);
      for (let c = 0; c < width; c++) {
        const kept = panel[c * rows + j]!;
        panel[c * rows + j] = panel[c * rows + row]!;
        panel[c * rows + row] = kept;
      }
    }
    const pivot = panel[column + j]!;
    if (pivot === 0) onZero(first + j);
    else for (let i = j + 1; i < rows; i++) panel[column + i]! /= pivot;
  }
  for (let i = 0, to = first * n + first; i < rows; i++, to += n)
    for (let j = 0; j < width; j++) a[to + j] = panel[j * rows + i]!;
}

/** What `luSteps` needs for columns that the host factors. */
export function panelBytes(n: number, dtype: FloatType): number {
  return aligned(LEAF * n * bytesPerElement(dtype));
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
export function choleskySteps(maker: Maker, n: number, a: Rows, onPivot: (pivot: number) => void): Step[] {
  const size = bytesPerElement(maker.dtype);
  const { view: matrix } = a;
  const at = (i: number, j: number): Rows => ({ ...moved(a, i * n + j, size), stride: n });
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
export function triangularAt({ stride, ...seen }: Rows, triangle: "lower" | "upper"): Triangular {
  return { ...seen, rows: stride, columns: 1, triangle, isUnit: false };
}

/** X ← T⁻¹X for a triangular T, n × n, and X, n × m, in place. */
export function solveSteps(maker: Maker, t: Triangular, x: Rows, n: number, m: number): Step[] {
  if (n === 0 || m === 0) return [];
  if (n <= LEAF) return [() => substitute(t, t.view(), x, x.view(), n, m)];
  const size = bytesPerElement(maker.dtype);
  const half = halfOf(n);
  const rest = n - half;
  const at = (i: number, j: number) => moved(t, i * t.rows + j * t.columns, size);
  const below = { ...x, ...moved(x, half * x.stride, size) };
  const upper = solveSteps(maker, t, x, half, m);
  const lower = solveSteps(maker, { ...t, ...at(half, half) }, below, rest, m);
  const product = (k: number, rows: number, pointer: Pointer, from: Rows, to: Rows): Step =>
    maker.kernels.gemm(
      ...([rows, m, k, pointer, t.rows, t.columns, from.pointer, from.stride, 1, to.pointer, to.stride] as const),
      ...([0, ACTIVATION.none, maker.scratch, -1, 1, 0] as const),
    );
  if (t.triangle === "lower") return [...upper, product(half, rest, at(half, 0).pointer, x, below), ...lower];
  return [...lower, product(rest, half, at(0, half).pointer, below, x), ...upper];
}

/** The same on the host, one row of T after the other. */
function substitute(
  { start: corner, rows, columns, triangle, isUnit }: Triangular,
  t: Floats,
  { start, stride }: Rows,
  x: Floats,
  n: number,
  m: number,
): void {
  const isLower = triangle === "lower";
  for (let step = 0; step < n; step++) {
    const i = isLower ? step : n - 1 - step;
    const row = start + i * stride;
    const earliest = isLower ? 0 : i + 1;
    const factors = corner + i * rows + earliest * columns;
    subtractAll(x, row, m, step, start + earliest * stride, stride, t, factors, columns);
    if (isUnit) continue;
    const pivot = t[corner + i * (rows + columns)]!;
    for (let c = 0; c < m; c++) x[row + c]! /= pivot;
  }
}

/** y ← y − Σ f_k x_k for `count` vectors, one after the other, `stride` apart: all in one array, up to four in one pass. */
function subtractAll(
  a: Floats,
  y: number,
  length: number,
  count: number,
  x: number,
  stride: number,
  f: Floats,
  first: number,
  step: number,
): void {
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const [f0, f1] = [f[first + k * step]!, f[first + (k + 1) * step]!];
    const [f2, f3] = [f[first + (k + 2) * step]!, f[first + (k + 3) * step]!];
    const x0 = x + k * stride;
    const [x1, x2, x3] = [x0 + stride, x0 + 2 * stride, x0 + 3 * stride];
    for (let i = 0; i < length; i++)
      a[y + i] = a[y + i]! - f0 * a[x0 + i]! - f1 * a[x1 + i]! - f2 * a[x2 + i]! - f3 * a[x3 + i]!;
  }
  for (; k + 2 <= count; k += 2) {
    const [f0, f1] = [f[first + k * step]!, f[first + (k + 1) * step]!];
    const x0 = x + k * stride;
    const x1 = x0 + stride;
    for (let i = 0; i < length; i++) a[y + i] = a[y + i]! - f0 * a[x0 + i]! - f1 * a[x1 + i]!;
  }
  for (; k < count; k++) {
    const f0 = f[first + k * step]!;
    const x0 = x + k * stride;
    for (let i = 0; i < length; i++) a[y + i]! -= f0 * a[x0 + i]!;
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
