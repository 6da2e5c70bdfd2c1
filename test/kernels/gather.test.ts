import { suite } from "uvu";
import * as assert from "uvu/assert";

import { Canary } from "../support/canary.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, FLOATS, integers } from "../support/floats.ts";

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("gather");

function bytes(count: number, seed: number): Uint8Array {
  const draw = draws(seed);
  return Uint8Array.from({ length: count }, () => Math.floor(256 * draw()));
}

for (const dtype of FLOATS) {
  const { gatherRows } = engine.kernels[dtype];
  const round = dtype === "float32" ? Math.fround : (value: number) => value;

  test(`rows of every length from 0 to 40, in any order and more than once, exact, ${dtype}`, () => {
    for (let n = 0; n <= 40; n++) {
      for (const scale of [1, 1 / 255, -2]) {
        const rows = 5;
        const x = bytes(rows * n, 1 + n);
        const indices = [4, 0, 3, 3, 1];
        field.clear();
        const table = field.place("uint8", x);
        const picked = field.place("int32", indices);
        const y = field.room(dtype, indices.length * n);
        field.run([y], () => gatherRows(5, n, table.pointer, picked.pointer, y.pointer, scale));
        const want = indices.flatMap((row) => {
          return Array.from(x.subarray(row * n, (row + 1) * n), (byte) => round(byte * round(scale)));
        });
        assertSame(y.values(), want, `n = ${n}, scale ${scale}`);
      }
    }
  });

  test(`every byte in every place of a row, ${dtype}`, () => {
    const n = 37;
    for (let byte = 0; byte < 256; byte++) {
      field.clear();
      const table = field.place(
        "uint8",
        Uint8Array.from({ length: n }, (_, j) => byte + j),
      );
      const picked = field.place("int32", [0]);
      const y = field.room(dtype, n);
      field.run([y], () => gatherRows(1, n, table.pointer, picked.pointer, y.pointer, 1));
      assertSame(
        y.values(),
        Array.from({ length: n }, (_, j) => (byte + j) % 256),
        `from byte ${byte}`,
      );
    }
  });

  test(`no rows, ${dtype}`, () => {
    field.clear();
    const table = field.place("uint8", bytes(12, 2));
    field.run([], () => gatherRows(0, 4, table.pointer, table.pointer, table.pointer, 1));
  });
}

test("gatherIndices picks any number of elements, the extremes of int32 included", () => {
  const x = [...integers(9, 3), -(2 ** 31), 2 ** 31 - 1];
  const draw = draws(4);
  for (let m = 0; m <= 19; m++) {
    const indices = Array.from({ length: m }, () => Math.floor(x.length * draw()));
    field.clear();
    const from = field.place("int32", x);
    const picked = field.place("int32", indices);
    const y = field.room("int32", m);
    field.run([y], () => engine.common.gatherIndices(m, from.pointer, picked.pointer, y.pointer));
    assert.equal(
      y.values(),
      indices.map((at) => x[at]),
      `m = ${m}`,
    );
  }
});

test("firstOutOfRange finds the first bad index at any position, and -1 when there is none", () => {
  const { firstOutOfRange } = engine.common;
  const find = (indices: number[], bound: number) => {
    field.clear();
    const operand = field.place("int32", indices);
    return field.run([], () => firstOutOfRange(indices.length, operand.pointer, bound));
  };
  for (let m = 0; m <= 19; m++) {
    const good = Array.from({ length: m }, (_, i) => i % 10);
    assert.is(find(good, 10), -1, `m = ${m}`);
    for (const bad of [10, -1, 2 ** 31 - 1, -(2 ** 31)]) {
      for (let i = 0; i < m; i++) {
        assert.is(find(good.with(i, bad), 10), i, `${bad} at ${i} of ${m}`);
        assert.is(find(good.with(i, bad).with(m - 1, bad), 10), i, `${bad} at ${i} and at the end of ${m}`);
      }
    }
  }
  assert.is(find([0], 0), 0, "nothing lies in 0..-1");
  assert.is(find([2 ** 31 - 2], 2 ** 31 - 1), -1, "the largest bound");
});

test.run();
