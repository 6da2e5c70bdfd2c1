/** Broadcast shapes and walks against NumPy's rule, element by element. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { broadcastShape, type Walk, walkOver } from "../../src/tensor/broadcast.ts";
import { countOf, type Shape, show } from "../../src/tensor/layout.ts";

const test = suite("broadcast");

const shapes = fc.array(fc.nat(4), { maxLength: 5 });
/** A shape and two others that broadcast to it: axes left out in front, or of extent 1. */
const broadcasts = fc
  .tuple(shapes, fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 5, maxLength: 5 }), fc.nat(5), fc.nat(5))
  .map(([shape, ones, cutA, cutB]) => {
    const a = shape.map((extent, axis) => (ones[axis]![0] === 0 ? 1 : extent)).slice(cutA);
    const b = shape.map((extent, axis) => (ones[axis]![1] === 0 ? 1 : extent)).slice(cutB);
    return [a, b] as const;
  });

/** Ones in front until there are `rank` axes. */
function padded(shape: Shape, rank: number): number[] {
  return [...Array.from({ length: rank - shape.length }, () => 1), ...shape];
}

/** NumPy's rule, as its manual says it. */
function shapeByRule(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const [left, right] = [padded(a, rank), padded(b, rank)];
  const isFit = left.every((extent, axis) => extent === right[axis] || extent === 1 || right[axis] === 1);
  return isFit ? left.map((extent, axis) => (extent === 1 ? right[axis]! : extent)) : undefined;
}

/** For each element of the shape in row-major order, which element of the operand it is made of. */
function elementsByRule(shape: Shape, operand: Shape): number[] {
  const own = padded(operand, shape.length);
  return Array.from({ length: countOf(shape) }, (_, at) => {
    let [rest, element, stride] = [at, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      if (own[axis] !== 1) element += index * stride;
      stride *= own[axis]!;
    }
    return element;
  });
}

/** The elements in the order in which a walk meets them. */
function elementsOf({ extents }: Pick<Walk, "extents">, strides: readonly number[]): number[] {
  let starts = [0];
  for (const [axis, extent] of extents.entries()) {
    starts = starts.flatMap((start) => Array.from({ length: extent }, (_, i) => start + i * strides[axis]!));
  }
  return starts;
}

/** How often the pair of "repeated or not" changes from axis to axis, extents of 1 aside: no walk has fewer axes. */
function runsOf(shape: Shape, a: Shape, b: Shape): number {
  const [left, right] = [padded(a, shape.length), padded(b, shape.length)];
  const fates = shape.flatMap((extent, axis) => (extent === 1 ? [] : [`${left[axis] === 1} ${right[axis] === 1}`]));
  return fates.filter((fate, i) => fate !== fates[i - 1]).length;
}

test("two shapes broadcast where NumPy's do, to the same shape", () => {
  const either = fc.oneof(fc.tuple(shapes, shapes), broadcasts);
  fc.assert(
    fc.property(either, ([a, b]) => {
      assert.equal(broadcastShape(a, b), shapeByRule(a, b), `${show(a)} ${show(b)}`);
      assert.equal(broadcastShape(b, a), shapeByRule(a, b), `${show(b)} ${show(a)}`);
    }),
    { numRuns: 2000 },
  );
});

test("an extent of 0 broadcasts with 0 and 1 alone", () => {
  assert.equal(broadcastShape([0], [1]), [0]);
  assert.equal(broadcastShape([2, 0], [0]), [2, 0]);
  assert.is(broadcastShape([0], [2]), undefined);
});

test("a walk meets the elements that the rule names, in their order, with as few axes as can be", () => {
  fc.assert(
    fc.property(broadcasts, ([a, b]) => {
      const shape = shapeByRule(a, b)!;
      const walk = walkOver(shape, a, b);
      const label = `${show(a)} ${show(b)}`;
      assert.equal([walk.a.length, walk.b.length], [walk.extents.length, walk.extents.length], label);
      assert.equal(elementsOf(walk, walk.a), elementsByRule(shape, a), `a of ${label}`);
      assert.equal(elementsOf(walk, walk.b), elementsByRule(shape, b), `b of ${label}`);
      const runs = runsOf(shape, a, b);
      if (countOf(shape) > 0) assert.is(walk.extents.length, runs, label);
      assert.ok(walk.extents.length <= runs, label);
    }),
    { numRuns: 2000 },
  );
});

test("the last strides of a walk are 0 or 1", () => {
  fc.assert(
    fc.property(broadcasts, ([a, b]) => {
      const walk = walkOver(shapeByRule(a, b)!, a, b);
      for (const strides of [walk.a, walk.b]) assert.ok([undefined, 0, 1].includes(strides.at(-1)), show(strides));
    }),
    { numRuns: 1000 },
  );
});

test("operands of one shape are one axis, and a scalar beside them is repeated along it", () => {
  assert.equal(walkOver([2, 3, 4], [2, 3, 4], [2, 3, 4]), { extents: [24], a: [1], b: [1] });
  assert.equal(walkOver([2, 3, 4], [2, 3, 4], []), { extents: [24], a: [1], b: [0] });
  assert.equal(walkOver([2, 3, 4], [3, 1], [2, 3, 4]), { extents: [2, 3, 4], a: [0, 1, 0], b: [12, 4, 1] });
  assert.equal(walkOver([1, 1], [1], []), { extents: [], a: [], b: [] });
});

test.run();
