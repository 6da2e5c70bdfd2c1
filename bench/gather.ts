/** How a minibatch comes about: drawing indices, picking rows and labels. */
import {
  compress,
  type Dataset,
  type Engine,
  gatherIndices,
  gatherRows,
  gatherSparseRows,
  RandomState,
  SparseMatrix,
  tensor,
  zeros,
} from "lanegrad";
import { type Case, distanceOf, ROUNDING, type Trial, tensorTrial } from "./case.ts";
import { plainKernels } from "./plain/copies.ts";
import type { Floats } from "./plain/kernels.ts";

const BATCH = 100;
const POPULATION = 60_000;
/** `numpy.random.RandomState(0).choice(60000, 100)[:5]` */
const FIRST_CHOICES = [2732, 43567, 42613, 52416, 45891];
const DTYPE = "float32";

export function gatherCases(digits: Dataset<Uint8Array>): Case[] {
  const pixels = BATCH * digits.size;
  const shape = `${BATCH}x${digits.size}`;
  return [
    { name: `gather ${shape}`, elements: pixels, dtype: DTYPE, prepare: (engine) => denseTrial(engine, digits) },
    {
      name: `gather sparse ${shape}`,
      elements: pixels,
      dtype: DTYPE,
      prepare: (engine) => sparseTrial(engine, digits),
    },
    { name: `gather labels ${BATCH}`, elements: BATCH, dtype: DTYPE, prepare: (engine) => labelTrial(engine, digits) },
    { name: `random.choice ${POPULATION} ${BATCH}`, elements: BATCH, dtype: DTYPE, prepare: choiceTrial },
  ];
}

function denseTrial(engine: Engine, digits: Dataset<Uint8Array>): Trial {
  const { inputs, size, scale } = digits;
  const x = tensor(engine, inputs, { shape: [digits.length, size] });
  const chosen = new RandomState(1).choice(digits.length, BATCH);
  const [indices, y] = [tensor(engine, chosen), zeros(engine, [BATCH, size])];
  const plainY = new Float32Array(BATCH * size);
  return tensorTrial({
    run: () => {
      gatherRows(x, indices, y, scale);
      return y;
    },
    plain: () => plainGather(digits, chosen, plainY),
    reference: () => plainGather(digits, chosen, new Float64Array(BATCH * size)),
    scale: "wanted",
    tolerance: 3 * ROUNDING[DTYPE],
    owned: [x, indices, y],
  });
}

/** Plain JavaScript gathers the same rows without leaving out their zeros. */
function sparseTrial(engine: Engine, digits: Dataset<Uint8Array>): Trial {
  const { inputs, size, scale } = digits;
  const dense = tensor(engine, inputs, { shape: [digits.length, size] });
  const x = compress(dense);
  const chosen = new RandomState(1).choice(digits.length, BATCH);
  const indices = tensor(engine, chosen);
  const y = new SparseMatrix(engine, [BATCH, size], { dtype: DTYPE, maxRowNonzeros: x.maxRowNonzeros });
  const plainY = new Float32Array(BATCH * size);
  return {
    run: () => {
      gatherSparseRows(x, indices, y, scale);
      return y.values.data[0]!;
    },
    plain: () => plainGather(digits, chosen, plainY)[0]!,
    residual: () => {
      gatherSparseRows(x, indices, y, scale);
      return distanceOf(spreadOut(y), plainGather(digits, chosen, new Float64Array(BATCH * size)), "wanted");
    },
    tolerance: 3 * ROUNDING[DTYPE],
    owned: [dense, x, indices, y],
  };
}

function labelTrial(engine: Engine, digits: Dataset<Uint8Array>): Trial {
  const x = tensor(engine, digits.labels, { dtype: "int32" });
  const chosen = new RandomState(1).choice(digits.length, BATCH);
  const [indices, y] = [tensor(engine, chosen), zeros(engine, [BATCH], { dtype: "int32" })];
  const options = { out: y };
  const labels = new Int32Array(BATCH);
  const plain = () => {
    for (let i = 0; i < BATCH; i++) labels[i] = digits.labels[chosen[i]!]!;
    return labels;
  };
  return tensorTrial({
    run: () => gatherIndices(x, indices, options),
    plain,
    reference: plain,
    tolerance: 0,
    owned: [x, indices, y],
  });
}

/** Plain JavaScript draws from `Math.random`, which cannot be seeded. */
function choiceTrial(): Trial {
  const random = new RandomState(0);
  const options = { out: new Int32Array(BATCH) };
  const indices = new Int32Array(BATCH);
  return {
    run: () => random.choice(POPULATION, BATCH, options)[0]!,
    plain: () => {
      for (let i = 0; i < BATCH; i++) indices[i] = Math.floor(POPULATION * Math.random());
      return indices[0]!;
    },
    residual: () => {
      const first = new RandomState(0).choice(POPULATION, BATCH).subarray(0, FIRST_CHOICES.length);
      return distanceOf(first, FIRST_CHOICES);
    },
    tolerance: 0,
    owned: [],
  };
}

function plainGather({ inputs, size, scale }: Dataset<Uint8Array>, indices: Int32Array, y: Floats): Floats {
  const { gatherRows } = plainKernels(y instanceof Float32Array ? "float32" : "float64");
  return gatherRows(size, inputs, indices, y, scale);
}

/** Sparse rows with their zeros. */
function spreadOut({ shape: [m, k], starts, columns, values }: SparseMatrix<"float32">): Float32Array {
  const dense = new Float32Array(m * k);
  for (let i = 0; i < m; i++) {
    for (let q = starts.data[i]!; q < starts.data[i + 1]!; q++) dense[i * k + columns.data[q]!] = values.data[q]!;
  }
  return dense;
}
