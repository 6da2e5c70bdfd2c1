/**
 * The one mirror of assembly/index.ts: what each kernel is called with. A test compares the two.
 *
 * Pointers are bytes; sizes and strides are elements. Nothing is checked on the other side, so only
 * src/ops, which checks, calls these. Equations and layouts are in the kernels' own headers.
 */
import type { FloatType } from "./dtype.ts";

/** A byte address in WebAssembly memory. */
export type Pointer = number;

type Map = (n: number, x: Pointer, y: Pointer, scratch: Pointer) => void;
type MapGradient = (n: number, y: Pointer, dy: Pointer, dx: Pointer) => void;

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
export const REDUCE = { sum: 0, max: 1, sumOfSquares: 2 } as const;

/** Bytes of scratch that the functions of one element, and softmax, need for what does not fill their vectors. */
export const MAP_SCRATCH = 64;

/** Functions that `gemm` takes of its result, by the numbers it knows them by. */
export const ACTIVATION = { none: 0, sigmoid: 1, tanh: 2, relu: 3 } as const;

/** Kernels that exist for both float types: `gemm` is `sgemm` in float32 and `dgemm` in float64. */
export type FloatKernels = {
  readonly gemm: (
    m: number,
    n: number,
    k: number,
    a: Pointer,
    rsa: number,
    csa: number,
    b: Pointer,
    rsb: number,
    csb: number,
    c: Pointer,
    ldc: number,
    bias: Pointer,
    activation: number,
    scratch: Pointer,
    alpha: number,
    beta: number,
    hyperparameters: Pointer,
  ) => void;
  readonly gemmScratch: (m: number, n: number, k: number) => number;
  readonly exp: Map;
  readonly log: Map;
  readonly sqrt: Map;
  readonly sigmoid: Map;
  readonly tanh: Map;
  readonly relu: Map;
  readonly softplus: Map;
  readonly unary: (f: number, n: number, x: Pointer, y: Pointer) => void;
  readonly sigmoidGradient: MapGradient;
  readonly tanhGradient: MapGradient;
  readonly reluGradient: MapGradient;
  readonly binary: (
    f: number,
    d0: number,
    d1: number,
    d2: number,
    d3: number,
    a: Pointer,
    a0: number,
    a1: number,
    a2: number,
    a3: number,
    b: Pointer,
    b0: number,
    b1: number,
    b2: number,
    b3: number,
    y: Pointer,
  ) => void;
  readonly columnSums: (
    m: number,
    n: number,
    x: Pointer,
    y: Pointer,
    alpha: number,
    beta: number,
    hyperparameters: Pointer,
  ) => void;
  readonly reduce: (f: number, m: number, k: number, n: number, x: Pointer, y: Pointer) => void;
  readonly softmax: (m: number, n: number, z: Pointer, p: Pointer, scratch: Pointer) => void;
  readonly crossEntropyScratch: (n: number) => number;
  readonly crossEntropyLabels: (m: number, n: number, z: Pointer, labels: Pointer, scratch: Pointer) => number;
  readonly crossEntropyLabelsGradient: (
    m: number,
    n: number,
    z: Pointer,
    labels: Pointer,
    dz: Pointer,
    scale: number,
    scratch: Pointer,
  ) => number;
  readonly crossEntropyTargets: (m: number, n: number, z: Pointer, targets: Pointer, scratch: Pointer) => number;
  readonly crossEntropyTargetsGradient: (
    m: number,
    n: number,
    z: Pointer,
    targets: Pointer,
    dz: Pointer,
    scale: number,
    scratch: Pointer,
  ) => number;
  readonly meanCrossEntropy: (
    isLabels: number,
    m: number,
    n: number,
    z: Pointer,
    t: Pointer,
    dz: Pointer,
    scratch: Pointer,
    y: Pointer,
  ) => void;
  readonly squaredError: (n: number, y: Pointer, t: Pointer) => number;
  readonly storeSquaredError: (n: number, y: Pointer, t: Pointer, factor: number, to: Pointer) => void;
  readonly squaredErrorGradient: (n: number, y: Pointer, t: Pointer, dy: Pointer, scale: number) => number;
  readonly argmax: (m: number, n: number, x: Pointer, y: Pointer) => void;
  readonly countCorrect: (m: number, n: number, x: Pointer, labels: Pointer) => number;
  readonly axpby: (n: number, x: Pointer, y: Pointer, alpha: number, beta: number) => void;
  readonly fill: (n: number, y: Pointer, alpha: number) => void;
  readonly copy: (n: number, x: Pointer, y: Pointer) => void;
  readonly store: (y: Pointer, value: number) => void;
  readonly dropout: (
    n: number,
    x: Pointer,
    y: Pointer,
    counter: Pointer,
    threshold: number,
    scale: number,
    stream: number,
  ) => void;
  readonly descend: (n: number, g: Pointer, w: Pointer, hyperparameters: Pointer) => void;
  readonly momentum: (n: number, g: Pointer, w: Pointer, v: Pointer, hyperparameters: Pointer) => void;
  readonly adaptive: (n: number, g: Pointer, w: Pointer, m: Pointer, v: Pointer, hyperparameters: Pointer) => void;
  readonly clipNorm: (n: number, g: Pointer, limit: number) => void;
  readonly scatterAdd: (m: number, n: number, x: Pointer, indices: Pointer, y: Pointer) => void;
  readonly transpose: (m: number, n: number, x: Pointer, y: Pointer) => void;
  readonly gatherRows: (m: number, n: number, x: Pointer, indices: Pointer, y: Pointer, scale: number) => void;
  readonly gatherSparseRows: (
    m: number,
    starts: Pointer,
    columns: Pointer,
    values: Pointer,
    indices: Pointer,
    toStarts: Pointer,
    toColumns: Pointer,
    toValues: Pointer,
    scale: number,
  ) => number;
  readonly sparseForward: (
    m: number,
    n: number,
    starts: Pointer,
    columns: Pointer,
    values: Pointer,
    w: Pointer,
    b: Pointer,
    z: Pointer,
  ) => void;
  readonly sparseBackward: (
    m: number,
    n: number,
    starts: Pointer,
    columns: Pointer,
    values: Pointer,
    d: Pointer,
    w: Pointer,
    alpha: number,
    hyperparameters: Pointer,
  ) => void;
};

/** Kernels that no float type divides. */
export type CommonKernels = {
  readonly gatherIndices: (m: number, x: Pointer, indices: Pointer, y: Pointer) => void;
  readonly gatherCopies: (m: number, n: number, x: Pointer, indices: Pointer, y: Pointer) => void;
  readonly copyRows: (m: number, n: number, x: Pointer, strideX: number, y: Pointer, strideY: number) => void;
  readonly advance: (counter: Pointer) => void;
  readonly firstOutOfRange: (m: number, indices: Pointer, bound: number) => number;
  readonly countNonzeros: (n: number, x: Pointer) => number;
  readonly compressRows: (m: number, k: number, x: Pointer, starts: Pointer, columns: Pointer, values: Pointer) => void;
} & Heap;

/** The heap that blocks come from. */
export type Heap = {
  /** A 16-byte aligned block, for which memory grows where it must; 0 where it cannot. */
  readonly alloc: (bytes: number) => Pointer;
  readonly free: (pointer: Pointer) => void;
  /** By how many bytes memory must grow before a block of this size can be allocated; 0 where one is free. */
  readonly shortage: (bytes: number) => number;
};

/** BLAS's letter for an element type. */
export const PREFIX: { readonly [D in FloatType]: "s" | "d" } = { float32: "s", float64: "d" };

/** A memory that grows by giving another buffer: WebAssembly's, or the twin's. */
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

/**
 * What kernels import, and names and numbers of parameters of all, as one number, which the kernels export as `abi`: others than these are
 * refused. A test computes it from the types above.
 */
export const ABI = 1002656634;

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
  /** By float type. */
  readonly kernels: { readonly [D in FloatType]: Float };
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
    const isFloat = PREFIX.float32 + base in exports && PREFIX.float64 + base in exports;
    const group = isFloat ? (name.startsWith(PREFIX.float32) ? single : double) : common;
    (group as Record<string, unknown>)[isFloat ? base : name] = wrap(name, kernel as Kernel);
  }
  return { kernels: { float32: single, float64: double }, common } as unknown as Kernels;
}
