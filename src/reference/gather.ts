/** Rows and numbers picked by index: the reference for assembly/kernels/gather.ts, rows.ts and `advance` of dropout.ts. */
import type { CommonKernels, FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

type Names = "gatherRows" | "scatterAdd" | "transpose";

export function rowMoves(memory: Pages, { floats, at, move, round, add, mul }: Element): Pick<FloatKernels, Names> {
  return {
    gatherRows: (m, n, x, indices, y, scale) => {
      const v = floats();
      const { u8, i32 } = memory;
      const index = indices >>> 2;
      const factor = round(scale);
      let to = at(y);
      for (let i = 0; i < m; i++) {
        const row = x + (i32[index + i]! >>> 0) * n;
        for (let j = row; j < row + n; j++) v[to++] = mul(u8[j]!, factor);
      }
    },
    scatterAdd: (m, n, x, indices, y) => {
      const v = floats();
      const { i32 } = memory;
      const index = indices >>> 2;
      const table = at(y);
      let from = at(x);
      for (let i = 0; i < m; i++) {
        const row = table + (i32[index + i]! >>> 0) * n;
        for (let j = row; j < row + n; j++) v[j] = add(v[j]!, v[from++]!);
      }
    },
    transpose: (d0, d1, m, n, x, x0, x1, rx, y, y0, y1, ry) => {
      for (let k = 0; k < d0; k++) {
        for (let l = 0; l < d1; l++) {
          const [from, to] = [at(x) + k * x0 + l * x1, at(y) + k * y0 + l * y1];
          for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) move(from + i * rx + j, to + j * ry + i);
        }
      }
    },
  };
}

type CommonNames = "gatherIndices" | "firstOutOfRange" | "copyRows" | "gatherCopies" | "advance";

export function commonMoves(memory: Pages): Pick<CommonKernels, CommonNames> {
  return {
    gatherIndices: (m, x, indices, y) => {
      const { i32 } = memory;
      const from = x >>> 2;
      const index = indices >>> 2;
      const to = y >>> 2;
      for (let i = 0; i < m; i++) i32[to + i] = i32[from + (i32[index + i]! >>> 0)]!;
    },
    firstOutOfRange: (m, indices, bound) => {
      const { i32 } = memory;
      const index = indices >>> 2;
      for (let i = 0; i < m; i++) if (i32[index + i]! >>> 0 >= bound) return i;
      return -1;
    },
    copyRows: (m, n, x, strideX, y, strideY) => {
      const { u8 } = memory;
      for (let i = 0; i < m; i++) u8.copyWithin(y + i * strideY, x + i * strideX, x + i * strideX + n);
    },
    gatherCopies: (m, n, x, indices, y) => {
      const { u8, i32 } = memory;
      const index = indices >>> 2;
      for (let i = 0; i < m; i++) {
        const row = x + (i32[index + i]! >>> 0) * n;
        u8.copyWithin(y + i * n, row, row + n);
      }
    },
    advance: (counter) => {
      memory.i32[(counter >>> 2) + 1]! += 1;
    },
  };
}
