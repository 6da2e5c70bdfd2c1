/** Matrices as test/fixtures/numpy-linalg.py draws them, and plain arithmetic on them in float64. */

/** By rows. */
export type Matrix = { readonly m: number; readonly n: number; readonly data: ArrayLike<number> };

const PRIME = 2 ** 31 - 1;

/** Numbers within ±1/2: Lehmer's generator, whose products are below 2⁵³. */
export function draw(m: number, n: number, seed: number): Matrix {
  let state = seed;
  const data = Float64Array.from({ length: m * n }, () => {
    state = (state * 48271) % PRIME;
    return state / PRIME - 0.5;
  });
  return { m, n, data };
}

export function identity(n: number): Matrix {
  return matrixOf(n, n, (i, j) => (i === j ? 1 : 0));
}

export function matrixOf(m: number, n: number, f: (i: number, j: number) => number): Matrix {
  return { m, n, data: Float64Array.from({ length: m * n }, (_, at) => f(Math.floor(at / n), at % n)) };
}

export function at({ n, data }: Matrix, i: number, j: number): number {
  return data[i * n + j] ?? Number.NaN;
}

export function times(a: Matrix, b: Matrix): Matrix {
  return matrixOf(a.m, b.n, (i, j) => {
    let sum = 0;
    for (let k = 0; k < a.n; k++) sum += at(a, i, k) * at(b, k, j);
    return sum;
  });
}

export function transposed(a: Matrix): Matrix {
  return matrixOf(a.n, a.m, (i, j) => at(a, j, i));
}

/** The largest |a_ij − b_ij|; NaN where one is. */
export function distance(a: Matrix, b: Matrix): number {
  let largest = 0;
  for (let i = 0; i < a.m * a.n; i++) {
    const difference = Math.abs((a.data[i] ?? Number.NaN) - (b.data[i] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** √Σ a_ij². */
export function norm({ data }: Matrix): number {
  return Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0));
}
