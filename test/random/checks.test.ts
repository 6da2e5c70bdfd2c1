import { suite } from "uvu";
import * as assert from "uvu/assert";

import { OptionError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";

const test = suite("random arguments");

const NOT_COUNTS = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40];

function refuses(call: () => unknown, message: RegExp, label = ""): void {
  assert.throws(call, (error: unknown) => error instanceof OptionError && message.test(error.message), label);
}

/** The call throws, and the next draws are those of a fresh stream. */
function refusesUndrawn(call: (random: RandomState) => unknown, message: RegExp, label = ""): void {
  const random = new RandomState(31);
  const before = random.getState();
  refuses(() => call(random), message, label);
  assert.equal(random.getState(), before, label);
}

test("a seed is an integer from 0 to 2³² − 1", () => {
  for (const seed of [-1, 2 ** 32, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    refuses(() => new RandomState(seed), /^seed: expected an integer from 0 to 4294967295, found /, `${seed}`);
    refuses(() => new RandomState([1, seed]), /^seed\[1\]: expected an integer from 0 to 4294967295/, `[${seed}]`);
  }
  refuses(() => new RandomState([]), /^seed: length: expected at least 1, found 0$/);
});

test("sizes of rand and randn are integers, and so is their product", () => {
  for (const size of NOT_COUNTS) {
    refusesUndrawn((random) => random.rand(size), /^rand: shape\[0\]: /, `${size}`);
    refusesUndrawn((random) => random.rand(2, size), /^rand: shape\[1\]: /, `${size}`);
    refusesUndrawn((random) => random.randn(size), /^randn: shape\[0\]: /, `${size}`);
    refusesUndrawn((random) => random.randn(2, size), /^randn: shape\[1\]: /, `${size}`);
  }
  refusesUndrawn((random) => random.rand(2 ** 20, 2 ** 20), /^rand: product of the shape: /);
  refusesUndrawn((random) => random.randn(2 ** 29, 2), /^randn: product of the shape: /);
});

test("randint needs low < high, integers, and at most 2⁵³ values", () => {
  refusesUndrawn((random) => random.randint(0, 0), /^randint: high: expected more than low = 0, found 0/);
  refusesUndrawn((random) => random.randint(5, 4, 3), /^randint: high: expected more than low = 5, found 4/);
  for (const bound of [0.5, Number.NaN, Number.NEGATIVE_INFINITY, -(2 ** 53) - 2, 2 ** 53 + 2, 2 ** 54]) {
    refusesUndrawn((random) => random.randint(bound, 9), /^randint: low: expected an integer within ±2⁵³/, `${bound}`);
  }
  for (const bound of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53 + 2, -(2 ** 53) - 2]) {
    refusesUndrawn(
      (random) => random.randint(-9, bound),
      /^randint: high: expected an integer within ±2⁵³/,
      `${bound}`,
    );
  }
  for (const [low, high] of [
    [-(2 ** 53), -(2 ** 53)],
    [2 ** 53, 2 ** 53],
    [1 - 2 ** 53, -(2 ** 53)],
  ] as const) {
    refusesUndrawn(
      (random) => random.randint(low, high),
      /^randint: high: expected more than low = /,
      `${low} ${high}`,
    );
  }
  for (const high of [1, 9, 2 ** 53]) {
    refusesUndrawn((random) => random.randint(-(2 ** 53), high), /^randint: high: expected at most low \+ 2⁵³/);
  }
  refusesUndrawn((random) => random.randint(-1, 2 ** 53), /^randint: high: expected at most low \+ 2⁵³/);
  refusesUndrawn((random) => random.randint(-(2 ** 52) - 1, 2 ** 52), /^randint: high: expected at most low \+ 2⁵³/);
  for (const size of NOT_COUNTS) {
    refusesUndrawn((random) => random.randint(0, 9, size), /^randint: size: /, `${size}`);
  }
});

test("choice needs integers, something to choose from, and enough of it", () => {
  for (const count of NOT_COUNTS) {
    refusesUndrawn((random) => random.choice(count, 1), /^choice: n: /, `${count}`);
    refusesUndrawn((random) => random.choice(9, count), /^choice: size: /, `${count}`);
  }
  refusesUndrawn((random) => random.choice(2 ** 31 + 1, 1), /^choice: n: /);
  refusesUndrawn((random) => random.choice(2 ** 31, 1, { replace: false }), /^choice: n: /);
  refusesUndrawn((random) => random.choice(0, 1), /^choice: n: expected at least 1/);
  refusesUndrawn((random) => random.choice(0, 1, { replace: false }), /^choice: n: expected at least 1/);
  refusesUndrawn(
    (random) => random.choice(3, 4, { replace: false }),
    /^choice: size: expected at most n = 3 without replacement, found 4; draw with replacement$/,
  );
});

test("choice refuses an output of another length", () => {
  for (const length of [0, 2, 4]) {
    for (const replace of [true, false]) {
      refusesUndrawn(
        (random) => random.choice(9, 3, { replace, out: new Int32Array(length) }),
        /^choice: out: expected length 3, found \d$/,
      );
    }
  }
});

test("permutation needs an integer", () => {
  for (const n of NOT_COUNTS) refusesUndrawn((random) => random.permutation(n), /^permutation: n: /, `${n}`);
});

test.run();
