/**
 * Several tensors in one block:
 *
 *   ┌ W1 ─────────┬ b1 ─┬ W2 ──┬ b2 ┐     whole: one vector over all of it, for updates and copies
 *   └ 16-byte aligned, zero between ┘     parts: a named view of each
 */
import { bytesPerElement, type FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { checkShape, countOf, type Shape } from "./layout.ts";
import { type Tensor, zeros } from "./tensor.ts";

export type TensorGroup<Name extends string, D extends FloatType> = {
  /** Every element of the block as one vector, the zeros between the parts included. */
  readonly whole: Tensor<D>;
  /** The tensors by name, in the order in which they were named. */
  readonly parts: { readonly [N in Name]: Tensor<D> };
};

const ALIGNMENT_BYTES = 16;

/**
 * Tensors of zeros that share one block; disposing `whole` ends them all.
 *
 * @throws {OptionError} a shape that is no shape
 * @throws {AllocationError} too large for one block
 */
export function tensorGroup<Name extends string, D extends FloatType>(
  engine: Engine,
  shapes: { readonly [N in Name]: Shape },
  dtype: D,
): TensorGroup<Name, D> {
  const unit = ALIGNMENT_BYTES / bytesPerElement(dtype);
  const entries = Object.entries<Shape>(shapes).map(([name, shape]) => ({ name, shape: checkShape(name, shape) }));
  const sizes = entries.map(({ shape }) => Math.ceil(countOf(shape) / unit) * unit);
  const whole = zeros(engine, [sizes.reduce((sum, size) => sum + size, 0)], { dtype });

  const parts: Record<string, Tensor<D>> = {};
  let start = 0;
  for (const [index, { name, shape }] of entries.entries()) {
    parts[name] = whole.part(start, shape, name);
    start += sizes[index] ?? 0;
  }
  return { whole, parts: parts as TensorGroup<Name, D>["parts"] };
}
