import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { checkShape, countOf, flatten, isSameShape, nest, shapeOf, show } from "../../src/tensor/layout.ts";
import { describeValue } from "../../src/values.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("layout");

test("a shape holds the product of its extents, and one element when it has no axis", () => {
  assert.is(countOf([]), 1);
  assert.is(countOf([7]), 7);
  assert.is(countOf([2, 3, 4]), 24);
  assert.is(countOf([5, 0, 9]), 0);
});

test("shapes are shown as they are written", () => {
  assert.is(show([]), "[]");
  assert.is(show([2, 3]), "[2, 3]");
  assert.is(show([...Array(16).keys()]), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]");
  assert.ok(show(Array(1e6).fill(1)).length <= 80, "a list that is no shape");
});

test("shapes are the same when every extent is, and their number", () => {
  assert.ok(isSameShape([], []));
  assert.ok(isSameShape([2, 3], [2, 3]));
  for (const other of [[], [2], [2, 3, 1], [3, 2], [2, 4]]) assert.not.ok(isSameShape([2, 3], other), show(other));
});

test("a checked shape is a frozen copy", () => {
  const given = [2, 3];
  const shape = checkShape("shape", given);
  given[0] = 9;
  assert.equal(shape, [2, 3]);
  assert.ok(Object.isFrozen(shape));
  assert.equal(checkShape("shape", [0, 2 ** 31 - 1]), [0, 2 ** 31 - 1], "nothing in it, but axes that can be counted");
});

test("an extent that is not an integer from 0 on is refused, and so are more elements than can be addressed", () => {
  for (const extent of [-1, 1.5, Number.NaN, Infinity, "2" as unknown as number]) {
    const error = assertThrows(() => checkShape("shape", [2, extent]), OptionError, `${extent}`);
    assert.is(error.message, `shape: expected integers ≥ 0, found [2, ${describeValue(extent)}]`);
  }
  for (const shape of [[2 ** 16, 2 ** 15], [2 ** 31], [0, 2 ** 31], [2 ** 32 + 2, 0], [2 ** 20, 0, 2 ** 20]]) {
    const error = assertThrows(() => checkShape("shape", shape), OptionError, show(shape));
    assert.is(error.expected, "fewer than 2^31 elements");
  }
  assert.equal(checkShape("shape", [2 ** 31 - 1]), [2 ** 31 - 1]);
});

test("nested numbers have the shape of their nesting", () => {
  assert.equal(shapeOf("tensor", 5), []);
  assert.equal(shapeOf("tensor", []), [0]);
  assert.equal(shapeOf("tensor", [[], []]), [2, 0]);
  assert.equal(
    shapeOf("tensor", [
      [1, 2, 3],
      [4, 5, 6],
    ]),
    [2, 3],
  );
  assert.equal(shapeOf("tensor", [[[1]], [[2]]]), [2, 1, 1]);
});

test("ragged rows are refused: by length, by depth, at any depth", () => {
  const cases = [
    { values: [[1, 2], [3]], argument: "values[1]", expected: "[2]", found: "[1]" },
    { values: [[1], [2], []], argument: "values[2]", expected: "[1]", found: "[0]" },
    { values: [[1], 2], argument: "values[1]", expected: "[1]", found: "[]" },
    { values: [1, [2]], argument: "values[1]", expected: "[]", found: "[1]" },
    {
      values: [
        [[1, 2]],
        [
          [3, 4],
          [5, 6],
        ],
      ],
      argument: "values[1]",
      expected: "[1, 2]",
      found: "[2, 2]",
    },
  ];
  for (const { values, argument, expected, found } of cases) {
    const error = assertThrows(() => shapeOf("tensor", values), ShapeError, argument);
    assert.is(error.message, `tensor: ${argument}: expected ${expected}, found ${found}; rows must be alike`);
    assert.equal([error.op, error.argument, error.expected, error.found], ["tensor", argument, expected, found]);
  }
  assertThrows(() => shapeOf("tensor", [[[1, 2], [3]]]), ShapeError, "inside the first row");
});

test("flatten writes row by row, and nest is its inverse for every shape", () => {
  assert.equal(
    flatten([
      [1, 2],
      [3, 4],
    ]),
    [1, 2, 3, 4],
  );
  assert.equal(flatten(7), [7]);
  const shapes = fc.array(fc.nat(4), { maxLength: 4 });
  fc.assert(
    fc.property(shapes, (shape) => {
      const values = Array.from({ length: countOf(shape) }, (_, i) => i);
      const nested = nest(values, shape);
      assert.equal(flatten(nested), values);
      // An extent of 0 hides what would lie inside it.
      const cut = shape.indexOf(0);
      assert.equal(shapeOf("nest", nested), cut < 0 ? shape : shape.slice(0, cut + 1));
    }),
  );
});

test.run();
