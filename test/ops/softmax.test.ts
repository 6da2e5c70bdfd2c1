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

test("what has no rows of at least one column is refused", () => {
  for (const shape of [[], [3], [2, 0], [2, 3, 1]]) {
    using z = zeros(engine, shape);
    const error = assertThrows(() => softmax(z), ShapeError, `${shape}`);
    assert.is(error.message, `softmax: z: expected a matrix with at least one column, found [${shape.join(", ")}]`);
  }
});

test.run();
