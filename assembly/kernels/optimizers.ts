import { keptOf, stepOf } from "../descent";
import { lanes, loadNext, madd, nmadd, storeNext } from "../simd/lanes";
import { sumOfSquares } from "./reduce";
import { axpby } from "./vectors";

/**
 * One step of an optimizer, in one pass over parameters, gradient and state. In each, d = g + λw, and
 *
 *   descend    w ← (1 - ηλ)·w - η·g           with g = 0, an address, w ← (1 - ηλ)·w
 *   momentum   v ← μv + d                     w ← w - η·v, or with nesterov w - η·(d + μv)
 *   adaptive   v ← βv + γd²                   w ← σw - η·d / (√(v·c) + ε)
 *
 * Where adaptive has an m, it is m ← β'm + (1 - β')d, and replaces d in the second. AdaGrad has β = γ = 1, RMSProp
 * β = ρ and γ = 1 - ρ, Adam also an m, with its corrections in η and c.
 *
 *   n      elements
 *   g      the gradient, only read
 *   w      parameters
 *   v      state
 *   m      state, or 0
 *   hyperparameters   f64 in both types: η, λ, of momentum also μ and 1 for nesterov, else 0
 *                     of adaptive η, λ, ε, β, γ, β', σ, c
 *
 * What is made of hyperparameters alone is made in float64 and rounded once. NaN propagates.
 *
 * # Safety
 * src/ops/update.ts has checked: n >= 0, the operands hold n elements and are disjoint; there are eight hyperparameters.
 */

/** Where nothing decays, w is not touched without a gradient. */
function descend<T>(n: i32, g: usize, w: usize, hyperparameters: usize): void {
  const kept = <T>keptOf(1, hyperparameters);
  if (g != 0) axpby<T>(n, g, w, <T>stepOf(1, hyperparameters), kept);
  else if (kept != <T>1.0) axpby<T>(n, w, w, <T>0.0, kept);
}

/**
 * g ← g · limit / max(‖g‖, limit), the norm as `reduce` and `sqrt` give it. Where squares leave the finite numbers, g is
 * made smaller first, by a power of two.
 */
function clipNorm<T>(n: i32, g: usize, limit: f64): void {
  assert(n >= 0);
  let norm = sqrt<T>(sumOfSquares<T>(n, g)), shrink: f64 = 1;
  if (norm - norm != <T>0.0) {
    shrink = sizeof<T>() == 4 ? SHRINK_SINGLE : SHRINK_DOUBLE;
    axpby<T>(n, g, g, <T>shrink, <T>0.0);
    norm = sqrt<T>(sumOfSquares<T>(n, g));
  }
  axpby<T>(n, g, g, <T>limit / max<T>(norm, <T>(shrink * limit)), <T>0.0);
}

/** Powers of two by which every finite gradient has a finite norm, in at most 2^30 elements: 2^-96 and 2^-600. */
const SHRINK_SINGLE: f64 = 1.262177448353619e-29;
const SHRINK_DOUBLE: f64 = 2.409919865102884e-181;

// @ts-ignore: decorator
@inline
function hyperparameter<T>(hyperparameters: usize, i: i32): v128 {
  return v128.splat<T>(<T>load<f64>(hyperparameters + (<usize>i << 3)));
}

// @ts-ignore: decorator
@inline
function momentum<T>(n: i32, g: usize, w: usize, v: usize, hyperparameters: usize): void {
  assert(n >= 0);
  const eta = hyperparameter<T>(hyperparameters, 0), lambda = hyperparameter<T>(hyperparameters, 1), mu = hyperparameter<T>(hyperparameters, 2);
  const isNesterov = load<f64>(hyperparameters, 24) != 0;
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
function adaptive<T>(n: i32, g: usize, w: usize, m: usize, v: usize, hyperparameters: usize): void {
  assert(n >= 0);
  const eta = hyperparameter<T>(hyperparameters, 0), lambda = hyperparameter<T>(hyperparameters, 1), epsilon = hyperparameter<T>(hyperparameters, 2);
  const beta = hyperparameter<T>(hyperparameters, 3), gamma = hyperparameter<T>(hyperparameters, 4), betaM = hyperparameter<T>(hyperparameters, 5);
  const gammaM = v128.splat<T>(<T>(1.0 - load<f64>(hyperparameters, 40)));
  const sigma = hyperparameter<T>(hyperparameters, 6), c = hyperparameter<T>(hyperparameters, 7);
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

export function smomentum(n: i32, g: usize, w: usize, v: usize, hyperparameters: usize): void { momentum<f32>(n, g, w, v, hyperparameters); }
export function dmomentum(n: i32, g: usize, w: usize, v: usize, hyperparameters: usize): void { momentum<f64>(n, g, w, v, hyperparameters); }

export function sadaptive(n: i32, g: usize, w: usize, m: usize, v: usize, hyperparameters: usize): void { adaptive<f32>(n, g, w, m, v, hyperparameters); }
export function dadaptive(n: i32, g: usize, w: usize, m: usize, v: usize, hyperparameters: usize): void { adaptive<f64>(n, g, w, m, v, hyperparameters); }

export function sdescend(n: i32, g: usize, w: usize, hyperparameters: usize): void { descend<f32>(n, g, w, hyperparameters); }
export function ddescend(n: i32, g: usize, w: usize, hyperparameters: usize): void { descend<f64>(n, g, w, hyperparameters); }

export function sclipNorm(n: i32, g: usize, limit: f64): void { clipNorm<f32>(n, g, limit); }
export function dclipNorm(n: i32, g: usize, limit: f64): void { clipNorm<f64>(n, g, limit); }
