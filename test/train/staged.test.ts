/** Minibatches that are loaded: the same examples, and the same bits, as those that are gathered. */
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { DisposedError, IndexError, OptionError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { Minibatch, ResidentDataset } from "../../src/train/feeding/resident.ts";
import { StagedMinibatch } from "../../src/train/feeding/staged.ts";
import { streamDataset } from "../../src/train/feeding/stream.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("staged minibatches", engine);
const SIDE = 9;
const images = imagesOf(40, 11);

for (const dtype of ["float32", "float64"] as const) {
  for (const layout of ["dense", "sparse"] as const) {
    test(`what is loaded equals what is gathered, to the bit: ${dtype}, ${layout}`, () => {
      using resident = new ResidentDataset(engine, images, { layout });
      using gathered = new Minibatch(resident, 7, dtype);
      using staged = new StagedMinibatch(engine, images, { batchSize: 7, dtype, layout });
      const random = new RandomState(1);
      for (let i = 0; i < 5; i++) {
        const indices = random.choice(40, 7);
        gathered.indices.set(indices);
        gathered.gather();
        staged.load(images, indices);
        staged.gather();
        assert.equal(elementsOf(staged.inputs), elementsOf(gathered.inputs));
        assert.equal([...staged.labels.data], [...gathered.labels.data]);
      }
      assert.is(staged.layout, layout);
    });

    test(`a step trains a network from either to the same bits: ${dtype}, ${layout}`, () => {
      const after = (batch: Minibatch<typeof dtype> | StagedMinibatch<typeof dtype>) => {
        using net = network(engine, sequential(dense(SIDE * SIDE, 6), relu(), dense(6, 3)), { seed: 2, dtype });
        using state = net.optimize(sgd({ learningRate: 0.3 }));
        using step = net.trainingStep(state, batch.source);
        const random = new RandomState(3);
        const losses = [];
        for (let i = 0; i < 20; i++) {
          const indices = random.choice(40, 5);
          if (batch instanceof Minibatch) batch.indices.set(indices);
          else batch.load(images, indices);
          step.run();
          losses.push(step.loss.data[0], net.loss(batch.inputs, batch.labels));
        }
        return [losses, Object.values(net.parameters).map(({ data }) => [...data])];
      };
      using resident = new ResidentDataset(engine, images, { layout });
      using gathered = new Minibatch(resident, 5, dtype);
      using staged = new StagedMinibatch(engine, images, { batchSize: 5, dtype, layout });
      assert.equal(after(staged), after(gathered));
    });
  }

  test(`floats and numbers are loaded as they are: ${dtype}`, () => {
    const inputs = Float64Array.from({ length: 12 }, (_, i) => i / 8);
    const data = new Dataset({ name: "numbers", inputs, shape: [2], targetValues: inputs.slice(0, 6).reverse() });
    using staged = new StagedMinibatch(engine, data, { batchSize: 3, dtype });
    staged.load(data, [5, 0, 5]);
    staged.gather();
    assert.equal(elementsOf(staged.inputs), [1.25, 1.375, 0, 0.125, 1.25, 1.375]);
    assert.equal([...staged.targets.data], [0, 0.625, 0]);
    assert.equal(staged.targets.shape, [3, 1]);
    assert.is((staged.inputs as Tensor).describe(), `inputs ${dtype} [3, 2]`);
    assert.is(staged.targets.describe(), `targets ${dtype} [3, 1]`);
    assert.is(assertThrows(() => staged.labels, DatasetError, "labels").fault.kind, "targets");
  });

  test(`a step on floats and numbers that are loaded is that on those which are gathered: ${dtype}`, () => {
    const inputs = Float64Array.from({ length: 12 }, (_, i) => i / 8);
    const data = new Dataset({ name: "numbers", inputs, shape: [2], targetValues: inputs.slice(0, 6) });
    const after = (batch: Minibatch<typeof dtype> | StagedMinibatch<typeof dtype>) => {
      using net = network(engine, sequential(dense(2, 1)), { seed: 2, dtype, loss: "squaredError" });
      using state = net.optimize(sgd({ learningRate: 0.1 }));
      using step = net.trainingStep(state, batch.source);
      for (const indices of [
        [5, 0, 5],
        [1, 2, 3],
      ]) {
        if (batch instanceof Minibatch) batch.indices.set(indices);
        else batch.load(data, indices);
        step.run();
      }
      return Object.values(net.parameters).map(({ data: weights }) => [...weights]);
    };
    using resident = new ResidentDataset(engine, data);
    using gathered = new Minibatch(resident, 3, dtype);
    using staged = new StagedMinibatch(engine, data, { batchSize: 3, dtype });
    assert.equal(after(staged), after(gathered));
  });
}

test("auto takes the layout that a resident dataset takes", () => {
  const full = new Dataset({ ...partsOf(images), inputs: images.inputs.map((byte) => byte | 1) });
  for (const data of [images, full]) {
    using resident = new ResidentDataset(engine, data);
    using staged = new StagedMinibatch(engine, data, { batchSize: 1, dtype: "float32" });
    assert.is(staged.layout, resident.layout);
  }
  using staged = new StagedMinibatch(engine, full, { batchSize: 1, dtype: "float32" });
  assert.is(staged.layout, "dense");
});

test("amounts of zero leave images as they are, and four numbers are drawn for each", () => {
  using staged = new StagedMinibatch(engine, images, { batchSize: 40, dtype: "float32", layout: "dense" });
  const all = Int32Array.from({ length: 40 }, (_, i) => i);
  staged.load(images, all);
  staged.gather();
  const plain = elementsOf(staged.inputs);
  const random = new RandomState(8);
  staged.load(images, all, { augment: augment({}), random });
  staged.gather();
  assert.equal(elementsOf(staged.inputs), plain);
  const again = new RandomState(8);
  again.rand(4 * 40);
  assert.is(random.rand(), again.rand());
});

test("augmented images differ, their labels stay with them, sparse rows hold the same as dense ones", () => {
  const wide = augment({ shift: 2, rotate: 20, scale: 0.1 });
  const loaded = (layout: "dense" | "sparse", seed: number) => {
    using staged = new StagedMinibatch(engine, images, { batchSize: 6, dtype: "float32", layout });
    staged.load(images, [3, 9, 3, 0, 39, 20], { augment: wide, random: new RandomState(seed) });
    staged.gather();
    assert.equal(
      [...staged.labels.data],
      [3, 9, 3, 0, 39, 20].map((index) => images.labels[index]),
    );
    return elementsOf(staged.inputs);
  };
  const first = loaded("dense", 1);
  assert.equal(loaded("sparse", 1), first);
  assert.equal(loaded("dense", 1), first);
  assert.not.equal(loaded("dense", 2), first);
  const size = SIDE * SIDE;
  assert.not.equal(first.slice(0, size), first.slice(2 * size, 3 * size), "the same image is changed anew");
});

test("a load that is refused draws nothing and leaves the minibatch as it was", () => {
  using staged = new StagedMinibatch(engine, images, { batchSize: 2, dtype: "float32" });
  staged.load(images, [4, 5]);
  const random = new RandomState(9);
  const some = augment({ shift: 1 });
  const parts = partsOf(images);
  const others = [
    new Dataset({ ...parts, scale: 1 }),
    new Dataset({ ...parts, shape: [1, SIDE, SIDE] }),
    new Dataset({ ...parts, classes: 4 }),
    new Dataset({ ...parts, inputs: Float32Array.from(images.inputs), scale: 1 }),
    new Dataset({
      ...parts,
      labels: undefined,
      classes: undefined,
      targets: "numbers",
      targetValues: new Float32Array(40),
    }),
  ];
  for (const other of others) {
    const error = assertThrows(() => staged.load(other, [0, 1], { augment: some, random }), DatasetError, "unlike");
    assert.is(error.fault.kind, "shape");
  }
  const index = assertThrows(() => staged.load(images, [0, 40], { augment: some, random }), IndexError, "no example");
  assert.equal([index.op, index.argument, index.position, index.value], ["load", "indices", 1, 40]);
  assertThrows(() => staged.load(images, [0], { augment: some, random }), OptionError, "too few");
  assertThrows(() => staged.load(images, [0, 1], { augment: some }), OptionError, "no random");
  assert.is(random.rand(), new RandomState(9).rand());
  staged.gather();
  const expected = images.batch([4, 5]).inputs;
  assert.ok(elementsOf(staged.inputs).every((x, i) => Math.abs(x - expected[i]!) < 1e-7));
  assert.equal([...staged.labels.data], [images.labels[4], images.labels[5]]);
});

test("floats are no images, and what is no picture cannot be turned", () => {
  const parts = partsOf(images);
  const floats = new Dataset({ ...parts, inputs: Float32Array.from(images.inputs), scale: 1 });
  const row = new Dataset({ ...parts, shape: [3, 3, 3, 3] });
  for (const data of [floats, row]) {
    using staged = new StagedMinibatch(engine, data, { batchSize: 1, dtype: "float32" });
    const options = { augment: augment({ shift: 1 }), random: new RandomState(0) };
    assertThrows(() => staged.load(data, [0], options), OptionError, data.name);
  }
  const sparse = { batchSize: 1, dtype: "float32", layout: "sparse" } as const;
  assert.is(assertThrows(() => new StagedMinibatch(engine, floats, sparse), OptionError, "rows").option, "layout");
});

test("what was disposed of loads nothing", () => {
  const staged = new StagedMinibatch(engine, images, { batchSize: 1, dtype: "float32" });
  staged.dispose();
  staged.dispose();
  assert.match(assertThrows(() => staged.load(images, [0]), DisposedError, "load").message, /stage uint8 \[1, 81\]/);
});

const streamed = await fromStream();

test("a stream of chunks trains a network as its examples would: the line that they lie on is found", () => {
  assert.ok(streamed.loss < 1e-8, `loss ${streamed.loss}`);
  assert.ok(Math.abs(streamed.w - 2) < 1e-3 && Math.abs(streamed.b - 1) < 1e-3, JSON.stringify(streamed));
  assert.is(streamed.seen, 30 * 100);
});

test.run();

/** y = 2x + 1, in chunks of three sizes; the last minibatch of an epoch is smaller, and has a step of its own. */
async function fromStream() {
  const chunk = (start: number, end: number) => {
    const inputs = Float32Array.from({ length: end - start }, (_, i) => (start + i) / 50 - 1);
    return new Dataset({ name: "line", inputs, shape: [1], targetValues: inputs.map((x) => 2 * x + 1) });
  };
  const stream = streamDataset({
    chunks: () => [chunk(0, 40), chunk(40, 41), chunk(41, 100)],
    shuffleBuffer: 50,
    seed: 1,
  });
  using net = network(engine, sequential(dense(1, 1)), { loss: "squaredError", seed: 1 });
  using state = net.optimize(sgd({ learningRate: 0.05 }));
  const made = new Map<number, { batch: StagedMinibatch<"float32">; step: ReturnType<typeof net.trainingStep> }>();
  let seen = 0;
  let loss = Number.NaN;
  for (let epoch = 0; epoch < 30; epoch++) {
    for await (const { dataset, indices } of stream.batches({ batchSize: 16, epoch })) {
      const { length } = indices;
      if (!made.has(length)) {
        const batch = new StagedMinibatch(engine, dataset, { batchSize: length, dtype: "float32" });
        made.set(length, { batch, step: net.trainingStep(state, batch.source) });
      }
      const { batch, step } = made.get(length)!;
      batch.load(dataset, indices);
      step.run();
      loss = step.loss.data[0] ?? Number.NaN;
      seen += length;
    }
  }
  assert.equal([...made.keys()], [16, 4]);
  const result = { loss, seen, w: net.parameters["W1"]!.data[0]!, b: net.parameters["b1"]!.data[0]! };
  for (const { batch, step } of made.values()) {
    step.dispose();
    batch.dispose();
  }
  return result;
}

/** Pictures of SIDE × SIDE with a patch that is not black, and labels of three classes. */
function imagesOf(count: number, seed: number): Dataset<Uint8Array> {
  const random = new RandomState(seed);
  const inputs = new Uint8Array(count * SIDE * SIDE);
  for (let image = 0; image < count; image++) {
    for (let row = 2; row < 6; row++) {
      for (let column = 3; column < 7; column++) {
        inputs[(image * SIDE + row) * SIDE + column] = random.randint(0, 256);
      }
    }
  }
  const labels = Uint8Array.from(random.choice(3, count));
  return new Dataset({ name: "patches", inputs, labels, shape: [SIDE * SIDE], classes: 3, scale: 1 / 255 });
}

function partsOf({ name, inputs, labels, shape, classes, scale }: Dataset<Uint8Array>) {
  return { name, inputs, labels, shape, classes, scale };
}

/** Every element of dense or sparse rows, row-major. */
function elementsOf(x: Tensor | SparseMatrix): number[] {
  if (!(x instanceof SparseMatrix)) return [...x.data];
  const [m, k] = x.shape;
  const all = new Array<number>(m * k).fill(0);
  for (let row = 0; row < m; row++) {
    for (let at = x.starts.data[row]!; at < x.starts.data[row + 1]!; at++)
      all[row * k + x.columns.data[at]!] = x.values.data[at]!;
  }
  return all;
}
