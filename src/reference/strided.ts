/** Copies between any strides, and positions computed from indices: the reference for assembly/kernels/strided.ts. */
import type { CommonKernels } from "../wasm/abi.ts";
import type { Pages } from "./pages.ts";

export function stridedCopies(memory: Pages): Pick<CommonKernels, "copyStrided" | "indexSums" | "scatterCopies"> {
  return {
    copyStrided: (n, d0, d1, d2, d3, x, x0, x1, x2, x3, y, y0, y1, y2, y3) => {
      const { u8 } = memory;
      for (let i = 0; i < d0; i++) {
        for (let j = 0; j < d1; j++) {
          for (let k = 0; k < d2; k++) {
            const [from, to] = [x + i * x0 + j * x1 + k * x2, y + i * y0 + j * y1 + k * y2];
            for (let l = 0; l < d3; l++) u8.copyWithin(to + l * y3, from + l * x3, from + l * x3 + n);
          }
        }
      }
    },
    scatterCopies: (m, n, x, indices, y) => {
      const { u8, i32 } = memory;
      const index = indices >>> 2;
      for (let i = 0; i < m; i++) u8.copyWithin(y + (i32[index + i]! >>> 0) * n, x + i * n, x + (i + 1) * n);
    },
    indexSums: (d0, d1, d2, r, r0, r1, r2, scale, o0, o1, o2, y, beta) => {
      const { i32 } = memory;
      const from = r >>> 2;
      let to = y >>> 2;
      for (let i = 0; i < d0; i++) {
        for (let j = 0; j < d1; j++) {
          for (let k = 0; k < d2; k++, to++) {
            const index = i32[from + i * r0 + j * r1 + k * r2]!;
            const before = beta === 0 ? 0 : i32[to]!;
            i32[to] = before + Math.imul(index, scale) + Math.imul(i, o0) + Math.imul(j, o1) + Math.imul(k, o2);
          }
        }
      }
    },
  };
}
