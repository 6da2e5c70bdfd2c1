/** x = qr by Householder reflections. */
import type { Expression, Value } from "../../tensor/expression.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { factorQr, formQ } from "./householder.ts";
import { decomposition } from "./parts.ts";

/**
 * x = qr with orthonormal columns of q and an upper triangular r, as NumPy's reduced mode and with LAPACK's signs. Computed in
 * float64 whatever the dtype. Has no gradient.
 *
 * @param x … × m × n, a matrix or a stack of them; k is the smaller of the two
 * @returns q, … × m × k, and r, … × k × n: tensors, each to be disposed of, or expressions
 * @throws {ShapeError} fewer than two axes
 * @throws {DTypeError} integers
 * @example
 * using x = tensor(engine, [[3, 0], [4, 5]]);
 * const { q, r } = qr(x);
 * r.toArray(); // → [[-5, -4], [0, 3]]
 * q.dispose();
 * r.dispose();
 */
export function qr<D extends FloatType>(x: Tensor<D>): { readonly q: Tensor<D>; readonly r: Tensor<D> };
export function qr<D extends FloatType>(x: Expression<D>): { readonly q: Expression<D>; readonly r: Expression<D> };
export function qr<D extends FloatType>(x: Value<D>): { readonly q: Value<D>; readonly r: Value<D> } {
  const [q, r] = PARTS(x, {}) as [Value<D>, Value<D>];
  return { q, r };
}

const PARTS: ReturnType<typeof decomposition> = /* @__PURE__ */ decomposition("qr", () => {}, {
  shapes: (m, n) => {
    const k = Math.min(m, n);
    return [
      [m, k],
      [k, n],
    ];
  },
  scratch: (m, n) => [m * n, m * Math.min(m, n), Math.min(m, n), n],
  compute({ x, out, scratch }, m, n) {
    const [a, q, tau, work] = scratch as [Float64Array, Float64Array, Float64Array, Float64Array];
    const k = Math.min(m, n);
    a.set(x);
    factorQr(a, m, n, tau, work);
    formQ(q, k, a, m, n, tau, work);
    out.set(q);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < n; j++) out[m * k + i * n + j] = j < i ? 0 : a[i * n + j]!;
    }
  },
  flops: (m, n) => 4 * m * n * Math.min(m, n),
});
