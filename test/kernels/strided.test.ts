import { suite } from "uvu";

import { Canary } from "../support/canary.ts";
import { assertEqual } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";

const engine = await loadEngine();
const field = new Canary(engine, 1 << 14);
const { copyStrided, indexSums, scatterCopies } = engine.common;

const test = suite("strided");

const EXTENTS = [
  [1, 1, 1, 0],
  [1, 1, 1, 5],
  [0, 2, 3, 2],
  [2, 3, 2, 2],
  [3, 1, 2, 4],
] as const;

test("copyStrided reads blocks of any number of bytes at any strides, reversed and repeated", () => {
  for (const n of [0, 1, 2, 3, 4, 5, 8, 9, 16, 19]) {
    for (const [d0, d1, d2, d3] of EXTENTS) {
      const count = d0 * d1 * d2 * d3;
      const dense = [d1 * d2 * d3 * n, d2 * d3 * n, d3 * n, n] as const;
      for (const signs of [
        [1, 1, 1, 1],
        [-1, 1, -1, -1],
        [0, 1, 0, 1],
        [1, -1, 1, 0],
      ]) {
        const [x0, x1, x2, x3] = dense.map((stride, axis) => stride * (signs[axis] ?? 0)) as [
          number,
          number,
          number,
          number,
        ];
        const bytes = Array.from({ length: count * n }, (_, at) => (37 * at) % 251);
        const back = [d0, d1, d2, d3].reduce<number>(
          (sum, extent, axis) => sum + (signs[axis] === -1 ? (extent - 1) * dense[axis]! : 0),
          0,
        );
        const start = count === 0 ? 0 : back;
        field.clear();
        const x = field.place("uint8", bytes);
        const y = field.room("uint8", count * n);
        field.run([y], () => copyStrided(n, d0, d1, d2, d3, x.pointer + start, x0, x1, x2, x3, y.pointer, ...dense));
        const want: number[] = [];
        for (let i = 0; i < d0; i++)
          for (let j = 0; j < d1; j++)
            for (let k = 0; k < d2; k++)
              for (let l = 0; l < d3; l++) {
                const from = start + i * x0 + j * x1 + k * x2 + l * x3;
                want.push(...bytes.slice(from, from + n));
              }
        assertEqual(y.values(), want, `${n} bytes, ${[d0, d1, d2, d3]}, signs ${signs}`);
      }
    }
  }
});

test("copyStrided writes between any strides, and nothing of the gaps", () => {
  for (const n of [1, 4, 8, 12]) {
    const bytes = Array.from({ length: 6 * n }, (_, at) => (41 * at) % 251);
    field.clear();
    const x = field.place("uint8", bytes);
    const y = field.room("uint8", 6 * n, { rows: 6, gap: 5 });
    const step = n + 5;
    // Rows in reverse, and of them every second one first.
    const last = y.pointer + 5 * step;
    field.run([y], () => copyStrided(n, 1, 1, 2, 3, x.pointer, 0, 0, 3 * n, n, last, 0, 0, -step, -2 * step));
    const row = (at: number) => bytes.slice(at * n, (at + 1) * n);
    assertEqual(y.values(), [5, 2, 4, 1, 3, 0].flatMap(row), `${n} bytes`);
  }
});

test("scatterCopies writes rows where their indices say, the last one of equals", () => {
  for (let n = 0; n <= 19; n++) {
    const bytes = Array.from({ length: 4 * n }, (_, at) => (43 * at) % 251);
    field.clear();
    const x = field.place("uint8", bytes);
    const at = field.place("int32", [3, 1, 3, 0]);
    const y = field.place(
      "uint8",
      Array.from({ length: 5 * n }, () => 255),
    );
    field.run([y], () => scatterCopies(4, n, x.pointer, at.pointer, y.pointer));
    const row = (i: number) => bytes.slice(i * n, (i + 1) * n);
    const untouched = Array.from({ length: n }, () => 255);
    assertEqual(y.values(), [...row(3), ...row(1), ...untouched, ...row(2), ...untouched], `${n} bytes`);
  }
});

test("indexSums scales indices and adds a ramp along each axis, and adds to y where beta is 1", () => {
  for (const [d0, d1, d2] of [
    [0, 2, 2],
    [1, 1, 7],
    [2, 3, 4],
  ] as const) {
    for (const beta of [0, 1]) {
      for (const [r0, r1, r2] of [
        [d1 * d2, d2, 1],
        [0, 1, 0],
        [0, 0, 2],
      ] as const) {
        const indices = Array.from({ length: 64 }, (_, at) => ((7 * at) % 23) - 4);
        field.clear();
        const r = field.place("int32", indices);
        const y = field.place(
          "int32",
          Array.from({ length: d0 * d1 * d2 }, () => 1000),
        );
        field.run([y], () => indexSums(d0, d1, d2, r.pointer, r0, r1, r2, 3, 100, -20, 5, y.pointer, beta));
        const want: number[] = [];
        for (let i = 0; i < d0; i++)
          for (let j = 0; j < d1; j++)
            for (let k = 0; k < d2; k++)
              want.push(beta * 1000 + 3 * indices[i * r0 + j * r1 + k * r2]! + 100 * i - 20 * j + 5 * k);
        assertEqual(y.values(), want, `${[d0, d1, d2]}, strides ${[r0, r1, r2]}, beta ${beta}`);
      }
    }
  }
});

test("copyStrided of blocks of nothing touches no memory, wherever it begins", () => {
  const beyond = 2 ** 31 - 16;
  copyStrided(0, 1, 1, 1, 2, beyond, 0, 0, 0, 1, beyond, 0, 0, 0, 1);
});

test.run();
