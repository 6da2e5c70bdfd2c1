/** What the distributions draw from, and the logarithm that they share. */
import { log } from "../../numeric/log.ts";

/** A `RandomState`: uniform draws from [0, 1), and standard normal ones. */
export type Source = {
  rand(): number;
  randn(): number;
};

/** ln x for finite x ≥ 0, −∞ at 0; NaN below. */
export function logOf(x: number): number {
  if (x > 0) return log(x);
  return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
}
