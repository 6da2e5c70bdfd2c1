/**
 * The kernels in plain TypeScript: for every operand the bits of the build `simd`, with the same names and parameters. Slow. For where WebAssembly is forbidden, and to hold the kernels against.
 *
 *   pages, heap   in place of WebAssembly's memory and AssemblyScript's heap
 *   element       arithmetic that rounds as a lane does
 *   others        each names the file of assembly/ that it is the reference for
 *
 * The order of operations is that of the SIMD code, lane by lane. Only the bits of a NaN may differ, and what scratch is
 * left with. Addresses beyond memory do not trap: what is read there is NaN, what is written is lost.
 */
import type { CommonKernels, Exports, FloatKernels } from "../wasm/abi.ts";
import { activations } from "./activations.ts";
import { argmaxima } from "./argmax.ts";
import { binaries } from "./binary.ts";
import { convolutions } from "./convolution.ts";
import { crossEntropies } from "./cross_entropy.ts";
import { depthwiseConvolutions } from "./depthwise.ts";
import { dropouts } from "./dropout.ts";
import { type Element, elementOf } from "./element.ts";
import { exponentials } from "./exp.ts";
import { commonMoves, rowMoves } from "./gather.ts";
import { products } from "./gemm.ts";
import { heap } from "./heap.ts";
import { casts, integers } from "./integers.ts";
import { logarithm } from "./log.ts";
import { normalizations } from "./normalize.ts";
import { optimizers } from "./optimizers.ts";
import { Pages } from "./pages.ts";
import { pools } from "./pool.ts";
import { type Powers, powersOf } from "./powers.ts";
import { reductions } from "./reduce.ts";
import { resizes } from "./resize.ts";
import { scans } from "./scan.ts";
import { rowFolds, softmaxima } from "./softmax.ts";
import { sorting } from "./sort.ts";
import { sparseProducts, sparseRows } from "./sparse.ts";
import { squaredErrors } from "./squared_error.ts";
import { stridedCopies } from "./strided.ts";
import { unaries } from "./unary.ts";
import { vectors } from "./vectors.ts";

/**
 * The kernels on a memory: what a WebAssembly instance exports, and no module.
 *
 * @param abi the number that the instance reports
 */
export function start(
  abi: number,
  memory: Pages = new Pages(),
): { module: undefined; memory: Pages; exports: Exports } {
  const [single, double] = [elementOf(memory, "float32"), elementOf(memory, "float64")];
  const ln = logarithm(double);
  const powers = powersOf(exponentials(double), ln);
  const exports = {
    abi: { value: abi },
    ...typelessOf(memory),
    ...prefixed("s", kernelsOf(memory, single, ln, powers)),
    ...prefixed("d", kernelsOf(memory, double, ln, powers)),
  };
  return { module: undefined, memory, exports };
}

function typelessOf(memory: Pages): CommonKernels {
  return {
    ...commonMoves(memory),
    ...integers(memory),
    ...stridedCopies(memory),
    ...sparseRows(memory),
    ...heap(memory),
  };
}

/** @param powers of float64, which both types use */
function kernelsOf(memory: Pages, element: Element, ln: (x: number) => number, powers: Powers): FloatKernels {
  const exponents = exponentials(element);
  const functions = activations(element, exponents, logarithm(element));
  const rows = rowFolds(element, exponents.exp);
  const folds = reductions(memory, element);
  const updates = vectors(memory, element);
  return {
    ...products(memory, element, functions),
    ...convolutions(memory, element, functions),
    ...functions.exported,
    ...unaries(element, powers),
    ...binaries(element, powers),
    ...casts(memory, element),
    ...sorting(memory, element),
    ...folds.exported,
    ...scans(element),
    ...pools(element),
    ...normalizations(element),
    ...resizes(element),
    ...depthwiseConvolutions(element),
    ...softmaxima(element, rows),
    ...crossEntropies(memory, element, rows, ln),
    ...squaredErrors(element),
    ...argmaxima(memory, element),
    ...updates,
    ...dropouts(memory, element),
    ...optimizers(memory, element, updates, folds),
    ...rowMoves(memory, element),
    ...sparseProducts(memory, element),
  };
}

/** The names that assembly/index.ts exports them by. */
function prefixed(prefix: "s" | "d", named: FloatKernels): Record<string, FloatKernels[keyof FloatKernels]> {
  return Object.fromEntries(Object.entries(named).map(([name, kernel]) => [prefix + name, kernel]));
}
