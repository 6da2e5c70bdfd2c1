/** Products with rows that are mostly zero, on a minibatch of digits: operations are counted for the nonzeros alone. */
import {
  compress,
  type Dataset,
  type Engine,
  gatherSparseRows,
  RandomState,
  SparseMatrix,
  sparseAffine,
  sparseAxpy,
  type Tensor,
  tensor,
  zeros,
} from "lanegrad";
import { type Case, ROUNDING, sizeOf, type Trial, tensorTrial } from "./case.ts";
import { plainKernels } from "./plain/copies.ts";
import type { SparseRows } from "./plain/kernels.ts";

const M = 100;
const DTYPE = "float32";
const doubles = plainKernels("float64");

export function sparseCases(digits: Dataset<Uint8Array>): Case[] {
  return [50, 512].flatMap((n) => [
    sparseCase(digits, "sparseAffine", n, affineTrial),
    sparseCase(digits, "sparseAxpy", n, axpyTrial),
  ]);
}

type SparseTrial = (engine: Engine, digits: Dataset<Uint8Array>, n: number) => Trial;

function sparseCase(digits: Dataset<Uint8Array>, name: string, n: number, trial: SparseTrial): Case {
  let nonzeros = 0;
  for (const byte of digits.inputs.subarray(0, M * digits.size)) if (byte !== 0) nonzeros++;
  return {
    name: `${name} ${M}x${digits.size}x${n}`,
    flops: 2 * nonzeros * n,
    dtype: DTYPE,
    prepare: (engine) => trial(engine, digits, n),
  };
}

function affineTrial(engine: Engine, digits: Dataset<Uint8Array>, n: number): Trial {
  const { x, rows } = batchOf(engine, digits);
  const random = new RandomState(1);
  const [weights, bias] = [Float32Array.from(random.rand(digits.size * n)), Float32Array.from(random.rand(n))];
  const [w, b] = [tensor(engine, weights, { shape: [digits.size, n] }), tensor(engine, bias)];
  const z = zeros(engine, [M, n]);
  const options = { out: z };
  const plainZ = new Float32Array(M * n);
  return tensorTrial({
    run: () => sparseAffine(x, w, b, options),
    plain: () => plainKernels(DTYPE).sparseAffine(n, rows, weights, bias, plainZ),
    reference: () =>
      doubles.sparseAffine(
        n,
        doubled(rows),
        Float64Array.from(weights),
        Float64Array.from(bias),
        new Float64Array(M * n),
      ),
    scale: "wanted",
    tolerance: digits.size * ROUNDING[DTYPE],
    owned: [x, w, b, z],
  });
}

function axpyTrial(engine: Engine, digits: Dataset<Uint8Array>, n: number): Trial {
  const { x, rows } = batchOf(engine, digits);
  const random = new RandomState(1);
  const alpha = 1e-6; // w grows with every run, slowly enough
  const [weights, deltas] = [Float32Array.from(random.rand(digits.size * n)), Float32Array.from(random.rand(M * n))];
  const [w, d] = [tensor(engine, weights, { shape: [digits.size, n] }), tensor(engine, deltas, { shape: [M, n] })];
  const wanted = Float64Array.from(weights);
  return tensorTrial({
    run: () => {
      sparseAxpy(alpha, x, d, w);
      return w;
    },
    plain: () => plainKernels(DTYPE).sparseAxpy(alpha, n, rows, deltas, weights),
    reference: () => doubles.sparseAxpy(alpha, n, doubled(rows), Float64Array.from(deltas), wanted),
    tolerance: M * ROUNDING[DTYPE] * sizeOf(weights),
    owned: [x, w, d],
  });
}

/** The first digits as sparse rows, and copies of them for plain JavaScript. */
function batchOf(
  engine: Engine,
  { inputs, size, scale }: Dataset<Uint8Array>,
): { readonly x: SparseMatrix<"float32">; readonly rows: SparseRows } {
  const dense = tensor(engine, inputs.subarray(0, M * size), { shape: [M, size] });
  const bytes = compress(dense);
  const indices: Tensor<"int32"> = tensor(
    engine,
    Int32Array.from({ length: M }, (_, i) => i),
  );
  const x = new SparseMatrix(engine, [M, size], { dtype: DTYPE, maxRowNonzeros: bytes.maxRowNonzeros });
  gatherSparseRows(bytes, indices, x, scale);
  for (const each of [dense, bytes, indices]) each.dispose();
  const rows = { starts: x.starts.data.slice(), columns: x.columns.data.slice(), values: x.values.data.slice() };
  return { x, rows };
}

function doubled({ starts, columns, values }: SparseRows): SparseRows {
  return { starts, columns, values: Float64Array.from(values) };
}
