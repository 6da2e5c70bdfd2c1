/**
 * The baseline: the same work in plain JavaScript, as loops over typed arrays that a compiler can do something with.
 *
 * Every function stands alone, because `copies.ts` makes others from its source.
 */

export type Floats = Float32Array | Float64Array;

/** C ← AB for B with rows in one piece: four rows of B a pass. A is m × k with strides rsa and csa. */
export function gemmRows(
  m: number,
  n: number,
  k: number,
  a: Floats,
  rsa: number,
  csa: number,
  b: Floats,
  c: Floats,
): void {
  for (let i = 0; i < m; i++) {
    const row = i * n;
    c.fill(0, row, row + n);
    let p = 0;
    for (; p < k - 3; p += 4) {
      const from = i * rsa + p * csa;
      const [a0, a1, a2, a3] = [a[from]!, a[from + csa]!, a[from + 2 * csa]!, a[from + 3 * csa]!];
      const b0 = p * n;
      const [b1, b2, b3] = [b0 + n, b0 + 2 * n, b0 + 3 * n];
      for (let j = 0; j < n; j++) {
        c[row + j] = c[row + j]! + a0 * b[b0 + j]! + a1 * b[b1 + j]! + a2 * b[b2 + j]! + a3 * b[b3 + j]!;
      }
    }
    for (; p < k; p++) {
      const factor = a[i * rsa + p * csa]!;
      for (let j = 0; j < n; j++) c[row + j] = c[row + j]! + factor * b[p * n + j]!;
    }
  }
}

/** C ← ABᵀ for A and B with rows in one piece, B n × k: dot products, four a pass. */
export function gemmDots(m: number, n: number, k: number, a: Floats, b: Floats, c: Floats): void {
  for (let i = 0; i < m; i++) {
    const row = i * k;
    let j = 0;
    for (; j < n - 3; j += 4) {
      const b0 = j * k;
      const [b1, b2, b3] = [b0 + k, b0 + 2 * k, b0 + 3 * k];
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let p = 0; p < k; p++) {
        const value = a[row + p]!;
        s0 += value * b[b0 + p]!;
        s1 += value * b[b1 + p]!;
        s2 += value * b[b2 + p]!;
        s3 += value * b[b3 + p]!;
      }
      c[i * n + j] = s0;
      c[i * n + j + 1] = s1;
      c[i * n + j + 2] = s2;
      c[i * n + j + 3] = s3;
    }
    for (; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[row + p]! * b[j * k + p]!;
      c[i * n + j] = sum;
    }
  }
}

export function exp(x: Floats, y: Floats): Floats {
  for (let i = 0; i < x.length; i++) y[i] = Math.exp(x[i]!);
  return y;
}

export function log(x: Floats, y: Floats): Floats {
  for (let i = 0; i < x.length; i++) y[i] = Math.log(x[i]!);
  return y;
}

export function tanh(x: Floats, y: Floats): Floats {
  for (let i = 0; i < x.length; i++) y[i] = Math.tanh(x[i]!);
  return y;
}

export function sigmoid(x: Floats, y: Floats): Floats {
  for (let i = 0; i < x.length; i++) y[i] = 1 / (1 + Math.exp(-x[i]!));
  return y;
}

/** max(x, 0), without a branch: random signs are guessed wrong half the time. */
export function relu(x: Floats, y: Floats): Floats {
  for (let i = 0; i < x.length; i++) y[i] = (x[i]! + Math.abs(x[i]!)) / 2;
  return y;
}

export function sigmoidGradient(y: Floats, dy: Floats, dx: Floats): Floats {
  for (let i = 0; i < y.length; i++) dx[i] = dy[i]! * y[i]! * (1 - y[i]!);
  return dx;
}

export function tanhGradient(y: Floats, dy: Floats, dx: Floats): Floats {
  for (let i = 0; i < y.length; i++) dx[i] = dy[i]! * (1 - y[i]! * y[i]!);
  return dx;
}

export function reluGradient(y: Floats, dy: Floats, dx: Floats): Floats {
  for (let i = 0; i < y.length; i++) dx[i] = y[i]! > 0 ? dy[i]! : 0;
  return dx;
}

export function softmax(m: number, n: number, z: Floats, p: Floats): Floats {
  for (let row = 0; row < m * n; row += n) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = row; j < row + n; j++) largest = Math.max(largest, z[j]!);
    let sum = 0;
    for (let j = row; j < row + n; j++) {
      const power = Math.exp(z[j]! - largest);
      p[j] = power;
      sum += power;
    }
    for (let j = row; j < row + n; j++) p[j] = p[j]! / sum;
  }
  return p;
}

/** The mean cross entropy of logits z, and dz ← (softmax(z) - one-hot labels) / m. */
export function crossEntropy(m: number, n: number, z: Floats, labels: Int32Array, dz: Floats): number {
  let loss = 0;
  for (let i = 0; i < m; i++) {
    const row = i * n;
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = row; j < row + n; j++) largest = Math.max(largest, z[j]!);
    let sum = 0;
    for (let j = row; j < row + n; j++) {
      const power = Math.exp(z[j]! - largest);
      dz[j] = power;
      sum += power;
    }
    const right = row + labels[i]!;
    loss += Math.log(sum) + largest - z[right]!;
    for (let j = row; j < row + n; j++) dz[j] = dz[j]! / sum / m;
    dz[right] = dz[right]! - 1 / m;
  }
  return loss / m;
}

/** ½ Σ (y - t)², and dy ← y - t. */
export function squaredError(y: Floats, t: Floats, dy: Floats): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) {
    const difference = y[i]! - t[i]!;
    sum += difference * difference;
    dy[i] = difference;
  }
  return sum / 2;
}

export function argmax(m: number, n: number, x: Floats, labels: Int32Array): Int32Array {
  for (let i = 0; i < m; i++) {
    let best = i * n;
    for (let j = best + 1; j < i * n + n; j++) if (x[j]! > x[best]!) best = j;
    labels[i] = best - i * n;
  }
  return labels;
}

export function addBias(m: number, n: number, x: Floats, b: Floats, y: Floats): Floats {
  for (let row = 0; row < m * n; row += n) for (let j = 0; j < n; j++) y[row + j] = x[row + j]! + b[j]!;
  return y;
}

export function columnSums(m: number, n: number, x: Floats, y: Floats): Floats {
  y.fill(0);
  for (let row = 0; row < m * n; row += n) for (let j = 0; j < n; j++) y[j] = y[j]! + x[row + j]!;
  return y;
}

export function axpy(alpha: number, x: Floats, y: Floats): Floats {
  for (let i = 0; i < x.length; i++) y[i] = y[i]! + alpha * x[i]!;
  return y;
}

/** y_ij ← x_(r_i)j · scale: rows of bytes become numbers. */
export function gatherRows(size: number, x: Uint8Array, indices: Int32Array, y: Floats, scale: number): Floats {
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * size;
    for (let j = 0; j < size; j++) y[i * size + j] = x[from + j]! * scale;
  }
  return y;
}

/** Z ← b + XW over the nonzeros of X. */
export function sparseAffine(n: number, x: SparseRows, w: Floats, b: Floats, z: Floats): Floats {
  const { starts, columns, values } = x;
  for (let i = 0; i < starts.length - 1; i++) {
    const row = i * n;
    z.set(b, row);
    for (let q = starts[i]!; q < starts[i + 1]!; q++) {
      const from = columns[q]! * n;
      const value = values[q]!;
      for (let j = 0; j < n; j++) z[row + j] = z[row + j]! + value * w[from + j]!;
    }
  }
  return z;
}

/** W ← W + α·XᵀD over the nonzeros of X. */
export function sparseAxpy(alpha: number, n: number, x: SparseRows, d: Floats, w: Floats): Floats {
  const { starts, columns, values } = x;
  for (let i = 0; i < starts.length - 1; i++) {
    const row = i * n;
    for (let q = starts[i]!; q < starts[i + 1]!; q++) {
      const to = columns[q]! * n;
      const factor = alpha * values[q]!;
      for (let j = 0; j < n; j++) w[to + j] = w[to + j]! + factor * d[row + j]!;
    }
  }
  return w;
}

/** Nonzeros by row: those of row i are at starts[i] to starts[i + 1] - 1. */
export type SparseRows = { readonly starts: Int32Array; readonly columns: Uint16Array; readonly values: Floats };

/** Y ← X ∗ W, stride 1, with zeros around square images of channels: as `gemmRows`, a row of W for each term. */
export function convolution(
  n: number,
  size: number,
  channels: number,
  rows: number,
  outputs: number,
  kernel: number,
  padding: number,
  x: Floats,
  w: Floats,
  y: Floats,
): void {
  y.fill(0, 0, n * rows * rows * outputs);
  for (let position = 0; position < n * rows * rows; position++) {
    const [image, p, q] = [Math.floor(position / rows / rows), Math.floor(position / rows) % rows, position % rows];
    const to = position * outputs;
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const [i, j] = [p + Math.floor(tap / kernel) - padding, q + (tap % kernel) - padding];
      if (i < 0 || i >= size || j < 0 || j >= size) continue;
      for (let c = 0; c < channels; c++) {
        const [factor, row] = [x[((image * size + i) * size + j) * channels + c]!, (tap * channels + c) * outputs];
        for (let o = 0; o < outputs; o++) y[to + o] = y[to + o]! + factor * w[row + o]!;
      }
    }
  }
}

/** dW ← Xᵀ ∗ dY, of the same sizes. */
export function convolutionWeights(
  n: number,
  size: number,
  channels: number,
  rows: number,
  outputs: number,
  kernel: number,
  padding: number,
  x: Floats,
  dy: Floats,
  dw: Floats,
): void {
  dw.fill(0);
  for (let position = 0; position < n * rows * rows; position++) {
    const [image, p, q] = [Math.floor(position / rows / rows), Math.floor(position / rows) % rows, position % rows];
    const from = position * outputs;
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const [i, j] = [p + Math.floor(tap / kernel) - padding, q + (tap % kernel) - padding];
      if (i < 0 || i >= size || j < 0 || j >= size) continue;
      for (let c = 0; c < channels; c++) {
        const [factor, row] = [x[((image * size + i) * size + j) * channels + c]!, (tap * channels + c) * outputs];
        for (let o = 0; o < outputs; o++) dw[row + o] = dw[row + o]! + factor * dy[from + o]!;
      }
    }
  }
}

/** dX, of the same sizes: a dot product for each term. */
export function convolutionInput(
  n: number,
  size: number,
  channels: number,
  rows: number,
  outputs: number,
  kernel: number,
  padding: number,
  dy: Floats,
  w: Floats,
  dx: Floats,
): void {
  dx.fill(0, 0, n * size * size * channels);
  for (let position = 0; position < n * rows * rows; position++) {
    const [image, p, q] = [Math.floor(position / rows / rows), Math.floor(position / rows) % rows, position % rows];
    const from = position * outputs;
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const [i, j] = [p + Math.floor(tap / kernel) - padding, q + (tap % kernel) - padding];
      if (i < 0 || i >= size || j < 0 || j >= size) continue;
      for (let c = 0; c < channels; c++) {
        const row = (tap * channels + c) * outputs;
        let total = 0;
        for (let o = 0; o < outputs; o++) total += dy[from + o]! * w[row + o]!;
        const to = ((image * size + i) * size + j) * channels + c;
        dx[to] = dx[to]! + total;
      }
    }
  }
}

/** Y ← the largest of windows of `kernel` × `kernel` that touch each other; x is n × size × size × channels. */
export function maxPooling(n: number, size: number, channels: number, kernel: number, x: Floats, y: Floats): void {
  const rows = Math.floor(size / kernel);
  for (let position = 0; position < n * rows * rows; position++) {
    const [image, p, q] = [Math.floor(position / rows / rows), Math.floor(position / rows) % rows, position % rows];
    for (let c = 0; c < channels; c++) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = p * kernel; i < (p + 1) * kernel; i++) {
        for (let j = q * kernel; j < (q + 1) * kernel; j++) {
          const value = x[((image * size + i) * size + j) * channels + c]!;
          if (value > largest) largest = value;
        }
      }
      y[position * channels + c] = largest;
    }
  }
}

/** dX of that: dY goes to the first of the largest. */
export function maxPoolingGradient(
  n: number,
  size: number,
  channels: number,
  kernel: number,
  x: Floats,
  dy: Floats,
  dx: Floats,
): void {
  const rows = Math.floor(size / kernel);
  dx.fill(0);
  for (let position = 0; position < n * rows * rows; position++) {
    const [image, p, q] = [Math.floor(position / rows / rows), Math.floor(position / rows) % rows, position % rows];
    for (let c = 0; c < channels; c++) {
      let top = ((image * size + p * kernel) * size + q * kernel) * channels + c;
      for (let i = p * kernel; i < (p + 1) * kernel; i++) {
        for (let j = q * kernel; j < (q + 1) * kernel; j++) {
          const at = ((image * size + i) * size + j) * channels + c;
          if (x[at]! > x[top]!) top = at;
        }
      }
      dx[top] = dx[top]! + dy[position * channels + c]!;
    }
  }
}

/** Y ← the means of the same windows. */
export function meanPooling(n: number, size: number, channels: number, kernel: number, x: Floats, y: Floats): void {
  const rows = Math.floor(size / kernel);
  for (let position = 0; position < n * rows * rows; position++) {
    const [image, p, q] = [Math.floor(position / rows / rows), Math.floor(position / rows) % rows, position % rows];
    for (let c = 0; c < channels; c++) {
      let total = 0;
      for (let i = p * kernel; i < (p + 1) * kernel; i++) {
        for (let j = q * kernel; j < (q + 1) * kernel; j++) {
          total += x[((image * size + i) * size + j) * channels + c]!;
        }
      }
      y[position * channels + c] = total / (kernel * kernel);
    }
  }
}

/** Y ← each channel of X ∗ its own kernel of `kernel` × `kernel`, around which there is enough padding for as many outputs. */
export function depthwiseConvolution(
  n: number,
  size: number,
  channels: number,
  kernel: number,
  x: Floats,
  w: Floats,
  y: Floats,
): void {
  const padding = (kernel - 1) / 2;
  y.fill(0);
  for (let position = 0; position < n * size * size; position++) {
    const [image, p, q] = [Math.floor(position / size / size), Math.floor(position / size) % size, position % size];
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const [i, j] = [p + Math.floor(tap / kernel) - padding, q + (tap % kernel) - padding];
      if (i < 0 || i >= size || j < 0 || j >= size) continue;
      const [to, from, weight] = [position * channels, ((image * size + i) * size + j) * channels, tap * channels];
      for (let c = 0; c < channels; c++) y[to + c] = y[to + c]! + x[from + c]! * w[weight + c]!;
    }
  }
}

/** dW of that. */
export function depthwiseWeights(
  n: number,
  size: number,
  channels: number,
  kernel: number,
  x: Floats,
  dy: Floats,
  dw: Floats,
): void {
  const padding = (kernel - 1) / 2;
  dw.fill(0);
  for (let position = 0; position < n * size * size; position++) {
    const [image, p, q] = [Math.floor(position / size / size), Math.floor(position / size) % size, position % size];
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const [i, j] = [p + Math.floor(tap / kernel) - padding, q + (tap % kernel) - padding];
      if (i < 0 || i >= size || j < 0 || j >= size) continue;
      const [to, from, weight] = [position * channels, ((image * size + i) * size + j) * channels, tap * channels];
      for (let c = 0; c < channels; c++) dw[weight + c] = dw[weight + c]! + x[from + c]! * dy[to + c]!;
    }
  }
}

/** Y ← X ∗ᵀ W, windows of `kernel` × `kernel` that are `kernel` apart: w is kernel × kernel × outputs × channels. */
export function transposedConvolution(
  n: number,
  size: number,
  channels: number,
  kernel: number,
  outputs: number,
  x: Floats,
  w: Floats,
  y: Floats,
): void {
  for (let position = 0; position < n * size * size; position++) {
    const [image, p, q] = [Math.floor(position / size / size), Math.floor(position / size) % size, position % size];
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const [i, j] = [p * kernel + Math.floor(tap / kernel), q * kernel + (tap % kernel)];
      const to = ((image * size * kernel + i) * size * kernel + j) * outputs;
      for (let o = 0; o < outputs; o++) {
        let total = 0;
        for (let c = 0; c < channels; c++)
          total += x[position * channels + c]! * w[(tap * outputs + o) * channels + c]!;
        y[to + o] = total;
      }
    }
  }
}

/** Y ← X, twice as high and wide: copies of the nearest pixel, or mixtures of four. */
export function doubled(n: number, size: number, channels: number, isBilinear: boolean, x: Floats, y: Floats): void {
  const rows = 2 * size;
  for (let position = 0; position < n * rows * rows; position++) {
    const [image, p, q] = [Math.floor(position / rows / rows), Math.floor(position / rows) % rows, position % rows];
    const [row, column] = [Math.max((p + 0.5) / 2 - 0.5, 0), Math.max((q + 0.5) / 2 - 0.5, 0)];
    const [i, j] = isBilinear ? [Math.floor(row), Math.floor(column)] : [p >> 1, q >> 1];
    const [t, u] = isBilinear ? [row - i, column - j] : [0, 0];
    const [k, l] = [Math.min(i + 1, size - 1), Math.min(j + 1, size - 1)];
    for (let c = 0; c < channels; c++) {
      const above = x[((image * size + i) * size + j) * channels + c]!;
      const right = x[((image * size + i) * size + l) * channels + c]!;
      const below = x[((image * size + k) * size + j) * channels + c]!;
      const last = x[((image * size + k) * size + l) * channels + c]!;
      y[position * channels + c] = (1 - t) * ((1 - u) * above + u * right) + t * ((1 - u) * below + u * last);
    }
  }
}
