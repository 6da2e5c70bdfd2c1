import { suite } from "uvu";
import * as assert from "uvu/assert";

import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, integers, reals } from "../support/floats.ts";
import * as oracle from "../support/oracle.ts";

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("argmax");

function argmax(dtype: FloatType, n: number, x: ArrayLike<number>): number[] {
  field.clear();
  const m = x.length / n;
  const input = field.place(dtype, x);
  const y = field.room("int32", m);
  field.run([y], () => engine.kernels[dtype].argmax(m, n, 1, input.pointer, y.pointer, 0));
  return y.values();
}

function countCorrect(dtype: FloatType, n: number, x: ArrayLike<number>, labels: ArrayLike<number>): number {
  field.clear();
  const input = field.place(dtype, x);
  const right = field.place("int32", labels);
  return field.run([], () => engine.kernels[dtype].countCorrect(labels.length, n, input.pointer, right.pointer));
}

for (const dtype of FLOATS) {
  test(`every small shape, ties included, ${dtype}`, () => {
    for (let m = 0; m <= 4; m++) {
      for (let n = 1; n <= 19; n++) {
        for (const x of [integers(m * n, m + n), reals(m * n, m + n, dtype)]) {
          const want = oracle.argmax(n, x);
          assert.equal(argmax(dtype, n, x), want, `${m}×${n}`);
          assert.is(countCorrect(dtype, n, x, want), m, `${m}×${n}`);
          assert.is(
            countCorrect(
              dtype,
              n,
              x,
              want.map((j) => j + 1),
            ),
            0,
            `${m}×${n}`,
          );
        }
      }
    }
  });

  test(`each column wins when it is the largest, and the first of equals, ${dtype}`, () => {
    for (let j = 0; j < 9; j++) {
      assert.equal(argmax(dtype, 9, new Float64Array(9).fill(-5).with(j, -4)), [j]);
      assert.equal(argmax(dtype, 9, new Float64Array(9).fill(2, j)), [j]);
    }
  });

  test(`infinities, zeros of both signs and subnormal numbers are ordered, ${dtype}`, () => {
    const tiny = 2 ** -149;
    assert.equal(argmax(dtype, 3, [-Infinity, -3e38, -Infinity]), [1]);
    assert.equal(argmax(dtype, 3, [3e38, Infinity, Infinity]), [1]);
    assert.equal(argmax(dtype, 3, [-Infinity, -Infinity, -Infinity]), [0]);
    assert.equal(argmax(dtype, 3, [-0, 0, 0]), [0], "0 is not above -0");
    assert.equal(argmax(dtype, 3, [0, tiny, -tiny]), [1]);
  });

  test(`the first NaN wins over everything, as in NumPy, ${dtype}`, () => {
    for (let j = 0; j < 7; j++) {
      assert.equal(
        argmax(dtype, 7, new Float64Array(7).fill(1).with(j, Number.NaN).with(6, Infinity).with(j, Number.NaN)),
        [j],
      );
      assert.equal(argmax(dtype, 7, new Float64Array(7).fill(Number.NaN, j)), [j]);
    }
    assert.equal(argmax(dtype, 2, [1, 2, Number.NaN, 2, 3, 1]), [1, 0, 0], "only its own row");
  });

  test(`countCorrect counts the rows that hit their label, ${dtype}`, () => {
    const x = [0, 1, 5, 2, 3, 3];
    assert.is(countCorrect(dtype, 2, x, [1, 0, 0]), 3);
    assert.is(countCorrect(dtype, 2, x, [1, 0, 1]), 2, "a tie belongs to its first column");
    assert.is(countCorrect(dtype, 2, x, [0, 1, 1]), 0);
    assert.is(countCorrect(dtype, 2, x, [-1, 2, 2 ** 31 - 1]), 0, "no column at all");
  });
}

test.run();
