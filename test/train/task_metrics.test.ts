/** Metrics of yes-or-no answers and of numbers: scikit-learn's documented values, and plain loops over all pairs. */
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { accuracyOf, evaluate } from "../../src/train/evaluation/evaluate.ts";
import { binaryMetrics, regressionReport } from "../../src/train/evaluation/plain_metrics.ts";
import { reportData, reportText } from "../../src/train/evaluation/report.ts";
import { train } from "../../src/train/loop/train.ts";
import { loadEngine } from "../support/engine.ts";
import { draws } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("metrics of a task", engine);

const near = (found: number | undefined, want: number, tolerance = 1e-14) =>
  assert.ok(Math.abs((found ?? Number.NaN) - want) <= tolerance * Math.max(1, Math.abs(want)), `${found}, not ${want}`);

const trained = await (async () => {
  using net = network(engine, sequential(dense(3, 1)), { seed: 4, loss: "binaryCrossEntropyWithLogits" });
  const data = answers(1);
  const history = await train(net, data, { epochs: 2, learningRate: 0.1, test: data, validation: data });
  return { history, end: evaluate(net, data) };
})();

test("the examples of scikit-learn's documents", () => {
  near(binaryMetrics([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).rocAuc, 0.75);
  const one = regressionReport([2.5, 0, 2, 8], [3, -0.5, 2, 7]);
  near(one.mae, 0.5);
  near(one.rmse, 0.6123724356957945);
  near(one.r2, 0.9486081370449679);
  const two = regressionReport([0, 2, -1, 2, 8, -5], [0.5, 1, -1, 1, 7, -6], { outputs: 2 });
  near(two.mae, 0.75);
  near(two.rmse, 0.8227486121839513);
  near(two.r2, 0.9368005266622779);
  assert.equal(
    two.perOutput.map(({ mae }) => mae),
    [0.5, 1],
  );
});

test("R² of targets that are all equal is 1 or 0, and of one example there is none", () => {
  assert.is(regressionReport([-2, -2, -2], [-2, -2, -2]).r2, 1);
  assert.is(regressionReport([-2, -2, -2 + 1e-8], [-2, -2, -2]).r2, 0);
  assert.is(regressionReport([0.1, 0.1], [0.1, 0.1]).r2, 1);
  assert.equal(regressionReport([1], [3]), {
    mae: 2,
    rmse: 2,
    r2: undefined,
    perOutput: [{ mae: 2, rmse: 2, r2: undefined }],
  });
  near(regressionReport([1e9 + 1, 1e9 + 2, 1e9 + 4], [1e9 + 1, 1e9 + 2, 1e9 + 3]).r2, 0.5);
});

/** Over all pairs of a yes and a no. */
function areaOf(scores: readonly number[], labels: readonly number[]): number {
  let [wins, pairs] = [0, 0];
  for (const [i, yes] of scores.entries()) {
    for (const [j, no] of scores.entries()) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      pairs++;
      wins += yes > no ? 1 : yes === no ? 0.5 : 0;
    }
  }
  return wins / pairs;
}

test("the area under the ROC curve is the share of pairs in order, ties count half", () => {
  const draw = draws(7);
  for (const levels of [1, 2, 5, 1000]) {
    for (const count of [2, 3, 17, 200]) {
      const scores = Array.from({ length: count }, () => Math.floor(draw() * levels) / levels);
      const labels = Array.from({ length: count }, (_, i) => (i === 0 ? 1 : i === 1 ? 0 : draw() < 0.3 ? 1 : 0));
      near(binaryMetrics(scores, labels).rocAuc, areaOf(scores, labels));
    }
  }
  assert.is(binaryMetrics([0.2, 0.3], [1, 1]).rocAuc, undefined);
  assert.is(binaryMetrics([0.2, 0.3], [0, 0]).rocAuc, undefined);
  assert.is(binaryMetrics([Number.NaN, 0.3], [0, 1]).rocAuc, undefined);
});

test("above the threshold is yes; what has no answer is 0", () => {
  const scores = [0.1, 0.5, 0.6, 0.9, 0.3];
  const labels = [0, 1, 0, 1, 1];
  const { accuracy, precision, recall, f1, support, predicted } = binaryMetrics(scores, labels);
  assert.equal([accuracy, precision, support, predicted], [0.4, 0.5, 3, 2]);
  near(recall, 1 / 3);
  near(f1, 0.4);
  near(binaryMetrics(scores, labels, { threshold: 0.2 }).recall, 1);
  near(binaryMetrics(scores, labels, { threshold: 0.95 }).precision, 0);
});

test("plain metrics refuse what does not fit", () => {
  for (const threshold of [0, 1, -0.5, 2, Number.NaN]) {
    assert.is(assertThrows(() => binaryMetrics([0.5], [1], { threshold }), OptionError, "").option, "threshold");
  }
  assertThrows(() => binaryMetrics([0.5], [1, 0]), ShapeError, "counts");
  assertThrows(() => binaryMetrics([], []), ShapeError, "none");
  assertThrows(() => binaryMetrics([0.5], [2]), OptionError, "label");
  assertThrows(() => regressionReport([1, 2], [1]), ShapeError, "counts");
  assertThrows(() => regressionReport([1, 2, 3], [1, 2, 3], { outputs: 2 }), ShapeError, "rows");
  assertThrows(() => regressionReport([1], [1], { outputs: 0 }), OptionError, "outputs");
});

/** 600 examples of 3 floats with `width` answers of yes or no. */
function answers(width: number, count = 600): Dataset {
  const draw = draws(5);
  const inputs = Float32Array.from({ length: count * 3 }, () => Math.round(8 * draw() - 4) / 4);
  const targetValues = Float32Array.from({ length: count * width }, (_, i) => {
    return inputs[3 * Math.floor(i / width)]! + draw() - 0.5 > 0 ? 1 : 0;
  });
  return new Dataset({ name: "answers", inputs, shape: [3], targetValues });
}

for (const dtype of ["float32", "float64"] as const) {
  test(`a network of one logit is evaluated at a threshold, ${dtype}`, () => {
    using net = network(engine, sequential(dense(3, 4), relu(), dense(4, 1)), {
      seed: 1,
      dtype,
      loss: "binaryCrossEntropyWithLogits",
    });
    const data = answers(1);
    using p = net.predict(data.inputs);
    const labels = [...data.targetValues!];
    for (const threshold of [0.3, 0.5, 0.7]) {
      const want = binaryMetrics(p.data, labels, { threshold });
      const { binary, accuracy, correct, classes } = evaluate(net, data, { threshold });
      assert.equal(binary!.perOutput.length, 1);
      assert.is(binary!.threshold, threshold);
      for (const name of ["precision", "recall", "f1", "accuracy"] as const) near(binary![name], want[name]);
      near(binary!.rocAuc, want.rocAuc!, dtype === "float32" ? 1e-4 : 1e-14); // float32 probabilities tie more often
      assert.is(accuracy, correct! / 600);
      near(accuracy, want.accuracy);
      assert.is(classes!.perClass[1]!.recall, binary!.recall);
      assert.is(accuracyOf(net, data, { threshold }), accuracy);
    }
    assert.is(accuracyOf(net, data), evaluate(net, data).accuracy);
    assert.is(evaluate(net, data).binary!.threshold, 0.5);
  });
}

test("several answers have metrics each, and their means", () => {
  using net = network(engine, sequential(dense(3, 2)), { seed: 3, loss: "binaryCrossEntropyWithLogits" });
  const data = answers(2, 300);
  using p = net.predict(data.inputs);
  const column = (values: ArrayLike<number>, j: number) => Array.from(values).filter((_, i) => i % 2 === j);
  const { binary, accuracy, correct, classes } = evaluate(net, data);
  const want = [0, 1].map((j) => binaryMetrics(column(p.data, j), column(data.targetValues!, j)));
  for (const [j, of] of binary!.perOutput.entries()) near(of.f1, want[j]!.f1);
  near(binary!.f1, (want[0]!.f1 + want[1]!.f1) / 2);
  near(accuracy, (want[0]!.accuracy + want[1]!.accuracy) / 2);
  assert.equal([correct, classes], [undefined, undefined]);
  assert.match(reportText(evaluate(net, data)), /output 1/);
});

test("of two classes the second is yes; a threshold moves what is counted", () => {
  using net = network(engine, sequential(dense(3, 2)), { seed: 3 });
  const { inputs, targetValues } = answers(1);
  const data = new Dataset({ name: "two", inputs, shape: [3], labels: Uint8Array.from(targetValues!), classes: 2 });
  using p = net.predict(inputs);
  const yes = Array.from(p.data).filter((_, i) => i % 2 === 1);
  const found = evaluate(net, data);
  near(found.binary!.rocAuc, areaOf(yes, [...targetValues!]), 1e-4);
  assert.is(found.binary!.accuracy, found.accuracy);
  const strict = evaluate(net, data, { threshold: 0.8 });
  const want = binaryMetrics(yes, targetValues!, { threshold: 0.8 });
  near(strict.accuracy, want.accuracy);
  assert.is(accuracyOf(net, data, { threshold: 0.8 }), strict.accuracy);
  assert.is(strict.classes!.perClass[1]!.predicted, want.predicted);
});

test("numbers are compared with the outputs, each alone", () => {
  using net = network(engine, sequential(dense(3, 2)), { seed: 4, loss: "meanSquaredError", dtype: "float64" });
  const { inputs } = answers(1);
  const draw = draws(9);
  const targetValues = Float64Array.from({ length: 1200 }, () => 1000 * draw());
  const data = new Dataset({ name: "numbers", inputs, shape: [3], targetValues });
  using y = net.predict(inputs);
  const { regression, accuracy, correct, classes, binary } = evaluate(net, data);
  assert.equal(regression, regressionReport(y.data, targetValues, { outputs: 2 }));
  assert.equal([accuracy, correct, classes, binary], [undefined, undefined, undefined, undefined]);
  const { regression: inFile } = JSON.parse(JSON.stringify(reportData(evaluate(net, data))));
  assert.is(inFile.perOutput.length, 2);
  assert.match(reportText(evaluate(net, data)), /MAE +RMSE +R²\noutput 0 .*\noutput 1 .*\nmean /);
  assertThrows(() => evaluate(net, data, { threshold: 0.5 }), OptionError, "threshold");
  assertThrows(() => evaluate(net, data, { topK: 1 }), OptionError, "top k");
});

test("training on answers records accuracies beside losses", () => {
  assert.equal(trained.history.evaluations[1], {
    iteration: 11,
    testAccuracy: trained.end.accuracy,
    testLoss: trained.end.loss,
    validationAccuracy: trained.end.accuracy,
    validationLoss: trained.end.loss,
  });
});

test.run();
