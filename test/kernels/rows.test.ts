import { suite } from "uvu";
import * as assert from "uvu/assert";

import { Canary } from "../support/canary.ts";
import { assertAll, assertEqual, assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, FLOATS, integers, lanesOf, reals } from "../support/floats.ts";
import { transposed } from "../support/oracle.ts";

const engine = await loadEngine();
const field = new Canary(engine, 1 << 17);
const { advance, copyRows, gatherCopies } = engine.common;

const test = suite("rows");

for (const dtype of FLOATS) {
  const kernels = engine.kernels[dtype];
  const round = dtype === "float32" ? Math.fround : (value: number) => value;
  const maxRowNonzeros = 3 * lanesOf(dtype) + 1;

  test(`transpose moves every element, for every shape to ${maxRowNonzeros} × ${maxRowNonzeros}, ${dtype}`, () => {
    for (let m = 0; m <= maxRowNonzeros; m++) {
      for (let n = 0; n <= maxRowNonzeros; n++) {
        const x = reals(m * n, 1, dtype).map((value, at) => (at % 7 === 3 ? -0 : at % 7 === 5 ? Number.NaN : value));
        field.clear();
        const input = field.place(dtype, x);
        const y = field.room(dtype, m * n);
        field.run([y], () => kernels.transpose(1, 1, m, n, input.pointer, 0, 0, n, y.pointer, 0, 0, m));
        assertSame(y.values(), transposed(m, n, x), `${m}×${n}`);
      }
    }
  });

  test(`a matrix transposed twice is itself, at odd sizes beyond a block, ${dtype}`, () => {
    for (const [m, n] of [
      [67, 33],
      [1, 301],
      [130, 5],
    ] as const) {
      const x = reals(m * n, 2, dtype);
      field.clear();
      const input = field.place(dtype, x);
      const y = field.room(dtype, m * n);
      const back = field.room(dtype, m * n);
      field.run([y], () => kernels.transpose(1, 1, m, n, input.pointer, 0, 0, n, y.pointer, 0, 0, m));
      field.run([back], () => kernels.transpose(1, 1, n, m, y.pointer, 0, 0, m, back.pointer, 0, 0, n));
      assertSame(back.values(), x, `${m}×${n}`);
    }
  });

  test(`scatterAdd is exact on integers, rows met twice and never included, ${dtype}`, () => {
    for (let m = 0; m <= 7; m++) {
      for (let n = 0; n <= maxRowNonzeros; n++) {
        const x = integers(m * n, 3 + n);
        const before = integers(5 * n, 4 + n);
        const draw = draws(m);
        const indices = Array.from({ length: m }, () => Math.floor(4 * draw())); // row 4 is never met
        field.clear();
        const input = field.place(dtype, x);
        const at = field.place("int32", indices);
        const y = field.place(dtype, before);
        field.run([y], () => kernels.scatterAdd(m, n, input.pointer, at.pointer, y.pointer));
        const want = before.slice();
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) want[(indices[i] ?? 0) * n + j]! += x[i * n + j] ?? Number.NaN;
        }
        assertEqual(y.values(), want, `${m}×${n}`);
      }
    }
  });

  test(`scatterAdd adds in order, to the bit, wherever a column stands, ${dtype}`, () => {
    const column = reals(23, 5, dtype);
    let want = 0;
    for (const value of column) want = round(want + value);
    for (let n = 1; n <= maxRowNonzeros; n++) {
      field.clear();
      const input = field.place(
        dtype,
        Array.from({ length: 23 * n }, (_, at) => column[Math.floor(at / n)] ?? Number.NaN),
      );
      const at = field.place("int32", new Float64Array(23));
      const y = field.place(dtype, new Float64Array(n));
      field.run([y], () => kernels.scatterAdd(23, n, input.pointer, at.pointer, y.pointer));
      assertAll(y.values(), want, `n = ${n}`);
    }
  });

  test(`scatterAdd keeps a NaN in its element, ${dtype}`, () => {
    for (let j = 0; j < maxRowNonzeros; j++) {
      field.clear();
      const input = field.place(dtype, new Float64Array(maxRowNonzeros).fill(1).with(j, Number.NaN));
      const at = field.place("int32", [1]);
      const y = field.place(dtype, new Float64Array(3 * maxRowNonzeros).fill(1));
      field.run([y], () => kernels.scatterAdd(1, maxRowNonzeros, input.pointer, at.pointer, y.pointer));
      const want = new Float64Array(3 * maxRowNonzeros)
        .fill(1)
        .fill(2, maxRowNonzeros, 2 * maxRowNonzeros)
        .with(maxRowNonzeros + j, Number.NaN);
      assertSame(y.values(), want, `NaN in ${j}`);
    }
  });
}

test("copyRows moves rows of any number of bytes between any strides, and nothing of the gaps", () => {
  for (let m = 0; m <= 4; m++) {
    for (let n = 0; n <= 19; n++) {
      for (const [gapX, gapY] of [
        [0, 0],
        [3, 0],
        [0, 5],
        [2, 1],
      ] as const) {
        const bytes = Array.from({ length: m * n }, (_, at) => (37 * at) % 251);
        field.clear();
        const x = field.place("uint8", bytes, { rows: m, gap: gapX });
        const y = field.room("uint8", m * n, { rows: m, gap: gapY });
        field.run([y], () => copyRows(m, n, x.pointer, n + gapX, y.pointer, n + gapY));
        assertEqual(y.values(), bytes, `${m}×${n}, gaps ${gapX} and ${gapY}`);
      }
    }
  }
});

test("copyRows with stride 0 repeats a row", () => {
  field.clear();
  const x = field.place("uint8", [1, 2, 3]);
  const y = field.room("uint8", 9);
  field.run([y], () => copyRows(3, 3, x.pointer, 0, y.pointer, 3));
  assertEqual(y.values(), [1, 2, 3, 1, 2, 3, 1, 2, 3], "y");
});

test("gatherCopies takes the rows that the indices name, in their order, of any number of bytes", () => {
  for (let m = 0; m <= 5; m++) {
    for (let n = 0; n <= 19; n++) {
      const table = Array.from({ length: 4 * n }, (_, at) => (41 * at) % 251);
      const indices = [2, 0, 3, 3, 1].slice(0, m);
      field.clear();
      const x = field.place("uint8", table);
      const at = field.place("int32", indices);
      const y = field.room("uint8", m * n);
      field.run([y], () => gatherCopies(m, n, x.pointer, at.pointer, y.pointer));
      assertEqual(
        y.values(),
        indices.flatMap((i) => table.slice(i * n, (i + 1) * n)),
        `${m}×${n}`,
      );
    }
  }
});

test("advance adds 1 to the step, past the largest int32 too, and leaves the seed", () => {
  for (const [step, next] of [
    [0, 1],
    [-1, 0],
    [2 ** 31 - 1, -(2 ** 31)],
  ] as const) {
    field.clear();
    const counter = field.place("int32", [17, step]);
    field.run([counter], () => advance(counter.pointer));
    assert.equal(counter.values(), [17, next]);
  }
});

test.run();
