/** What functions of float64 share: the reference for assembly/simd/polynomial.ts. */

/** c₀ + c₁x + …, the even and the odd ones by themselves. */
export function polynomial(x: number, c: readonly number[]): number {
  const n = c.length;
  const square = x * x;
  let even = 0;
  let odd = 0;
  for (let i = (n - 1) & -2; i >= 0; i -= 2) {
    if (i + 1 < n) odd = square * odd + c[i + 1]!;
    even = square * even + c[i]!;
  }
  return x * odd + even;
}

/** y, and x where |x| < 2^-54. */
export function unlessTiny(x: number, y: number): number {
  return Math.abs(x) < 2 ** -54 ? x : y;
}
