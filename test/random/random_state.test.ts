import { suite } from "uvu";
import * as assert from "uvu/assert";

import { RandomState } from "../../src/random/random_state.ts";
import { assertState, fixture, fold, type Step, ulp } from "./numpy.ts";

const test = suite("random state");

for (const { law, seed, steps, state } of fixture.transcripts) {
  test(`draws what NumPy draws: ${law}`, () => {
    const random = new RandomState(seed);
    steps.forEach((step, position) => {
      assertSame(play(random, step), step.want, `step ${position}, ${step.call}(${step.arguments.join(", ")})`);
    });
    assertState(random.getState(), state, "at the end");
  });
}

test("a training run from seed 0: weights of 784×50 and 50×10, then minibatches of 100", () => {
  const { foldNearest, foldFloat32, firstBatch, foldBatches, state } = fixture.firstSteps;
  const random = new RandomState(0);
  const draws = new Float64Array(784 * 50 + 50 * 10);
  draws.set(random.randn(784, 50));
  draws.set(random.randn(50, 10), 784 * 50);
  assert.is(fold(draws), foldNearest, "float64 bits of every draw, with the nearest logarithm");
  assert.is(fold(Float32Array.from(draws, (draw) => 0.01 * draw)), foldFloat32, "NumPy's float32 weights");

  const batches = new Int32Array(20 * 100);
  for (let batch = 0; batch < 20; batch += 1) {
    random.choice(60000, 100, { out: batches.subarray(100 * batch, 100 * (batch + 1)) });
  }
  assert.equal([...batches.slice(0, 6)], [39900, 54078, 52289, 14774, 17976, 1681]);
  assert.equal([...batches.slice(0, 100)], firstBatch);
  assert.is(fold(batches), foldBatches);
  assertState(random.getState(), state, "after 20 minibatches");
});

test("a normal draw differs from NumPy's for one in a thousand at most, and by 2 ulp at most", () => {
  const { differs } = fixture.firstSteps;
  const draws = new RandomState(0).randn(784 * 50 + 50 * 10);
  assert.ok(differs.length < draws.length / 1000);
  for (const { index, numpy } of differs) {
    const distance = Math.abs(at(draws, index) - numpy) / ulp(numpy);
    assert.ok(distance > 0 && distance <= 2, `draw ${index}: ${distance} ulp`);
  }
});

test("a shape is drawn row by row: the same stream as its product", () => {
  assert.equal(new RandomState(11).rand(3, 4, 5), new RandomState(11).rand(60));
  assert.equal(new RandomState(11).randn(3, 5), new RandomState(11).randn(15));
});

test("rand lies in [0, 1)", () => {
  for (const draw of new RandomState(12).rand(10000)) assert.ok(draw >= 0 && draw < 1);
});

test("choice fills and returns the caller's array, and draws the same as without", () => {
  const out = new Int32Array(7).fill(-1);
  for (const replace of [true, false]) {
    const indices = new RandomState(13).choice(20, 7, { replace, out });
    assert.is(indices, out);
    assert.equal(out, new RandomState(13).choice(20, 7, { replace }));
  }
});

test("choice draws with replacement unless told otherwise", () => {
  assert.equal(new RandomState(14).choice(5, 40), new RandomState(14).choice(5, 40, { replace: true }));
});

test("choice reaches the largest int32 index", () => {
  const indices = new RandomState(15).choice(2 ** 31, 2000);
  assert.ok(indices.every((index) => index >= 0));
  assert.ok(Math.max(...indices) > 0.99 * 2 ** 31);
});

test("a permutation holds every number once", () => {
  for (const n of [0, 1, 2, 3, 50]) {
    assert.equal(
      new RandomState(n).permutation(n).sort(),
      Int32Array.from({ length: n }, (_, i) => i),
    );
  }
});

test("shuffle orders every kind of array alike, elements without a value included", () => {
  const order = [...new RandomState(16).permutation(30)];
  const counted = Array.from({ length: 30 }, (_, i) => i);
  for (const array of [[...counted], Float32Array.from(counted), Uint8ClampedArray.from(counted)]) {
    new RandomState(16).shuffle<number>(array);
    assert.equal([...array], order);
  }
  const bigints = BigInt64Array.from(counted, BigInt);
  new RandomState(16).shuffle(bigints);
  assert.equal([...bigints].map(Number), order);
  const sparse: (number | undefined)[] = counted.map((i) => (i % 2 === 0 ? i : undefined));
  new RandomState(16).shuffle(sparse);
  assert.equal(
    sparse,
    order.map((i) => (i % 2 === 0 ? i : undefined)),
  );
});

function play(random: RandomState, step: Step): unknown {
  switch (step.call) {
    case "rand":
    case "randn": {
      const [first, ...rest] = step.arguments;
      return first === undefined ? random[step.call]() : random[step.call](first, ...rest);
    }
    case "randint": {
      const [low, high, size] = step.arguments;
      return size === undefined ? random.randint(low, high) : random.randint(low, high, size);
    }
    case "choice": {
      const [n, size, replace] = step.arguments;
      return random.choice(n, size, { replace });
    }
    case "permutation":
      return random.permutation(...step.arguments);
    case "shuffle": {
      const array = [...step.arguments[0]];
      random.shuffle(array);
      return array;
    }
  }
}

/** Equal to the bit: −0 is not 0. */
function assertSame(found: unknown, want: Step["want"], label: string): void {
  if (typeof want === "number") {
    assert.ok(Object.is(found, want), `${label}: expected ${want}, found ${found}`);
    return;
  }
  assert.ok(Array.isArray(found) || ArrayBuffer.isView(found), label);
  const values: unknown[] = Array.from(found as ArrayLike<unknown>);
  assert.is(values.length, want.length, label);
  want.forEach((value, i) => {
    assert.ok(Object.is(values[i], value), `${label}[${i}]: expected ${value}, found ${values[i]}`);
  });
}

function at(values: Float64Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new Error(`no draw ${index}`);
  return value;
}

test.run();
