/** The column of each row's largest element: the twin of assembly/kernels/argmax.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

export function argmaxima(memory: Pages, { floats, at }: Element): Pick<FloatKernels, "argmax" | "countCorrect"> {
  const rowArgmax = (n: number, x: number): number => {
    const v = floats();
    let best = 0;
    let top = v[x]!;
    for (let j = 1; j < n && !Number.isNaN(top); j++) {
      const value = v[x + j]!;
      if (value <= top) continue; // not so for a NaN, which nothing replaces
      best = j;
      top = value;
    }
    return best;
  };

  return {
    argmax: (m, n, x, y) => {
      const from = at(x);
      const to = y >>> 2;
      for (let i = 0; i < m; i++) memory.i32[to + i] = rowArgmax(n, from + i * n);
    },
    countCorrect: (m, n, x, labels) => {
      const from = at(x);
      const label = labels >>> 2;
      let count = 0;
      for (let i = 0; i < m; i++) if (rowArgmax(n, from + i * n) === memory.i32[label + i]) count += 1;
      return count;
    },
  };
}
