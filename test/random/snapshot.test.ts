import { suite } from "uvu";
import * as assert from "uvu/assert";

import { OptionError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import type { RandomStateSnapshot } from "../../src/random/snapshot.ts";

const test = suite("snapshot");

test("a stream resumed in mid-stream, in another generator, draws the same", () => {
  for (const normals of [0, 1, 2, 5]) {
    for (const uniforms of [0, 1, 311, 312, 313]) {
      const random = new RandomState(21);
      random.randn(normals);
      random.rand(uniforms);
      const resumed = new RandomState([9, 9]);
      resumed.randn();
      resumed.setState(random.getState());
      const label = `${normals} normal, ${uniforms} uniform draws`;
      assert.equal(resumed.getState(), random.getState(), label);
      assert.equal(resumed.randn(3), random.randn(3), label);
      assert.equal(resumed.rand(700), random.rand(700), label);
      assert.equal(resumed.randint(0, 2 ** 40, 5), random.randint(0, 2 ** 40, 5), label);
      assert.equal(resumed.choice(60000, 100), random.choice(60000, 100), label);
      assert.equal(resumed.permutation(50), random.permutation(50), label);
    }
  }
});

test("an odd number of normal draws leaves one in the state, an even number none", () => {
  const random = new RandomState(22);
  assert.is(random.getState().hasGauss, false);
  random.randn();
  const { hasGauss, cachedGaussian } = random.getState();
  assert.is(hasGauss, true);
  assert.is(random.randn(), cachedGaussian);
  assert.is(random.getState().hasGauss, false);
  assert.is(random.getState().cachedGaussian, 0);
});

test("a snapshot is a copy, both ways", () => {
  const random = new RandomState(23);
  const before = random.getState();
  const want = random.rand(1000);
  random.setState(before);
  before.key.fill(1);
  random.getState().key.fill(2);
  assert.equal(random.rand(1000), want);
});

test("a snapshot can be restored more than once", () => {
  const random = new RandomState(24);
  const snapshot = random.getState();
  const want = random.randn(7);
  random.setState(snapshot);
  assert.equal(random.randn(7), want);
  random.setState(snapshot);
  assert.equal(random.randn(7), want);
});

const key = new RandomState(25).getState().key;
const dead = new Uint32Array(624);
dead[0] = 0x7fffffff;

const refusals: readonly (readonly [string, Record<string, unknown>])[] = [
  ["algorithm", { algorithm: "PCG64" }],
  ["algorithm", { algorithm: undefined }],
  ["key", { key: key.slice(1) }],
  ["key", { key: new Uint32Array(625).fill(1) }],
  ["key", { key: new Uint32Array(624) }],
  ["key", { key: dead }],
  ["key", { key: [...key] }],
  ["key", { key: undefined }],
  ["position", { position: -1 }],
  ["position", { position: 625 }],
  ["position", { position: 0.5 }],
  ["position", { position: Number.NaN }],
  ["position", { position: "3" }],
  ["hasGauss", { hasGauss: 1 }],
  ["hasGauss", { hasGauss: undefined }],
  ["cachedGaussian", { cachedGaussian: Number.NaN }],
  ["cachedGaussian", { cachedGaussian: Number.NEGATIVE_INFINITY }],
  ["cachedGaussian", { cachedGaussian: "0" }],
];

test("what is not a state is refused by name, and leaves the stream where it was", () => {
  const random = new RandomState(25);
  random.randn();
  const before = random.getState();
  for (const [option, change] of refusals) {
    const broken = { ...before, ...change } as RandomStateSnapshot;
    assert.throws(
      () => random.setState(broken),
      (error: unknown) => error instanceof OptionError && error.option === `setState: ${option}`,
      `${option} ${String(change[option]).slice(0, 20)}`,
    );
    assert.equal(random.getState(), before);
  }
});

test("a key is alive by the top bit of its first word, or by any bit of another", () => {
  const random = new RandomState(0);
  const snapshot = random.getState();
  for (const [at, word] of [
    [0, 0x80000000],
    [1, 1],
    [623, 0x80000000],
  ] as const) {
    const alive = new Uint32Array(624);
    alive[at] = word;
    random.setState({ ...snapshot, key: alive });
    assert.equal(random.getState().key, alive);
  }
});

test("the ends of the position, and a key with the top bit alone, are states", () => {
  const random = new RandomState(26);
  const snapshot = random.getState();
  for (const position of [0, 1, 623, 624]) {
    random.setState({ ...snapshot, position });
    assert.is(random.getState().position, position);
    assert.ok(random.rand() < 1);
  }
  const top = new Uint32Array(624);
  top[0] = 0x80000000;
  random.setState({ ...snapshot, key: top });
  assert.equal(random.getState().key, top);
});

test.run();
