/**
 * AssemblyScript: arithmetic in registers alone, as much as the processor takes.
 *
 *   peak      cᵢ ← cᵢ·m + d      eleven chains: their multiply-adds hide one another's latency, and with m and d and a
 *                                product they fill the registers
 *   ceiling   mᵢ ← mᵢ·mᵢ         six chains of multiplies, and
 *             sᵢ ← sᵢ + sᵢ       six of adds, which do not wait for each other
 *
 * The first is what a product of matrices is made of, and what it is held against; the second is what the processor
 * could do if no sum ever waited for its product.
 */

/** 22 vector multiply-adds a round. With m = ½ and d = ½ every value goes to 1. */
// @ts-ignore: decorator
@inline
function peak<T>(rounds: i32, factor: T, term: T): T {
  const m = v128.splat<T>(factor), d = v128.splat<T>(term);
  let c0 = m, c1 = m, c2 = m, c3 = m, c4 = m, c5 = m, c6 = m, c7 = m, c8 = m, c9 = m, c10 = m;
  // Two steps a round were the fastest; one, four and eight were slower by 3 to 30 %.
  for (let round = 0; round < rounds; round++) {
    c0 = v128.add<T>(v128.mul<T>(c0, m), d);
    c1 = v128.add<T>(v128.mul<T>(c1, m), d);
    c2 = v128.add<T>(v128.mul<T>(c2, m), d);
    c3 = v128.add<T>(v128.mul<T>(c3, m), d);
    c4 = v128.add<T>(v128.mul<T>(c4, m), d);
    c5 = v128.add<T>(v128.mul<T>(c5, m), d);
    c6 = v128.add<T>(v128.mul<T>(c6, m), d);
    c7 = v128.add<T>(v128.mul<T>(c7, m), d);
    c8 = v128.add<T>(v128.mul<T>(c8, m), d);
    c9 = v128.add<T>(v128.mul<T>(c9, m), d);
    c10 = v128.add<T>(v128.mul<T>(c10, m), d);
    c0 = v128.add<T>(v128.mul<T>(c0, m), d);
    c1 = v128.add<T>(v128.mul<T>(c1, m), d);
    c2 = v128.add<T>(v128.mul<T>(c2, m), d);
    c3 = v128.add<T>(v128.mul<T>(c3, m), d);
    c4 = v128.add<T>(v128.mul<T>(c4, m), d);
    c5 = v128.add<T>(v128.mul<T>(c5, m), d);
    c6 = v128.add<T>(v128.mul<T>(c6, m), d);
    c7 = v128.add<T>(v128.mul<T>(c7, m), d);
    c8 = v128.add<T>(v128.mul<T>(c8, m), d);
    c9 = v128.add<T>(v128.mul<T>(c9, m), d);
    c10 = v128.add<T>(v128.mul<T>(c10, m), d);
  }
  const low = v128.mul<T>(v128.mul<T>(v128.mul<T>(c0, c1), v128.mul<T>(c2, c3)), v128.mul<T>(c4, c5));
  const high = v128.mul<T>(v128.mul<T>(v128.mul<T>(c6, c7), v128.mul<T>(c8, c9)), c10);
  return v128.extract_lane<T>(v128.mul<T>(low, high), 0);
}

/** 6 vector multiplies and 6 adds a round, on ones and zeros, which stay what they are. */
// @ts-ignore: decorator
@inline
function ceiling<T>(rounds: i32, one: T, zero: T): T {
  const m = v128.splat<T>(one), s = v128.splat<T>(zero);
  let m0 = m, m1 = m, m2 = m, m3 = m, m4 = m, m5 = m;
  let s0 = s, s1 = s, s2 = s, s3 = s, s4 = s, s5 = s;
  for (let round = 0; round < rounds; round++) {
    m0 = v128.mul<T>(m0, m0);
    m1 = v128.mul<T>(m1, m1);
    s0 = v128.add<T>(s0, s0);
    s1 = v128.add<T>(s1, s1);
    m2 = v128.mul<T>(m2, m2);
    m3 = v128.mul<T>(m3, m3);
    s2 = v128.add<T>(s2, s2);
    s3 = v128.add<T>(s3, s3);
    m4 = v128.mul<T>(m4, m4);
    m5 = v128.mul<T>(m5, m5);
    s4 = v128.add<T>(s4, s4);
    s5 = v128.add<T>(s5, s5);
  }
  const ones = v128.mul<T>(v128.mul<T>(v128.mul<T>(m0, m1), v128.mul<T>(m2, m3)), v128.mul<T>(m4, m5));
  const zeros = v128.add<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)), v128.add<T>(s4, s5));
  return v128.extract_lane<T>(v128.add<T>(ones, zeros), 0);
}

/** Near 1, after 176 floating-point operations a round. */
export function speak(rounds: i32, factor: f32, term: f32): f32 { return peak<f32>(rounds, factor, term); }
/** 1, after 48 floating-point operations a round. */
export function sceiling(rounds: i32, one: f32, zero: f32): f32 { return ceiling<f32>(rounds, one, zero); }

/** Near 1, after 88 floating-point operations a round. */
export function dpeak(rounds: i32, factor: f64, term: f64): f64 { return peak<f64>(rounds, factor, term); }
/** 1, after 24 floating-point operations a round. */
export function dceiling(rounds: i32, one: f64, zero: f64): f64 { return ceiling<f64>(rounds, one, zero); }
