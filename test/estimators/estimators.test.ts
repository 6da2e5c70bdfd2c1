/** Classifiers and regressors: of every form of data, as good as the data allows, and the same again from their file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  classifier,
  Dataset,
  DatasetError,
  DisposedError,
  decodeNetwork,
  FormatError,
  loadModel,
  OptionError,
  RandomState,
  type Regressor,
  regressor,
} from "../../src/index.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const test = suite("estimators");
const engine = await loadEngine();
const folder = mkdtempSync(join(tmpdir(), "lanegrad-estimators-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const XOR = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

/** Three clouds of points, a class each: they overlap a little. */
function flowers(count: number, seed: number) {
  const random = new RandomState(seed);
  const centres = [
    { length: 1.5, width: 0.3, species: "setosa" },
    { length: 4.3, width: 1.3, species: "versicolor" },
    { length: 5.6, width: 2.1, species: "virginica" },
  ];
  return Array.from({ length: count }, (_, i) => {
    const { length, width, species } = centres[i % 3]!;
    return { length: length + 0.35 * random.randn(), width: width + 0.18 * random.randn(), species };
  });
}

/** Prices of made-up houses: hundreds of thousands, of numbers and words. */
function houses(count: number, seed: number) {
  const random = new RandomState(seed);
  return Array.from({ length: count }, () => {
    const area = 40 + 160 * random.rand();
    const year = Math.floor(1950 + 70 * random.rand());
    const district = ["north", "south", "centre"][Math.floor(3 * random.rand())]!;
    const base = { north: 20_000, south: 60_000, centre: 140_000 }[district]!;
    const price = base + 1_400 * area + 500 * (year - 1950) + 4_000 * random.randn();
    return { area, year, district, price };
  });
}

test("exclusive or, of rows and answers", async () => {
  const model = await classifier(XOR, { target: [0, 1, 1, 0], engine });
  assert.equal(model.predict(XOR), ["0", "1", "1", "0"]);
  assert.is(model.predict([0, 1]), "1");
  model.dispose();
});

test("classes of overlapping clouds are recognised on rows that fitting never sees, by name in any order of keys", async () => {
  const model = await classifier(flowers(150, 1), { target: "species", engine });
  const others = flowers(90, 2);
  const { accuracy = 0, examples } = await model.evaluate(others);
  assert.is(examples, 90);
  assert.ok(accuracy >= 0.93, `${accuracy}`);
  const [first] = others;
  const { species, ...inputs } = first!;
  assert.is(model.predict({ width: inputs.width, length: inputs.length }), species);
  const probabilities = model.predictProbabilities(inputs);
  assert.equal(Object.keys(probabilities), ["setosa", "versicolor", "virginica"]);
  assert.ok(Math.abs(Object.values(probabilities).reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
  model.dispose();
});

test("prices of hundreds of thousands are predicted in their units, with words among the inputs", async () => {
  const model = await regressor(houses(400, 3), { target: "price", engine });
  const { regression } = await model.evaluate(houses(100, 4));
  assert.ok((regression?.r2 ?? 0) >= 0.9, `R² ${regression?.r2}`);
  const price = model.predict({ district: "south", area: 100, year: 2000 });
  assert.ok(Math.abs(price - 225_000) < 25_000, `${price}`);
  model.dispose();
});

test("targets of any size: millionths and thousand millions", async () => {
  for (const unit of [1e-6, 1e9]) {
    const random = new RandomState(5);
    const x = Array.from({ length: 200 }, () => [random.randn(), random.randn()]);
    const y = x.map(([a = 0, b = 0]) => unit * (3 * a - 2 * b + 7));
    const model = await regressor(x, { target: y, engine, epochs: 60 });
    const { regression } = await model.evaluate(x, { target: y });
    assert.ok((regression?.r2 ?? 0) > 0.98, `${unit}: ${regression?.r2}`);
    model.dispose();
  }
});

test("the same data, options and seed give the same bits, and another seed others", async () => {
  const of = async (seed: number) => {
    const model = await classifier(flowers(60, 6), { target: "species", epochs: 5, seed, engine });
    const bytes = model.encode();
    model.dispose();
    return Buffer.from(bytes).toString("base64");
  };
  assert.ok((await of(1)) === (await of(1)));
  assert.ok((await of(1)) !== (await of(2)));
});

test("text, records, columns of a matrix and datasets are the same table", async () => {
  const rows = flowers(60, 7);
  const options = { epochs: 4, engine };
  const text = `length,width,species\n${rows.map(({ length, width, species }) => `${length},${width},${species}`).join("\n")}\n`;
  const inputs = Float64Array.from(rows.flatMap(({ length, width }) => [length, width]));
  const target = rows.map(({ species }) => species);
  const classNames = ["setosa", "versicolor", "virginica"];
  const labels = Int32Array.from(target, (name) => classNames.indexOf(name));
  const dataset = new Dataset({ name: "flowers", inputs, shape: [2], labels, classes: 3, classNames });
  const models = await Promise.all([
    classifier(rows, { ...options, target: "species" }),
    classifier(text, { ...options, target: "species" }),
    classifier(inputs, { ...options, target, shape: [60, 2] }),
    classifier(dataset, options),
  ]);
  const [first, ...others] = models.map((model) => Object.values(model.predictProbabilities([1.4, 0.3])));
  for (const other of others) assert.equal(other, first);
  for (const model of models) model.dispose();
});

test("a model from its file predicts the same, and its network is one that decodeNetwork reads", async () => {
  const model = await regressor(houses(120, 8), { target: "price", epochs: 20, engine });
  const rows = houses(10, 9);
  const expected = model.predict(rows);
  const path = join(folder, "houses.safetensors");
  await model.save(path);
  const bytes = model.encode();
  for (const source of [path, bytes, bytes.buffer]) {
    const again = (await loadModel(source, { engine })) as Regressor;
    assert.equal(again.predict(rows), expected);
    assert.is(again.summary(), model.summary());
    again.dispose();
  }
  const network = decodeNetwork(engine, bytes);
  assert.is(network.inputSize, 5); // area, year, and three districts
  network.dispose();
  model.dispose();
});

test("what a call needs is given back", async () => {
  const model = await classifier(XOR, { target: ["a", "b", "b", "a"], epochs: 3, engine });
  model.predict(XOR);
  const { tensors, bytes } = engine.stats();
  for (let i = 0; i < 5; i++) {
    model.predict(XOR);
    model.predictProbabilities([1, 0]);
    await model.evaluate(XOR, { target: ["a", "b", "b", "a"] });
  }
  const after = engine.stats();
  model.predict(XOR);
  assert.is(after.tensors, engine.stats().tensors);
  assert.ok(after.tensors - tensors <= 2, `${tensors} and ${after.tensors}`); // the programs of an evaluation
  assert.ok(after.bytes - bytes < 100_000);
  model.dispose();
});

test("rows that a model was not made for are refused by name", async () => {
  const model = await classifier(houses(60, 10), { target: "district", epochs: 2, engine });
  const absent = assertThrows(() => model.predict({ area: 50, price: 1e5 }), DatasetError, "a missing key");
  assert.match(absent.message, /year/);
  const wide = assertThrows(() => model.predict({ area: "wide", year: 1990, price: 1e5 }), DatasetError, "a word");
  assert.match(wide.message, /area.*wide/);
  model.dispose();
  assertThrows(() => model.predict({ area: 50, year: 1990, price: 1e5 }), DisposedError, "disposed");
  await assertRejects(() => classifier(XOR, { engine }), OptionError, "no target");
  await assertRejects(() => classifier(flowers(9, 0), { target: "specie", engine }), OptionError, "an unknown target");
  await assertRejects(() => loadModel(new Uint8Array(3), { engine }), FormatError, "three bytes");
});

test("a damaged preprocessing is refused when the file is read", async () => {
  const model = await classifier(XOR, { target: [0, 1, 1, 0], epochs: 1, engine });
  const text = Buffer.from(model.encode()).toString("latin1");
  model.dispose();
  const broken = text.replace('\\"deviation\\":', '\\"deviatiom\\":');
  assert.ok(broken !== text);
  const bytes = Uint8Array.from(Buffer.from(broken, "latin1"));
  const error = await assertRejects(() => loadModel(bytes, { engine }), FormatError, "a field of another name");
  assert.match(error.message, /mean and deviation/);
});

test.run();
