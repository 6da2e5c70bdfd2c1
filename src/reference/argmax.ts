/** The index of the largest element along an axis: the reference for assembly/kernels/argmax.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

export function argmaxima(memory: Pages, { floats, at }: Element): Pick<FloatKernels, "argmax" | "countCorrect"> {
  const first = (k: number, x: number, step: number, sign: number): number => {
    const v = floats();
    let best = 0;
    let top = sign * v[x]!;
    for (let p = 1; p < k && !Number.isNaN(top); p++) {
      const value = sign * v[x + p * step]!;
      if (value <= top) continue; // not so for a NaN, which nothing replaces
      best = p;
      top = value;
    }
    return best;
  };

  return {
    argmax: (m, k, n, x, y, isSmallest) => {
      const sign = isSmallest ? -1 : 1;
      const from = at(x);
      let to = y >>> 2;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) memory.i32[to++] = first(k, from + i * k * n + j, n, sign);
      }
    },
    countCorrect: (m, n, x, labels) => {
      const from = at(x);
      const label = labels >>> 2;
      let count = 0;
      for (let i = 0; i < m; i++) if (first(n, from + i * n, 1, 1) === memory.i32[label + i]) count += 1;
      return count;
    },
  };
}
