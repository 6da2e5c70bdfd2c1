import { Activation, activate } from "../kernels/activations";
import { keptOf, stepOf } from "../descent";
import { copyRows } from "../kernels/rows";
import { kc as kcOf, MC, MR, NC, nr, WIDER } from "../params";
import { bytes, lanes } from "../simd/lanes";
import { copyTile, microkernel, microkernelNarrow, microkernelWide, microkernelWider } from "./microkernel";
import { pack } from "./pack";
import { rowTimesMatrix } from "./row";

/**
 * C ← αAB + βC, or C ← f(αAB + 1·bias)
 *
 *   m, n, k          C is m × n, A is m × k, B is k × n
 *   a, rsa, csa      element (i, p) of A at a + i·rsa + p·csa, strides in elements: (lda, 1) is A as it
 *                    is, (1, lda) its transpose
 *   b, rsb, csb      the same for B
 *   c, ldc           row-major, row stride ldc
 *   bias             n elements, added to each row in place of βC; or 0
 *   activation       what f is, of `Activation`; taken of each block of C while it is in the cache
 *   hyperparameters  of gradient descent, where C is a parameter and AB its gradient: descent.ts has α and β then; or 0
 *   scratch          sgemmScratch(m, n, k) or dgemmScratch(m, n, k) bytes, 16-byte aligned
 *
 * β = 0 never reads C. α = 0 still reads A and B, so that NaN propagates. Any size may be 0: with k = 0,
 * C ← βC. Each sum is added from its first term to its last, cut where a block of kc ends, whatever its
 * place in C: a result never depends on its position.
 *
 * Fewer rows than a tile has, of a B in rows, are multiplied as they are: packing B would take longer. So is
 * a single column.
 *
 * The five loops are those of BLIS (Van Zee and van de Geijn, 2015); params.ts has their sizes.
 *
 * # Safety
 * src/ops/matmul.ts has checked: sizes are not negative, every element is inside its operand,
 * ldc >= n, C is disjoint from A, B, bias and scratch.
 */
// @ts-ignore: decorator
@inline
function gemm<T>(
  m: i32, n: i32, k: i32,
  a: usize, rsa: i32, csa: i32,
  b: usize, rsb: i32, csb: i32,
  c: usize, ldc: i32, bias: usize, activation: i32,
  scratch: usize, alpha: T, beta: T,
): void {
  assert(m >= 0 && n >= 0 && k >= 0 && ldc >= n && scratch % 16 == 0 && activation >= Activation.None && activation <= Activation.Relu);
  if (k == 0 && bias != 0) {
    copyRows(m, <i32>bytes<T>(n), bias, 0, c, <i32>bytes<T>(ldc));
    activateRows<T>(activation, m, n, c, ldc, scratch);
  } else if (k == 0 || beta != <T>0.0) {
    scale<T>(m, n, c, ldc, beta);
  }

  const kcMax = blockOf(k, kcOf<T>());
  if (m < MR && csb == 1) {
    for (let pc = 0; pc < k; pc += kcMax) {
      const isFirst = pc == 0, hasBias = isFirst && bias != 0;
      const add = <i32>(!isFirst || hasBias || beta != <T>0.0);
      for (let i = 0; i < m; i++) {
        const to = at<T>(c, i, ldc, 0, 1);
        rowTimesMatrix<T>(n, min(kcMax, k - pc), at<T>(a, i, rsa, pc, csa), csa, at<T>(b, pc, rsb, 0, 1), rsb, to, add, hasBias ? bias : to, alpha);
      }
    }
    if (k > 0) activateRows<T>(activation, m, n, c, ldc, scratch);
    return;
  }
  if (n == 1 && ldc == 1 && bias == 0) {
    columnOf<T>(m, k, kcMax, a, rsa, csa, b, rsb, c, scratch, alpha, <i32>(beta != <T>0.0));
    if (k > 0) activateRows<T>(activation, m, 1, c, 1, scratch);
    return;
  }
  const tile = scratch;
  const packedB = tile + bytes<T>(MR * nr<T>());
  const packedA = packedB + bytes<T>(kcMax) * <usize>roundUp(min(n, NC), nr<T>());

  // JC: split n.
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    // PC: split k.
    for (let pc = 0; pc < k; pc += kcMax) {
      const kc = min(kcMax, k - pc);
      pack<T>(nr<T>(), nc, kc, at<T>(b, pc, rsb, jc, csb), csb, rsb, packedB);
      // IC: split m.
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        const to = at<T>(c, ic, ldc, jc, 1);
        pack<T>(MR, mc, kc, at<T>(a, ic, rsa, pc, csa), rsa, csa, packedA);
        const isFirst = pc == 0, hasBias = bias != 0;
        if (isFirst && hasBias) block<T>(mc, nc, kc, packedA, packedB, to, ldc, 1, bias + bytes<T>(jc), 0, tile, alpha);
        else block<T>(mc, nc, kc, packedA, packedB, to, ldc, <i32>(!isFirst || beta != <T>0.0), to, ldc, tile, alpha);
        if (pc + kc == k) activateRows<T>(activation, mc, nc, to, ldc, tile);
      }
    }
  }
}

/** A single column: c ← αAb, or c + αAb, as the row bᵀAᵀ. Where A does not lie in columns, its blocks are transposed. */
function columnOf<T>(
  m: i32, k: i32, kcMax: i32, a: usize, rsa: i32, csa: i32, b: usize, rsb: i32, c: usize, scratch: usize, alpha: T, add: i32,
): void {
  for (let pc = 0; pc < k; pc += kcMax, add = 1) {
    const kc = min(kcMax, k - pc);
    const x = at<T>(b, pc, rsb, 0, 0);
    const rows = rsa == 1 ? m : 4 * lanes<T>(); // four vectors across, as a row is multiplied
    for (let ic = 0; ic < m; ic += rows) {
      const mc = min(rows, m - ic), to = c + bytes<T>(ic);
      let block = at<T>(a, ic, rsa, pc, csa), along = csa;
      if (rsa != 1) {
        along = roundUp(mc, lanes<T>());
        pack<T>(along, mc, kc, block, rsa, csa, scratch);
        block = scratch;
      }
      rowTimesMatrix<T>(mc, kc, x, rsb, block, along, to, add, to, alpha);
    }
  }
}

/** JR and IR: every microtile of one packed block, C ← αAB, or C ← αAB + D. A tile at the edge goes through `tile`. */
function block<T>(
  mc: i32, nc: i32, kc: i32,
  packedA: usize, packedB: usize,
  c: usize, ldc: i32, add: i32, d: usize, ldd: i32,
  tile: usize, alpha: T,
): void {
  const panelB = bytes<T>(nr<T>()) * <usize>kc, across = bytes<T>(nr<T>());
  const whole = mc & -MR;
  const lastA = packedA + bytes<T>(whole) * <usize>kc;
  for (let b = packedB; nc > 0; ) {
    const columns = min(nc, nr<T>());
    const lastC = c + bytes<T>(whole) * <usize>ldc, lastD = d + bytes<T>(whole) * <usize>ldd;
    if (sizeof<T>() == 4 && columns <= lanes<T>()) {
      microkernelNarrow<T>(mc, columns, kc, packedA, b, c, ldc, add, d, ldd, tile, alpha);
      return;
    }
    // The wide microkernel twice, rather than the wider one and a single panel.
    if (ASC_FEATURE_RELAXED_SIMD && nc >= 3 * nr<T>() && nc / nr<T>() != 4 && load<u8>(WIDER) != 0) {
      microkernelWider<T>(whole, kc, packedA, b, panelB, c, ldc, add, d, ldd, alpha);
      if (whole < mc) {
        for (let p: usize = 0; p < 3; p++) {
          edge<T>(mc - whole, columns, kc, lastA, b + p * panelB, lastC + p * across, ldc, add, lastD + p * across, ldd, tile, alpha);
        }
      }
      nc -= 3 * nr<T>(), b += 3 * panelB, c += 3 * across, d += 3 * across;
      continue;
    }
    if (nc >= 2 * nr<T>()) {
      microkernelWide<T>(whole, kc, packedA, b, b + panelB, c, ldc, add, d, ldd, alpha);
      if (whole < mc) {
        edge<T>(mc - whole, columns, kc, lastA, b, lastC, ldc, add, lastD, ldd, tile, alpha);
        edge<T>(mc - whole, columns, kc, lastA, b + panelB, lastC + across, ldc, add, lastD + across, ldd, tile, alpha);
      }
      nc -= 2 * nr<T>(), b += 2 * panelB, c += 2 * across, d += 2 * across;
      continue;
    }
    if (columns == nr<T>()) {
      microkernel<T>(whole, kc, packedA, b, c, ldc, add, d, ldd, alpha);
      if (whole < mc) edge<T>(mc - whole, columns, kc, lastA, b, lastC, ldc, add, lastD, ldd, tile, alpha);
    } else {
      let a = packedA, toC = c, fromD = d;
      for (let rows = mc; rows > 0; rows -= MR, a += bytes<T>(MR) * <usize>kc, toC += bytes<T>(MR * ldc), fromD += bytes<T>(MR * ldd)) {
        edge<T>(min(rows, MR), columns, kc, a, b, toC, ldc, add, fromD, ldd, tile, alpha);
      }
    }
    nc -= nr<T>(), b += panelB, c += across, d += across;
  }
}

/** A microtile of which some rows or columns are not there: it is made whole, beside C. */
function edge<T>(
  rows: i32, columns: i32, kc: i32, a: usize, b: usize,
  c: usize, ldc: i32, add: i32, d: usize, ldd: i32, tile: usize, alpha: T,
): void {
  microkernel<T>(MR, kc, a, b, tile, nr<T>(), 0, 0, 0, alpha);
  copyTile<T>(rows, columns, tile, c, ldc, add, d, ldd);
}

/** C ← f(C); `scratch` as the activations need it. */
function activateRows<T>(activation: i32, m: i32, n: i32, c: usize, ldc: i32, scratch: usize): void {
  if (activation == Activation.None) return;
  if (ldc == n) n *= m, m = 1; // one piece
  for (; m > 0; m--, c += bytes<T>(ldc)) activate<T>(activation, n, c, scratch);
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
export function blockOf(extent: i32, limit: i32): i32 {
  const blocks = (extent + limit - 1) / limit;
  return blocks > 1 ? roundUp((extent + blocks - 1) / blocks, 4) : extent;
}

// @ts-ignore: decorator
@inline
export function roundUp(extent: i32, unit: i32): i32 {
  return (extent + unit - 1) / unit * unit;
}

/** Bytes of scratch: one microtile, the packed block of B, the packed block of A. */
// @ts-ignore: decorator
@inline
function gemmScratch<T>(m: i32, n: i32, k: i32): i32 {
  assert(m >= 0 && n >= 0 && k >= 0);
  const columns = roundUp(min(n, NC), nr<T>());
  const rows = roundUp(min(m, MC), MR);
  return <i32>sizeof<T>() * (MR * nr<T>() + blockOf(k, kcOf<T>()) * (columns + rows));
}

export function sgemm(
  m: i32, n: i32, k: i32, a: usize, rsa: i32, csa: i32, b: usize, rsb: i32, csb: i32,
  c: usize, ldc: i32, bias: usize, activation: i32, scratch: usize, alpha: f64, beta: f64, hyperparameters: usize,
): void {
  gemm<f32>(m, n, k, a, rsa, csa, b, rsb, csb, c, ldc, bias, activation, scratch, <f32>stepOf(alpha, hyperparameters), <f32>keptOf(beta, hyperparameters));
}

export function dgemm(
  m: i32, n: i32, k: i32, a: usize, rsa: i32, csa: i32, b: usize, rsb: i32, csb: i32,
  c: usize, ldc: i32, bias: usize, activation: i32, scratch: usize, alpha: f64, beta: f64, hyperparameters: usize,
): void {
  gemm<f64>(m, n, k, a, rsa, csa, b, rsb, csb, c, ldc, bias, activation, scratch, stepOf(alpha, hyperparameters), keptOf(beta, hyperparameters));
}

export function sgemmScratch(m: i32, n: i32, k: i32): i32 { return gemmScratch<f32>(m, n, k); }
export function dgemmScratch(m: i32, n: i32, k: i32): i32 { return gemmScratch<f64>(m, n, k); }
