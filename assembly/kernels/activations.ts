import { relu, softplus, tanh } from "../simd/activate";
import { exp, sigmoid } from "../simd/exp";
import { bytes, lanes, loadPart, storePart } from "../simd/lanes";
import { log } from "../simd/log";

/**
 * Functions of one element, and the gradients of the activations.
 *
 *   y_i  = f(x_i)                      exp, log, sqrt, sigmoid, tanh, relu, softplus ln(1 + e^x)
 *   dx_i = dy_i · f'(x_i)              f' from the output y = f(x):
 *                                      sigmoid y(1 - y), tanh 1 - y², relu 1 where y > 0
 *
 *   n          elements
 *   x, y, dy   n elements each
 *   dx         n elements; y of the forward functions and dx may be their inputs
 *   scratch    64 bytes, 16-byte aligned
 *
 * # Safety
 * src/ops/elementwise.ts has checked: n >= 0, every operand holds n elements, outputs are equal to an
 * input or disjoint from it.
 */

/** What may follow a product in the same call; src/wasm/abi.ts mirrors it. */
export const enum Activation {
  None,
  Sigmoid,
  Tanh,
  Relu,
}

const enum Function {
  Exp,
  Log,
  Sigmoid,
  Tanh,
  Relu,
  Sqrt,
  Softplus,
}

// @ts-ignore: decorator
@inline
function slope<T>(f: Function, y: v128, dy: v128): v128 {
  const one = v128.splat<T>(<T>1.0);
  if (f == Function.Sigmoid) return v128.mul<T>(v128.mul<T>(v128.sub<T>(one, y), y), dy);
  if (f == Function.Tanh) return v128.mul<T>(v128.sub<T>(one, v128.mul<T>(y, y)), dy);
  return v128.and(v128.gt<T>(y, v128.splat<T>(<T>0.0)), dy);
}

// @ts-ignore: decorator
@inline
function apply<T>(f: Function, x: v128): v128 {
  if (f == Function.Exp) return exp<T>(x);
  if (f == Function.Log) return log<T>(x);
  if (f == Function.Sigmoid) return sigmoid<T>(x);
  if (f == Function.Tanh) return tanh<T>(x);
  if (f == Function.Sqrt) return v128.sqrt<T>(x);
  if (f == Function.Softplus) return softplus<T>(x);
  return relu<T>(x);
}

/**
 * Whether a round takes four vectors, whose chains of operations overlap and which share the constants: in float32, what
 * networks are made of. The others take one, to be small.
 */
// @ts-ignore: decorator
@inline
function takesFour<T>(f: Function): bool {
  return sizeof<T>() == 4 && (f == Function.Exp || f == Function.Sigmoid || f == Function.Tanh || f == Function.Relu);
}

/** What is left beyond whole rounds goes through the same loop, in `scratch`. */
// @ts-ignore: decorator
@inline
function map<T>(f: Function, n: i32, x: usize, y: usize, scratch: usize): void {
  assert(n >= 0 && scratch % 16 == 0);
  const round: usize = takesFour<T>(f) ? 64 : 16;
  const rest = bytes<T>(n) & (round - 1);
  let end = x + (bytes<T>(n) - rest), out: usize = 0;
  while (true) {
    for (; x < end; x += round, y += round) {
      const v0 = apply<T>(f, v128.load(x));
      if (takesFour<T>(f)) {
        const v1 = apply<T>(f, v128.load(x, 16)), v2 = apply<T>(f, v128.load(x, 32)), v3 = apply<T>(f, v128.load(x, 48));
        v128.store(y, v1, 16);
        v128.store(y, v2, 32);
        v128.store(y, v3, 48);
      }
      v128.store(y, v0);
    }
    if (rest == 0) return;
    if (out != 0) break;
    memory.copy(scratch, x, rest);
    out = y;
    x = y = scratch;
    end = scratch + round;
  }
  memory.copy(out, scratch, rest);
}

// @ts-ignore: decorator
@inline
function mapGradient<T>(f: Function, n: i32, y: usize, dy: usize, dx: usize): void {
  assert(n >= 0);
  const zero = v128.splat<T>(<T>0.0);
  for (; n >= lanes<T>(); n -= lanes<T>(), y += 16, dy += 16, dx += 16) {
    v128.store(dx, slope<T>(f, v128.load(y), v128.load(dy)));
  }
  storePart<T>(dx, slope<T>(f, loadPart<T>(y, n, zero), loadPart<T>(dy, n, zero)), n);
}

/** x ← f(x). */
export function activate<T>(f: Activation, n: i32, x: usize, scratch: usize): void {
  if (sizeof<T>() == 4) {
    if (f == Activation.Sigmoid) ssigmoid(n, x, x, scratch);
    else if (f == Activation.Tanh) stanh(n, x, x, scratch);
    else if (f == Activation.Relu) srelu(n, x, x, scratch);
  } else {
    if (f == Activation.Sigmoid) dsigmoid(n, x, x, scratch);
    else if (f == Activation.Tanh) dtanh(n, x, x, scratch);
    else if (f == Activation.Relu) drelu(n, x, x, scratch);
  }
}

export function sexp(n: i32, x: usize, y: usize, scratch: usize): void { map<f32>(Function.Exp, n, x, y, scratch); }
export function dexp(n: i32, x: usize, y: usize, scratch: usize): void { map<f64>(Function.Exp, n, x, y, scratch); }

export function slog(n: i32, x: usize, y: usize, scratch: usize): void { map<f32>(Function.Log, n, x, y, scratch); }
export function dlog(n: i32, x: usize, y: usize, scratch: usize): void { map<f64>(Function.Log, n, x, y, scratch); }

export function ssigmoid(n: i32, x: usize, y: usize, scratch: usize): void { map<f32>(Function.Sigmoid, n, x, y, scratch); }
export function dsigmoid(n: i32, x: usize, y: usize, scratch: usize): void { map<f64>(Function.Sigmoid, n, x, y, scratch); }

export function stanh(n: i32, x: usize, y: usize, scratch: usize): void { map<f32>(Function.Tanh, n, x, y, scratch); }
export function dtanh(n: i32, x: usize, y: usize, scratch: usize): void { map<f64>(Function.Tanh, n, x, y, scratch); }

export function ssqrt(n: i32, x: usize, y: usize, scratch: usize): void { map<f32>(Function.Sqrt, n, x, y, scratch); }
export function dsqrt(n: i32, x: usize, y: usize, scratch: usize): void { map<f64>(Function.Sqrt, n, x, y, scratch); }

export function ssoftplus(n: i32, x: usize, y: usize, scratch: usize): void { map<f32>(Function.Softplus, n, x, y, scratch); }
export function dsoftplus(n: i32, x: usize, y: usize, scratch: usize): void { map<f64>(Function.Softplus, n, x, y, scratch); }

export function srelu(n: i32, x: usize, y: usize, scratch: usize): void { map<f32>(Function.Relu, n, x, y, scratch); }
export function drelu(n: i32, x: usize, y: usize, scratch: usize): void { map<f64>(Function.Relu, n, x, y, scratch); }

export function ssigmoidGradient(n: i32, y: usize, dy: usize, dx: usize): void { mapGradient<f32>(Function.Sigmoid, n, y, dy, dx); }
export function dsigmoidGradient(n: i32, y: usize, dy: usize, dx: usize): void { mapGradient<f64>(Function.Sigmoid, n, y, dy, dx); }

export function stanhGradient(n: i32, y: usize, dy: usize, dx: usize): void { mapGradient<f32>(Function.Tanh, n, y, dy, dx); }
export function dtanhGradient(n: i32, y: usize, dy: usize, dx: usize): void { mapGradient<f64>(Function.Tanh, n, y, dy, dx); }

export function sreluGradient(n: i32, y: usize, dy: usize, dx: usize): void { mapGradient<f32>(Function.Relu, n, y, dy, dx); }
export function dreluGradient(n: i32, y: usize, dy: usize, dx: usize): void { mapGradient<f64>(Function.Relu, n, y, dy, dx); }
