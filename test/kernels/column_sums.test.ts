import { suite } from "uvu";

import { Canary } from "../support/canary.ts";
import { assertAll, assertEqual, assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, integers, lanesOf, reals } from "../support/floats.ts";
import * as oracle from "../support/oracle.ts";

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("column sums");

for (const dtype of FLOATS) {
  const kernels = engine.kernels[dtype];
  const round = dtype === "float32" ? Math.fround : (value: number) => value;

  // The widest loop takes two vectors at once.
  const maxRowNonzeros = 4 * lanesOf(dtype) + 1;
  test(`columnSums is exact on integers for every shape to 5 × ${maxRowNonzeros}, ${dtype}`, () => {
    for (let m = 0; m <= 5; m++) {
      for (let n = 0; n <= maxRowNonzeros; n++) {
        const x = integers(m * n, 3 + n);
        field.clear();
        const input = field.place(dtype, x);
        const y = field.room(dtype, n);
        field.run([y], () => kernels.columnSums(m, n, input.pointer, y.pointer, 1, 0, 0, n));
        assertEqual(y.values(), oracle.columnSums(m, n, x), `${m}×${n}`);
      }
    }
  });

  test(`columnSums adds from the first row to the last, to the bit, ${dtype}`, () => {
    for (let n = 1; n <= maxRowNonzeros; n++) {
      const m = 40;
      const x = reals(m * n, 4, dtype);
      const want = new Float64Array(n);
      x.forEach((value, at) => {
        want[at % n] = round((want[at % n] ?? Number.NaN) + value);
      });
      field.clear();
      const input = field.place(dtype, x);
      const y = field.room(dtype, n);
      field.run([y], () => kernels.columnSums(m, n, input.pointer, y.pointer, 1, 0, 0, n));
      assertSame(y.values(), want, `${m}×${n}`);
    }
  });

  test(`columnSums gives equal columns equal bits, wherever they stand, ${dtype}`, () => {
    const column = reals(23, 5, dtype);
    for (let n = 1; n <= maxRowNonzeros; n++) {
      field.clear();
      const input = field.place(
        dtype,
        Array.from({ length: 23 * n }, (_, at) => column[Math.floor(at / n)] ?? Number.NaN),
      );
      const y = field.room(dtype, n);
      field.run([y], () => kernels.columnSums(23, n, input.pointer, y.pointer, 1, 0, 0, n));
      assertAll(y.values(), y.values()[0], `n = ${n}`);
    }
  });

  test(`columnSums keeps a NaN in its column, ${dtype}`, () => {
    for (let j = 0; j < maxRowNonzeros; j++) {
      field.clear();
      const x = field.place(dtype, new Float64Array(3 * maxRowNonzeros).fill(1).with(maxRowNonzeros + j, Number.NaN));
      const y = field.room(dtype, maxRowNonzeros);
      field.run([y], () => kernels.columnSums(3, maxRowNonzeros, x.pointer, y.pointer, 1, 0, 0, maxRowNonzeros));
      assertSame(y.values(), new Float64Array(maxRowNonzeros).fill(3).with(j, Number.NaN), `NaN in column ${j}`);
    }
  });

  test(`y ← β·y + α·sums is exact on integers, and β = 0 never reads y, ${dtype}`, () => {
    for (let n = 0; n <= maxRowNonzeros; n++) {
      for (const [alpha, beta] of [
        [2, 0],
        [-0.5, 1],
        [3, -2],
        [0, 0.5],
      ] as const) {
        const x = integers(3 * n, 6 + n);
        const before = integers(n, 7 + n);
        field.clear();
        const input = field.place(dtype, x);
        const y = beta === 0 ? field.room(dtype, n) : field.place(dtype, before);
        field.run([y], () => kernels.columnSums(3, n, input.pointer, y.pointer, alpha, beta, 0, n));
        const sums = oracle.columnSums(3, n, x);
        const want = sums.map((sum, j) => alpha * sum + beta * (before[j] ?? Number.NaN));
        assertEqual(y.values(), want, `n = ${n}, α = ${alpha}, β = ${beta}`);
      }
    }
  });

  test(`columnSums onto y has the bits of axpby of the sums, ${dtype}`, () => {
    const alpha = round(-0.3);
    for (const beta of [1, round(0.7)]) {
      for (let n = 1; n <= maxRowNonzeros; n++) {
        const before = reals(n, 9, dtype);
        field.clear();
        const input = field.place(dtype, reals(5 * n, 8, dtype));
        const sums = field.room(dtype, n);
        const apart = field.place(dtype, before);
        const y = field.place(dtype, before);
        kernels.columnSums(5, n, input.pointer, sums.pointer, 1, 0, 0, n);
        kernels.axpby(n, sums.pointer, apart.pointer, alpha, beta);
        field.run([y], () => kernels.columnSums(5, n, input.pointer, y.pointer, alpha, beta, 0, n));
        assertSame(y.values(), apart.values(), `n = ${n}, β = ${beta}`);
      }
    }
  });
}

test.run();
