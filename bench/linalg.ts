/** Systems of equations, batches of products, axes in another order, and sorting. */
import { type Engine, matmul, RandomState, sort, type Tensor, tensor, transpose, zeros } from "lanegrad";
import { solve } from "lanegrad/linalg";
import { type Case, ROUNDING, sizeOf, type Trial, tensorTrial } from "./case.ts";

const DTYPE = "float32";

export function linalgCases(): Case[] {
  return [
    solveCase(512, 1),
    solveCase(512, 512),
    batchedCase(64, 64, "none"),
    batchedCase(64, 64, "b"),
    batchedCase(16, 128, "none"),
    transposeCase([1000, 1000], [1, 0]),
    transposeCase([32, 64, 32, 64], [0, 2, 1, 3]),
    transposeCase([32, 64, 32, 64], [0, 3, 1, 2]),
    transposeCase([32, 64, 32, 64], [3, 2, 1, 0]),
    { name: "sort 1e6", elements: 1_000_000, dtype: DTYPE, prepare: (engine) => sortTrial(engine, 1_000_000) },
  ];
}

/** A trial whose every run makes a tensor: the one before is disposed of. */
function resultTrial(run: () => Tensor, rest: Omit<Parameters<typeof tensorTrial>[0], "run">): Trial {
  let last: Tensor | undefined;
  const trial = tensorTrial({
    ...rest,
    run: () => {
      last?.dispose();
      last = run();
      return last;
    },
  });
  return { ...trial, owned: [...trial.owned, { dispose: () => last?.dispose() }] };
}

function solveCase(n: number, m: number): Case {
  const flops = (2 * n ** 3) / 3 + 2 * n * n * m;
  return { name: `solve ${n}x${n}, ${m} right`, flops, dtype: DTYPE, prepare: (engine) => solveTrial(engine, n, m) };
}

/** The diagonal is larger than its row's other elements together. */
function solveTrial(engine: Engine, n: number, m: number): Trial {
  const random = new RandomState(1);
  const matrix = Float32Array.from(random.rand(n * n), (draw, i) => draw - 0.5 + (i % (n + 1) === 0 ? n : 0));
  const right = Float32Array.from(random.rand(n * m));
  const [a, b] = [tensor(engine, matrix, { shape: [n, n] }), tensor(engine, right, { shape: [n, m] })];
  const wanted = eliminated(n, m, Float64Array.from(matrix), Float64Array.from(right));
  return resultTrial(() => solve(a, b), {
    plain: () => eliminated(n, m, matrix.slice(), right.slice()),
    reference: () => wanted,
    tolerance: 32 * ROUNDING[DTYPE] * sizeOf(wanted),
    owned: [a, b],
  });
}

/** X of AX = B in place of B, by elimination without pivots. */
function eliminated<F extends Float32Array | Float64Array>(n: number, m: number, a: F, b: F): F {
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / a[k * n + k]!;
      for (let j = k; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!;
      for (let j = 0; j < m; j++) b[i * m + j]! -= factor * b[k * m + j]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) {
      const factor = a[i * n + k]!;
      for (let j = 0; j < m; j++) b[i * m + j]! -= factor * b[k * m + j]!;
    }
    for (let j = 0; j < m; j++) b[i * m + j]! /= a[i * (n + 1)]!;
  }
  return b;
}

function batchedCase(count: number, n: number, side: "none" | "b"): Case {
  const name = `matmul ${count}x[${n}x${n}]${side === "b" ? ", b transposed" : ""}`;
  return { name, flops: 2 * count * n ** 3, dtype: DTYPE, prepare: (engine) => batchedTrial(engine, count, n, side) };
}

function batchedTrial(engine: Engine, count: number, n: number, side: "none" | "b"): Trial {
  const random = new RandomState(1);
  const shape = [count, n, n];
  const [left, right] = [Float32Array.from(random.rand(count * n * n)), Float32Array.from(random.rand(count * n * n))];
  const [a, b, c] = [tensor(engine, left, { shape }), tensor(engine, right, { shape }), zeros(engine, shape)];
  const options = { transpose: side, out: c };
  return tensorTrial({
    run: () => matmul(a, b, options),
    plain: () => multiplied(count, n, side, left, right, new Float32Array(count * n * n)),
    reference: () => multiplied(count, n, side, left, right, new Float64Array(count * n * n)),
    tolerance: n * n * ROUNDING[DTYPE],
    owned: [a, b, c],
  });
}

function multiplied<F extends Float32Array | Float64Array>(
  count: number,
  n: number,
  side: "none" | "b",
  a: Float32Array,
  b: Float32Array,
  c: F,
): F {
  const [rows, columns] = side === "b" ? [1, n] : [n, 1];
  for (let start = 0; start < count * n * n; start += n * n) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) {
        const factor = a[start + i * n + k]!;
        for (let j = 0; j < n; j++) c[start + i * n + j]! += factor * b[start + k * rows + j * columns]!;
      }
    }
  }
  return c;
}

function transposeCase(shape: readonly number[], axes: readonly number[]): Case {
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const prepare = (engine: Engine) => transposeTrial(engine, shape, axes);
  return { name: `transpose ${shape.join("x")} by ${axes.join("")}`, elements, dtype: DTYPE, prepare };
}

function transposeTrial(engine: Engine, shape: readonly number[], axes: readonly number[]): Trial {
  const values = Float32Array.from(new RandomState(1).rand(shape.reduce((product, extent) => product * extent, 1)));
  const x = tensor(engine, values, { shape });
  const moved = () => permuted(values, shape, axes, new Float32Array(values.length));
  return resultTrial(() => transpose(x, { axes }), { plain: moved, reference: moved, tolerance: 0, owned: [x] });
}

/** Up to four axes. */
function permuted(x: Float32Array, shape: readonly number[], axes: readonly number[], y: Float32Array): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const spare = new Array<number>(4 - axes.length);
  const [d0, d1, d2, d3] = [...spare.fill(1), ...axes.map((axis) => shape[axis]!)] as [number, number, number, number];
  const [s0, s1, s2, s3] = [...spare.fill(0), ...axes.map((axis) => strides[axis]!)] as [
    number,
    number,
    number,
    number,
  ];
  let to = 0;
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      for (let k = 0; k < d2; k++) {
        for (let l = 0, from = i * s0 + j * s1 + k * s2; l < d3; l++, from += s3) y[to++] = x[from]!;
      }
    }
  }
  return y;
}

function sortTrial(engine: Engine, n: number): Trial {
  const values = Float32Array.from(new RandomState(1).rand(n));
  const x = tensor(engine, values);
  const sorted = () => values.slice().sort();
  return resultTrial(() => sort(x), { plain: sorted, reference: sorted, tolerance: 0, owned: [x] });
}
