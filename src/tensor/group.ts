/**
 * Several tensors in one block:
 *
 *   ┌ W1 ─────────┬ b1 ─┬ W2 ──┬ b2 ┐     whole: one vector over all of it, for updates and copies
 *   └ 16-byte aligned, zero between ┘     parts: a named view of each
 */

import { checkRecord } from "../arguments.ts";
import { checkOptions } from "../options.ts";
import { bytesPerElement, checkDType, type FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { checkShape, countOf, type Shape } from "./layout.ts";
import { type Tensor, zeros } from "./tensor.ts";

/** What `tensorGroup` gives: one block, seen in two ways. */
export type TensorGroup<Name extends string, D extends FloatType> = {
  /** Every element of the block as one vector, the zeros between the parts included. */
  readonly whole: Tensor<D>;
  /** The tensors by name, in the order in which they were named. */
  readonly parts: { readonly [N in Name]: Tensor<D> };
};

/** What errors call the tensors. */
export type GroupOptions = {
  /** Of the whole. */
  readonly name?: string;
  /** Before the name of each part. */
  readonly prefix?: string;
};

const ALIGNMENT_BYTES = 16;

/**
 * Tensors of zeros that share one block; disposing `whole` ends them all.
 *
 * @throws {OptionError} an invalid shape
 * @throws {AllocationError} too large for one block
 * @example
 * const { whole, parts } = tensorGroup(engine, { W: [2, 3], b: [3] }, "float32");
 * parts.b.shape; // → [3]
 * whole.dispose();
 */
export function tensorGroup<Name extends string, D extends FloatType>(
  engine: Engine,
  shapes: { readonly [N in Name]: Shape },
  dtype: D,
  options: GroupOptions = {},
): TensorGroup<Name, D> {
  checkOptions<GroupOptions>("tensorGroup", options, { name: 1, prefix: 1 });
  checkRecord("tensorGroup: shapes", shapes);
  checkDType("tensorGroup: dtype", dtype);
  const { name, prefix = "" } = options;
  const unit = ALIGNMENT_BYTES / bytesPerElement(dtype);
  const entries = Object.entries<Shape>(shapes).map(([name, shape]) => ({ name, shape: checkShape(name, shape) }));
  const sizes = entries.map(({ shape }) => Math.ceil(countOf(shape) / unit) * unit);
  const length = sizes.reduce((sum, size) => sum + size, 0);
  const whole = zeros(engine, [length], name === undefined ? { dtype } : { dtype, name });

  const parts: Record<string, Tensor<D>> = {};
  let start = 0;
  for (const [index, { name: part, shape }] of entries.entries()) {
    parts[part] = whole.part(start, shape, prefix + part);
    start += sizes[index] ?? 0;
  }
  return { whole, parts: parts as TensorGroup<Name, D>["parts"] };
}
