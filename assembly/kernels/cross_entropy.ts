import { bytes } from "../simd/lanes";
import { rowDivide, rowExp, rowLog, rowMax } from "../simd/rows";

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

// @ts-ignore: decorator
@inline
function labelsLoss<T>(m: i32, n: i32, z: usize, labels: usize): f64 {
  assert(m >= 0 && n > 0);
  let loss: f64 = 0;
  for (let i = 0; i < m; i++, z += bytes<T>(n), labels += 4) {
    assert(load<u32>(labels) < <u32>n);
    const top = rowMax<T>(n, z);
    const zy = load<T>(z + bytes<T>(load<i32>(labels)));
    loss += rowLog(<f64>rowExp<T>(n, z, top, 0)) + (<f64>top - <f64>zy);
  }
  return loss;
}

// @ts-ignore: decorator
@inline
function labelsGradient<T>(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: T): f64 {
  assert(m >= 0 && n > 0);
  let loss: f64 = 0;
  for (let i = 0; i < m; i++, z += bytes<T>(n), dz += bytes<T>(n), labels += 4) {
    assert(load<u32>(labels) < <u32>n);
    const y = bytes<T>(load<i32>(labels));
    const zy = load<T>(z + y); // dz may be z: read before the row is overwritten
    const top = rowMax<T>(n, z);
    const sum = rowExp<T>(n, z, top, dz);
    const dzy = (load<T>(dz + y) / sum - <T>1.0) * scale;
    rowDivide<T>(n, dz, sum, scale);
    store<T>(dz + y, dzy);
    loss += rowLog(<f64>sum) + (<f64>top - <f64>zy);
  }
  return loss;
}

// @ts-ignore: decorator
@inline
function targetsLoss<T>(m: i32, n: i32, z: usize, targets: usize): f64 {
  assert(m >= 0 && n > 0);
  let loss: f64 = 0;
  for (let i = 0; i < m; i++, z += bytes<T>(n), targets += bytes<T>(n)) {
    const top = rowMax<T>(n, z);
    loss += rowMass<T>(n, targets) * rowLog(<f64>rowExp<T>(n, z, top, 0)) + rowFall<T>(n, z, targets, top);
  }
  return loss;
}

// @ts-ignore: decorator
@inline
function targetsGradient<T>(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: T): f64 {
  assert(m >= 0 && n > 0);
  let loss: f64 = 0;
  for (let i = 0; i < m; i++, z += bytes<T>(n), targets += bytes<T>(n), dz += bytes<T>(n)) {
    const top = rowMax<T>(n, z);
    const mass = rowMass<T>(n, targets);
    const fall = rowFall<T>(n, z, targets, top); // dz may be z: read before the row is overwritten
    const sum = rowExp<T>(n, z, top, dz);
    for (let j: usize = 0; j < bytes<T>(n); j += sizeof<T>()) {
      store<T>(dz + j, (load<T>(dz + j) / sum * <T>mass - load<T>(targets + j)) * scale);
    }
    loss += mass * rowLog(<f64>sum) + fall;
  }
  return loss;
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

export function scrossEntropyLabels(m: i32, n: i32, z: usize, labels: usize): f64 { return labelsLoss<f32>(m, n, z, labels); }
export function dcrossEntropyLabels(m: i32, n: i32, z: usize, labels: usize): f64 { return labelsLoss<f64>(m, n, z, labels); }

export function scrossEntropyLabelsGradient(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: f32): f64 { return labelsGradient<f32>(m, n, z, labels, dz, scale); }
export function dcrossEntropyLabelsGradient(m: i32, n: i32, z: usize, labels: usize, dz: usize, scale: f64): f64 { return labelsGradient<f64>(m, n, z, labels, dz, scale); }

export function scrossEntropyTargets(m: i32, n: i32, z: usize, targets: usize): f64 { return targetsLoss<f32>(m, n, z, targets); }
export function dcrossEntropyTargets(m: i32, n: i32, z: usize, targets: usize): f64 { return targetsLoss<f64>(m, n, z, targets); }

export function scrossEntropyTargetsGradient(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: f32): f64 { return targetsGradient<f32>(m, n, z, targets, dz, scale); }
export function dcrossEntropyTargetsGradient(m: i32, n: i32, z: usize, targets: usize, dz: usize, scale: f64): f64 { return targetsGradient<f64>(m, n, z, targets, dz, scale); }
