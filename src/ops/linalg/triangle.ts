/** A triangle of a matrix, as an operation with a gradient. */
import { OptionError } from "../../errors.ts";
import type { Expression, Value } from "../../tensor/expression.ts";
import type { Operation } from "../../tensor/operation.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { operate } from "../operation.ts";
import { stackOf, viewer } from "./stack.ts";

/** Which triangle of a square matrix. */
export type Triangle = "lower" | "upper";

type Attributes = { readonly triangle: Triangle; readonly diagonal: number };

/** A triangle of each square matrix, its diagonal times a factor, and zeros elsewhere. */
export function triangleOf(x: Expression<FloatType>, triangle: Triangle, diagonal: number = 1): Expression<FloatType> {
  return operate(TRIANGLE, [x], { triangle, diagonal }) as Expression<FloatType>;
}

const TRIANGLE: Operation<Attributes> = {
  name: "triangle",
  spec: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  bind({ kernels, memory, result, attributes: { triangle, diagonal }, at, out }) {
    const { count, n } = stackOf(result);
    const size = count * n * n;
    const view = viewer(memory, result.dtype as FloatType, out.pointer, size);
    return [kernels.copy(size, at[0].pointer, out.pointer), () => keepTriangle(view(), n, triangle, diagonal)];
  },
  gradient: (_, { attributes: { triangle, diagonal } }, dy) => triangleOf(dy, triangle, diagonal),
};

/** Zeros outside of a triangle of each n × n matrix, and a factor for its diagonal. */
export function keepTriangle(
  a: Float32Array | Float64Array,
  n: number,
  triangle: Triangle,
  diagonal: number = 1,
): void {
  for (let row = 0; row < a.length; row += n) {
    const i = (row / n) % n;
    if (triangle === "lower") a.fill(0, row + i + 1, row + n);
    else a.fill(0, row, row + i);
    a[row + i]! *= diagonal;
  }
}

/** @throws {OptionError} neither of the two */
export function checkTriangle(op: string, triangle: Triangle, transpose: "none" | "a"): void {
  if (triangle !== "lower" && triangle !== "upper")
    throw new OptionError(`${op}: triangle`, '"lower" or "upper"', triangle);
  if (transpose !== "none" && transpose !== "a") throw new OptionError(`${op}: transpose`, '"none" or "a"', transpose);
}
