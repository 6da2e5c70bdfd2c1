/** Every operation as a table: its arguments, what it writes, and which arguments may be written over. */

import { relu, sigmoid, tanh } from "../../src/nn/layers/activations.ts";
import { affine } from "../../src/ops/affine.ts";
import { argmax } from "../../src/ops/argmax.ts";
import { countCorrect } from "../../src/ops/argmax_rows.ts";
import { addBias, columnSums } from "../../src/ops/bias.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { exp, log, reluGradient, sigmoidGradient, tanhGradient } from "../../src/ops/elementwise.ts";
import { gatherIndices, gatherRows } from "../../src/ops/gather.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { compress, densityOf, gatherSparseRows, sparseAffine, sparseAxpy } from "../../src/ops/sparse.ts";
import { meanSquaredError, squaredError } from "../../src/ops/squared_error.ts";
import { axpy, copy, fill } from "../../src/ops/vectors.ts";
import type { Shape } from "../../src/tensor/layout.ts";
import type { SparseMatrix } from "../../src/tensor/sparse.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { DType } from "../../src/wasm/dtype.ts";

type Floats = Tensor<"float32">;
type Indices = Tensor<"int32">;
type Bytes = Tensor<"uint8">;
type SparseFloats = SparseMatrix<"float32">;
type SparseBytes = SparseMatrix<"uint8">;
export type Operands = Readonly<Record<string, Tensor | SparseMatrix>>;
/** What an argument is: a tensor, or the nonzeros of a matrix. */
export type OperandForm = readonly [dtype: DType, shape: Shape, storage?: "sparse" | undefined];

/** One operation, or one way to call it. */
export type Contract = {
  readonly op: string;
  /** Arguments by the names that errors give them. */
  readonly operands: Readonly<Record<string, OperandForm>>;
  /** The argument that is written, and which others it may be. */
  readonly output?: string;
  readonly mayBe?: readonly string[];
  /** Arguments that may have any dtype, or any but uint16. */
  readonly any?: readonly string[];
  readonly castable?: readonly string[];
  readonly call: (operands: Operands) => unknown;
};

const MATRIX = ["float32", [2, 2]] as const;
const ROW = ["float32", [2]] as const;
const LABELS = ["int32", [2]] as const;
const BYTES = ["uint8", [2, 2]] as const;
const SPARSE = ["float32", [2, 2], "sparse"] as const;
const SPARSE_BYTES = ["uint8", [2, 2], "sparse"] as const;

const MAPS = { exp, log, sigmoid, tanh, relu };
const GRADIENTS = { sigmoidGradient, tanhGradient, reluGradient };

/** The option that an operation takes its output by: present only where the output is. */
const into = ({ out }: Operands) => (out === undefined ? {} : { out: out as Floats });
const intoIndices = ({ out }: Operands) => (out === undefined ? {} : { out: out as Indices });
const gradientInto = ({ gradient }: Operands) => (gradient === undefined ? {} : { gradient: gradient as Floats });

export const WITH_OUTPUT: readonly Contract[] = [
  {
    op: "matmul",
    operands: { a: MATRIX, b: MATRIX, out: MATRIX },
    output: "out",
    call: (o) => matmul(o["a"] as Floats, o["b"] as Floats, into(o)),
  },
  {
    op: "affine",
    operands: { x: MATRIX, w: MATRIX, b: ROW, out: MATRIX },
    output: "out",
    call: (o) => affine(o["x"] as Floats, o["w"] as Floats, o["b"] as Floats, into(o)),
  },
  ...Object.entries(MAPS).map(
    ([op, map]): Contract => ({
      op,
      operands: { x: MATRIX, out: MATRIX },
      output: "out",
      mayBe: ["x"],
      call: (o) => map(o["x"] as Floats, into(o)),
    }),
  ),
  ...Object.entries(GRADIENTS).map(
    ([op, mapGradient]): Contract => ({
      op,
      operands: { y: MATRIX, dy: MATRIX, out: MATRIX },
      output: "out",
      mayBe: ["y", "dy"],
      call: (o) => mapGradient(o["y"] as Floats, o["dy"] as Floats, into(o)),
    }),
  ),
  {
    op: "addBias",
    operands: { x: MATRIX, b: ROW, out: MATRIX },
    output: "out",
    mayBe: ["x"],
    call: (o) => addBias(o["x"] as Floats, o["b"] as Floats, into(o)),
  },
  {
    op: "columnSums",
    operands: { x: MATRIX, out: ROW },
    output: "out",
    call: (o) => columnSums(o["x"] as Floats, into(o)),
  },
  {
    op: "softmax",
    operands: { z: MATRIX, out: MATRIX },
    output: "out",
    mayBe: ["z"],
    call: (o) => softmax(o["z"] as Floats, into(o)),
  },
  {
    op: "softmaxCrossEntropy",
    operands: { z: MATRIX, t: LABELS, gradient: MATRIX },
    output: "gradient",
    mayBe: ["z"],
    call: (o) => softmaxCrossEntropy(o["z"] as Floats, o["t"] as Indices, gradientInto(o)),
  },
  {
    op: "softmaxCrossEntropy",
    operands: { z: MATRIX, t: MATRIX, gradient: MATRIX },
    output: "gradient",
    mayBe: ["z"],
    call: (o) => softmaxCrossEntropy(o["z"] as Floats, o["t"] as Floats, gradientInto(o)),
  },
  {
    op: "squaredError",
    operands: { y: MATRIX, t: MATRIX, gradient: MATRIX },
    output: "gradient",
    mayBe: ["y", "t"],
    call: (o) => squaredError(o["y"] as Floats, o["t"] as Floats, gradientInto(o)),
  },
  {
    op: "meanSquaredError",
    operands: { y: MATRIX, t: MATRIX, gradient: MATRIX },
    output: "gradient",
    mayBe: ["y", "t"],
    call: (o) => meanSquaredError(o["y"] as Floats, o["t"] as Floats, gradientInto(o)),
  },
  {
    op: "argmax",
    operands: { x: MATRIX, out: LABELS },
    castable: ["x"],
    output: "out",
    call: (o) => argmax(o["x"] as Floats, intoIndices(o)),
  },
  {
    op: "gatherIndices",
    operands: { x: LABELS, indices: LABELS, out: LABELS },
    output: "out",
    call: (o) => gatherIndices(o["x"] as Indices, o["indices"] as Indices, intoIndices(o)),
  },
  {
    op: "sparseAffine",
    operands: { x: SPARSE, w: MATRIX, b: ROW, out: MATRIX },
    output: "out",
    call: (o) => sparseAffine(o["x"] as SparseFloats, o["w"] as Floats, o["b"] as Floats, into(o)),
  },
];

/** Operations whose output is an argument of its own, or that write nothing. */
export const IN_PLACE: readonly Contract[] = [
  {
    op: "axpy",
    operands: { x: MATRIX, y: MATRIX },
    output: "y",
    mayBe: ["x"],
    call: (o) => axpy(2, o["x"] as Floats, o["y"] as Floats),
  },
  {
    op: "copy",
    operands: { x: MATRIX, y: MATRIX },
    any: ["x"],
    output: "y",
    mayBe: ["x"],
    call: (o) => copy(o["x"] as Floats, o["y"] as Floats),
  },
  { op: "fill", operands: { y: MATRIX }, any: ["y"], call: (o) => fill(o["y"] as Floats, 1) },
  {
    op: "countCorrect",
    operands: { x: MATRIX, labels: LABELS },
    call: (o) => countCorrect(o["x"] as Floats, o["labels"] as Indices),
  },
  {
    op: "gatherRows",
    operands: { x: BYTES, indices: LABELS, y: MATRIX },
    output: "y",
    call: (o) => gatherRows(o["x"] as Bytes, o["indices"] as Indices, o["y"] as Floats),
  },
  {
    op: "sparseAxpy",
    operands: { x: SPARSE, d: MATRIX, w: MATRIX },
    output: "w",
    call: (o) => sparseAxpy(2, o["x"] as SparseFloats, o["d"] as Floats, o["w"] as Floats),
  },
  {
    op: "gatherSparseRows",
    operands: { x: SPARSE_BYTES, indices: LABELS, y: SPARSE },
    call: (o) => gatherSparseRows(o["x"] as SparseBytes, o["indices"] as Indices, o["y"] as SparseFloats),
  },
  { op: "compress", operands: { x: BYTES }, call: (o) => compress(o["x"] as Bytes) },
  { op: "densityOf", operands: { x: BYTES }, call: (o) => densityOf(o["x"] as Bytes) },
];
