/**
 * The two factors of a step of gradient descent, w ← (1 - ηλ)·w - η·α·g, from an optimizer's hyperparameters: η and λ, f64
 * each. They are made in float64, and rounded where they are used. Where there are none (0), a kernel takes α and β as they
 * are.
 */

/** What g is multiplied by: -η·α, or α. */
// @ts-ignore: decorator
@inline
export function stepOf(alpha: f64, hyperparameters: usize): f64 {
  return hyperparameters == 0 ? alpha : -load<f64>(hyperparameters) * alpha;
}

/** What w is multiplied by: 1 - ηλ, or β. */
// @ts-ignore: decorator
@inline
export function keptOf(beta: f64, hyperparameters: usize): f64 {
  return hyperparameters == 0 ? beta : 1.0 - load<f64>(hyperparameters) * load<f64>(hyperparameters, 8);
}
