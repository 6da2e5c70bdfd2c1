import { suite } from "uvu";
import * as assert from "uvu/assert";

import { KEY_LENGTH, Mt19937 } from "../../src/random/mt19937.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { assertKey, fixture } from "./numpy.ts";

const test = suite("mt19937");

for (const { seed, fresh, rand, after } of fixture.seeded) {
  const label = typeof seed === "number" ? `seed ${seed}` : `a seed of ${seed.length} integers from ${seed[0]}`;
  test(`${label} gives NumPy's key, its doubles and its key after a twist`, () => {
    const random = new RandomState(seed);
    assertKey(random.getState(), fresh, "fresh");
    assert.equal([...random.rand(2)], rand);
    assertKey(random.getState(), after, "after two draws");
  });
}

test("the published test vector: word 10000 of seed 5489 is 4123659995", () => {
  const generator = new Mt19937(5489);
  let word = 0;
  for (let i = 0; i < 10000; i += 1) word = generator.word();
  assert.is(word, 4123659995);
});

test("the published test vector: the array 0x123, 0x234, 0x345, 0x456", () => {
  const generator = new Mt19937([0x123, 0x234, 0x345, 0x456]);
  const words = [1067595299, 955945823, 477289528, 4107218783, 4228976476];
  for (const word of words) assert.is(generator.word(), word);
});

test("upTo stays within its bound and reaches both ends", () => {
  for (const last of [1, 2, 3, 4, 7, 8, 9, 31, 32, 33]) {
    const generator = new Mt19937(last);
    const seen = new Set<number>();
    for (let i = 0; i < 4000; i += 1) seen.add(generator.upTo(last));
    assert.equal(
      [...seen].sort((a, b) => a - b),
      Array.from({ length: last + 1 }, (_, i) => i),
    );
  }
});

test("upTo beyond 32 bits stays within its bound and fills the upper half", () => {
  for (const last of [2 ** 32, 2 ** 33 + 5, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
    const generator = new Mt19937(7);
    let most = 0;
    for (let i = 0; i < 1000; i += 1) {
      const value = generator.upTo(last);
      assert.ok(Number.isSafeInteger(value) && value >= 0 && value <= last, `${value} of ${last}`);
      most = Math.max(most, value);
    }
    assert.ok(most > last * 0.95, `${most} of ${last}`);
  }
});

test("a restored generator goes on with the same words, from every position", () => {
  const generator = new Mt19937(3);
  for (let drawn = 0; drawn <= KEY_LENGTH + 1; drawn += 1) {
    const twin = new Mt19937(4);
    twin.restore(generator.copyKey(), generator.position);
    const ahead = new Mt19937(5);
    ahead.restore(generator.copyKey(), generator.position);
    const word = generator.word();
    assert.is(twin.word(), word, `after ${drawn} words`);
    assert.is(ahead.word(), word, `after ${drawn} words`);
    assert.is(ahead.word(), twin.word());
  }
});

test.run();
