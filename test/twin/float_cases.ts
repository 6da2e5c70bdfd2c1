/** A drawn call of each kernel that exists for both float types, with sizes around the seams of the SIMD code. */
import { ACTIVATION, BINARY, MAP_SCRATCH, REDUCE, UNARY } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { type Case, type FloatCases, factor, hyperparameters, LONG, ROWS, SIZES } from "./case.ts";
import { LOSS_CASES } from "./loss_cases.ts";
import type { Draws, Operand, Pair } from "./pair.ts";
import { SPARSE_CASES } from "./sparse_cases.ts";

/** Around MR and MC; NR, its double and NC; KC of both types. */
const M = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 50, 127, 128, 129, 131];
const N = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 15, 16, 17, 24, 31, 32, 33, 50, 100, 767, 768, 769, 776];
const K = [0, 1, 2, 3, 4, 5, 7, 8, 31, 64, 100, 191, 192, 193, 255, 256, 257, 383, 384, 385, 511, 512, 513, 784];
const MOST_PRODUCTS = 2_000_000;

const map: Case = (pair, dtype, how) => {
  const n = pair.pick(LONG);
  const x = pair.floats(dtype, n, how);
  return [n, x, pair.pick([x, pair.floats(dtype, n, how)]), pair.scratch(MAP_SCRATCH)];
};

const mapGradient: Case = (pair, dtype, how) => {
  const n = pair.pick(LONG);
  const [y, dy] = [pair.floats(dtype, n, how), pair.floats(dtype, n, how)];
  return [n, y, dy, pair.pick([y, dy, pair.floats(dtype, n, how)])];
};

const gemm: Case = (pair, dtype, how, scratchOf) => {
  const [n, k] = [pair.pick(N), pair.pick(K)];
  const m = pair.pick(M.filter((rows) => rows * n * k <= MOST_PRODUCTS));
  const [a, rsa, csa] = matrix(pair, dtype, how, m, k);
  const [b, rsb, csb] = matrix(pair, dtype, how, k, n);
  const ldc = n + pair.pick([0, 0, 3]);
  const c = pair.floats(dtype, m * ldc, how);
  const bias = pair.pick([0, pair.floats(dtype, n, how)]);
  const activation = pair.pick([ACTIVATION.none, ...Object.values(ACTIVATION)]);
  const beta = bias === 0 ? factor(pair, dtype) : 0;
  const scratch = pair.scratch(scratchOf(m, n, k));
  return [
    m,
    n,
    k,
    a,
    rsa,
    csa,
    b,
    rsb,
    csb,
    c,
    ldc,
    bias,
    activation,
    scratch,
    factor(pair, dtype),
    beta,
    bias === 0 ? pair.pick([0, hyperparameters(pair)]) : 0,
  ];
};

/** As it stands or transposed, dense or with something between its lines. */
function matrix(pair: Pair, dtype: FloatType, how: Draws, rows: number, columns: number): [Operand, number, number] {
  const gap = pair.pick([0, 0, 1, 5]);
  if (pair.pick([true, false])) return [pair.floats(dtype, rows * (columns + gap), how), columns + gap, 1];
  return [pair.floats(dtype, columns * (rows + gap), how), 1, rows + gap];
}

const binary: Case = (pair, dtype, how) => {
  const extents = [pair.pick([1, 1, 2]), pair.pick([1, 1, 3]), pair.pick([0, 1, 2, 5]), pair.pick(SIZES)];
  const size = extents.reduce((product, extent) => product * extent, 1);
  const strided = () => {
    const isRepeated = extents.map(() => pair.pick([true, false, false]));
    let stride = 1;
    const strides = extents.map(() => 0);
    for (let axis = 3; axis >= 0; axis--) {
      if (isRepeated[axis]) continue;
      strides[axis] = stride;
      stride *= extents[axis] ?? 1;
    }
    return { operand: pair.floats(dtype, Math.max(stride, 1), how), strides, isWhole: !isRepeated.includes(true) };
  };
  const [a, b] = [strided(), strided()];
  const places = [a, b].filter(({ isWhole }) => isWhole).map(({ operand }) => operand);
  const y = pair.pick([...places, pair.floats(dtype, size, how)]);
  return [pair.pick(Object.values(BINARY)), ...extents, a.operand, ...a.strides, b.operand, ...b.strides, y];
};

const reduce: Case = (pair, dtype, how) => {
  const [m, k, n] = [pair.pick([0, 1, 2, 3]), pair.pick(LONG), pair.pick([1, pair.pick(SIZES)])]; // rows and columns
  const x = pair.floats(dtype, m * k * n, how);
  return [pair.pick(Object.values(REDUCE)), m, k, n, x, pair.floats(dtype, m * n, how)];
};

const gatherRows: Case = (pair, dtype, how) => {
  const [m, n, rows] = [pair.pick(ROWS), pair.pick(LONG), pair.whole(1, 9)];
  const x = pair.indices("uint8", rows * n, 256);
  return [m, n, x, pair.indices("int32", m + 1, rows), pair.floats(dtype, m * n, how), factor(pair, dtype)];
};

export const FLOAT_CASES: FloatCases = {
  gemm,
  gemmScratch: (pair) => [pair.whole(0, 2000), pair.whole(0, 2000), pair.whole(0, 2000)],
  exp: map,
  log: map,
  sqrt: map,
  sigmoid: map,
  tanh: map,
  relu: map,
  softplus: map,
  unary: (pair, dtype, how) => {
    const [n, x, y] = map(pair, dtype, how, () => 0);
    return [pair.pick(Object.values(UNARY)), n!, x!, y!];
  },
  sigmoidGradient: mapGradient,
  tanhGradient: mapGradient,
  reluGradient: mapGradient,
  binary,
  reduce,
  columnSums: (pair, dtype, how) => {
    const [m, n] = [pair.pick(ROWS), pair.pick(LONG)];
    const [x, y] = [pair.floats(dtype, m * n, how), pair.floats(dtype, n, how)];
    return [m, n, x, y, factor(pair, dtype), factor(pair, dtype), pair.pick([0, hyperparameters(pair)])];
  },
  axpby: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    const x = pair.floats(dtype, n, how);
    return [n, x, pair.pick([x, pair.floats(dtype, n, how)]), factor(pair, dtype), factor(pair, dtype)];
  },
  fill: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    return [n, pair.floats(dtype, n, how), factor(pair, dtype)];
  },
  copy: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    return [n, pair.floats(dtype, n, how), pair.floats(dtype, n, how)];
  },
  store: (pair, dtype, how) => [pair.floats(dtype, 1, how), pair.float("float64", how)],
  dropout: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    const x = pair.floats(dtype, n, how);
    const y = pair.pick([x, pair.floats(dtype, n, how)]);
    // Of seed, step and stream 0, the first word is 0: kept by the threshold 0.
    const isZero = pair.pick([true, false, false]);
    const counter = isZero ? [0, 0] : [pair.whole(-(2 ** 31), 2 ** 31 - 1), pair.whole(0, 1000)];
    const threshold = isZero ? 0 : pair.pick([1, 2 ** 30, 2 ** 31, 2 ** 32 - 1]);
    const stream = isZero ? 0 : pair.whole(0, 9);
    return [n, x, y, pair.given("int32", counter), threshold, factor(pair, dtype), stream];
  },
  descend: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    const [g, w] = [pair.pick([0, pair.floats(dtype, n, how)]), pair.floats(dtype, n, how)];
    return [n, g, w, hyperparameters(pair)];
  },
  clipNorm: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    return [n, pair.floats(dtype, n, how), pair.pick([1e-3, 1, 2.5, 1e6])];
  },
  momentum: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    const [g, w, v] = [0, 1, 2].map(() => pair.floats(dtype, n, how)) as [Operand, Operand, Operand];
    return [n, g, w, v, hyperparameters(pair)];
  },
  adaptive: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    const [g, w, v] = [0, 1, 2].map(() => pair.floats(dtype, n, how)) as [Operand, Operand, Operand];
    return [n, g, w, pair.pick([0, pair.floats(dtype, n, how)]), v, hyperparameters(pair)];
  },
  scatterAdd: (pair, dtype, how) => {
    const [m, n, rows] = [pair.pick(ROWS), pair.pick(LONG), pair.whole(1, 9)];
    const [x, y] = [pair.floats(dtype, (m + 1) * n, how), pair.floats(dtype, rows * n, how)];
    return [m, n, x, pair.indices("int32", m + 1, rows), y];
  },
  transpose: (pair, dtype, how) => {
    const [m, n] = [pair.pick(ROWS), pair.pick(LONG)];
    return [m, n, pair.floats(dtype, m * n, how), pair.floats(dtype, m * n, how)];
  },
  gatherRows,
  ...LOSS_CASES,
  ...SPARSE_CASES,
};
