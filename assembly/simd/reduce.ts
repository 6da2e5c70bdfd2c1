/** Horizontal folds: the lanes of a vector to one element. */

// @ts-ignore: decorator
@inline
export function hsum<T>(v: v128): T {
  if (sizeof<T>() == 4) v = v128.add<T>(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return v128.extract_lane<T>(v, 0) + v128.extract_lane<T>(v, 1);
}

/** The largest lane; of NaN, nothing is promised. */
// @ts-ignore: decorator
@inline
export function hmax<T>(v: v128): T {
  if (sizeof<T>() == 4) v = v128.pmax<T>(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  const swapped = sizeof<T>() == 4 ? v128.shuffle<f32>(v, v, 1, 0, 3, 2) : v128.shuffle<f64>(v, v, 1, 0);
  return v128.extract_lane<T>(v128.pmax<T>(v, swapped), 0);
}
