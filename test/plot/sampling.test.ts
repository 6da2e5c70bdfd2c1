/** Which points of a line are drawn, and the mean of those around each. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dotsOf, runningMean, someOf, thinned } from "../../src/plot/sampling.ts";

const test = suite("samples");

test("a running mean of few, of an even number of them, and of gaps", () => {
  const mean = (values: readonly number[], width: number) => [...runningMean(values, width)];
  assert.equal(mean([1, 2, 3, 4, 5, 6], 1), [1, 2, 3, 4, 5, 6]);
  assert.equal(mean([1, 2, 3, 4, 5, 6], 2), [1.5, 2.5, 3.5, 4.5, 5.5, 6], "one more behind than before");
  assert.equal(mean([1, 2, 3, 4, 5, 6], 3), [1.5, 2, 3, 4, 5, 5.5]);
  assert.equal(mean([1, 2, 3, 4, 5, 6], 5), [2, 2.5, 3, 4, 4.5, 5]);
  assert.equal(mean([1, Number.NaN, 3, Number.POSITIVE_INFINITY], 3), [1, Number.NaN, 3, Number.NaN]);
});

test("a running mean is the mean of what is around, without what is no number", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.constant(Number.NaN)), {
        minLength: 1,
        maxLength: 40,
      }),
      fc.integer({ min: 1, max: 50 }),
      (values, width) => {
        const means = runningMean(values, width);
        const before = Math.floor((width - 1) / 2);
        for (let i = 0; i < values.length; i++) {
          const around = values
            .slice(Math.max(0, i - before), i - before + width)
            .filter((value) => !Number.isNaN(value));
          if (Number.isNaN(values[i])) assert.ok(Number.isNaN(means[i]), `${i}`);
          else {
            const want = around.reduce((sum, value) => sum + value, 0) / around.length;
            assert.ok(Math.abs(means[i]! - want) <= 1e-10, `${i}: ${means[i]}, expected ${want}`);
          }
        }
      },
    ),
  );
});

test("a thinned line has its columns' extremes, its ends and its gaps, in order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: fc.double({ noNaN: true }) }, fc.constant(Number.NaN)), {
        minLength: 30,
        maxLength: 200,
      }),
      (ys) => {
        const dots = ys.map((y, x) => ({ x, y }));
        const column = (x: number) => x / 20;
        const kept = thinned(dots, 5, column);
        assert.ok(kept.length <= 5 * Math.ceil(ys.length / 20));
        assert.equal([kept[0], kept.at(-1)], [dots[0], dots.at(-1)]);
        assert.equal(
          kept.map(({ x }) => x),
          [...new Set(kept.map(({ x }) => x))].sort((a, b) => a - b),
        );
        for (let start = 0; start < ys.length; start += 20) {
          const within = (list: typeof dots) => list.filter(({ x }) => x >= start && x < start + 20).map(({ y }) => y);
          const [all, some] = [within(dots), within([...kept])];
          const finite = (list: number[]) => list.filter((y) => !Number.isNaN(y));
          assert.is(Math.max(...finite(some)), Math.max(...finite(all)));
          assert.is(Math.min(...finite(some)), Math.min(...finite(all)));
          assert.is(some.some(Number.isNaN), all.some(Number.isNaN), "a gap stays a gap");
        }
      },
    ),
  );
});

test("some of the points: all where they are few, else about as many, from the first to the last, without gaps", () => {
  const dots = Array.from({ length: 11 }, (_, x) => ({ x, y: x === 5 ? Number.NaN : x }));
  const chosen = (count: number) => someOf(dots, count).map(({ x }) => x);
  assert.equal(chosen(20), [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]);
  assert.equal(chosen(10), chosen(20));
  assert.equal(chosen(4), [0, 3, 7, 10]);
});

test("a line of few points keeps them all, a longer one at most four a column, also where they stand on one another", () => {
  const wave = (length: number, x: (i: number) => number) =>
    Array.from({ length }, (_, i) => ({ x: x(i), y: [0, 1, 3, 2][i % 4]! }));
  for (const x of [(i: number) => i / 100, () => 0]) {
    assert.is(thinned(wave(6, x), 3, () => 0).length, 6);
    assert.ok(thinned(wave(7, x), 3, () => 0).length <= 4);
  }
  for (const back of [
    wave(20, (i) => 20 - i),
    wave(20, (i) => (i === 19 ? 18 : i)),
    wave(20, (i) => (i === 1 ? -1 : i)),
  ]) {
    // From right to left, or with one step back.
    const isBack = back.some(({ x }, i) => i > 0 && x < back[i - 1]!.x);
    const { length } = thinned(back, 3, () => 0);
    assert.ok(isBack ? length === 20 : length <= 4, `${length}`);
  }
});

test("a line that goes back is not thinned, and what has no place on the scales is a gap", () => {
  const back = [0, 2, 1].map((x) => ({ x, y: x }));
  assert.equal(
    thinned(back, 1, () => 0),
    back,
  );
  assert.equal(dotsOf([1, 0, 10], [1, 2, Number.POSITIVE_INFINITY], "log", "linear"), [
    { x: 1, y: 1 },
    { x: 0, y: Number.NaN },
    { x: 10, y: Number.NaN },
  ]);
  assert.equal(dotsOf(undefined, [3, 0], "linear", "log"), [
    { x: 0, y: 3 },
    { x: 1, y: Number.NaN },
  ]);
});

test.run();
