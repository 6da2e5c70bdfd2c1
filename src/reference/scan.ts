/** A linear recurrence along an axis: the reference for assembly/kernels/scan.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";

export function scans({ floats, at, add, mul, round }: Element): Pick<FloatKernels, "scan"> {
  return {
    scan: (m, k, n, a, isOneA, b, isOneB, y, start, isBackward) => {
      const v = floats();
      const [fromA, fromB, to] = [at(a), at(b), at(y)];
      const before = round(start);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let last = before;
          for (let p = 0; p < k; p++) {
            const offset = (i * k + (isBackward ? k - 1 - p : p)) * n + j;
            const [factor, term] = [v[isOneA ? fromA : fromA + offset]!, v[isOneB ? fromB : fromB + offset]!];
            last = n === 1 ? factor * last + term : add(mul(factor, last), term);
            v[to + offset] = last;
          }
        }
      }
    },
  };
}
