/** Two operands element by element, either repeated along axes: the reference for assembly/kernels/binary.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import {
  ADD,
  ATAN2,
  DIV,
  DROP,
  EITHER,
  EQUAL,
  FLOOR_DIV,
  GREATER,
  GREATER_EQUAL,
  KEEP,
  LESS,
  LESS_EQUAL,
  LOGICAL_AND,
  LOGICAL_OR,
  MAXIMUM,
  MINIMUM,
  MOD,
  MUL,
  NOT_EQUAL,
  POW,
  SUB,
} from "./codes.ts";
import { copySign, type Element } from "./element.ts";
import type { Powers } from "./powers.ts";
import { atan2 } from "./trigonometry.ts";

/** JavaScript's remainder is C's fmod. */
function mod(a: number, b: number): number {
  const remainder = a % b;
  if (remainder === 0) return copySign(0, b);
  return remainder < 0 !== b < 0 ? remainder + b : remainder;
}

function floorDiv(a: number, b: number): number {
  if (b === 0) return a / b;
  const remainder = a % b;
  let quotient = (a - remainder) / b;
  if (remainder !== 0 && remainder < 0 !== b < 0) quotient -= 1;
  if (quotient === 0) return copySign(0, a / b);
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

/** @param powers of float64 */
export function binaries(
  { floats, at, move, either, round, add, sub, mul, div }: Element,
  { pow }: Powers,
): Pick<FloatKernels, "binary"> {
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
      case LESS:
        return a < b ? 1 : 0;
      case LESS_EQUAL:
        return a <= b ? 1 : 0;
      case NOT_EQUAL:
        return a !== b ? 1 : 0;
      case LOGICAL_AND:
        return a !== 0 && b !== 0 ? 1 : 0;
      case LOGICAL_OR:
        return a !== 0 || b !== 0 ? 1 : 0;
      case MOD:
        return round(mod(a, b));
      case FLOOR_DIV:
        return round(floorDiv(a, b));
      case ATAN2:
        return round(atan2(a, b));
      case POW:
        return round(pow(a, b));
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
