/**
 * Indices and labels from outside: each is compared with its bound before a kernel follows it.
 */
import { IndexError } from "../errors.ts";
import type { Call } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Pointer } from "../wasm/abi.ts";

/** What indices are of, and how many of these there are. */
type Bounds = { readonly op: string; readonly argument: string; readonly bound: number };

/** @throws {IndexError} the first of the indices outside 0..bound-1 */
export function checkIndices(op: string, argument: string, indices: Tensor<"int32">, bound: number): void {
  const { engine, size, pointer } = indices;
  checkFirst(engine.common.firstOutOfRange(size, pointer, bound), { op, argument, bound }, indices.data);
}

/** The same check as a step of an operation. */
export function indexCheck(
  { common, callable, memory }: Pick<Call, "common" | "callable" | "memory">,
  bounds: Bounds,
  count: number,
  pointer: Pointer,
): () => void {
  const firstOutOfRange = callable(common.firstOutOfRange(count, pointer, bounds.bound));
  return () => {
    const first = firstOutOfRange();
    if (first >= 0) checkFirst(first, bounds, memory.view("int32", pointer, count));
  };
}

function checkFirst(first: number, { op, argument, bound }: Bounds, indices: Int32Array): void {
  if (first >= 0) throw new IndexError(op, argument, first, indices[first] ?? Number.NaN, bound);
}
