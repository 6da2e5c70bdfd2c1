/**
 * Draws from the exponential, the gamma and the beta distribution, in the order of NumPy's legacy generator.
 *
 * Gamma, shape a ≥ 1: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000).
 *
 *   d = a − 1/3,  c = 1/√(9d),  v = (1 + cx)³,  x normal, u uniform
 *   accept d·v    where u < 1 − 0.0331x⁴  or  ln u < x²/2 + d·(1 − v + ln v)
 *
 * Gamma, a < 1: rejection from u^(1/a) below 1 and an exponential tail above it, the algorithm GS of Ahrens and Dieter, "Computer methods for
 * sampling from gamma, beta, Poisson and binomial distributions", Computing 12 (1974), with the tail of an exponential draw.
 *
 * Beta, a and b ≤ 1: Jöhnk, "Erzeugung von betaverteilten und gammaverteilten Zufallszahlen", Metrika 8 (1964); else G(a) / (G(a) + G(b)).
 */
import { exp, pow } from "../../numeric/exp.ts";
import { log } from "../../numeric/log.ts";
import { logOf, type Source } from "./source.ts";

/** −ln(1 − u). */
export function standardExponential(random: Source): number {
  return -log(1 - random.rand());
}

/** The gamma distribution of scale 1, for a finite shape ≥ 0. */
export function standardGamma(random: Source, shape: number): number {
  if (shape === 1) return standardExponential(random);
  if (shape === 0) return 0;
  return shape < 1 ? smallGamma(random, shape) : largeGamma(random, shape);
}

function smallGamma(random: Source, shape: number): number {
  const power = 1 / shape;
  for (;;) {
    const u = random.rand();
    const v = standardExponential(random);
    if (u <= 1 - shape) {
      const x = pow(u, power);
      if (x <= v) return x;
    } else {
      const y = -log((1 - u) / shape);
      const x = pow(1 - shape + shape * y, power);
      if (x <= v + y) return x;
    }
  }
}

function largeGamma(random: Source, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    let x: number;
    let root: number;
    do {
      x = random.randn();
      root = 1 + c * x;
    } while (root <= 0);
    const v = root * root * root;
    const u = random.rand();
    if (u < 1 - 0.0331 * (x * x) * (x * x)) return d * v;
    if (logOf(u) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
  }
}

/** The beta distribution, for finite a and b > 0. */
export function beta(random: Source, a: number, b: number): number {
  if (a <= 1 && b <= 1) return smallBeta(random, a, b);
  const x = standardGamma(random, a);
  return x / (x + standardGamma(random, b));
}

function smallBeta(random: Source, a: number, b: number): number {
  for (;;) {
    const u = random.rand();
    const v = random.rand();
    const x = pow(u, 1 / a);
    const y = pow(v, 1 / b);
    if (x + y > 1) continue;
    if (x + y > 0) return x / (x + y);
    // Both powers are below the smallest double: their ratio, by logarithms.
    const logX = logOf(u) / a;
    const logY = logOf(v) / b;
    const most = Math.max(logX, logY);
    return exp(logX - most - logOf(exp(logX - most) + exp(logY - most)));
  }
}
