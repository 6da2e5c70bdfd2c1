/** Calls of softmax, of losses, and of what counts right answers. */
import { MAP_SCRATCH } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { type Case, type FloatCases, factor, LONG, ROWS } from "./case.ts";
import type { Draws, Operand, Pair } from "./pair.ts";

/** Columns of softmax: short rows, and those that make blocks of 2048 elements of few rows or one. */
const CLASSES = [1, 2, 3, 4, 5, 7, 8, 9, 10, 33, 100, 683, 1024, 1025, 2047, 2048, 2049, 3000];

function logits(pair: Pair, dtype: FloatType, how: Draws): [m: number, n: number, z: Operand] {
  const n = pair.pick(CLASSES);
  const m = pair.pick(ROWS.filter((rows) => rows * n <= 20_000));
  return [m, n, pair.floats(dtype, m * n, how)];
}

/** Distributions, one-hot rows, and what is neither. */
function targets(pair: Pair, dtype: FloatType, m: number, n: number): Operand {
  const rows = Array.from({ length: m }, () => {
    const kind = pair.pick(["one-hot", "uniform", "any"]);
    const hot = pair.whole(0, n - 1);
    if (kind === "one-hot") return Array.from({ length: n }, (_, j) => Number(j === hot));
    if (kind === "uniform") return Array.from({ length: n }, () => 1 / n);
    return Array.from({ length: n }, () => Math.abs(pair.float(dtype, "tame")));
  });
  return pair.given(dtype, rows.flat());
}

const lossOf = (of: "labels" | "targets", gives: "loss" | "gradient"): Case => {
  return (pair, dtype, how, scratchOf) => {
    const [m, n, z] = logits(pair, dtype, how);
    const t = of === "labels" ? pair.indices("int32", m, n) : targets(pair, dtype, m, n);
    const scratch = pair.scratch(scratchOf(n));
    if (gives === "loss") return [m, n, z, t, scratch];
    const dz = pair.pick([z, pair.floats(dtype, m * n, how)]);
    return [m, n, z, t, dz, pair.pick([1 / m, 1, 0, 1e-3]), scratch];
  };
};

const meanCrossEntropy: Case = (pair, dtype, how, scratchOf) => {
  const isLabels = pair.whole(0, 1);
  const [m, n, z] = logits(pair, dtype, how);
  const t = isLabels ? pair.indices("int32", m, n) : targets(pair, dtype, m, n);
  const dz = pair.pick([0, z, pair.floats(dtype, m * n, how)]);
  return [isLabels, m, n, z, t, dz, pair.scratch(scratchOf(n)), pair.floats(dtype, 1, how)];
};

type Names =
  | "softmax"
  | "crossEntropyScratch"
  | "crossEntropyLabels"
  | "crossEntropyLabelsGradient"
  | "crossEntropyTargets"
  | "crossEntropyTargetsGradient"
  | "meanCrossEntropy"
  | "squaredError"
  | "storeSquaredError"
  | "squaredErrorGradient"
  | "argmax"
  | "countCorrect";

export const LOSS_CASES: Pick<FloatCases, Names> = {
  softmax: (pair, dtype, how) => {
    const [m, n, z] = logits(pair, dtype, how);
    return [m, n, z, pair.pick([z, pair.floats(dtype, m * n, how)]), pair.scratch(MAP_SCRATCH)];
  },
  crossEntropyScratch: (pair) => [pair.pick([...CLASSES, pair.whole(1, 10_000)])],
  crossEntropyLabels: lossOf("labels", "loss"),
  crossEntropyLabelsGradient: lossOf("labels", "gradient"),
  crossEntropyTargets: lossOf("targets", "loss"),
  crossEntropyTargetsGradient: lossOf("targets", "gradient"),
  meanCrossEntropy,
  squaredError: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    return [n, pair.floats(dtype, n, how), pair.floats(dtype, n, how)];
  },
  storeSquaredError: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    const [y, t] = [pair.floats(dtype, n, how), pair.floats(dtype, n, how)];
    return [n, y, t, factor(pair, dtype), pair.floats(dtype, 1, how)];
  },
  squaredErrorGradient: (pair, dtype, how) => {
    const n = pair.pick(LONG);
    const [y, t] = [pair.floats(dtype, n, how), pair.floats(dtype, n, how)];
    return [n, y, t, pair.pick([y, t, pair.floats(dtype, n, how)]), factor(pair, dtype)];
  },
  argmax: (pair, dtype, how) => {
    const [m, n] = [pair.pick(ROWS), pair.pick(CLASSES)];
    return [m, n, pair.floats(dtype, m * n, how), pair.indices("int32", m, 9)];
  },
  countCorrect: (pair, dtype, how) => {
    const [m, n] = [pair.pick(ROWS), pair.pick(CLASSES)];
    return [m, n, pair.floats(dtype, (m + 1) * n, how), pair.indices("int32", m + 1, n)];
  },
};
