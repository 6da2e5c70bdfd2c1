/**
 * Rows that are mostly zero, as their nonzeros: the reference for assembly/kernels/sparse_rows.ts, sparse_forward.ts and
 * sparse_backward.ts. Every sum takes the nonzeros in their order, whatever strip its column is in.
 */
import type { CommonKernels, FloatKernels } from "../wasm/abi.ts";
import { stepOf } from "./descent.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

type Names = "gatherSparseRows" | "sparseForward" | "sparseBackward";

export function sparseProducts(memory: Pages, { floats, at, round, mul, madd }: Element): Pick<FloatKernels, Names> {
  return {
    gatherSparseRows: (m, starts, columns, values, indices, toStarts, toColumns, toValues, scale) => {
      const v = floats();
      const { u8, u16, i32 } = memory;
      const factor = round(scale);
      const to = at(toValues);
      let total = 0;
      for (let i = 0; i < m; i++) {
        i32[(toStarts >>> 2) + i] = total;
        const row = (starts >>> 2) + (i32[(indices >>> 2) + i]! >>> 0);
        const first = i32[row]! >>> 0;
        const last = i32[row + 1]! >>> 0;
        for (let j = first; j < last; j++, total++) {
          u16[(toColumns >>> 1) + total] = u16[(columns >>> 1) + j]!;
          v[to + total] = mul(u8[values + j]!, factor);
        }
      }
      i32[(toStarts >>> 2) + m] = total;
      return 0; // what WebAssembly returns keeps its loads from being left out, and means nothing
    },
    sparseForward: (m, n, starts, columns, values, w, b, z) => {
      const v = floats();
      const { u16, i32 } = memory;
      const [from, weights, bias, column] = [at(values), at(w), at(b), columns >>> 1];
      for (let i = 0; i < m; i++) {
        const first = i32[(starts >>> 2) + i]! >>> 0;
        const last = i32[(starts >>> 2) + i + 1]! >>> 0;
        const to = at(z) + i * n;
        // Four columns at a time, of which the last ones are repeated at the edge.
        for (let j = 0; j < n; j += 4) {
          const j1 = Math.min(j + 1, n - 1);
          const j2 = Math.min(j + 2, n - 1);
          const j3 = Math.min(j + 3, n - 1);
          let z0 = v[bias + j]!;
          let z1 = v[bias + j1]!;
          let z2 = v[bias + j2]!;
          let z3 = v[bias + j3]!;
          for (let p = first; p < last; p++) {
            const x = v[from + p]!;
            const row = weights + u16[column + p]! * n;
            z0 = madd(x, v[row + j]!, z0);
            z1 = madd(x, v[row + j1]!, z1);
            z2 = madd(x, v[row + j2]!, z2);
            z3 = madd(x, v[row + j3]!, z3);
          }
          v[to + j] = z0;
          v[to + j1] = z1;
          v[to + j2] = z2;
          v[to + j3] = z3;
        }
      }
    },
    sparseBackward: (m, n, starts, columns, values, d, w, alpha, hyperparameters, strideX, k, taken) => {
      const v = floats();
      const { u16, i32 } = memory;
      const [from, weights, column] = [at(values), at(w), columns >>> 1];
      const factor = round(stepOf(memory, alpha, hyperparameters));
      for (let i = 0; i < m; i++) {
        const first = i32[(starts >>> 2) + i]! >>> 0;
        const last = i32[(starts >>> 2) + i + 1]! >>> 0;
        const row = at(d) + i * strideX;
        for (let p = first; p < last; p++) {
          const place = u16[column + p]! - taken;
          if (place < 0 || place >= k) continue;
          const x = mul(v[from + p]!, factor);
          const to = weights + place * strideX;
          for (let j = 0; j < n; j++) v[to + j] = madd(x, v[row + j]!, v[to + j]!);
        }
      }
    },
  };
}

export function sparseRows(memory: Pages): Pick<CommonKernels, "countNonzeros" | "compressRows"> {
  return {
    countNonzeros: (n, x) => {
      const { u8 } = memory;
      let count = 0;
      for (let i = x; i < x + n; i++) if (u8[i] !== 0) count += 1;
      return count;
    },
    compressRows: (m, k, x, starts, columns, values) => {
      const { u8, u16, i32 } = memory;
      let count = 0;
      for (let i = 0; i < m; i++) {
        i32[(starts >>> 2) + i] = count;
        for (let j = 0; j < k; j++) {
          const value = u8[x + i * k + j]!;
          if (value === 0) continue;
          u16[(columns >>> 1) + count] = j;
          u8[values + count] = value;
          count += 1;
        }
      }
      i32[(starts >>> 2) + m] = count;
    },
  };
}
