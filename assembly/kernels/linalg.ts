import { dgemm, dgemmScratch, sgemm, sgemmScratch } from "../gemm/gemm";
import { kc } from "../params";
import { bytes, lanes, loadNext, nmadd, storeNext } from "../simd/lanes";
import { maxOfLanes } from "../simd/reduce";
import { dtranspose, stranspose } from "./rows";

/**
 * Factorizations and triangular solves of stacks of matrices, in place, by rows; by halves, with products between them
 * (Toledo 1997; Elmroth and Gustavson 2000):
 *
 *   lu                PA = LU: L below the diagonal (1 on it), U on and above it; row j was swapped with row pivots_j >= j
 *   cholesky          A = UᵀU: the upper triangle is read and becomes U; what is below it has no meaning afterwards
 *   solveTriangular   X ← T⁻¹PX
 *
 *   [A₁₁ A₁₂]         factor the columns of A₁₁, A₁₂ ← L₁₁⁻¹A₁₂, A₂₂ ← A₂₂ − A₂₁A₁₂, factor those of A₂₂
 *   [A₂₁ A₂₂]
 *
 *   count, n      matrices of n × n
 *   m             columns of X
 *   t, t0         T, one every t0 elements; element (i, j) at i·rt + j·ct
 *   isUpper       1: T is an upper triangle, else a lower one; the other is not read
 *   isUnit        1: the diagonal is 1 and not read
 *   pivots        rows that are swapped before, as `lu` has them; or 0
 *   scratch       factorScratch(n, m) bytes, 16-byte aligned; m = n of a factorization
 *
 * `lu` and `cholesky` return the first pivot that is 0, or not positive, counted over all matrices; -1 if all are good. `lu`
 * leaves its column as it is; of `cholesky` what follows has no meaning.
 *
 * # Safety
 * src/ops/linalg has checked: sizes are not negative, the operands hold what is said above, pivots are from 0 to before n, X
 * is disjoint from T.
 */

/** Columns or rows that are not halved. */
const LEAF: i32 = 8;

/** The first pivot of a call that is 0, or not positive. */
let failed: i32 = -1;

/** About half of n > LEAF, a multiple of LEAF. */
// @ts-ignore: decorator
@inline
function halfOf(n: i32): i32 {
  return ((n + 2 * LEAF - 1) / (2 * LEAF)) * LEAF;
}

/** C ← C − AB. */
function subtract<T>(m: i32, n: i32, k: i32, a: usize, rsa: i32, csa: i32, b: usize, ldb: i32, c: usize, ldc: i32, scratch: usize): void {
  if (sizeof<T>() == 4) sgemm(m, n, k, a, rsa, csa, b, ldb, 1, c, ldc, 0, 0, scratch, -1.0, 1.0, 0);
  else dgemm(m, n, k, a, rsa, csa, b, ldb, 1, c, ldc, 0, 0, scratch, -1.0, 1.0, 0);
}

/** X ← T⁻¹X; X has rows `ldx` elements apart. */
function solve<T>(
  isUpper: i32, isUnit: i32, n: i32, m: i32, t: usize, rt: i32, ct: i32, x: usize, ldx: i32, scratch: usize,
): void {
  if (n <= LEAF) {
    substitute<T>(isUpper, isUnit, n, m, t, bytes<T>(rt), bytes<T>(ct), x, bytes<T>(ldx));
    return;
  }
  const k = halfOf(n), rest = n - k;
  const right = t + bytes<T>(k) * ct, below = t + bytes<T>(k) * rt, last = below + bytes<T>(k) * ct;
  const y = x + bytes<T>(k) * ldx;
  if (isUpper) {
    solve<T>(1, isUnit, rest, m, last, rt, ct, y, ldx, scratch);
    subtract<T>(k, m, rest, right, rt, ct, y, ldx, x, ldx, scratch);
    solve<T>(1, isUnit, k, m, t, rt, ct, x, ldx, scratch);
  } else {
    solve<T>(0, isUnit, k, m, t, rt, ct, x, ldx, scratch);
    subtract<T>(rest, m, k, below, rt, ct, x, ldx, y, ldx, scratch);
    solve<T>(0, isUnit, rest, m, last, rt, ct, y, ldx, scratch);
  }
}

/** The same of one leaf, for a vector of columns after the other; strides are bytes. */
function substitute<T>(
  isUpper: i32, isUnit: i32, n: i32, m: i32, t: usize, rt: usize, ct: usize, x: usize, rx: usize,
): void {
  const zero = v128.splat<T>(<T>0.0);
  if (isUpper) {
    // From the last row to the first: strides that go back.
    const last = <usize>(n - 1);
    t += last * (rt + ct), x += last * rx;
    rt = 0 - rt, ct = 0 - ct, rx = 0 - rx;
  }
  for (; m > 0; m -= lanes<T>(), x += 16) {
    for (let i = 0, row = t, to = x; i < n; i++, row += rt, to += rx) {
      let sum = loadNext<T>(to, m, zero), factor = row;
      for (let from = x; from != to; from += rx, factor += ct) {
        sum = nmadd<T>(v128.load_splat<T>(factor), loadNext<T>(from, m, zero), sum);
      }
      storeNext<T>(to, isUnit ? sum : v128.div<T>(sum, v128.load_splat<T>(factor)), m);
    }
  }
}

function swapRows<T>(n: i32, a: usize, i: i32, j: i32): void {
  const zero = v128.splat<T>(<T>0.0);
  let x = a + bytes<T>(n) * i, y = a + bytes<T>(n) * j;
  for (; n > 0; n -= lanes<T>(), x += 16, y += 16) {
    const kept = loadNext<T>(x, n, zero);
    storeNext<T>(x, loadNext<T>(y, n, zero), n);
    storeNext<T>(y, kept, n);
  }
}

/** Columns first … end − 1, rows from `first` on; `base` is the number of pivots in the matrices before this one. */
function factorColumns<T>(n: i32, a: usize, pivots: usize, first: i32, end: i32, base: i32, scratch: usize): void {
  const width = end - first, at = a + bytes<T>(n + 1) * first;
  if (width <= LEAF) {
    factorLeaf<T>(n, a, pivots, first, width, base, scratch);
    return;
  }
  const k = halfOf(width), middle = first + k, rest = width - k;
  const right = at + bytes<T>(k), below = at + bytes<T>(k) * n;
  const products = scratch + leafBytes<T>(n);
  factorColumns<T>(n, a, pivots, first, middle, base, scratch);
  solve<T>(0, 1, k, rest, at, n, 1, right, n, products);
  subtract<T>(n - middle, rest, k, below, n, 1, right, n, below + bytes<T>(k), n, products);
  factorColumns<T>(n, a, pivots, middle, end, base, scratch);
}

/**
 * Few columns, in the scratch column by column: walking down columns of A would miss the cache. Behind each is a vector of what
 * has no meaning.
 */
function factorLeaf<T>(n: i32, a: usize, pivots: usize, first: i32, width: i32, base: i32, panel: usize): void {
  const rows = n - first, ld = rows + lanes<T>(), line = bytes<T>(ld), at = a + bytes<T>(n + 1) * first;
  memory.fill(panel, 0, line * width);
  if (sizeof<T>() == 4) stranspose(1, 1, rows, width, at, 0, 0, n, panel, 0, 0, ld);
  else dtranspose(1, 1, rows, width, at, 0, 0, n, panel, 0, 0, ld);
  for (let j = 0, column = panel; j < width; j++, column += line) {
    // The columns before this one are done: those above row j are solved for, those from it on are subtracted.
    for (let i = 1; i < j; i++) {
      let sum = load<T>(column + bytes<T>(i));
      for (let k = 0, from = panel + bytes<T>(i); k < i; k++, from += line) sum -= load<T>(from) * load<T>(column + bytes<T>(k));
      store<T>(column + bytes<T>(i), sum);
    }
    const end = column + bytes<T>(rows), top = column + bytes<T>(j);
    let largest = v128.splat<T>(<T>0.0);
    for (let to = top, offset = bytes<T>(j); to < end; to += 16, offset += 16) {
      let sum = v128.load(to);
      for (let from = panel + offset, factor = column; factor < top; factor += sizeof<T>(), from += line) {
        sum = nmadd<T>(v128.load_splat<T>(factor), v128.load(from), sum);
      }
      v128.store(to, sum);
      largest = v128.pmax<T>(largest, v128.abs<T>(sum));
    }
    const size = v128.extract_lane<T>(maxOfLanes<T>(largest), 0);
    let from = top, row = j;
    if (size > <T>0.0) for (; abs<T>(load<T>(from)) != size; from += sizeof<T>()) row++;
    store<i32>(pivots + (<usize>(first + j) << 2), first + row);
    const pivot = load<T>(from);
    if (row != j) {
      swapRows<T>(n, a, first + j, first + row);
      for (let to = panel + bytes<T>(j), other = panel + bytes<T>(row), last = panel + line * width; to < last; to += line, other += line) {
        const kept = load<T>(to);
        store<T>(to, load<T>(other));
        store<T>(other, kept);
      }
    }
    if (pivot == <T>0.0) {
      if (failed < 0) failed = base + first + j;
      continue;
    }
    for (let to = top + sizeof<T>(); to < end; to += 16) v128.store(to, v128.div<T>(v128.load(to), v128.splat<T>(pivot)));
  }
  if (sizeof<T>() == 4) stranspose(1, 1, width, rows, panel, 0, 0, ld, at, 0, 0, n);
  else dtranspose(1, 1, width, rows, panel, 0, 0, ld, at, 0, 0, n);
}

/** U of a matrix with rows `lda` apart; its first pivot is number `first`. */
function factorSquare<T>(n: i32, a: usize, lda: i32, first: i32, scratch: usize): void {
  const line = bytes<T>(lda);
  if (n <= LEAF) {
    for (let i = 0; i < n; i++, a += line + sizeof<T>()) {
      const pivot = load<T>(a), root = sqrt<T>(pivot), left = bytes<T>(n - i);
      if (!(pivot > <T>0.0) && failed < 0) failed = first + i;
      store<T>(a, root);
      for (let j: usize = sizeof<T>(); j < left; j += sizeof<T>()) store<T>(a + j, load<T>(a + j) / root);
      for (let r: usize = sizeof<T>(), row = a + line; r < left; r += sizeof<T>(), row += line) {
        for (let j = r; j < left; j += sizeof<T>()) store<T>(row + j, load<T>(row + j) - load<T>(a + r) * load<T>(a + j));
      }
    }
    return;
  }
  const k = halfOf(n), right = a + bytes<T>(k), last = right + line * k;
  factorSquare<T>(k, a, lda, first, scratch);
  solve<T>(0, 0, k, n - k, a, 1, lda, right, lda, scratch);
  subtractSquare<T>(n - k, k, right, last, lda, scratch);
  factorSquare<T>(n - k, last, lda, first + k, scratch);
}

/** The upper triangle of C ← C − XᵀX, X k × n; squares on the diagonal are whole. */
function subtractSquare<T>(n: i32, k: i32, x: usize, c: usize, ld: i32, scratch: usize): void {
  if (n <= 8 * LEAF) {
    subtract<T>(n, n, k, x, 1, ld, x, ld, c, ld, scratch);
    return;
  }
  const half = halfOf(n), y = x + bytes<T>(half);
  subtractSquare<T>(half, k, x, c, ld, scratch);
  subtract<T>(half, n - half, k, x, 1, ld, y, ld, c + bytes<T>(half), ld, scratch);
  subtractSquare<T>(n - half, k, y, c + bytes<T>(half) * (ld + 1), ld, scratch);
}

// @ts-ignore: decorator
@inline
function lu<T>(count: i32, n: i32, a: usize, pivots: usize, scratch: usize): i32 {
  assert(count >= 0 && n >= 0 && (scratch & 15) == 0);
  failed = -1;
  for (let base = 0, i = 0; i < count; i++, base += n, a += bytes<T>(n) * n, pivots += <usize>n << 2) {
    factorColumns<T>(n, a, pivots, 0, n, base, scratch);
  }
  return failed;
}

// @ts-ignore: decorator
@inline
function cholesky<T>(count: i32, n: i32, a: usize, scratch: usize): i32 {
  assert(count >= 0 && n >= 0 && (scratch & 15) == 0);
  failed = -1;
  for (let base = 0, i = 0; i < count; i++, base += n, a += bytes<T>(n) * n) factorSquare<T>(n, a, n, base, scratch);
  return failed;
}

// @ts-ignore: decorator
@inline
function solveTriangular<T>(
  isUpper: i32, isUnit: i32, count: i32, n: i32, m: i32, t: usize, t0: i32, rt: i32, ct: i32, pivots: usize, x: usize, scratch: usize,
): void {
  assert(count >= 0 && n >= 0 && m >= 0 && t0 >= 0 && rt >= 0 && ct >= 0 && (scratch & 15) == 0);
  assert((isUpper & ~1) == 0 && (isUnit & ~1) == 0);
  for (; count > 0; count--, t += bytes<T>(t0), x += bytes<T>(n) * m) {
    if (pivots != 0) {
      for (let i = 0; i < n; i++, pivots += 4) {
        const row = load<i32>(pivots);
        assert(row >= 0 && row < n);
        if (row != i) swapRows<T>(m, x, i, row);
      }
    }
    solve<T>(isUpper, isUnit, n, m, t, rt, ct, x, m, scratch);
  }
}

function leafBytes<T>(n: i32): usize {
  return bytes<T>(LEAF) * (n + lanes<T>());
}

/** For a leaf, and for products of parts, none of which takes more than this one of few terms. */
function factorScratch<T>(n: i32, m: i32): i32 {
  assert(n >= 0 && m >= 0);
  const terms = min(n, kc<T>());
  return <i32>leafBytes<T>(n) + (sizeof<T>() == 4 ? sgemmScratch(n, m, terms) : dgemmScratch(n, m, terms));
}

export function slu(count: i32, n: i32, a: usize, pivots: usize, scratch: usize): i32 { return lu<f32>(count, n, a, pivots, scratch); }
export function dlu(count: i32, n: i32, a: usize, pivots: usize, scratch: usize): i32 { return lu<f64>(count, n, a, pivots, scratch); }

export function scholesky(count: i32, n: i32, a: usize, scratch: usize): i32 { return cholesky<f32>(count, n, a, scratch); }
export function dcholesky(count: i32, n: i32, a: usize, scratch: usize): i32 { return cholesky<f64>(count, n, a, scratch); }

export function ssolveTriangular(
  isUpper: i32, isUnit: i32, count: i32, n: i32, m: i32, t: usize, t0: i32, rt: i32, ct: i32, pivots: usize, x: usize, scratch: usize,
): void {
  solveTriangular<f32>(isUpper, isUnit, count, n, m, t, t0, rt, ct, pivots, x, scratch);
}
export function dsolveTriangular(
  isUpper: i32, isUnit: i32, count: i32, n: i32, m: i32, t: usize, t0: i32, rt: i32, ct: i32, pivots: usize, x: usize, scratch: usize,
): void {
  solveTriangular<f64>(isUpper, isUnit, count, n, m, t, t0, rt, ct, pivots, x, scratch);
}

export function sfactorScratch(n: i32, m: i32): i32 { return factorScratch<f32>(n, m); }
export function dfactorScratch(n: i32, m: i32): i32 { return factorScratch<f64>(n, m); }
