/** Functions and folds by number: BINARY and REDUCE of src/wasm/abi.ts, of which the reference kernels import types alone. */
import type { BINARY, REDUCE } from "../wasm/abi.ts";

export const ADD: typeof BINARY.add = 0;
export const SUB: typeof BINARY.sub = 1;
export const MUL: typeof BINARY.mul = 2;
export const DIV: typeof BINARY.div = 3;
export const MAXIMUM: typeof BINARY.maximum = 4;
export const MINIMUM: typeof BINARY.minimum = 5;
export const GREATER: typeof BINARY.greater = 6;
export const GREATER_EQUAL: typeof BINARY.greaterEqual = 7;
export const EQUAL: typeof BINARY.equal = 8;
export const KEEP: typeof BINARY.keep = 9;
export const DROP: typeof BINARY.drop = 10;
export const EITHER: typeof BINARY.either = 11;
export const LESS: typeof BINARY.less = 12;
export const LESS_EQUAL: typeof BINARY.lessEqual = 13;
export const NOT_EQUAL: typeof BINARY.notEqual = 14;
export const LOGICAL_AND: typeof BINARY.logicalAnd = 15;
export const LOGICAL_OR: typeof BINARY.logicalOr = 16;
export const MOD: typeof BINARY.mod = 17;
export const FLOOR_DIV: typeof BINARY.floorDiv = 18;
export const ATAN2: typeof BINARY.atan2 = 19;
export const POW: typeof BINARY.pow = 20;

export const SUM: typeof REDUCE.sum = 0;
export const MAX: typeof REDUCE.max = 1;
export const SUM_OF_SQUARES: typeof REDUCE.sumOfSquares = 2;
export const MIN: typeof REDUCE.min = 3;
export const PROD: typeof REDUCE.prod = 4;
