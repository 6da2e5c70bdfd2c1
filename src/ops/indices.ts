/**
 * Indices and labels from outside: each is compared with its bound before a kernel follows it.
 */
import { IndexError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { CommonKernels, Pointer } from "../wasm/abi.ts";
import type { Memory } from "../wasm/memory.ts";

/** @throws {IndexError} the first of the indices outside 0..bound-1 */
export function checkIndices(op: string, argument: string, indices: Tensor<"int32">, bound: number): void {
  indexCheck(indices.engine, { op, argument, bound }, indices.size, indices.pointer)();
}

/** The same check, bound for a program. */
export function indexCheck(
  { common, memory }: { readonly common: CommonKernels; readonly memory: Memory },
  { op, argument, bound }: { readonly op: string; readonly argument: string; readonly bound: number },
  count: number,
  pointer: Pointer,
): () => void {
  return () => {
    const first = common.firstOutOfRange(count, pointer, bound);
    if (first < 0) return;
    throw new IndexError(op, argument, first, memory.view("int32", pointer, count)[first] ?? Number.NaN, bound);
  };
}
