import { bytes, lanes, loadTail, storeTail } from "../simd/lanes";

/**
 * Two operands element by element, either repeated along axes that it does not have:
 *
 *   y_ijkl = f(a_ijkl, b_ijkl)      f: add, subtract, multiply, divide, maximum, minimum (NaN wins in both)
 *
 *   d0 … d3   extents of y, which is dense and row-major
 *   a0 … a3   a's strides in elements; 0 repeats it along that axis, and the last is 0 or 1
 *   b0 … b3   the same for b
 *   y         may be a or b where that has y's extents and strides
 *
 * # Safety
 * src/ops/binary.ts has checked: extents are not negative, every element lies inside its operand, y is an operand of its
 * own size or disjoint from both.
 */

const enum Function {
  Add,
  Subtract,
  Multiply,
  Divide,
  Maximum,
  Minimum,
}

// @ts-ignore: decorator
@inline
function apply<T>(f: Function, a: v128, b: v128): v128 {
  switch (f) {
    case Function.Add: return v128.add<T>(a, b);
    case Function.Subtract: return v128.sub<T>(a, b);
    case Function.Multiply: return v128.mul<T>(a, b);
    case Function.Divide: return v128.div<T>(a, b);
    case Function.Maximum: return v128.max<T>(a, b);
    default: return v128.min<T>(a, b);
  }
}

/** One run of the last axis. */
function row<T>(f: Function, n: i32, a: usize, stepA: i32, b: usize, stepB: i32, y: usize): void {
  const nextA = stepA << 4, nextB = stepB << 4;
  let va = v128.splat<T>(<T>0.0), vb = va;
  if (n > 0 && stepA == 0) va = v128.load_splat<T>(a);
  if (n > 0 && stepB == 0) vb = v128.load_splat<T>(b);
  for (; n >= lanes<T>(); n -= lanes<T>(), a += nextA, b += nextB, y += 16) {
    if (stepA) va = v128.load(a);
    if (stepB) vb = v128.load(b);
    v128.store(y, apply<T>(f, va, vb));
  }
  if (n == 0) return;
  if (stepA) va = loadTail<T>(a, n);
  if (stepB) vb = loadTail<T>(b, n);
  storeTail<T>(y, apply<T>(f, va, vb), n);
}

// @ts-ignore: decorator
@inline
function binary<T>(
  f: Function, d0: i32, d1: i32, d2: i32, d3: i32,
  a: usize, a0: i32, a1: i32, a2: i32, a3: i32, b: usize, b0: i32, b1: i32, b2: i32, b3: i32, y: usize,
): void {
  assert(d0 >= 0 && d1 >= 0 && d2 >= 0 && d3 >= 0 && (a3 & ~1) == 0 && (b3 & ~1) == 0);
  for (let i = 0; i < d0; i++, a += bytes<T>(a0), b += bytes<T>(b0)) {
    let aj = a, bj = b;
    for (let j = 0; j < d1; j++, aj += bytes<T>(a1), bj += bytes<T>(b1)) {
      let ak = aj, bk = bj;
      for (let k = 0; k < d2; k++, ak += bytes<T>(a2), bk += bytes<T>(b2), y += bytes<T>(d3)) {
        row<T>(f, d3, ak, a3, bk, b3, y);
      }
    }
  }
}

export function sbinary(f: i32, d0: i32, d1: i32, d2: i32, d3: i32, a: usize, a0: i32, a1: i32, a2: i32, a3: i32, b: usize, b0: i32, b1: i32, b2: i32, b3: i32, y: usize): void { binary<f32>(f, d0, d1, d2, d3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, y); }
export function dbinary(f: i32, d0: i32, d1: i32, d2: i32, d3: i32, a: usize, a0: i32, a1: i32, a2: i32, a3: i32, b: usize, b0: i32, b1: i32, b2: i32, b3: i32, y: usize): void { binary<f64>(f, d0, d1, d2, d3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, y); }
