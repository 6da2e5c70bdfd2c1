/** One value repeated to a shape. */
import type { Expression, Value } from "../tensor/expression.ts";
import { checkShape, type Shape } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type DType, type NumberType } from "../wasm/dtype.ts";
import { checkDense } from "./check.ts";
import { operate } from "./operation.ts";
import { stridesOf } from "./strided_copy.ts";
import { BROADCAST, broadcastNumbers } from "./sum.ts";
import { REPEAT } from "./tiling.ts";

/**
 * x repeated along the axes that it does not have, or that have extent 1 in it.
 *
 * @param x any dtype
 * @param shape a shape that x's broadcasts to
 * @throws {ShapeError} it does not
 * @throws {OptionError} an invalid shape
 * @example
 * using row = tensor(engine, [1, 2]);
 * using rows = broadcastTo(row, [2, 2]);
 * rows.toArray(); // → [[1, 2], [1, 2]]
 */
export function broadcastTo<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D>;
export function broadcastTo<D extends DType>(x: Expression<D>, shape: Shape): Expression<D>;
export function broadcastTo<D extends DType>(x: Value<D>, shape: Shape): Value<D>;
export function broadcastTo<D extends DType>(x: Value<D>, shape: Shape): Value<D> {
  checkDense("broadcastTo", "x", x);
  const wanted = checkShape("broadcastTo: shape", shape);
  if (bytesPerElement(x.dtype) >= 4)
    return broadcastNumbers(x as Value as Value<NumberType>, wanted) as Value as Value<D>;
  BROADCAST.spec([x], { shape: wanted });
  const strides = stridesOf(x.shape).map((stride, axis) => (x.shape[axis] === 1 ? 0 : stride));
  const missing = Array.from({ length: wanted.length - strides.length }, () => 0);
  return operate(REPEAT, [x], {
    extents: wanted,
    strides: [...missing, ...strides],
    start: 0,
    shape: wanted,
    repeated: [],
  });
}
