import { suite } from "uvu";
import * as assert from "uvu/assert";

import { Canary } from "../support/canary.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, FLOATS } from "../support/floats.ts";

const engine = await loadEngine();
const field = new Canary(engine, 1 << 18);
const { compressRows, countNonzeros } = engine.common;

/** What kernels may write behind the last nonzero. */
const SPARE = 8;

const test = suite("sparse rows");

/** m × k integers, of which about `density` are not zero. */
function mostlyZero(m: number, k: number, { density = 0.3, high = 9, seed = 1 } = {}): Uint8Array {
  const draw = draws(seed);
  return Uint8Array.from({ length: m * k }, () => (draw() < density ? 1 + Math.floor(high * draw()) : 0));
}

/** The nonzeros of each row, as the kernels want them. */
function nonzerosOf(x: ArrayLike<number>, m: number, k: number) {
  const starts = [0];
  const columns: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) {
      const value = x[i * k + j]!;
      if (value === 0) continue;
      columns.push(j);
      values.push(value);
    }
    starts.push(columns.length);
  }
  return { starts, columns, values };
}

test("countNonzeros counts at every length, and a byte in any place", () => {
  for (let n = 0; n <= 50; n++) {
    field.clear();
    const x = mostlyZero(1, n, { seed: n });
    const place = field.place("uint8", x);
    const count = field.run([], () => countNonzeros(n, place.pointer));
    assert.is(count, x.filter((byte) => byte !== 0).length, `n = ${n}`);
  }
});

test("compressRows keeps the nonzeros in their order, whatever the length of a row", () => {
  for (let k = 0; k <= 41; k++) {
    for (const density of [0, 0.1, 0.5, 1]) {
      const m = 4;
      const x = mostlyZero(m, k, { density, high: 255, seed: k });
      const want = nonzerosOf(x, m, k);
      field.clear();
      const place = field.place("uint8", x);
      const starts = field.room("int32", m + 1);
      const columns = field.room("uint16", want.columns.length + SPARE);
      const values = field.room("uint8", want.values.length + SPARE);
      field.run([starts, columns, values], () =>
        compressRows(m, k, place.pointer, starts.pointer, columns.pointer, values.pointer),
      );
      const label = `k = ${k}, density ${density}`;
      assertSame(starts.values(), want.starts, label);
      assertSame(columns.values().slice(0, want.columns.length), want.columns, label);
      assertSame(values.values().slice(0, want.values.length), want.values, label);
    }
  }
});

test("compressRows finds a nonzero that is alone in its row, in any column, however small or large", () => {
  const k = 24;
  const room = k + SPARE;
  for (const value of [1, 2, 128, 255]) {
    field.clear();
    const x = field.place(
      "uint8",
      Array.from({ length: k * k }, (_, at) => (Math.floor(at / k) === at % k ? value : 0)),
    );
    const [starts, columns] = [field.room("int32", k + 1), field.room("uint16", room)];
    const values = field.room("uint8", room);
    field.run([starts, columns, values], () =>
      compressRows(k, k, x.pointer, starts.pointer, columns.pointer, values.pointer),
    );
    const places = Array.from({ length: k + 1 }, (_, i) => i);
    assertSame(starts.values(), places, `${value}: starts`);
    assertSame(columns.values().slice(0, k), places.slice(0, k), `${value}: columns`);
    assertSame(values.values().slice(0, k), Array(k).fill(value), `${value}: values`);
  }
});

for (const dtype of FLOATS) {
  const { gatherSparseRows, sparseForward, sparseBackward } = engine.kernels[dtype];
  const round = dtype === "float32" ? Math.fround : (value: number) => value;

  test(`gatherSparseRows brings rows of any length together, in any order and more than once, ${dtype}`, () => {
    for (let k = 0; k <= 30; k++) {
      const rows = 6;
      const x = mostlyZero(rows, k, { density: 0.6, high: 255, seed: 7 + k });
      const indices = [5, 3, 3, 0, 2];
      const scale = 1 / 255;
      const from = nonzerosOf(x, rows, k);
      const want = nonzerosOf(
        indices.flatMap((row) => [...x.subarray(row * k, (row + 1) * k)]),
        indices.length,
        k,
      );
      field.clear();
      const spare = Array(SPARE).fill(0);
      const starts = field.place("int32", from.starts);
      const columns = field.place("uint16", [...from.columns, ...spare]);
      const values = field.place("uint8", [...from.values, ...spare]);
      const picked = field.place("int32", indices);
      const toStarts = field.room("int32", indices.length + 1);
      const toColumns = field.room("uint16", want.columns.length + SPARE);
      const toValues = field.room(dtype, want.values.length + SPARE);
      field.run([toStarts, toColumns, toValues], () =>
        gatherSparseRows(
          indices.length,
          starts.pointer,
          columns.pointer,
          values.pointer,
          picked.pointer,
          toStarts.pointer,
          toColumns.pointer,
          toValues.pointer,
          scale,
        ),
      );
      assertSame(toStarts.values(), want.starts, `k = ${k}`);
      assertSame(toColumns.values().slice(0, want.columns.length), want.columns, `k = ${k}`);
      const scaled = want.values.map((byte) => round(byte * round(scale)));
      assertSame(toValues.values().slice(0, want.values.length), scaled, `k = ${k}`);
    }
  });

  test(`both products for every number of columns from 0 to 120, exact on small integers, ${dtype}`, () => {
    for (let n = 0; n <= 120; n++) {
      const m = 3;
      const k = 11;
      const x = mostlyZero(m, k, { seed: 100 + n });
      x.fill(0, k, 2 * k); // a row without nonzeros
      const { starts, columns, values } = nonzerosOf(x, m, k);
      const draw = draws(200 + n);
      const whole = (count: number) => Array.from({ length: count }, () => Math.floor(19 * draw()) - 9);
      const [w, b, d] = [whole(k * n), whole(n), whole(m * n)];

      field.clear();
      const at = { starts: field.place("int32", starts), columns: field.place("uint16", columns) };
      const v = field.place(dtype, values);
      const [wAt, bAt, dAt] = [field.place(dtype, w), field.place(dtype, b), field.place(dtype, d)];
      const z = field.room(dtype, m * n);
      field.run([z], () =>
        sparseForward(m, n, at.starts.pointer, at.columns.pointer, v.pointer, wAt.pointer, bAt.pointer, z.pointer),
      );
      const product =
        b.length === 0
          ? []
          : Array.from({ length: m * n }, (_, at) => {
              const [i, j] = [Math.floor(at / n), at % n];
              let sum = b[j]!;
              for (let p = 0; p < k; p++) sum += x[i * k + p]! * w[p * n + j]!;
              return sum;
            });
      assertSame(z.values(), product, `forward, n = ${n}`);

      field.run([wAt], () =>
        sparseBackward(
          m,
          n,
          at.starts.pointer,
          at.columns.pointer,
          v.pointer,
          dAt.pointer,
          wAt.pointer,
          -2,
          0,
          n,
          k,
          0,
        ),
      );
      const updated = w.map((value, at) => {
        const [p, j] = [Math.floor(at / n), at % n];
        let sum = value;
        for (let i = 0; i < m; i++) sum -= 2 * x[i * k + p]! * d[i * n + j]!;
        return sum;
      });
      assertSame(wAt.values(), updated, `backward, n = ${n}`);
    }
  });

  test(`NaN and infinity in W reach exactly the rows that meet them, ${dtype}`, () => {
    const x = Uint8Array.of(1, 0, 2, 0, 3, 0); // 2 × 3: columns 0 and 2, column 1
    const { starts, columns, values } = nonzerosOf(x, 2, 3);
    field.clear();
    const at = { starts: field.place("int32", starts), columns: field.place("uint16", columns) };
    const v = field.place(dtype, values);
    const w = field.place(dtype, [1, 1, Number.NaN, Infinity, 1, 1]);
    const b = field.place(dtype, [0, 0]);
    const z = field.room(dtype, 4);
    field.run([z], () =>
      sparseForward(2, 2, at.starts.pointer, at.columns.pointer, v.pointer, w.pointer, b.pointer, z.pointer),
    );
    assertSame(z.values(), [3, 3, Number.NaN, Infinity], "z");
  });
}

test.run();
