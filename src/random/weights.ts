/** Draws of indices with probabilities of their own, by their running sums. */
import { OptionError } from "../errors.ts";
import { isNumberArray } from "../values.ts";
import type { Source } from "./distributions/source.ts";

/** √(2⁻⁵²): how far from 1 the probabilities of `choice` may sum. */
const CHOICE_TOLERANCE = 2 ** -26;

/** How far above 1 the probabilities of `multinomial` may sum, without the last. */
const MULTINOMIAL_TOLERANCE = 1e-12;

/**
 * The probabilities of `choice`, copied.
 *
 * @throws {OptionError} not an array of n numbers, one of them negative, or their sum is not 1
 */
export function checkedChoiceWeights(p: unknown, n: number): Float64Array {
  const weights = checkedWeights("choice: p", p, Number.MAX_VALUE, "a number that is not negative");
  if (weights.length !== n) throw new OptionError("choice: p", `${n} probabilities`, weights.length);
  const sum = compensatedSum(weights);
  if (Math.abs(sum - 1) > CHOICE_TOLERANCE) throw new OptionError("choice: p", "probabilities that sum to 1", sum);
  return weights;
}

/**
 * The probabilities of `multinomial`, copied.
 *
 * @throws {OptionError} not an array of numbers from 0 to 1, none at all, or their sum without the last is more than 1
 */
export function checkedPvals(pvals: unknown): Float64Array {
  const weights = checkedWeights("multinomial: pvals", pvals, 1, "a number from 0 to 1");
  if (weights.length === 0) throw new OptionError("multinomial: pvals", "at least one probability", pvals);
  const sum = compensatedSum(weights.subarray(0, -1));
  if (sum > 1 + MULTINOMIAL_TOLERANCE) {
    throw new OptionError("multinomial: pvals", "a sum without the last of at most 1", sum);
  }
  return weights;
}

function checkedWeights(option: string, p: unknown, most: number, expected: string): Float64Array {
  if (!Array.isArray(p) && !isNumberArray(p)) throw new OptionError(option, "an array of probabilities", p);
  for (let i = 0; i < p.length; i++) {
    const weight: unknown = p[i];
    if (!(typeof weight === "number" && weight >= 0 && weight <= most)) {
      throw new OptionError(`${option}[${i}]`, expected, weight);
    }
  }
  return Float64Array.from(p);
}

/** One index with probability p[index]. */
export function weightedIndices(random: Source, p: Float64Array, indices: Int32Array): void {
  const sums = runningSums(p);
  for (let i = 0; i < indices.length; i++) indices[i] = firstAbove(sums, random.rand());
}

/**
 * Indices, none twice: as many as are missing are drawn at once, the first of each is kept, and the next ones are drawn
 * from what is left. At least as many probabilities as indices are positive.
 */
export function distinctWeightedIndices(random: Source, p: Float64Array, indices: Int32Array): void {
  const rest = p.slice();
  for (let found = 0; found < indices.length; ) {
    const sums = runningSums(rest);
    const missing = indices.length - found;
    for (let i = 0; i < missing; i++) {
      const index = firstAbove(sums, random.rand());
      if (rest[index] === 0) continue;
      rest[index] = 0;
      indices[found] = index;
      found += 1;
    }
  }
}

/** p₀, p₀ + p₁, …, divided by the last of them. */
function runningSums(p: Float64Array): Float64Array {
  const sums = new Float64Array(p.length);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    sum += p[i]!;
    sums[i] = sum;
  }
  for (let i = 0; i < p.length; i++) sums[i]! /= sum;
  return sums;
}

/** The first index whose sum is above u < 1, by bisection. */
function firstAbove(sums: Float64Array, u: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle]! > u) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Kahan's summation. */
function compensatedSum(numbers: Float64Array): number {
  let sum = 0;
  let lost = 0;
  for (const number of numbers) {
    const term = number - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return sum;
}
