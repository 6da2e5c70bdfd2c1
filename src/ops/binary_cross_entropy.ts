/**
 * Cross entropy of yes-or-no answers, from their logits.
 */
import { scoped } from "../disposable.ts";
import { type Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add, keep, mul, sub } from "./binary.ts";
import { checkAlike, checkFloat, checkShapeIs } from "./check.ts";
import { sigmoid, softplus } from "./elementwise.ts";
import { isExpression, withRule } from "./operation.ts";
import { mean } from "./reduce.ts";

type Floats = Expression<FloatType>;

/**
 * The mean over all elements of -t · ln σ(z) - (1 - t) · ln(1 - σ(z)), as t · softplus(-z) + (1 - t) · softplus(z):
 * nothing overflows at any finite logit. At ±∞ the loss is 0 where that is the answer, else ∞, and the gradient σ(z) - t.
 *
 * @param z logits, of any shape
 * @param t probabilities of yes, 0..1, of the same shape
 * @returns the loss, in nats; an expression without axes where z or t is an expression
 * @throws {ShapeError} shapes differ
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using z = tensor(engine, [0, 0]);
 * using t = tensor(engine, [0, 1]);
 * binaryCrossEntropyWithLogits(z, t); // ln 2: undecided about both
 */
export function binaryCrossEntropyWithLogits<D extends FloatType>(z: Tensor<D>, t: Tensor<D>): number;
export function binaryCrossEntropyWithLogits<D extends FloatType>(z: Value<D>, t: Value<D>): Expression<D>;
export function binaryCrossEntropyWithLogits<D extends FloatType>(z: Value<D>, t: Value<D>): number | Expression<D> {
  checkFloat("binaryCrossEntropyWithLogits", "z", z);
  checkAlike("binaryCrossEntropyWithLogits", "t", t, z);
  checkShapeIs("binaryCrossEntropyWithLogits", "t", t, z.shape);
  // Beside an expression everything is nodes: a tensor made here would be gone when the program runs.
  const [logits, targets] = isExpression(z) || isExpression(t) ? [expressionOf(z), expressionOf(t)] : [z, t];
  return scoped((own) => {
    const opposite = own(mul(logits, -1));
    const rest = own(sub(1, targets));
    const yes = own(weighted(targets, own(softplus(opposite))));
    const no = own(weighted(rest, own(softplus(logits))));
    const total = own(add(yes, no));
    const each = withRule("binaryCrossEntropyWithLogits", total, [logits, targets], (which, dy) => {
      if (which === 1) return mul(dy, opposite as Floats);
      const dYes = mul(mul(dy, targets), sigmoid(opposite as Floats));
      return add(mul(mul(dy, rest as Floats), sigmoid(logits as Floats)), mul(dYes, -1));
    });
    const loss = mean(each) as Value<D>;
    return loss instanceof Tensor ? (own(loss).data[0] ?? Number.NaN) : loss;
  });
}

/** weight · loss, 0 where the weight is 0, be the loss ∞. */
function weighted(weight: Value<FloatType>, loss: Value<FloatType>): Value<FloatType> {
  return scoped((own) => mul(weight, own(keep(weight, loss))));
}
