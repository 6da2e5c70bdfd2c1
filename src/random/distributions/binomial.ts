/**
 * Draws from the binomial and the multinomial distribution, in the order of NumPy's legacy generator. With q = 1 − p, p ≤ ½:
 *
 * np ≤ 30: inversion. Probabilities P(0) = qⁿ, P(x) = P(x − 1)·(n − x + 1)·p / (x·q) are taken from a uniform draw until it is used up.
 * np > 30: BTPE: Kachitvichyanukul and Schmeiser, "Binomial random variate generation", Communications of the ACM 31 (1988), whose names
 * and steps these are. Rejection from a triangle around the mode, two parallelograms beside it and two exponential tails.
 *
 *   area:  triangle  p1  parallelograms  p2  left tail  p3  right tail  p4
 */
import { exp } from "../../numeric/exp.ts";
import { log } from "../../numeric/log.ts";
import type { Sampler } from "./poisson.ts";
import { logOf, type Source } from "./source.ts";

/** Binomial draws of n trials, n ≤ 2⁵³, each with probability p. */
export function binomialOf(n: number, p: number): Sampler {
  if (p <= 0.5) return smallBinomialOf(n, p);
  const failures = smallBinomialOf(n, 1 - p);
  return (random) => n - failures(random);
}

/** Multinomial draws: of n trials, `counts[i]` get result i, with probability p[i]; the last one's follows from the others. */
export function multinomial(random: Source, n: number, p: ArrayLike<number>, counts: Float64Array): void {
  let trials = n;
  let rest = 1;
  for (let i = 0; i < counts.length - 1; i++) {
    const share = p[i]! / rest;
    // Nothing is drawn for a result that is impossible.
    const count = share === 0 ? 0 : binomialOf(trials, share)(random);
    counts[i] = count;
    trials -= count;
    if (trials <= 0) return;
    rest -= p[i]!;
  }
  counts[counts.length - 1] = trials;
}

/** p ≤ ½ */
function smallBinomialOf(n: number, p: number): Sampler {
  return p * n <= 30 ? byInversion(n, p) : byRejection(n, p);
}

function byInversion(n: number, p: number): Sampler {
  const q = 1 - p;
  const none = exp(n * log(q));
  const mean = n * p;
  const bound = Math.floor(Math.min(n, mean + 10 * Math.sqrt(mean * q + 1)));
  return (random) => {
    let x = 0;
    let px = none;
    let u = random.rand();
    while (u > px) {
      x += 1;
      if (x > bound) {
        x = 0;
        px = none;
        u = random.rand();
      } else {
        u -= px;
        px = ((n - x + 1) * p * px) / (x * q);
      }
    }
    return x;
  };
}

function byRejection(n: number, r: number): Sampler {
  const q = 1 - r;
  const fm = n * r + r;
  const m = Math.floor(fm);
  const nrq = n * r * q;
  const p1 = Math.floor(2.195 * Math.sqrt(nrq) - 4.6 * q) + 0.5;
  const xm = m + 0.5;
  const xl = xm - p1;
  const xr = xm + p1;
  const c = 0.134 + 20.5 / (15.3 + m);
  const left = (fm - xl) / (fm - xl * r);
  const lambdaL = left * (1 + left / 2);
  const right = (xr - fm) / (xr * q);
  const lambdaR = right * (1 + right / 2);
  const p2 = p1 * (1 + 2 * c);
  const p3 = p2 + c / lambdaL;
  const p4 = p3 + c / lambdaR;

  return (random) => {
    for (;;) {
      const u = random.rand() * p4;
      let v = random.rand();
      if (u <= p1) return Math.floor(xm - p1 * v + u);
      let y: number;
      if (u <= p2) {
        const x = xl + (u - p1) / c;
        v = v * c + 1 - Math.abs(m - x + 0.5) / p1;
        if (v > 1) continue;
        y = Math.floor(x);
      } else if (u <= p3) {
        y = Math.floor(xl + logOf(v) / lambdaL);
        if (y < 0) continue;
        v = v * (u - p2) * lambdaL;
      } else {
        y = Math.floor(xr - logOf(v) / lambdaR);
        if (y > n) continue;
        v = v * (u - p3) * lambdaR;
      }
      if (isAccepted(y, v)) return y;
    }
  };

  /** Whether v ≤ f(y)/f(m), the ratio of the probabilities of y and of the mode. */
  function isAccepted(y: number, v: number): boolean {
    const k = Math.abs(y - m);
    if (k <= 20 || k >= nrq / 2 - 1) return !(v > ratio(y));

    // Squeeze, then Stirling's formula.
    const rho = (k / nrq) * ((k * (k / 3 + 0.625) + 1 / 6) / nrq + 0.5);
    const t = (-k * k) / (2 * nrq);
    const a = logOf(v);
    if (a < t - rho) return true;
    if (a > t + rho) return false;
    const x1 = y + 1;
    const f1 = m + 1;
    const z = n + 1 - m;
    const w = n - y + 1;
    const bound =
      xm * log(f1 / x1) +
      (n - m + 0.5) * log(z / w) +
      (y - m) * log((w * r) / (x1 * q)) +
      stirling(f1) +
      stirling(z) +
      stirling(x1) +
      stirling(w);
    return !(a > bound);
  }

  /** f(y)/f(m), factor by factor. */
  function ratio(y: number): number {
    const s = r / q;
    const a = s * (n + 1);
    let f = 1;
    for (let i = m + 1; i <= y; i++) f *= a / i - s;
    for (let i = y + 1; i <= m; i++) f /= a / i - s;
    return f;
  }
}

/** The first terms of Stirling's series: ln x! − (x + ½)·ln x + x − ½ ln 2π. */
function stirling(x: number): number {
  const x2 = x * x;
  return (13680 - (462 - (132 - (99 - 140 / x2) / x2) / x2) / x2) / x / 166320;
}
