/** Arithmetic of int32, and elements as another type: the reference for assembly/kernels/integers.ts and cast.ts. */
import type { CommonKernels, FloatKernels } from "../wasm/abi.ts";
import {
  ADD,
  DROP,
  EITHER,
  EQUAL,
  GREATER,
  GREATER_EQUAL,
  KEEP,
  LESS,
  LESS_EQUAL,
  LOGICAL_AND,
  LOGICAL_OR,
  MAX,
  MAXIMUM,
  MIN,
  MINIMUM,
  MOD,
  MUL,
  NOT_EQUAL,
  PROD,
  SUB,
  SUM,
} from "./codes.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

export function integers(memory: Pages): Pick<CommonKernels, "ibinary" | "ireduce" | "iscan" | "narrow" | "widen"> {
  return {
    ibinary: (f, d0, d1, d2, d3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, y) => {
      const v = memory.i32;
      const [left, right] = [a >>> 2, b >>> 2];
      let to = y >>> 2;
      for (let i = 0; i < d0; i++) {
        for (let j = 0; j < d1; j++) {
          for (let k = 0; k < d2; k++) {
            const [p, q] = [left + i * a0 + j * a1 + k * a2, right + i * b0 + j * b1 + k * b2];
            for (let l = 0; l < d3; l++) v[to++] = apply(f, v[p + l * a3]!, v[q + l * b3]!);
          }
        }
      }
    },
    ireduce: (f, m, k, n, x, y) => {
      const v = memory.i32;
      const [from, to] = [x >>> 2, y >>> 2];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let fold = f === MAX ? -(2 ** 31) : f === MIN ? 2 ** 31 - 1 : f === PROD ? 1 : 0;
          for (let p = 0; p < k; p++) {
            const value = v[from + (i * k + p) * n + j]!;
            if (f === MAX) fold = Math.max(fold, value);
            else if (f === MIN) fold = Math.min(fold, value);
            else if (f === PROD) fold = Math.imul(fold, value);
            else fold = (fold + (f === SUM ? value : Math.imul(value, value))) | 0;
          }
          v[to + i * n + j] = fold;
        }
      }
    },
    iscan: (m, k, n, a, isOneA, b, isOneB, y, start, isBackward) => {
      const v = memory.i32;
      const [fromA, fromB, to] = [a >>> 2, b >>> 2, y >>> 2];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let last = start;
          for (let p = 0; p < k; p++) {
            const offset = (i * k + (isBackward ? k - 1 - p : p)) * n + j;
            const [factor, term] = [v[isOneA ? fromA : fromA + offset]!, v[isOneB ? fromB : fromB + offset]!];
            last = (Math.imul(factor, last) + term) | 0;
            v[to + offset] = last;
          }
        }
      }
    },
    narrow: (n, x, y) => {
      for (let i = 0; i < n; i++) memory.u8[y + i] = memory.i32[(x >>> 2) + i]!; // the lowest bits
    },
    widen: (n, x, y) => {
      for (let i = 0; i < n; i++) memory.i32[(y >>> 2) + i] = memory.u8[x + i]!;
    },
  };
}

type Casts = "fromFloat64" | "fromInt32" | "fromUint8" | "fromFloat32" | "toInt32" | "toUint8";

export function casts(memory: Pages, { floats, at }: Element): Pick<FloatKernels, Casts> {
  type Elements = Float32Array | Float64Array | Int32Array | Uint8Array;
  const move = (
    n: number,
    from: Elements,
    x: number,
    to: Elements,
    y: number,
    low = -Infinity,
    high = Infinity,
  ): void => {
    const isInteger = to instanceof Int32Array || to instanceof Uint8Array;
    for (let i = 0; i < n; i++) to[y + i] = isInteger ? Math.min(Math.max(from[x + i]!, low), high) : from[x + i]!;
  };
  return {
    fromFloat32: (n, x, y) => move(n, memory.f32, x / 4, floats(), at(y)),
    fromFloat64: (n, x, y) => move(n, memory.f64, x / 8, floats(), at(y)),
    fromInt32: (n, x, y) => move(n, memory.i32, x >>> 2, floats(), at(y)),
    fromUint8: (n, x, y) => move(n, memory.u8, x, floats(), at(y)),
    toInt32: (n, x, y) => move(n, floats(), at(x), memory.i32, y >>> 2, -(2 ** 31), 2 ** 31 - 1),
    toUint8: (n, x, y) => move(n, floats(), at(x), memory.u8, y, 0, 255),
  };
}

function apply(f: number, a: number, b: number): number {
  switch (f) {
    case ADD:
      return a + b; // a typed array keeps the lowest bits
    case SUB:
      return a - b;
    case MUL:
      return Math.imul(a, b);
    case MAXIMUM:
      return Math.max(a, b);
    case MINIMUM:
      return Math.min(a, b);
    case GREATER:
      return Number(a > b);
    case GREATER_EQUAL:
      return Number(a >= b);
    case EQUAL:
      return Number(a === b);
    case KEEP:
      return a !== 0 ? b : 0;
    case DROP:
      return a === 0 ? b : 0;
    case EITHER:
      return a | b;
    case LESS:
      return Number(a < b);
    case LESS_EQUAL:
      return Number(a <= b);
    case NOT_EQUAL:
      return Number(a !== b);
    case LOGICAL_AND:
      return Number(a !== 0 && b !== 0);
    case LOGICAL_OR:
      return Number(a !== 0 || b !== 0);
    default: {
      if (b === 0) return 0;
      const quotient = Math.floor(a / b);
      return f === MOD ? a - quotient * b : quotient;
    }
  }
}
