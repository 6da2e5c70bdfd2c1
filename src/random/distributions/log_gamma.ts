/**
 * ln Γ(x) for x > 0: Stirling's series from 7 on, and Γ(x + 1) = x·Γ(x) below.
 *
 *   ln Γ(x) = (x − ½)·ln x − x + ½ ln 2π + Σ aₖ·x^(1 − 2k)      aₖ = B₂ₖ / (2k·(2k − 1)), k = 1 … 10
 *
 * Source: Zhang and Jin, Computation of Special Functions (1996), 3.1, whose digits of aₖ NumPy's draws depend on.
 */
import { log } from "../../numeric/log.ts";

/** a₁₀ … a₁ */
const COEFFICIENTS = [
  ...[-1.3924322169059, 1.796443723688307e-1, -2.955065359477124e-2, 6.41025641025641e-3, -1.917526917526918e-3],
  ...[8.417508417508418e-4, -5.952380952380952e-4, 7.936507936507937e-4, -2.777777777777778e-3, 8.333333333333333e-2],
] as const;

const LOG_2_PI = 1.8378770664093453;

export function logGamma(x: number): number {
  if (x === 1 || x === 2) return 0;
  const steps = x <= 7 ? Math.floor(7 - x) : 0;
  const y = x + steps;
  const inverse = 1 / (y * y);
  let series = 0;
  for (const coefficient of COEFFICIENTS) series = series * inverse + coefficient;
  let value = series / y + 0.5 * LOG_2_PI + (y - 0.5) * log(y) - y;
  for (let i = 1; i <= steps; i++) value -= log(y - i);
  return value;
}
