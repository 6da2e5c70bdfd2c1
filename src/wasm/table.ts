/**
 * The table of kernels: one row each, from which follow the types that src/ops calls them by (abi.ts), the exports of
 * assembly/index.ts and their number (`ABI`), and the tests of bounds, assertions, splits and reference kernels. Equations are
 * in the kernels' own headers. src imports its type alone, so that no bundle carries it; signature.ts reads it.
 *
 * A row has a kernel's parameters in order, `name: role`, where several of one role share a string:
 *
 *   size                  i32, at least 0; `size from 1`, `size to 65536`
 *   stride                i32, elements from one index of an axis to the next; `stride from n`, `stride to 1`
 *   code BINARY           i32, one of that constant of abi.ts; `flag` is 0 or 1
 *   place n               i32, where the first index of the size n is in the whole: a part's is larger
 *   scalar T              a number of the kernel's float type, or f64, i32 or u32
 *   scratch 64            the address of as many bytes, 16-byte aligned, that may be overwritten, or of as many as another
 *                         kernel returns: `scratch gemmScratch(m, n, k)`
 *   block                 the address of a block of the heap
 *   in, out, inout        the address of elements that are read, written without being read, or both:
 *
 *     in T[m, n]          m·n elements of the float type, row-major; f32, f64, i32, u16 and u8 are other types
 *     in T[m:rsa, k:csa]  with the strides rsa and csa
 *     in i32[m + 1]       one element more than m
 *     … and 8 more        elements behind it that may be read and, of an output, overwritten
 *     … below rows        each is from 0 to before `rows`: a parameter, or a size that the kernel is not given
 *     … rising to nnz     none is less than the one before, and the last is `nnz`
 *     … or 0              may be absent
 *     … may be x, y       may be the same memory as x or as y, where that has as many elements in the same order
 *     in A if f, else B   A where the flag f is 1
 *
 * Operands are aligned to their elements, and disjoint where the row does not say otherwise. The build `debug` asserts the
 * ranges of sizes, strides, codes and of elements that a parameter bounds, and the alignment of scratch.
 *
 * `result` is returned: an i32, u32 or f64. `unused` keeps the compiler from leaving out loads, and means nothing.
 *
 * `split` is how a call may be cut into several, by signature.ts, each with scratch of its own:
 *
 *   over m                anywhere; the bits are those of the whole, and integers that are returned are added
 *   over m or n           likewise, by either
 *   over d0, else d1      by the first that is not 1
 *   in blocks of m        the sums that are returned are added, and their last bits depend on where it is cut
 *   not                   elements depend on those before them, or on their place
 */

/** How parameters are named: what an editor shows of them. Each name is here once, whichever kernels have it. */
// biome-ignore format: a dictionary
type Names = {
  m: [m: number]; n: [n: number]; k: [k: number];
  d0: [d0: number]; d1: [d1: number]; d2: [d2: number]; d3: [d3: number]; bound: [bound: number]; bytes: [bytes: number];
  a: [a: number]; rsa: [rsa: number]; csa: [csa: number]; a0: [a0: number]; a1: [a1: number]; a2: [a2: number]; a3: [a3: number];
  b: [b: number]; rsb: [rsb: number]; csb: [csb: number]; b0: [b0: number]; b1: [b1: number]; b2: [b2: number]; b3: [b3: number];
  c: [c: number]; ldc: [ldc: number]; bias: [bias: number];
  x0: [x0: number]; x1: [x1: number]; x2: [x2: number]; x3: [x3: number];
  y0: [y0: number]; y1: [y1: number]; y2: [y2: number]; y3: [y3: number];
  r: [r: number]; r0: [r0: number]; r1: [r1: number]; r2: [r2: number]; o0: [o0: number]; o1: [o1: number]; o2: [o2: number];
  x: [x: number]; y: [y: number]; z: [z: number]; p: [p: number]; t: [t: number]; d: [d: number];
  dx: [dx: number]; dy: [dy: number]; dz: [dz: number]; strideX: [strideX: number]; strideY: [strideY: number];
  g: [g: number]; w: [w: number]; v: [v: number]; 
  hyperparameters: [hyperparameters: number]; limit: [limit: number]; factor: [factor: number]; to: [to: number];
  labels: [labels: number]; targets: [targets: number]; indices: [indices: number];
  starts: [starts: number]; columns: [columns: number]; values: [values: number];
  toStarts: [toStarts: number]; toColumns: [toColumns: number]; toValues: [toValues: number];
  counter: [counter: number]; threshold: [threshold: number]; stream: [stream: number];
  descending: [descending: number]; flat: [flat: number]; right: [right: number];
  f: [f: number]; activation: [activation: number]; isLabels: [isLabels: number];
  alpha: [alpha: number]; beta: [beta: number]; scale: [scale: number]; value: [value: number];
  t0: [t0: number]; rt: [rt: number]; ct: [ct: number]; pivots: [pivots: number];
  isUpper: [isUpper: number]; isUnit: [isUnit: number]; count: [count: number]; rx: [rx: number]; ry: [ry: number];
  taps: [taps: number]; first: [first: number];
  isOneA: [isOneA: number]; isOneB: [isOneB: number]; start: [start: number]; isBackward: [isBackward: number];
  isSmallest: [isSmallest: number];
  h: [h: number]; oh: [oh: number]; ow: [ow: number]; oc: [oc: number]; groups: [groups: number]; kh: [kh: number]; kw: [kw: number];
  sh: [sh: number]; sw: [sw: number]; dh: [dh: number]; dw: [dw: number]; top: [top: number]; left: [left: number];
  weights: [weights: number]; dWeights: [dWeights: number];
  isPadded: [isPadded: number]; isAdaptive: [isAdaptive: number]; isAdjoint: [isAdjoint: number];
  least: [least: number]; isBilinear: [isBilinear: number]; isAligned: [isAligned: number]; epsilon: [epsilon: number];
  scratch: [scratch: number]; pointer: [pointer: number];
};

type Element = "T" | "f32" | "f64" | "i32" | "u16" | "u8";
type Role =
  | "size"
  | `size ${"from" | "to"} ${string}`
  | "stride"
  | `stride ${"from" | "to"} ${string}`
  | `code ${"ACTIVATION" | "BINARY" | "REDUCE" | "UNARY"}`
  | "flag"
  | `place ${string}`
  | `scalar ${"T" | "f64" | "i32" | "u32"}`
  | `scratch ${string}`
  | "block"
  | `${"in" | "out" | "inout"} ${Element}[${string}]${string}`;

/** A row of the table. */
export type Row = {
  readonly parameters: readonly `${string}: ${Role}`[];
  readonly result?: "i32" | "u32" | "f64" | "unused";
  readonly split: "not" | `over ${string}` | `in blocks of ${string}`;
};

/** `["m, n: size", "x: in T[m, n]"]` as `[m: number, n: number, x: number]`. */
type Labels<S> = S extends `${infer Name}, ${infer Rest}`
  ? [...Labels<Name>, ...Labels<Rest>]
  : S extends keyof Names
    ? Names[S]
    : [`${S & string} is not among Names`];
type Arguments<P> = P extends readonly [`${infer Name}: ${string}`, ...infer Rest]
  ? [...Labels<Name>, ...Arguments<Rest>]
  : [];

/** The function that a row describes; signature.ts asks whether it is one. */
export type KernelOf<R extends { readonly parameters: readonly string[] }> = (
  ...args: Arguments<R["parameters"]>
) => R extends { readonly result: string } ? number : void;

/** Kernels that exist for both float types: `gemm` is `sgemm` in float32 and `dgemm` in float64. */
export const FLOAT_TABLE = {
  /** C ← f(αAB + βC), or C ← f(αAB + bias). */
  gemm: {
    parameters: [
      "m, n, k: size",
      "a: in T[m:rsa, k:csa]",
      "rsa, csa: stride",
      "b: in T[k:rsb, n:csb]",
      "rsb, csb: stride",
      "c: inout T[m:ldc, n]",
      "ldc: stride from n",
      "bias: in T[n] or 0",
      "activation: code ACTIVATION",
      "scratch: scratch gemmScratch(m, n, k)",
      "alpha, beta: scalar f64",
      "hyperparameters: in f64[2] or 0",
    ],
    split: "over m or n",
  },
  /** C ← αAB + βC of d0 · d1 pairs of matrices. */
  batchedGemm: {
    parameters: [
      "d0, d1, m, n, k: size",
      "a: in T[d0:a0, d1:a1, m:rsa, k:csa]",
      "a0, a1, rsa, csa: stride",
      "b: in T[d0:b0, d1:b1, k:rsb, n:csb]",
      "b0, b1, rsb, csb: stride",
      "c: inout T[d0, d1, m, n]",
      "scratch: scratch gemmScratch(m, n, k)",
      "alpha, beta: scalar f64",
    ],
    split: "over d0, else d1, else m",
  },
  /** Bytes of scratch. */
  gemmScratch: { parameters: ["m, n, k: size"], result: "i32", split: "not" },
  /** Y ← f(X ∗ W + bias); x is 0 outside of its images. */
  convolution: {
    parameters: [
      "n, h, w, c, oh, ow, oc, groups, kh, kw: size",
      "sh, sw, dh, dw: size from 1",
      "top, left: size",
      "x: in T[n, h, w, groups, c]",
      "weights: in T[kh, kw, c, groups, oc]",
      "bias: in T[groups, oc] or 0",
      "y: out T[n, oh, ow, groups, oc]",
      "activation: code ACTIVATION",
      "scratch: scratch convolutionScratch(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left)",
    ],
    split: "over n",
  },
  /** Bytes of scratch. */
  convolutionScratch: {
    parameters: ["h, w, c, oh, ow, oc, groups, kh, kw: size", "sh, sw, dh, dw: size from 1", "top, left: size"],
    result: "i32",
    split: "not",
  },
  /** The gradient of the weights, of `taps` of the kh · kw · c. */
  convolutionWeights: {
    parameters: [
      "n, h, w, c, oh, ow, oc, groups, kh, kw: size",
      "sh, sw, dh, dw: size from 1",
      "top, left: size",
      "x: in T[n, h, w, groups, c]",
      "dy: in T[n, oh, ow, groups, oc]",
      "dWeights: out T[taps, groups, oc]",
      "scratch: scratch convolutionWeightsScratch(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left)",
      "taps: size",
      "first: place taps",
    ],
    split: "over taps",
  },
  /** Bytes of scratch. */
  convolutionWeightsScratch: {
    parameters: ["h, w, c, oh, ow, oc, groups, kh, kw: size", "sh, sw, dh, dw: size from 1", "top, left: size"],
    result: "i32",
    split: "not",
  },
  /** The gradient of the input. */
  convolutionInput: {
    parameters: [
      "n, h, w, c, oh, ow, oc, groups, kh, kw: size",
      "sh, sw, dh, dw: size from 1",
      "top, left: size",
      "dy: in T[n, oh, ow, groups, oc]",
      "weights: in T[kh, kw, c, groups, oc]",
      "dx: out T[n, h, w, groups, c]",
      "scratch: scratch convolutionInputScratch(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left)",
    ],
    split: "over n",
  },
  /** Bytes of scratch. */
  convolutionInputScratch: {
    parameters: ["h, w, c, oh, ow, oc, groups, kh, kw: size", "sh, sw, dh, dw: size from 1", "top, left: size"],
    result: "i32",
    split: "not",
  },
  /** PA = LU in place; the first pivot that is 0, or -1. */
  lu: {
    parameters: [
      "count, n: size",
      "a: inout T[count, n, n]",
      "pivots: out i32[count, n]",
      "scratch: scratch factorScratch(n, n)",
    ],
    result: "i32",
    split: "not",
  },
  /** A = UᵀU in place of the upper triangle; the first pivot that is not positive, or -1. */
  cholesky: {
    parameters: ["count, n: size", "a: inout T[count, n, n]", "scratch: scratch factorScratch(n, n)"],
    result: "i32",
    split: "not",
  },
  /** X ← T⁻¹PX. */
  solveTriangular: {
    parameters: [
      "isUpper, isUnit: flag",
      "count, n, m: size",
      "t: in T[count:t0, n:rt, n:ct]",
      "t0, rt, ct: stride",
      "pivots: in i32[count, n] below n or 0",
      "x: inout T[count, n, m]",
      "scratch: scratch factorScratch(n, m)",
    ],
    split: "over count",
  },
  /** Bytes of scratch. */
  factorScratch: { parameters: ["n, m: size"], result: "i32", split: "not" },
  exp: { parameters: ["n: size", "x: in T[n]", "y: out T[n] may be x", "scratch: scratch 64"], split: "over n" },
  log: { parameters: ["n: size", "x: in T[n]", "y: out T[n] may be x", "scratch: scratch 64"], split: "over n" },
  sqrt: { parameters: ["n: size", "x: in T[n]", "y: out T[n] may be x", "scratch: scratch 64"], split: "over n" },
  sigmoid: { parameters: ["n: size", "x: in T[n]", "y: out T[n] may be x", "scratch: scratch 64"], split: "over n" },
  tanh: { parameters: ["n: size", "x: in T[n]", "y: out T[n] may be x", "scratch: scratch 64"], split: "over n" },
  relu: { parameters: ["n: size", "x: in T[n]", "y: out T[n] may be x", "scratch: scratch 64"], split: "over n" },
  softplus: { parameters: ["n: size", "x: in T[n]", "y: out T[n] may be x", "scratch: scratch 64"], split: "over n" },
  /** y ← f(x). */
  unary: { parameters: ["f: code UNARY", "n: size", "x: in T[n]", "y: out T[n] may be x"], split: "over n" },
  sigmoidGradient: { parameters: ["n: size", "y, dy: in T[n]", "dx: out T[n] may be y, dy"], split: "over n" },
  tanhGradient: { parameters: ["n: size", "y, dy: in T[n]", "dx: out T[n] may be y, dy"], split: "over n" },
  reluGradient: { parameters: ["n: size", "y, dy: in T[n]", "dx: out T[n] may be y, dy"], split: "over n" },
  /** y ← f(a, b), where a stride of 0 repeats an operand along an axis. */
  binary: {
    parameters: [
      "f: code BINARY",
      "d0, d1, d2, d3: size",
      "a: in T[d0:a0, d1:a1, d2:a2, d3:a3]",
      "a0, a1, a2: stride",
      "a3: stride to 1",
      "b: in T[d0:b0, d1:b1, d2:b2, d3:b3]",
      "b0, b1, b2: stride",
      "b3: stride to 1",
      "y: out T[d0, d1, d2, d3] may be a, b",
    ],
    split: "over d0, else d1, else d2, else d3",
  },
  /** y ← α · the sums of the columns of x + βy. */
  columnSums: {
    parameters: [
      "m, n: size",
      "x: in T[m:strideX, n]",
      "y: inout T[n]",
      "alpha, beta: scalar f64",
      "hyperparameters: in f64[2] or 0",
      "strideX: stride from n",
    ],
    split: "over n",
  },
  reduce: {
    parameters: ["f: code REDUCE", "m, k, n: size", "x: in T[m, k, n]", "y: out T[m, n]"],
    split: "over m",
  },
  /** y_p = a_p · y_(p - 1) + b_p along k. */
  scan: {
    parameters: [
      "m, k, n: size",
      "a: in T[1] if isOneA, else T[m, k, n]",
      "isOneA: flag",
      "b: in T[1] if isOneB, else T[m, k, n]",
      "isOneB: flag",
      "y: out T[m, k, n]",
      "start: scalar f64",
      "isBackward: flag",
    ],
    split: "over m",
  },
  softmax: {
    parameters: ["m: size", "n: size from 1", "z: in T[m, n]", "p: out T[m, n] may be z", "scratch: scratch 64"],
    split: "over m",
  },
  /** Bytes of scratch for the cross entropy of n classes. */
  crossEntropyScratch: { parameters: ["n: size from 1"], result: "i32", split: "not" },
  crossEntropyLabels: {
    parameters: [
      "m: size",
      "n: size from 1",
      "z: in T[m, n]",
      "labels: in i32[m] below n",
      "scratch: scratch crossEntropyScratch(n)",
    ],
    result: "f64",
    split: "in blocks of m",
  },
  crossEntropyLabelsGradient: {
    parameters: [
      "m: size",
      "n: size from 1",
      "z: in T[m, n]",
      "labels: in i32[m] below n",
      "dz: out T[m, n] may be z",
      "scale: scalar T",
      "scratch: scratch crossEntropyScratch(n)",
    ],
    result: "f64",
    split: "in blocks of m",
  },
  crossEntropyTargets: {
    parameters: ["m: size", "n: size from 1", "z, targets: in T[m, n]", "scratch: scratch crossEntropyScratch(n)"],
    result: "f64",
    split: "in blocks of m",
  },
  crossEntropyTargetsGradient: {
    parameters: [
      "m: size",
      "n: size from 1",
      "z, targets: in T[m, n]",
      "dz: out T[m, n] may be z",
      "scale: scalar T",
      "scratch: scratch crossEntropyScratch(n)",
    ],
    result: "f64",
    split: "in blocks of m",
  },
  /** The mean loss to y and, where dz is given, its gradient. */
  meanCrossEntropy: {
    parameters: [
      "isLabels: flag",
      "m: size",
      "n: size from 1",
      "z: in T[m, n]",
      "t: in i32[m] below n if isLabels, else T[m, n]",
      "dz: out T[m, n] or 0 may be z",
      "scratch: scratch crossEntropyScratch(n)",
      "y: out T[1]",
    ],
    split: "not",
  },
  squaredError: { parameters: ["n: size", "y, t: in T[n]"], result: "f64", split: "in blocks of n" },
  /** The loss times a factor. */
  storeSquaredError: {
    parameters: ["n: size", "y, t: in T[n]", "factor: scalar f64", "to: out T[1]"],
    split: "not",
  },
  squaredErrorGradient: {
    parameters: ["n: size", "y, t: in T[n]", "dy: out T[n] may be y, t", "scale: scalar T"],
    result: "f64",
    split: "in blocks of n",
  },
  /** Of the largest, or of the smallest. */
  argmax: {
    parameters: ["m: size", "k: size from 1", "n: size", "x: in T[m, k, n]", "y: out i32[m, n]", "isSmallest: flag"],
    split: "over m",
  },
  countCorrect: {
    parameters: ["m: size", "n: size from 1", "x: in T[m, n]", "labels: in i32[m]"],
    result: "i32",
    split: "over m",
  },
  /** y ← αx + βy. */
  axpby: {
    parameters: ["n: size", "x: in T[n]", "y: inout T[n] may be x", "alpha, beta: scalar T"],
    split: "over n",
  },
  fill: { parameters: ["n: size", "y: out T[n]", "alpha: scalar T"], split: "over n" },
  copy: { parameters: ["n: size", "x: in T[n]", "y: out T[n] may be x"], split: "over n" },
  /** One element. */
  store: { parameters: ["y: out T[1]", "value: scalar f64"], split: "not" },
  /** counter is [seed, step]; an element's place decides whether it is kept. */
  dropout: {
    parameters: [
      "n: size",
      "x: in T[n]",
      "y: out T[n] may be x",
      "counter: in i32[2]",
      "threshold: scalar u32",
      "scale: scalar T",
      "stream: scalar i32",
      "first: place n",
    ],
    split: "over n",
  },
  /** w ← (1 - ηλ)w - ηg. */
  descend: {
    parameters: ["n: size", "g: in T[n] or 0", "w: inout T[n]", "hyperparameters: in f64[2]"],
    split: "over n",
  },
  momentum: {
    parameters: ["n: size", "g: in T[n]", "w, v: inout T[n]", "hyperparameters: in f64[4]"],
    split: "over n",
  },
  adaptive: {
    parameters: [
      "n: size",
      "g: in T[n]",
      "w: inout T[n]",
      "m: inout T[n] or 0",
      "v: inout T[n]",
      "hyperparameters: in f64[8]",
    ],
    split: "over n",
  },
  /** g ← g · limit / max(‖g‖, limit). */
  clipNorm: { parameters: ["n: size", "g: inout T[n]", "limit: scalar f64"], split: "not" },
  /** Row indices[i] of y ← itself + row i of x. */
  scatterAdd: {
    parameters: ["m, n: size", "x: in T[m, n]", "indices: in i32[m] below rows", "y: inout T[rows, n]"],
    split: "not",
  },
  transpose: {
    parameters: [
      "d0, d1, m, n: size",
      "x: in T[d0:x0, d1:x1, m:rx, n]",
      "x0, x1, rx: stride",
      "y: out T[d0:y0, d1:y1, n:ry, m]",
      "y0, y1: stride",
      "ry: stride from m",
    ],
    split: "over m or n or d0 or d1",
  },
  /** The largest of each window. */
  maxPool: {
    parameters: [
      "n, h, w, c, kh, kw, oh, ow, sh, sw, top, left: size",
      "x: in T[n, h, w, c]",
      "y: out T[n, oh, ow, c]",
      "least: scalar T",
    ],
    split: "over n",
  },
  /** dx ← 0, then dy added where its window first equals y. */
  maxPoolGradient: {
    parameters: [
      "n, h, w, c, kh, kw, oh, ow, sh, sw, top, left: size",
      "x: in T[n, h, w, c]",
      "y, dy: in T[n, oh, ow, c]",
      "dx: out T[n, h, w, c]",
    ],
    split: "over n",
  },
  /** The element of v where the window of x first equals y. */
  maxPoolPick: {
    parameters: [
      "n, h, w, c, kh, kw, oh, ow, sh, sw, top, left: size",
      "x: in T[n, h, w, c]",
      "y: in T[n, oh, ow, c]",
      "v: in T[n, h, w, c]",
      "dy: out T[n, oh, ow, c]",
    ],
    split: "over n",
  },
  /** The mean of each window. */
  avgPool: {
    parameters: [
      "n, h, w, c, kh, kw, oh, ow, sh, sw, top, left: size",
      "isPadded, isAdaptive: flag",
      "x: in T[n, h, w, c]",
      "y: out T[n, oh, ow, c]",
    ],
    split: "over n",
  },
  /** dx ← 0, then each window's part of dy added to its elements. */
  avgPoolGradient: {
    parameters: [
      "n, h, w, c, kh, kw, oh, ow, sh, sw, top, left: size",
      "isPadded, isAdaptive: flag",
      "dy: in T[n, oh, ow, c]",
      "dx: out T[n, h, w, c]",
    ],
    split: "over n",
  },
  /** A convolution of each channel by itself, or what its adjoint makes of its output. */
  depthwise: {
    parameters: [
      "n, h, w, c, kh, kw, oh, ow: size",
      "sh, sw, dh, dw: size from 1",
      "top, left: size",
      "isAdjoint: flag",
      "x: in T[n, h, w, c]",
      "weights: in T[kh, kw, c]",
      "b: in T[c] or 0",
      "y: out T[n, oh, ow, c]",
    ],
    split: "over n",
  },
  depthwiseWeights: {
    parameters: [
      "n, h, w, c, kh, kw, oh, ow: size",
      "sh, sw, dh, dw: size from 1",
      "top, left: size",
      "x: in T[n, h, w, c]",
      "dy: in T[n, oh, ow, c]",
      "dWeights: out T[kh, kw, c]",
    ],
    split: "not",
  },
  /** Images at another size. */
  resize: {
    parameters: [
      "isBilinear, isAligned: flag",
      "n: size",
      "h, w: size from 1",
      "c, oh, ow: size",
      "x: in T[n, h, w, c]",
      "y: out T[n, oh, ow, c]",
    ],
    split: "over n",
  },
  /** dx ← 0, then dy added where `resize` reads. */
  resizeGradient: {
    parameters: [
      "isBilinear, isAligned: flag",
      "n: size",
      "h, w: size from 1",
      "c, oh, ow: size",
      "dy: in T[n, oh, ow, c]",
      "dx: out T[n, h, w, c]",
    ],
    split: "over n",
  },
  /** Rows of mean 0 and variance 1. */
  normalize: {
    parameters: ["m: size", "n: size from 1", "x: in T[m, n]", "y: out T[m, n] may be x", "epsilon: scalar f64"],
    split: "over m",
  },
  normalizeGradient: {
    parameters: [
      "m: size",
      "n: size from 1",
      "x, dy: in T[m, n]",
      "dx: out T[m, n] may be x, dy",
      "epsilon: scalar f64",
    ],
    split: "over m",
  },
  /** Elements of another type, as this one. */
  fromFloat32: { parameters: ["n: size", "x: in f32[n]", "y: out T[n]"], split: "over n" },
  fromFloat64: { parameters: ["n: size", "x: in f64[n]", "y: out T[n]"], split: "over n" },
  fromInt32: { parameters: ["n: size", "x: in i32[n]", "y: out T[n]"], split: "over n" },
  fromUint8: { parameters: ["n: size", "x: in u8[n]", "y: out T[n]"], split: "over n" },
  /** Elements as another type. */
  toInt32: { parameters: ["n: size", "x: in T[n]", "y: out i32[n]"], split: "over n" },
  toUint8: { parameters: ["n: size", "x: in T[n]", "y: out u8[n]"], split: "over n" },
  /** The first `count` of each line of k in order, and where they were. */
  sortLines: {
    parameters: [
      "descending: flag",
      "m, k, n: size",
      "count: size to k",
      "x: in T[m, k, n]",
      "y: out T[m, count, n] or 0",
      "indices: out i32[m, count, n] or 0",
      "flat: flag",
      "scratch: scratch sortScratch(k)",
    ],
    split: "not",
  },
  /** Bytes of scratch. */
  sortScratch: { parameters: ["k: size"], result: "i32", split: "not" },
  /** How many elements of x come before each value. */
  searchSorted: {
    parameters: ["right: flag", "n: size", "x: in T[n]", "m: size", "values: in T[m]", "y: out i32[m]"],
    split: "over m",
  },
  gatherRows: {
    parameters: [
      "m, n: size",
      "x: in u8[rows, n]",
      "indices: in i32[m] below rows",
      "y: out T[m, n]",
      "scale: scalar T",
    ],
    split: "over m",
  },
  gatherSparseRows: {
    parameters: [
      "m: size",
      "starts: in i32[rows + 1] rising to nonzeros",
      "columns: in u16[nonzeros] and 8 more",
      "values: in u8[nonzeros] and 8 more",
      "indices: in i32[m] below rows",
      "toStarts: out i32[m + 1]",
      "toColumns: out u16[picked] and 8 more",
      "toValues: out T[picked] and 8 more",
      "scale: scalar T",
    ],
    result: "unused",
    split: "not",
  },
  /** Z ← b + XW, X m × k and sparse. */
  sparseForward: {
    parameters: [
      "m, n: size",
      "starts: in i32[m + 1] rising to nonzeros",
      "columns: in u16[nonzeros] and 1 more below k",
      "values: in T[nonzeros]",
      "w: in T[k, n]",
      "b: in T[n]",
      "z: out T[m, n]",
    ],
    split: "over m",
  },
  /** W ← W + αXᵀD, X sparse with m rows, of whose columns k are taken from `first` on. */
  sparseBackward: {
    parameters: [
      "m, n: size",
      "starts: in i32[m + 1] rising to nonzeros",
      "columns: in u16[nonzeros] and 1 more below width",
      "values: in T[nonzeros]",
      "d: in T[m:strideX, n]",
      "w: inout T[k:strideX, n]",
      "alpha: scalar f64",
      "hyperparameters: in f64[1] or 0",
      "strideX: stride from n",
      "k: size",
      "first: place k",
    ],
    split: "over n or k",
  },
} as const;

/** Kernels that no float type divides, and the heap. */
export const COMMON_TABLE = {
  /** `binary` of int32. */
  ibinary: {
    parameters: [
      "f: code BINARY",
      "d0, d1, d2, d3: size",
      "a: in i32[d0:a0, d1:a1, d2:a2, d3:a3]",
      "a0, a1, a2: stride",
      "a3: stride to 1",
      "b: in i32[d0:b0, d1:b1, d2:b2, d3:b3]",
      "b0, b1, b2: stride",
      "b3: stride to 1",
      "y: out i32[d0, d1, d2, d3] may be a, b",
    ],
    split: "over d0, else d1, else d2, else d3",
  },
  /** `reduce` of int32. */
  ireduce: {
    parameters: ["f: code REDUCE", "m, k, n: size", "x: in i32[m, k, n]", "y: out i32[m, n]"],
    split: "over m",
  },
  /** `scan` of int32. */
  iscan: {
    parameters: [
      "m, k, n: size",
      "a: in i32[1] if isOneA, else i32[m, k, n]",
      "isOneA: flag",
      "b: in i32[1] if isOneB, else i32[m, k, n]",
      "isOneB: flag",
      "y: out i32[m, k, n]",
      "start: scalar i32",
      "isBackward: flag",
    ],
    split: "over m",
  },
  /** The lowest 8 bits. */
  narrow: { parameters: ["n: size", "x: in i32[n]", "y: out u8[n]"], split: "over n" },
  widen: { parameters: ["n: size", "x: in u8[n]", "y: out i32[n]"], split: "over n" },
  gatherIndices: {
    parameters: ["m: size", "x: in i32[rows]", "indices: in i32[m] below rows", "y: out i32[m]"],
    split: "over m",
  },
  /** Rows of n bytes. */
  gatherCopies: {
    parameters: ["m, n: size", "x: in u8[rows, n]", "indices: in i32[m] below rows", "y: out u8[m, n]"],
    split: "over m",
  },
  /** Rows of n bytes, their strides in bytes. */
  copyRows: {
    parameters: [
      "m, n: size",
      "x: in u8[m:strideX, n]",
      "strideX: stride",
      "y: out u8[m:strideY, n]",
      "strideY: stride from n",
    ],
    split: "over m",
  },
  /** Blocks of n bytes, between strides in bytes. */
  copyStrided: {
    parameters: [
      "n, d0, d1, d2, d3: size",
      "x: in u8[d0:x0, d1:x1, d2:x2, d3:x3, n]",
      "x0, x1, x2, x3: stride",
      "y: out u8[d0:y0, d1:y1, d2:y2, d3:y3, n]",
      "y0, y1, y2, y3: stride",
    ],
    split: "over d0 or d1 or d2 or d3",
  },
  /** Rows of n bytes. */
  scatterCopies: {
    parameters: ["m, n: size", "x: in u8[m, n]", "indices: in i32[m] below rows", "y: inout u8[rows, n]"],
    split: "not",
  },
  /** Positions: scale · r + a ramp along each axis + beta · y. */
  indexSums: {
    parameters: [
      "d0, d1, d2: size",
      "r: in i32[d0:r0, d1:r1, d2:r2]",
      "r0, r1, r2: stride",
      "scale, o0, o1, o2: scalar i32",
      "y: inout i32[d0, d1, d2]",
      "beta: flag",
    ],
    split: "not",
  },
  /** The step of [seed, step] plus 1. */
  advance: { parameters: ["counter: inout i32[2]"], split: "not" },
  /** The first i whose index is not from 0 to before `bound`, or -1. */
  firstOutOfRange: { parameters: ["m: size", "indices: in i32[m]", "bound: size"], result: "i32", split: "not" },
  countNonzeros: { parameters: ["n: size", "x: in u8[n]"], result: "i32", split: "over n" },
  compressRows: {
    parameters: [
      "m: size",
      "k: size to 65536",
      "x: in u8[m, k]",
      "starts: out i32[m + 1]",
      "columns: out u16[nonzeros] and 1 more",
      "values: out u8[nonzeros] and 1 more",
    ],
    split: "not",
  },
  /** A 16-byte aligned block, for which memory grows where it must; 0 where it cannot. */
  alloc: { parameters: ["bytes: scalar u32"], result: "u32", split: "not" },
  free: { parameters: ["pointer: block"], split: "not" },
  /** By how many bytes memory must grow before a block of this size can be allocated; 0 where one is free. */
  shortage: { parameters: ["bytes: scalar u32"], result: "u32", split: "not" },
} as const;
