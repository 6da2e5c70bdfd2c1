import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exp, pow } from "../../src/numeric/exp.ts";
import { ulp } from "../random/numpy.ts";

type Parts = readonly [high: number, low: number];
const { exponentials, powers } = JSON.parse(
  readFileSync(new URL("../fixtures/numpy-distributions.json", import.meta.url), "utf8"),
) as {
  exponentials: readonly (readonly [x: number, ...Parts])[];
  powers: readonly (readonly [x: number, y: number, ...Parts])[];
};

const test = suite("exp");

test("exp: within 0.5 + 2⁻¹⁶ ulp of eˣ", () => {
  assert.ok(exponentials.length > 100);
  for (const [x, high, low] of exponentials) {
    const error = Math.abs(exp(x) - high - low) / ulp(high);
    assert.ok(error <= 0.5 + 2 ** -16, `x = ${x}: error of ${error} ulp`);
  }
});

test("pow: within 0.5 + 2⁻⁶ ulp of xʸ, and the nearest double wherever that decides", () => {
  assert.ok(powers.length > 130);
  for (const [x, y, high, low] of powers) {
    const error = Math.abs(pow(x, y) - high - low) / ulp(high);
    assert.ok(error <= 0.5 + 2 ** -6, `${x} ** ${y}: error of ${error} ulp`);
    if (Math.abs(low) / ulp(high) < 0.5 - 2 ** -6) assert.is(pow(x, y), high, `${x} ** ${y}`);
  }
});

test("exp: 0, infinity and NaN, and both ends of the doubles", () => {
  assert.is(exp(0), 1);
  assert.is(exp(-0), 1);
  assert.is(exp(Number.NEGATIVE_INFINITY), 0);
  assert.is(exp(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(exp(Number.NaN)));
  // ln 2⁻¹⁰⁷⁵ and ln (2¹⁰²⁴ − 2⁹⁷⁰) are between these.
  assert.equal([exp(-745.14), exp(-745.13)], [0, 2 ** -1074]);
  assert.is(exp(709.79), Number.POSITIVE_INFINITY);
  assert.ok(exp(709.78) < Number.MAX_VALUE && exp(709.78) > 2 ** 1023);
});

test("pow: integer powers of powers of two are exact, down to the smallest subnormal", () => {
  for (let y = 1; y <= 1074; y++) assert.is(pow(0.5, y), 2 ** -y, `0.5 ** ${y}`);
  assert.is(pow(0.5, 1076), 0);
  assert.is(pow(4, 511.5), 2 ** 1023);
});

test("pow: 0 and 1 stay what they are; results beyond the doubles are 0 or infinity", () => {
  for (const y of [5e-324, 0.5, 1, 1e300, Number.POSITIVE_INFINITY]) {
    assert.equal([pow(0, y), pow(1, y)], [0, 1], `y = ${y}`);
  }
  assert.is(pow(0.999, Number.POSITIVE_INFINITY), 0);
  assert.is(pow(1 - 2 ** -53, 1e300), 0);
  assert.is(pow(1.5, 1e6), Number.POSITIVE_INFINITY);
});

test.run();
