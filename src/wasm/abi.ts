/**
 * The kernels as TypeScript calls them: their types follow from table.ts, as do the exports of assembly/index.ts.
 *
 * Pointers are bytes; sizes and strides are elements. Nothing is checked on the other side, so only
 * src/ops, which checks, calls these.
 */
import type { FloatType, NumberType } from "./dtype.ts";
import type { COMMON_TABLE, FLOAT_TABLE, KernelOf } from "./table.ts";

/** Of the rows of table.ts: kernels that report another number are refused. */
export { ABI } from "./abi_number.ts";

/** A byte address in WebAssembly memory. */
export type Pointer = number;

/** Functions of two operands, by the numbers that `binary` knows them by. */
export const BINARY = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  maximum: 4,
  minimum: 5,
  greater: 6,
  greaterEqual: 7,
  equal: 8,
  keep: 9,
  drop: 10,
  either: 11,
  less: 12,
  lessEqual: 13,
  notEqual: 14,
  logicalAnd: 15,
  logicalOr: 16,
  mod: 17,
  floorDiv: 18,
  atan2: 19,
  pow: 20,
} as const;

/** Functions of one operand, by the numbers that `unary` knows them by. */
export const UNARY = {
  abs: 0,
  sign: 1,
  floor: 2,
  ceil: 3,
  trunc: 4,
  round: 5,
  sin: 6,
  cos: 7,
  tan: 8,
  asin: 9,
  acos: 10,
  atan: 11,
  sinh: 12,
  cosh: 13,
  expm1: 14,
  log1p: 15,
  log2: 16,
  log10: 17,
  erf: 18,
} as const;

/** Folds over one axis, by the numbers that `reduce` knows them by. */
export const REDUCE = { sum: 0, max: 1, sumOfSquares: 2, min: 3, prod: 4 } as const;

/** Bytes of scratch that the functions of one element, and softmax, need for what does not fill their vectors. */
export const MAP_SCRATCH = 64;

/** Functions that `gemm` takes of its result, by the numbers it knows them by. */
export const ACTIVATION = { none: 0, sigmoid: 1, tanh: 2, relu: 3 } as const;

/** Kernels that exist for both float types: `gemm` is `sgemm` in float32 and `dgemm` in float64. */
export type FloatKernels = {
  readonly [Name in keyof typeof FLOAT_TABLE]: KernelOf<(typeof FLOAT_TABLE)[Name]>;
};

/** Kernels that no float type divides. */
export type CommonKernels = {
  readonly [Name in keyof typeof COMMON_TABLE]: KernelOf<(typeof COMMON_TABLE)[Name]>;
};

/** The heap that blocks come from. */
export type Heap = Pick<CommonKernels, "alloc" | "free" | "shortage">;

/** BLAS's letter for an element type. */
export const PREFIX: { readonly [D in FloatType]: "s" | "d" } = { float32: "s", float64: "d" };

/** A memory that grows by giving another buffer: WebAssembly's, or the reference kernels'. */
export type LinearMemory = {
  readonly buffer: ArrayBuffer;
  /** @throws {RangeError} the host refuses so many more pages; nothing has changed then */
  grow(pages: number): unknown;
};

/** The pages that a memory starts with, and as many as addresses of 32 bits reach: the limits that the kernels import. */
export const PAGES = { initial: 1, maximum: 65536 } as const;

/** What an instance exports: untyped until `bindKernels` has looked at each name. */
export type Exports = {
  readonly abi?: { readonly value: number };
} & Readonly<Record<string, unknown>>;

/** A call of a kernel, as data: nothing but its name and numbers, so that another thread can make it as well. */
export type KernelCall = {
  /** What the kernels export it as. */
  readonly kernel: string;
  /** Its arguments, in order. */
  readonly args: readonly number[];
};

/** Kernels that record their call instead of making it. */
export type Recorded<K> = {
  readonly [Name in keyof K]: K[Name] extends (...args: infer A) => unknown ? (...args: A) => KernelCall : never;
};

/** Any kernel: numbers in, a number out, or nothing that is used. */
export type Kernel = (...args: number[]) => number;

/** The kernels of an instance. */
export type Kernels<Float = FloatKernels, Common = CommonKernels> = {
  /** By float type; int32 has those of float32, which move its elements, and arithmetic of its own. */
  readonly kernels: { readonly [D in NumberType]: Float };
  /** Those that no float type divides. */
  readonly common: Common;
};

/** The kernels of an instance, each of which records its call. */
export type Recorders = Kernels<Recorded<FloatKernels>, Recorded<CommonKernels>>;

/** The kernels of an instance with this `ABI`, each as `wrap` returns it: the only place where an export gets a type. */
export function bindKernels(exports: Exports, wrap: (name: string, kernel: Kernel) => unknown): Kernels {
  const [single, double, common]: Record<string, unknown>[] = [{}, {}, {}];
  for (const [name, kernel] of Object.entries(exports)) {
    if (typeof kernel !== "function") continue;
    const base = name.slice(1);
    const isFloat = /^[sd]/.test(name) && PREFIX.float32 + base in exports && PREFIX.float64 + base in exports;
    const group = isFloat ? (name.startsWith(PREFIX.float32) ? single : double) : common;
    (group as Record<string, unknown>)[isFloat ? base : name] = wrap(name, kernel as Kernel);
  }
  const integer = { ...single, binary: common!["ibinary"], reduce: common!["ireduce"] };
  return { kernels: { float32: single, float64: double, int32: integer }, common } as unknown as Kernels;
}
