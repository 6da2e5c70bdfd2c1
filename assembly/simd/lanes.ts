/** What every kernel needs of a vector: its number of lanes, a multiply-add, and loads and stores of a part. */

/** Elements in a vector: 4 in float32, 2 in float64. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return 16 / <i32>sizeof<T>();
}

/** n elements in bytes. */
// @ts-ignore: decorator
@inline
export function bytes<T>(n: i32): usize {
  return <usize>n << alignof<T>();
}

/** How many of n elements fill whole vectors. */
// @ts-ignore: decorator
@inline
export function whole<T>(n: i32): i32 {
  return n & -lanes<T>();
}

/**
 * Element i of a table, in every lane. One load: V8 builds a v128 constant anew wherever it is used, in three
 * instructions, so functions of many constants keep them in a table.
 */
// @ts-ignore: decorator
@inline
export function splatAt<T>(table: usize, i: i32): v128 {
  return v128.load_splat<T>(table + bytes<T>(i));
}

/** The next vector of a row of which `left` > 0 elements remain: where they do not fill it, `rest` does. */
// @ts-ignore: decorator
@inline
export function loadNext<T>(x: usize, left: i32, rest: v128): v128 {
  return left >= lanes<T>() ? v128.load(x) : loadPart<T>(x, left, rest);
}

/** Stores the lanes of v that remain of the row. */
// @ts-ignore: decorator
@inline
export function storeNext<T>(y: usize, v: v128, left: i32): void {
  if (left >= lanes<T>()) v128.store(y, v);
  else storePart<T>(y, v, left);
}

/** a·b + c: rounded twice in the `simd` build, once where the `relaxed` build runs on a machine with fused lanes. */
// @ts-ignore: decorator
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** c − a·b, rounded as `madd`. */
// @ts-ignore: decorator
@inline
export function nmadd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(a, b, c);
  return v128.sub<T>(c, v128.mul<T>(a, b));
}

/** The first `count` elements at x, 0 < count < lanes; the other lanes keep `rest`. Reads nothing beyond them. */
// @ts-ignore: decorator
@inline
export function loadPart<T>(x: usize, count: i32, rest: v128): v128 {
  let v = v128.load_lane<T>(x, rest, 0);
  if (sizeof<T>() == 4) {
    if (count > 1) v = v128.load_lane<T>(x, v, 1, 4);
    if (count > 2) v = v128.load_lane<T>(x, v, 2, 8);
  }
  return v;
}

/** Stores the first `count` lanes at y, 0 < count < lanes, and touches nothing beyond them. */
// @ts-ignore: decorator
@inline
export function storePart<T>(y: usize, v: v128, count: i32): void {
  v128.store_lane<T>(y, v, 0);
  if (sizeof<T>() == 4) {
    if (count > 1) v128.store_lane<T>(y, v, 1, 4);
    if (count > 2) v128.store_lane<T>(y, v, 2, 8);
  }
}

/** The next `count` elements at x, 0 < count <= lanes, and zeros in the other lanes. Reads nothing beyond them. */
// @ts-ignore: decorator
@inline
export function loadTail<T>(x: usize, count: i32): v128 {
  if (count == lanes<T>()) return v128.load(x);
  if (sizeof<T>() == 8) return v128.load64_zero(x);
  if (count == 1) return v128.load32_zero(x);
  const two = v128.load64_zero(x);
  return count == 2 ? two : v128.load_lane<T>(x, two, 2, 8);
}

/** Stores the first `count` lanes at y, 0 < count <= lanes, and touches nothing beyond them. */
// @ts-ignore: decorator
@inline
export function storeTail<T>(y: usize, v: v128, count: i32): void {
  if (count == lanes<T>()) v128.store(y, v);
  else if (sizeof<T>() == 8 || count > 1) v128.store_lane<i64>(y, v, 0);
  if (sizeof<T>() == 8 || count == lanes<T>()) return;
  if (count == 1) v128.store_lane<T>(y, v, 0);
  if (count == 3) v128.store_lane<T>(y, v, 2, 8);
}
