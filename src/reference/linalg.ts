/** Factorizations and triangular solves by halves: the reference for assembly/kernels/linalg.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

type Names = "lu" | "cholesky" | "solveTriangular" | "factorScratch";

const LEAF = 8;

export function factorizations(
  memory: Pages,
  { isSingle, bytes, floats, at, round, mul, sub, div, nmadd }: Element,
  { gemm, gemmScratch }: Pick<FloatKernels, "gemm" | "gemmScratch">,
): Pick<FloatKernels, Names> {
  const lanes = isSingle ? 4 : 2;
  const kc = isSingle ? 256 : 192;
  let failed = -1;

  /** C ← C − AB; a, b and c are indices. */
  const subtract = (
    [m, n, k]: readonly [m: number, n: number, k: number],
    a: number,
    [rsa, csa]: readonly [rows: number, columns: number],
    b: number,
    ldb: number,
    c: number,
    ldc: number,
  ): void => {
    const [pa, pb, pc] = [a * bytes, b * bytes, c * bytes];
    gemm(m, n, k, pa, rsa, csa, pb, ldb, 1, pc, ldc, 0, 0, 0, -1, 1, 0);
  };

  /** X ← T⁻¹X. */
  const solve = (
    isUpper: number,
    isUnit: number,
    [n, m]: readonly [n: number, m: number],
    t: number,
    strides: readonly [rows: number, columns: number],
    x: number,
    ldx: number,
  ): void => {
    const [rt, ct] = strides;
    if (n <= LEAF) {
      substitute(isUpper, isUnit, n, m, t, rt, ct, x, ldx);
      return;
    }
    const k = halfOf(n);
    const rest = n - k;
    const [last, y] = [t + k * (rt + ct), x + k * ldx];
    if (isUpper) {
      solve(1, isUnit, [rest, m], last, strides, y, ldx);
      subtract([k, m, rest], t + k * ct, strides, y, ldx, x, ldx);
      solve(1, isUnit, [k, m], t, strides, x, ldx);
      return;
    }
    solve(0, isUnit, [k, m], t, strides, x, ldx);
    subtract([rest, m, k], t + k * rt, strides, x, ldx, y, ldx);
    solve(0, isUnit, [rest, m], last, strides, y, ldx);
  };

  const substitute = (
    isUpper: number,
    isUnit: number,
    n: number,
    m: number,
    t: number,
    rt: number,
    ct: number,
    x: number,
    ldx: number,
  ): void => {
    const v = floats();
    const row = (step: number) => (isUpper ? n - 1 - step : step);
    for (let j = 0; j < m; j++) {
      for (let step = 0; step < n; step++) {
        const i = row(step);
        let sum = v[x + i * ldx + j]!;
        for (let k = 0; k < step; k++) sum = nmadd(v[t + i * rt + row(k) * ct]!, v[x + row(k) * ldx + j]!, sum);
        v[x + i * ldx + j] = isUnit ? sum : div(sum, v[t + i * (rt + ct)]!);
      }
    }
  };

  const swapRows = (n: number, a: number, i: number, j: number): void => {
    const v = floats();
    for (let c = 0; c < n; c++) {
      const kept = v[a + i * n + c]!;
      v[a + i * n + c] = v[a + j * n + c]!;
      v[a + j * n + c] = kept;
    }
  };

  /** Columns first … end − 1 of PA = LU. */
  const factorColumns = (n: number, a: number, pivots: number, first: number, end: number, base: number): void => {
    const width = end - first;
    const corner = a + first * (n + 1);
    if (width <= LEAF) {
      factorLeaf(n, a, pivots, first, width, base);
      return;
    }
    const k = halfOf(width);
    const [middle, rest] = [first + k, width - k];
    const [right, below] = [corner + k, corner + k * n];
    factorColumns(n, a, pivots, first, middle, base);
    solve(0, 1, [k, rest], corner, [n, 1], right, n);
    subtract([n - middle, rest, k], below, [n, 1], right, n, below + k, n);
    factorColumns(n, a, pivots, middle, end, base);
  };

  const factorLeaf = (n: number, a: number, pivots: number, first: number, width: number, base: number): void => {
    const v = floats();
    const rows = n - first;
    const corner = a + first * (n + 1);
    for (let j = 0; j < width; j++) {
      for (let i = 1; i < rows; i++) {
        let sum = v[corner + i * n + j]!;
        for (let k = 0; k < Math.min(i, j); k++) sum = nmadd(v[corner + i * n + k]!, v[corner + k * n + j]!, sum);
        v[corner + i * n + j] = sum;
      }
      let [row, largest] = [j, 0];
      for (let i = j; i < rows; i++) {
        const size = Math.abs(v[corner + i * n + j]!);
        if (size > largest) [row, largest] = [i, size];
      }
      memory.i32[pivots + first + j] = first + row;
      if (row !== j) swapRows(n, a, first + j, first + row);
      const pivot = v[corner + j * (n + 1)]!;
      if (pivot !== 0) for (let i = j + 1; i < rows; i++) v[corner + i * n + j] = div(v[corner + i * n + j]!, pivot);
      else if (failed < 0) failed = base + first + j;
    }
  };

  /** U of A = UᵀU. */
  const factorSquare = (n: number, a: number, lda: number, first: number): void => {
    if (n > LEAF) {
      const k = halfOf(n);
      const [right, last] = [a + k, a + k * (lda + 1)];
      factorSquare(k, a, lda, first);
      solve(0, 0, [k, n - k], a, [1, lda], right, lda);
      subtractSquare(n - k, k, right, last, lda);
      factorSquare(n - k, last, lda, first + k);
      return;
    }
    const v = floats();
    for (let i = 0; i < n; i++) {
      const row = a + i * lda;
      if (!(v[row + i]! > 0) && failed < 0) failed = first + i;
      const root = round(Math.sqrt(v[row + i]!));
      v[row + i] = root;
      for (let j = i + 1; j < n; j++) v[row + j] = div(v[row + j]!, root);
      for (let r = i + 1; r < n; r++) {
        for (let j = r; j < n; j++) v[a + r * lda + j] = sub(v[a + r * lda + j]!, mul(v[row + r]!, v[row + j]!));
      }
    }
  };

  /** The upper triangle of C ← C − XᵀX. */
  const subtractSquare = (n: number, k: number, x: number, c: number, ld: number): void => {
    if (n <= 8 * LEAF) {
      subtract([n, n, k], x, [1, ld], x, ld, c, ld);
      return;
    }
    const half = halfOf(n);
    const y = x + half;
    subtractSquare(half, k, x, c, ld);
    subtract([half, n - half, k], x, [1, ld], y, ld, c + half, ld);
    subtractSquare(n - half, k, y, c + half * (ld + 1), ld);
  };

  return {
    lu: (count, n, a, pivots, _scratch) => {
      failed = -1;
      for (let i = 0; i < count; i++) factorColumns(n, at(a) + i * n * n, (pivots >>> 2) + i * n, 0, n, i * n);
      return failed;
    },
    cholesky: (count, n, a, _scratch) => {
      failed = -1;
      for (let i = 0; i < count; i++) factorSquare(n, at(a) + i * n * n, n, i * n);
      return failed;
    },
    solveTriangular: (isUpper, isUnit, count, n, m, t, t0, rt, ct, pivots, x, _scratch) => {
      for (let i = 0; i < count; i++) {
        const to = at(x) + i * n * m;
        for (let j = 0; j < n && pivots !== 0; j++) {
          const row = memory.i32[(pivots >>> 2) + i * n + j]!;
          if (row !== j) swapRows(m, to, j, row);
        }
        solve(isUpper, isUnit, [n, m], at(t) + i * t0, [rt, ct], to, m);
      }
    },
    factorScratch: (n, m) => bytes * LEAF * (n + lanes) + gemmScratch(n, m, Math.min(n, kc)),
  };
}

function halfOf(n: number): number {
  return Math.floor((n + 2 * LEAF - 1) / (2 * LEAF)) * LEAF;
}
