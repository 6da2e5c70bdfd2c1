/**
 * Numerical differentiation by central differences:
 *
 *   ∂f/∂x_i ≈ ( f(x + h·e_i) - f(x - h·e_i) ) / 2h        error O(h²), plus rounding of about eps·|f| / h
 */
import { OptionError } from "../errors.ts";

/** Writable numbers: what a parameter's elements are seen through. */
export type Elements = { readonly length: number; [index: number]: number };

/**
 * Fills `gradient` by moving each element of `x` by ±h in turn, in place, and asking for f.
 *
 * Every element is put back before the next one moves, and when f throws too. The step that is divided by
 * is the one that `x` could represent, which matters in float32.
 *
 * @param f the function's value with `x` as it is
 * @param x what f depends on; looked up anew for each element, because memory may grow while f runs
 * @param gradient as many elements as x
 * @throws {OptionError} h is 0 or not a finite number
 */
export function centralDifferences(f: () => number, x: () => Elements, gradient: () => Elements, h: number): void {
  checkStep(h);
  const count = x().length;
  for (let i = 0; i < count; i++) {
    const value = x()[i] ?? Number.NaN;
    try {
      const above = place(x(), i, value + h);
      const fAbove = f();
      const below = place(x(), i, value - h);
      const fBelow = f();
      gradient()[i] = (fAbove - fBelow) / (above - below);
    } finally {
      x()[i] = value;
    }
  }
}

/** @throws {OptionError} h is 0 or not a finite number */
export function checkStep(h: number): void {
  if (!Number.isFinite(h) || h === 0) throw new OptionError("h", "a finite number other than 0", h);
}

/** Writes a value and returns what was stored of it: the nearest number that x can hold. */
function place(x: Elements, i: number, value: number): number {
  x[i] = value;
  return x[i] ?? Number.NaN;
}
