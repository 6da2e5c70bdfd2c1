/** Classifiers and regressors of made-up tables, with nothing said; and their files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-web";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { preprocessInputs } from "../../src/data/tables/preprocessing.ts";
import { recordsOf } from "../../src/data/tables/records.ts";
import { DisposedError, OptionError, ShapeError } from "../../src/errors.ts";
import { classifier } from "../../src/estimators/classifier.ts";
import { defaultEngine } from "../../src/estimators/default_engine.ts";
import { loadModel } from "../../src/estimators/load_model.ts";
import { type Regressor, regressor } from "../../src/estimators/regressor.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { decodeNetwork, encodeNetwork } from "../../src/nn/files/network_file.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { barOf, type FitProgress } from "../../src/train/loop/progress.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("estimators");

const XOR = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

/** Prices near 242,000 of areas, rooms, years and districts. */
function houses(count: number, seed: number) {
  const random = new RandomState(seed);
  const districts = ["centre", "east", "north", "south", "west"];
  const worth = [60_000, 0, 20_000, -15_000, 30_000];
  return Array.from({ length: count }, () => {
    const [area = 0, year = 0, place = 0] = random.rand(3);
    const [about = 0, noise = 0] = random.randn(2);
    const own = {
      area: 40 + 160 * area,
      year: Math.round(1950 + 70 * year),
      district: districts[Math.floor(5 * place)],
    };
    const rooms = Math.max(1, Math.round(own.area / 25 + about));
    const price =
      50_000 + 1000 * own.area + 5000 * rooms + 300 * (own.year - 1950) + (worth[Math.floor(5 * place)] ?? 0);
    return { ...own, rooms, price: price + 8000 * noise };
  });
}

/** Three clouds of flowers, of which two touch. */
function flowers(count: number, seed: number) {
  const random = new RandomState(seed);
  const names = ["setosa", "versicolor", "virginica"];
  return Array.from({ length: count }, (_, i) => {
    const [a = 0, b = 0] = random.randn(2);
    return {
      length: [1.5, 4.3, 5.6][i % 3]! + 0.4 * a,
      width: [0.2, 1.3, 2][i % 3]! + 0.2 * b,
      species: names[i % 3]!,
    };
  });
}

async function rejection<E extends Error>(
  promise: Promise<unknown>,
  Class: abstract new (...args: never[]) => E,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, Class);
    return error as E;
  }
  throw new Error("expected a rejection");
}

test("XOR is learned from four rows, whatever the seed", async () => {
  for (let seed = 0; seed < 5; seed++) {
    const model = await classifier(XOR, { target: [0, 1, 1, 0], seed });
    assert.equal(model.predict(XOR), ["0", "1", "1", "0"]);
    assert.is(model.predict([0, 1]), "1");
    model.dispose();
  }
});

test("house prices with nothing said: R² of at least 0.9 on other houses, errors in the target's units", async () => {
  const model = await regressor(houses(250, 1), { target: "price" });
  const { regression } = await model.evaluate(houses(100, 2));
  assert.ok(regression !== undefined && (regression.r2 ?? 0) >= 0.9, `${regression?.r2}`);
  assert.ok(regression.mae > 5000 && regression.mae < 20_000, `${regression.mae}`);
  const [house] = houses(1, 3);
  const { price, ...rest } = house!;
  const shuffled = Object.fromEntries(Object.entries(rest).reverse());
  assert.is(model.predict(shuffled), model.predict(rest));
  assert.ok(Math.abs(model.predict(rest) - price) < 40_000);
  model.dispose();
});

test("a classifier says names and probabilities, and the same seed gives the same bits", async () => {
  const options = { target: "species", seed: 3 };
  const [model, again] = [await classifier(flowers(120, 1), options), await classifier(flowers(120, 1), options)];
  assert.equal(model.encode(), again.encode());
  assert.equal(model.classNames, ["setosa", "versicolor", "virginica"]);
  const { accuracy, classes } = await model.evaluate(flowers(90, 2));
  assert.ok((accuracy ?? 0) >= 0.95, `${accuracy}`);
  assert.is(classes?.count, 3);
  const row = { width: 0.2, length: 1.4 };
  assert.is(model.predict(row), "setosa");
  const probabilities = model.predictProbabilities(row);
  const sum = Object.values(probabilities).reduce((all, p) => all + p, 0);
  assert.ok(Math.abs(sum - 1) < 1e-6 && probabilities["setosa"]! > 0.9);
  assert.ok(model.history.evaluations.length > 0, "a part was held out");
  for (const own of [model, again]) own.dispose();
});

test("targets of 1e-6 and 1e9 are numbers like others, and a constant one is itself", async () => {
  for (const unit of [1e-6, 1e9]) {
    const rows = Array.from({ length: 60 }, (_, i) => ({ x: i, y: (3 * i + 2) * unit }));
    const model = await regressor(rows, { target: "y" });
    const answer = model.predict({ x: 30 });
    assert.ok(Math.abs(answer / unit - 92) < 9, `${answer}`);
    model.dispose();
  }
  const model = await regressor([[1], [2], [3]], { target: [7, 7, 7] });
  assert.ok(Math.abs(model.predict([2]) - 7) < 0.2);
  model.dispose();
});

test("one table in every form gives the same bits", async () => {
  const rows = flowers(30, 4);
  const lists = rows.map(({ length, width }) => [length, width]);
  const target = rows.map(({ species }) => species);
  const csv = `length,width,species\n${rows.map((row) => Object.values(row).join(",")).join("\n")}\n`;
  const labels = Uint8Array.from(target, (name) => ["setosa", "versicolor", "virginica"].indexOf(name));
  const dataset = new Dataset({
    ...{ name: "flowers", inputs: Float64Array.from(lists.flat()), shape: [2] },
    ...{ labels, classes: 3, classNames: ["setosa", "versicolor", "virginica"] },
  });
  const options = { epochs: 3 };
  const models = await Promise.all([
    classifier(rows, { ...options, target: "species" }),
    classifier(csv, { ...options, target: "species" }),
    classifier(csv, { ...options, target: -1 }),
    classifier(lists, { ...options, target }),
    classifier(Float64Array.from(lists.flat()), { ...options, target, shape: [30, 2] }),
    classifier(dataset, options),
  ]);
  const weights = models.map((model) => encodeNetwork(model.network));
  for (const own of weights) assert.equal(own, weights[0]);
  for (const model of models) {
    assert.equal(model.predict(lists).length, 30);
    assert.equal(model.predict(lists), models[0]!.predict(rows));
  }
  for (const model of models) model.dispose();
});

test("calls give back what they use, and a model everything", async () => {
  const engine = await defaultEngine();
  const before = engine.stats().tensors;
  const model = await classifier(XOR, { target: [0, 1, 1, 0], epochs: 2 });
  model.predict(XOR);
  const held = engine.stats();
  for (let i = 0; i < 20; i++) model.predict(XOR);
  await model.evaluate(XOR, { target: [0, 1, 1, 0] });
  assert.is(engine.stats().tensors, held.tensors);
  model.dispose();
  model.dispose();
  assert.is(engine.stats().tensors, before);
  assert.match(assertThrows(() => model.predict(XOR), DisposedError, "refused").message, /use/);
});

test("what does not fit is named: a key, a word, a cell, a width, a missing target, a class that is alone", async () => {
  const model = await regressor(houses(30, 5), { target: "price", epochs: 1 });
  const row = { area: 80, rooms: 3, year: 1990, district: "north" };
  assert.match(
    assertThrows(() => model.predict({ ...row, district: "moon" }), DatasetError, "refused").message,
    /column "district".*"moon"/,
  );
  assert.match(
    assertThrows(() => model.predict({ ...row, area: "wide" }), DatasetError, "refused").message,
    /column "area".*"wide"/,
  );
  assertThrows(
    () => model.predict({ area: 80, rooms: 3, yaer: 1990, district: "north" }),
    DatasetError,
    '"year".*"yaer"',
  );
  assert.match(assertThrows(() => model.predict([[80, 3]]), ShapeError, "refused").message, /4 columns/);
  model.dispose();
  await rejection(classifier(XOR), OptionError);
  await rejection(classifier(XOR, { target: [1, 1, 1, 1] }), DatasetError);
  await rejection(classifier("no table", { target: 0 }), OptionError);
  await rejection(regressor([{ a: 1, b: "x" }], { target: "b" }), DatasetError);
});

test("missing values: refused by name, dropped, or filled, also in a prediction", async () => {
  const rows = [...houses(40, 6), { area: null, rooms: 3, year: 1980, district: "north", price: 200_000 }];
  const refused = await rejection(regressor(rows, { target: "price", epochs: 1 }), DatasetError);
  assert.match(refused.message, 'rows[40], column "area"');
  for (const missing of ["drop", "mean", "mostFrequent"] as const) {
    const model = await regressor(rows, { target: "price", missing, epochs: 1 });
    const row = { area: undefined, rooms: 3, year: 1980, district: "north" };
    if (missing === "drop")
      assert.match(assertThrows(() => model.predict(row), DatasetError, "refused").message, /"area"/);
    else assert.ok(Number.isFinite(model.predict(row)));
    model.dispose();
  }
});

test("a file is the model: by path, bytes or buffer, and its network for decodeNetwork", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-model-"));
  try {
    const model = await regressor(houses(30, 7), { target: "price", epochs: 3 });
    const rows = houses(5, 8);
    const path = join(folder, "houses.safetensors");
    await model.save(path);
    const bytes = model.encode();
    for (const source of [path, bytes, bytes.buffer]) {
      const again = (await loadModel(source)) as Regressor;
      assert.is(again.kind, "regressor");
      assert.equal(again.predict(rows), model.predict(rows));
      assert.equal(again.encode(), bytes);
      again.dispose();
    }
    const network = decodeNetwork(await defaultEngine(), bytes);
    assert.equal(encodeNetwork(network), encodeNetwork(model.network));
    await rejection(loadModel(encodeNetwork(network)), FormatError);
    await rejection(loadModel(join(folder, "none.safetensors")), DatasetError);
    await rejection(loadModel(bytes.slice(0, 100)), FormatError);
    for (const own of [model, network]) own.dispose();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a preprocessing that does not fit, or is none, is refused by its field", async () => {
  const model = await classifier(XOR, { target: [0, 1, 1, 0], epochs: 1 });
  const text = new TextDecoder("latin1").decode(model.encode());
  const broken = [
    ['\\"version\\":1', '\\"version\\":2'],
    ['\\"deviation\\":0.5', '\\"deviation\\":0.0'],
    ['\\"kind\\":\\"number\\"', '\\"kind\\":\\"numb3r\\"'],
    ['[\\"0\\",\\"1\\"]', '[\\"0\\",\\"0\\"]'],
  ];
  for (const [from = "", to = ""] of broken) {
    assert.ok(text.includes(from), from);
    const at = text.lastIndexOf(from); // the network's description comes before
    const changed = text.slice(0, at) + to + text.slice(at + from.length);
    const bytes = Uint8Array.from(changed, (character) => character.charCodeAt(0));
    assert.match((await rejection(loadModel(bytes), FormatError)).message, "preprocessing");
  }
  model.dispose();
});

test("an ONNX model takes columns as they are, and answers in the target's units", async () => {
  const rows = houses(30, 9);
  const model = await regressor(rows, { target: "price", epochs: 20 });
  const session = await ort.InferenceSession.create(model.encodeOnnx());
  const inputs = model.preprocessing.inputs;
  assert.is(inputs.kind, "columns");
  if (inputs.kind !== "columns") return;
  const x = rows.flatMap((row) =>
    inputs.columns.flatMap((own) => {
      const cell = row[own.name as keyof typeof row];
      return own.kind === "number" ? [cell as number] : own.words.map((word) => (word === cell ? 1 : 0));
    }),
  );
  const { logits } = await session.run({ x: new ort.Tensor("float32", Float32Array.from(x), [30, x.length / 30]) });
  for (const [i, answer] of model.predict(rows).entries()) {
    assert.ok(Math.abs(answer - Number(logits!.data[i])) < 2, `${answer} ${logits!.data[i]}`); // of 242,000: float32
  }
  model.dispose();
  const flower = flowers(30, 10);
  const names = await classifier(flower, { target: "species", epochs: 20 });
  const other = await ort.InferenceSession.create(names.encodeOnnx());
  const cells = Float32Array.from(flower.flatMap(({ length, width }) => [length, width]));
  const { probabilities } = await other.run({ x: new ort.Tensor("float32", cells, [30, 2]) });
  const own = names.predictProbabilities(flower).flatMap((each) => Object.values(each));
  for (const [i, p] of own.entries()) assert.ok(Math.abs(p - Number(probabilities!.data[i])) < 1e-4);
  const bare = await ort.InferenceSession.create(names.encodeOnnx({ scaling: false }));
  const { values } = preprocessInputs(names.preprocessing, recordsOf(flower));
  const scaled = await bare.run({ x: new ort.Tensor("float32", values as Float32Array, [30, 2]) });
  for (const [i, p] of own.entries()) assert.ok(Math.abs(p - Number(scaled["probabilities"]!.data[i])) < 1e-4);
  names.dispose();
});

test("progress calls a function after each epoch, and a bar has what is known", async () => {
  const seen: FitProgress[] = [];
  const model = await classifier(XOR, { target: [0, 1, 1, 0], epochs: 3, progress: (state) => seen.push(state) });
  assert.equal(
    seen.map(({ epoch, epochs }) => [epoch, epochs]),
    [
      [1, 3],
      [2, 3],
      [3, 3],
    ],
  );
  model.dispose();
  assert.ok(seen.every(({ accuracy = -1 }) => accuracy >= 0 && accuracy <= 1));
  const measured = { accuracy: 0.75, validationLoss: 0.25, validationAccuracy: 0.5 };
  const bar = barOf({ epoch: 1, epochs: 2, loss: 0.5, ...measured });
  assert.is(bar, `[${"█".repeat(6)}${"─".repeat(6)}] 1/2  loss 0.5000, accuracy 75.0 %; validation 0.2500, 50.0 %`);
});

test("sample weights, as a list and as a column: rows of weight 0 are not learned from", async () => {
  const random = new RandomState(2);
  const [x, noise] = [random.rand(60), random.rand(60)];
  // rows of weight 0 say the opposite
  const rows = Array.from(x, (u, i) => ({ x: u, noise: noise[i] ?? 0, weight: i % 3 === 0 ? 0 : 2 }));
  const answers = rows.map(({ x, weight }) => (x > 0.5 === weight > 0 ? "high" : "low"));
  const values = rows.map(({ x, weight }) => (weight > 0 ? 100 * x : -500));
  const weights = rows.map(({ weight }) => weight);
  const options = { epochs: 60, validation: 0, seed: 1 };
  const asList = rows.map(({ x, noise }) => ({ x, noise }));
  const listed = await classifier(asList, { ...options, target: answers, sampleWeights: weights });
  const named = await classifier(rows, { ...options, target: answers, sampleWeights: "weight" });
  const probes = [
    { x: 0.1, noise: 0.5 },
    { x: 0.9, noise: 0.5 },
  ];
  assert.equal(listed.predict(probes), ["low", "high"]);
  assert.equal(named.predictProbabilities(probes), listed.predictProbabilities(probes));
  assert.not.match(named.summary(), "weight");
  const numbers = await regressor(rows, { ...options, target: values, sampleWeights: "weight" });
  for (const { x, noise } of probes) assert.ok(Math.abs(numbers.predict({ x, noise }) - 100 * x) < 25, `${x}`);
  const held = await classifier(rows, { target: answers, sampleWeights: "weight", epochs: 5, validation: 0.25 });
  assert.ok(Number.isFinite(held.history.evaluations[0]?.validationLoss));
  for (const model of [listed, named, numbers, held]) model.dispose();

  // rows without a target are dropped with their weights
  const lacking = rows.map((row, i) => ({ ...row, target: i % 4 === 0 ? "" : answers[i] }));
  const kept = lacking.filter(({ target }) => target !== "");
  const dropped = await classifier(lacking, { ...options, target: "target", sampleWeights: "weight", missing: "drop" });
  const without = await classifier(kept, { ...options, target: "target", sampleWeights: "weight" });
  assert.equal(dropped.predictProbabilities(probes), without.predictProbabilities(probes));
  for (const model of [dropped, without]) model.dispose();

  for (const [sampleWeights, message] of [
    [weights.slice(1), /60 of them, one for each row/],
    [weights.map((w, i) => (i === 4 ? -1 : w)), /sampleWeights, rows\[4\].*from 0 on/],
    [weights.map((w, i) => (i === 5 ? Number.NaN : w)), /rows\[5\]/],
    ["wait", /weight/],
    [weights.map(() => 0), /above 0/],
  ] as const) {
    const call = () => classifier(rows, { target: answers, sampleWeights });
    const error = await call().then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    assert.match(error?.message ?? "", message);
    assert.not.match(error?.message ?? "", /\n/);
  }
});

test("a batch larger than the data is clipped, layers may be named, and several targets are rows", async () => {
  const rows = Array.from({ length: 8 }, (_, i) => ({ a: i, b: 2 * i, c: -i }));
  const model = await regressor(rows, { target: ["b", "c"], batchSize: 1000, layers: [8], epochs: 300 });
  const answer = model.predict({ a: 3 }) as unknown as number[];
  assert.ok(Math.abs(answer[0]! - 6) < 2 && Math.abs(answer[1]! + 3) < 1, `${answer}`);
  assert.match(model.summary(), "dense");
  model.dispose();
});

test.run();
