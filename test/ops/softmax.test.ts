import * as assert from "uvu/assert";

import { ShapeError } from "../../src/errors.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("softmax operation", engine);

for (const dtype of FLOATS) {
  test(`rows of probabilities, into a new tensor or z itself, ${dtype}`, () => {
    using z = tensor(
      engine,
      [
        [0.3, 2.9, 4],
        [1, 1, 1],
      ],
      { dtype },
    );
    const want = oracle.softmax(3, z.data);
    using p = softmax(z);
    assert.equal([p.shape, p.dtype], [[2, 3], dtype]);
    assertWithin(p.data, want, (at) => 8 * EPS[dtype] * (want[at] ?? Number.NaN), "p");
    assert.is(softmax(z, { out: z }), z);
    assertSame(z.data, p.data, "in place");
  });

  test(`no rows give no rows, ${dtype}`, () => {
    using z = zeros(engine, [0, 3], { dtype });
    using p = softmax(z);
    assert.equal(p.shape, [0, 3]);
  });
}

test("an axis that is not there, or without elements, is refused", () => {
  for (const [shape, axis, message] of [
    [[], -1, "softmax: axis: expected an axis of [], found -1"],
    [[2, 3], 2, "softmax: axis: expected an axis of [2, 3], found 2"],
    [[2, 0], -1, "softmax: z: expected at least one element along axis 1, found [2, 0]"],
    [[0, 2, 3], 0, "softmax: z: expected at least one element along axis 0, found [0, 2, 3]"],
  ] as const) {
    using z = zeros(engine, shape);
    assert.is(assertThrows(() => softmax(z, { axis }), ShapeError, message).message, message);
  }
});

test("along any axis, the result may be written over the logits", () => {
  using z = tensor(engine, [
    [0, 5],
    [0, 5],
    [-Infinity, -Infinity],
  ]);
  assert.is(softmax(z, { axis: 0, out: z }), z);
  assert.equal(z.toArray(), [
    [0.5, 0.5],
    [0.5, 0.5],
    [0, 0],
  ]);
});

test.run();
