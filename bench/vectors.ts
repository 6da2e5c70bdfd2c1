/** Vectors and bias rows: what a step does between its products. */
import { addBias, axpy, columnSums, copy, type Engine, fill, RandomState, tensor, zeros } from "lanegrad";
import { arrayOf, type Case, ROUNDING, type Trial, tensorTrial } from "./case.ts";
import { plainKernels } from "./plain/copies.ts";

const DTYPE = "float32";
const SIZE = 1_000_000;
const plain = plainKernels(DTYPE);
const doubles = plainKernels("float64");

export function vectorCases(): Case[] {
  return [
    { name: "axpy 1e6", elements: SIZE, dtype: DTYPE, prepare: axpyTrial },
    { name: "fill 1e6", elements: SIZE, dtype: DTYPE, prepare: fillTrial },
    { name: "copy 1e6", elements: SIZE, dtype: DTYPE, prepare: copyTrial },
    biasCase("addBias", 100, 50, addBiasTrial),
    biasCase("addBias", 128, 512, addBiasTrial),
    biasCase("columnSums", 100, 50, columnSumsTrial),
    biasCase("columnSums", 128, 512, columnSumsTrial),
  ];
}

function axpyTrial(engine: Engine): Trial {
  const random = new RandomState(1);
  const alpha = 1e-6; // y grows with every run, slowly enough
  const [left, right] = [Float32Array.from(random.rand(SIZE)), Float32Array.from(random.rand(SIZE))];
  const [x, y] = [tensor(engine, left), tensor(engine, right)];
  const wanted = Float64Array.from(right);
  return tensorTrial({
    run: () => {
      axpy(alpha, x, y);
      return y;
    },
    plain: () => plain.axpy(alpha, left, right),
    reference: () => doubles.axpy(alpha, Float64Array.from(left), wanted),
    tolerance: 4 * ROUNDING[DTYPE],
    owned: [x, y],
  });
}

function fillTrial(engine: Engine): Trial {
  const y = zeros(engine, [SIZE]);
  const values = new Float32Array(SIZE);
  return tensorTrial({
    run: () => {
      fill(y, 0.5);
      return y;
    },
    plain: () => values.fill(0.5),
    reference: () => new Float64Array(SIZE).fill(0.5),
    tolerance: 0,
    owned: [y],
  });
}

function copyTrial(engine: Engine): Trial {
  const from = Float32Array.from(new RandomState(1).rand(SIZE));
  const to = new Float32Array(SIZE);
  const [x, y] = [tensor(engine, from), zeros(engine, [SIZE])];
  return tensorTrial({
    run: () => {
      copy(x, y);
      return y;
    },
    plain: () => {
      to.set(from);
      return to;
    },
    reference: () => from,
    tolerance: 0,
    owned: [x, y],
  });
}

function biasCase(name: string, m: number, n: number, trial: (engine: Engine, m: number, n: number) => Trial): Case {
  return { name: `${name} ${m}x${n}`, elements: m * n, dtype: DTYPE, prepare: (engine) => trial(engine, m, n) };
}

function addBiasTrial(engine: Engine, m: number, n: number): Trial {
  const random = new RandomState(1);
  const [matrix, row] = [arrayOf(DTYPE, random.rand(m * n)), arrayOf(DTYPE, random.rand(n))];
  const [x, b, y] = [tensor(engine, matrix, { shape: [m, n] }), tensor(engine, row), zeros(engine, [m, n])];
  const options = { out: y };
  const sums = new Float32Array(m * n);
  return tensorTrial({
    run: () => addBias(x, b, options),
    plain: () => plain.addBias(m, n, matrix, row, sums),
    reference: () => doubles.addBias(m, n, Float64Array.from(matrix), Float64Array.from(row), new Float64Array(m * n)),
    tolerance: 2 * ROUNDING[DTYPE],
    owned: [x, b, y],
  });
}

function columnSumsTrial(engine: Engine, m: number, n: number): Trial {
  const matrix = Float32Array.from(new RandomState(1).rand(m * n));
  const [x, y] = [tensor(engine, matrix, { shape: [m, n] }), zeros(engine, [n])];
  const options = { out: y };
  const sums = new Float32Array(n);
  return tensorTrial({
    run: () => columnSums(x, options),
    plain: () => plain.columnSums(m, n, matrix, sums),
    reference: () => doubles.columnSums(m, n, Float64Array.from(matrix), new Float64Array(n)),
    scale: "wanted",
    tolerance: m * ROUNDING[DTYPE],
    owned: [x, y],
  });
}
