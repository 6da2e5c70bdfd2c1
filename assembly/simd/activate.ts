import { exp, expm1Negative } from "./exp";

/**
 * Activation functions of one vector. NaN stays NaN in each. The accuracies are asserted by
 * test/kernels/elementary.test.ts, which sweeps the bits.
 */

/**
 * 1 / (1 + e^-x), as e^-|x| / (1 + e^-|x|) below 0: nothing overflows, and small results keep their bits.
 * Within 2.41 ulp in float32 and 2.45 in float64.
 */
// @ts-ignore: decorator
@inline
export function sigmoid<T>(x: v128): v128 {
  const one = v128.splat<T>(<T>1.0);
  const e = exp<T>(v128.neg<T>(v128.abs<T>(x)));
  const above = v128.bitselect(e, one, v128.lt<T>(x, v128.splat<T>(<T>0.0)));
  return v128.div<T>(above, v128.add<T>(one, e));
}

/**
 * tanh |x| = -d / (2 + d) with d = e^-2|x| - 1, with the sign of x. It is 1 to the last bit from |x| = 20 on.
 * Within 2.5 ulp in float32 and 2.65 in float64.
 */
// @ts-ignore: decorator
@inline
export function tanh<T>(x: v128): v128 {
  const sign = v128.splat<T>(<T>-0.0);
  const doubled = v128.mul<T>(v128.abs<T>(x), v128.splat<T>(<T>-2.0));
  const d = expm1Negative<T>(v128.pmax<T>(doubled, v128.splat<T>(<T>-40.0)));
  const y = v128.div<T>(d, v128.add<T>(v128.splat<T>(<T>2.0), d));
  return v128.or(v128.abs<T>(y), v128.and(x, sign));
}

/** max(x, 0). */
// @ts-ignore: decorator
@inline
export function relu<T>(x: v128): v128 {
  return v128.max<T>(x, v128.splat<T>(<T>0.0));
}
