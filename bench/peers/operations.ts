/**
 * `npm run bench:peers -- --operations`: operations by family, for the engines that have them as functions. Float32; indices are
 * int32.
 */
import { RandomState } from "lanegrad";
import type { WorkItem } from "./work.ts";

/** An operand: its shape and elements. */
export type Operand = { readonly shape: readonly number[]; readonly values: Float32Array | Int32Array };

/** Operations by the names that the engines know them by; an operand after the other. */
export type OperationWork = {
  readonly kind: "operation";
  readonly f: OperationName;
  readonly operands: readonly Operand[];
};

/** What an engine's functions are of: its own tensors. */
export type Functions<T> = { readonly [F in OperationName]?: (...x: T[]) => T };

export type OperationName = (typeof ROWS)[number][1];

/** Which family, which function, of operands of which shapes; `rows` are indices of rows of the first. */
const ROWS = [
  [
    "elementwise",
    "add",
    [
      [1000, 1000],
      [1000, 1000],
    ],
  ],
  ["elementwise", "addRow", [[1000, 1000], [1000]]],
  [
    "elementwise",
    "mul",
    [
      [1000, 1000],
      [1000, 1000],
    ],
  ],
  [
    "elementwise",
    "div",
    [
      [1000, 1000],
      [1000, 1000],
    ],
  ],
  [
    "elementwise",
    "maximum",
    [
      [1000, 1000],
      [1000, 1000],
    ],
  ],
  ["elementwise", "relu", [[1000, 1000]]],
  ["elementwise", "abs", [[1000, 1000]]],
  ["elementwise", "sqrt", [[1000, 1000]]],
  ["elementwise", "exp", [[1000, 1000]]],
  ["elementwise", "log", [[1000, 1000]]],
  ["elementwise", "sigmoid", [[1000, 1000]]],
  ["elementwise", "tanh", [[1000, 1000]]],
  ["elementwise", "sin", [[1000, 1000]]],
  ["reductions", "sum", [[1000, 1000]]],
  ["reductions", "sumColumns", [[1000, 1000]]],
  ["reductions", "sumRows", [[1000, 1000]]],
  ["reductions", "sumRows", [[100_000, 10]]],
  ["reductions", "maxColumns", [[1000, 1000]]],
  ["reductions", "maxRows", [[1000, 1000]]],
  ["reductions", "argmaxRows", [[1000, 1000]]],
  ["softmax", "softmax", [[1000, 1000]]],
  ["softmax", "softmax", [[100_000, 10]]],
  ["transposes", "transpose", [[1000, 1000]]],
  ["transposes", "transpose", [[1024, 1024]]],
  ["transposes", "transpose0213", [[32, 64, 32, 64]]],
  ["transposes", "transpose0312", [[32, 64, 32, 64]]],
  ["transposes", "transpose3210", [[32, 64, 32, 64]]],
  ["transposes", "transpose0312", [[64, 64, 64, 3]]],
  [
    "products",
    "matmul",
    [
      [64, 64, 64],
      [64, 64, 64],
    ],
  ],
  [
    "products",
    "matmul",
    [
      [16, 128, 128],
      [16, 128, 128],
    ],
  ],
  [
    "products",
    "matmul",
    [
      [1024, 16, 16],
      [1024, 16, 16],
    ],
  ],
  [
    "products",
    "matmulTransposed",
    [
      [64, 64, 64],
      [64, 64, 64],
    ],
  ],
  [
    "products",
    "matmul",
    [
      [64, 64, 64],
      [1, 64, 64],
    ],
  ],
  ["rows", "gather", [[10_000, 64], "rows"]],
  ["rows", "gather", [[10_000, 8], "rows"]],
  ["rows", "scatterAdd", [[10_000, 64], "rows"]],
  ["order", "sort", [[1_000_000]]],
  ["order", "sort", [[1000, 1000]]],
  ["order", "top10", [[1000, 1000]]],
  ["cumulative", "cumsum", [[1000, 1000]]],
  ["cumulative", "cumsumColumns", [[1000, 1000]]],
] as const;

/** Rows of the result of `scatterAdd`. */
export const SCATTERED = 1000;

/** Operations whose operands are positive. */
const POSITIVE: readonly string[] = ["div", "sqrt", "log"];

export function operationItems(): WorkItem[] {
  return ROWS.map(([family, f, shapes]) => {
    const shown = shapes.map((shape) => (shape === "rows" ? shape : shape.join("×"))).join(", ");
    const make = (): OperationWork => ({
      kind: "operation",
      f,
      operands: shapes.map((shape) => operandOf(f, shape, shapes[0])),
    });
    return { name: `${family}: ${f} ${shown}`, make };
  });
}

function operandOf(f: OperationName, shape: readonly number[] | "rows", [rows = 0]: readonly number[]): Operand {
  const random = new RandomState(1);
  if (shape === "rows") {
    const bound = f === "scatterAdd" ? SCATTERED : rows;
    return { shape: [rows], values: Int32Array.from(random.rand(rows), (draw) => Math.floor(bound * draw)) };
  }
  const size = shape.reduce((product, extent) => product * extent, 1);
  const [scale, shift] = POSITIVE.includes(f) ? [4, 0.5] : [8, -4];
  return { shape, values: Float32Array.from(random.rand(size), (draw) => scale * draw + shift) };
}
