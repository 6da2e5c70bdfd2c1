import { lanes, loadNext, madd, nmadd, storeNext } from "../simd/lanes";

/**
 * One step of an optimizer, in one pass over parameters, gradient and state. In each, d = g + λw, and
 *
 *   momentum   v ← μv + d                     w ← w - η·v, or with nesterov w - η·(d + μv)
 *   adaptive   v ← βv + γd²                   w ← σw - η·d / (√(v·c) + ε)
 *
 * Where adaptive has an m, it is m ← β'm + (1 - β')d, and stands for d in the second. AdaGrad has β = γ = 1, RMSProp
 * β = ρ and γ = 1 - ρ, Adam also an m, with its corrections in η and c.
 *
 *   n      elements
 *   g      the gradient, only read
 *   w      parameters
 *   v      state
 *   m      state, or 0
 *   rates  f64 in both types: η, λ, μ and 1 for nesterov, else 0
 *                             η, λ, ε, β, γ, β', σ, c
 *
 * What is made of rates alone is made in float64 and rounded once. NaN propagates.
 *
 * # Safety
 * src/ops/update.ts has checked: n >= 0, the operands hold n elements and are disjoint; there are eight rates.
 */

// @ts-ignore: decorator
@inline
function rate<T>(rates: usize, i: i32): v128 {
  return v128.splat<T>(<T>load<f64>(rates + (<usize>i << 3)));
}

// @ts-ignore: decorator
@inline
function momentum<T>(n: i32, g: usize, w: usize, v: usize, rates: usize): void {
  assert(n >= 0);
  const eta = rate<T>(rates, 0), lambda = rate<T>(rates, 1), mu = rate<T>(rates, 2);
  const isNesterov = load<f64>(rates, 24) != 0;
  for (; n > 0; n -= lanes<T>(), g += 16, w += 16, v += 16) {
    const wi = loadNext<T>(w, n, eta);
    const d = madd<T>(lambda, wi, loadNext<T>(g, n, eta));
    const vi = madd<T>(mu, loadNext<T>(v, n, eta), d);
    storeNext<T>(v, vi, n);
    storeNext<T>(w, nmadd<T>(eta, isNesterov ? madd<T>(mu, vi, d) : vi, wi), n);
  }
}

// @ts-ignore: decorator
@inline
function adaptive<T>(n: i32, g: usize, w: usize, m: usize, v: usize, rates: usize): void {
  assert(n >= 0);
  const eta = rate<T>(rates, 0), lambda = rate<T>(rates, 1), epsilon = rate<T>(rates, 2);
  const beta = rate<T>(rates, 3), gamma = rate<T>(rates, 4), betaM = rate<T>(rates, 5);
  const gammaM = v128.splat<T>(<T>(1.0 - load<f64>(rates, 40)));
  const sigma = rate<T>(rates, 6), c = rate<T>(rates, 7);
  for (; n > 0; n -= lanes<T>(), g += 16, w += 16, v += 16) {
    const wi = loadNext<T>(w, n, eta);
    let d = madd<T>(lambda, wi, loadNext<T>(g, n, eta));
    const vi = madd<T>(beta, loadNext<T>(v, n, eta), v128.mul<T>(gamma, v128.mul<T>(d, d)));
    storeNext<T>(v, vi, n);
    if (m != 0) {
      d = madd<T>(betaM, loadNext<T>(m, n, eta), v128.mul<T>(gammaM, d));
      storeNext<T>(m, d, n);
      m += 16;
    }
    const scale = v128.add<T>(v128.sqrt<T>(v128.mul<T>(vi, c)), epsilon);
    storeNext<T>(w, v128.sub<T>(v128.mul<T>(sigma, wi), v128.div<T>(v128.mul<T>(eta, d), scale)), n);
  }
}

export function smomentum(n: i32, g: usize, w: usize, v: usize, rates: usize): void { momentum<f32>(n, g, w, v, rates); }
export function dmomentum(n: i32, g: usize, w: usize, v: usize, rates: usize): void { momentum<f64>(n, g, w, v, rates); }

export function sadaptive(n: i32, g: usize, w: usize, m: usize, v: usize, rates: usize): void { adaptive<f32>(n, g, w, m, v, rates); }
export function dadaptive(n: i32, g: usize, w: usize, m: usize, v: usize, rates: usize): void { adaptive<f64>(n, g, w, m, v, rates); }
