import { madd, splatAt } from "./lanes";

/**
 * c₀ + c₁x + … of float64, `n` coefficients from `table` on: the even and the odd ones by themselves, whose chains overlap.
 * A loop, so that the functions that use it are small.
 */
export function polynomial(x: v128, table: usize, n: i32): v128 {
  const square = f64x2.mul(x, x);
  let even = f64x2.splat(0.0), odd = even;
  for (let i = (n - 1) & -2; i >= 0; i -= 2) {
    if (i + 1 < n) odd = madd<f64>(square, odd, splatAt<f64>(table, i + 1));
    even = madd<f64>(square, even, splatAt<f64>(table, i));
  }
  return madd<f64>(x, odd, even);
}

/** y, and x where |x| < 2^-54: an odd function with slope 1 is x there, be it -0 or subnormal. */
export function unlessTiny(x: v128, y: v128): v128 {
  return v128.bitselect(x, y, f64x2.lt(f64x2.abs(x), f64x2.splat(5.551115123125783e-17)));
}

/** x without its last 32 bits: a product of two such numbers is exact. */
export function upper(x: v128): v128 {
  return v128.and(x, i64x2.splat(0xffffffff00000000));
}
