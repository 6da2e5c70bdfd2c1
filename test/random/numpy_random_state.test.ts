import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { sum } from "../../src/numeric/sum.ts";
import { type DrawSize, NumpyRandomState, type WeightedChoiceOptions } from "../../src/random/numpy_random_state.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { compare, EXACT, type NumpyCall } from "./numpy_calls.ts";

const { calls, long } = JSON.parse(
  readFileSync(new URL("../fixtures/numpy-distributions.json", import.meta.url), "utf8"),
) as { calls: readonly NumpyCall[]; long: readonly NumpyCall[] };

const test = suite("numpy random state");

for (const name of new Set(calls.map(({ call }) => call))) {
  const ulps = EXACT.has(name) ? 0 : 2;
  test(`${name}: NumPy's draws ${ulps === 0 ? "exactly" : "within 2 ulp"}, and NumPy's state afterwards`, () => {
    const records = calls.filter(({ call }) => call === name);
    assert.ok(records.length >= 30);
    for (const record of records) {
      const found = compare(record);
      const label = JSON.stringify(record);
      assert.ok(found.ulps <= ulps, `${found.ulps} ulp: ${label}`);
      assert.ok(found.sameState, label);
      assert.ok(found.cachedUlps <= 2, label);
    }
  });
}

for (const record of long) {
  const { call, arguments: given } = record;
  const isExact = EXACT.has(call);
  test(`${call}(${given.join(", ")}): ${isExact ? "NumPy's draws" : "NumPy's mean"}, and NumPy's state afterwards`, () => {
    const { ulps, sameState } = compare(record, isExact ? checksum : mean);
    assert.ok(sameState);
    assert.ok(ulps <= (isExact ? 0 : 2), `${ulps} ulp`);
  });
}

function checksum(draws: ArrayLike<number>): number {
  return crc32(new Uint8Array(Float64Array.from(draws).buffer));
}

function mean(draws: ArrayLike<number>): number {
  return sum(draws) / draws.length;
}

/** What each method draws from seed 7 without a size; with one, as many of them are drawn one after the other. */
const DRAWS: Readonly<Record<string, (random: NumpyRandomState, size?: DrawSize) => number | Float64Array>> = {
  randomSample: (random, size) => random.randomSample(size),
  uniform: (random, size) => random.uniform(2, 5, size),
  standardNormal: (random, size) => random.standardNormal(size),
  normal: (random, size) => random.normal(2, 5, size),
  standardExponential: (random, size) => random.standardExponential(size),
  exponential: (random, size) => random.exponential(3, size),
  standardGamma: (random, size) => random.standardGamma(0.5, size),
  gamma: (random, size) => random.gamma(2.5, 2, size),
  chisquare: (random, size) => random.chisquare(3, size),
  beta: (random, size) => random.beta(0.5, 0.7, size),
  poisson: (random, size) => random.poisson(25, size),
  binomial: (random, size) => random.binomial(100, 0.4, size),
};

for (const [name, draw] of Object.entries(DRAWS)) {
  test(`${name}: a size draws one after the other, a shape as its product`, () => {
    const one = new NumpyRandomState(7);
    const want = Float64Array.from({ length: 6 }, () => draw(one) as number);
    for (const size of [6, [6], [2, 3], [1, 3, 2]]) {
      const random = new NumpyRandomState(7);
      assert.equal(draw(random, size), want, `size ${size}`);
      assert.equal(random.getState(), one.getState());
    }
    assert.equal(draw(new NumpyRandomState(7), []), want.subarray(0, 1));
    const none = new NumpyRandomState(7);
    assert.equal(draw(none, [3, 0]), new Float64Array(0));
    assert.equal(none.getState(), new NumpyRandomState(7).getState());
  });
}

test("arguments that may be left out are NumPy's: uniform from [0, 1), standard normal, exponential and Poisson of mean 1", () => {
  const draw = (take: (random: NumpyRandomState) => number) => take(new NumpyRandomState(3));
  assert.is(
    draw((random) => random.uniform()),
    draw((random) => random.rand()),
  );
  assert.is(
    draw((random) => random.normal()),
    draw((random) => random.randn()),
  );
  assert.is(
    draw((random) => random.exponential()),
    draw((random) => random.standardExponential()),
  );
  assert.is(
    draw((random) => random.gamma(2)),
    draw((random) => random.standardGamma(2)),
  );
  assert.is(
    draw((random) => random.poisson()),
    draw((random) => random.poisson(1)),
  );
});

test("is a RandomState: the same stream, and states that go from one to the other", () => {
  const numpy = new NumpyRandomState(5);
  const plain = new RandomState(5);
  assert.instance(numpy, RandomState);
  assert.is(numpy.standardNormal(), plain.randn());
  const copy = new RandomState(0);
  copy.setState(numpy.getState());
  const want = plain.choice(50, 6, { replace: false });
  assert.equal(copy.choice(50, 6, { replace: false }), want);
  assert.equal(numpy.choice(50, 6, { replace: false }), want);
  assert.equal(numpy.permutation(9), plain.permutation(9));
  assert.is(numpy.randn(), plain.randn());
});

test("choice from an array: the elements at the indices that its length draws, in an array of its class", () => {
  const letters = ["a", "b", "c", "d", "e"] as const;
  const p = [0.1, 0.2, 0.3, 0.2, 0.2];
  for (const options of [{}, { replace: false }, { p }, { replace: false, p }] as readonly WeightedChoiceOptions[]) {
    const indices = new NumpyRandomState(1).choice(5, [2, 2], options);
    assert.equal(
      new NumpyRandomState(1).choice(letters, 4, options),
      [...indices].map((i) => letters[i]),
    );
    const float32 = new NumpyRandomState(1).choice(Float32Array.of(0.5, 1.5, 2.5, 3.5, 4.5), 4, options);
    assert.equal(
      float32,
      Float32Array.from(indices, (i) => i + 0.5),
    );
    assert.is(new NumpyRandomState(1).choice(5, undefined, options), new NumpyRandomState(1).choice(5, 1, options)[0]);
    assert.is(new NumpyRandomState(1).choice(letters), letters[new NumpyRandomState(1).choice(5)]);
  }
  const rows = [[1], [2]];
  assert.ok(new NumpyRandomState(1).choice(rows, 9).every((row) => rows.includes(row)));
  assert.equal(new NumpyRandomState(1).choice([], 0), []);
  assert.equal(new NumpyRandomState(1).choice(BigInt64Array.of(4n), 2), BigInt64Array.of(4n, 4n));
});

test("choice with probabilities: into the caller's array, none with probability 0, each once without replacement", () => {
  const p = Float64Array.of(0, 0.25, 0, 0.5, 0.25);
  const out = new Int32Array(400);
  assert.is(new NumpyRandomState(1).choice(5, 400, { p, out }), out);
  assert.equal([...new Set(out)].sort(), [1, 3, 4]);
  for (let seed = 0; seed < 20; seed++) {
    assert.equal(new NumpyRandomState(seed).choice(5, 3, { replace: false, p }).sort(), Int32Array.of(1, 3, 4));
  }
  assert.equal(p, Float64Array.of(0, 0.25, 0, 0.5, 0.25));
});

test("choice: probabilities may sum to 1 within 2⁻²⁶", () => {
  const off = 2 ** -26;
  new NumpyRandomState(1).choice(2, 1, { p: [0.5, 0.5 + off] });
  new NumpyRandomState(1).choice(2, 1, { p: [0.5, 0.5 - off] });
  refuses((random) => random.choice(2, 1, { p: [0.5, 0.5 + 1.01 * off] }), /^choice: p: expected .* sum to 1/);
  refuses((random) => random.choice(2, 1, { p: [0.5, 0.5 - 1.01 * off] }), /^choice: p: expected .* sum to 1/);
});

test("permutation of an array: a copy, shuffled as its length is, of its class", () => {
  const order = new NumpyRandomState(2).permutation(6);
  const letters = ["a", "b", "c", "d", "e", "f"];
  assert.equal(
    new NumpyRandomState(2).permutation(letters),
    [...order].map((i) => letters[i]),
  );
  assert.equal(letters.join(""), "abcdef");
  assert.equal(new NumpyRandomState(2).permutation(Uint8Array.of(0, 1, 2, 3, 4, 5)), Uint8Array.from(order));
  assert.equal(new NumpyRandomState(2).permutation([]), []);
});

test("multinomial: a row of counts that sum to n; with a size as many rows, drawn one after the other", () => {
  const p = [0.2, 0.5, 0.3];
  const one = new NumpyRandomState(4);
  const rows = Array.from({ length: 6 }, () => one.multinomial(50, p));
  for (const row of rows) assert.is(row[0]! + row[1]! + row[2]!, 50);
  const random = new NumpyRandomState(4);
  assert.equal(
    [...random.multinomial(50, p, [3, 2])],
    rows.flatMap((row) => [...row]),
  );
  assert.equal(random.getState(), one.getState());
  assert.equal(random.multinomial(5, [1], 2), Float64Array.of(5, 5));
  assert.equal(random.multinomial(5, [0, 1, 0]), Float64Array.of(0, 5, 0));
  assert.equal(random.multinomial(5, [0.4, 0.6, 0.9], 0), new Float64Array(0));
});

const WRONG: readonly (readonly [RegExp, (random: NumpyRandomState) => unknown])[] = [
  [/^uniform: low: expected a finite number, found NaN/, (random) => random.uniform(Number.NaN)],
  [/^uniform: high: expected a finite number, found Infinity/, (random) => random.uniform(0, Number.POSITIVE_INFINITY)],
  [/^uniform: high − low: expected a finite/, (random) => random.uniform(-1e308, 1e308)],
  [/^normal: loc/, (random) => random.normal(Number.NaN)],
  [/^normal: scale: expected a finite number of at least 0, found -1/, (random) => random.normal(0, -1)],
  [/^exponential: scale/, (random) => random.exponential(-1)],
  [/^standardGamma: shape/, (random) => random.standardGamma(-1)],
  [/^gamma: shape/, (random) => random.gamma(Number.POSITIVE_INFINITY)],
  [/^gamma: scale/, (random) => random.gamma(1, -1)],
  [/^chisquare: df: expected a finite number above 0, found 0/, (random) => random.chisquare(0)],
  [/^beta: a/, (random) => random.beta(0, 1)],
  [/^beta: b/, (random) => random.beta(1, 0)],
  [/^poisson: lam/, (random) => random.poisson(-1)],
  [/^poisson: lam/, (random) => random.poisson(2 ** 63)],
  [/^poisson: size: expected an integer from 0/, (random) => random.poisson(1, -1)],
  [/^poisson: size\[1\]: expected an integer from 0/, (random) => random.poisson(1, [2, 0.5])],
  [/^poisson: product of the size/, (random) => random.poisson(1, [2 ** 20, 2 ** 20])],
  [/^binomial: n/, (random) => random.binomial(0.5, 0.5)],
  [/^binomial: p/, (random) => random.binomial(5, 1.5)],
  [/^multinomial: n/, (random) => random.multinomial(-1, [1])],
  [/^multinomial: pvals: expected at least one/, (random) => random.multinomial(5, [])],
  [/^multinomial: pvals\[1\]: expected a number from 0 to 1, found 1.5/, (random) => random.multinomial(5, [0, 1.5])],
  [/^multinomial: pvals: expected a sum without the last/, (random) => random.multinomial(5, [0.6, 0.6, 0])],
  [/^multinomial: counts/, (random) => random.multinomial(5, [0.5, 0.5], 2 ** 29)],
  [/^choice: n: expected at least 1/, (random) => random.choice([], 1)],
  [/^choice: size: expected at most n = 2/, (random) => random.choice(["a", "b"], 3, { replace: false })],
  [/^choice: size: expected at most n = 2/, (random) => random.choice(2, 3, { replace: false, p: [0.5, 0.5] })],
  [/^choice: size: expected at most 1, .* positive/, (random) => random.choice(2, 2, { replace: false, p: [1, 0] })],
  [/^choice: p: expected 3 probabilities, found 2/, (random) => random.choice(3, 1, { p: [0.5, 0.5] })],
  [/^choice: p\[1\]: expected a number that is not negative/, (random) => random.choice(2, 1, { p: [1.5, -0.5] })],
  [/^choice: p\[0\]/, (random) => random.choice(1, 1, { p: [Number.NaN] })],
  [/^choice: out: expected length 2/, (random) => random.choice(2, 2, { p: [1, 0], out: new Int32Array(1) })],
  [/^choice: out: receives indices/, (random) => random.choice(["a"], 1, { out: new Int32Array(1) })],
];

for (const [message, call] of WRONG)
  test(`refuses, and draws nothing: ${message.source}`, () => refuses(call, message));

function refuses(call: (random: NumpyRandomState) => unknown, message: RegExp): void {
  const random = new NumpyRandomState(6);
  const before = random.getState();
  assert.throws(
    () => call(random),
    (error: unknown) => error instanceof OptionError && message.test(error.message),
    String(message),
  );
  assert.equal(random.getState(), before);
}

test.run();
