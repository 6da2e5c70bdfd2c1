import { suite } from "uvu";

import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertEqual, assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, integers, lanesOf, reals } from "../support/floats.ts";

type Sizes = readonly [m: number, k: number, n: number];
type Numbers = ArrayLike<number>;

const engine = await loadEngine();
const field = new Canary(engine, 1 << 17);

const test = suite("scan");

function scan(dtype: FloatType, [m, k, n]: Sizes, a: Numbers, b: Numbers, start: number, step: 1 | -1): number[] {
  field.clear();
  const [left, right] = [field.place(dtype, a), field.place(dtype, b)];
  const y = field.room(dtype, m * k * n);
  const ofOne = (x: Numbers) => Number(x.length === 1);
  field.run([y], () =>
    engine.kernels[dtype].scan(
      m,
      k,
      n,
      left.pointer,
      ofOne(a),
      right.pointer,
      ofOne(b),
      y.pointer,
      start,
      Number(step < 0),
    ),
  );
  return y.values();
}

/** From the first to the last, or back, each step rounded as `round` does. */
function wanted([m, k, n]: Sizes, a: Numbers, b: Numbers, start: number, step: 1 | -1, round = (x: number) => x) {
  const y = new Float64Array(m * k * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let last = start;
      for (let p = 0; p < k; p++) {
        const at = (i * k + (step > 0 ? p : k - 1 - p)) * n + j;
        last = round(round((a.length === 1 ? a[0]! : a[at]!) * last) + (b.length === 1 ? b[0]! : b[at]!));
        y[at] = last;
      }
    }
  }
  return y;
}

for (const dtype of FLOATS) {
  const round = dtype === "float32" ? Math.fround : (value: number) => value;

  test(`sums, products and recurrences are exact on integers for every small shape, both ways, ${dtype}`, () => {
    for (const m of [0, 1, 3]) {
      for (let k = 0; k <= 4; k++) {
        for (let n = 0; n <= 2 * lanesOf(dtype) + 1; n++) {
          const sizes = [m, k, n] as const;
          const [x, z] = [integers(m * k * n, 1 + n), integers(m * k * n, 2 + k)];
          if (x.length === 1) continue; // would be one number for all, which is the same
          for (const step of [1, -1] as const) {
            const label = `${sizes.join("×")}, ${step}`;
            assertEqual(scan(dtype, sizes, [1], x, 0, step), wanted(sizes, [1], x, 0, step), `sums ${label}`);
            assertEqual(scan(dtype, sizes, x, [0], 1, step), wanted(sizes, x, [0], 1, step), `products ${label}`);
            assertEqual(scan(dtype, sizes, x, z, 2, step), wanted(sizes, x, z, 2, step), `recurrence ${label}`);
          }
        }
      }
    }
  });

  test(`columns round each step, to the bit; a row keeps its sum in float64, ${dtype}`, () => {
    for (const n of [2, 3, 5, 9]) {
      const [x, z] = [reals(2 * 40 * n, 3, dtype), reals(2 * 40 * n, 4, dtype)];
      assertSame(scan(dtype, [2, 40, n], x, z, 1, 1), wanted([2, 40, n], x, z, 1, 1, round), `n = ${n}`);
    }
    const [x, z] = [reals(80, 3, dtype), reals(80, 4, dtype)];
    assertSame(scan(dtype, [2, 40, 1], x, z, 1, -1), wanted([2, 40, 1], x, z, 1, -1).map(round), "row");
    const ones = new Float64Array(1001).fill(1).with(0, 2 ** 24);
    assertEqual(scan(dtype, [1, 1001, 1], [1], ones, 0, 1).slice(-1), [2 ** 24 + 1000], "2^24 and a thousand ones");
  });

  test(`signs of zero stay: sums from -0, products plus -0, ${dtype}`, () => {
    assertSame(scan(dtype, [1, 3, 1], [1], [-0, -0, 0], -0, 1), [-0, -0, 0], "sums");
    assertSame(scan(dtype, [1, 3, 1], [-0, 2, -1], [-0], 1, 1), [-0, -0, 0], "products");
    assertSame(scan(dtype, [1, 2, 2], [-0, 2, 2, -0], [-0], 1, 1), [-0, 2, -0, -0], "products of columns");
  });
}

test.run();
