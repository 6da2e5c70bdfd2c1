import { suite } from "uvu";
import * as assert from "uvu/assert";

import { REDUCE } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertAll, assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, lanesOf, reals } from "../support/floats.ts";

type Name = keyof typeof REDUCE;
type Sizes = readonly [m: number, k: number, n: number];

/** The fold of a partial result and the next element. */
const FOLD: { readonly [N in Name]: (partial: number, x: number) => number } = {
  sum: (partial, x) => partial + x,
  max: (partial, x) => Math.max(partial, x),
  sumOfSquares: (partial, x) => partial + x * x,
  min: (partial, x) => Math.min(partial, x),
  prod: (partial, x) => partial * x,
};
const START = { sum: 0, max: -Infinity, sumOfSquares: 0, min: Infinity, prod: 1 };
const NAMES = Object.keys(REDUCE) as Name[];

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("reduce");

function reduce(dtype: FloatType, f: Name, [m, k, n]: Sizes, x: ArrayLike<number>): number[] {
  field.clear();
  const input = field.place(dtype, x);
  const y = field.room(dtype, m * n);
  field.run([y], () => engine.kernels[dtype].reduce(REDUCE[f], m, k, n, input.pointer, y.pointer));
  return y.values();
}

/** From the first to the last, each step rounded. */
function wanted(f: Name, [m, k, n]: Sizes, x: Float64Array, round = (value: number) => value): Float64Array {
  return Float64Array.from({ length: m * n }, (_, at) => {
    let partial = START[f];
    for (let p = 0; p < k; p++) {
      const value = x[(Math.floor(at / n) * k + p) * n + (at % n)] ?? Number.NaN;
      partial = f === "sumOfSquares" ? round(partial + round(value * value)) : round(FOLD[f](partial, value));
    }
    return partial;
  });
}

for (const dtype of FLOATS) {
  const round = dtype === "float32" ? Math.fround : (value: number) => value;
  const maxRowNonzeros = 4 * lanesOf(dtype) + 1;

  for (const f of NAMES) {
    test(`${f} is exact on integers for every small shape, ${dtype}`, () => {
      for (const m of [0, 1, 3]) {
        for (let k = 0; k <= 4; k++) {
          for (let n = 0; n <= maxRowNonzeros; n++) {
            const x = integers(m * k * n, 1 + n);
            assertEqual(reduce(dtype, f, [m, k, n], x), wanted(f, [m, k, n], x), `${m}×${k}×${n}`);
          }
        }
        for (let k = 5; k <= 19; k++) {
          const x = integers(m * k, 2 + k);
          assertEqual(reduce(dtype, f, [m, k, 1], x), wanted(f, [m, k, 1], x), `${m}×${k}×1`);
        }
      }
    });

    test(`${f} of columns goes from the first to the last, to the bit, wherever they stand, ${dtype}`, () => {
      for (let n = 2; n <= maxRowNonzeros; n++) {
        const x = reals(2 * 40 * n, 3, dtype);
        assertSame(reduce(dtype, f, [2, 40, n], x), wanted(f, [2, 40, n], x, round), `n = ${n}`);
      }
    });

    test(`${f} has NaN where an element is, and nowhere else, ${dtype}`, () => {
      for (let at = 0; at < 19; at++) {
        const x = new Float64Array(38).fill(2).with(19 + at, Number.NaN);
        const [first, second] = reduce(dtype, f, [2, 19, 1], x);
        assert.ok(Number.isFinite(first) && Number.isNaN(second), `row, ${at}`);
        const columns = reduce(dtype, f, [1, 2, 19], x);
        assertSame(columns.map(Number.isNaN).map(Number), new Float64Array(19).with(at, 1), `column ${at}`);
      }
    });
  }

  test(`a row is added up in float64 and rounded once, ${dtype}`, () => {
    for (const k of [7, 100, 1001]) {
      const x = reals(k, k, dtype);
      for (const f of ["sum", "sumOfSquares"] as const) {
        const [want = Number.NaN] = wanted(f, [1, k, 1], x);
        const size = x.reduce((sum, value) => sum + (f === "sum" ? Math.abs(value) : value * value), 0);
        // Half a unit of the result for its own rounding, and k roundings in float64.
        const tolerance = (EPS[dtype] / 2) * Math.abs(want) + k * EPS.float64 * size;
        assertWithin(reduce(dtype, f, [1, k, 1], x), [want], () => tolerance, `${f}, k = ${k}`);
      }
    }
  });

  test(`what would be lost in float32 is not: 2^24 and a thousand ones, ${dtype}`, () => {
    const x = new Float64Array(1001).fill(1).with(0, 2 ** 24);
    assertEqual(reduce(dtype, "sum", [1, 1001, 1], x), [2 ** 24 + 1000], "sum");
    const squares = new Float64Array(1025).fill(1).with(0, 2 ** 12);
    assertEqual(reduce(dtype, "sumOfSquares", [1, 1025, 1], squares), [2 ** 24 + 1024], "sum of squares");
  });

  test(`the maximum finds the largest in every place, among -∞ and negative numbers, ${dtype}`, () => {
    for (let k = 1; k <= 19; k++) {
      for (let at = 0; at < k; at++) {
        const x = new Float64Array(k).fill(-Infinity).with(at, -5);
        assertSame(reduce(dtype, "max", [1, k, 1], x), [-5], `row, ${at} of ${k}`);
      }
      assertSame(reduce(dtype, "max", [1, k, 1], new Float64Array(k).fill(-Infinity)), [-Infinity], `-∞ × ${k}`);
      assertAll(reduce(dtype, "max", [1, 3, k + 1], new Float64Array(3 * k + 3).fill(-7)), -7, `columns, ${k + 1}`);
    }
  });
}

test.run();
