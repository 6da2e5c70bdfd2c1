import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { applyScaling, minMax, type Scaling, scaleValues, standardize } from "../../src/data/scaling.ts";
import { split } from "../../src/data/split.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("scaling");

/** Four columns of different place and spread, the last of them constant. */
function table(count: number, seed: number): Dataset<Float64Array> {
  const random = new RandomState(seed);
  const inputs = Float64Array.from({ length: 4 * count }, (_, at) => {
    const x = random.randn();
    return [5 + 3 * x, 1e6 + x, -0.01 * x, 0.1][at % 4]!;
  });
  const targetValues = Float64Array.from({ length: count }, () => random.rand());
  return new Dataset({ name: "table", inputs, shape: [4], targetValues, inputNames: ["a", "b", "c", "d"] });
}

function column(data: Dataset, which: number): number[] {
  return [...data.inputs].filter((_, at) => at % data.size === which).map((byte) => byte * data.scale);
}

test("standardized columns have mean 0 and deviation 1, constant ones become 0", () => {
  const data = table(300, 1);
  const scaled = applyScaling(standardize(data), data);
  for (let which = 0; which < 3; which++) {
    const values = column(scaled, which);
    const mean = values.reduce((sum, x) => sum + x, 0) / 300;
    const variance = values.reduce((sum, x) => sum + x * x, 0) / 300;
    // 1e6 + x has lost ten digits of its sixteen before anything is computed.
    assert.ok(Math.abs(mean) < 1e-9 && Math.abs(variance - 1) < 1e-9, `column ${which}: ${mean}, ${variance}`);
  }
  assert.equal(new Set(column(scaled, 3)), new Set([0]));
  assert.is(scaled.targetValues, data.targetValues);
  assert.equal(scaled.inputNames, ["a", "b", "c", "d"]);
});

test("the fit is that of two columns by hand", () => {
  const data = new Dataset({
    name: "hand",
    inputs: Float32Array.of(1, 7, 3, 7),
    shape: [2],
    labels: Uint8Array.of(0, 1),
    classes: 2,
  });
  assert.equal(standardize(data), { kind: "standardize", mean: [2, 7], deviation: [1, 1] });
  assert.equal(minMax(data), { kind: "minMax", low: [1, 7], range: [2, 1] });
  assert.equal([...applyScaling(standardize(data), data).inputs], [-1, 0, 1, 0]);
  assert.equal([...applyScaling(minMax(data), data).inputs], [0, 0, 1, 0]);
  assert.is(applyScaling(minMax(data), data).labels, data.labels);
});

test("min-max columns reach from 0 to 1", () => {
  const data = table(50, 2);
  const scaled = applyScaling(minMax(data), data);
  for (let which = 0; which < 3; which++) {
    const values = column(scaled, which);
    assert.is(Math.min(...values), 0);
    assert.ok(Math.abs(Math.max(...values) - 1) < 1e-15);
  }
});

test("bytes are scaled as the floats that they stand for", () => {
  const parts = { name: "bytes", shape: [1], labels: Uint8Array.of(0, 0, 0), classes: 1 };
  const bytes = new Dataset({ ...parts, inputs: Uint8Array.of(0, 51, 255), scale: 1 / 255 });
  const floats = new Dataset({ ...parts, inputs: Float64Array.of(0, 51 / 255, 1) });
  for (const fit of [standardize, minMax]) {
    const found = applyScaling(fit(bytes), bytes);
    const wanted = applyScaling(fit(floats), floats);
    assert.instance(found.inputs, Float32Array);
    assert.instance(wanted.inputs, Float64Array);
    assert.is(found.scale, 1);
    found.inputs.forEach((x: number, at: number) => {
      assert.ok(Math.abs(x - wanted.inputs[at]!) < 1e-6, `${x}, ${wanted.inputs[at]}`);
    });
  }
});

test("the test part does not leak: whatever it holds, the fit and the training part are the same", () => {
  const data = table(100, 3);
  const [train, rest] = split(data, { share: 0.8, random: new RandomState(4) });
  for (const fit of [standardize, minMax]) {
    const before = fit(train);
    const trained = applyScaling(before, train);
    rest.inputs.fill(1e9);
    const after = fit(train);
    assert.equal(after, before);
    assert.equal(applyScaling(after, train).inputs, trained.inputs);
    // The test part is scaled by the training part's numbers, so it is far away now, not at 0.
    assert.ok(column(applyScaling(after, rest), 0).every((x) => x > 1e6));
  }
});

test("a fit survives JSON, and scales single examples as it does datasets", () => {
  const data = table(20, 5);
  for (const fit of [standardize, minMax]) {
    const again = JSON.parse(JSON.stringify(fit(data))) as Scaling;
    const scaled = applyScaling(fit(data), data);
    assert.equal(applyScaling(again, data).inputs, scaled.inputs);
    assert.equal(scaleValues(again, data.inputs.subarray(4, 12)), scaled.inputs.slice(4, 12));
  }
});

test("a fit of other columns, or what is no fit, is refused", () => {
  const data = table(5, 6);
  const narrow: Scaling = { kind: "minMax", low: [0], range: [1] };
  assertThrows(() => applyScaling(narrow, data), ShapeError, "columns");
  assertThrows(() => scaleValues(standardize(data), [1, 2, 3]), ShapeError, "values");
  const broken: Scaling[] = [
    { kind: "minMax", low: [0], range: [0] },
    { kind: "minMax", low: [0, 0], range: [1] },
    { kind: "minMax", low: [], range: [] },
    { kind: "standardize", mean: [Number.NaN], deviation: [1] },
    { kind: "standardize", mean: [0], deviation: [-1] },
    { kind: "standardize", mean: [Number.NaN, 0], deviation: [1, 1] },
    { kind: "standardize", mean: [0, 0], deviation: [0, 1] },
  ];
  for (const scaling of broken) {
    assertThrows(() => scaleValues(scaling, [1, 1]), OptionError, JSON.stringify(scaling));
  }
  const far: Scaling = { kind: "minMax", low: [0, 0, 0, 0], range: [1e-320, 1, 1, 1] };
  assert.is(assertThrows(() => applyScaling(far, data), DatasetError, "infinite").fault.kind, "number");
});

/** One column. */
function columnOf<I extends Float32Array | Float64Array>(inputs: I): Dataset<I> {
  return new Dataset({ name: "column", inputs, shape: [1], targetValues: new Float64Array(inputs.length) });
}

test("columns of any size are standardized: nothing over- or underflows, and what is fitted can be applied", () => {
  const smallest = Number.MIN_VALUE;
  const largest = Number.MAX_VALUE;
  const normal = 2 ** -1022;
  for (const [values, mean, deviation, scaled] of [
    [[1e-200, 2e-200], 1.5e-200, 0.5e-200, [-1, 1]],
    [[1e200, 2e200], 1.5e200, 0.5e200, [-1, 1]],
    [[1e308, -1e308], 0, 1e308, [1, -1]],
    [[-1e308, 1e308, 0, 0], 0, 1e308 * Math.SQRT1_2, [-Math.SQRT2, Math.SQRT2, 0, 0]],
    [[largest, -largest], 0, largest, [1, -1]],
    [
      [largest, -largest, -largest],
      -largest / 3,
      largest * Math.sqrt(8 / 9),
      [Math.SQRT2, -Math.SQRT1_2, -Math.SQRT1_2],
    ],
    [[largest, largest, largest], largest, 1, [0, 0, 0]],
    [[2 * smallest, 4 * smallest], 3 * smallest, smallest, [-1, 1]],
    [[0, 2 * smallest], smallest, smallest, [-1, 1]],
    [[normal, 3 * normal], 2 * normal, normal, [-1, 1]],
    [[1e308, 1e-308], 0.5e308, 0.5e308, [1, -1]],
    [[-1e-300, -3e-300], -2e-300, 1e-300, [1, -1]],
    [[smallest, smallest], smallest, 1, [0, 0]],
    [[1e308, 1e308], 1e308, 1, [0, 0]],
  ] as const) {
    const data = columnOf(Float64Array.from(values));
    const fit = standardize(data) as Extract<Scaling, { kind: "standardize" }>;
    near(fit.mean[0]!, mean, `the mean of ${values}`);
    near(fit.deviation[0]!, deviation, `the deviation of ${values}`);
    const applied = applyScaling(JSON.parse(JSON.stringify(fit)) as Scaling, data).inputs;
    for (const [i, want] of scaled.entries()) near(applied[i]!, want, `${values}, scaled: ${i}`);
    assert.equal(scaleValues(fit, values), Float64Array.from(applied), "examples as the dataset");
  }
});

test("a column whose deviation is below the smallest number can be applied, too", () => {
  const data = columnOf(Float64Array.of(2 ** -1022, 2 ** -1022 + Number.MIN_VALUE));
  const scaled = applyScaling(standardize(data), data).inputs;
  assert.ok(scaled.every((x) => Math.abs(x) <= 1) && scaled[0]! < scaled[1]!, `${scaled}`);
});

test("random columns of any exponents: each fit is applied, and gives mean 0 and deviation 1", () => {
  const random = new RandomState(11);
  for (const [low, high] of [
    [-1074, -1000],
    [-1074, 1023],
    [-600, -500],
    [500, 600],
    [1000, 1023],
  ] as const) {
    for (let round = 0; round < 50; round++) {
      const values = random.rand(9).map((x) => (2 * x - 1) * 2 ** (low + Math.floor(random.rand() * (high - low + 1))));
      for (const inputs of [Float64Array.from(values), Float32Array.from(values).filter(Number.isFinite)]) {
        if (inputs.length === 0 || inputs.every((x) => x === inputs[0])) continue;
        const scaled = [...applyScaling(standardize(columnOf(inputs)), columnOf(inputs)).inputs];
        const mean = scaled.reduce((sum, x) => sum + x, 0) / scaled.length;
        const variance = scaled.reduce((sum, x) => sum + (x - mean) ** 2, 0) / scaled.length;
        const isSubnormal = Math.max(...[...inputs].map(Math.abs)) < 2 ** -1000;
        const tolerance = isSubnormal ? 0.5 : inputs instanceof Float32Array ? 1e-6 : 1e-12;
        assert.ok(
          Math.abs(mean) < tolerance && Math.abs(variance - 1) < 2 * tolerance,
          `${inputs}: ${mean}, ${variance}`,
        );
        if (!Number.isFinite(Math.max(...inputs) - Math.min(...inputs))) continue;
        const bounded = applyScaling(minMax(columnOf(inputs)), columnOf(inputs)).inputs;
        assert.ok(
          bounded.every((x) => x >= 0 && x <= 1),
          `${inputs}: ${bounded}`,
        );
      }
    }
  }
});

test("min-max columns of any size, up to a range that is no number any more", () => {
  for (const values of [
    [1e-200, 2e-200],
    [1e200, 2e200],
    [0, Number.MIN_VALUE],
    [-8e307, 8e307],
  ]) {
    const data = columnOf(Float64Array.from(values));
    assert.equal(applyScaling(minMax(data), data).inputs, Float64Array.of(0, 1), `${values}`);
  }
  const error = assertThrows(() => minMax(columnOf(Float64Array.of(1e308, -1e308))), DatasetError, "too wide");
  assert.match(
    error.message,
    /^column: column 0: expected bounds at most 1\.79\S*308 apart, found -1e\+308 and 1e\+308$/,
  );
});

test("bytes that their scale makes infinite are refused by their column", () => {
  const bytes = new Dataset({
    name: "bytes",
    inputs: Uint8Array.of(1, 255),
    shape: [2],
    targetValues: Float64Array.of(0),
    scale: 1e307,
  });
  for (const fit of [standardize, minMax]) {
    const error = assertThrows(() => fit(bytes), DatasetError, "infinite");
    assert.is(error.message, "bytes: column 1: expected finite numbers, found Infinity and Infinity");
  }
});

function near(got: number, want: number, label: string): void {
  assert.ok(Math.abs(got - want) <= 1e-15 * Math.abs(want), `${label}: ${got}, expected ${want}`);
}

test("columns of negative numbers alone have their bounds, too", () => {
  const inputs = Float64Array.of(-4, 1, -2, 3, -3, 2);
  const data = new Dataset({ name: "below", inputs, shape: [2], targetValues: new Float64Array(3) });
  assert.equal(minMax(data), { kind: "minMax", low: [-4, 1], range: [2, 2] });
  assert.equal(applyScaling(minMax(data), data).inputs, Float64Array.of(0, 0, 1, 1, 0.5, 0.5));
});

test.run();
