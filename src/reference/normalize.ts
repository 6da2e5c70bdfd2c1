/** Rows made mean 0 and variance 1: the reference for assembly/kernels/normalize.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";

export function normalizations({ floats, at }: Element): Pick<FloatKernels, "normalize" | "normalizeGradient"> {
  /** In two pairs of lanes in turn, of which the last one added to is the second. */
  const total = (n: number, term: (i: number) => number): number => {
    let [now, next] = [
      [0, 0],
      [0, 0],
    ] as [[number, number], [number, number]];
    for (let i = 0; i < n; i += 2) {
      const sum: [number, number] = [now[0] + term(i), now[1] + (i + 1 < n ? term(i + 1) : 0)];
      now = next;
      next = sum;
    }
    return now[0] + next[0] + (now[1] + next[1]);
  };

  const rows = (m: number, n: number, x: number, dy: number | undefined, y: number, epsilon: number): void => {
    const v = floats();
    for (let row = 0; row < m * n; row += n) {
      const [from, to, gradient] = [x + row, y + row, (dy ?? 0) + row];
      const start = v[from]!;
      const mean = start + total(n, (i) => v[from + i]! - start) / n;
      const square = (d: number): number => d * d;
      const r = 1 / Math.sqrt(total(n, (i) => square(v[from + i]! - mean)) / n + epsilon);
      if (dy === undefined) {
        for (let i = 0; i < n; i++) v[to + i] = (v[from + i]! - mean) * r;
        continue;
      }
      const average = total(n, (i) => v[gradient + i]!) / n;
      const slope = total(n, (i) => (v[from + i]! - mean) * (r * v[gradient + i]!)) / n;
      for (let i = 0; i < n; i++) v[to + i] = r * (v[gradient + i]! - average - (v[from + i]! - mean) * r * slope);
    }
  };

  return {
    normalize: (m, n, x, y, epsilon) => rows(m, n, at(x), undefined, at(y), epsilon),
    normalizeGradient: (m, n, x, dy, dx, epsilon) => rows(m, n, at(x), at(dy), at(dx), epsilon),
  };
}
