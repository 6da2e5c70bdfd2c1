/** How many answers of a minibatch are right, by the logits that its step has computed. */
import { isLabels } from "../../nn/inputs.ts";
import { partsOf } from "../../nn/losses.ts";
import type { Network } from "../../nn/network.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { type BlockTargets, isBinary } from "./class_labels.ts";

/**
 * Adds answers that are right to `counts[2]`, and all answers to `counts[3]`, as `evaluate` counts them: a row's largest logit is
 * that of its label, or of its largest target; of yes and no, each answer by itself. Rows with an ignored label are none. It
 * allocates nothing.
 */
export function countRight<D extends FloatType>(
  counts: Float64Array,
  net: Network<D>,
  z: Tensor,
  t: BlockTargets<D>,
): void {
  const logits = z.data;
  const targets = t.data;
  const width = isBinary(net) ? 1 : net.outputSize;
  const { ignored } = partsOf(net.lossFunction);
  for (let at = 0; at < logits.length; at += width) {
    const label = isLabels(t) ? targets[at / width] : largest(targets, at, width, 0.5);
    if (label === ignored) continue;
    if (largest(logits, at, width, 0) === label) (counts[2] as number) += 1;
    (counts[3] as number) += 1;
  }
}

/** The column of the largest of a row, the first of equals; of one column 1 where it is above the limit, else 0. */
function largest(x: ArrayLike<number>, at: number, width: number, limit: number): number {
  let best = 0;
  if (width === 1) return (x[at] as number) > limit ? 1 : 0;
  for (let i = 1; i < width; i++) if ((x[at + i] as number) > (x[at + best] as number)) best = i;
  return best;
}
