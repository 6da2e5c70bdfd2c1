/**
 * Products of vectors and of batches of matrices: leading axes broadcast, two of them in one call.
 *
 *   C_b ← αA_b·B_b + βC_b
 */
import { ShapeError } from "../errors.ts";
import { broadcastShape, type Walk, walkOver } from "../tensor/broadcast.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, type Shape, show } from "../tensor/layout.ts";
import type { Operation, TensorSpec } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkNoPlace, outputOf } from "./check.ts";
import { computed, operate } from "./operation.ts";
import {
  type Addition,
  checkAddition,
  innerSizesDiffer,
  isATransposed,
  isBTransposed,
  product,
  shownSide,
  type Transpose,
} from "./product.ts";
import { reshape } from "./rows.ts";
import { sumTo } from "./sum.ts";

type Floats = Expression<FloatType>;
type Batched = { readonly transpose: Transpose; readonly alpha: number; readonly beta: number };

/** `matmul` where an operand is not a matrix; both hold floats. */
export function batchedProduct<D extends FloatType>(
  a: Value<D>,
  b: Value<D>,
  { transpose = "none", alpha = 1, beta = 0, out }: Addition<D>,
): Value<D> {
  checkAddition({ transpose, alpha, beta, out });
  const attributes = { transpose, alpha, beta };
  const spec = BATCHED.spec([a, b], attributes) as TensorSpec<D>;
  if (a instanceof Expression || b instanceof Expression) {
    checkNoPlace("matmul", "out", out);
    const [left, right] = [expressionOf(a) as Floats, expressionOf(b) as Floats];
    return productOf(left, right, transpose, alpha) as Expression<D>;
  }
  const c = outputOf("matmul", out, spec, [a as Tensor<D>, b as Tensor<D>], "disjoint");
  return computed(BATCHED, [a as Tensor<D>, b as Tensor<D>], attributes, { y: c, out });
}

/** The product of expressions: that of two matrices where B is one for all rows of A, since a reshape moves nothing. */
function productOf(a: Floats, b: Floats, transpose: Transpose, alpha: number): Floats {
  const { batch, m, k, shape } = sizesOf(a, b, transpose);
  const left = a.shape.length === 1 ? reshape(a, [1, k]) : a;
  const right = b.shape.length === 1 ? reshape(b, [k, 1]) : b;
  if (right.shape.length === 2 && (left.shape.length === 2 || !isATransposed(transpose))) {
    const rows = left.shape.length === 2 ? left : reshape(left, [countOf(batch) * m, k]);
    return reshape(product(rows, right, transpose, alpha), shape);
  }
  return reshape(operate(BATCHED, [left, right], { transpose, alpha, beta: 0 }) as Floats, shape);
}

const BATCHED: Operation<Batched> = {
  name: "matmul",
  spec([a, b], { transpose }) {
    const [left, right] = [a as Value, b as Value];
    checkFloat("matmul", "a", left);
    checkAlike("matmul", "b", right, left);
    checkSide("a", left, isATransposed(transpose));
    checkSide("b", right, isBTransposed(transpose));
    return { dtype: left.dtype, shape: sizesOf(left, right, transpose).shape };
  },
  bind({ kernels, specs, result, attributes, at, out, scratch }) {
    const { transpose, alpha, beta } = attributes;
    const { batch, m, n, k, ofA, ofB, isOne } = sizesOf(specs[0], specs[1], transpose);
    if (countOf(result.shape) === 0) return [];
    const [rsa, csa] = isATransposed(transpose) ? [1, m] : [k, 1];
    const [rsb, csb] = isBTransposed(transpose) ? [1, k] : [n, 1];
    const walk = isOne ? { extents: [], a: [], b: [] } : walkOver(batch, ofA, ofB);
    const rows = isOne ? countOf(batch) * m : m;
    const spare = Math.max(2 - walk.extents.length, 0);
    const [d0 = 1, d1 = 1] = [...[1, 1].slice(0, spare), ...walk.extents.slice(-2)];
    const [a0 = 0, a1 = 0] = [...[0, 0].slice(0, spare), ...walk.a.slice(-2)];
    const [b0 = 0, b1 = 0] = [...[0, 0].slice(0, spare), ...walk.b.slice(-2)];
    const size = bytesPerElement(result.dtype);
    return pairs(walk).map(([i, j], index) =>
      kernels.batchedGemm(
        ...([d0, d1, rows, n, k, at[0].pointer + i * m * k * size, a0 * m * k, a1 * m * k, rsa, csa] as const),
        ...([at[1].pointer + j * k * n * size, b0 * k * n, b1 * k * n, rsb, csb] as const),
        ...([out.pointer + index * d0 * d1 * rows * n * size, scratch, alpha, beta] as const),
      ),
    );
  },
  gradient(which, { operands, attributes: { transpose, alpha } }, dy) {
    const [a, b] = operands;
    const times = (x: Floats, y: Floats, turned: Transpose) =>
      sumTo(productOf(x, y, turned, alpha), (operands[which] as Floats).shape);
    if (which === 0) {
      if (transpose === "none") return times(dy, b, "b");
      if (transpose === "a") return times(b, dy, "b");
      return transpose === "b" ? times(dy, b, "none") : times(b, dy, "both");
    }
    if (transpose === "none") return times(a, dy, "a");
    if (transpose === "a") return times(a, dy, "none");
    return times(dy, a, transpose === "b" ? "a" : "both");
  },
  scratchBytes: ({ specs, attributes: { transpose } }, kernels) => {
    const { batch, m, n, k, isOne } = sizesOf(specs[0], specs[1], transpose);
    return kernels.gemmScratch(isOne ? countOf(batch) * m : m, n, k);
  },
  flops: ({ specs, attributes: { transpose } }) => {
    const { batch, m, n, k } = sizesOf(specs[0], specs[1], transpose);
    return 2 * countOf(batch) * m * n * k;
  },
};

type Sizes = {
  /** The leading axes of the result, of A and of B. */
  readonly batch: Shape;
  readonly ofA: Shape;
  readonly ofB: Shape;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Of the result. */
  readonly shape: Shape;
  /** Whether B is one matrix, which all rows of A are multiplied by. */
  readonly isOne: boolean;
};

/** @throws {ShapeError} inner sizes that differ, or leading axes that do not broadcast */
function sizesOf(a: { readonly shape: Shape }, b: { readonly shape: Shape }, transpose: Transpose): Sizes {
  const [left, right] = [
    a.shape.length === 1 ? [1, ...a.shape] : a.shape,
    b.shape.length === 1 ? [...b.shape, 1] : b.shape,
  ];
  const [aRows = 0, aColumns = 0] = left.slice(-2);
  const [bRows = 0, bColumns = 0] = right.slice(-2);
  const [m, k] = isATransposed(transpose) ? [aColumns, aRows] : [aRows, aColumns];
  const [n, rowsOfB] = isBTransposed(transpose) ? [bRows, bColumns] : [bColumns, bRows];
  if (k !== rowsOfB) throw innerSizesDiffer(a, b, transpose, { k, rowsOfB });
  const [ofA, ofB] = [left.slice(0, -2), right.slice(0, -2)];
  const batch = broadcastShape(ofA, ofB);
  if (batch === undefined) {
    const expected = `leading axes that broadcast with those of a, ${shownSide(a, isATransposed(transpose))}`;
    throw new ShapeError("matmul", "b", expected, shownSide(b, isBTransposed(transpose)));
  }
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  const isOne = !isATransposed(transpose) && countOf(ofB) === 1 && countOf(ofA) === countOf(batch);
  return { batch, ofA, ofB, m, n, k, shape, isOne };
}

/** The first of A's and B's matrices for each index of the axes before the last two. */
function pairs({ extents, a, b }: Walk): [a: number, b: number][] {
  let all: [number, number][] = [[0, 0]];
  for (const [axis, extent] of extents.slice(0, -2).entries()) {
    all = all.flatMap(([i, j]) =>
      Array.from({ length: extent }, (_, p): [number, number] => [i + p * (a[axis] ?? 0), j + p * (b[axis] ?? 0)]),
    );
  }
  return all;
}

/** @throws {ShapeError} no axis, or a vector that is to be transposed */
function checkSide(argument: string, { shape }: Value, isTransposed: boolean): void {
  if (shape.length === 0) throw new ShapeError("matmul", argument, "at least one axis", show(shape));
  if (isTransposed && shape.length === 1) {
    throw new ShapeError("matmul", argument, "at least two axes, where it is transposed", show(shape));
  }
}
