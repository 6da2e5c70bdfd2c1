/**
 * How many parameters each kernel takes: what an instance must export to be called through the types of abi.ts. For tests
 * and tools: an engine compares one number instead, the `ABI`, which is derived from these.
 */
import type { CommonKernels, FloatKernels } from "./abi.ts";

/** Those that exist for both float types. */
export const FLOAT_KERNELS: { readonly [Name in keyof FloatKernels]: Parameters<FloatKernels[Name]>["length"] } = {
  gemm: 17,
  gemmScratch: 3,
  exp: 4,
  log: 4,
  sqrt: 4,
  sigmoid: 4,
  tanh: 4,
  relu: 4,
  softplus: 4,
  unary: 4,
  sigmoidGradient: 4,
  tanhGradient: 4,
  reluGradient: 4,
  binary: 16,
  columnSums: 7,
  reduce: 6,
  softmax: 5,
  crossEntropyScratch: 1,
  crossEntropyLabels: 5,
  crossEntropyLabelsGradient: 7,
  crossEntropyTargets: 5,
  crossEntropyTargetsGradient: 7,
  meanCrossEntropy: 8,
  squaredError: 3,
  storeSquaredError: 5,
  squaredErrorGradient: 5,
  argmax: 4,
  countCorrect: 4,
  axpby: 5,
  fill: 3,
  copy: 3,
  store: 2,
  dropout: 7,
  descend: 4,
  momentum: 5,
  adaptive: 6,
  clipNorm: 3,
  scatterAdd: 5,
  transpose: 4,
  gatherRows: 6,
  gatherSparseRows: 9,
  sparseForward: 8,
  sparseBackward: 9,
};

/** Those that no float type divides. */
export const COMMON_KERNELS: { readonly [Name in keyof CommonKernels]: Parameters<CommonKernels[Name]>["length"] } = {
  gatherIndices: 4,
  gatherCopies: 5,
  copyRows: 6,
  advance: 1,
  firstOutOfRange: 3,
  countNonzeros: 2,
  compressRows: 6,
  alloc: 1,
  free: 1,
  shortage: 1,
};
