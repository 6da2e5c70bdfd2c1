/**
 * How weights start: random, with a spread that keeps activations alive through the layers. Biases start at 0.
 *
 *   He (arXiv 1502.01852), before relu           variance 2 / fanIn
 *   Xavier, Glorot and Bengio (AISTATS 2010)     variance 2 / (fanIn + fanOut)
 *
 * A uniform distribution of variance v reaches from -√(3v) to √(3v).
 */

import { OptionError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { RandomState } from "../../random/random_state.ts";
import { countOf, type Shape } from "../../tensor/layout.ts";

/** A rule by name, or a normal distribution of a given standard deviation. */
export type Initializer =
  | "he"
  | "heUniform"
  | "xavier"
  | "xavierUniform"
  | "zeros"
  | {
      /** The standard deviation. */
      readonly std: number;
    };

const NAMES = ["he", "heUniform", "xavier", "xavierUniform", "zeros"];

/** @throws {OptionError} none of the names, nor a finite standard deviation */
export function checkInitializer(option: string, initializer: Initializer): void {
  const isKnown = typeof initializer === "string" ? NAMES.includes(initializer) : hasStd(option, initializer);
  if (!isKnown) throw new OptionError(option, `${NAMES.join(", ")} or { std }`, initializer);
}

function hasStd(option: string, initializer: Exclude<Initializer, string>): boolean {
  if (typeof initializer !== "object" || initializer === null) return false;
  if (!Number.isFinite(initializer.std)) return false;
  checkOptions<Exclude<Initializer, string>>(option, initializer, { std: 1 });
  return true;
}

/** Weights of a shape, fanIn × fanOut if nothing else is given, drawn row by row. */
export function drawWeights(
  initializer: Initializer,
  shape: Shape,
  random: RandomState,
  [fanIn, fanOut]: readonly [number, number] = shape as readonly [fanIn: number, fanOut: number],
): Float64Array {
  if (initializer === "zeros") return new Float64Array(countOf(shape));
  if (typeof initializer !== "string") return scaledNormal(initializer.std, shape, random);
  const variance = initializer.startsWith("he") ? 2 / fanIn : 2 / (fanIn + fanOut);
  if (!initializer.endsWith("Uniform")) return scaledNormal(Math.sqrt(variance), shape, random);
  const limit = Math.sqrt(3 * variance);
  return random.rand(countOf(shape)).map((value) => limit * (2 * value - 1));
}

function scaledNormal(std: number, shape: Shape, random: RandomState): Float64Array {
  return random.randn(countOf(shape)).map((value) => std * value);
}
