/**
 * Sine and cosine by their series, because those of the hosts differ in the last bit.
 *
 *   sin x = x·(1 - x²/(2·3)·(1 - x²/(4·5)·(1 - …)))        cos x = 1 - x²/(1·2)·(1 - x²/(3·4)·(1 - …))
 */

/** The first term that is left out, π²⁴/24! for the cosine of a straight angle, is below 2e-12. */
const TERMS = 12;

/**
 * @param x radians, -π to π
 * @returns to an absolute error below 1e-11
 */
export function sine(x: number): number {
  let sum = 1;
  for (let term = TERMS - 1; term >= 1; term--) sum = 1 - ((x * x) / (2 * term * (2 * term + 1))) * sum;
  return x * sum;
}

/**
 * @param x radians, -π to π
 * @returns to an absolute error below 1e-11
 */
export function cosine(x: number): number {
  let sum = 1;
  for (let term = TERMS - 1; term >= 1; term--) sum = 1 - ((x * x) / ((2 * term - 1) * 2 * term)) * sum;
  return sum;
}
