/**
 * Gradient descent on a function of several variables:
 *
 *   x ← x - learningRate · ∂f/∂x       the gradient by central differences
 *
 * Defaults as in Saito, *Deep Learning from Scratch*, ch. 4.
 */

import { checkType } from "../arguments.ts";
import { DivergedError, OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type GradientOptions, numericalGradient } from "./numerical_gradient.ts";
import { type Coordinates, copyVector, isVector, type Vector } from "./point.ts";

/** Options of `gradientDescent`. */
export type DescentOptions = GradientOptions & {
  /** Factor of the gradient in each step. Default 0.01. */
  readonly learningRate?: number;
  /** Number of steps, 0 or more. Default 100. */
  readonly steps?: number;
};

/** Result of `gradientDescent`. */
export type Descent = {
  /** The final point. */
  readonly x: Float64Array;
  /** The points visited: the start, then one for each step; steps + 1 in all. The last is x. */
  readonly trajectory: readonly Float64Array[];
};

/**
 * Minimizes f by gradient descent from `start`, which is not modified.
 *
 * The book's function modifies its argument in place, so that a second call with the same start begins where
 * the first one ended. A learning rate that is too large need not overflow: at x = 1e13 the step h = 1e-4 is lost in x + h, the
 * gradient is computed as 0, and x stays where it is, far from the minimum.
 *
 * @param start a vector, plain or typed
 * @throws {DivergedError} a coordinate left the finite numbers: in which step, and which
 * @throws {OptionError} options that are not numbers, h is 0, something other than numbers in the start or from f
 * @example
 * gradientDescent(([x0, x1]) => x0 ** 2 + x1 ** 2, [-3, 4], { learningRate: 0.1, steps: 100 }).x; // near 0, 0
 */
export function gradientDescent<const X extends Vector>(
  f: (x: NoInfer<Coordinates<X>>) => number,
  start: X,
  options: DescentOptions = {},
): Descent {
  checkOptions<DescentOptions>("gradientDescent", options, { learningRate: 1, steps: 1, h: 1 });
  const { learningRate = 0.01, steps = 100, ...rest } = options;
  checkType("gradientDescent: f", "function", f);
  if (!isVector(start)) throw new OptionError("gradientDescent: start", "an array of numbers", start);
  if (!Number.isFinite(learningRate)) throw new OptionError("learningRate", "a finite number", learningRate);
  if (!Number.isInteger(steps) || steps < 0) throw new OptionError("steps", "an integer from 0 on", steps);
  const value = f as unknown as (x: readonly number[]) => number; // which sees an array of the start's kind
  const x = copyVector("gradientDescent: start", start) as number[];
  const trajectory = [Float64Array.from(x)];
  for (let step = 0; step < steps; step++) {
    const gradient = numericalGradient(value, x as readonly number[], rest);
    for (let i = 0; i < x.length; i++) {
      const moved = (x[i] as number) - learningRate * (gradient[i] as number);
      if (!Number.isFinite(moved)) throw new DivergedError(step, moved, `x[${i}]`);
      x[i] = moved;
    }
    trajectory.push(Float64Array.from(x));
  }
  return { x: Float64Array.from(x), trajectory };
}
