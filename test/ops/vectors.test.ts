import * as assert from "uvu/assert";

import { OptionError, ShapeError } from "../../src/errors.ts";
import { axpy, copy, fill } from "../../src/ops/vectors.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("vector operations", engine);

for (const dtype of FLOATS) {
  test(`axpy adds α times x to y, and to x itself, ${dtype}`, () => {
    using x = tensor(
      engine,
      [
        [1, 2],
        [3, 4],
      ],
      { dtype },
    );
    using y = tensor(
      engine,
      [
        [10, 20],
        [30, 40],
      ],
      { dtype },
    );
    axpy(-0.5, x, y);
    assert.equal(y.toArray(), [
      [9.5, 19],
      [28.5, 38],
    ]);
    assert.equal(x.toArray(), [
      [1, 2],
      [3, 4],
    ]);
    axpy(1, x, x);
    assert.equal(x.toArray(), [
      [2, 4],
      [6, 8],
    ]);
  });

  test(`fill writes one number everywhere, into a view too, ${dtype}`, () => {
    using y = zeros(engine, [3, 2], { dtype });
    fill(y, 0.5);
    fill(y.rows(1, 2), -Infinity);
    assertSame(y.data, [0.5, 0.5, -Infinity, -Infinity, 0.5, 0.5], "y");
  });

  test(`copy copies to the bit, ${dtype}`, () => {
    using x = tensor(engine, [-0, Number.NaN, Infinity, 1.5, 2], { dtype });
    using y = zeros(engine, [5], { dtype });
    copy(x, y);
    assertSame(y.data, x.data, "y");
    copy(y, y);
    assertSame(y.data, x.data, "onto itself");
  });
}

test("a factor that is no number is refused", () => {
  using x = zeros(engine, [2]);
  for (const bad of ["1", null, undefined, 1n] as unknown as number[]) {
    assert.is(assertThrows(() => axpy(bad, x, x), OptionError, `${bad}`).option, "axpy: alpha");
    assert.is(assertThrows(() => fill(x, bad), OptionError, `${bad}`).option, "fill: alpha");
  }
});

test("shapes that differ are refused, with both, even of one size", () => {
  using x = zeros(engine, [2, 3]);
  using y = zeros(engine, [3, 2]);
  for (const [call, op] of [
    [() => axpy(1, x, y), "axpy"],
    [() => copy(x, y), "copy"],
  ] as const) {
    assert.is(assertThrows(call, ShapeError, op).message, `${op}: y: expected [2, 3], found [3, 2]`);
  }
});

test.run();
