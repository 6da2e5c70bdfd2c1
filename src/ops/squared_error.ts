/**
 * Squared error: half the sum, as in Saito, *Deep Learning from Scratch*, ch. 4, and the mean over all elements, as
 * PyTorch's MSELoss. One kernel serves both: ½ Σ (y - t)², times a factor.
 */
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { mul, sub } from "./binary.ts";
import { checkAlike, checkFloat, checkNoPlace, checkOutput, checkShapeIs } from "./check.ts";
import type { LossOptions } from "./cross_entropy.ts";
import { isExpression, operate } from "./operation.ts";

/** One of both losses: its operation, and what it multiplies ½ Σ (y - t)² of n elements by. */
type SquaredLoss = { readonly operation: Operation; readonly factorOf: (n: number) => number };

const NO_OPTIONS = {};

/**
 * ½ Σ (y - t)² over all elements, added up in float64.
 *
 * @param y outputs, of any shape
 * @param t targets, of the same shape; with `gradient`, y - t is written there (it may be y or t)
 * @returns the loss; an expression without axes where y or t is an expression
 * @throws {ShapeError} shapes differ, or `gradient` overlaps in part
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using y = tensor(engine, [1, 2]);
 * using t = tensor(engine, [1, 4]);
 * squaredError(y, t); // → 2
 */
export function squaredError<D extends FloatType>(y: Tensor<D>, t: Tensor<D>, options?: LossOptions<D>): number;
export function squaredError<D extends FloatType>(y: Value<D>, t: Value<D>): Expression<D>;
export function squaredError<D extends FloatType>(
  y: Value<D>,
  t: Value<D>,
  options?: LossOptions<D>,
): number | Expression<D> {
  return lossBy(SUM, y, t, options);
}

/**
 * The mean of (y - t)² over all elements, rows and columns alike, added up in float64; NaN over nothing. PyTorch's
 * `mse_loss`, and the loss that networks name `"meanSquaredError"`.
 *
 * @param y outputs, of any shape
 * @param t targets, of the same shape; with `gradient`, 2(y - t) / n is written there (it may be y or t)
 * @returns the loss; an expression without axes where y or t is an expression
 * @throws {ShapeError} shapes differ, or `gradient` overlaps in part
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using y = tensor(engine, [1, 2]);
 * using t = tensor(engine, [1, 4]);
 * meanSquaredError(y, t); // → 2
 */
export function meanSquaredError<D extends FloatType>(y: Tensor<D>, t: Tensor<D>, options?: LossOptions<D>): number;
export function meanSquaredError<D extends FloatType>(y: Value<D>, t: Value<D>): Expression<D>;
export function meanSquaredError<D extends FloatType>(
  y: Value<D>,
  t: Value<D>,
  options?: LossOptions<D>,
): number | Expression<D> {
  return lossBy(MEAN, y, t, options);
}

const SUM: SquaredLoss = /* @__PURE__ */ squaredLoss("squaredError", () => 1);
const MEAN: SquaredLoss = /* @__PURE__ */ squaredLoss("meanSquaredError", (n) => 2 / n);

function squaredLoss(name: string, factorOf: SquaredLoss["factorOf"]): SquaredLoss {
  const operation: Operation = {
    name,
    spec([y, t]) {
      checkFloat(name, "y", y as Value);
      checkAlike(name, "t", t as Value, y as Value);
      checkShapeIs(name, "t", t as Value, (y as Value).shape);
      return { dtype: (y as Value).dtype, shape: [] };
    },
    bind({ kernels, specs, at, out }) {
      const n = countOf(specs[0].shape);
      const [y, t] = [at[0].pointer, at[1].pointer];
      return [kernels.storeSquaredError(n, y, t, factorOf(n), out.pointer)];
    },
    gradient(which, { operands }, dloss) {
      const [y, t] = operands;
      const factor = factorOf(countOf(y.shape));
      const dy = mul(sub(y, t), factor === 1 ? dloss : mul(dloss, factor));
      return which === 0 ? dy : mul(dy, -1);
    },
    flops: ({ specs }) => 3 * countOf(specs[0].shape),
  };
  return { operation, factorOf };
}

function lossBy<D extends FloatType>(
  { operation, factorOf }: SquaredLoss,
  y: Value<D>,
  t: Value<D>,
  options: LossOptions<D> = NO_OPTIONS,
): number | Expression<D> {
  checkOptions<LossOptions<D>>(operation.name, options, { gradient: 1 });
  const { gradient } = options;
  if (isExpression(y) || isExpression(t)) {
    checkNoPlace(operation.name, "gradient", gradient);
    return operate(operation, [y, t], {}) as Expression<D>;
  }
  operation.spec([y, t], {});
  const { size, pointer, engine, dtype } = y;
  const kernels = engine.kernels[dtype];
  const factor = factorOf(size);
  if (gradient === undefined) return factor * kernels.squaredError(size, pointer, t.pointer);
  checkOutput(operation.name, "gradient", gradient, y, [y, t], "may be an input");
  return factor * kernels.squaredErrorGradient(size, pointer, t.pointer, gradient.pointer, factor);
}
