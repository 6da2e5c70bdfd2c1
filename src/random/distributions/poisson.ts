/**
 * Draws from the Poisson distribution, in the order of NumPy's legacy generator.
 *
 * λ < 10: uniform draws are multiplied until their product is at most e^−λ (Knuth, TAOCP 2, 3.4.1).
 * λ ≥ 10: transformed rejection with squeeze, PTRS: Hörmann, "The transformed rejection method for generating Poisson random
 * variables", Insurance: Mathematics and Economics 12 (1993).
 *
 *   k = ⌊(2a/s + b)·u + λ + 0.43⌋,  s = ½ − |u|,  u uniform in [−½, ½), v in [0, 1)
 *   accept k where  ln(v·(1/α)/(a/s² + b)) ≤ k·ln λ − λ − ln k!
 */
import { exp } from "../../numeric/exp.ts";
import { log } from "../../numeric/log.ts";
import { logGamma } from "./log_gamma.ts";
import { logOf, type Source } from "./source.ts";

/** What one draw needs to know of a distribution: `poissonOf` computes it once for many draws. */
export type Sampler = (random: Source) => number;

/** Poisson draws, for 0 ≤ λ < 2⁶³. */
export function poissonOf(lam: number): Sampler {
  if (lam >= 10) return byRejection(lam);
  return lam === 0 ? () => 0 : byProducts(exp(-lam));
}

function byProducts(least: number): Sampler {
  return (random) => {
    let count = 0;
    for (let product = random.rand(); product > least; product *= random.rand()) count += 1;
    return count;
  };
}

function byRejection(lam: number): Sampler {
  const logLam = log(lam);
  const b = 0.931 + 2.53 * Math.sqrt(lam);
  const a = -0.059 + 0.02483 * b;
  const logInverseAlpha = log(1.1239 + 1.1328 / (b - 3.4));
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  return (random) => {
    for (;;) {
      const u = random.rand() - 0.5;
      const v = random.rand();
      const s = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / s + b) * u + lam + 0.43);
      if (s >= 0.07 && v <= squeeze) return k;
      if (k < 0 || (s < 0.013 && v > s)) continue;
      const accepted = logOf(v) + logInverseAlpha - log(a / (s * s) + b) <= -lam + k * logLam - logGamma(k + 1);
      if (accepted) return k;
    }
  };
}
