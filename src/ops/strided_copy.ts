/**
 * Elements copied between strides, for any number of axes and any dtype: nothing is computed.
 *
 *   y_ij… ← x at start + i·s0 + j·s1 + …         strides in elements, of any sign; 0 repeats
 */
import { countOf, type Shape } from "../tensor/layout.ts";
import type { Call } from "../tensor/operation.ts";
import type { KernelCall, Pointer } from "../wasm/abi.ts";

/** Some of the elements of a dense operand, in some order: the first one, and the strides along the axes of `extents`. */
export type Selection = { readonly extents: Shape; readonly strides: readonly number[]; readonly start: number };

/** One side of a copy. */
type Side = { readonly pointer: Pointer; readonly strides: readonly number[] };

/** The strides of a dense value. */
export function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => countOf(shape.slice(axis + 1)));
}

/** The selected elements of `from`, written densely. */
export function copySelected(
  common: Call["common"],
  size: number,
  { extents, strides, start }: Selection,
  [from, to]: readonly [Pointer, Pointer],
): readonly KernelCall[] {
  const x = { pointer: from + start * size, strides };
  return stridedCopies(common, size, extents, x, { pointer: to, strides: stridesOf(extents) });
}

/** The inverse: dense elements, written where `to` has the selected ones. */
export function copyToSelected(
  common: Call["common"],
  size: number,
  { extents, strides, start }: Selection,
  [from, to]: readonly [Pointer, Pointer],
): readonly KernelCall[] {
  const y = { pointer: to + start * size, strides };
  return stridedCopies(common, size, extents, { pointer: from, strides: stridesOf(extents) }, y);
}

type Axis = { readonly extent: number; readonly x: number; readonly y: number };

/** Axes that one kernel call walks. */
const KERNEL_AXES = 4;

/** Neighbouring axes that both sides walk as one are one, and a last axis without gaps is a block. */
function stridedCopies(common: Call["common"], size: number, extents: Shape, x: Side, y: Side): KernelCall[] {
  if (countOf(extents) === 0) return [];
  const axes: Axis[] = [];
  for (const [axis, extent] of extents.entries()) {
    if (extent === 1) continue;
    const own = { extent, x: (x.strides[axis] ?? 0) * size, y: (y.strides[axis] ?? 0) * size };
    const last = axes.at(-1);
    if (last !== undefined && last.x === own.x * extent && last.y === own.y * extent) {
      axes[axes.length - 1] = { ...own, extent: last.extent * extent };
    } else axes.push(own);
  }
  const last = axes.at(-1);
  const isDense = last?.x === size && last.y === size;
  if (isDense) axes.pop();
  const block = size * (isDense ? (last?.extent ?? 1) : 1);
  return copiesOver(common, block, axes, x.pointer, y.pointer);
}

/** One call for four axes, for each index of those before them. */
function copiesOver(
  common: Call["common"],
  block: number,
  axes: readonly Axis[],
  x: Pointer,
  y: Pointer,
): KernelCall[] {
  const spare = KERNEL_AXES - axes.length;
  if (spare >= 0) {
    const one: Axis = { extent: 1, x: 0, y: 0 };
    const [a = one, b = one, c = one, d = one] = [...Array.from({ length: spare }, () => one), ...axes];
    return [
      common.copyStrided(
        block,
        ...([a.extent, b.extent, c.extent, d.extent] as const),
        ...([x, a.x, b.x, c.x, d.x] as const),
        ...([y, a.y, b.y, c.y, d.y] as const),
      ),
    ];
  }
  const [first, ...inner] = axes as [Axis, ...Axis[]];
  return Array.from({ length: first.extent }, (_, i) =>
    copiesOver(common, block, inner, x + i * first.x, y + i * first.y),
  ).flat();
}
