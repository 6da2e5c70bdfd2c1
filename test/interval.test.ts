/** Intervals as they are written. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Interval, isWithin } from "../src/interval.ts";

const test = suite("interval");

test("a number is within its interval, ends by their brackets", () => {
  const all = [-1e300, -1.5, -1e-300, -0, 0, 1e-3, 0.5, 1 - 2 ** -53, 1, 1 + 2 ** -52, 1e300];
  const within: Readonly<Partial<Record<Interval, (x: number) => boolean>>> = {
    "[0, 1)": (x) => x >= 0 && x < 1,
    "(0, 1)": (x) => x > 0 && x < 1,
    "[0, 1]": (x) => x >= 0 && x <= 1,
    "(0, 1]": (x) => x > 0 && x <= 1,
    "[0, ∞)": (x) => x >= 0,
    "(0, ∞)": (x) => x > 0,
    "(-∞, ∞)": () => true,
    "(-∞, 0]": (x) => x <= 0,
    "[-1.5, 1e-3)": (x) => x >= -1.5 && x < 1e-3,
    "[1, 0]": () => false,
  };
  for (const [interval, holds] of Object.entries(within)) {
    for (const x of all) assert.is(isWithin(x, interval as Interval), holds?.(x), `${x} in ${interval}`);
  }
});

test("what is no finite number is in no interval", () => {
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    "0.5",
    null,
    undefined,
    [0.5],
    1n,
  ])
    assert.not.ok(isWithin(value, "(-∞, ∞)"), String(value));
});

test.run();
