/**
 * What follows from PA = LU with partial pivoting: solutions of linear equations, inverses, determinants; and solutions with
 * a triangular matrix. Gradients: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
 * differentiation" (2008).
 */
import { ShapeError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Expression, Value } from "../../tensor/expression.ts";
import { countOf, type Shape, show } from "../../tensor/layout.ts";
import type { Call, Operation, Step, TensorSpec, UnboundCall } from "../../tensor/operation.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatKernels, Pointer } from "../../wasm/abi.ts";
import { bytesPerElement, type FloatType } from "../../wasm/dtype.ts";
import { mul } from "../binary.ts";
import { checkAlike, checkFloat, checkMatrix } from "../check.ts";
import { bytesOf, operate } from "../operation.ts";
import { product } from "../product.ts";
import { reshape } from "../rows.ts";
import { transpose } from "../transpose.ts";
import {
  aligned,
  luSteps,
  type Maker,
  panelBytes,
  rowsAt,
  solveSteps,
  swapRows,
  triangularAt,
  viewer,
} from "./blocked.ts";
import { LinAlgError } from "./error.ts";
import { checkTriangle, type Triangle, triangleOf } from "./triangle.ts";

type FloatExpression = Expression<FloatType>;

/**
 * x of ax = b, by LU with partial pivoting.
 *
 * @param a n × n
 * @param b n, or n × m for m right sides
 * @returns x, of b's shape: a tensor of its own, or an expression
 * @throws {ShapeError} a is not square, or b has another number of rows
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {LinAlgError} a is singular: a pivot is exactly 0; of an expression, when its program runs
 * @example
 * using a = tensor(engine, [[3, 1], [1, 2]], { dtype: "float64" });
 * using b = tensor(engine, [9, 8], { dtype: "float64" });
 * using x = solve(a, b);
 * x.toArray(); // → [2, 3]
 */
export function solve<D extends FloatType>(a: Tensor<D>, b: Tensor<D>): Tensor<D>;
export function solve<D extends FloatType>(a: Value<D>, b: Value<D>): Expression<D>;
export function solve<D extends FloatType>(a: Value<D>, b: Value<D>): Value<D> {
  return operate(SOLVE, [a, b], {});
}

const SOLVE: Operation = {
  name: "solve",
  spec: ([a, b]) => specOfSolution("solve", a as Value, b as Value),
  bind(call) {
    const { kernels, specs, at, out } = call;
    return [
      kernels.copy(countOf(specs[1].shape), at[1].pointer, out.pointer),
      ...solutionSteps("solve", call, columnsOf(specs[1])),
    ];
  },
  gradient(which, { operands: [a, b], result: x }, dy) {
    const db = solve(transpose(a), dy) as FloatExpression;
    if (which === 1) return db;
    const column = [b.shape[0] ?? 0, columnsOf(b)];
    return product(reshape(db, column), reshape(x, column), "b", -1);
  },
  scratchBytes: luBytes,
  flops: ({ specs: [a, b] }) => luFlops(a) + 2 * countOf(a.shape) * columnsOf(b),
};

/**
 * The inverse a⁻¹, by LU with partial pivoting. For a⁻¹b, `solve(a, b)` is faster and more accurate.
 *
 * @param a n × n
 * @returns n × n: a tensor of its own, or an expression
 * @throws {ShapeError} not a square matrix
 * @throws {DTypeError} integers
 * @throws {LinAlgError} a is singular: a pivot is exactly 0; of an expression, when its program runs
 * @example
 * using a = tensor(engine, [[2, 0], [0, 4]]);
 * using inverted = inverse(a);
 * inverted.toArray(); // → [[0.5, 0], [0, 0.25]]
 */
export function inverse<D extends FloatType>(a: Tensor<D>): Tensor<D>;
export function inverse<D extends FloatType>(a: Expression<D>): Expression<D>;
export function inverse<D extends FloatType>(a: Value<D>): Value<D>;
export function inverse<D extends FloatType>(a: Value<D>): Value<D> {
  return operate(INVERSE, [a], {});
}

const INVERSE: Operation = {
  name: "inverse",
  spec([a]) {
    checkSquare("inverse", "a", a as Value);
    return { dtype: (a as Value).dtype, shape: (a as Value).shape };
  },
  bind(call) {
    const { kernels, memory, result, out } = call;
    const [n = 0] = result.shape;
    const identity = viewer(memory, result.dtype as FloatType, out.pointer, n * n);
    return [
      kernels.fill(n * n, out.pointer, 0),
      () => {
        const view = identity();
        for (let i = 0; i < n; i++) view[i * (n + 1)] = 1;
      },
      ...solutionSteps("inverse", call, n),
    ];
  },
  gradient: (_, { result: c }, dc) => product(product(c, dc, "a"), c, "b", -1),
  scratchBytes: luBytes,
  flops: ({ specs: [a] }) => luFlops(a) + 2 * (a.shape[0] ?? 0) * countOf(a.shape),
};

/**
 * The determinant: the product of LU's pivots, in float64; 0 of a singular matrix, 1 of one without elements. Its gradient,
 * det(a) · a⁻ᵀ, needs an invertible matrix.
 *
 * @param a n × n
 * @returns a scalar: a tensor of its own, or an expression
 * @throws {ShapeError} not a square matrix
 * @throws {DTypeError} integers
 * @example
 * using a = tensor(engine, [[1, 2], [3, 4]], { dtype: "float64" });
 * using d = det(a);
 * d.toArray(); // → -2
 */
export function det<D extends FloatType>(a: Tensor<D>): Tensor<D>;
export function det<D extends FloatType>(a: Expression<D>): Expression<D>;
export function det<D extends FloatType>(a: Value<D>): Value<D>;
export function det<D extends FloatType>(a: Value<D>): Value<D> {
  return operate(DET, [a], {});
}

const DET: Operation = {
  name: "det",
  spec([a]) {
    checkSquare("det", "a", a as Value);
    return { dtype: (a as Value).dtype, shape: [] };
  },
  bind(call) {
    const { memory, specs, result, out } = call;
    const [n = 0] = specs[0].shape;
    const dtype = result.dtype as FloatType;
    const { work, pivots, steps } = factored(call, () => {});
    const [matrix, order] = [viewer(memory, dtype, work, n * n), viewer(memory, "int32", pivots, n)];
    const value = viewer(memory, dtype, out.pointer, 1);
    return [
      ...steps,
      () => {
        value()[0] = pivotProduct(matrix(), order(), n);
      },
    ];
  },
  gradient: (_, { operands: [a], result }, dy) => mul(mul(dy, result), transpose(inverse(a))),
  scratchBytes: luBytes,
  flops: ({ specs: [a] }) => luFlops(a),
};

/** Powers of two that keep products of two numbers within range. */
const [LARGE, SMALL] = [2 ** 400, 2 ** -400];

/** ± the product of the diagonal, which neither overflows nor underflows on the way. */
function pivotProduct(a: ArrayLike<number>, pivots: Int32Array, n: number): number {
  let [value, shifts] = [1, 0];
  const within = (x: number): number => {
    if (x === 0 || x - x !== 0) return x; // 0, ∞, NaN
    let y = x;
    for (; Math.abs(y) > LARGE; shifts++) y *= SMALL;
    for (; Math.abs(y) < SMALL; shifts--) y *= LARGE;
    return y;
  };
  for (let j = 0; j < n; j++) {
    const pivot = within(a[j * (n + 1)]!);
    value = within(value * (pivots[j] === j ? pivot : -pivot));
  }
  for (; shifts > 0; shifts--) value *= LARGE;
  for (; shifts < 0; shifts++) value *= SMALL;
  return value;
}

/** How a triangular matrix is read. */
export type TriangularOptions = {
  /** Which triangle of t is read; default `"lower"`. The other one may hold anything. */
  readonly triangle?: Triangle;
  /** `"a"` solves tᵀx = b, as `matmul`; default `"none"`. */
  readonly transpose?: "none" | "a";
};

type TriangularAttributes = Required<TriangularOptions>;

/**
 * x of tx = b, or of tᵀx = b, for a triangular matrix t, by substitution: with `cholesky`, the solution for many right sides.
 *
 * @param t n × n, of which a triangle is read
 * @param b n, or n × m for m right sides
 * @returns x, of b's shape: a tensor of its own, or an expression
 * @throws {ShapeError} t is not square, or b has another number of rows
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} an unknown triangle or transpose
 * @throws {LinAlgError} an element of the diagonal is 0; of an expression, when its program runs
 * @example
 * using t = tensor(engine, [[2, 0], [1, 4]]);
 * using b = tensor(engine, [2, 9]);
 * using x = solveTriangular(t, b);
 * x.toArray(); // → [1, 2]
 */
export function solveTriangular<D extends FloatType>(
  t: Tensor<D>,
  b: Tensor<D>,
  options?: TriangularOptions,
): Tensor<D>;
export function solveTriangular<D extends FloatType>(
  t: Value<D>,
  b: Value<D>,
  options?: TriangularOptions,
): Expression<D>;
export function solveTriangular<D extends FloatType>(
  t: Value<D>,
  b: Value<D>,
  options: TriangularOptions = {},
): Value<D> {
  checkOptions<TriangularOptions>("solveTriangular", options, { triangle: 1, transpose: 1 });
  const { triangle = "lower", transpose: side = "none" } = options;
  checkTriangle("solveTriangular", triangle, side);
  return operate(SOLVE_TRIANGULAR, [t, b], { triangle, transpose: side });
}

const SOLVE_TRIANGULAR: Operation<TriangularAttributes> = {
  name: "solveTriangular",
  spec: ([t, b]) => specOfSolution("solveTriangular", t as Value, b as Value, "t"),
  bind(call) {
    const { kernels, memory, specs, attributes, at, out } = call;
    const [n = 0] = specs[0].shape;
    const m = columnsOf(specs[1]);
    const maker = { kernels, memory, dtype: specs[0].dtype as FloatType, scratch: call.scratch };
    const stored = triangularAt(rowsAt(memory, maker.dtype, at[0].pointer, n, n), attributes.triangle);
    const other = stored.triangle === "lower" ? "upper" : "lower";
    const t =
      attributes.transpose === "none" ? stored : { ...stored, rows: 1, columns: n, triangle: other as Triangle };
    return [
      () => {
        const view = stored.view();
        for (let j = 0; j < n; j++)
          if (view[j * (n + 1)] === 0) throw new LinAlgError("solveTriangular", "t", "singular", j);
      },
      kernels.copy(n * m, at[1].pointer, out.pointer),
      ...solveSteps(maker, t, rowsAt(memory, maker.dtype, out.pointer, n, m), n, m),
    ];
  },
  gradient(which, { operands: [t, b], attributes: { triangle, transpose: side }, result: x }, dy) {
    const db = solveTriangular(t, dy, { triangle, transpose: side === "none" ? "a" : "none" }) as FloatExpression;
    if (which === 1) return db;
    const column = [b.shape[0] ?? 0, columnsOf(b)];
    const [left, right] = side === "none" ? [db, x] : [x, db];
    return triangleOf(product(reshape(left, column), reshape(right, column), "b", -1), triangle);
  },
  scratchBytes: ({ specs: [t, b] }, kernels) => productBytes(kernels, t.shape[0] ?? 0, columnsOf(b)),
  flops: ({ specs: [t, b] }) => countOf(t.shape) * columnsOf(b),
};

/** Out ← a⁻¹ · out, for m columns; a is copied to the scratch first. */
function solutionSteps(op: string, call: Call, m: number): Step[] {
  const { memory, specs, out } = call;
  const [n = 0] = specs[0].shape;
  const { maker, work, pivots, steps } = factored(call, (pivot) => {
    throw new LinAlgError(op, "a", "singular", pivot);
  });
  const x = rowsAt(memory, maker.dtype, out.pointer, n, m);
  const order = viewer(memory, "int32", pivots, n);
  const lu = rowsAt(memory, maker.dtype, work, n, n);
  return [
    ...steps,
    () => {
      const [view, rows] = [x.view(), order()];
      for (let j = 0; j < n; j++) if (rows[j] !== j) swapRows(view, m, j, rows[j]!);
    },
    ...solveSteps(maker, { ...triangularAt(lu, "lower"), isUnit: true }, x, n, m),
    ...solveSteps(maker, triangularAt(lu, "upper"), x, n, m),
  ];
}

type Places = {
  readonly maker: Maker;
  readonly work: Pointer;
  readonly pivots: Pointer;
  readonly panel: Pointer;
};

/** PA = LU of the first operand, in the scratch. */
function factored(call: Call, onZero: (pivot: number) => void): Places & { readonly steps: Step[] } {
  const { kernels, memory, specs, at } = call;
  const [n = 0] = specs[0].shape;
  const places = placesOf(call, n);
  const { maker, work } = places;
  return {
    ...places,
    steps: [
      kernels.copy(n * n, at[0].pointer, work),
      ...luSteps(maker, n, rowsAt(memory, maker.dtype, work, n, n), places, onZero),
    ],
  };
}

/** Scratch: the matrix, its pivots, and what products need. */
function placesOf(
  { kernels, memory, specs, scratch }: Pick<Call<never>, "kernels" | "memory" | "specs" | "scratch">,
  n: number,
): Places {
  const dtype = specs[0].dtype as FloatType;
  const pivots = scratch + aligned(n * n * bytesPerElement(dtype));
  const panel = pivots + aligned(4 * n);
  return { maker: { kernels, memory, dtype, scratch: panel + panelBytes(n, dtype) }, work: scratch, pivots, panel };
}

function luBytes({ specs }: UnboundCall, kernels: FloatKernels): number {
  const [a, b] = specs;
  const [n = 0] = a.shape;
  const m = Math.max(n, b === undefined ? 0 : columnsOf(b as TensorSpec));
  return aligned(bytesOf(a)) + aligned(4 * n) + panelBytes(n, a.dtype as FloatType) + productBytes(kernels, n, m);
}

/** Scratch of the largest product of a factorization, or of a solution with m right sides. */
export function productBytes(kernels: FloatKernels, n: number, m: number): number {
  return kernels.gemmScratch(n, m, n);
}

/** ⅔n³. */
function luFlops({ shape }: TensorSpec): number {
  return (2 * (shape[0] ?? 0) * countOf(shape)) / 3;
}

/** Right sides of a vector or a matrix. */
function columnsOf({ shape }: { readonly shape: Shape }): number {
  return shape[1] ?? 1;
}

/** @throws {ShapeError} not a square matrix */
export function checkSquare(op: string, argument: string, x: Value): void {
  checkFloat(op, argument, x);
  checkMatrix(op, argument, x);
  if (x.shape[0] !== x.shape[1]) throw new ShapeError(op, argument, "a square matrix", show(x.shape));
}

function specOfSolution(op: string, a: Value, b: Value, argument = "a"): TensorSpec {
  checkSquare(op, argument, a);
  checkAlike(op, "b", b, a);
  const [n = 0] = a.shape;
  if (b.shape.length !== 1 && b.shape.length !== 2) throw new ShapeError(op, "b", "1 or 2 axes", show(b.shape));
  if (b.shape[0] !== n) throw new ShapeError(op, "b", `${n} rows, as ${argument} ${show(a.shape)} has`, show(b.shape));
  return { dtype: b.dtype, shape: b.shape };
}
