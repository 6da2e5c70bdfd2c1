/** Descriptions of networks, and what their weights start as. */
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { parseDescription } from "../../src/nn/files/description.ts";
import { initializerBefore } from "../../src/nn/initial_values.ts";
import {
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { drawWeights, type Initializer } from "../../src/nn/layers/initializers.ts";
import { parseLayers } from "../../src/nn/layers/known.ts";
import type { Layer, Sequential } from "../../src/nn/layers/layer.ts";
import { prelu } from "../../src/nn/layers/prelu.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { structureOf, tensorsIn } from "../../src/nn/layers/structure.ts";
import { network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { assertEqual, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("layers", engine);
const EVERY_KIND = sequential(
  dense(5, 7),
  batchNorm({ momentum: 0.2, epsilon: 1e-3 }),
  leakyRelu(),
  dropout(0.25),
  dense(7, 6, { weights: "heUniform" }),
  gelu(),
  dense(6, 4, { weights: { std: 0.01 } }),
  softplus(),
  batchNorm(),
  dense(4, 4, { weights: "zeros" }),
  sigmoid(),
  dense(4, 3),
);

test("gelu by the error function: written as such, read back, and another approximation refused", () => {
  const exact = gelu({ approximate: "none" });
  assert.equal({ ...exact }, { kind: "activation", name: "gelu", approximate: "none" });
  assert.equal({ ...gelu({ approximate: "tanh" }) }, { kind: "activation", name: "gelu" });
  const description = sequential(dense(2, 2), exact, dense(2, 2));
  assert.equal(JSON.stringify(read(description)), JSON.stringify(description));
  using usual = network(engine, sequential(dense(2, 2), gelu(), dense(2, 2)), { seed: 1 });
  using net = network(engine, read(description), { seed: 1 });
  assert.is.not(net.loss([[1, 2]], [0]), usual.loss([[1, 2]], [0]));
  const wrong = { kind: "activation", name: "gelu", approximate: "erf" } as unknown as Layer;
  assertThrows(
    () => parseLayers([wrong]).map((layer) => sequential(dense(2, 2), layer, dense(2, 2))),
    OptionError,
    "gelu",
  );
});

/** A description as JSON gives it back. */
function read(description: Sequential): Sequential {
  const { layers } = JSON.parse(JSON.stringify(description)) as { layers: unknown };
  return sequential(
    ...parseDescription({ format: "lanegrad network", version: 1, dtype: "float32", loss: "custom", layers }).layers,
  );
}

function weightsOf(description: Sequential, seed: number): Record<string, number[]> {
  using net = network(engine, description, { seed });
  return Object.fromEntries(Object.entries(net.parameters).map(([name, { data }]) => [name, [...data]]));
}

test("a description can be JSON: parseDescription gives back a network with the same weights and answers", () => {
  const again = read(EVERY_KIND);
  assert.equal(again, EVERY_KIND);
  assert.equal(weightsOf(again, 5), weightsOf(EVERY_KIND, 5));
  assert.not.equal(weightsOf(again, 6), weightsOf(EVERY_KIND, 5));
  using first = network(engine, EVERY_KIND, { seed: 5 });
  using second = network(engine, again, { seed: 5 });
  const x = new RandomState(1).randn(3, 5);
  using y = first.predict(x);
  using z = second.predict(x);
  assertEqual(z.data, y.data, "answers");
});

test("parameters are named by their layer's number among its kind, and as wide as what comes before", () => {
  const structure = structureOf(EVERY_KIND);
  const shapesOf = (role: "parameters" | "statistics") =>
    Object.fromEntries(tensorsIn(structure, role).map(([name, { shape }]) => [name, [...shape]]));
  const [parameters, statistics] = [shapesOf("parameters"), shapesOf("statistics")];
  assert.equal(parameters, {
    W1: [5, 7],
    b1: [7],
    gamma1: [7],
    beta1: [7],
    W2: [7, 6],
    b2: [6],
    W3: [6, 4],
    b3: [4],
    gamma2: [4],
    beta2: [4],
    W4: [4, 4],
    b4: [4],
    W5: [4, 3],
    b5: [3],
  });
  assert.equal(statistics, { mean1: [7], variance1: [7], mean2: [4], variance2: [4] });
  using net = network(engine, EVERY_KIND);
  assert.equal(Object.keys(net.parameters), Object.keys(parameters));
  for (const [name, { shape }] of Object.entries(net.parameters)) assert.equal([...shape], parameters[name]);
  assert.equal([net.inputSize, net.outputSize], [5, 3]);
});

test("what is no weight starts where it does nothing: biases, β and means at 0, γ and variances at 1", () => {
  using net = network(engine, EVERY_KIND);
  for (const [name, { data }] of Object.entries({ ...net.parameters, ...net.statistics })) {
    if (name.startsWith("W")) continue;
    const start = name.startsWith("gamma") || name.startsWith("variance") ? 1 : 0;
    assertEqual(data, new Array(data.length).fill(start), name);
  }
});

test("without a stream of draws, weights are 0, and the rest as ever", () => {
  using net = network(engine, EVERY_KIND, { random: "none" });
  for (const [name, { data }] of Object.entries(net.parameters)) {
    assertEqual(data, new Array(data.length).fill(name.startsWith("gamma") ? 1 : 0), name);
  }
});

test("He's rule before rectifiers, Xavier's before everything else, whatever lies between", () => {
  for (const [layers, wanted] of [
    [[relu()], "he"],
    [[leakyRelu()], "he"],
    [[gelu()], "he"],
    [[softplus()], "he"],
    ...[silu(), mish(), elu(), relu6(), hardSwish(), prelu()].map((layer) => [[layer], "he"] as const),
    [[selu()], "xavier"],
    [[hardSigmoid()], "xavier"],
    [[tanh()], "xavier"],
    [[sigmoid()], "xavier"],
    [[], "xavier"],
    [[dense(3, 3), relu()], "xavier"],
    [[batchNorm(), relu()], "he"],
    [[dropout(0.5), batchNorm(), relu()], "he"],
    [[batchNorm(), dropout(0.5)], "xavier"],
    [[tanh(), relu()], "xavier"],
    [[dropout(0.1), dense(3, 3), relu()], "xavier"],
  ] as const) {
    const [, , first, ...following] = structureOf(sequential(relu(), dense(3, 3), ...layers)).layers.values();
    assert.is(first?.layer.kind, "dense");
    assert.is(initializerBefore(following), wanted, JSON.stringify(layers));
  }
});

test("the draws are those of the seed's stream, layer by layer, row by row, in both float types", () => {
  for (const dtype of FLOATS) {
    const store = dtype === "float32" ? Math.fround : (value: number) => value;
    using net = network(engine, EVERY_KIND, { seed: 42, dtype });
    const random = new RandomState(42);
    const limit = Math.sqrt(6 / 7); // He's, uniform, of the second layer
    const wanted = [
      random.randn(5, 7).map((value) => Math.sqrt(2 / 5) * value),
      random.rand(7, 6).map((value) => limit * (2 * value - 1)),
      random.randn(6, 4).map((value) => 0.01 * value),
      new Float64Array(16),
      random.randn(4, 3).map((value) => Math.sqrt(2 / 7) * value),
    ];
    for (const [i, want] of wanted.entries())
      assertEqual(net.parameters[`W${i + 1}`]!.data, want.map(store), `W${i + 1}`);
  }
});

test("without a seed, it is 0; a stream that is handed in goes on from where it is", () => {
  const description = sequential(dense(3, 4), relu(), dense(4, 2));
  using unsaid = network(engine, description);
  using zero = network(engine, description, { seed: 0 });
  assertEqual(unsaid.parameters["W2"]!.data, zero.parameters["W2"]!.data, "W2");
  const random = new RandomState(0);
  using first = network(engine, description, { random, seed: 9 });
  using second = network(engine, description, { random });
  assertEqual(first.parameters["W1"]!.data, zero.parameters["W1"]!.data, "W1 of the first");
  const again = new RandomState(0);
  again.randn(20);
  assertEqual(
    second.parameters["W1"]!.data,
    again.randn(3, 4).map((value) => Math.fround(Math.sqrt(2 / 3) * value)),
    "W1 of the second",
  );
});

/** Variance of each rule for fanIn × fanOut weights. */
const VARIANCES: readonly (readonly [Initializer, (fanIn: number, fanOut: number) => number])[] = [
  ["he", (fanIn) => 2 / fanIn],
  ["heUniform", (fanIn) => 2 / fanIn],
  ["xavier", (fanIn, fanOut) => 2 / (fanIn + fanOut)],
  ["xavierUniform", (fanIn, fanOut) => 2 / (fanIn + fanOut)],
  [{ std: 0.3 }, () => 0.09],
];

test("the mean and the variance of many weights are those of their rule, within four standard errors", () => {
  for (const [initializer, varianceFor] of VARIANCES) {
    for (const [fanIn, fanOut] of [
      [400, 250],
      [250, 400],
    ] as const) {
      const weights = drawWeights(initializer, [fanIn, fanOut], new RandomState(7));
      const n = weights.length;
      assert.is(n, fanIn * fanOut);
      const variance = varianceFor(fanIn, fanOut);
      const isUniform = typeof initializer === "string" && initializer.endsWith("Uniform");
      const mean = weights.reduce((sum, w) => sum + w, 0) / n;
      const found = weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / (n - 1);
      const label = `${JSON.stringify(initializer)} ${fanIn} × ${fanOut}`;
      assertWithin([mean], [0], () => 4 * Math.sqrt(variance / n), `mean, ${label}`);
      const kurtosis = isUniform ? 9 / 5 : 3; // the variance of a sample's variance is v²(κ - 1) / n
      assertWithin([found], [variance], () => 4 * variance * Math.sqrt((kurtosis - 1) / n), `variance, ${label}`);

      const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
      const limit = Math.sqrt(3 * variance);
      if (!isUniform) assert.ok(largest > limit, `${label}: a normal distribution has no limit`);
      else assert.ok(largest <= limit && largest > 0.999 * limit, `${label}: ${largest}, limit ${limit}`);
    }
  }
});

test("zeros are 0, and take nothing from the stream", () => {
  const random = new RandomState(3);
  const state = random.getState();
  assertEqual(drawWeights("zeros", [3, 5], random), new Float64Array(15), "zeros");
  assert.equal(random.getState(), state);
});

test("sizes that do not fit are refused, with the layer's place and both sizes", () => {
  const error = assertThrows(() => sequential(dense(3, 5), relu(), dense(6, 2)), ShapeError, "sizes");
  assert.match(error.message, /layers\[2\]: expected inputSize 5, .* found 6/);
  assertThrows(() => sequential(dense(3, 5), batchNorm(), dropout(0.5), dense(3, 2)), ShapeError, "sizes");
  sequential(dense(3, 5), batchNorm(), dropout(0.5), dense(5, 2));
});

test("sizes, shares and small numbers outside their ranges are refused by name", () => {
  for (const bad of [0, -1, 1.5, Number.NaN, "3", null, undefined]) {
    const first = assertThrows(() => dense(bad as number, 3), OptionError, `inputSize ${bad}`);
    assert.is(first.option, "dense: inputSize");
    const second = assertThrows(() => dense(3, bad as number), OptionError, `outputSize ${bad}`);
    assert.is(second.option, "dense: outputSize");
  }
  for (const momentum of [-0.1, 1.1, Number.NaN, null, "0.5"]) {
    const error = assertThrows(() => batchNorm({ momentum: momentum as number }), OptionError, `momentum ${momentum}`);
    assert.is(error.option, "batchNorm: momentum");
  }
  for (const epsilon of [0, -1e-5, Number.NaN, Number.POSITIVE_INFINITY, null, "1"]) {
    const error = assertThrows(() => batchNorm({ epsilon: epsilon as number }), OptionError, `epsilon ${epsilon}`);
    assert.is(error.option, "batchNorm: epsilon");
  }
  for (const rate of [-0.1, 1, Number.NaN, null, "0.5"]) {
    const error = assertThrows(() => dropout(rate as number), OptionError, `rate ${rate}`);
    assert.is(error.option, "dropout: rate");
  }
  batchNorm({ momentum: 0, epsilon: 1e-30 });
  batchNorm({ momentum: 1 });
  dropout(0);
});

test("unknown initializers are refused by name, in descriptions from elsewhere too", () => {
  for (const weights of ["He", "", "std", {}, { std: Number.NaN }, { std: "1" }, null, 3, []]) {
    const error = assertThrows(() => dense(2, 3, { weights: weights as never }), OptionError, JSON.stringify(weights));
    assert.is(error.option, "dense: weights");
    assert.match(error.message, /he, heUniform, xavier, xavierUniform, zeros or \{ std \}/);
    const layers = [{ ...dense(2, 3), weights: weights as never }];
    assertThrows(() => network(engine, { kind: "sequential", layers }), OptionError, JSON.stringify(weights));
  }
});

test("what is no layer is refused by its place, in descriptions from elsewhere too", () => {
  for (const bad of [
    null,
    undefined,
    "relu",
    {},
    { kind: "conv" },
    { kind: "activation" },
    { kind: "activation", name: "swish" },
    { kind: "dropout", rate: 0.5 },
    { ...dropout(0.5), rate: 1 },
    { ...relu(), slop: 1 },
  ]) {
    const layers = [dense(2, 3), bad] as Layer[];
    const inPlace = (error: OptionError) => assert.match(error.option, /^layers\[1\]/);
    inPlace(assertThrows(() => sequential(...layers), OptionError, JSON.stringify(bad)));
    inPlace(assertThrows(() => network(engine, { kind: "sequential", layers }), OptionError, JSON.stringify(bad)));
  }
  const wrongSize = { kind: "sequential", layers: [{ ...dense(2, 3), inputSize: 2.5 }] } as Sequential;
  assertThrows(() => network(engine, wrongSize), OptionError, "size");
  const wrongMomentum = { kind: "sequential", layers: [dense(2, 3), { ...batchNorm(), momentum: 2 }] } as Sequential;
  assertThrows(() => network(engine, wrongMomentum), OptionError, "momentum");
});

test("without options, batch normalisation has PyTorch's", () => {
  assert.equal(batchNorm(), { kind: "batchNorm", momentum: 0.1, epsilon: 1e-5 });
});

/** As earlier versions wrote it. */
function withoutSlope(): Layer {
  const { layers } = read(sequential(dense(1, 1), leakyRelu()));
  const { slope, ...layer } = layers[1] as { slope?: number } & Layer;
  return layer as Layer;
}

test("a leaky relu keeps its slope", () => {
  for (const [layer, slope] of [
    [leakyRelu(), 0.01],
    [leakyRelu({ slope: 0.25 }), 0.25],
    [withoutSlope(), 0.01],
  ] as const) {
    const description = sequential(dense(1, 1), layer, dense(1, 1));
    using net = network(engine, description, { dtype: "float64", loss: "squaredError" });
    for (const name of ["W1", "W2"]) net.parameters[name]!.set([[1]]);
    using y = net.predict([[-8], [8]]);
    assertEqual(y.data, [-8 * slope, 8], `slope ${slope}`);
  }
});

test("an elu keeps its alpha, and a prelu what its slopes start at", () => {
  for (const alpha of [1, 0.5]) {
    const description = read(sequential(dense(1, 1), elu({ alpha }), dense(1, 1)));
    using net = network(engine, description, { dtype: "float64", loss: "squaredError" });
    for (const name of ["W1", "W2"]) net.parameters[name]!.set([[1]]);
    using y = net.predict([[-1000], [8]]);
    assertEqual(y.data, [-alpha, 8], `alpha ${alpha}`);
  }
  const withoutAlpha = parseLayers([{ kind: "activation", name: "elu" }]);
  using usual = network(engine, sequential(dense(1, 1), ...withoutAlpha, dense(1, 1)), {
    ...({ random: "none", loss: "squaredError" } as const),
  });
  for (const name of ["W1", "W2"]) usual.parameters[name]!.set([[1]]);
  using far = usual.predict([[-1000]]);
  assertEqual(far.data, [-1], "as alpha 1");
  for (const [layer, shape, start] of [
    [prelu(), [1], 0.25],
    [prelu({ slopes: "each", start: 0.5 }), [3], 0.5],
  ] as const) {
    const description = read(sequential(dense(2, 3), layer, dense(3, 2)));
    assert.equal(JSON.stringify(description.layers[1]), JSON.stringify(layer));
    using net = network(engine, description, { seed: 1, loss: "squaredError" });
    const { slope1 } = net.parameters;
    assert.equal(slope1!.shape, shape);
    assert.ok(slope1!.data.every((value) => value === start));
  }
  assert.is(assertThrows(() => prelu({ slopes: "all" as never }), OptionError, "slopes").option, "prelu: slopes");
  assert.is(assertThrows(() => prelu({ start: "1" as never }), OptionError, "start").option, "prelu: start");
  assert.is(assertThrows(() => elu({ alpha: "1" as never }), OptionError, "alpha").option, "elu: alpha");
});

test("the slopes of a prelu are trained, by their gradient of the operation", () => {
  using net = network(engine, sequential(dense(1, 2), prelu({ slopes: "each" }), dense(2, 1)), {
    ...({ dtype: "float64", loss: "squaredError", seed: 3 } as const),
  });
  net.parameters["W1"]!.set([[1, -1]]);
  net.parameters["W2"]!.set([[1], [1]]);
  using state = net.optimize(sgd({ learningRate: 0.1 }));
  using x = tensor(engine, [[2]], { dtype: "float64" });
  using t = tensor(engine, [[0]], { dtype: "float64" });
  net.step(state, x, t);
  // y = 2 + slope₂ · -2 = 1.5, and ∂loss/∂slope₂ = y · -2
  assertEqual(net.parameters["slope1"]!.data, [0.25, 0.25 + 0.1 * 3], "a step");
});

test("a network needs layers, parameters, and to know how many inputs it has", () => {
  assert.is(assertThrows(() => sequential(), OptionError, "nothing").option, "sequential");
  const unknown = assertThrows(() => network(engine, sequential(relu(), dense(5))), OptionError, "no input");
  assert.is(unknown.option, "network: inputShape");
  assertThrows(
    () => network(engine, sequential(relu(), dropout(0.5)), { inputShape: [3] }),
    OptionError,
    "no parameters",
  );
  using net = network(engine, sequential(batchNorm(), dropout(0.2), dense(3, 2)));
  assert.equal(net.statistics["mean1"]?.shape, [3]);
});

test("sizes that are left out are those of the output before, and the description has them", () => {
  const given = sequential(dense(7), relu(), dense(6, { weights: "he" }), batchNorm(), dense(3));
  const whole = sequential(dense(5, 7), relu(), dense(7, 6, { weights: "he" }), batchNorm(), dense(6, 3));
  using net = network(engine, given, { inputShape: [5], seed: 2 });
  assert.equal(net.description, whole);
  assert.is(JSON.stringify(net.description), JSON.stringify(whole));
  assert.equal(
    weightsOf(whole, 2),
    Object.fromEntries(Object.entries(net.parameters).map(([name, { data }]) => [name, [...data]])),
  );
  assertThrows(() => network(engine, whole, { inputShape: [4] }), ShapeError, "another input");
  for (const bad of [[], [0], [0.5], "5", 5, [-1]]) {
    assertThrows(() => network(engine, given, { inputShape: bad as never }), OptionError, JSON.stringify(bad));
  }
});

test("what is no description is refused as an option", () => {
  for (const bad of [undefined, null, {}, { kind: "sequential" }, { kind: "sequential", layers: 3 }, []]) {
    assertThrows(() => network(engine, bad as never), OptionError, JSON.stringify(bad));
  }
});

test("a description is an object of its kind, whose record JSON leaves out", () => {
  const layers = [dense(2, 3), relu()] as const;
  assert.equal(sequential(...layers), { kind: "sequential", layers: [...layers] });
  assert.is(JSON.stringify(relu()), '{"kind":"activation","name":"relu"}');
});

test.run();
