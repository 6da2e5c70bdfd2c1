import { MR } from "../params";
import { bytes, madd } from "../simd/lanes";

/**
 * Microtiles of C from micropanels of A, 4 rows each, and of B, 2 vectors each (pack.ts has their layout):
 *
 *   microkernelWide   2 rows × 4 vectors, from half a panel of A and two of B
 *   microkernelWider  2 rows × 6 vectors, from half a panel of A and three of B; in the build `relaxed` only
 *   microkernel       4 rows × 2 vectors, from a panel of each
 *   microkernelNarrow 4 rows × 1 vector, from a panel of A and half a panel of B; in float32 only, to be small
 *
 *   C ← αAB         add = 0: D is not read
 *   C ← αAB + D     add = 1
 *
 *   rows        rows of C: a multiple of the tile's, but for the narrow one; the panels of A lie one behind the other
 *   columns     columns of C for the narrow one, one vector or less
 *   kc          terms of each sum, added from the first to the last
 *   a           kc × 4 elements
 *   b, bNext    kc × 2 vectors
 *   c, ldc      the tile, row stride in elements
 *   d, ldd      what is added: C itself to accumulate, a row with stride 0 for a bias
 *
 * Eight vectors of C: more would not leave room for the operands in 16 registers. The wide one is the fastest,
 * because a load at an offset from a pointer is free, and one that spreads an element over the lanes costs an
 * instruction more in V8. The others are for columns that do not fill it.
 *
 * Written out and unrolled with a way out after each step: V8 puts all loads of a block before its arithmetic, and a
 * block of more than one step would run out of registers. In float64 half as many steps are written out, to be small.
 * The wider one has one step, in which a vector of B is loaded just before it is multiplied: compilers that keep this order, as
 * V8's since 13.6, have its twelve sums in registers, and unroll it. Others spill some, and so src/wasm/tile.ts decides which is used.
 * A name in the registers is c<row>_<vector>. Not inlined: an engine replaces a function that runs in its baseline
 * compiler only at the next call.
 */

export function microkernelWide<T>(
  rows: i32, kc: i32, a: usize, b: usize, bNext: usize,
  c: usize, ldc: i32, add: i32, d: usize, ldd: i32, alpha: T,
): void {
  const zero = v128.splat<T>(<T>0.0), factor = v128.splat<T>(alpha);
  const end = b + (<usize>kc << 5), gap = bNext - b;
  const end1 = end - 32, end2 = end - 64, end3 = end - 96;
  const start = b, panel = bytes<T>(MR) * <usize>kc;
  for (let i = 0; i < rows; i += 2, c += bytes<T>(ldc), d += bytes<T>(ldd)) {
    let c0_0 = zero, c0_1 = zero, c0_2 = zero, c0_3 = zero;
    let c1_0 = zero, c1_1 = zero, c1_2 = zero, c1_3 = zero;
    // A panel of A is met twice: its first two rows, then its other two.
    let x = a + (i & 2 ? bytes<T>(2) : 0);
    b = start, bNext = start + gap;
    for (; b < end; b += 512 / sizeof<T>(), bNext += 512 / sizeof<T>(), x += 64) {
      {
        const b0 = v128.load(b), b1 = v128.load(b, 16);
        const b2 = v128.load(bNext), b3 = v128.load(bNext, 16);
        let ai = v128.load_splat<T>(x);
        c0_0 = madd<T>(ai, b0, c0_0);
        c0_1 = madd<T>(ai, b1, c0_1);
        c0_2 = madd<T>(ai, b2, c0_2);
        c0_3 = madd<T>(ai, b3, c0_3);
        ai = v128.load_splat<T>(x, 1 * sizeof<T>());
        c1_0 = madd<T>(ai, b0, c1_0);
        c1_1 = madd<T>(ai, b1, c1_1);
        c1_2 = madd<T>(ai, b2, c1_2);
        c1_3 = madd<T>(ai, b3, c1_3);
      }
      if (b >= end1) break;
      {
        const b0 = v128.load(b, 32), b1 = v128.load(b, 48);
        const b2 = v128.load(bNext, 32), b3 = v128.load(bNext, 48);
        let ai = v128.load_splat<T>(x, 4 * sizeof<T>());
        c0_0 = madd<T>(ai, b0, c0_0);
        c0_1 = madd<T>(ai, b1, c0_1);
        c0_2 = madd<T>(ai, b2, c0_2);
        c0_3 = madd<T>(ai, b3, c0_3);
        ai = v128.load_splat<T>(x, 5 * sizeof<T>());
        c1_0 = madd<T>(ai, b0, c1_0);
        c1_1 = madd<T>(ai, b1, c1_1);
        c1_2 = madd<T>(ai, b2, c1_2);
        c1_3 = madd<T>(ai, b3, c1_3);
      }
      if (sizeof<T>() == 4) {
        if (b >= end2) break;
        {
          const b0 = v128.load(b, 64), b1 = v128.load(b, 80);
          const b2 = v128.load(bNext, 64), b3 = v128.load(bNext, 80);
          let ai = v128.load_splat<T>(x, 8 * sizeof<T>());
          c0_0 = madd<T>(ai, b0, c0_0);
          c0_1 = madd<T>(ai, b1, c0_1);
          c0_2 = madd<T>(ai, b2, c0_2);
          c0_3 = madd<T>(ai, b3, c0_3);
          ai = v128.load_splat<T>(x, 9 * sizeof<T>());
          c1_0 = madd<T>(ai, b0, c1_0);
          c1_1 = madd<T>(ai, b1, c1_1);
          c1_2 = madd<T>(ai, b2, c1_2);
          c1_3 = madd<T>(ai, b3, c1_3);
        }
        if (b >= end3) break;
        {
          const b0 = v128.load(b, 96), b1 = v128.load(b, 112);
          const b2 = v128.load(bNext, 96), b3 = v128.load(bNext, 112);
          let ai = v128.load_splat<T>(x, 12 * sizeof<T>());
          c0_0 = madd<T>(ai, b0, c0_0);
          c0_1 = madd<T>(ai, b1, c0_1);
          c0_2 = madd<T>(ai, b2, c0_2);
          c0_3 = madd<T>(ai, b3, c0_3);
          ai = v128.load_splat<T>(x, 13 * sizeof<T>());
          c1_0 = madd<T>(ai, b0, c1_0);
          c1_1 = madd<T>(ai, b1, c1_1);
          c1_2 = madd<T>(ai, b2, c1_2);
          c1_3 = madd<T>(ai, b3, c1_3);
        }
      }
    }
    storeRow<T>(c, c0_0, c0_1, add, d, factor);
    storeRow<T>(c + 32, c0_2, c0_3, add, d + 32, factor);
    c += bytes<T>(ldc), d += bytes<T>(ldd);
    storeRow<T>(c, c1_0, c1_1, add, d, factor);
    storeRow<T>(c + 32, c1_2, c1_3, add, d + 32, factor);
    if (i & 2) a += panel;
  }
}

export function microkernelWider<T>(
  rows: i32, kc: i32, a: usize, b: usize, gap: usize,
  c: usize, ldc: i32, add: i32, d: usize, ldd: i32, alpha: T,
): void {
  const zero = v128.splat<T>(<T>0.0), factor = v128.splat<T>(alpha);
  const end = b + (<usize>kc << 5);
  const start = b, panel = bytes<T>(MR) * <usize>kc;
  for (let i = 0; i < rows; i += 2, c += bytes<T>(ldc), d += bytes<T>(ldd)) {
    let c0_0 = zero, c0_1 = zero, c0_2 = zero, c0_3 = zero, c0_4 = zero, c0_5 = zero;
    let c1_0 = zero, c1_1 = zero, c1_2 = zero, c1_3 = zero, c1_4 = zero, c1_5 = zero;
    let x = a + (i & 2 ? bytes<T>(2) : 0);
    b = start;
    for (let b1 = b + gap, b2 = b1 + gap; b < end; b += 32, b1 += 32, b2 += 32, x += bytes<T>(4)) {
      const a0 = v128.load_splat<T>(x), a1 = v128.load_splat<T>(x, 1 * sizeof<T>());
      let bi = v128.load(b);
      c0_0 = madd<T>(a0, bi, c0_0);
      c1_0 = madd<T>(a1, bi, c1_0);
      bi = v128.load(b, 16);
      c0_1 = madd<T>(a0, bi, c0_1);
      c1_1 = madd<T>(a1, bi, c1_1);
      bi = v128.load(b1);
      c0_2 = madd<T>(a0, bi, c0_2);
      c1_2 = madd<T>(a1, bi, c1_2);
      bi = v128.load(b1, 16);
      c0_3 = madd<T>(a0, bi, c0_3);
      c1_3 = madd<T>(a1, bi, c1_3);
      bi = v128.load(b2);
      c0_4 = madd<T>(a0, bi, c0_4);
      c1_4 = madd<T>(a1, bi, c1_4);
      bi = v128.load(b2, 16);
      c0_5 = madd<T>(a0, bi, c0_5);
      c1_5 = madd<T>(a1, bi, c1_5);
    }
    storeRow<T>(c, c0_0, c0_1, add, d, factor);
    storeRow<T>(c + 32, c0_2, c0_3, add, d + 32, factor);
    storeRow<T>(c + 64, c0_4, c0_5, add, d + 64, factor);
    c += bytes<T>(ldc), d += bytes<T>(ldd);
    storeRow<T>(c, c1_0, c1_1, add, d, factor);
    storeRow<T>(c + 32, c1_2, c1_3, add, d + 32, factor);
    storeRow<T>(c + 64, c1_4, c1_5, add, d + 64, factor);
    if (i & 2) a += panel;
  }
}

export function microkernel<T>(
  rows: i32, kc: i32, a: usize, b: usize,
  c: usize, ldc: i32, add: i32, d: usize, ldd: i32, alpha: T,
): void {
  const zero = v128.splat<T>(<T>0.0), factor = v128.splat<T>(alpha);
  const end = b + (<usize>kc << 5);
  const end1 = end - 32;
  const rowC = bytes<T>(ldc), rowD = bytes<T>(ldd);
  const start = b, panel = bytes<T>(MR) * <usize>kc;
  for (; rows > 0; rows -= MR, a += panel, c += 4 * rowC, d += 4 * rowD) {
    let c0_0 = zero, c0_1 = zero, c1_0 = zero, c1_1 = zero;
    let c2_0 = zero, c2_1 = zero, c3_0 = zero, c3_1 = zero;
    let x = a;
    for (b = start; b < end; b += 256 / sizeof<T>(), x += 32) {
      {
        const b0 = v128.load(b), b1 = v128.load(b, 16);
        let ai = v128.load_splat<T>(x);
        c0_0 = madd<T>(ai, b0, c0_0);
        c0_1 = madd<T>(ai, b1, c0_1);
        ai = v128.load_splat<T>(x, 1 * sizeof<T>());
        c1_0 = madd<T>(ai, b0, c1_0);
        c1_1 = madd<T>(ai, b1, c1_1);
        ai = v128.load_splat<T>(x, 2 * sizeof<T>());
        c2_0 = madd<T>(ai, b0, c2_0);
        c2_1 = madd<T>(ai, b1, c2_1);
        ai = v128.load_splat<T>(x, 3 * sizeof<T>());
        c3_0 = madd<T>(ai, b0, c3_0);
        c3_1 = madd<T>(ai, b1, c3_1);
      }
      if (sizeof<T>() == 4) {
        if (b >= end1) break;
        {
          const b0 = v128.load(b, 32), b1 = v128.load(b, 48);
          let ai = v128.load_splat<T>(x, 4 * sizeof<T>());
          c0_0 = madd<T>(ai, b0, c0_0);
          c0_1 = madd<T>(ai, b1, c0_1);
          ai = v128.load_splat<T>(x, 5 * sizeof<T>());
          c1_0 = madd<T>(ai, b0, c1_0);
          c1_1 = madd<T>(ai, b1, c1_1);
          ai = v128.load_splat<T>(x, 6 * sizeof<T>());
          c2_0 = madd<T>(ai, b0, c2_0);
          c2_1 = madd<T>(ai, b1, c2_1);
          ai = v128.load_splat<T>(x, 7 * sizeof<T>());
          c3_0 = madd<T>(ai, b0, c3_0);
          c3_1 = madd<T>(ai, b1, c3_1);
        }
      }
    }
    storeRow<T>(c, c0_0, c0_1, add, d, factor);
    storeRow<T>(c + rowC, c1_0, c1_1, add, d + rowD, factor);
    storeRow<T>(c + 2 * rowC, c2_0, c2_1, add, d + 2 * rowD, factor);
    storeRow<T>(c + 3 * rowC, c3_0, c3_1, add, d + 3 * rowD, factor);
  }
}

export function microkernelNarrow<T>(
  rows: i32, columns: i32, kc: i32, a: usize, b: usize,
  c: usize, ldc: i32, add: i32, d: usize, ldd: i32, tile: usize, alpha: T,
): void {
  const zero = v128.splat<T>(<T>0.0), factor = v128.splat<T>(alpha);
  const end = b + (<usize>kc << 5);
  const end1 = end - 32;
  const start = b, panel = bytes<T>(MR) * <usize>kc;
  for (; rows > 0; rows -= MR, a += panel, c += bytes<T>(MR * ldc), d += bytes<T>(MR * ldd)) {
    let c0 = zero, c1 = zero, c2 = zero, c3 = zero;
    let x = a;
    for (b = start; b < end; b += 64, x += bytes<T>(8)) {
      {
        const b0 = v128.load(b);
        c0 = madd<T>(v128.load_splat<T>(x), b0, c0);
        c1 = madd<T>(v128.load_splat<T>(x, sizeof<T>()), b0, c1);
        c2 = madd<T>(v128.load_splat<T>(x, 2 * sizeof<T>()), b0, c2);
        c3 = madd<T>(v128.load_splat<T>(x, 3 * sizeof<T>()), b0, c3);
      }
      if (b >= end1) break;
      {
        const b0 = v128.load(b, 32);
        c0 = madd<T>(v128.load_splat<T>(x, 4 * sizeof<T>()), b0, c0);
        c1 = madd<T>(v128.load_splat<T>(x, 5 * sizeof<T>()), b0, c1);
        c2 = madd<T>(v128.load_splat<T>(x, 6 * sizeof<T>()), b0, c2);
        c3 = madd<T>(v128.load_splat<T>(x, 7 * sizeof<T>()), b0, c3);
      }
    }
    v128.store(tile, v128.mul<T>(c0, factor));
    v128.store(tile, v128.mul<T>(c1, factor), 32);
    v128.store(tile, v128.mul<T>(c2, factor), 64);
    v128.store(tile, v128.mul<T>(c3, factor), 96);
    copyTile<T>(min(rows, MR), columns, tile, c, ldc, add, d, ldd);
  }
}

// @ts-ignore: decorator
@inline
function storeRow<T>(c: usize, ab0: v128, ab1: v128, add: i32, d: usize, alpha: v128): void {
  let c0 = v128.mul<T>(ab0, alpha), c1 = v128.mul<T>(ab1, alpha);
  if (add) {
    c0 = v128.add<T>(v128.load(d), c0);
    c1 = v128.add<T>(v128.load(d, 16), c1);
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

/** The live part of a tile of 4 rows × 2 vectors into C. */
export function copyTile<T>(rows: i32, columns: i32, tile: usize, c: usize, ldc: i32, add: i32, d: usize, ldd: i32): void {
  for (; rows > 0; rows--, tile += 32, c += bytes<T>(ldc), d += bytes<T>(ldd)) {
    for (let j: usize = 0; j < bytes<T>(columns); j += sizeof<T>()) {
      const value = load<T>(tile + j);
      store<T>(c + j, add ? load<T>(d + j) + value : value);
    }
  }
}
