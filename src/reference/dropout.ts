/** Dropout by random words that are functions of their places: the reference for assembly/kernels/dropout.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

export function dropouts(memory: Pages, { floats, at, round, mul }: Element): Pick<FloatKernels, "dropout"> {
  return {
    dropout: (n, x, y, counter, threshold, scale, stream, first) => {
      const v = floats();
      const { i32 } = memory;
      const a = hash(i32[counter >>> 2]!, i32[(counter >>> 2) + 1]!);
      const b = hash(a, stream);
      const c = hash(b, a);
      const from = at(x);
      const to = at(y);
      const factor = round(scale);
      const lowest = threshold >>> 0;
      for (let i = 0; i < n; i++) v[to + i] = hash((first + i) ^ b, c) >>> 0 >= lowest ? mul(v[from + i]!, factor) : 0;
    },
  };
}

/** h(v, key) of two rounds. */
function hash(v: number, key: number): number {
  return round(round(v, key), key);
}

function round(v: number, key: number): number {
  v = Math.imul(v ^ (v >>> 16), 0x85ebca6b);
  v = Math.imul(v ^ (v >>> 13), 0xc2b2ae35);
  return ((v ^ (v >>> 16)) + key) | 0;
}
