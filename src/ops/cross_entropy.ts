/**
 * Softmax with cross entropy, on logits: the usual loss of a classifier, with its gradient in the same pass.
 */
import { DTypeError, OptionError, ShapeError } from "../errors.ts";
import { show } from "../tensor/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkOutput, checkShapeIs } from "./check.ts";
import { checkIndices } from "./gather.ts";
import { checkRows } from "./softmax.ts";

export type LossOptions<D extends FloatType> = {
  /** Receives ∂loss/∂z: a tensor of z's shape, which may be z itself. */
  readonly gradient?: Tensor<D>;
};

const NO_OPTIONS = {};

/**
 * The mean over rows of -Σ_j t_ij · ln softmax(z_i)_j, taken through log-sum-exp: exact at any logits, and
 * added up in float64.
 *
 * @param z m × n logits, m and n >= 1
 * @param t m class labels (int32), or m × n probabilities or one-hot rows (z's dtype)
 * @returns the loss, in nats
 * @throws {ShapeError} shapes do not fit, there is no row, or `gradient` overlaps in part
 * @throws {DTypeError} labels that are not int32, targets of another dtype
 * @throws {IndexError} a label outside 0..n-1
 */
export function softmaxCrossEntropy<D extends FloatType>(
  z: Tensor<D>,
  t: Tensor<D> | Tensor<"int32">,
  { gradient }: LossOptions<D> = NO_OPTIONS,
): number {
  checkFloat("softmaxCrossEntropy", "z", z);
  checkRows("softmaxCrossEntropy", "z", z);
  const [m = 0, n = 0] = z.shape;
  if (m === 0) throw new ShapeError("softmaxCrossEntropy", "z", "at least one row", show(z.shape));

  const hasLabels = checkTargets(z, t);
  if (gradient !== undefined) {
    checkOutput("softmaxCrossEntropy", "gradient", gradient, z, [z], "may be an input");
    checkOutput("softmaxCrossEntropy", "gradient", gradient, z, [t], "disjoint");
  }
  const kernels = z.engine.kernels[z.dtype];
  const scratch = z.engine.scratch(kernels.crossEntropyScratch(n));
  if (gradient === undefined) {
    const loss = hasLabels ? kernels.crossEntropyLabels : kernels.crossEntropyTargets;
    return loss(m, n, z.pointer, t.pointer, scratch) / m;
  }
  const loss = hasLabels ? kernels.crossEntropyLabelsGradient : kernels.crossEntropyTargetsGradient;
  return loss(m, n, z.pointer, t.pointer, gradient.pointer, 1 / m, scratch) / m;
}

/** Whether t is labels rather than targets, and that it fits z. */
function checkTargets(z: Tensor, t: Tensor): boolean {
  if (!(t instanceof Tensor)) throw new OptionError("softmaxCrossEntropy: t", "a tensor", t);
  const [m = 0, n = 0] = z.shape;
  if (t.dtype === "int32") {
    checkAlike("softmaxCrossEntropy", "t", t, z, "int32");
    checkShapeIs("softmaxCrossEntropy", "t", t, [m]);
    checkIndices("softmaxCrossEntropy", "t", t as Tensor<"int32">, n);
    return true;
  }
  if (t.dtype !== z.dtype)
    throw new DTypeError("softmaxCrossEntropy", "t", `int32 labels or ${z.dtype} targets`, t.dtype);
  checkAlike("softmaxCrossEntropy", "t", t, z);
  checkShapeIs("softmaxCrossEntropy", "t", t, [m, n]);
  return false;
}
