/**
 * Axes in another order: nothing is computed.
 *
 *   y_(i_a0, i_a1, …) = x_(i_0, i_1, …)      a: the axes
 */
import { checkNumbers } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { Expression, type Value } from "../tensor/expression.ts";
import { countOf, isSameShape, type Shape, show } from "../tensor/layout.ts";
import type { Operation, Step } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type DType } from "../wasm/dtype.ts";
import { checkDense } from "./check.ts";
import { operate } from "./operation.ts";
import { reshape, TRANSPOSE } from "./rows.ts";
import { copySelected, stridesOf } from "./strided_copy.ts";

/** The order of axes. */
export type TransposeOptions = {
  /** Axis i of the result is axis `axes[i]` of x, from the end where negative. Default: all in reverse. */
  readonly axes?: readonly number[];
};

/**
 * x with its axes in another order: in reverse by default, which transposes a matrix.
 *
 * @param x any shape and dtype
 * @returns a tensor of its own, or an expression
 * @throws {OptionError} axes that are not each of x's once
 * @example
 * using x = tensor(engine, [[1, 2, 3]]);
 * using y = transpose(x);
 * y.toArray(); // → [[1], [2], [3]]
 * using z = zeros(engine, [2, 3, 4]);
 * using last = transpose(z, { axes: [0, 2, 1] });
 * last.shape; // → [2, 4, 3]
 */
export function transpose<D extends DType>(x: Tensor<D>, options?: TransposeOptions): Tensor<D>;
export function transpose<D extends DType>(x: Expression<D>, options?: TransposeOptions): Expression<D>;
export function transpose<D extends DType>(x: Value<D>, options?: TransposeOptions): Value<D>;
export function transpose<D extends DType>(x: Value<D>, options: TransposeOptions = {}): Value<D> {
  checkDense("transpose", "x", x);
  checkOptions<TransposeOptions>("transpose", options, { axes: 1 });
  const axes = orderOf(x, options.axes);
  if (axes.length === 2 && axes[0] === 1 && bytesPerElement(x.dtype) >= 4) return operate(TRANSPOSE, [x], {});
  if (x instanceof Expression && isOrdered(axes.filter((axis) => x.shape[axis] !== 1))) {
    return reshape(x, permuted(x.shape, axes));
  }
  return operate(PERMUTE, [x], { axes });
}

const PERMUTE: Operation<{ readonly axes: readonly number[] }> = {
  name: "transpose",
  spec: ([x], { axes }) => ({ dtype: (x as Value).dtype, shape: permuted((x as Value).shape, axes) }),
  bind({ kernels, common, specs: [x], result, attributes: { axes }, at, out }) {
    const count = countOf(x.shape);
    if (count === 0) return [];
    const groups = groupsOf(x.shape, axes);
    const size = bytesPerElement(result.dtype);
    if (size < 4) {
      // The kernel that transposes moves elements of 4 or 8 bytes.
      const strides = stridesOf(x.shape);
      const selection = { extents: result.shape, strides: axes.map((axis) => strides[axis] ?? 0), start: 0 };
      return copySelected(common, size, selection, [at[0].pointer, out.pointer]);
    }
    const last = groups.at(-1);
    const contiguous = groups.find(({ x }) => x === 1);
    if (last === undefined || contiguous === undefined || groups.length === 1) {
      return [kernels.copy(count, at[0].pointer, out.pointer)];
    }
    const others = groups.filter((group) => group !== last && group !== contiguous);
    // Rows are copied over four axes; matrices over two that are not their own.
    const inner = others.splice(-(last === contiguous ? 4 : 2));
    const spare = (axes: number): Group[] =>
      Array.from({ length: axes - inner.length }, () => ({ extent: 1, x: 0, y: 0 }));
    return offsetsOf(others).map(([fromX, fromY]): Step => {
      const [from, to] = [at[0].pointer + fromX * size, out.pointer + fromY * size];
      if (last === contiguous) {
        const [d0, d1, d2, d3] = [...spare(4), ...inner] as [Group, Group, Group, Group];
        return common.copyStrided(
          last.extent * size,
          ...([d0.extent, d1.extent, d2.extent, d3.extent] as const),
          ...([from, d0.x * size, d1.x * size, d2.x * size, d3.x * size] as const),
          ...([to, d0.y * size, d1.y * size, d2.y * size, d3.y * size] as const),
        );
      }
      const [d0, d1] = [...spare(2), ...inner] as [Group, Group];
      return kernels.transpose(
        ...([d0.extent, d1.extent, last.extent, contiguous.extent] as const),
        ...([from, d0.x, d1.x, last.x, to, d0.y, d1.y, contiguous.y] as const),
      );
    });
  },
  gradient: (_, { attributes: { axes } }, dy) => transpose(dy, { axes: axes.map((_, axis) => axes.indexOf(axis)) }),
  flops: () => 0,
};

/** Axes of y that are neighbours in x as well, as one: its extent, and its strides in both. */
type Group = { readonly extent: number; readonly x: number; readonly y: number };

function groupsOf(shape: Shape, axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  let y = 1;
  for (const axis of [...axes].reverse()) {
    const extent = shape[axis] ?? 1;
    if (extent === 1) continue;
    const x = countOf(shape.slice(axis + 1));
    const [inner] = groups;
    if (inner !== undefined && x === inner.x * inner.extent) groups[0] = { ...inner, extent: extent * inner.extent };
    else groups.unshift({ extent, x, y });
    y *= extent;
  }
  return groups;
}

/** Where each index of these axes is, in x and in y. */
function offsetsOf(groups: readonly Group[]): [x: number, y: number][] {
  let all: [number, number][] = [[0, 0]];
  for (const { extent, x, y } of groups) {
    all = all.flatMap(([a, b]) => Array.from({ length: extent }, (_, i): [number, number] => [a + i * x, b + i * y]));
  }
  return all;
}

function permuted(shape: Shape, axes: readonly number[]): Shape {
  return axes.map((axis) => shape[axis] ?? 1);
}

function isOrdered(axes: readonly number[]): boolean {
  return axes.every((axis, i) => i === 0 || axis > (axes[i - 1] ?? 0));
}

/** @throws {OptionError} not each axis of x once */
function orderOf({ shape }: Value, axes: readonly number[] | undefined): readonly number[] {
  const all = [...shape.keys()];
  if (axes === undefined) return all.reverse();
  checkNumbers("transpose: axes", axes);
  const counted = axes.map((axis) => (axis < 0 ? axis + shape.length : axis));
  if (
    !isSameShape(
      [...counted].sort((a, b) => a - b),
      all,
    )
  ) {
    throw new OptionError("transpose: axes", `each of the ${shape.length} axes of ${show(shape)} once`, axes);
  }
  return counted;
}
