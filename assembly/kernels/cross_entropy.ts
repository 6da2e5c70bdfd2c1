import { bytes } from "../simd/lanes";
import { logOf, rowDivide, rowExp, rowMax } from "../simd/rows";

/**
 * Softmax with cross entropy: the loss alone, or the loss with its gradient in the same pass.
 *
 *   loss   = Σ_i Σ_j t_ij · (ln Σ_j e^z_ij - z_ij)     returned: a sum, not a mean, added up in float64
 *   dz_ij  = (softmax(z_i)_j · Σ_j t_ij - t_ij) · scale    scale = 1/m for a mean loss
 *
 * A class label stands for a one-hot row, t_ij = 1 where j is label i, and gives the same bits.
 *
 *   m, n      rows and classes
 *   z         m × n logits, dense
 *   labels    m class indices, i32
 *   targets   m × n probabilities or one-hot rows, dense
 *   dz        m × n, dense; may be z itself
 *
 * # Safety
 * src/ops/cross_entropy.ts has checked: m >= 0, n >= 1, every label is in 0..n-1, the operands hold what is
 * said above, dz is z or disjoint from every input.
 */

/**
 * Rows whose sums of exponentials are multiplied before one logarithm is taken of all: a sum lies between 1 and n, so
 * that 32 of them stay below (2^31)^32 < 2^1024.
 */
const ROWS_PER_LOG: i32 = 32;

/** The loss of labels and, where dz is not 0, its gradient. */
function ofLabels<T>(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: T): f64 {
  assert(m >= 0 && n > 0);
  const row = bytes<T>(n);
  let loss: f64 = 0, product: f64 = 1;
  for (let i = 0; i < m; i++, z += row, labels += 4) {
    assert(load<u32>(labels) < <u32>n);
    const y = bytes<T>(load<i32>(labels));
    const top = rowMax<T>(n, z);
    loss += <f64>top - <f64>load<T>(z + y); // dz may be z: read before the row is overwritten
    const sum = rowExp<T>(n, z, top, dz);
    if (dz != 0) {
      const dzy = (load<T>(dz + y) / sum - <T>1.0) * scale;
      rowDivide<T>(n, dz, sum, scale);
      store<T>(dz + y, dzy);
      dz += row;
    }
    product *= <f64>sum;
    if (i % ROWS_PER_LOG == ROWS_PER_LOG - 1) {
      loss += logOf(product);
      product = 1;
    }
  }
  return loss + logOf(product);
}

/** The loss of targets and, where dz is not 0, its gradient. */
function ofTargets<T>(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: T): f64 {
  assert(m >= 0 && n > 0);
  const row = bytes<T>(n);
  let loss: f64 = 0, product: f64 = 1;
  for (let i = 0; i < m; i++, z += row, targets += row) {
    const top = rowMax<T>(n, z);
    const mass = rowMass<T>(n, targets);
    loss += rowFall<T>(n, z, targets, top); // dz may be z: read before the row is overwritten
    const sum = rowExp<T>(n, z, top, dz);
    if (dz != 0) {
      for (let j: usize = 0; j < row; j += sizeof<T>()) {
        store<T>(dz + j, (load<T>(dz + j) / sum * <T>mass - load<T>(targets + j)) * scale);
      }
      dz += row;
    }
    if (mass == 1) product *= <f64>sum; // as a label does
    else loss += mass * logOf(<f64>sum);
    if (i % ROWS_PER_LOG == ROWS_PER_LOG - 1) {
      loss += logOf(product);
      product = 1;
    }
  }
  return loss + logOf(product);
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

export function scrossEntropyLabels(m: i32, n: i32, z: usize, labels: usize): f64 { return ofLabels<f32>(m, n, z, labels, 0, 0); }
export function dcrossEntropyLabels(m: i32, n: i32, z: usize, labels: usize): f64 { return ofLabels<f64>(m, n, z, labels, 0, 0); }

export function scrossEntropyLabelsGradient(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: f32): f64 { return ofLabels<f32>(m, n, z, labels, dz, scale); }
export function dcrossEntropyLabelsGradient(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: f64): f64 { return ofLabels<f64>(m, n, z, labels, dz, scale); }

export function scrossEntropyTargets(m: i32, n: i32, z: usize, targets: usize): f64 { return ofTargets<f32>(m, n, z, targets, 0, 0); }
export function dcrossEntropyTargets(m: i32, n: i32, z: usize, targets: usize): f64 { return ofTargets<f64>(m, n, z, targets, 0, 0); }

export function scrossEntropyTargetsGradient(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: f32): f64 { return ofTargets<f32>(m, n, z, targets, dz, scale); }
export function dcrossEntropyTargetsGradient(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: f64): f64 { return ofTargets<f64>(m, n, z, targets, dz, scale); }
