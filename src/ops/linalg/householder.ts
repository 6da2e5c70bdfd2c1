/**
 * Householder reflections H = I − τvvᵀ in float64, v₀ = 1, with the signs of LAPACK's dgeqr2: the diagonal of R has the opposite
 * sign of the column's first element, and a column that is 0 below the diagonal is left as it is (τ = 0).
 */

/**
 * A = QR in place, m × n by rows: R on and above the diagonal, each v below it.
 *
 * @param tau min(m, n) numbers
 * @param work n numbers
 */
export function factorQr(a: Float64Array, m: number, n: number, tau: Float64Array, work: Float64Array): void {
  for (let k = 0; k < Math.min(m, n); k++) {
    let largest = 0;
    for (let i = k + 1; i < m; i++) largest = Math.max(largest, Math.abs(a[i * n + k]!));
    tau[k] = 0;
    if (largest === 0) continue;
    const alpha = a[k * n + k]!;
    const scale = Math.max(largest, Math.abs(alpha));
    let sum = 0;
    for (let i = k; i < m; i++) {
      const part = a[i * n + k]! / scale;
      sum += part * part;
    }
    const beta = (alpha < 0 ? scale : -scale) * Math.sqrt(sum);
    tau[k] = (beta - alpha) / beta;
    for (let i = k + 1; i < m; i++) a[i * n + k]! /= alpha - beta;
    reflect(a, m, n, a, n, tau, k, k + 1, work);
    a[k * n + k] = beta;
  }
}

/** Q of `factorQr`'s A (m × n): its first `columns` columns, by rows. */
export function formQ(
  q: Float64Array,
  columns: number,
  a: Float64Array,
  m: number,
  n: number,
  tau: Float64Array,
  work: Float64Array,
): void {
  q.fill(0, 0, m * columns);
  for (let i = 0; i < Math.min(m, columns); i++) q[i * columns + i] = 1;
  for (let k = Math.min(m, n) - 1; k >= 0; k--) reflect(q, m, columns, a, n, tau, k, k, work);
}

/**
 * X ← HX for columns `first` … of X, m × columns: rows k … change. v is below the diagonal of column k of an m × n matrix a. τ is
 * given by its place: a number that is passed may be allocated.
 */
function reflect(
  x: Float64Array,
  m: number,
  columns: number,
  a: Float64Array,
  n: number,
  taus: Float64Array,
  k: number,
  first: number,
  work: Float64Array,
): void {
  const tau = taus[k]!;
  if (tau === 0 || first >= columns) return;
  for (let j = first; j < columns; j++) work[j] = x[k * columns + j]!;
  for (let i = k + 1; i < m; i++) {
    const v = a[i * n + k]!;
    for (let j = first; j < columns; j++) work[j]! += v * x[i * columns + j]!;
  }
  for (let j = first; j < columns; j++) {
    work[j]! *= tau;
    x[k * columns + j]! -= work[j]!;
  }
  for (let i = k + 1; i < m; i++) {
    const v = a[i * n + k]!;
    for (let j = first; j < columns; j++) x[i * columns + j]! -= v * work[j]!;
  }
}
