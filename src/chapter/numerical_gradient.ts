/**
 * The gradient of a function of several variables, from its values alone:
 *
 *   ∂f/∂x_i ≈ ( f(x + h·e_i) - f(x - h·e_i) ) / 2h
 *
 * Divided by 2h, which reproduces the digits of Saito, *Deep Learning from Scratch*, ch. 4; `centralDifferences` divides by
 * the actual step.
 */

import { checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkStep } from "../numeric/central_differences.ts";
import { checkOptions } from "../options.ts";
import { CHAPTER_STEP } from "./numerical_diff.ts";
import { type Coordinates, checkValue, copyPoint, type Point, type Vector } from "./point.ts";

/** A gradient has the nest of its point, with rows of float64. */
export type Gradient<X> = X extends Vector ? Float64Array : X extends readonly (infer Y)[] ? Gradient<Y>[] : never;

/** The step of the central differences. */
export type GradientOptions = {
  /** The step by which each coordinate is moved. Default 1e-4, as in the chapter. */
  readonly h?: number;
};

/**
 * The gradient of f at x: at a vector, at a matrix of which f takes the whole, or with `points: "rows"` at each row of
 * a batch, of which f takes one row.
 *
 * The book's function walks `range(x.size)` and moves `x[idx]`, which for a matrix is a row, not an element: it is wrong for
 * matrices, for which the book has another version, in its common folder. It also modifies its argument in place; here f
 * gets a copy.
 *
 * @param f pure; NaN and infinities that it returns propagate into the gradient
 * @param x plain arrays, nested or not, or typed arrays; never changed
 * @returns ∂f/∂x in x's shape, rows as Float64Arrays
 * @throws {OptionError} h is 0 or not a finite number; x holds, or f returns, something other than numbers
 * @example
 * numericalGradient(([x0, x1]) => x0 ** 2 + x1 ** 2, [3, 4]); // → Float64Array [6.00000000000378, 7.999999999999119]
 */
export function numericalGradient<const X extends Point>(
  f: (x: NoInfer<Coordinates<X>>) => number,
  x: X,
  options?: GradientOptions & { readonly points?: "one" },
): Gradient<X>;
export function numericalGradient<const Y extends Vector>(
  f: (row: NoInfer<Coordinates<Y>>) => number,
  x: readonly Y[],
  options: GradientOptions & { readonly points: "rows" },
): Float64Array[];
export function numericalGradient(f: (x: never) => number, x: Point, options: AnyGradientOptions = {}): unknown {
  checkType("numericalGradient: f", "function", f);
  checkOptions<AnyGradientOptions>("numericalGradient", options, { h: 1, points: 1 });
  const { h = CHAPTER_STEP, points = "one" } = options;
  checkStep(h);
  const value = f as (x: unknown) => number;
  if (points === "one") return gradientAt(value, x, h, "numericalGradient: x");
  if (points !== "rows") throw new OptionError("numericalGradient: points", "one or rows", points);
  if (!Array.isArray(x)) throw new OptionError("numericalGradient: x", "an array of rows", x);
  return x.map((row: Point, i) => gradientAt(value, row, h, `numericalGradient: x[${i}]`));
}

type AnyGradientOptions = GradientOptions & { readonly points?: "one" | "rows" };

function gradientAt(f: (x: unknown) => number, x: Point, h: number, name: string): unknown {
  const { moved, gradient, rows } = copyPoint(name, x);
  const valueAt = (row: (typeof rows)[number], i: number, coordinate: number) => {
    for (const { moved, value } of rows) copyInto(moved, value); // also undoes what an impure f has done
    row.moved[i] = coordinate;
    return checkValue("numericalGradient", f(moved));
  };
  for (const row of rows) {
    for (let i = 0; i < row.value.length; i++) {
      const x = row.value[i] as number;
      row.gradient[i] = (valueAt(row, i, x + h) - valueAt(row, i, x - h)) / (2 * h);
    }
  }
  return gradient;
}

function copyInto(to: { [index: number]: number }, from: Vector): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i] as number;
}
