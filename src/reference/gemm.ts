/**
 * C ← αAB + βC, or C ← f(αAB + 1·bias): the reference for assembly/gemm/.
 *
 * All of its ways there, packed, by row and by column, give the same bits: every sum starts at 0 and is added from its
 * first term to its last, is cut where a block of kc ends, and is scaled and added to C then. So here there is one way.
 */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Activations } from "./activations.ts";
import { keptOf, stepOf } from "./descent.ts";
import type { Element, Floats } from "./element.ts";
import type { Pages } from "./pages.ts";

// As in assembly/params.ts, for what scratch takes and where sums are cut.
const MR = 4;
const MC = 128;
const NC = 768;

export function products(
  memory: Pages,
  { isSingle, bytes, floats, at, round, add, mul, madd }: Element,
  { activate }: Activations,
): Pick<FloatKernels, "gemm" | "batchedGemm" | "gemmScratch"> {
  const nr = isSingle ? 8 : 4;
  const kcMost = isSingle ? 256 : 192;

  /** The sums of a tile, row by row. */
  const tile = new Float64Array(8);

  /**
   * C ← αAB, or C ← αAB + D where `ldd` is not negative, in tiles of 2 × 4. At an edge a tile has the last row or column
   * more than once, and only its live part is copied.
   */
  const block = (
    m: number,
    n: number,
    k: number,
    a: number,
    rsa: number,
    csa: number,
    b: number,
    rsb: number,
    csb: number,
    c: number,
    ldc: number,
    d: number,
    ldd: number,
    alpha: number,
  ): void => {
    const v = floats();
    for (let j = 0; j < n; j += 4) {
      const columns = Math.min(4, n - j);
      const [last1, last2, last3] = [Math.min(1, columns - 1), Math.min(2, columns - 1), columns - 1];
      for (let i = 0; i < m; i += 2) {
        const rows = Math.min(2, m - i);
        sumTile(v, k, a + i * rsa, (rows - 1) * rsa, csa, b + j * csb, rsb, last1 * csb, last2 * csb, last3 * csb);
        for (let r = 0; r < rows; r++) {
          const to = c + (i + r) * ldc + j;
          const from = d + (i + r) * ldd + j;
          for (let q = 0; q < columns; q++) {
            const product = mul(tile[4 * r + q]!, alpha);
            v[to + q] = ldd < 0 ? product : add(v[from + q]!, product);
          }
        }
      }
    }
  };

  /** Two rows of A, `next` apart, times four columns of B, the others at so much behind the first. */
  const sumTile = (
    v: Floats,
    k: number,
    a: number,
    next: number,
    csa: number,
    b: number,
    rsb: number,
    column1: number,
    column2: number,
    column3: number,
  ): void => {
    let [c0_0, c0_1, c0_2, c0_3] = [0, 0, 0, 0];
    let [c1_0, c1_1, c1_2, c1_3] = [0, 0, 0, 0];
    for (let p = 0; p < k; p++, a += csa, b += rsb) {
      const a0 = v[a]!;
      const a1 = v[a + next]!;
      const b0 = v[b]!;
      const b1 = v[b + column1]!;
      const b2 = v[b + column2]!;
      const b3 = v[b + column3]!;
      c0_0 = madd(a0, b0, c0_0);
      c0_1 = madd(a0, b1, c0_1);
      c0_2 = madd(a0, b2, c0_2);
      c0_3 = madd(a0, b3, c0_3);
      c1_0 = madd(a1, b0, c1_0);
      c1_1 = madd(a1, b1, c1_1);
      c1_2 = madd(a1, b2, c1_2);
      c1_3 = madd(a1, b3, c1_3);
    }
    tile[0] = c0_0;
    tile[1] = c0_1;
    tile[2] = c0_2;
    tile[3] = c0_3;
    tile[4] = c1_0;
    tile[5] = c1_1;
    tile[6] = c1_2;
    tile[7] = c1_3;
  };

  /** C ← βC, without reading it when β = 0. */
  const scale = (m: number, n: number, c: number, ldc: number, beta: number): void => {
    if (beta === 1) return;
    const v = floats();
    for (let i = 0; i < m; i++) {
      const row = c + i * ldc;
      for (let j = row; j < row + n; j++) v[j] = beta === 0 ? 0 : v[j]! * beta;
    }
  };

  const fillRows = (m: number, n: number, c: number, ldc: number, bias: number): void => {
    const v = floats();
    for (let i = 0; i < m; i++) v.copyWithin(c + i * ldc, bias, bias + n);
  };

  const gemm: FloatKernels["gemm"] = (
    m,
    n,
    k,
    a,
    rsa,
    csa,
    b,
    rsb,
    csb,
    c,
    ldc,
    bias,
    activation,
    _scratch,
    alpha,
    beta,
    hyperparameters,
  ) => {
    const [left, right, to] = [at(a), at(b), at(c)];
    const factor = round(stepOf(memory, alpha, hyperparameters));
    const share = round(keptOf(memory, beta, hyperparameters));
    if (k === 0 && bias !== 0) fillRows(m, n, to, ldc, at(bias));
    else if (k === 0 || share !== 0) scale(m, n, to, ldc, share);

    const kc = blockOf(k, kcMost);
    for (let pc = 0; pc < k; pc += kc) {
      const isFirst = pc === 0;
      const hasBias = isFirst && bias !== 0;
      const ldd = hasBias ? 0 : isFirst && share === 0 ? -1 : ldc;
      const from = hasBias ? at(bias) : to;
      const x = left + pc * csa;
      const y = right + pc * rsb;
      block(m, n, Math.min(kc, k - pc), x, rsa, csa, y, rsb, csb, to, ldc, from, ldd, factor);
    }
    if (k === 0 && bias === 0) return;
    for (let i = 0; i < m; i++) activate(activation, n, c + i * ldc * bytes);
  };

  return {
    gemm,
    batchedGemm: (d0, d1, m, n, k, a, a0, a1, rsa, csa, b, b0, b1, rsb, csb, c, scratch, alpha, beta) => {
      for (let i = 0, to = c; i < d0; i++) {
        for (let j = 0; j < d1; j++, to += m * n * bytes) {
          const [x, y] = [a + (i * a0 + j * a1) * bytes, b + (i * b0 + j * b1) * bytes];
          gemm(m, n, k, x, rsa, csa, y, rsb, csb, to, n, 0, 0, scratch, alpha, beta, 0);
        }
      }
    },
    gemmScratch: (m, n, k) => {
      const columns = rounded(Math.min(n, NC), nr);
      const rows = rounded(Math.min(m, MC), MR);
      return bytes * (MR * nr + blockOf(k, kcMost) * (columns + rows));
    },
  };
}

/** Cuts `extent` into as few blocks as `limit` allows, of equal size but for the last. */
export function blockOf(extent: number, limit: number): number {
  const blocks = Math.ceil(extent / limit);
  return blocks > 1 ? rounded(Math.ceil(extent / blocks), 4) : extent;
}

export function rounded(extent: number, unit: number): number {
  return Math.ceil(extent / unit) * unit;
}
