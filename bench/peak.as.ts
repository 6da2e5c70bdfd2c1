/**
 * AssemblyScript: as many multiply-adds as the processor executes, cᵢⱼ ← cᵢⱼ + aᵢ·bⱼ with five elements of A and two of B.
 *
 * Ten sums, so that none is needed again before it is there, of ten different products, which wait for nothing. All are in
 * registers but A, of which a load is hidden behind two multiply-adds, and which alternates: a compiler can neither share a
 * product nor move one out of the loop. It is the inner loop of a matrix product without its memory: whatever the ports of a
 * processor are, no product is faster.
 *
 * Compiled twice: `relaxed` has fused multiply-adds, as the build of that name.
 */

/** 10 vector multiply-adds a round, of ones: each sum is one more than the number of rounds. */
// @ts-ignore: decorator
@inline
function peak<T>(rounds: i32, a: usize): T {
  const one = v128.splat<T>(<T>1.0);
  // Two rows of A, each of five vectors, and B.
  for (let i: usize = 0; i < 192; i += 16) v128.store(a + i, one);
  const b0 = v128.load(a, 160), b1 = v128.load(a, 176);
  let c0 = one, c1 = one, c2 = one, c3 = one, c4 = one, c5 = one, c6 = one, c7 = one, c8 = one, c9 = one;
  for (let round = 0; round < rounds; round++) {
    const x = a + ((round & 1) << 4);
    let ai = v128.load(x);
    c0 = madd<T>(ai, b0, c0);
    c1 = madd<T>(ai, b1, c1);
    ai = v128.load(x, 32);
    c2 = madd<T>(ai, b0, c2);
    c3 = madd<T>(ai, b1, c3);
    ai = v128.load(x, 64);
    c4 = madd<T>(ai, b0, c4);
    c5 = madd<T>(ai, b1, c5);
    ai = v128.load(x, 96);
    c6 = madd<T>(ai, b0, c6);
    c7 = madd<T>(ai, b1, c7);
    ai = v128.load(x, 128);
    c8 = madd<T>(ai, b0, c8);
    c9 = madd<T>(ai, b1, c9);
  }
  const low = v128.add<T>(v128.add<T>(v128.add<T>(c0, c1), v128.add<T>(c2, c3)), c4);
  const high = v128.add<T>(v128.add<T>(v128.add<T>(c5, c6), v128.add<T>(c7, c8)), c9);
  return v128.extract_lane<T>(v128.add<T>(low, high), 0);
}

// @ts-ignore: decorator
@inline
function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

const operands = memory.data(192, 16);

/** 10 · (rounds + 1), after 80 floating-point operations a round. */
export function speak(rounds: i32): f32 { return peak<f32>(rounds, operands); }
/** 10 · (rounds + 1), after 40 floating-point operations a round. */
export function dpeak(rounds: i32): f64 { return peak<f64>(rounds, operands); }
