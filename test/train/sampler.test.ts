/** Which examples come next: laws of both ways to draw, and going on from a state. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { Sampler, type Sampling } from "../../src/train/feeding/sampler.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("sampler");

/** The next `count` minibatches. */
function drawn(sampler: Sampler, count: number): number[][] {
  return Array.from({ length: count }, () => {
    const indices = new Int32Array(sampler.nextSize);
    sampler.draw(indices);
    return [...indices];
  });
}

function samplerOf(sampling: Sampling, examples: number, batchSize: number, seed = 0): Sampler {
  return new Sampler(sampling, { examples, batchSize }, new RandomState(seed));
}

test("an epoch gives every example once, and its last minibatch what is left", () => {
  for (const [examples, batchSize] of [
    [10, 3],
    [9, 3],
    [5, 5],
    [1, 1],
    [7, 6],
  ] as const) {
    const sampler = samplerOf("epochs", examples, batchSize);
    const all = Array.from({ length: examples }, (_, i) => i);
    for (let epoch = 0; epoch < 3; epoch++) {
      assert.is(sampler.epoch, epoch);
      assert.ok(sampler.isAtStart);
      const batches = drawn(sampler, sampler.batchesPerEpoch);
      assert.equal(
        batches.flat().sort((a, b) => a - b),
        all,
      );
      for (const batch of batches) assert.ok(sampler.sizes.includes(batch.length), `${batch.length}`);
      assert.is(batches.at(-1)?.length, examples % batchSize || batchSize);
    }
  }
});

test("with dropLast, an epoch gives full minibatches of different examples, other ones each time", () => {
  for (const [examples, batchSize] of [
    [10, 3],
    [9, 3],
    [5, 5],
    [7, 6],
  ] as const) {
    const batches = Math.floor(examples / batchSize);
    const sampler = new Sampler("epochs", { examples, batchSize, dropLast: true }, new RandomState(0));
    assert.equal([sampler.sizes, sampler.batchesPerEpoch], [[batchSize], batches]);
    const seen = new Set<number>();
    for (let epoch = 0; epoch < 30; epoch++) {
      assert.is(sampler.epoch, epoch);
      assert.ok(sampler.isAtStart);
      const given = drawn(sampler, batches);
      assert.ok(given.every(({ length }) => length === batchSize));
      assert.is(new Set(given.flat()).size, batches * batchSize, "each once");
      for (const example of given.flat()) seen.add(example);
    }
    assert.is(seen.size, examples, "no example is left out for ever");
  }
  const sampler = new Sampler("epochs", { examples: 5, batchSize: 2, dropLast: true }, new RandomState(0));
  const order = Int32Array.of(4, 3, 2, 1, 0);
  assertThrows(() => sampler.restore({ epoch: 0, position: 4, order }), OptionError, "beyond the last");
  sampler.restore({ epoch: 0, position: 2, order });
  assert.equal(drawn(sampler, 1), [[2, 1]]);
  assert.equal([sampler.epoch, sampler.isAtStart], [1, true]);
});

test("every epoch has another order, from the seed", () => {
  const first = drawn(samplerOf("epochs", 50, 50), 2);
  assert.not.equal(first[0], first[1]);
  assert.equal(drawn(samplerOf("epochs", 50, 50), 2), first);
  assert.not.equal(drawn(samplerOf("epochs", 50, 50, 1), 2), first);
});

test("with replacement, minibatches are NumPy's choice(n, batchSize), and an epoch ⌊n / batchSize⌋ of them", () => {
  const sampler = samplerOf("withReplacement", 10, 4);
  const random = new RandomState(0);
  assert.equal(
    drawn(sampler, 5),
    [0, 1, 2, 3, 4].map(() => [...random.choice(10, 4)]),
  );
  assert.is(sampler.epoch, 2);
  assert.not(sampler.isAtStart);
  assert.is(samplerOf("withReplacement", 60_000, 100).batchesPerEpoch, 600);
  assert.is(samplerOf("withReplacement", 5, 5).batchesPerEpoch, 1);
});

for (const sampling of ["epochs", "withReplacement"] as const) {
  test(`going on from a state gives what would have come, ${sampling}`, () => {
    for (let made = 0; made < 9; made++) {
      const random = new RandomState(3);
      const sampler = new Sampler(sampling, { examples: 11, batchSize: 3 }, random);
      drawn(sampler, made);
      const [state, stream] = [sampler.state(), random.getState()];
      const want = drawn(sampler, 10);

      const otherRandom = new RandomState(4);
      const other = new Sampler(sampling, { examples: 11, batchSize: 3 }, otherRandom);
      drawn(other, 2);
      other.restore(state);
      otherRandom.setState(stream);
      assert.equal(drawn(other, 10), want, `after ${made}`);
      assert.is(other.epoch, sampler.epoch);
    }
  });
}

test("a state that cannot be is refused", () => {
  const sampler = samplerOf("epochs", 4, 2);
  const order = Int32Array.of(3, 1, 0, 2);
  for (const state of [
    { epoch: -1, position: 0, order: undefined },
    { epoch: 0, position: 4, order },
    { epoch: 0, position: 0.5, order },
    { epoch: 0, position: 1, order }, // within a minibatch
    { epoch: 0, position: 3, order },
    { epoch: 0, position: 2, order: undefined },
    { epoch: 0, position: 2, order: Int32Array.of(3, 1, 0, 0) },
    { epoch: 0, position: 2, order: Int32Array.of(3, 1, 0) },
    { epoch: 0, position: 2, order: Int32Array.of(3, 1, 0, 2, 4) },
  ]) {
    assertThrows(() => sampler.restore(state), OptionError, JSON.stringify(state));
  }
  sampler.restore({ epoch: 5, position: 2, order });
  assert.equal(drawn(sampler, 1), [[0, 2]]);
  assert.is(sampler.epoch, 6);
});

test("the sizes that minibatches can have, and the next one's", () => {
  for (const [sampling, examples, batchSize, sizes] of [
    ["epochs", 10, 4, [4, 2]],
    ["epochs", 8, 4, [4]],
    ["withReplacement", 10, 4, [4]],
    ["withReplacement", 8, 4, [4]],
  ] as const) {
    const sampler = samplerOf(sampling, examples, batchSize);
    assert.equal(sampler.sizes, sizes, `${sampling}, ${examples}`);
    const next = Array.from({ length: 6 }, () => {
      const size = sampler.nextSize;
      sampler.draw(new Int32Array(size));
      return size;
    });
    const want = sampling === "epochs" && examples === 10 ? [4, 4, 2, 4, 4, 2] : [4, 4, 4, 4, 4, 4];
    assert.equal(next, want, `${sampling}, ${examples}`);
  }
});

test("a state has an order only within an epoch, of those that have one", () => {
  const orders = (sampling: Sampling) => {
    const sampler = samplerOf(sampling, 6, 2);
    return [0, 1, 2, 3].map((made) => {
      if (made > 0) sampler.draw(new Int32Array(2));
      return sampler.state().order?.length;
    });
  };
  assert.equal(orders("epochs"), [undefined, 6, 6, undefined]);
  assert.equal(orders("withReplacement"), [undefined, undefined, undefined, undefined]);
});

test("a state that no sampler of these sizes could have is refused by name", () => {
  const refused = (sampling: Sampling, state: Partial<ReturnType<Sampler["state"]>>) => {
    const sampler = samplerOf(sampling, 4, 2);
    const whole = { epoch: 0, position: 0, order: undefined, ...state };
    const { option } = assertThrows(() => sampler.restore(whole), OptionError, JSON.stringify(state));
    assert.equal(sampler.state(), { epoch: 0, position: 0, order: undefined }, "and nothing is changed");
    return option;
  };
  const order = Int32Array.of(3, 1, 0, 2);
  for (const epoch of [-1, 0.5]) assert.is(refused("epochs", { epoch }), "sampler: epoch");
  for (const position of [-2, 4, 1]) assert.is(refused("epochs", { position, order }), "sampler: position");
  assert.is(refused("withReplacement", { position: 2 }), "sampler: position");
  for (const wrong of [undefined, [0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 4], [0, 1, 2, -1], [0, 1, 2, 3, 3]]) {
    const of = wrong === undefined ? undefined : Int32Array.from(wrong);
    assert.is(refused("epochs", { position: 2, order: of }), "sampler: order", `${wrong}`);
  }
  samplerOf("epochs", 4, 2).restore({ epoch: 3, position: 2, order });
  samplerOf("withReplacement", 4, 2).restore({ epoch: 3, position: 1, order: undefined });
});

test.run();
