/** Updates of whole vectors: the reference for assembly/kernels/vectors.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

export function vectors(
  memory: Pages,
  { bytes, floats, at, round, mul, madd }: Element,
): Pick<FloatKernels, "axpby" | "fill" | "copy" | "store"> {
  return {
    axpby: (n, x, y, alpha, beta) => {
      const v = floats();
      const from = at(x);
      const to = at(y);
      const factor = round(alpha);
      const share = round(beta);
      for (let i = 0; i < n; i++) {
        const value = v[from + i]!;
        v[to + i] = share === 0 ? mul(factor, value) : madd(factor, value, mul(share, v[to + i]!));
      }
    },
    fill: (n, y, alpha) => {
      floats().fill(alpha, at(y), at(y) + n);
    },
    copy: (n, x, y) => {
      memory.u8.copyWithin(y, x, x + n * bytes);
    },
    store: (y, value) => {
      floats()[at(y)] = value;
    },
  };
}
