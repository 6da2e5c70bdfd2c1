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

/**
 * The next vector of a row of which `left` elements remain: where they do not fill it, `rest` does, whose lanes are equal.
 * The end of a row is a call, which costs little in a long one.
 */
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

/** `loadNext` where rows are short and many, and `left` > 0: nothing is called, for three times the code. */
// @ts-ignore: decorator
@inline
export function loadShort<T>(x: usize, left: i32, rest: v128): v128 {
  if (left >= lanes<T>()) return v128.load(x);
  let v = v128.load_lane<T>(x, rest, 0);
  if (sizeof<T>() == 4) {
    if (left > 1) v = v128.load_lane<T>(x, v, 1, 4);
    if (left > 2) v = v128.load_lane<T>(x, v, 2, 8);
  }
  return v;
}

/** `storeNext`, likewise. */
// @ts-ignore: decorator
@inline
export function storeShort<T>(y: usize, v: v128, left: i32): void {
  if (left >= lanes<T>()) {
    v128.store(y, v);
    return;
  }
  v128.store_lane<T>(y, v, 0);
  if (sizeof<T>() == 4) {
    if (left > 1) v128.store_lane<T>(y, v, 1, 4);
    if (left > 2) v128.store_lane<T>(y, v, 2, 8);
  }
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

/** α·x + β·y for a vector x and what is at y. β = 0 never reads y. */
// @ts-ignore: decorator
@inline
export function scaledSum<T>(alpha: T, x: v128, beta: T, y: usize): v128 {
  const factor = v128.splat<T>(alpha);
  if (beta == <T>0.0) return v128.mul<T>(factor, x);
  return madd<T>(factor, x, v128.mul<T>(v128.splat<T>(beta), v128.load(y)));
}

/** The same where `count` elements of y are left, fewer than a vector's. */
// @ts-ignore: decorator
@inline
export function scaledSumPart<T>(alpha: T, x: v128, beta: T, y: usize, count: i32): v128 {
  const factor = v128.splat<T>(alpha);
  if (beta == <T>0.0) return v128.mul<T>(factor, x);
  return madd<T>(factor, x, v128.mul<T>(v128.splat<T>(beta), loadPart<T>(y, count, factor)));
}

/** The first two of four float32 as float64. */
// @ts-ignore: decorator
@inline
export function lowDoubles(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** The last two. */
// @ts-ignore: decorator
@inline
export function highDoubles(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1));
}

/** Both again, each rounded once. */
// @ts-ignore: decorator
@inline
export function joined(low: v128, high: v128): v128 {
  return v128.shuffle<f64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/**
 * The first `count` elements at x, count < lanes, behind which `rest` follows. Reads nothing beyond them. It calls itself,
 * so that the compiler keeps one copy of it.
 */
export function loadPart<T>(x: usize, count: i32, rest: v128): v128 {
  if (count <= 0) return rest;
  const first = v128.load_splat<T>(x), others = loadPart<T>(x + sizeof<T>(), count - 1, rest);
  return sizeof<T>() == 4 ? v128.shuffle<f32>(first, others, 0, 4, 5, 6) : v128.shuffle<f64>(first, others, 0, 2);
}

/** Stores the first `count` lanes at y, count < lanes, and touches nothing beyond them. */
export function storePart<T>(y: usize, v: v128, count: i32): void {
  if (count <= 0) return;
  v128.store_lane<T>(y, v, 0);
  storePart<T>(y + sizeof<T>(), sizeof<T>() == 4 ? v128.shuffle<f32>(v, v, 1, 2, 3, 0) : v128.shuffle<f64>(v, v, 1, 0), count - 1);
}
