/**
 * Two operands element by element, by NumPy's broadcasting.
 */
import { OptionError, ShapeError } from "../errors.ts";
import { broadcastShape, type Walk, walkOver } from "../tensor/broadcast.ts";
import { countOf, show } from "../tensor/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import { BINARY, type Pointer } from "../wasm/abi.ts";
import { bytesPerElement, type FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, type Into, outputOf } from "./check.ts";

/** A tensor, or a number, which is repeated for every element. */
export type Operand<D extends FloatType> = Tensor<D> | number;

const NO_OPTIONS = {};
/** Axes that one kernel call walks, and what stands for those that there are not. */
const KERNEL_AXES = 4;
const ONES = [1, 1, 1, 1];
const ZEROS = [0, 0, 0, 0];

/**
 * a + b.
 *
 * @param a a tensor
 * @param b a tensor whose shape broadcasts with a's (aligned at the last axes, extents equal or 1), or a number
 * @returns of the broadcast shape: `out` (which may be a or b where that has this shape), or a new tensor
 * @throws {ShapeError} shapes do not broadcast, or `out` does not fit or overlaps in part
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using shifted = add(x, row);
 */
export function add<D extends FloatType>(a: Tensor<D>, b: Operand<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return binary("add", a, b, out);
}

/** a - b. Shapes, `out` and errors as for `add`. */
export function sub<D extends FloatType>(a: Tensor<D>, b: Operand<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return binary("sub", a, b, out);
}

/** a · b, element by element. Shapes, `out` and errors as for `add`. */
export function mul<D extends FloatType>(a: Tensor<D>, b: Operand<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return binary("mul", a, b, out);
}

/** a / b: ±∞ and NaN where b is 0. Shapes, `out` and errors as for `add`. */
export function div<D extends FloatType>(a: Tensor<D>, b: Operand<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return binary("div", a, b, out);
}

/** The larger of a and b; NaN where either is. Shapes, `out` and errors as for `add`. */
export function maximum<D extends FloatType>(a: Tensor<D>, b: Operand<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return binary("maximum", a, b, out);
}

/** The smaller of a and b; NaN where either is. Shapes, `out` and errors as for `add`. */
export function minimum<D extends FloatType>(a: Tensor<D>, b: Operand<D>, { out }: Into<D> = NO_OPTIONS): Tensor<D> {
  return binary("minimum", a, b, out);
}

function binary<D extends FloatType>(
  op: keyof typeof BINARY,
  a: Tensor<D>,
  b: Operand<D>,
  out: Tensor<D> | undefined,
): Tensor<D> {
  checkFloat(op, "a", a);
  if (typeof b === "number") {
    const y = outputOf(op, out, a, [a], "may be an input");
    const repeated = a.engine.scratch(bytesPerElement(a.dtype));
    a.engine.memory.view(a.dtype, repeated, 1)[0] = b;
    run(a, BINARY[op], walkOver(a.shape, a.shape, []), [a.pointer, repeated, y.pointer]);
    return y;
  }
  if (!(b instanceof Tensor)) throw new OptionError(`${op}: b`, "a tensor or a number", b);
  checkAlike(op, "b", b, a);
  const shape = broadcastShape(a.shape, b.shape);
  if (shape === undefined) {
    throw new ShapeError(op, "b", `a shape that broadcasts with a's ${show(a.shape)}`, show(b.shape));
  }
  const y = outputOf(op, out, { dtype: a.dtype, shape }, [a, b], "may be an input");
  run(a, BINARY[op], walkOver(shape, a.shape, b.shape), [a.pointer, b.pointer, y.pointer]);
  return y;
}

/** Calls the kernel for its four axes, once for each index of those before them. */
function run(
  { engine, dtype }: Pick<Tensor<FloatType>, "engine" | "dtype">,
  f: number,
  { extents, a, b }: Walk,
  [pa, pb, py]: readonly [Pointer, Pointer, Pointer],
): void {
  const spare = KERNEL_AXES - extents.length;
  if (spare >= 0) {
    const [d0 = 1, d1 = 1, d2 = 1, d3 = 1] = [...ONES.slice(0, spare), ...extents];
    const [a0 = 0, a1 = 0, a2 = 0, a3 = 0] = [...ZEROS.slice(0, spare), ...a];
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = [...ZEROS.slice(0, spare), ...b];
    engine.kernels[dtype].binary(f, d0, d1, d2, d3, pa, a0, a1, a2, a3, pb, b0, b1, b2, b3, py);
    return;
  }
  const inner = { extents: extents.slice(1), a: a.slice(1), b: b.slice(1) };
  const bytes = bytesPerElement(dtype);
  const [count = 0] = extents;
  const [stepA, stepB, stepY] = [(a[0] ?? 0) * bytes, (b[0] ?? 0) * bytes, countOf(inner.extents) * bytes];
  for (let i = 0; i < count; i++) {
    run({ engine, dtype }, f, inner, [pa + i * stepA, pb + i * stepB, py + i * stepY]);
  }
}
