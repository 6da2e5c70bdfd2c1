import { lanes, loadNext, storeNext } from "../simd/lanes";

/**
 * Dropout: elements kept and scaled, or 0, by random words that are functions of their places.
 *
 *   y_i = word_i >= threshold ? x_i · scale : 0      threshold = p·2^32 drops a share p
 *   word_i = h((first + i) xor b, c)
 *   b = h(a, stream), c = h(b, a), a = h(seed, step)
 *   h(v, key) = mix(mix(v) + key) + key              mix: the finaliser of MurmurHash3 (Austin Appleby, 2011)
 *
 *   n          elements
 *   x, y       n elements each; y may be x
 *   counter    [seed, step], i32
 *   threshold  u32
 *   stream     which of the masks of one step
 *   first      the place of the first element, 0 but for a part
 *
 *   advance    step ← step + 1
 *
 * The words are the same in both float types, whatever n, so that the backward pass makes the mask anew.
 *
 * # Safety
 * src/ops/dropout.ts has checked: n >= 0, the operands hold what is said above, y is x or disjoint from it.
 * src/autodiff/program.ts advances only counters of its own.
 */

/** h in four lanes, of `rounds` rounds. It calls itself, so that the compiler keeps one copy of it. */
function hash(v: v128, key: v128, rounds: i32): v128 {
  v = i32x4.mul(v128.xor(v, i32x4.shr_u(v, 16)), i32x4.splat(0x85ebca6b));
  v = i32x4.mul(v128.xor(v, i32x4.shr_u(v, 13)), i32x4.splat(0xc2b2ae35));
  v = i32x4.add(v128.xor(v, i32x4.shr_u(v, 16)), key);
  return rounds > 1 ? hash(v, key, rounds - 1) : v;
}

// @ts-ignore: decorator
@inline
function dropout<T>(n: i32, x: usize, y: usize, counter: usize, threshold: i32, scale: T, stream: i32, first: i32): void {
  assert(n >= 0);
  const scales = v128.splat<T>(scale), thresholds = i32x4.splat(threshold);
  const a = hash(v128.load32_splat(counter), v128.load32_splat(counter, 4), 2);
  const b = hash(a, i32x4.splat(stream), 2);
  const c = hash(b, a, 2);
  let place = i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(first));
  for (; n > 0; n -= lanes<T>(), x += 16, y += 16) {
    let kept = i32x4.ge_u(hash(v128.xor(place, b), c, 2), thresholds);
    if (sizeof<T>() == 8) kept = i64x2.extend_low_i32x4_s(kept);
    storeNext<T>(y, v128.and(kept, v128.mul<T>(loadNext<T>(x, n, scales), scales)), n);
    place = i32x4.add(place, i32x4.splat(lanes<T>()));
  }
}

export function sdropout(n: i32, x: usize, y: usize, counter: usize, threshold: i32, scale: f32, stream: i32, first: i32): void { dropout<f32>(n, x, y, counter, threshold, scale, stream, first); }
export function ddropout(n: i32, x: usize, y: usize, counter: usize, threshold: i32, scale: f64, stream: i32, first: i32): void { dropout<f64>(n, x, y, counter, threshold, scale, stream, first); }

export function advance(counter: usize): void { store<i32>(counter, load<i32>(counter, 4) + 1, 4); }
