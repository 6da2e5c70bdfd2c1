/**
 * The products of training, C ← AB (nn), AᵀB (tn) and ABᵀ (nt): square, in the chapter's shapes, tiny, and with a
 * single column or row. Names say m x k x n, for C m × n.
 */
import { type Engine, type FloatType, matmul, RandomState, type Transpose, tensor, zeros } from "lanegrad";
import { arrayOf, type Case, ROUNDING, type Trial, zerosOf } from "./case.ts";
import { plainKernels } from "./plain/copies.ts";
import type { Floats } from "./plain/kernels.ts";

type Layout = "nn" | "tn" | "nt";
type Product = { readonly layout: Layout; readonly m: number; readonly k: number; readonly n: number };

const TRANSPOSE: { readonly [L in Layout]: Transpose } = { nn: "none", tn: "a", nt: "b" };
const LAYOUTS = ["nn", "tn", "nt"] as const;
const SQUARES = [8, 16, 32, 64, 128, 256, 512, 1024, 2048];
const OTHERS: readonly Product[] = [
  { layout: "nn", m: 100, k: 784, n: 50 },
  { layout: "tn", m: 784, k: 100, n: 50 },
  { layout: "nn", m: 100, k: 50, n: 10 },
  { layout: "tn", m: 50, k: 100, n: 10 },
  { layout: "nt", m: 100, k: 10, n: 50 },
  { layout: "nn", m: 512, k: 512, n: 1 },
  { layout: "nn", m: 1, k: 512, n: 512 },
];

/** How many rows plain JavaScript computes, at about 1 GFLOP/s: some 20 ms. */
const PLAIN_FLOPS = 2e7;
/** Rows and columns that the reference looks at, spread over C. */
const SAMPLED = 24;

export function gemmCases(): Case[] {
  const squares = LAYOUTS.flatMap((layout) => SQUARES.map((size) => ({ layout, m: size, k: size, n: size })));
  return (["float32", "float64"] as const).flatMap((dtype) =>
    [...squares, ...OTHERS].map((product) => gemmCase(product, dtype)),
  );
}

function gemmCase(product: Product, dtype: FloatType): Case {
  const { layout, m, k, n } = product;
  const shape = m === n && n === k ? `${m}` : `${m}x${k}x${n}`;
  return {
    name: `${dtype === "float32" ? "sgemm" : "dgemm"} ${layout} ${shape}`,
    flops: 2 * m * n * k,
    dtype,
    prepare: (engine) => prepare(engine, product, dtype),
  };
}

function prepare(engine: Engine, product: Product, dtype: FloatType): Trial {
  const { layout, m, k, n } = product;
  const random = new RandomState(1);
  const draw = (size: number) => arrayOf(dtype, random.rand(size)).map((value) => value - 0.5);
  const [left, right] = [draw(m * k), draw(k * n)];
  const a = tensor(engine, left, { dtype, shape: layout === "tn" ? [k, m] : [m, k] });
  const b = tensor(engine, right, { dtype, shape: layout === "nt" ? [n, k] : [k, n] });
  const c = zeros(engine, [m, n], { dtype });
  const options = { transpose: TRANSPOSE[layout], out: c };

  const { gemmRows, gemmDots } = plainKernels(dtype);
  const plainC = zerosOf(dtype, m * n);
  const rows = Math.max(1, Math.min(m, Math.floor(PLAIN_FLOPS / (2 * k * n))));
  const plain = {
    nn: () => gemmRows(rows, n, k, left, k, 1, right, plainC),
    tn: () => gemmRows(rows, n, k, left, 1, m, right, plainC),
    nt: () => gemmDots(rows, n, k, left, right, plainC),
  }[layout];
  return {
    run: () => {
      matmul(a, b, options);
      return c.data[0]!;
    },
    plain: () => {
      plain();
      return plainC[0]!;
    },
    plainShare: rows / m,
    residual: () => {
      matmul(a, b, options);
      return residualOf(product, left, right, c.data);
    },
    tolerance: 2 * (k + 2) * ROUNDING[dtype],
    owned: [a, b, c],
  };
}

/** The largest |C - AB| / Σ|a||b| over a sample of elements, in float64. */
function residualOf({ layout, m, k, n }: Product, a: Floats, b: Floats, c: Floats): number {
  let worst = 0;
  for (const i of spread(m)) {
    for (const j of spread(n)) {
      let sum = 0;
      let size = 0;
      for (let p = 0; p < k; p++) {
        const term = a[layout === "tn" ? p * m + i : i * k + p]! * b[layout === "nt" ? j * k + p : p * n + j]!;
        sum += term;
        size += Math.abs(term);
      }
      worst = Math.max(worst, Math.abs(c[i * n + j]! - sum) / size);
    }
  }
  return worst;
}

/** Positions in 0..extent-1, the first and the last among them. */
function spread(extent: number): readonly number[] {
  const count = Math.min(extent, SAMPLED);
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => Math.floor((i * (extent - 1)) / (count - 1)));
}
