/**
 * The slope of a function of one variable, from its values alone:
 *
 *   central   ( f(x + h) - f(x - h) ) / 2h     error O(h²): a parabola's slope is exact but for rounding
 *   forward   ( f(x + h) - f(x) ) / h          error O(h), the definition of the derivative before its limit
 *
 * Rounding adds about eps·|f| / h, so neither a large nor a tiny h is good: about eps^⅓ is, 6e-6 in float64, for central
 * differences, and eps^½, 1.5e-8, for forward ones. Where h is lost in x + h, the slope is computed as 0.
 */

import { checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkStep } from "../numeric/central_differences.ts";
import { checkOptions } from "../options.ts";
import { checkValue } from "./point.ts";

/** Options of `numericalDiff`. */
export type DiffOptions = {
  /** The step by which x is moved. Default 1e-4, as in Saito, *Deep Learning from Scratch*, ch. 4. */
  readonly h?: number;
  /** Default central. */
  readonly method?: "central" | "forward";
};

/** The line slope·x + intercept. */
export type Line = {
  /** dy/dx, everywhere. */
  readonly slope: number;
  /** y at x = 0. */
  readonly intercept: number;
};

/** The chapter's step: good for central differences of ordinary functions in float64, far too large for exact work. */
export const CHAPTER_STEP = 1e-4;

/**
 * The slope of f at x.
 *
 * @param f pure; NaN and infinities that it returns propagate into the slope
 * @throws {OptionError} x or what f returns is not a number, h is 0 or not a finite number, an unknown method
 * @example
 * numericalDiff((x) => 0.01 * x ** 2 + 0.1 * x, 5); // → 0.1999999999990898
 */
export function numericalDiff(f: (x: number) => number, x: number, options: DiffOptions = {}): number {
  checkOptions<DiffOptions>("numericalDiff", options, { h: 1, method: 1 });
  const { h = CHAPTER_STEP, method = "central" } = options;
  checkType("numericalDiff: f", "function", f);
  if (typeof x !== "number") throw new OptionError("numericalDiff: x", "a number", x);
  checkStep(h);
  const value = (at: number) => checkValue("numericalDiff", f(at));
  switch (method) {
    case "central":
      return (value(x + h) - value(x - h)) / (2 * h);
    case "forward":
      return (value(x + h) - value(x)) / h;
    default:
      throw new OptionError("numericalDiff: method", "central or forward", method);
  }
}

/**
 * The tangent of f at x: the line through (x, f(x)) with the slope that `numericalDiff` finds.
 *
 * @throws {OptionError} as `numericalDiff`
 * @example
 * const { slope, intercept } = tangentLine((x) => x ** 2, 3); // y = 6x - 9, nearly
 */
export function tangentLine(f: (x: number) => number, x: number, options: DiffOptions = {}): Line {
  const slope = numericalDiff(f, x, options);
  return { slope, intercept: f(x) - slope * x };
}
