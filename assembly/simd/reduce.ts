/** Horizontal folds: the lanes of a vector to one element. */

// @ts-ignore: decorator
@inline
export function hsum<T>(v: v128): T {
  if (sizeof<T>() == 4) v = v128.add<T>(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return v128.extract_lane<T>(v, 0) + v128.extract_lane<T>(v, 1);
}

/** NaN wins. */
// @ts-ignore: decorator
@inline
export function hmax<T>(v: v128): T {
  if (sizeof<T>() == 4) v = v128.max<T>(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return max<T>(v128.extract_lane<T>(v, 0), v128.extract_lane<T>(v, 1));
}
