import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { applyScaling, minMax, type Scaling, scaleValues, standardize } from "../../src/data/scaling.ts";
import { split } from "../../src/data/split.ts";
import { DatasetError, OptionError, ShapeError } from "../../src/errors.ts";
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

test("columns of negative numbers alone have their bounds, too", () => {
  const inputs = Float64Array.of(-4, 1, -2, 3, -3, 2);
  const data = new Dataset({ name: "below", inputs, shape: [2], targetValues: new Float64Array(3) });
  assert.equal(minMax(data), { kind: "minMax", low: [-4, 1], range: [2, 2] });
  assert.equal(applyScaling(minMax(data), data).inputs, Float64Array.of(0, 0, 1, 1, 0.5, 0.5));
});

test.run();
