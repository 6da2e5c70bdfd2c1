/** The two factors of a step of gradient descent: the reference for assembly/descent.ts. */
import type { Pages } from "./pages.ts";

/** What the gradient is multiplied by: -η·α, or α. */
export function stepOf({ f64 }: Pages, alpha: number, hyperparameters: number): number {
  return hyperparameters === 0 ? alpha : -f64[hyperparameters >>> 3]! * alpha;
}

/** What the parameter is multiplied by: 1 - ηλ, or β. */
export function keptOf({ f64 }: Pages, beta: number, hyperparameters: number): number {
  const at = hyperparameters >>> 3;
  return hyperparameters === 0 ? beta : 1 - f64[at]! * f64[at + 1]!;
}
