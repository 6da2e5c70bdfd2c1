/** The book's last layer: the cross entropy of a softmax with δ inside its logarithm, and a gradient without it, (y - t) / m. */

import { expandDims } from "../ops/axes.ts";
import { add, mul } from "../ops/binary.ts";
import { softmaxCrossEntropy } from "../ops/cross_entropy.ts";
import { log } from "../ops/elementwise.ts";
import { takeAlongAxis } from "../ops/indexing.ts";
import { withRule } from "../ops/operation.ts";
import { softmaxRows } from "../ops/softmax_rows.ts";
import { sum } from "../ops/sum.ts";
import type { Expression } from "../tensor/expression.ts";
import type { FloatType } from "../wasm/dtype.ts";

const DELTA = 1e-7;

/**
 * -Σ ln(y + δ) / m of the labels' probabilities y = softmax(z), δ = 1e-7; or -Σ t · ln(y + δ) / m.
 *
 * @param z m × n logits
 * @param t m labels, or m × n targets
 */
export function softmaxWithLoss<D extends FloatType>(z: Expression<D>, t: Expression): Expression<D> {
  const y = softmaxRows(z);
  const surprise = (p: Expression<D>) => mul(-1 / (z.shape[0] ?? 1), log(add(p, DELTA)));
  const isLabels = t.dtype === "int32";
  const terms = isLabels
    ? surprise(takeAlongAxis(y, expandDims(t as Expression<"int32">, { axis: 1 }), { axis: 1 }))
    : mul(t as Expression<D>, surprise(y));
  const exact = softmaxCrossEntropy(z, t as Expression<D>);
  return withRule("softmaxWithLoss", sum(terms), [exact], (_, dy) => dy) as Expression<D>;
}
