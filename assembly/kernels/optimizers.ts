import { bytes, lanes, madd, nmadd } from "../simd/lanes";

/**
 * One step of an optimizer, in one pass over parameters, gradient and state. In each, d = g + λw, and
 *
 *   momentum   v ← μv + d                     w ← w - η·v, or with nesterov w - η·(d + μv)
 *   adagrad    h ← h + d²                     w ← w - η·d / (√h + ε)
 *   rmsprop    h ← ρh + (1 - ρ)d²             w ← w - η·d / (√h + ε)
 *   adam       m ← β₁m + (1 - β₁)d
 *              v ← β₂v + (1 - β₂)d²           w ← σw - η·(m / c₁) / (√(v / c₂) + ε)
 *
 *   n         elements
 *   g         the gradient, only read
 *   w         parameters
 *   v, h, m   state
 *   scalars   f64 in both types: learningRate η, momentum μ, decay ρ, epsilon ε, weightDecay λ, shrink σ, which is
 *             1 - ηλ' where decay stands apart from the gradient, corrections c₁ = 1 - β₁ᵗ and c₂ = 1 - β₂ᵗ of step t
 *
 * What is made of scalars alone is made in float64 and rounded once. NaN propagates.
 *
 * # Safety
 * src/ops/update.ts has checked: n >= 0, the operands hold n elements and are disjoint.
 */

// @ts-ignore: decorator
@inline
function splat<T>(scalar: f64): v128 {
  return v128.splat<T>(<T>scalar);
}

/** Where the elements beyond whole vectors stand while the same loop takes them: a vector each of w, g and the state. */
const SIDE = memory.data(64, 16);

function momentumStep<T>(n: i32, g: usize, w: usize, v: usize, learningRate: f64, momentum: f64, weightDecay: f64, nesterov: i32): void {
  assert(n >= 0);
  const rates = splat<T>(learningRate), momenta = splat<T>(momentum), decays = splat<T>(weightDecay);
  for (; n >= lanes<T>(); n -= lanes<T>(), g += 16, w += 16, v += 16) {
    const wi = v128.load(w);
    const d = madd<T>(decays, wi, v128.load(g));
    const vi = madd<T>(momenta, v128.load(v), d);
    v128.store(v, vi);
    v128.store(w, nmadd<T>(rates, nesterov ? madd<T>(momenta, vi, d) : vi, wi));
  }
  if (n <= 0) return;
  const rest = bytes<T>(n);
  memory.copy(SIDE, w, rest);
  memory.copy(SIDE + 16, g, rest);
  memory.copy(SIDE + 32, v, rest);
  momentumStep<T>(lanes<T>(), SIDE + 16, SIDE, SIDE + 32, learningRate, momentum, weightDecay, nesterov);
  memory.copy(w, SIDE, rest);
  memory.copy(v, SIDE + 32, rest);
}

/**
 * The others: v ← βv + γd², w ← σw - η·d / (√(v·c) + ε). Unless m is 0, β'm + (1 - β')d, which is kept there, stands
 * for d in the second.
 */
function adaptiveStep<T>(
  n: i32, g: usize, w: usize, m: usize, v: usize, rate: f64, epsilon: f64, weightDecay: f64,
  beta: f64, gamma: f64, betaM: f64, shrink: f64, correction: f64,
): void {
  assert(n >= 0);
  const rates = splat<T>(rate), epsilons = splat<T>(epsilon), decays = splat<T>(weightDecay);
  const betas = splat<T>(beta), gammas = splat<T>(gamma), betasM = splat<T>(betaM), gammasM = splat<T>(1.0 - betaM);
  const shrinks = splat<T>(shrink), corrections = splat<T>(correction);
  const step: usize = m == 0 ? 0 : 16;
  for (; n >= lanes<T>(); n -= lanes<T>(), g += 16, w += 16, m += step, v += 16) {
    const wi = v128.load(w);
    let d = madd<T>(decays, wi, v128.load(g));
    const vi = madd<T>(betas, v128.load(v), v128.mul<T>(gammas, v128.mul<T>(d, d)));
    v128.store(v, vi);
    if (step != 0) {
      d = madd<T>(betasM, v128.load(m), v128.mul<T>(gammasM, d));
      v128.store(m, d);
    }
    const scale = v128.add<T>(v128.sqrt<T>(v128.mul<T>(vi, corrections)), epsilons);
    v128.store(w, v128.sub<T>(v128.mul<T>(shrinks, wi), v128.div<T>(v128.mul<T>(rates, d), scale)));
  }
  if (n <= 0) return;
  const rest = bytes<T>(n), momentum: usize = step == 0 ? 0 : SIDE + 48;
  memory.copy(SIDE, w, rest);
  memory.copy(SIDE + 16, g, rest);
  memory.copy(SIDE + 32, v, rest);
  if (step != 0) memory.copy(momentum, m, rest);
  adaptiveStep<T>(
    lanes<T>(), SIDE + 16, SIDE, momentum, SIDE + 32, rate, epsilon, weightDecay, beta, gamma, betaM, shrink, correction,
  );
  memory.copy(w, SIDE, rest);
  memory.copy(v, SIDE + 32, rest);
  if (step != 0) memory.copy(m, momentum, rest);
}

export function smomentum(n: i32, g: usize, w: usize, v: usize, learningRate: f64, momentum: f64, weightDecay: f64, nesterov: i32): void { momentumStep<f32>(n, g, w, v, learningRate, momentum, weightDecay, nesterov); }
export function dmomentum(n: i32, g: usize, w: usize, v: usize, learningRate: f64, momentum: f64, weightDecay: f64, nesterov: i32): void { momentumStep<f64>(n, g, w, v, learningRate, momentum, weightDecay, nesterov); }

export function sadagrad(n: i32, g: usize, w: usize, h: usize, learningRate: f64, epsilon: f64, weightDecay: f64): void { adaptiveStep<f32>(n, g, w, 0, h, learningRate, epsilon, weightDecay, 1, 1, 0, 1, 1); }
export function dadagrad(n: i32, g: usize, w: usize, h: usize, learningRate: f64, epsilon: f64, weightDecay: f64): void { adaptiveStep<f64>(n, g, w, 0, h, learningRate, epsilon, weightDecay, 1, 1, 0, 1, 1); }

export function srmsprop(n: i32, g: usize, w: usize, h: usize, learningRate: f64, decay: f64, epsilon: f64, weightDecay: f64): void { adaptiveStep<f32>(n, g, w, 0, h, learningRate, epsilon, weightDecay, decay, 1.0 - decay, 0, 1, 1); }
export function drmsprop(n: i32, g: usize, w: usize, h: usize, learningRate: f64, decay: f64, epsilon: f64, weightDecay: f64): void { adaptiveStep<f64>(n, g, w, 0, h, learningRate, epsilon, weightDecay, decay, 1.0 - decay, 0, 1, 1); }

export function sadam(n: i32, g: usize, w: usize, m: usize, v: usize, learningRate: f64, beta1: f64, beta2: f64, epsilon: f64, weightDecay: f64, shrink: f64, correction1: f64, correction2: f64): void { adaptiveStep<f32>(n, g, w, m, v, learningRate / correction1, epsilon, weightDecay, beta2, 1.0 - beta2, beta1, shrink, 1.0 / correction2); }
export function dadam(n: i32, g: usize, w: usize, m: usize, v: usize, learningRate: f64, beta1: f64, beta2: f64, epsilon: f64, weightDecay: f64, shrink: f64, correction1: f64, correction2: f64): void { adaptiveStep<f64>(n, g, w, m, v, learningRate / correction1, epsilon, weightDecay, beta2, 1.0 - beta2, beta1, shrink, 1.0 / correction2); }
