/** A drawn call of each kernel that no float type divides; the heap has a test of its own. */
import type { CommonKernels, Heap } from "../../src/wasm/abi.ts";
import type { Args } from "./case.ts";
import type { Pair } from "./pair.ts";

/** Around 8 and 16 bytes, which are looked at together. */
const BYTES = [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 784];

export const COMMON_CASES: { readonly [Name in Exclude<keyof CommonKernels, keyof Heap>]: (pair: Pair) => Args } = {
  gatherIndices: (pair) => {
    const m = pair.pick(BYTES);
    return [m, pair.indices("int32", 9, 1000), pair.indices("int32", m + 1, 9), pair.indices("int32", m, 9)];
  },
  gatherCopies: (pair) => {
    const [m, n] = [pair.pick(BYTES), pair.pick(BYTES)];
    return [
      m,
      n,
      pair.indices("uint8", 5 * n, 256),
      pair.indices("int32", m + 1, 5),
      pair.indices("uint8", m * n, 256),
    ];
  },
  copyRows: (pair) => {
    const [m, n] = [pair.pick(BYTES), pair.pick(BYTES)];
    const [strideX, strideY] = [pair.pick([0, n, n + 5]), n + pair.pick([0, 3])];
    const x = pair.indices("uint8", m * strideX + n, 256);
    return [m, n, x, strideX, pair.indices("uint8", m * strideY + n, 256), strideY];
  },
  advance: (pair) => [pair.given("int32", [pair.whole(-9, 9), pair.pick([0, 7, -1, 2 ** 31 - 1])])],
  firstOutOfRange: (pair) => {
    const m = pair.pick(BYTES);
    return [m, pair.indices("int32", m, pair.pick([1, 50, 51, 60])), pair.pick([0, 1, 50])];
  },
  countNonzeros: (pair) => {
    const n = pair.pick(BYTES);
    return [n, pair.indices("uint8", n, pair.pick([1, 2, 256]))];
  },
  compressRows: (pair) => {
    const [m, k] = [pair.pick([0, 1, 2, 5]), pair.pick(BYTES)];
    const x = pair.indices("uint8", m * k, pair.pick([1, 2, 256]));
    const nonzeros = pair.elementsOf(x).filter((value) => value !== 0).length;
    const [columns, values] = [pair.output("uint16", nonzeros, 1), pair.output("uint8", nonzeros, 1)];
    return [m, k, x, pair.output("int32", m + 1, 0), columns, values];
  },
};
