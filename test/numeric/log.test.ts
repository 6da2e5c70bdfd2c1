import { suite } from "uvu";
import * as assert from "uvu/assert";

import { OptionError } from "../../src/errors.ts";
import { log } from "../../src/numeric/log.ts";
import { fixture, ulp } from "../random/numpy.ts";

const test = suite("log");

test("is within 0.5 + 2⁻¹⁶ ulp of ln x, also where ln x is nearly between two doubles", () => {
  assert.ok(fixture.logarithms.length > 190);
  for (const [x, high, low] of fixture.logarithms) {
    if (x === 1) continue;
    // Both differences are small multiples of the last bit, so the error is known to about 2⁻⁵⁰ ulp.
    const error = Math.abs(log(x) - high - low) / ulp(high);
    assert.ok(error <= 0.5 + 2 ** -16, `x = ${x}: error of ${error} ulp`);
  }
});

test("is the nearest double, unless ln x is within 2⁻¹⁶ ulp of the middle between two", () => {
  let decided = 0;
  for (const [x, high, low] of fixture.logarithms) {
    if (x === 1 || Math.abs(low) / ulp(high) > 0.5 - 2 ** -16) continue;
    assert.is(log(x), high, `x = ${x}`);
    decided += 1;
  }
  assert.ok(decided > 170);
});

test("ln 1 is +0", () => {
  assert.ok(Object.is(log(1), 0));
});

test("powers of two are whole multiples of ln 2, down to the smallest subnormal", () => {
  for (let k = -1074; k <= 1023; k += 1) {
    const nearest = k * Math.LN2;
    // `nearest` and the result are each rounded once, and LN2 is off by a fifth of its ulp.
    assert.ok(Math.abs(log(2 ** k) - nearest) <= ulp(nearest), `2^${k}`);
  }
});

test("never falls as x rises, across the bounds of the reduction", () => {
  for (const bound of [45 / 64, 1, 45 / 32, 45 / 16]) {
    let before = Number.NEGATIVE_INFINITY;
    for (let i = -300; i <= 300; i += 1) {
      const value = log(bound + i * 2 ** -52);
      assert.ok(value >= before, `${i} steps from ${bound}`);
      before = value;
    }
  }
});

test("refuses what has no finite logarithm", () => {
  for (const x of [0, -0, -1, -5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
    assert.throws(
      () => log(x),
      (error: unknown) => error instanceof OptionError,
      `x = ${x}`,
    );
  }
});

test.run();
