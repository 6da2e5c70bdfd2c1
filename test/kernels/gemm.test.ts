/** C ← αAB + βC and C ← f(αAB + 1·bias), operands as they stand or transposed: the kernel itself, in a field of NaN. */
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { ACTIVATION } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertAll, assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, lanesOf, reals } from "../support/floats.ts";
import { product, sigmoid, transposed } from "../support/oracle.ts";

/** The microtile: assembly/params.ts. */
const MR = 4;
const nrOf = (dtype: FloatType) => 2 * lanesOf(dtype);

/** Terms of the longest block of a sum: docs/quality/numerics.md. */
const KC: { readonly [D in FloatType]: number } = { float32: 256, float64: 192 };

/** Which operands lie in memory as their transposes. */
const LAYOUTS = [
  { name: "A·B", isA: false, isB: false },
  { name: "Aᵀ·B", isA: true, isB: false },
  { name: "A·Bᵀ", isA: false, isB: true },
  { name: "Aᵀ·Bᵀ", isA: true, isB: true },
] as const;
type Layout = (typeof LAYOUTS)[number];

/** One edge, one block and several in each direction: KC = 256, MC = 128, NC = 768. */
const LARGE = [
  { m: 131, n: 779, k: 515 },
  { m: 257, n: 9, k: 1025 },
  { m: 5, n: 7, k: 257 },
  { m: 6, n: 1545, k: 12 },
  { m: 1, n: 1, k: 2000 },
  { m: 128, n: 768, k: 256 },
  // Rows and columns that are not packed.
  { m: MR - 1, n: 779, k: 515 },
  { m: 131, n: 1, k: 515 },
] as const;

const ALPHAS = [1, -0.5, 0, 2];
const BETAS = [0, 1, -1, 0.5];

const MAPS: { readonly [F in keyof typeof ACTIVATION]: (z: number) => number } = {
  none: (z) => z,
  sigmoid,
  tanh: Math.tanh,
  relu: (z) => Math.max(z, 0),
};

type Size = { readonly m: number; readonly n: number; readonly k: number };
type Factors = {
  readonly alpha?: number;
  readonly beta?: number;
  readonly activation?: keyof typeof ACTIVATION;
};
type Operands = {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c?: Float64Array;
  readonly bias?: Float64Array;
};

const engine = await loadEngine();
const small = new Canary(engine, 1 << 15);
const large = new Canary(engine, 1 << 24);

const test = suite("gemm");

/** Runs the kernel on dense m × k and k × n operands, laid out as told, with `gap` NaN after every row, `gapC` in C. */
function gemm(
  field: Canary,
  dtype: FloatType,
  { m, n, k }: Size,
  { a, b, c, bias }: Operands,
  { isA, isB }: Pick<Layout, "isA" | "isB">,
  { alpha = 1, beta = 0, activation = "none" }: Factors = {},
  gap = 0,
  gapC = gap,
): number[] {
  field.clear();
  const { gemm: kernel, gemmScratch } = engine.kernels[dtype];
  const left = field.place(dtype, isA ? transposed(m, k, a) : a, { rows: isA ? k : m, gap });
  const right = field.place(dtype, isB ? transposed(k, n, b) : b, { rows: isB ? n : k, gap });
  const form = { rows: m, gap: gapC };
  const out = c === undefined ? field.room(dtype, m * n, form) : field.place(dtype, c, form);
  const row = bias === undefined ? undefined : field.place(dtype, bias);
  const scratch = field.room("uint8", gemmScratch(m, n, k), { alignment: 16 });
  // Without rows there is no width to add the gap to.
  const lda = (isA ? m : k) + gap;
  const ldb = (isB ? k : n) + gap;
  const ldc = n + gapC;
  field.run([out, scratch], () => {
    const [rsa, csa] = isA ? [1, lda] : [lda, 1];
    const [rsb, csb] = isB ? [1, ldb] : [ldb, 1];
    const [added, f] = [row?.pointer ?? 0, ACTIVATION[activation]];
    const operands = [left.pointer, rsa, csa, right.pointer, rsb, csb, out.pointer, ldc, added, f] as const;
    kernel(m, n, k, ...operands, scratch.pointer, alpha, beta, 0);
  });
  return out.values();
}

for (const dtype of FLOATS) {
  test(`exact on integers: every size to two tiles and one (of columns, three), every layout, rows with gaps, C full of NaN, ${dtype}`, () => {
    for (let m = 0; m <= 2 * MR + 1; m++) {
      for (let n = 0; n <= 3 * nrOf(dtype) + 1; n++) {
        for (let k = 0; k <= 9; k++) {
          const a = integers(m * k, 1 + k);
          const b = integers(k * n, 2 + k);
          const want = product(m, n, k, a, b);
          for (const layout of LAYOUTS) {
            const gap = (m + n + k) % 2 === 0 ? 3 : 0;
            const got = gemm(small, dtype, { m, n, k }, { a, b }, layout, {}, gap);
            assertEqual(got, want, `${layout.name} of ${m}×${n}×${k}, gap ${gap}`);
          }
        }
      }
    }
  });

  test(`exact on integers: every α with every β, from full and edge tiles, ${dtype}`, () => {
    const nr = nrOf(dtype);
    for (const m of [0, 1, MR, MR + 1, 2 * MR + 1]) {
      for (const n of [0, 1, nr - 1, nr, nr + 1, 2 * nr]) {
        for (const k of [0, 1, 5]) {
          const a = integers(m * k, 3);
          const b = integers(k * n, 4);
          const c = integers(m * n, 5);
          const ab = product(m, n, k, a, b);
          for (const alpha of ALPHAS) {
            for (const beta of BETAS) {
              const want = ab.map((sum, at) => alpha * sum + beta * (c[at] ?? Number.NaN));
              const [layout = LAYOUTS[0]] = LAYOUTS.slice((m + n + k) % 4);
              const got = gemm(small, dtype, { m, n, k }, { a, b, c }, layout, { alpha, beta }, k % 3);
              assertEqual(got, want, `${alpha} ${layout.name} + ${beta} C of ${m}×${n}×${k}`);
            }
          }
        }
      }
    }
  });

  test(`a sum begins at 0, so that terms of -0 alone add up to 0, ${dtype}`, () => {
    for (let m = 1; m <= 2 * MR + 1; m++) {
      for (let n = 1; n <= 4 * nrOf(dtype) + 1; n++) {
        const [a, b] = [new Float64Array(3 * m).fill(-1), new Float64Array(3 * n)];
        for (const layout of LAYOUTS) {
          assertAll(gemm(small, dtype, { m, n, k: 3 }, { a, b }, layout), 0, `${layout.name}, ${m}×${n}`);
        }
      }
    }
  });

  test(`exact on integers: a column in one piece, from operands with gaps between their rows, ${dtype}`, () => {
    for (const m of [1, MR, 2 * MR + 1, 131]) {
      for (const k of [1, 5, 515]) {
        const [a, b, c] = [integers(m * k, 20), integers(k, 21), integers(m, 22)];
        const want = product(m, 1, k, a, b).map((sum, at) => 2 * sum - (c[at] ?? Number.NaN));
        for (const layout of LAYOUTS) {
          const got = gemm(large, dtype, { m, n: 1, k }, { a, b, c }, layout, { alpha: 2, beta: -1 }, 3, 0);
          assertEqual(got, want, `2 ${layout.name} - C of ${m}×1×${k}`);
        }
      }
    }
  });

  test(`bias and activation, from full and edge tiles, rows and columns, C full of NaN, ${dtype}`, () => {
    const nr = nrOf(dtype);
    const alpha = 0.5;
    for (const m of [0, 1, MR - 1, MR, MR + 1, 2 * MR + 1]) {
      for (const n of [0, 1, nr / 2, nr - 1, nr, nr + 1, 2 * nr, 3 * nr + 1]) {
        for (const k of [0, 1, 5]) {
          const a = integers(m * k, 16);
          const b = integers(k * n, 17);
          const bias = integers(n, 18);
          const ab = product(m, n, k, a, b);
          const sums = ab.map((sum, at) => alpha * sum + (bias[at % n] ?? Number.NaN));
          for (const [activation, map] of Object.entries(MAPS)) {
            const factors = { alpha, activation: activation as keyof typeof ACTIVATION };
            const tolerance = (want: Float64Array) => (at: number) => 4 * EPS[dtype] * Math.abs(want[at] ?? Number.NaN);
            const [want, wantBare] = [sums.map(map), ab.map((sum) => map(alpha * sum))];
            for (const layout of LAYOUTS) {
              const label = `${activation} of ${layout.name} of ${m}×${n}×${k}`;
              const got = gemm(small, dtype, { m, n, k }, { a, b, bias }, layout, factors, (m + n + k) % 3);
              assertWithin(got, want, tolerance(want), `${label}, bias`);
              if (k === 0) continue; // without a bias, nothing is activated
              const bare = gemm(small, dtype, { m, n, k }, { a, b }, layout, factors, (m + n) % 2);
              assertWithin(bare, wantBare, tolerance(wantBare), label);
            }
          }
        }
      }
    }
  });

  test(`β = 0 never reads C, and with k = 0 it writes zeros, ${dtype}`, () => {
    for (const alpha of ALPHAS) {
      const c = new Float64Array(15).fill(Number.NaN);
      const nothing = new Float64Array(0);
      assertAll(
        gemm(small, dtype, { m: 3, n: 5, k: 0 }, { a: nothing, b: nothing, c }, LAYOUTS[0], { alpha }),
        0,
        "k = 0",
      );
      const got = gemm(small, dtype, { m: 3, n: 5, k: 2 }, { a: integers(6, 1), b: integers(10, 2), c }, LAYOUTS[0], {
        alpha,
      });
      assert.ok(got.every(Number.isFinite));
    }
  });

  test(`a sum is cut into blocks of at most ${KC[dtype]} terms, of equal size but for the last, ${dtype}`, () => {
    const half = EPS[dtype] / 2; // added to 1 it is lost, unless in a block of its own
    const round = dtype === "float32" ? Math.fround : (value: number) => value;
    for (const blocks of [1, 2, 3]) {
      for (const k of [blocks * KC[dtype], blocks * KC[dtype] + 1]) {
        const cuts = Math.ceil(k / KC[dtype]);
        const size = cuts === 1 ? k : 4 * Math.ceil(Math.ceil(k / cuts) / 4);
        let want = 1;
        for (let from = size; from < k; from += size) want = round(want + Math.min(size, k - from) * half);
        for (const { m, n } of [
          { m: 2 * MR + 1, n: 2 * nrOf(dtype) + 1 },
          { m: 1, n: 5 }, // rows and columns that are not packed
          { m: 5, n: 1 },
        ]) {
          const b = new Float64Array(k * n).fill(half).fill(1, 0, n);
          const got = gemm(large, dtype, { m, n, k }, { a: new Float64Array(m * k).fill(1), b }, LAYOUTS[0]);
          assertAll(got, want, `${m}×${n}×${k}`);
        }
      }
    }
  });

  test(`exact on integers over several blocks, ${dtype}`, () => {
    for (const { m, n, k } of LARGE) {
      const a = integers(m * k, 6);
      const b = integers(k * n, 7);
      const c = integers(m * n, 8);
      const ab = product(m, n, k, a, b);
      const updated = ab.map((sum, at) => 2 * sum - (c[at] ?? Number.NaN));
      const bias = integers(n, 19);
      const shifted = ab.map((sum, at) => sum / 64 + (bias[at % n] ?? Number.NaN));
      const activated = shifted.map(sigmoid);
      for (const layout of LAYOUTS) {
        const label = `${layout.name} of ${m}×${n}×${k}`;
        assertEqual(gemm(large, dtype, { m, n, k }, { a, b }, layout, {}, 1), ab, label);
        const got = gemm(large, dtype, { m, n, k }, { a, b, c }, layout, { alpha: 2, beta: -1 });
        assertEqual(got, updated, `2 ${label} - C`);
        const withBias = gemm(large, dtype, { m, n, k }, { a, b, bias }, layout, { alpha: 1 / 64 }, 1);
        assertEqual(withBias, shifted, `${label} / 64 + bias`);
        const factors = { alpha: 1 / 64, activation: "sigmoid" } as const;
        assertWithin(
          gemm(large, dtype, { m, n, k }, { a, b, bias }, layout, factors),
          activated,
          (at) => 4 * EPS[dtype] * (activated[at] ?? Number.NaN),
          `sigmoid of ${label} / 64 + bias`,
        );
      }
    }
  });

  // Both sides of the comparison round in float64; in float32 only the kernel does.
  const bound = dtype === "float32" ? 0.5 : 1;
  test(`rounding stays within ${bound}·(k + 2)·eps·Σ|a||b|, and no layout changes a bit, ${dtype}`, () => {
    for (const { m, n, k } of LARGE) {
      const a = reals(m * k, 9, dtype);
      const b = reals(k * n, 10, dtype);
      const want = product(m, n, k, a, b);
      const size = product(m, n, k, a.map(Math.abs), b.map(Math.abs));
      const got = gemm(large, dtype, { m, n, k }, { a, b }, LAYOUTS[0]);
      const tolerance = (at: number) => bound * (k + 2) * EPS[dtype] * (size[at] ?? Number.NaN);
      assertWithin(got, want, tolerance, `${m}×${n}×${k}`);
      for (const layout of LAYOUTS.slice(1)) {
        assertSame(gemm(large, dtype, { m, n, k }, { a, b }, layout), got, `${layout.name} of ${m}×${n}×${k}`);
      }
    }
  });

  test(`a row of A times a column of B gives the same bits anywhere in C, ${dtype}`, () => {
    const nr = nrOf(dtype);
    for (const k of [1, 7, 512, 513, 1031]) {
      const row = reals(k, 11, dtype);
      const column = reals(k, 12, dtype);
      for (const factors of [{}, { alpha: 0.3, beta: 0.7 }]) {
        const alone = gemm(
          large,
          dtype,
          { m: 1, n: 1, k },
          { a: row, b: column, c: Float64Array.of(0.1) },
          LAYOUTS[0],
          factors,
        );
        for (const { m, n } of [
          { m: 2 * MR + 3, n: 2 * nr + 3 },
          { m: 3, n: nr },
          { m: 130, n: 387 },
        ]) {
          const a = Float64Array.from({ length: m * k }, (_, at) => row[at % k] ?? Number.NaN);
          const b = Float64Array.from({ length: k * n }, (_, at) => column[Math.floor(at / n)] ?? Number.NaN);
          const c = new Float64Array(m * n).fill(0.1);
          const [layout = LAYOUTS[0]] = LAYOUTS.slice((m + n + k) % 4);
          const got = gemm(large, dtype, { m, n, k }, { a, b, c }, layout, factors);
          assertAll(got, alone[0], `${layout.name} of ${m}×${n}×${k}`);
        }
      }
    }
  });

  test(`NaN and ∞ reach exactly the sums that they belong to, even where α = 0, ${dtype}`, () => {
    const [m, n, k] = [MR + 2, nrOf(dtype) + 3, 5];
    const a = integers(m * k, 13).map((value) => value || 1);
    const b = integers(k * n, 14).map((value) => value || 1);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      for (const alpha of [1, 0]) {
        for (const layout of LAYOUTS) {
          const label = `${bad} in ${layout.name}, α = ${alpha}`;
          for (const [i, p] of [
            [0, 0],
            [MR, 2],
            [m - 1, k - 1],
          ] as const) {
            const poisoned = a.with(i * k + p, bad);
            const want = product(m, n, k, poisoned, b).map((sum) => alpha * sum);
            assertEqual(gemm(small, dtype, { m, n, k }, { a: poisoned, b }, layout, { alpha }), want, label);
            assert.is(want.filter(Number.isFinite).length, m * n - n);
          }
          for (const [p, j] of [
            [0, 0],
            [2, nrOf(dtype)],
            [k - 1, n - 1],
          ] as const) {
            const poisoned = b.with(p * n + j, bad);
            const want = product(m, n, k, a, poisoned).map((sum) => alpha * sum);
            assertEqual(gemm(small, dtype, { m, n, k }, { a, b: poisoned }, layout, { alpha }), want, label);
            assert.is(want.filter(Number.isFinite).length, m * n - m);
          }
        }
      }
    }
  });

  test(`zero times infinity is NaN, and NaN in C stays unless β = 0, ${dtype}`, () => {
    const a = Float64Array.of(0, 1);
    const b = Float64Array.of(Infinity, 1);
    assertAll(gemm(small, dtype, { m: 1, n: 1, k: 2 }, { a, b }, LAYOUTS[0]), Number.NaN, "0·∞");
    const c = Float64Array.of(Number.NaN);
    for (const k of [0, 2]) {
      const got = gemm(small, dtype, { m: 1, n: 1, k }, { a: integers(k, 1), b: integers(k, 2), c }, LAYOUTS[0], {
        beta: 1,
      });
      assertAll(got, Number.NaN, `k = ${k}`);
    }
  });

  test(`A and B may be one operand: X·Xᵀ is symmetric to the bit, ${dtype}`, () => {
    const [n, k] = [13, 600];
    large.clear();
    const x = large.place(dtype, reals(n * k, 15, dtype), { rows: n });
    const c = large.room(dtype, n * n, { rows: n });
    const { gemm: kernel, gemmScratch } = engine.kernels[dtype];
    const scratch = large.room("uint8", gemmScratch(n, n, k), { alignment: 16 });
    large.run([c, scratch], () => {
      kernel(n, n, k, x.pointer, k, 1, x.pointer, 1, k, c.pointer, n, 0, 0, scratch.pointer, 1, 0, 0);
    });
    assertSame(c.values(), transposed(n, n, c.values()), "X·Xᵀ");
  });
}

test.run();
