/**
 * Softmax of rows.
 */
import { ShapeError } from "../errors.ts";
import { show } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { MAP_SCRATCH } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkFloat, type Into, outputOf } from "./check.ts";

const NO_OPTIONS = {};

/**
 * p_ij = e^z_ij / Σ_j e^z_ij, with each row's largest logit taken off first, so that nothing overflows.
 *
 * @param z m × n logits, n >= 1
 * @returns m × n probabilities: `out` (which may be z), or a new tensor
 * @throws {ShapeError} z is no matrix or has no columns, or `out` does not fit or overlaps in part
 * @throws {DTypeError} integers
 */
export function softmax<D extends FloatType>(z: Tensor<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  checkFloat("softmax", "z", z);
  checkRows("softmax", "z", z);
  const [m = 0, n = 0] = z.shape;
  const p = outputOf("softmax", out, z, [z], "may be an input");
  z.engine.kernels[z.dtype].softmax(m, n, z.pointer, p.pointer, z.engine.scratch(MAP_SCRATCH));
  return p;
}

/** @throws {ShapeError} not a matrix with at least one column */
export function checkRows(op: string, argument: string, x: Tensor): void {
  if (x.shape.length !== 2 || x.shape[1] === 0) {
    throw new ShapeError(op, argument, "a matrix with at least one column", show(x.shape));
  }
}
