import { suite } from "uvu";
import * as assert from "uvu/assert";

import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, EPS, FLOATS, reals } from "../support/floats.ts";
import * as oracle from "../support/oracle.ts";

type Place = "no gradient" | "apart" | "onto z";
type Result = { readonly loss: number; readonly dz: number[] };

const engine = await loadEngine();
const field = new Canary(engine, 1 << 20);

const test = suite("cross entropy");

/** Loss and gradient from class labels (Int32Array) or from targets. */
function crossEntropy(
  dtype: FloatType,
  n: number,
  z: ArrayLike<number>,
  t: Int32Array | Float64Array,
  place: Place = "apart",
  scale = 1,
): Result {
  field.clear();
  const m = z.length / n;
  const kernels = engine.kernels[dtype];
  const room = field.room("uint8", kernels.crossEntropyScratch(n), { alignment: 16 });
  const scratch = room.pointer;
  const logits = field.place(dtype, z);
  const targets = t instanceof Int32Array ? field.place("int32", t) : field.place(dtype, t);
  const [loss, lossAndGradient] =
    t instanceof Int32Array
      ? [kernels.crossEntropyLabels, kernels.crossEntropyLabelsGradient]
      : [kernels.crossEntropyTargets, kernels.crossEntropyTargetsGradient];
  if (place === "no gradient") {
    return { loss: field.run([room], () => loss(m, n, logits.pointer, targets.pointer, scratch)), dz: [] };
  }
  const dz = place === "apart" ? field.room(dtype, m * n) : logits;
  const sum = field.run([dz, room], () =>
    lossAndGradient(m, n, logits.pointer, targets.pointer, dz.pointer, scale, scratch),
  );
  return { loss: sum, dz: dz.values() };
}

/** The mean loss, which the kernel stores, and its gradient. */
function meanCrossEntropy(
  dtype: FloatType,
  n: number,
  z: ArrayLike<number>,
  t: Int32Array | Float64Array,
  place: "apart" | "no gradient",
): Result {
  field.clear();
  const m = z.length / n;
  const { crossEntropyScratch, meanCrossEntropy: kernel } = engine.kernels[dtype];
  const scratch = field.room("uint8", crossEntropyScratch(n), { alignment: 16 });
  const logits = field.place(dtype, z);
  const isLabels = t instanceof Int32Array;
  const targets = isLabels ? field.place("int32", t) : field.place(dtype, t);
  const dz = field.room(dtype, place === "apart" ? m * n : 0);
  const y = field.room(dtype, 1);
  const to = place === "apart" ? dz.pointer : 0;
  field.run([dz, y, scratch], () =>
    kernel(isLabels ? 1 : 0, m, n, logits.pointer, targets.pointer, to, scratch.pointer, y.pointer),
  );
  return { loss: y.values()[0] ?? Number.NaN, dz: dz.values() };
}

function labels(m: number, n: number, seed: number): Int32Array {
  const draw = draws(seed);
  return Int32Array.from({ length: m }, () => Math.floor(n * draw()));
}

for (const dtype of FLOATS) {
  test(`labels: loss and gradient agree with float64 for every small shape, onto z too, ${dtype}`, () => {
    for (let m = 0; m <= 3; m++) {
      for (let n = 1; n <= 19; n++) {
        const z = reals(m * n, 20 * m + n, dtype).map((value) => 8 * value);
        const t = labels(m, n, n);
        const label = `${m}×${n}`;
        const got = crossEntropy(dtype, n, z, t);
        checkAgainstOracle(dtype, n, z, oracle.oneHot(n, t), got, label);
        assert.is(crossEntropy(dtype, n, z, t, "no gradient").loss, got.loss, label);
        const ontoZ = crossEntropy(dtype, n, z, t, "onto z");
        assert.is(ontoZ.loss, got.loss, label);
        assertSame(ontoZ.dz, got.dz, label);
      }
    }
  });

  test(`targets: loss and gradient agree with float64, whatever a row adds up to, onto z too, ${dtype}`, () => {
    for (let m = 0; m <= 3; m++) {
      for (let n = 1; n <= 19; n++) {
        const z = reals(m * n, 30 * m + n, dtype).map((value) => 8 * value);
        const t = reals(m * n, 40 * m + n, dtype).map(Math.abs);
        const label = `${m}×${n}`;
        const got = crossEntropy(dtype, n, z, t);
        checkAgainstOracle(dtype, n, z, t, got, label);
        assert.is(crossEntropy(dtype, n, z, t, "no gradient").loss, got.loss, label);
        const ontoZ = crossEntropy(dtype, n, z, t, "onto z");
        assert.is(ontoZ.loss, got.loss, label);
        assertSame(ontoZ.dz, got.dz, label);
      }
    }
  });

  test(`the mean of labels and of targets: the sum over m, and its gradient, ${dtype}`, () => {
    const round = dtype === "float32" ? Math.fround : (value: number) => value;
    for (let m = 1; m <= 4; m++) {
      for (let n = 1; n <= 9; n++) {
        const z = reals(m * n, 60 * m + n, dtype).map((value) => 8 * value);
        for (const t of [labels(m, n, n), reals(m * n, 70 * m + n, dtype).map(Math.abs)]) {
          const want = crossEntropy(dtype, n, z, t, "apart", round(1 / m)); // which the tests above hold against float64
          for (const place of ["apart", "no gradient"] as const) {
            const got = meanCrossEntropy(dtype, n, z, t, place);
            const label = `${m}×${n}, ${t instanceof Int32Array ? "labels" : "targets"}, ${place}`;
            assertSame([got.loss], [round(want.loss / m)], label);
            assertSame(got.dz, place === "apart" ? want.dz : [], label);
          }
        }
      }
    }
  });

  test(`a label gives the bits of its one-hot row, ${dtype}`, () => {
    // The logarithms of 32 rows are taken at once, of labels as of targets.
    for (const m of [5, 32, 75]) {
      for (let n = 1; n <= 19; n++) {
        const z = reals(m * n, 50 + n, dtype).map((value) => 30 * value);
        assertSameResult(dtype, n, z, labels(m, n, n), `${m}×${n}`);
      }
    }
  });

  test(`a label gives the bits of its one-hot row, also where another class is masked by -∞, ${dtype}`, () => {
    assertSameResult(dtype, 3, [1, -Infinity, 2], Int32Array.of(0), "masked");
  });

  test(`extreme logits cost what they must, and no more, ${dtype}`, () => {
    const z = [1000, -1000, 0];
    const label = (at: number) => crossEntropy(dtype, 3, z, Int32Array.of(at));
    assert.is(label(0).loss, 0);
    assert.is(label(1).loss, 2000);
    assert.is(label(2).loss, 1000);
    assertSame(label(1).dz, [1, -1, 0], "gradient of label 1");
    assertSame(
      label(0).dz.map((value) => value + 0),
      [0, 0, 0],
      "gradient of label 0",
    );
    assert.is(crossEntropy(dtype, 2, [-Infinity, 0], Int32Array.of(0)).loss, Infinity);
    assert.is(crossEntropy(dtype, 2, [-Infinity, 0], Int32Array.of(1)).loss, 0);
  });

  test(`NaN and +∞ among the logits make the loss and the row's gradient NaN, ${dtype}`, () => {
    for (const bad of [Number.NaN, Infinity]) {
      for (let j = 0; j < 5; j++) {
        const z = new Float64Array(10).fill(1).with(5 + j, bad);
        for (const t of [Int32Array.of(2, 3), oracle.oneHot(5, [2, 3])]) {
          const { loss, dz } = crossEntropy(dtype, 5, z, t);
          assert.ok(Number.isNaN(loss), `${bad} in column ${j}`);
          assert.ok(dz.slice(0, 5).every(Number.isFinite) && dz.slice(5).every(Number.isNaN), `${bad} in column ${j}`);
        }
      }
    }
  });

  test(`many rows and long ones agree with float64: several blocks, several logarithms, ${dtype}`, () => {
    // 2,048 elements are a block: rows that fill several and not the last, and that are a block each, or nearly.
    for (const [m, n] of [
      [450, 10],
      [45, 100],
      [2, 2047],
      [2, 2049],
      [3, 2500],
    ] as const) {
      const z = reals(m * n, 65, dtype).map((value) => 8 * value);
      const classes = labels(m, n, 66);
      const drawn = reals(m * n, 67, dtype).map(Math.abs);
      for (const [name, t, rows] of [
        ["labels", classes, oracle.oneHot(n, classes)],
        ["one-hot", oracle.oneHot(n, classes), oracle.oneHot(n, classes)],
        ["targets", drawn, drawn],
      ] as const) {
        const mass = Array.from({ length: m }, (_, i) => rows.subarray(i * n, (i + 1) * n).reduce((sum, w) => sum + w));
        const [p, loss] = [oracle.softmax(n, z), oracle.crossEntropy(n, z, rows)];
        const slopes = oracle.crossEntropyGradient(n, z, rows);
        // As below, but in proportion to each probability; and the difference rounds.
        const rounding = (16 + n + 4) * EPS[dtype];
        const share = (at: number) => p[at]! * mass[Math.floor(at / n)]!;
        // Exponentials as above, and float64's sums of at most m·n terms.
        const lossBound = rounding * mass.reduce((sum, w) => sum + w) + m * n * EPS.float64 * loss;
        for (const place of ["no gradient", "apart", "onto z"] as const) {
          const label = `${name}, ${m}×${n}, ${place}`;
          const got = crossEntropy(dtype, n, z, t, place);
          assertWithin([got.loss], [loss], () => lossBound, `${label}: loss`);
          if (place === "no gradient") continue;
          assertWithin(got.dz, slopes, (at) => rounding * share(at) + EPS[dtype] * rows[at]!, `${label}: gradient`);
        }
      }
    }
  });

  test(`equal logits of n classes cost ln n a row, however many rows there are, ${dtype}`, () => {
    // 300^128 is over the largest number.
    for (const [m, n] of [
      [450, 10],
      [128, 300],
    ] as const) {
      for (const t of [new Int32Array(m), oracle.oneHot(n, new Int32Array(m))]) {
        const { loss } = crossEntropy(dtype, n, new Float64Array(m * n), t, "no gradient");
        const want = m * Math.log(n);
        assertWithin([loss], [want], () => (m + 4) * EPS.float64 * want, `${m}×${n}`);
      }
    }
  });

  test(`scale multiplies the gradient and leaves the loss alone, ${dtype}`, () => {
    const z = reals(15, 60, dtype);
    for (const t of [labels(3, 5, 61), reals(15, 62, dtype).map(Math.abs)]) {
      const whole = crossEntropy(dtype, 5, z, t);
      const quarter = crossEntropy(dtype, 5, z, t, "apart", 0.25);
      assert.is(quarter.loss, whole.loss);
      assertSame(
        quarter.dz,
        whole.dz.map((value) => 0.25 * value),
        "a power of two is exact",
      );
    }
  });

  test(`rows are independent: their losses add up, and their gradients are those of each alone, to the bit, ${dtype}`, () => {
    const z = reals(6 * 7, 63, dtype).map((value) => 5 * value);
    const t = labels(6, 7, 64);
    const whole = crossEntropy(dtype, 7, z, t);
    let sum = 0;
    const dz: number[] = [];
    for (let i = 0; i < 6; i++) {
      const row = crossEntropy(dtype, 7, z.slice(7 * i, 7 * (i + 1)), t.slice(i, i + 1));
      sum += row.loss;
      dz.push(...row.dz);
    }
    // One logarithm of the product of six sums stands for six.
    assertWithin([whole.loss], [sum], () => 24 * EPS.float64 * sum, "loss");
    assertSame(whole.dz, dz, "gradient");
  });

  test(`the gradient of a row adds up to zero, ${dtype}`, () => {
    for (const n of [2, 5, 10, 19]) {
      const { dz } = crossEntropy(dtype, n, reals(n, n, dtype), labels(1, n, n));
      const sum = dz.reduce((partial, value) => partial + value, 0);
      assert.ok(Math.abs(sum) <= (n + 3) * EPS[dtype], `n = ${n}: ${sum}`);
    }
  });
}

test("the gradient is the slope of the loss: central differences in float64, within 1e-9", () => {
  const h = 1e-5; // h²/6·f''' and eps·loss/h are both below 1e-9
  const n = 4;
  const z = reals(3 * n, 70, "float64").map((value) => 3 * value);
  for (const t of [labels(3, n, 71), reals(3 * n, 72, "float64").map(Math.abs)]) {
    const slopes = oracle.centralDifferences((moved) => crossEntropy("float64", n, moved, t, "no gradient").loss, z, h);
    assertWithin(crossEntropy("float64", n, z, t).dz, slopes, () => 1e-9, t.constructor.name);
  }
});

test.run();

/**
 * The sum of n exponentials rounds n times, each exponent once (|z - max| <= 16: 8 eps of its power), exp and
 * the quotient 2; all of it times the mass of the targets, which float64 adds up.
 */
function checkAgainstOracle(
  dtype: FloatType,
  n: number,
  z: Float64Array,
  t: Float64Array,
  got: Result,
  label: string,
): void {
  const tolerance = (16 + n + 4) * EPS[dtype] * Math.max(1, n);
  const rows = z.length / n;
  const loss = oracle.crossEntropy(n, z, t);
  assertWithin([got.loss], [loss], () => tolerance * rows, `${label}: loss`);
  assertWithin(got.dz, oracle.crossEntropyGradient(n, z, t), () => tolerance, `${label}: gradient`);
}

function assertSameResult(dtype: FloatType, n: number, z: ArrayLike<number>, t: Int32Array, label: string): void {
  for (const place of ["no gradient", "apart", "onto z"] as const) {
    const fromLabels = crossEntropy(dtype, n, z, t, place, 0.2);
    const fromTargets = crossEntropy(dtype, n, z, oracle.oneHot(n, t), place, 0.2);
    assert.is(fromTargets.loss, fromLabels.loss, `${label}, ${place}: loss`);
    assertSame(fromTargets.dz, fromLabels.dz, `${label}, ${place}: gradient`);
  }
}
