/** Draws that come once in 2³² and rarer: keys are made so that their words are the wanted ones. */

import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NumpyRandomState } from "../../src/random/numpy_random_state.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { distance, type MethodCall, play } from "./numpy_calls.ts";

const test = suite("rare draws");
const ORDINARY = new RandomState(1).getState().key;

/** A generator whose next words are these, and then those of an ordinary key. */
function drawing(...words: readonly number[]): NumpyRandomState {
  const key = ORDINARY.slice();
  for (const [i, word] of words.entries()) key[i] = untempered(word);
  const random = new NumpyRandomState(0);
  random.setState({ algorithm: "MT19937", key, position: 0, hasGauss: false, cachedGaussian: 0 });
  return random;
}

/** The word of a key that comes out as `word`: the four steps of tempering, backwards. */
function untempered(word: number): number {
  let y = word;
  y ^= y >>> 18;
  y ^= (y << 15) & 0xefc60000;
  const low = y;
  for (let i = 0; i < 5; i++) y = low ^ ((y << 7) & 0x9d2c5680);
  const high = y;
  for (let i = 0; i < 3; i++) y = high ^ (y >>> 11);
  return y >>> 0;
}

/** The two words of a double: 27 and 26 bits of it. */
function wordsOf(double: number): readonly [number, number] {
  const bits = BigInt(Math.floor(double * 2 ** 53));
  return [Number(bits >> 26n) * 32, Number(bits & (2n ** 26n - 1n)) * 64];
}

test("the words are those that were asked for", () => {
  const random = drawing(...wordsOf(0.5), ...wordsOf(0), ...wordsOf(1 - 2 ** -53), 0xffffffff);
  assert.equal([random.rand(), random.rand(), random.rand()], [0.5, 0, 1 - 2 ** -53]);
});

test("a point in the middle of the circle or on its edge gives no normal numbers: the next one does", () => {
  const [ordinary] = [drawing(...wordsOf(0.75), ...wordsOf(0.25))];
  const want = [ordinary.randn(), ordinary.randn()];
  for (const point of [
    [0.5, 0.5], // (0, 0)
    [0, 0.5], // (-1, 0)
    [0.5, 0], // (0, -1)
    [0, 0], // (-1, -1)
  ]) {
    const random = drawing(...point.flatMap(wordsOf), ...wordsOf(0.75), ...wordsOf(0.25));
    assert.equal([random.randn(), random.randn()], want, `${point}`);
  }
});

test("the last number of a range that needs two words can be drawn, and the one after it cannot", () => {
  const range = 2 ** 32 + 2; // 0 to 2³² + 1
  assert.is(drawing(1, 1).randint(0, range), 2 ** 32 + 1);
  assert.is(drawing(1, 2, 0, 7).randint(0, range), 7);
});

/** Made by numpy-distributions.py; numbers that JSON does not have are text. */
type RareCall = MethodCall & {
  readonly uniforms: readonly number[];
  readonly want: readonly (number | string)[];
  readonly position: number;
};
const { rare } = JSON.parse(readFileSync(new URL("../fixtures/numpy-distributions.json", import.meta.url), "utf8")) as {
  rare: readonly RareCall[];
};

for (const record of rare) {
  const { call, arguments: given, uniforms, want, position } = record;
  test(`${call}(${given.join(", ")}) of the uniform draws ${uniforms.join(", ")} is NumPy's`, () => {
    const random = drawing(...uniforms.flatMap(wordsOf));
    const drawn = play(random, record);
    const got = typeof drawn === "number" ? [drawn] : Array.from(drawn);
    assert.is(got.length, want.length);
    for (const [i, value] of want.entries())
      assert.ok(distance(got[i]!, Number(value)) <= 2, `${got[i]}, not ${value}`);
    assert.is(random.getState().position, position);
  });
}

test.run();
