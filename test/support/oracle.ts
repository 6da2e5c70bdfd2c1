/** What kernels must compute: in float64, in the most obvious way. Matrices are dense and row-major. */

/** AB for A (m × k) and B (k × n). */
export function product(m: number, n: number, k: number, a: Float64Array, b: Float64Array): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const aip = a[i * k + p] ?? Number.NaN;
      for (let j = 0, from = p * n, to = i * n; j < n; j++) c[to++]! += aip * b[from++]!;
    }
  }
  return c;
}

/** The columns of a rows × columns matrix as rows. */
export function transposed(rows: number, columns: number, x: ArrayLike<number>): Float64Array {
  const y = new Float64Array(rows * columns);
  let at = 0;
  for (let j = 0; j < columns; j++) for (let i = 0; i < rows; i++) y[at++] = x[i * columns + j] ?? Number.NaN;
  return y;
}

export function columnSums(m: number, n: number, x: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(n);
  for (let at = 0; at < m * n; at++) sums[at % n]! += x[at] ?? Number.NaN;
  return sums;
}

export function sigmoid(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}

export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The error function: its series up to 3, then the continued fraction of what is missing to 1. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (!(size < 6.5)) return Number.isNaN(x) ? Number.NaN : Math.sign(x);
  if (size > 3) {
    let fraction = size;
    for (let k = 60; k >= 1; k--) fraction = size + k / 2 / fraction;
    return Math.sign(x) * (1 - Math.exp(-x * x) / (fraction * Math.sqrt(Math.PI)));
  }
  let sum = 0;
  for (let n = 0, term = x; n < 80; n++, term *= (-x * x) / n) sum += term / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export function softmax(n: number, z: ArrayLike<number>): Float64Array {
  const p = Float64Array.from(z);
  for (let start = 0; start < p.length; start += n) {
    const row = p.subarray(start, start + n);
    const top = Math.max(...row);
    const sum = row.reduce((partial, value) => partial + Math.exp(value - top), 0);
    row.forEach((value, j) => {
      row[j] = Math.exp(value - top) / sum;
    });
  }
  return p;
}

/** -Σ t · ln softmax(z), over all rows. A target of 0 asks nothing of its logit. */
export function crossEntropy(n: number, z: ArrayLike<number>, t: ArrayLike<number>): number {
  let loss = 0;
  for (let start = 0; start < z.length; start += n) {
    const row = Array.from({ length: n }, (_, j) => z[start + j] ?? Number.NaN);
    const top = Math.max(...row);
    const logSum = top + Math.log(row.reduce((partial, value) => partial + Math.exp(value - top), 0));
    row.forEach((value, j) => {
      const target = t[start + j] ?? Number.NaN;
      if (target !== 0) loss += target * (logSum - value);
    });
  }
  return loss;
}

/** ∂crossEntropy/∂z. */
export function crossEntropyGradient(n: number, z: ArrayLike<number>, t: ArrayLike<number>): Float64Array {
  const dz = softmax(n, z);
  for (let start = 0; start < dz.length; start += n) {
    let mass = 0;
    for (let j = 0; j < n; j++) mass += t[start + j] ?? Number.NaN;
    for (let j = 0; j < n; j++) dz[start + j] = dz[start + j]! * mass - (t[start + j] ?? Number.NaN);
  }
  return dz;
}

/** Rows of 0 with a 1 at each label. */
export function oneHot(n: number, labels: ArrayLike<number>): Float64Array {
  const t = new Float64Array(labels.length * n);
  for (let i = 0; i < labels.length; i++) t[i * n + (labels[i] ?? Number.NaN)] = 1;
  return t;
}

/** NumPy's rule: the first NaN, else the first of the largest. */
export function argmax(n: number, x: ArrayLike<number>): number[] {
  const columns: number[] = [];
  for (let start = 0; start < x.length; start += n) {
    const row = Array.from({ length: n }, (_, j) => x[start + j] ?? Number.NaN);
    const poisoned = row.findIndex(Number.isNaN);
    columns.push(poisoned >= 0 ? poisoned : row.indexOf(Math.max(...row)));
  }
  return columns;
}

/** ∂f/∂x_i by central differences: error O(h²), plus rounding of about eps·|f| / h. */
export function centralDifferences(f: (x: Float64Array) => number, x: Float64Array, h: number): Float64Array {
  return x.map((value, i) => {
    const moved = x.slice();
    moved[i] = value + h;
    const above = f(moved);
    moved[i] = value - h;
    return (above - f(moved)) / (2 * h);
  });
}
