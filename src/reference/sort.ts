/** Stable order of lines, and searches in one: the reference for assembly/kernels/sort.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

type Names = "sortLines" | "sortScratch" | "searchSorted";

export function sorting(memory: Pages, { floats, at, move }: Element): Pick<FloatKernels, Names> {
  return {
    sortLines: (descending, m, k, n, count, x, y, indices, flat, _scratch) => {
      const v = floats();
      const [from, to] = [at(x), at(y)];
      const sign = descending ? -1 : 1;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const start = i * k * n + j;
          const order = Array.from({ length: k }, (_, p) => p);
          order.sort((p, q) => sign * compare(v[from + start + p * n]!, v[from + start + q * n]!));
          for (let p = 0; p < count; p++) {
            const place = i * count * n + j + p * n;
            const source = start + order[p]! * n;
            if (y !== 0) move(from + source, to + place);
            if (indices !== 0) memory.i32[(indices >>> 2) + place] = flat ? source : order[p]!;
          }
        }
      }
    },
    sortScratch: (k) => 8 * k + 8192,
    searchSorted: (right, n, x, m, values, y) => {
      const v = floats();
      const [from, of] = [at(x), at(values)];
      for (let i = 0; i < m; i++) {
        let low = 0;
        let high = n;
        while (low < high) {
          const middle = (low + high) >>> 1;
          const place = compare(v[from + middle]!, v[of + i]!);
          if (place < 0 || (place === 0 && right !== 0)) low = middle + 1;
          else high = middle;
        }
        memory.i32[(y >>> 2) + i] = low;
      }
    },
  };
}

/** Negative where a comes before b: NaN after everything, -0 beside 0. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : Number(a > b);
}
