import { KC, MC, MR, NC, nr } from "../params";
import { bytes } from "../simd/lanes";
import { microkernel } from "./microkernel";
import { pack } from "./pack";

/**
 * C ← αAB + βC
 *
 *   m, n, k          C is m × n, A is m × k, B is k × n
 *   a, rsa, csa      element (i, p) of A at a + i·rsa + p·csa, strides in elements: (lda, 1) is A as it
 *                    stands, (1, lda) its transpose
 *   b, rsb, csb      the same for B
 *   c, ldc           row-major, row stride ldc
 *   scratch          sgemmScratch(m, n, k) or dgemmScratch(m, n, k) bytes, 16-byte aligned
 *
 * β = 0 never reads C. α = 0 still reads A and B, so that NaN propagates. Any size may be 0: with k = 0,
 * C ← βC. Each sum is added from its first term to its last, cut where a block of KC ends, whatever its
 * place in C: a result never depends on its position.
 *
 * The five loops are those of BLIS (Van Zee and van de Geijn, 2015); params.ts has their sizes.
 *
 * # Safety
 * src/ops/matmul.ts has checked: sizes are not negative, every element lies inside its operand,
 * ldc >= n, C is disjoint from A, B and scratch.
 */
// @ts-ignore: decorator
@inline
function gemm<T>(
  m: i32, n: i32, k: i32,
  a: usize, rsa: i32, csa: i32,
  b: usize, rsb: i32, csb: i32,
  c: usize, ldc: i32,
  scratch: usize, alpha: T, beta: T,
): void {
  assert(m >= 0 && n >= 0 && k >= 0 && ldc >= n && scratch % 16 == 0);
  if (k == 0 || beta != <T>0.0) scale<T>(m, n, c, ldc, beta);

  const kcMax = blockOf(k, KC);
  const tile = scratch;
  const packedB = tile + bytes<T>(MR * nr<T>());
  const packedA = packedB + bytes<T>(kcMax) * <usize>roundUp(min(n, NC), nr<T>());

  // JC: split n.
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    // PC: split k.
    for (let pc = 0; pc < k; pc += kcMax) {
      const kc = min(kcMax, k - pc);
      const accumulate = <i32>(pc > 0 || beta != <T>0.0);
      pack<T>(nr<T>(), nc, kc, at<T>(b, pc, rsb, jc, csb), csb, rsb, packedB);
      // IC: split m.
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        pack<T>(MR, mc, kc, at<T>(a, ic, rsa, pc, csa), rsa, csa, packedA);
        block<T>(mc, nc, kc, packedA, packedB, at<T>(c, ic, ldc, jc, 1), ldc, tile, accumulate, alpha);
      }
    }
  }
}

/** JR and IR: every microtile of one packed block. A tile at the edge goes through `tile`, whole. */
// @ts-ignore: decorator
@inline
function block<T>(
  mc: i32, nc: i32, kc: i32,
  packedA: usize, packedB: usize,
  c: usize, ldc: i32,
  tile: usize, accumulate: i32, alpha: T,
): void {
  for (let jr = 0; jr < nc; jr += nr<T>()) {
    const b = packedB + bytes<T>(kc) * <usize>jr;
    for (let ir = 0; ir < mc; ir += MR) {
      const a = packedA + bytes<T>(kc) * <usize>ir;
      const to = at<T>(c, ir, ldc, jr, 1);
      if (ir + MR <= mc && jr + nr<T>() <= nc) {
        microkernel<T>(kc, a, b, to, ldc, accumulate, alpha);
      } else {
        microkernel<T>(kc, a, b, tile, nr<T>(), 0, alpha);
        copyTile<T>(min(MR, mc - ir), min(nr<T>(), nc - jr), tile, to, ldc, accumulate);
      }
    }
  }
}

/** The live part of an edge tile into C. */
// @ts-ignore: decorator
@inline
function copyTile<T>(rows: i32, columns: i32, tile: usize, c: usize, ldc: i32, accumulate: i32): void {
  for (let i = 0; i < rows; i++, tile += bytes<T>(nr<T>()), c += bytes<T>(ldc)) {
    for (let j: usize = 0; j < bytes<T>(columns); j += sizeof<T>()) {
      const value = load<T>(tile + j);
      store<T>(c + j, accumulate ? load<T>(c + j) + value : value);
    }
  }
}

/** C ← βC, without reading it when β = 0. */
// @ts-ignore: decorator
@inline
function scale<T>(m: i32, n: i32, c: usize, ldc: i32, beta: T): void {
  if (beta == <T>1.0) return;
  for (let i = 0; i < m; i++, c += bytes<T>(ldc)) {
    for (let j: usize = 0; j < bytes<T>(n); j += sizeof<T>()) {
      store<T>(c + j, beta == <T>0.0 ? <T>0.0 : load<T>(c + j) * beta);
    }
  }
}

/** The address of element (i, j). */
// @ts-ignore: decorator
@inline
function at<T>(x: usize, i: i32, rs: i32, j: i32, cs: i32): usize {
  return x + ((<usize>i * <usize>rs + <usize>j * <usize>cs) << alignof<T>());
}

/** Cuts `extent` into as few blocks as `limit` allows, of equal size but for the last. */
// @ts-ignore: decorator
@inline
function blockOf(extent: i32, limit: i32): i32 {
  const blocks = (extent + limit - 1) / limit;
  return blocks > 1 ? roundUp((extent + blocks - 1) / blocks, 4) : extent;
}

// @ts-ignore: decorator
@inline
function roundUp(extent: i32, unit: i32): i32 {
  return (extent + unit - 1) / unit * unit;
}

/** Bytes of scratch: one microtile, the packed block of B, the packed block of A. */
// @ts-ignore: decorator
@inline
function gemmScratch<T>(m: i32, n: i32, k: i32): i32 {
  const columns = roundUp(min(n, NC), nr<T>());
  const rows = roundUp(min(m, MC), MR);
  return <i32>sizeof<T>() * (MR * nr<T>() + blockOf(k, KC) * (columns + rows));
}

export function sgemm(
  m: i32, n: i32, k: i32, a: usize, rsa: i32, csa: i32, b: usize, rsb: i32, csb: i32,
  c: usize, ldc: i32, scratch: usize, alpha: f32, beta: f32,
): void {
  gemm<f32>(m, n, k, a, rsa, csa, b, rsb, csb, c, ldc, scratch, alpha, beta);
}

export function dgemm(
  m: i32, n: i32, k: i32, a: usize, rsa: i32, csa: i32, b: usize, rsb: i32, csb: i32,
  c: usize, ldc: i32, scratch: usize, alpha: f64, beta: f64,
): void {
  gemm<f64>(m, n, k, a, rsa, csa, b, rsb, csb, c, ldc, scratch, alpha, beta);
}

export function sgemmScratch(m: i32, n: i32, k: i32): i32 { return gemmScratch<f32>(m, n, k); }
export function dgemmScratch(m: i32, n: i32, k: i32): i32 { return gemmScratch<f64>(m, n, k); }
