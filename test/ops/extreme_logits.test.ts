/**
 * Softmax, its logarithm, and the losses with their gradients, at logits from -1e30 to 1e30, -∞ among them: as in float64,
 * where nothing overflows. +∞ and NaN, and rows of nothing but -∞, have no answer, and say so in their own row.
 */
import * as assert from "uvu/assert";

import { grad } from "../../src/autodiff/grad.ts";
import { mul } from "../../src/ops/binary.ts";
import { binaryCrossEntropyWithLogits } from "../../src/ops/binary_cross_entropy.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { logSoftmax, softmax } from "../../src/ops/softmax.ts";
import { squaredError } from "../../src/ops/squared_error.ts";
import { sum } from "../../src/ops/sum.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { assertAll, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";

const LOGITS = [-Infinity, -1e30, -1e4, -1, 0, 1, 1e4, 1e30];
/** Without an answer, each in a row of its own. */
const NO_ANSWER = [
  [Number.NaN, 0, 0],
  [0, Infinity, 0],
  [Infinity, -Infinity, Infinity],
  [-Infinity, -Infinity, -Infinity],
  [0, 1e30, Number.NaN],
];

const engine = await loadEngine();
const test = leakFreeSuite("extreme logits", engine);

/** Every three of the logits that are not all -∞. */
const ROWS = LOGITS.flatMap((a) => LOGITS.flatMap((b) => LOGITS.map((c) => [a, b, c]))).filter((row) =>
  row.some(Number.isFinite),
);
const N = 3;
/** As float32 has them, so that both sides start from the same numbers. */
const FLAT = { float32: ROWS.flat().map(Math.fround), float64: ROWS.flat() };

for (const dtype of FLOATS) {
  const z = FLAT[dtype];
  const eps = EPS[dtype];
  const relative = (want: ArrayLike<number>) => (i: number) => 4 * eps * (1 + Math.abs(want[i] ?? Number.NaN));

  test(`softmax is between 0 and 1 and adds up to 1, ${dtype}`, () => {
    using x = tensor(engine, z, { dtype, shape: [ROWS.length, N] });
    using p = softmax(x);
    const want = oracle.softmax(N, z);
    assertWithin(p.data, want, relative(want), "softmax");
    for (let i = 0; i < ROWS.length; i++) {
      let total = 0;
      for (const value of p.rows(i, i + 1).data) total += value;
      assert.ok(Math.abs(total - 1) <= N * eps, `${ROWS[i]}: ${total}`);
    }
  });

  test(`logSoftmax is finite wherever the logit is, ${dtype}`, () => {
    using x = tensor(engine, z, { dtype, shape: [ROWS.length, N] });
    using y = logSoftmax(x);
    const want = logOf(z);
    assertWithin(y.data, want, relative(want), "logSoftmax");
    for (const [i, value] of y.data.entries()) assert.is(Number.isFinite(value), z[i] !== -Infinity, `${i}`);
  });

  test(`the gradients of softmax and logSoftmax are finite, and right, ${dtype}`, () => {
    const p = oracle.softmax(N, z);
    const weights = z.map((_, i) => (i % N) - 0.5);
    using x = tensor(engine, z, { dtype, shape: [ROWS.length, N] });
    using w = tensor(engine, weights, { dtype, shape: [ROWS.length, N] });
    const [ofSoftmax] = grad((v) => sum(mul(softmax(v), w)))(x);
    using dSoftmax = ofSoftmax;
    const [ofLog] = grad((v) => sum(mul(logSoftmax(v), w)))(x);
    using dLog = ofLog;
    const rowSum = (i: number, f: (j: number) => number) => f(i - (i % N)) + f(i - (i % N) + 1) + f(i - (i % N) + 2);
    const at = (i: number) => p[i] ?? Number.NaN;
    const weight = (i: number) => weights[i] ?? Number.NaN;
    const wantSoftmax = z.map((_, i) => at(i) * (weight(i) - rowSum(i, (j) => at(j) * weight(j))));
    const wantLog = z.map((_, i) => weight(i) - at(i) * rowSum(i, weight));
    assertWithin(dSoftmax.data, wantSoftmax, () => 16 * eps, "softmax");
    assertWithin(dLog.data, wantLog, () => 16 * eps, "logSoftmax");
  });

  test(`cross entropy costs the distance to the largest logit, ∞ where the answer is ruled out, ${dtype}`, () => {
    for (const [i, row] of ROWS.entries()) {
      const own = z.slice(N * i, N * i + N);
      for (let label = 0; label < N; label++) {
        using x = tensor(engine, own, { dtype, shape: [1, N] });
        using byLabel = tensor(engine, Int32Array.of(label));
        using byTarget = tensor(engine, oracle.oneHot(N, [label]), { dtype, shape: [1, N] });
        const target = oracle.oneHot(N, [label]);
        const want = -(logOf(own)[label] ?? Number.NaN);
        const wantGradient = oracle.crossEntropyGradient(N, own, target);
        for (const t of [byLabel, byTarget]) {
          using gradient = tensor(engine, [[9, 9, 9]], { dtype });
          const loss = softmaxCrossEntropy(x, t as typeof byLabel, { gradient });
          assertWithin([loss], [want], relative([want]), `${row}, ${label}`);
          assertWithin(gradient.data, wantGradient, () => 4 * eps, `${row}, ${label}: gradient`);
          const [dz] = grad((v) => softmaxCrossEntropy(v, t as typeof byLabel))(x);
          using again = dz;
          assertSame(again.data, gradient.data, `${row}, ${label}: gradient of the expression`);
        }
      }
    }
  });

  test(`rows without an answer are NaN, and no other row is, ${dtype}`, () => {
    for (const bad of NO_ANSWER) {
      using x = tensor(engine, [[0, 1, 2], bad, [2, 1, 0]], { dtype });
      using labels = tensor(engine, Int32Array.of(0, 0, 0));
      using p = softmax(x);
      using y = logSoftmax(x);
      using gradient = tensor(engine, Array(9).fill(9), { dtype, shape: [3, 3] });
      assert.ok(Number.isNaN(softmaxCrossEntropy(x, labels, { gradient })), `${bad}`);
      for (const result of [p, gradient, y]) {
        assert.ok(result.rows(0, 1).data.every(Number.isFinite) && result.rows(2, 3).data.every(Number.isFinite));
      }
      for (const result of [p, gradient, y]) assertAll(result.rows(1, 2).data, Number.NaN, `${bad}`);
    }
  });

  test(`binary cross entropy is finite at finite logits, and so is its gradient at all of them, ${dtype}`, () => {
    for (const logit of [...LOGITS, Infinity, -Infinity]) {
      for (const t of [0, 0.25, 1]) {
        const value = dtype === "float32" ? Math.fround(logit) : logit;
        using x = tensor(engine, [value], { dtype });
        using target = tensor(engine, [t], { dtype });
        // A certain answer costs 0 where it is right, be the other's cost ∞.
        const want = (t && t * oracle.softplus(-value)) + (1 - t && (1 - t) * oracle.softplus(value));
        const loss = binaryCrossEntropyWithLogits(x, target);
        assertWithin([loss], [want], relative([want]), `${logit}, ${t}`);
        const [dz] = grad((v) => binaryCrossEntropyWithLogits(v, target))(x);
        using gradient = dz;
        assertWithin(gradient.data, [oracle.sigmoid(value) - t], () => 4 * eps, `${logit}, ${t}: gradient`);
      }
    }
    using x = tensor(engine, [1, -2], { dtype });
    using target = tensor(engine, [1, 0], { dtype });
    const [dt] = grad((t) => binaryCrossEntropyWithLogits(x, t))(target);
    using gradient = dt;
    assertWithin(
      gradient.data,
      [-0.5, 1],
      () => 4 * eps,
      "by the target, which is an expression beside a tensor: -z/2",
    );
    for (const [logit, t] of [
      [Number.NaN, 0],
      [0, Number.NaN],
    ]) {
      using x = tensor(engine, [logit ?? 0], { dtype });
      using target = tensor(engine, [t ?? 0], { dtype });
      assert.ok(Number.isNaN(binaryCrossEntropyWithLogits(x, target)));
    }
  });

  test(`squared error: the difference is of the dtype, squares and their sum are not, ${dtype}`, () => {
    const large = dtype === "float32" ? Math.fround(1e30) : 1e150;
    for (const [y, t, want] of [
      [large, -large, 2 * large * large],
      [Infinity, 1, Infinity],
      [-Infinity, 1, Infinity],
      [Infinity, Infinity, Number.NaN],
      [Number.NaN, 1, Number.NaN],
    ] as const) {
      using outputs = tensor(engine, [y], { dtype });
      using targets = tensor(engine, [t], { dtype });
      using gradient = tensor(engine, [9], { dtype });
      const loss = squaredError(outputs, targets, { gradient });
      if (Number.isNaN(want)) assert.ok(Number.isNaN(loss));
      else assertWithin([loss], [want], () => 4 * eps * want, `${y} and ${t}`);
      assertSame(gradient.data, [y - t], `${y} and ${t}: gradient`);
    }
  });
}

test.run();

/** ln softmax in float64: z - max - ln Σ e^(z - max). */
function logOf(z: readonly number[]): number[] {
  return z.map((value, i) => {
    const row = z.slice(i - (i % N), i - (i % N) + N);
    const top = Math.max(...row);
    return value - top - Math.log(row.reduce((partial, other) => partial + Math.exp(other - top), 0));
  });
}
