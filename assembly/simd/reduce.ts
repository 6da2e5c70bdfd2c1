/** Horizontal folds: every lane becomes the fold of all. */

/** The lanes two apart in float32, one apart in float64. */
// @ts-ignore: decorator
@inline
function swapHalves(v: v128): v128 {
  return v128.shuffle<f64>(v, v, 1, 0);
}

/** The lanes one apart in float32. */
// @ts-ignore: decorator
@inline
function swapPairs(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 1, 0, 3, 2);
}

// @ts-ignore: decorator
@inline
export function sumOfLanes<T>(v: v128): v128 {
  const halves = v128.add<T>(v, swapHalves(v));
  return sizeof<T>() == 8 ? halves : v128.add<T>(halves, swapPairs(halves));
}

/** Of NaN, nothing is promised. */
// @ts-ignore: decorator
@inline
export function maxOfLanes<T>(v: v128): v128 {
  const halves = v128.pmax<T>(v, swapHalves(v));
  return sizeof<T>() == 8 ? halves : v128.pmax<T>(halves, swapPairs(halves));
}
