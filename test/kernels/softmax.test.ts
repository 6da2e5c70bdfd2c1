import { suite } from "uvu";
import * as assert from "uvu/assert";

import { MAP_SCRATCH } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertAll, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";
import * as oracle from "../support/oracle.ts";

const engine = await loadEngine();
const scratch = engine.scratch(MAP_SCRATCH);
const field = new Canary(engine);

const test = suite("softmax");

function softmax(dtype: FloatType, n: number, z: ArrayLike<number>, place: "apart" | "in place" = "apart"): number[] {
  field.clear();
  const logits = field.place(dtype, z);
  const p = place === "apart" ? field.room(dtype, z.length) : logits;
  field.run([p], () => engine.kernels[dtype].softmax(z.length / n, n, logits.pointer, p.pointer, scratch));
  return p.values();
}

for (const dtype of FLOATS) {
  test(`every small shape agrees with float64, in place too, ${dtype}`, () => {
    for (let m = 0; m <= 3; m++) {
      for (let n = 1; n <= 19; n++) {
        const z = reals(m * n, 10 * m + n, dtype).map((value) => 8 * value);
        const want = oracle.softmax(n, z);
        const got = softmax(dtype, n, z);
        // z - max rounds once (|z - max| <= 16, so e^(z - max) moves by 8 eps), each sum n times, exp and the quotient 2.
        const tolerance = (at: number) => (16 + n + 4) * EPS[dtype] * (want[at] ?? Number.NaN);
        assertWithin(got, want, tolerance, `${m}×${n}`);
        assertSame(softmax(dtype, n, z, "in place"), got, `${m}×${n}, in place`);
      }
    }
  });

  test(`rows add up to one, ${dtype}`, () => {
    for (let n = 1; n <= 40; n++) {
      const p = softmax(
        dtype,
        n,
        reals(n, n, dtype).map((value) => 50 * value),
      );
      const sum = p.reduce((partial, value) => partial + value, 0);
      assert.ok(Math.abs(sum - 1) <= (n + 2) * EPS[dtype], `n = ${n}: ${sum}`);
      assert.ok(p.every((value) => value >= 0 && value <= 1));
    }
  });

  test(`equal logits share equally, at any size of theirs, ${dtype}`, () => {
    for (const logit of [0, 1000, -1000, 3e38, -3e38]) {
      for (const n of [1, 2, 4, 8, 16])
        assertAll(softmax(dtype, n, new Float64Array(n).fill(logit)), 1 / n, `${logit}`);
    }
  });

  test(`a constant on all logits changes no bit, ${dtype}`, () => {
    const z = integers(13, 6);
    for (const constant of [1000, -1000, 65536]) {
      assertSame(
        softmax(
          dtype,
          13,
          z.map((value) => value + constant),
        ),
        softmax(dtype, 13, z),
        `${constant}`,
      );
    }
  });

  test(`extreme logits give 0 and 1, never NaN, ${dtype}`, () => {
    assertSame(softmax(dtype, 3, [1000, 0, -1000]), [1, 0, 0], "±1000");
    assertSame(softmax(dtype, 3, [-3e38, 3e38, 0]), [0, 1, 0], "±3e38");
    assertSame(softmax(dtype, 3, [0, -Infinity, 0]), [0.5, 0, 0.5], "-∞ has no probability");
    assertSame(softmax(dtype, 5, [-Infinity, -Infinity, 7, -Infinity, -Infinity]), [0, 0, 1, 0, 0], "all but one -∞");
  });

  test(`rows without an answer are NaN: +∞, nothing but -∞, NaN, and only those rows, ${dtype}`, () => {
    for (const bad of [
      [Infinity, 0, 0],
      [Infinity, Infinity, 0],
      [-Infinity, -Infinity, -Infinity],
      [0, Number.NaN, 0],
    ]) {
      const got = softmax(dtype, 3, [...[0, 0, 0], ...bad, ...[0, 0, 0]]);
      assertAll(got.slice(3, 6), Number.NaN, `${bad}`);
      assertWithin([...got.slice(0, 3), ...got.slice(6)], Array(6).fill(1 / 3), () => EPS[dtype], `beside ${bad}`);
    }
  });

  test(`a NaN in any column makes its row NaN, ${dtype}`, () => {
    for (let n = 1; n <= 9; n++) {
      for (let j = 0; j < n; j++) {
        assertAll(
          softmax(dtype, n, new Float64Array(n).fill(1).with(j, Number.NaN)),
          Number.NaN,
          `column ${j} of ${n}`,
        );
      }
    }
  });

  test(`a row's bits do not depend on the rows around it, ${dtype}`, () => {
    const z = reals(7 * 11, 8, dtype).map((value) => 20 * value);
    const together = softmax(dtype, 11, z);
    for (let i = 0; i < 7; i++) {
      const alone = softmax(dtype, 11, z.slice(11 * i, 11 * (i + 1)));
      assertSame(alone, together.slice(11 * i, 11 * (i + 1)), `row ${i}`);
    }
  });

  test(`equal logits have equal probabilities to the bit, in every column, ${dtype}`, () => {
    for (let n = 2; n <= 19; n++) {
      const z = new Float64Array(n).fill(0.3).with(n - 1, 2);
      const p = softmax(dtype, n, z);
      assertAll(p.slice(0, n - 1), p[0], `n = ${n}`);
    }
  });
}

for (const dtype of FLOATS) {
  test(`a row gives the same probabilities alone, among others and in another block, ${dtype}`, () => {
    // 2,048 elements are a block: rows that fill several, and one that is longer.
    for (const [m, n] of [
      [450, 10],
      [3, 2500],
    ] as const) {
      const z = reals(m * n, 5, dtype);
      const large = new Canary(engine, 1 << 18);
      const logits = large.place(dtype, z);
      const p = large.room(dtype, m * n);
      large.run([p], () => engine.kernels[dtype].softmax(m, n, logits.pointer, p.pointer, scratch));
      for (const i of [0, 1, m - 1]) {
        const alone = large.place(dtype, z.slice(i * n, (i + 1) * n));
        const row = large.room(dtype, n);
        large.run([row], () => engine.kernels[dtype].softmax(1, n, alone.pointer, row.pointer, scratch));
        assertSame(p.values().slice(i * n, (i + 1) * n), row.values(), `row ${i} of ${m} × ${n}`);
      }
    }
  });
}

test.run();
