/**
 * The ABI: every kernel, and the heap. Generated from src/wasm/table.ts by scripts/kernels.ts.
 *
 * s… is float32, d… is float64. Pointers are bytes, sizes and strides are elements, and nothing is
 * checked here: every kernel's header names the TypeScript file that has checked its operands.
 */
/** The number of the table. */
export const abi: i32 = 2059262723;

export { dconvolution, dconvolutionScratch, sconvolution, sconvolutionScratch } from "./convolution/forward";
export {
  dconvolutionInput, dconvolutionInputScratch, sconvolutionInput, sconvolutionInputScratch,
} from "./convolution/input";
export {
  dconvolutionWeights, dconvolutionWeightsScratch, sconvolutionWeights, sconvolutionWeightsScratch,
} from "./convolution/weights";
export { dbatchedGemm, sbatchedGemm } from "./gemm/batched";
export { dgemm, dgemmScratch, sgemm, sgemmScratch } from "./gemm/gemm";
export { alloc, free, shortage } from "./heap";
export {
  dexp, dlog, drelu, dreluGradient, dsigmoid, dsigmoidGradient, dsoftplus, dsqrt, dtanh, dtanhGradient, sexp, slog,
  srelu, sreluGradient, ssigmoid, ssigmoidGradient, ssoftplus, ssqrt, stanh, stanhGradient,
} from "./kernels/activations";
export { dargmax, dcountCorrect, sargmax, scountCorrect } from "./kernels/argmax";
export { dbinary, ibinary, sbinary } from "./kernels/binary";
export {
  dfromFloat32, dfromFloat64, dfromInt32, dfromUint8, dtoInt32, dtoUint8, narrow, sfromFloat32, sfromFloat64,
  sfromInt32, sfromUint8, stoInt32, stoUint8, widen,
} from "./kernels/cast";
export {
  dcrossEntropyLabels, dcrossEntropyLabelsGradient, dcrossEntropyScratch, dcrossEntropyTargets,
  dcrossEntropyTargetsGradient, dmeanCrossEntropy, scrossEntropyLabels, scrossEntropyLabelsGradient,
  scrossEntropyScratch, scrossEntropyTargets, scrossEntropyTargetsGradient, smeanCrossEntropy,
} from "./kernels/cross_entropy";
export { ddepthwise, ddepthwiseWeights, sdepthwise, sdepthwiseWeights } from "./kernels/depthwise";
export { advance, ddropout, sdropout } from "./kernels/dropout";
export { dgatherRows, firstOutOfRange, gatherIndices, sgatherRows } from "./kernels/gather";
export { ireduce, iscan } from "./kernels/integers";
export {
  dcholesky, dfactorScratch, dlu, dsolveTriangular, scholesky, sfactorScratch, slu, ssolveTriangular,
} from "./kernels/linalg";
export { dnormalize, dnormalizeGradient, snormalize, snormalizeGradient } from "./kernels/normalize";
export {
  dadaptive, dclipNorm, ddescend, dmomentum, sadaptive, sclipNorm, sdescend, smomentum,
} from "./kernels/optimizers";
export {
  davgPool, davgPoolGradient, dmaxPool, dmaxPoolGradient, dmaxPoolPick, savgPool, savgPoolGradient, smaxPool,
  smaxPoolGradient, smaxPoolPick,
} from "./kernels/pool";
export { dcolumnSums, dreduce, scolumnSums, sreduce } from "./kernels/reduce";
export { dresize, dresizeGradient, sresize, sresizeGradient } from "./kernels/resize";
export { copyRows, dscatterAdd, dtranspose, gatherCopies, sscatterAdd, stranspose } from "./kernels/rows";
export { dscan, sscan } from "./kernels/scan";
export { dsoftmax, ssoftmax } from "./kernels/softmax";
export { dsearchSorted, dsortLines, dsortScratch, ssearchSorted, ssortLines, ssortScratch } from "./kernels/sort";
export { dsparseBackward, ssparseBackward } from "./kernels/sparse_backward";
export { dsparseForward, ssparseForward } from "./kernels/sparse_forward";
export { compressRows, countNonzeros, dgatherSparseRows, sgatherSparseRows } from "./kernels/sparse_rows";
export {
  dsquaredError, dsquaredErrorGradient, dstoreSquaredError, ssquaredError, ssquaredErrorGradient, sstoreSquaredError,
} from "./kernels/squared_error";
export { copyStrided, indexSums, scatterCopies } from "./kernels/strided";
export { dunary, sunary } from "./kernels/unary";
export { daxpby, dcopy, dfill, dstore, saxpby, scopy, sfill, sstore } from "./kernels/vectors";
