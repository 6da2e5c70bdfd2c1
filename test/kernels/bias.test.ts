import { suite } from "uvu";

import { Canary } from "../support/canary.ts";
import { assertAll, assertEqual, assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, integers, lanesOf, reals } from "../support/floats.ts";
import * as oracle from "../support/oracle.ts";

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("bias");

for (const dtype of FLOATS) {
  const kernels = engine.kernels[dtype];

  test(`addBias is exact on integers for every small shape, in place too, ${dtype}`, () => {
    for (let m = 0; m <= 4; m++) {
      for (let n = 0; n <= 19; n++) {
        const x = integers(m * n, 1 + n);
        const b = integers(n, 2 + n);
        const want = x.map((value, at) => value + (b[at % n] ?? Number.NaN));
        for (const isInPlace of [false, true]) {
          field.clear();
          const input = field.place(dtype, x);
          const bias = field.place(dtype, b);
          const y = isInPlace ? input : field.room(dtype, m * n);
          field.run([y], () => kernels.addBias(m, n, input.pointer, bias.pointer, y.pointer));
          assertEqual(y.values(), want, `${m}×${n}, in place ${isInPlace}`);
        }
      }
    }
  });

  test(`addBias carries NaN of x to its element and NaN of b down its column, ${dtype}`, () => {
    for (let j = 0; j < 7; j++) {
      field.clear();
      const x = field.place(dtype, new Float64Array(21).fill(1).with(7 + ((j + 1) % 7), Number.NaN));
      const b = field.place(dtype, new Float64Array(7).fill(1).with(j, Number.NaN));
      field.run([x], () => kernels.addBias(3, 7, x.pointer, b.pointer, x.pointer));
      const want = Array.from({ length: 21 }, (_, at) => (at % 7 === j || at === 7 + ((j + 1) % 7) ? Number.NaN : 2));
      assertSame(x.values(), want, `NaN in column ${j}`);
    }
  });

  // The widest loop takes four vectors at once.
  const widest = 8 * lanesOf(dtype) + 1;
  test(`columnSums is exact on integers for every shape to 5 × ${widest}, ${dtype}`, () => {
    for (let m = 0; m <= 5; m++) {
      for (let n = 0; n <= widest; n++) {
        const x = integers(m * n, 3 + n);
        field.clear();
        const input = field.place(dtype, x);
        const y = field.room(dtype, n);
        field.run([y], () => kernels.columnSums(m, n, input.pointer, y.pointer));
        assertEqual(y.values(), oracle.columnSums(m, n, x), `${m}×${n}`);
      }
    }
  });

  test(`columnSums adds from the first row to the last, to the bit, ${dtype}`, () => {
    const round = dtype === "float32" ? Math.fround : (value: number) => value;
    for (let n = 1; n <= widest; n++) {
      const m = 40;
      const x = reals(m * n, 4, dtype);
      const want = new Float64Array(n);
      x.forEach((value, at) => {
        want[at % n] = round((want[at % n] ?? Number.NaN) + value);
      });
      field.clear();
      const input = field.place(dtype, x);
      const y = field.room(dtype, n);
      field.run([y], () => kernels.columnSums(m, n, input.pointer, y.pointer));
      assertSame(y.values(), want, `${m}×${n}`);
    }
  });

  test(`columnSums gives equal columns equal bits, wherever they stand, ${dtype}`, () => {
    const column = reals(23, 5, dtype);
    for (let n = 1; n <= widest; n++) {
      field.clear();
      const input = field.place(
        dtype,
        Array.from({ length: 23 * n }, (_, at) => column[Math.floor(at / n)] ?? Number.NaN),
      );
      const y = field.room(dtype, n);
      field.run([y], () => kernels.columnSums(23, n, input.pointer, y.pointer));
      assertAll(y.values(), y.values()[0], `n = ${n}`);
    }
  });

  test(`columnSums keeps a NaN in its column, ${dtype}`, () => {
    for (let j = 0; j < widest; j++) {
      field.clear();
      const x = field.place(dtype, new Float64Array(3 * widest).fill(1).with(widest + j, Number.NaN));
      const y = field.room(dtype, widest);
      field.run([y], () => kernels.columnSums(3, widest, x.pointer, y.pointer));
      assertSame(y.values(), new Float64Array(widest).fill(3).with(j, Number.NaN), `NaN in column ${j}`);
    }
  });
}

test.run();
