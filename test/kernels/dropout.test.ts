/**
 * Dropout's mask: what it does to elements, that it is a function of seed, step, stream and place alone, and that it
 * looks random: shares, neighbours, steps, streams and seeds, each within 4σ at fixed seeds.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";

import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, reals } from "../support/floats.ts";

type Key = { readonly seed?: number; readonly step?: number; readonly stream?: number };

const engine = await loadEngine();
const field = new Canary(engine, 1 << 20);
/** Elements of a mask whose statistics are taken. */
const MANY = 60_000;

const test = suite("dropout");

/** p·2^32 as the i32 that the kernel takes. */
function thresholdOf(p: number): number {
  return Math.round(p * 2 ** 32) | 0;
}

function dropout(
  dtype: FloatType,
  x: ArrayLike<number>,
  p: number,
  scale: number,
  { seed = 1, step = 0, stream = 0 }: Key = {},
  place: "apart" | "in place" = "apart",
): number[] {
  field.clear();
  const counter = field.place("int32", [seed, step]);
  const input = field.place(dtype, x);
  const y = place === "apart" ? field.room(dtype, x.length) : input;
  field.run([y], () =>
    engine.kernels[dtype].dropout(
      x.length,
      input.pointer,
      y.pointer,
      counter.pointer,
      thresholdOf(p),
      scale,
      stream,
      0,
    ),
  );
  return y.values();
}

/** 1 where an element is kept. */
function mask(n: number, p: number, key: Key = {}, dtype: FloatType = "float32"): number[] {
  return dropout(dtype, new Float64Array(n).fill(1), p, 1, key);
}

/** h(v, key), murmur3's finaliser twice, with the key after each: in integers, as plainly as possible. */
function hash(v: number, key: number): number {
  let word = v;
  for (let round = 0; round < 2; round++) {
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    word = ((word ^ (word >>> 16)) + key) | 0;
  }
  return word;
}

function words(n: number, { seed = 1, step = 0, stream = 0 }: Key): number[] {
  const a = hash(seed, step);
  const b = hash(a, stream);
  const c = hash(b, a);
  return Array.from({ length: n }, (_, i) => hash(i ^ b, c) >>> 0);
}

/** The two are as often equal as independent coins of probability q are, within 4σ. */
function assertIndependent(a: readonly number[], b: readonly number[], q: number, label: string): void {
  const want = q * q + (1 - q) * (1 - q);
  const equal = a.filter((value, i) => value === b[i]).length / a.length;
  const sigma = Math.sqrt((want * (1 - want)) / a.length);
  assert.ok(Math.abs(equal - want) <= 4 * sigma, `${label}: ${equal} equal, expected ${want} ± ${4 * sigma}`);
}

for (const dtype of FLOATS) {
  const round = dtype === "float32" ? Math.fround : (value: number) => value;

  test(`an element is x times the scale where its word reaches the threshold, else 0, ${dtype}`, () => {
    for (const key of [{}, { seed: -5, step: 7, stream: 3 }, { seed: 2 ** 31 - 1, step: -1, stream: -1 }]) {
      const all = words(19, key);
      for (let n = 0; n <= 19; n++) {
        for (const p of [0.25, 0.5, 0.9]) {
          const x = reals(n, 2 + n, dtype);
          const scale = round(1 / (1 - p));
          const want = x.map((value, i) => ((all[i] ?? Number.NaN) >= thresholdOf(p) >>> 0 ? round(value * scale) : 0));
          const got = dropout(dtype, x, p, scale, key);
          assertSame(got, want, `n = ${n}, p = ${p}`);
          assertSame(dropout(dtype, x, p, scale, key, "in place"), got, `n = ${n}, p = ${p}, in place`);
        }
      }
    }
  });

  test(`the threshold is the first word that is kept, as an unsigned number, ${dtype}`, () => {
    const all = words(7, {});
    all.forEach((word, i) => {
      for (const [threshold, kept] of [
        [word, 1],
        [word + 1, 0],
      ] as const) {
        assert.is(mask(7, threshold / 2 ** 32, {}, dtype)[i], kept, `word ${word}, threshold ${threshold}`);
      }
    });
  });

  test(`threshold 0 keeps everything, and what is dropped is 0, NaN and ∞ too, ${dtype}`, () => {
    const x = [1, Number.NaN, Infinity, -0, -3, 2 ** -149];
    assertSame(dropout(dtype, x, 0, 1), x.map(round), "p = 0");
    assertSame(dropout(dtype, x, 1 - 2 ** -32, 1), new Float64Array(x.length), "p near 1");
  });

  test(`a place's word depends neither on n nor on the float type, ${dtype}`, () => {
    const whole = mask(100, 0.5, { seed: 3 }, "float32");
    for (let n = 0; n <= 100; n++) assertSame(mask(n, 0.5, { seed: 3 }, dtype), whole.slice(0, n), `n = ${n}`);
  });
}

test("the share that is kept is 1 - p within 4σ, at many p, steps and streams", () => {
  for (const p of [0.1, 0.25, 0.5, 0.8]) {
    for (const [step, stream] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1000, 7],
    ] as const) {
      const kept = mask(MANY, p, { step, stream }).reduce((sum, value) => sum + value, 0) / MANY;
      const sigma = Math.sqrt((p * (1 - p)) / MANY);
      assert.ok(Math.abs(kept - (1 - p)) <= 4 * sigma, `p = ${p}, step ${step}, stream ${stream}: ${kept}`);
    }
  }
});

test("each bit of a word is a fair coin, by the threshold's halving: quarters and eighths", () => {
  const eighths = Array.from({ length: 8 }, (_, i) => mask(MANY, i / 8).reduce((sum, value) => sum + value, 0));
  eighths.push(0);
  const sigma = Math.sqrt(MANY * (1 / 8) * (7 / 8));
  for (let i = 0; i < 8; i++) {
    const count = (eighths[i] ?? Number.NaN) - (eighths[i + 1] ?? Number.NaN);
    assert.ok(Math.abs(count - MANY / 8) <= 4 * sigma, `words from ${i}/8: ${count}`);
  }
});

test("neighbours, and places a power of two apart, are independent", () => {
  const kept = mask(MANY, 0.5, { seed: 9 });
  for (let distance = 1; distance <= 4096; distance *= 2) {
    assertIndependent(kept.slice(0, -distance), kept.slice(distance), 0.5, `distance ${distance}`);
  }
});

test("steps, streams and seeds that differ in one bit are independent", () => {
  const first = mask(MANY, 0.3);
  for (let bit = 0; bit < 31; bit += 3) {
    assertIndependent(first, mask(MANY, 0.3, { step: 1 << bit }), 0.7, `step, bit ${bit}`);
    assertIndependent(first, mask(MANY, 0.3, { stream: 1 << bit }), 0.7, `stream, bit ${bit}`);
    assertIndependent(first, mask(MANY, 0.3, { seed: 1 ^ (1 << bit) }), 0.7, `seed, bit ${bit}`);
  }
});

test("step and stream do not stand for one another, nor seed for step", () => {
  assertIndependent(mask(MANY, 0.5, { step: 1 }), mask(MANY, 0.5, { stream: 1 }), 0.5, "step and stream");
  assertIndependent(mask(MANY, 0.5, { seed: 2, step: 5 }), mask(MANY, 0.5, { seed: 5, step: 2 }), 0.5, "seed and step");
});

test.run();
