/** Two operands element by element, either repeated along axes: the twin of assembly/kernels/binary.ts. */
import type { BINARY, FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";

const ADD: typeof BINARY.add = 0;
const SUB: typeof BINARY.sub = 1;
const MUL: typeof BINARY.mul = 2;
const DIV: typeof BINARY.div = 3;
const MAXIMUM: typeof BINARY.maximum = 4;
const MINIMUM: typeof BINARY.minimum = 5;
const GREATER: typeof BINARY.greater = 6;
const GREATER_EQUAL: typeof BINARY.greaterEqual = 7;
const EQUAL: typeof BINARY.equal = 8;
const KEEP: typeof BINARY.keep = 9;
const DROP: typeof BINARY.drop = 10;
const EITHER: typeof BINARY.either = 11;

export function binaries({ floats, at, move, either, add, sub, mul, div }: Element): Pick<FloatKernels, "binary"> {
  const apply = (f: number, a: number, b: number): number => {
    switch (f) {
      case ADD:
        return add(a, b);
      case SUB:
        return sub(a, b);
      case MUL:
        return mul(a, b);
      case DIV:
        return div(a, b);
      case MAXIMUM:
        return Math.max(a, b); // as WebAssembly's max and min: NaN wins, and -0 is below 0
      case MINIMUM:
        return Math.min(a, b);
      case GREATER:
        return a > b ? 1 : 0;
      case GREATER_EQUAL:
        return a >= b ? 1 : 0;
      case EQUAL:
        return a === b ? 1 : 0;
      default:
        return Number.NaN; // keep, drop and either, whose bits `row` moves
    }
  };

  /** One run of the last axis, by indices. */
  const row = (f: number, n: number, a: number, stepA: number, b: number, stepB: number, y: number): void => {
    const v = floats();
    const isMove = f === KEEP || f === DROP;
    for (let i = 0; i < n; i++, a += stepA, b += stepB, y++) {
      if (f === EITHER) either(a, b, y);
      else if (!isMove) v[y] = apply(f, v[a]!, v[b]!);
      else if ((v[a] !== 0) === (f === KEEP)) move(b, y);
      else v[y] = 0;
    }
  };

  return {
    binary: (f, d0, d1, d2, d3, a, a0, a1, a2, a3, b, b0, b1, b2, b3, y) => {
      const left = at(a);
      const right = at(b);
      let to = at(y);
      for (let i = 0; i < d0; i++) {
        for (let j = 0; j < d1; j++) {
          for (let k = 0; k < d2; k++, to += d3) {
            row(f, d3, left + i * a0 + j * a1 + k * a2, a3, right + i * b0 + j * b1 + k * b2, b3, to);
          }
        }
      }
    },
  };
}
