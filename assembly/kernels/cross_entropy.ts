import { bytes } from "../simd/lanes";
import { blockScratch, exponentials, logOf, rowMax, rowShift, rowsOfBlock, rowSum } from "../simd/rows";

/**
 * Softmax with cross entropy: the loss alone, or the loss with its gradient in the same pass.
 *
 *   loss   = Σ_i Σ_j t_ij · (ln Σ_j e^z_ij - z_ij)     returned: a sum, not a mean, added up in float64
 *   dz_ij  = (softmax(z_i)_j · Σ_j t_ij - t_ij) · scale    scale = 1/m for a mean loss; never 0
 *
 * A class label means a one-hot row, t_ij = 1 where j is label i, and gives the same bits.
 *
 *   m, n      rows and classes
 *   z         m × n logits, dense
 *   labels    m class indices, i32
 *   targets   m × n probabilities or one-hot rows, dense
 *   dz        m × n, dense; may be z itself
 *   scratch   scrossEntropyScratch(n) or dcrossEntropyScratch(n) bytes, 16-byte aligned
 *
 * # Safety
 * src/ops/cross_entropy.ts has checked: m >= 0, n >= 1, every label is in 0..n-1, the operands hold what is
 * said above, dz is z or disjoint from every input.
 */

/**
 * Rows whose sums of exponentials are multiplied before one logarithm is taken of all: a sum is between 1 and n, so
 * that 32 of them stay below (2^31)^32 < 2^1024.
 */
const ROWS_PER_LOG: i32 = 32;

/** The loss of labels and, where dz is not 0, its gradient. */
function ofLabels<T>(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: T, scratch: usize): f64 {
  assert(m >= 0 && n > 0 && scratch % 16 == 0);
  const row = bytes<T>(n);
  let loss: f64 = 0, product: f64 = 1, factors = 0;
  for (const block = rowsOfBlock(n); m > 0; m -= block) {
    const rows = min(m, block), start = dz == 0 ? scratch : dz;
    let x = start;
    for (let i: usize = 0; i < <usize>rows; i++, z += row, x += row) {
      assert(load<u32>(labels + (i << 2)) < <u32>n);
      const zy = load<T>(z + bytes<T>(load<i32>(labels + (i << 2)))); // dz may be z: read before the row is overwritten
      loss += <f64>rowShift<T>(n, z, x) - <f64>zy;
    }
    exponentials<T>(rows * n, start, endOfBlock<T>(n, scratch));
    for (x = start; x < start + row * <usize>rows; x += row, labels += 4) {
      product *= <f64>rowSum<T>(n, x, dz == 0 ? <T>0.0 : scale);
      if (dz != 0) {
        const dzy = x + bytes<T>(load<i32>(labels));
        store<T>(dzy, load<T>(dzy) - scale);
      }
      if (++factors == ROWS_PER_LOG) {
        loss += logOf(product);
        product = 1, factors = 0;
      }
    }
    if (dz != 0) dz += row * <usize>rows;
  }
  return loss + logOf(product);
}

/** The loss of targets and, where dz is not 0, its gradient. */
function ofTargets<T>(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: T, scratch: usize): f64 {
  assert(m >= 0 && n > 0 && scratch % 16 == 0);
  const row = bytes<T>(n);
  let loss: f64 = 0, product: f64 = 1, factors = 0;
  for (const block = rowsOfBlock(n); m > 0; m -= block) {
    const rows = min(m, block), start = dz == 0 ? scratch : dz;
    let x = start;
    for (let i = 0; i < rows; i++, z += row, x += row) {
      // dz may be z: read before the row is overwritten.
      loss += rowFall<T>(n, z, targets + row * <usize>i, v128.extract_lane<T>(rowMax<T>(n, z), 0));
      rowShift<T>(n, z, x);
    }
    exponentials<T>(rows * n, start, endOfBlock<T>(n, scratch));
    for (x = start; x < start + row * <usize>rows; x += row, targets += row) {
      const mass = rowMass<T>(n, targets);
      const sum = <f64>rowSum<T>(n, x, dz == 0 ? <T>0.0 : scale);
      if (dz != 0) {
        for (let j: usize = 0; j < row; j += sizeof<T>()) {
          store<T>(x + j, load<T>(x + j) * <T>mass - load<T>(targets + j) * scale);
        }
      }
      if (mass == 1) product *= sum; // as a label does
      else loss += mass * logOf(sum);
      if (++factors == ROWS_PER_LOG) {
        loss += logOf(product);
        product = 1, factors = 0;
      }
    }
    if (dz != 0) dz += row * <usize>rows;
  }
  return loss + logOf(product);
}

/** Behind the block that a loss without gradient keeps in its scratch. */
// @ts-ignore: decorator
@inline
function endOfBlock<T>(n: i32, scratch: usize): usize {
  return scratch + <usize>blockScratch<T>(n) - 80;
}

/** Σ_j t_j: 1 for a distribution. */
function rowMass<T>(n: i32, t: usize): f64 {
  let mass: f64 = 0;
  for (const end = t + bytes<T>(n); t < end; t += sizeof<T>()) mass += <f64>load<T>(t);
  return mass;
}

/** Σ_j t_j · (top - z_j): how far the targets' logits lie below the largest. A logit of -∞ costs nothing where t is 0. */
function rowFall<T>(n: i32, z: usize, t: usize, top: T): f64 {
  let fall: f64 = 0;
  for (const end = z + bytes<T>(n); z < end; z += sizeof<T>(), t += sizeof<T>()) {
    const weight = <f64>load<T>(t);
    if (weight != 0) fall += weight * (<f64>top - <f64>load<T>(z));
  }
  return fall;
}

export function scrossEntropyLabels(m: i32, n: i32, z: usize, labels: usize, scratch: usize): f64 { return ofLabels<f32>(m, n, z, labels, 0, 0, scratch); }
export function scrossEntropyLabelsGradient(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: f32, scratch: usize): f64 { return ofLabels<f32>(m, n, z, labels, dz, scale, scratch); }
export function scrossEntropyTargets(m: i32, n: i32, z: usize, targets: usize, scratch: usize): f64 { return ofTargets<f32>(m, n, z, targets, 0, 0, scratch); }
export function scrossEntropyTargetsGradient(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: f32, scratch: usize): f64 { return ofTargets<f32>(m, n, z, targets, dz, scale, scratch); }
export function dcrossEntropyLabels(m: i32, n: i32, z: usize, labels: usize, scratch: usize): f64 { return ofLabels<f64>(m, n, z, labels, 0, 0, scratch); }
export function dcrossEntropyLabelsGradient(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: f64, scratch: usize): f64 { return ofLabels<f64>(m, n, z, labels, dz, scale, scratch); }
export function dcrossEntropyTargets(m: i32, n: i32, z: usize, targets: usize, scratch: usize): f64 { return ofTargets<f64>(m, n, z, targets, 0, 0, scratch); }
export function dcrossEntropyTargetsGradient(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: f64, scratch: usize): f64 { return ofTargets<f64>(m, n, z, targets, dz, scale, scratch); }

/** The mean loss at y, of labels or else of targets, for programs: a number that is returned is one more in JavaScript's heap. */
// @ts-ignore: decorator
@inline
function mean<T>(isLabels: i32, m: i32, n: i32, z: usize, t: usize, dz: usize, scratch: usize, y: usize): void {
  assert(isLabels >>> 1 == 0);
  const scale = <T>(1.0 / <f64>m);
  const loss = isLabels ? ofLabels<T>(m, n, z, t, dz, scale, scratch) : ofTargets<T>(m, n, z, t, dz, scale, scratch);
  store<T>(y, <T>(loss / <f64>m));
}

export function smeanCrossEntropy(isLabels: i32, m: i32, n: i32, z: usize, t: usize, dz: usize, scratch: usize, y: usize): void { mean<f32>(isLabels, m, n, z, t, dz, scratch, y); }
export function dmeanCrossEntropy(isLabels: i32, m: i32, n: i32, z: usize, t: usize, dz: usize, scratch: usize, y: usize): void { mean<f64>(isLabels, m, n, z, t, dz, scratch, y); }

export function scrossEntropyScratch(n: i32): i32 { return blockScratch<f32>(n); }
export function dcrossEntropyScratch(n: i32): i32 { return blockScratch<f64>(n); }
