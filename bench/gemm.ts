/** The three products of training, square and in the chapter's shapes. */
import { type Engine, matmul, RandomState, type Transpose, tensor, zeros } from "lanegrad";
import type { Case } from "./case.ts";

type Product = { readonly m: number; readonly n: number; readonly k: number };

const LETTERS: { readonly [T in Transpose]: string } = { none: "nn", a: "tn", b: "nt", both: "tt" };

export function gemmCases(engine: Engine): Case[] {
  const squares = [64, 128, 256, 512].flatMap((size) =>
    (["none", "a", "b"] as const).map((transpose) => gemmCase(engine, { m: size, n: size, k: size }, transpose)),
  );
  return [
    ...squares,
    gemmCase(engine, { m: 100, n: 50, k: 784 }, "none"),
    gemmCase(engine, { m: 784, n: 50, k: 100 }, "a"),
  ];
}

function gemmCase(engine: Engine, { m, n, k }: Product, transpose: Transpose): Case {
  const random = new RandomState(1);
  const a = tensor(engine, Float32Array.from(random.randn(m * k)), { shape: transpose === "a" ? [k, m] : [m, k] });
  const b = tensor(engine, Float32Array.from(random.randn(k * n)), { shape: transpose === "b" ? [n, k] : [k, n] });
  const c = zeros(engine, [m, n]);
  const options = { transpose, out: c };
  const shape = m === n && n === k ? `${m}` : `${m}x${k}x${n}`;
  return {
    name: `sgemm ${LETTERS[transpose]} ${shape}`,
    flops: 2 * m * n * k,
    tolerance: (k + 2) * 2 ** -24,
    residual: () => {
      matmul(a, b, options);
      return residualOf({ m, n, k }, transpose, a.data, b.data, c.data);
    },
    run: () => {
      matmul(a, b, options);
      return c.data[0] ?? 0;
    },
  };
}

/** The largest |C - AB| / Σ|a||b| over a sample of elements, in float64. */
function residualOf(
  { m, n, k }: Product,
  transpose: Transpose,
  ...[a, b, c]: [Float32Array, Float32Array, Float32Array]
): number {
  let worst = 0;
  for (let i = 0; i < m; i += 7) {
    for (let j = 0; j < n; j += 5) {
      let sum = 0;
      let size = 0;
      for (let p = 0; p < k; p++) {
        const term = a[transpose === "a" ? p * m + i : i * k + p]! * b[transpose === "b" ? j * k + p : p * n + j]!;
        sum += term;
        size += Math.abs(term);
      }
      worst = Math.max(worst, Math.abs(c[i * n + j]! - sum) / size);
    }
  }
  return worst;
}
