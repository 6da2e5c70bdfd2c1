/**
 * NumPy's broadcasting: pure arithmetic, no memory.
 *
 *   a      3 × 1        Shapes are aligned at their last axes. Where one has extent 1, or no axis,
 *   b          4        its elements are repeated.
 *   a ⊕ b  3 × 4
 */
import { countOf, type Shape } from "./layout.ts";

/** The shape of a ⊕ b; undefined where an axis has two extents and neither is 1. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [da, db] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (da !== db && da !== 1 && db !== 1) return undefined;
    shape.push(da === 1 ? db : da);
  }
  return shape;
}

/** How two dense operands are walked along the axes of their result. Strides are elements; 0 repeats. */
export type Walk = {
  readonly extents: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
};

/**
 * The walk over `shape` with as few axes as there can be: axes of extent 1 are left out, and two neighbours become one
 * where both operands are contiguous along them, or both are repeated.
 *
 * Its last strides are 0 or 1.
 */
export function walkOver(shape: Shape, a: Shape, b: Shape): Walk {
  const [sa, sb] = [stridesIn(shape, a), stridesIn(shape, b)];
  const walk = { extents: [] as number[], a: [] as number[], b: [] as number[] };
  for (const [axis, extent] of shape.entries()) {
    if (extent === 1) continue;
    const [ta, tb] = [sa[axis]!, sb[axis]!];
    const last = walk.extents.length - 1; // before the first axis, -1: nothing is there to join
    if (walk.a[last] === ta * extent && walk.b[last] === tb * extent) {
      walk.extents[last]! *= extent;
      walk.a[last] = ta;
      walk.b[last] = tb;
    } else {
      walk.extents.push(extent);
      walk.a.push(ta);
      walk.b.push(tb);
    }
  }
  return walk;
}

/** The strides of a dense operand along the axes of the shape that it is broadcast to. */
function stridesIn(shape: Shape, operand: Shape): number[] {
  const missing = shape.length - operand.length;
  return shape.map((_, axis) => {
    const own = axis - missing;
    return (operand[own] ?? 1) === 1 ? 0 : countOf(operand.slice(own + 1));
  });
}
