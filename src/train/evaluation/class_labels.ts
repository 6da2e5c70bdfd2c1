/**
 * Which class an example is of: its label, or the largest of its targets, where they are probabilities of classes.
 */
import { scoped } from "../../disposable.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { isLabels } from "../../nn/inputs.ts";
import { likeOf } from "../../nn/losses.ts";
import type { Network } from "../../nn/network.ts";
import { argmaxRows } from "../../ops/argmax_rows.ts";
import { show } from "../../tensor/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { DType, FloatType } from "../../wasm/dtype.ts";

/** What a block of a dataset has for targets: m labels, or m × width numbers. */
export type BlockTargets<D extends FloatType> = Tensor<"int32"> | Tensor<D>;

/** Whether the targets are classes: labels do, and numbers where the network's loss is `softmaxCrossEntropy`. */
export function tellClasses<D extends FloatType>(net: Network<D>, t: { readonly dtype: DType }): boolean {
  return t.dtype === "int32" || likeOf(net.lossFunction) === "softmaxCrossEntropy";
}

/** Whether every output is the logit of an answer of yes or no. */
export function isBinary<D extends FloatType>({ lossFunction }: Network<D>): boolean {
  return likeOf(lossFunction) === "binaryCrossEntropyWithLogits";
}

/**
 * Hands over the classes of a block: its labels, or the column of each row's largest target.
 *
 * @throws {DTypeError} targets that are not classes
 * @throws {ShapeError} targets of another width than the network's output
 */
export function withLabels<D extends FloatType>(
  op: string,
  net: Network<D>,
  t: BlockTargets<D>,
  use: (labels: Tensor<"int32">) => void,
): void {
  if (isLabels(t)) {
    use(t);
    return;
  }
  if (!tellClasses(net, t)) throw new DTypeError(op, "targets", "int32 labels, for a classifier", t.dtype);
  const [, width = 0] = t.shape;
  if (width !== net.outputSize) throw new ShapeError(op, "targets", `${net.outputSize} in a row`, show(t.shape));
  scoped((own) => use(own(argmaxRows(t))));
}
