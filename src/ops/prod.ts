/** Products over axes. */
import type { Expression } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { mul } from "./binary.ts";
import { concat } from "./rows.ts";
import { slice } from "./slicing.ts";
import { broadcastNumbers, type ReduceFunction, reduction } from "./sum.ts";

type Floats = Expression<FloatType>;

/**
 * Π over axes; 1 over nothing. Along the last axis it is multiplied in float64, along others in x's dtype. Of int32 it wraps
 * around. Its gradient is exact where x has zeros. Options and errors as for `sum`.
 *
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using columns = prod(x, { axes: [0] });
 * columns.toArray(); // → [3, 8]
 */
export const prod: ReduceFunction = /* @__PURE__ */ reduction("prod", ({ x, y }, dy) => {
  if (countOf(x.shape) === 0) return broadcastNumbers(dy, x.shape);
  return gradientOver(
    x,
    [...x.shape.keys()].filter((axis) => x.shape[axis] !== y.shape[axis]),
    dy,
  );
});

/**
 * ∂/∂x of the product over some axes, one after the other: halves are multiplied by each other until one element is left, and
 * on the way back each half takes the other as its factor. Nothing is divided.
 */
function gradientOver(x: Floats, axes: readonly number[], dy: Floats): Floats {
  const [axis, ...others] = axes;
  if (axis === undefined) return dy;
  const extent = x.shape[axis] ?? 1;
  if (extent === 1) return gradientOver(x, others, dy);
  const half = Math.floor(extent / 2);
  const part = (of: Floats, start: number, end: number) => slice(of, start, end, { axis });
  const joined = (parts: readonly Floats[]) => concat(parts, { axis }) as Floats;
  const [left, right] = [part(x, 0, half), part(x, half, 2 * half)];
  const isOdd = extent > 2 * half;
  const halved = isOdd ? joined([mul(left, right), part(x, 2 * half, extent)]) : mul(left, right);
  const dHalved = gradientOver(halved, axes, dy);
  const d = isOdd ? part(dHalved, 0, half) : dHalved;
  return joined([mul(d, right), mul(d, left), ...(isOdd ? [part(dHalved, half, half + 1)] : [])]);
}
