/**
 * Whether gradients are right: those of the rules against central differences of the function itself, in float64.
 *
 *   (f(x + h·e_i) - f(x - h·e_i)) / 2h      within atol + rtol · |difference| of ∂f/∂x_i
 *
 * Steps and tolerances are those of PyTorch's gradcheck. Where the slopes to the left and to the right differ, as relu's
 * do at 0, there is no gradient to compare with: such an element is counted as a kink when the rule's value is between
 * both slopes.
 */

import { checkInstance, checkList, checkType } from "../arguments.ts";
import { DTypeError, OptionError } from "../errors.ts";
import { mul } from "../ops/binary.ts";
import { sum } from "../ops/sum.ts";
import { checkOptions } from "../options.ts";
import { Expression, expressionOf } from "../tensor/expression.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import type { Engine } from "../wasm/engine.ts";
import { compile, type Program } from "./program.ts";
import { gradientsOf } from "./reverse.ts";

/** An element is right where |analytic - numeric| <= atol + rtol · |numeric|. */
export type GradCheckOptions = {
  /** How far an element moves. Default 1e-6. */
  readonly eps?: number;
  /** Default 1e-5. */
  readonly atol?: number;
  /** Default 1e-3. */
  readonly rtol?: number;
};

/** What was found for one input. */
export type InputCheck = {
  /** The tensor's name, else `inputs[0]` and so on. */
  readonly name: string;
  /** How many elements it has. */
  readonly elements: number;
  /** Those out of their tolerance. */
  readonly failures: number;
  /** Those at a kink of f, where there is no gradient and the rule's is one of either side or between. */
  readonly kinks: number;
  /** The element that is furthest out of its tolerance, or nearest to leaving it: flat index and both values. */
  readonly worst: {
    readonly index: number;
    readonly analytic: number;
    readonly numeric: number;
    readonly relativeError: number;
  };
};

/** What `gradCheck` found. */
export type GradCheckReport = {
  /** Whether no input has failures. */
  readonly passed: boolean;
  /** One for each input, in their order. */
  readonly inputs: readonly InputCheck[];
};

/**
 * Compares the gradient rules of f with central differences at these inputs.
 *
 * @param f from expressions to an expression; where that is not a scalar, its elements are added up with different weights,
 *   so that each matters
 * @param inputs float64 tensors, whose elements are moved and put back
 * @throws {DTypeError} an input that is not float64
 * @throws {OptionError} no inputs
 * @example
 * using x = tensor(engine, [[1, 2]], { dtype: "float64" });
 * gradCheck((x) => sum(square(x)), [x]).passed; // → true
 */
export function gradCheck(
  f: (...x: Expression<"float64">[]) => Expression<"float64">,
  inputs: readonly Tensor<"float64">[],
  options: GradCheckOptions = {},
): GradCheckReport {
  checkOptions<GradCheckOptions>("gradCheck", options, { eps: 1, atol: 1, rtol: 1 });
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options;
  for (const [name, value] of Object.entries({ eps, atol, rtol })) checkType(`gradCheck: ${name}`, "number", value);
  checkType("gradCheck: f", "function", f);
  checkList("gradCheck: inputs", inputs, "an array of tensors");
  const [first] = inputs;
  if (first === undefined) throw new OptionError("gradCheck: inputs", "expected at least one tensor");
  for (const [i, input] of inputs.entries()) {
    checkInstance(`gradCheck: inputs[${i}]`, "a Tensor", Tensor, input);
    const { dtype } = input;
    if (dtype !== "float64") throw new DTypeError("gradCheck", `inputs[${i}]`, "float64", dtype);
  }
  const leaves = inputs.map((input) => expressionOf(input));
  const result = f(...leaves);
  checkInstance("gradCheck: f(x)", "an expression", Expression, result);
  using weights = weightsFor(first.engine, result.size, result.shape);
  const loss = result.shape.length === 0 ? result : sum(mul(result, weights));
  const gradients = gradientsOf(loss, leaves);
  using backward = compile(Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i}`, gradient])));
  using forward = compile({ loss });
  backward.run();
  const tolerances = { eps, atol, rtol };
  const checks = inputs.map((input, i) => {
    const analytic = Float64Array.from((backward.outputs[`gradient ${i}`] as Tensor).data);
    return checkInput(input, input.name ?? `inputs[${i}]`, analytic, forward, tolerances);
  });
  return { passed: checks.every(({ failures }) => failures === 0), inputs: checks };
}

/** Different for every element, none near 0. */
function weightsFor(engine: Engine, count: number, shape: readonly number[]): Tensor<"float64"> {
  const values = Float64Array.from({ length: count }, (_, i) => 0.5 + ((i * 0.6180339887498949) % 1));
  return tensor(engine, values, { shape });
}

function checkInput(
  input: Tensor<"float64">,
  name: string,
  analytic: Float64Array,
  forward: Program<"loss">,
  { eps, atol, rtol }: Required<GradCheckOptions>,
): InputCheck {
  const valueAt = (i: number, x: number): number => {
    input.data[i] = x;
    forward.run();
    return forward.outputs.loss.data[0] ?? Number.NaN;
  };
  let [failures, kinks, furthest] = [0, 0, -1];
  let worst: InputCheck["worst"] = { index: 0, analytic: Number.NaN, numeric: Number.NaN, relativeError: 0 };
  for (const [i, rule] of analytic.entries()) {
    const x = input.data[i] ?? Number.NaN;
    const [above, below] = [x + eps, x - eps];
    const [fAbove, fBelow, f] = [valueAt(i, above), valueAt(i, below), valueAt(i, x)];
    const numeric = (fAbove - fBelow) / (above - below);
    const tolerance = atol + rtol * Math.abs(numeric);
    const error = Math.abs(rule - numeric);
    const excess = error / tolerance; // NaN is a failure, too
    if (!(excess <= 1)) {
      const slopes = [(fAbove - f) / (above - x), (f - fBelow) / (x - below)];
      const [low, high] = [Math.min(...slopes), Math.max(...slopes)];
      if (high - low > tolerance && rule >= low - tolerance && rule <= high + tolerance) {
        kinks += 1;
        continue;
      }
      failures += 1;
    }
    if (!(excess <= furthest)) {
      furthest = excess;
      worst = {
        index: i,
        analytic: rule,
        numeric,
        relativeError: error / Math.max(Math.abs(rule), Math.abs(numeric), Number.MIN_VALUE),
      };
    }
  }
  return { name, elements: analytic.length, failures, kinks, worst };
}
