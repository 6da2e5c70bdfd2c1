/**
 * Elements of one type as another:
 *
 *   float → float       rounded to the nearest
 *   float → integer     towards 0; beyond the type its nearest number, and 0 of NaN
 *   integer → integer   the lowest bits; uint8 is not negative
 *   integer → float     rounded to the nearest
 *
 * # Safety
 * src/ops/cast.ts has checked: n >= 0, the operands hold n elements, y is disjoint from x.
 */

// @ts-ignore: decorator
@inline
function cast<T, U>(n: i32, x: usize, y: usize): void {
  assert(n >= 0);
  for (; n > 0; n--, x += sizeof<T>(), y += sizeof<U>()) {
    const value = load<T>(x);
    if (sizeof<U>() == 1 && isFloat<T>()) store<u8>(y, max(0, min(255, <i32>value)));
    else store<U>(y, <U>value);
  }
}

export function narrow(n: i32, x: usize, y: usize): void { cast<i32, u8>(n, x, y); }
export function widen(n: i32, x: usize, y: usize): void { cast<u8, i32>(n, x, y); }

export function sfromFloat32(n: i32, x: usize, y: usize): void { cast<f32, f32>(n, x, y); }
export function dfromFloat32(n: i32, x: usize, y: usize): void { cast<f32, f64>(n, x, y); }
export function sfromFloat64(n: i32, x: usize, y: usize): void { cast<f64, f32>(n, x, y); }
export function dfromFloat64(n: i32, x: usize, y: usize): void { cast<f64, f64>(n, x, y); }
export function sfromInt32(n: i32, x: usize, y: usize): void { cast<i32, f32>(n, x, y); }
export function dfromInt32(n: i32, x: usize, y: usize): void { cast<i32, f64>(n, x, y); }
export function sfromUint8(n: i32, x: usize, y: usize): void { cast<u8, f32>(n, x, y); }
export function dfromUint8(n: i32, x: usize, y: usize): void { cast<u8, f64>(n, x, y); }
export function stoInt32(n: i32, x: usize, y: usize): void { cast<f32, i32>(n, x, y); }
export function dtoInt32(n: i32, x: usize, y: usize): void { cast<f64, i32>(n, x, y); }
export function stoUint8(n: i32, x: usize, y: usize): void { cast<f32, u8>(n, x, y); }
export function dtoUint8(n: i32, x: usize, y: usize): void { cast<f64, u8>(n, x, y); }
