/**
 * Softmax with cross entropy: the reference for assembly/kernels/cross_entropy.ts. Losses are added up in float64, block of rows
 * by block: first what each row's maximum gives, then the logarithms, one of the product of 32 rows' sums.
 */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";
import { BLOCK, type RowFolds } from "./softmax.ts";

type Names =
  | "crossEntropyScratch"
  | "crossEntropyLabels"
  | "crossEntropyLabelsGradient"
  | "crossEntropyTargets"
  | "crossEntropyTargetsGradient"
  | "meanCrossEntropy";

const ROWS_PER_LOG = 32;

/** @param ln in float64, whatever the element */
export function crossEntropies(
  memory: Pages,
  { bytes, floats, at, round, sub, mul }: Element,
  { max, exponentials, sum }: RowFolds,
  ln: (x: number) => number,
): Pick<FloatKernels, Names> {
  /** Σ_j t_j */
  const rowMass = (n: number, t: number): number => {
    const v = floats();
    let mass = 0;
    for (let j = t; j < t + n; j++) mass += v[j]!;
    return mass;
  };

  /** Σ_j t_j · (top - z_j) */
  const rowFall = (n: number, z: number, t: number, top: number): number => {
    const v = floats();
    let fall = 0;
    for (let j = 0; j < n; j++) {
      const weight = v[t + j]!;
      if (weight !== 0) fall += weight * (top - v[z + j]!);
    }
    return fall;
  };

  /** The loss and, where dz is not 0, its gradient. */
  const loss = (
    of: "labels" | "targets",
    m: number,
    n: number,
    z: number,
    t: number,
    dz: number,
    scale: number,
    scratch: number,
  ): number => {
    const v = floats();
    const { i32 } = memory;
    const logits = at(z);
    const targets = of === "labels" ? t >>> 2 : at(t);
    const rowsOfBlock = Math.max(Math.floor(BLOCK / n), 1);
    let loss = 0;
    let product = 1;
    let factors = 0;
    for (let first = 0; first < m; first += rowsOfBlock) {
      const last = Math.min(first + rowsOfBlock, m);
      const to = dz === 0 ? at(scratch) - first * n : at(dz);
      for (let i = first; i < last; i++) {
        const row = logits + i * n;
        // dz may be z: read before the row is overwritten.
        const zy = of === "labels" ? v[row + i32[targets + i]!]! : 0;
        if (of === "targets") loss += rowFall(n, row, targets + i * n, max(n, row));
        const top = exponentials(n, row, to + i * n);
        if (of === "labels") loss += top - zy;
      }
      for (let i = first; i < last; i++) {
        const row = to + i * n;
        const mass = of === "labels" ? 1 : rowMass(n, targets + i * n);
        const total = sum(n, row, dz === 0 ? 0 : scale);
        if (dz !== 0 && of === "labels") {
          const y = row + i32[targets + i]!;
          v[y] = v[y]! - scale;
        } else if (dz !== 0) {
          const share = round(mass);
          for (let j = 0; j < n; j++) v[row + j] = sub(mul(v[row + j]!, share), mul(v[targets + i * n + j]!, scale));
        }
        if (mass === 1) product *= total;
        else loss += mass * ln(total);
        factors += 1;
        if (factors < ROWS_PER_LOG) continue;
        loss += ln(product);
        product = 1;
        factors = 0;
      }
    }
    return loss + ln(product);
  };

  return {
    crossEntropyScratch: (n) => Math.max(n, BLOCK) * bytes + 80,
    crossEntropyLabels: (m, n, z, labels, scratch) => loss("labels", m, n, z, labels, 0, 0, scratch),
    crossEntropyLabelsGradient: (m, n, z, labels, dz, scale, scratch) =>
      loss("labels", m, n, z, labels, dz, round(scale), scratch),
    crossEntropyTargets: (m, n, z, targets, scratch) => loss("targets", m, n, z, targets, 0, 0, scratch),
    crossEntropyTargetsGradient: (m, n, z, targets, dz, scale, scratch) =>
      loss("targets", m, n, z, targets, dz, round(scale), scratch),
    meanCrossEntropy: (isLabels, m, n, z, t, dz, scratch, y) => {
      const of = isLabels ? "labels" : "targets";
      floats()[at(y)] = loss(of, m, n, z, t, dz, round(1 / m), scratch) / m;
    },
  };
}
