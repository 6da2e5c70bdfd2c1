import * as assert from "uvu/assert";

import { DisposedError, OptionError } from "../../src/errors.ts";
import { tensorGroup } from "../../src/tensor/group.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { bytesPerElement } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, lanesOf } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const SHAPES = { W1: [3, 5], b1: [5], scale: [], W2: [5, 1], none: [0], b2: [1] } as const;

const engine = await loadEngine();
const test = leakFreeSuite("tensor group", engine);

for (const dtype of FLOATS) {
  test(`parts have the names and shapes that were given, start at 16 bytes and at zero, ${dtype}`, () => {
    tensor(engine, Array(200).fill(7), { dtype }).dispose(); // memory that was used before
    const { whole, parts } = tensorGroup(engine, SHAPES, dtype);
    assert.equal(Object.keys(parts), Object.keys(SHAPES));
    for (const name of ["W1", "b1", "scale", "W2", "none", "b2"] as const) {
      assert.is(parts[name].name, name);
      assert.is(parts[name].dtype, dtype);
      assert.equal(parts[name].shape, SHAPES[name]);
      assert.is(parts[name].pointer % 16, 0, name);
      assert.ok(
        parts[name].data.every((value) => value === 0),
        name,
      );
    }
    whole.dispose();
  });

  test(`whole covers every part, in order, and zeros between them, ${dtype}`, () => {
    const { whole, parts } = tensorGroup(engine, SHAPES, dtype);
    for (const [index, part] of Object.values(parts).entries()) part.data.fill(index + 1);
    const unit = lanesOf(dtype);
    const want = Object.values(parts).flatMap(({ size }, index) => {
      return Array.from({ length: Math.ceil(size / unit) * unit }, (_, i) => (i < size ? index + 1 : 0));
    });
    assert.equal([...whole.data], want);
    assert.equal(whole.shape, [want.length]);
    assert.equal([engine.stats().tensors, engine.stats().bytes], [1, want.length * bytesPerElement(dtype)]);
    whole.data.fill(9);
    for (const part of Object.values(parts)) assert.ok(part.data.every((value) => value === 9));
    whole.dispose();
  });

  test(`disposing of whole ends all parts; disposing of a part ends that part, ${dtype}`, () => {
    const { whole, parts } = tensorGroup(engine, SHAPES, dtype);
    parts.b1.dispose();
    assertThrows(() => parts.b1.data, DisposedError, "b1");
    assert.is(parts.W1.data.length, 15);
    whole.dispose();
    const error = assertThrows(() => parts.W1.data, DisposedError, "W1");
    assert.is(error.subject, `W1 ${dtype} [3, 5]`);
    assert.equal([engine.stats().tensors, engine.stats().bytes], [0, 0]);
  });
}

test("errors call the whole by its name, and parts by theirs behind a prefix", () => {
  const { whole, parts } = tensorGroup(engine, { W: [2] }, "float32", { name: "gradients", prefix: "d" });
  assert.equal([whole.describe(), parts.W.describe()], ["gradients float32 [4]", "dW float32 [2]"]);
  whole.dispose();
  using unnamed = tensorGroup(engine, { W: [2] }, "float64").whole;
  assert.is(unnamed.describe(), "tensor float64 [2]");
});

test("a group may be empty, and a shape that is no shape is refused by its name", () => {
  const { whole, parts } = tensorGroup(engine, {}, "float32");
  assert.equal([whole.size, Object.keys(parts).length], [0, 0]);
  whole.dispose();
  const error = assertThrows(() => tensorGroup(engine, { W: [2], b: [-1] }, "float32"), OptionError, "b");
  assert.is(error.option, "b");
  assert.is(engine.stats().tensors, 0);
});

test.run();
