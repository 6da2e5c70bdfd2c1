/** Calls of the kernel of two operands over any number of axes. */
import type { Walk } from "../tensor/broadcast.ts";
import { countOf } from "../tensor/layout.ts";
import type { Call } from "../tensor/operation.ts";
import type { KernelCall, Pointer } from "../wasm/abi.ts";
import { bytesPerElement, type NumberType } from "../wasm/dtype.ts";

/** Axes that one kernel call walks, and the placeholder for missing ones. */
const KERNEL_AXES = 4;
const ONES = [1, 1, 1, 1];
const ZEROS = [0, 0, 0, 0];

/** The kernel's calls over a walk: one for its four axes, for each index of those before them. */
export function callsOver(
  kernels: Call["kernels"],
  dtype: NumberType,
  f: number,
  { extents, a, b }: Walk,
  [pa, pb, py]: readonly [Pointer, Pointer, Pointer],
): KernelCall[] {
  const spare = KERNEL_AXES - extents.length;
  if (spare >= 0) {
    const [d0 = 1, d1 = 1, d2 = 1, d3 = 1] = [...ONES.slice(0, spare), ...extents];
    const [a0 = 0, a1 = 0, a2 = 0, a3 = 0] = [...ZEROS.slice(0, spare), ...a];
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = [...ZEROS.slice(0, spare), ...b];
    return [kernels.binary(f, d0, d1, d2, d3, pa, a0, a1, a2, a3, pb, b0, b1, b2, b3, py)];
  }
  const inner = { extents: extents.slice(1), a: a.slice(1), b: b.slice(1) };
  const bytes = bytesPerElement(dtype);
  const [count = 0] = extents;
  const [stepA, stepB, stepY] = [(a[0] ?? 0) * bytes, (b[0] ?? 0) * bytes, countOf(inner.extents) * bytes];
  return Array.from({ length: count }, (_, i) =>
    callsOver(kernels, dtype, f, inner, [pa + i * stepA, pb + i * stepB, py + i * stepY]),
  ).flat();
}
