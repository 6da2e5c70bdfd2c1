import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { centralDifferences } from "../../src/numeric/central_differences.ts";

const test = suite("central differences");

test("the gradient of x0² + x1² is 2x, and x is what it was", () => {
  const x = Float64Array.of(3, 4);
  const gradient = new Float64Array(2);
  let calls = 0;
  centralDifferences(
    () => {
      calls += 1;
      return x[0]! ** 2 + x[1]! ** 2;
    },
    () => x,
    () => gradient,
    1e-4,
  );
  assert.ok(Math.abs(gradient[0]! - 6) < 1e-9 && Math.abs(gradient[1]! - 8) < 1e-9, `${gradient}`);
  assert.equal([...x], [3, 4]);
  assert.is(calls, 4, "two for each element");
});

test("a linear function in float32 is exact: the step that was made is the one divided by", () => {
  const x = Float32Array.of(0.3);
  const gradient = new Float64Array(1);
  centralDifferences(
    () => 4 * x[0]!,
    () => x,
    () => gradient,
    1e-3,
  );
  assert.is(gradient[0], 4);
});

test("x is put back when f throws", () => {
  const x = Float64Array.of(1, 2);
  const f = () => {
    throw new Error("no value");
  };
  assert.throws(
    () =>
      centralDifferences(
        f,
        () => x,
        () => new Float64Array(2),
        0.1,
      ),
    /no value/,
  );
  assert.equal([...x], [1, 2]);
});

test("h must be a finite number other than 0", () => {
  const x = Float64Array.of(1);
  for (const h of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(
      () =>
        centralDifferences(
          () => 0,
          () => x,
          () => x,
          h,
        ),
      (e: unknown) => e instanceof OptionError,
    );
  }
});

test.run();
