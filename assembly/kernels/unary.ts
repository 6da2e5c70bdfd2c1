import { highDoubles, joined, lanes, loadNext, lowDoubles, storeNext } from "../simd/lanes";
import { erf, expm1, hyperbolic, log1p, logOf } from "../simd/powers";
import { atan2, trigonometric, Trigonometric } from "../simd/trigonometry";

/**
 * Functions of one element that are no activations:
 *
 *   y_i = f(x_i)
 *
 *   f      abs, sign (0 at ±0), floor, ceil, trunc, round (half to even)      exact
 *          sin, cos, tan, asin, acos, atan, sinh, cosh, expm1, log1p ln(1 + x), log2, log10, erf
 *                                                                             in float64, those of float32 rounded once
 *   n      elements
 *   x, y   n elements each; y may be x
 *
 * # Safety
 * src/ops/unary.ts has checked: n >= 0, both hold n elements, y is x or disjoint from it.
 */

const enum Function {
  Abs,
  Sign,
  Floor,
  Ceil,
  Trunc,
  Round,
  Sin,
  Cos,
  Tan,
  Asin,
  Acos,
  Atan,
  Sinh,
  Cosh,
  Expm1,
  Log1p,
  Log2,
  Log10,
  Erf,
}

/** f of a vector of float64. */
function inDoubles(f: Function, x: v128): v128 {
  const one = f64x2.splat(1.0);
  switch (f) {
    case Function.Sin:
    case Function.Cos:
    case Function.Tan: return trigonometric(f - Function.Sin, x);
    case Function.Asin:
    case Function.Acos: {
      const other = f64x2.sqrt(f64x2.mul(f64x2.sub(one, x), f64x2.add(one, x)));
      return f == Function.Asin ? atan2(x, other) : atan2(other, x);
    }
    case Function.Atan: return atan2(x, one);
    case Function.Sinh:
    case Function.Cosh: return hyperbolic(f == Function.Sinh, x);
    case Function.Expm1: return expm1(x);
    case Function.Log1p: return log1p(x);
    case Function.Log2: return logOf(x, 1.442695040255785, 6.331784189566044e-10);
    case Function.Log10: return logOf(x, 0.43429448176175356, 1.414982685385801e-10);
    default: return erf(x);
  }
}

/** f of a vector. */
function apply<T>(f: Function, x: v128): v128 {
  switch (f) {
    case Function.Abs: return v128.abs<T>(x);
    case Function.Sign: {
      const zero = v128.splat<T>(<T>0.0);
      const signs = v128.or(
        v128.and(v128.gt<T>(x, zero), v128.splat<T>(<T>1.0)),
        v128.and(v128.lt<T>(x, zero), v128.splat<T>(<T>-1.0)),
      );
      return v128.or(signs, v128.ne<T>(x, x)); // all bits set are a NaN
    }
    case Function.Floor: return v128.floor<T>(x);
    case Function.Ceil: return v128.ceil<T>(x);
    case Function.Trunc: return v128.trunc<T>(x);
    case Function.Round: return v128.nearest<T>(x);
    default: break;
  }
  if (sizeof<T>() == 8) return inDoubles(f, x);
  return joined(inDoubles(f, lowDoubles(x)), inDoubles(f, highDoubles(x)));
}

// @ts-ignore: decorator
@inline
function map<T>(f: Function, n: i32, x: usize, y: usize): void {
  assert(n >= 0 && f >= Function.Abs && f <= Function.Erf);
  const rest = v128.splat<T>(<T>1.0);
  if (f == Function.Abs) { // the one that models are made of: nothing is called
    for (; n >= lanes<T>(); n -= lanes<T>(), x += 16, y += 16) v128.store(y, v128.abs<T>(v128.load(x)));
  }
  for (; n > 0; n -= lanes<T>(), x += 16, y += 16) storeNext<T>(y, apply<T>(f, loadNext<T>(x, n, rest)), n);
}

export function sunary(f: i32, n: i32, x: usize, y: usize): void { map<f32>(f, n, x, y); }
export function dunary(f: i32, n: i32, x: usize, y: usize): void { map<f64>(f, n, x, y); }
