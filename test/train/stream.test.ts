import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { OptionError } from "../../src/errors.ts";
import { type StreamOptions, streamDataset } from "../../src/train/feeding/stream.ts";
import type { StreamBatchesOptions } from "../../src/train/feeding/stream_feed.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const test = suite("streams");

/** Examples from `start` to before `end`: i as two bytes, and the label i mod 300. */
function chunk(start: number, end: number, changes: { scale?: number; classes?: number } = {}): Dataset {
  const numbers = Array.from({ length: end - start }, (_, i) => start + i);
  const inputs = Uint8Array.from(numbers.flatMap((i) => [i % 256, Math.floor(i / 256)]));
  const labels = Int32Array.from(numbers, (i) => i % 300);
  return new Dataset({ name: "chunk", inputs, labels, shape: [2], classes: 300, ...changes });
}

/** A source of chunks of these sizes; says when it was closed. */
function source(sizes: readonly number[]) {
  const seen = { started: 0, closed: 0, given: 0 };
  async function* chunks() {
    seen.started++;
    try {
      let start = 0;
      for (const size of sizes) {
        seen.given += size;
        yield chunk(start, start + size);
        start += size;
      }
    } finally {
      seen.closed++;
    }
  }
  return { chunks, seen };
}

/** The examples of one epoch, batch by batch; each must come with its label. */
async function epochOf(options: StreamOptions, batchOptions: StreamBatchesOptions): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { dataset, indices } of streamDataset(options).batches(batchOptions)) {
    const { inputs, targets } = dataset.batch(indices);
    all.push(
      Array.from(indices, (_, row) => {
        const number = inputs[2 * row]! + 256 * inputs[2 * row + 1]!;
        assert.is(targets[row], number % 300);
        return number;
      }),
    );
  }
  return all;
}

const SIZES = [7, 1, 40, 1, 300, 13];
const TOTAL = SIZES.reduce((sum, size) => sum + size, 0);
const EVERY = Array.from({ length: TOTAL }, (_, i) => i);
const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

for (const shuffleBuffer of [0, 1, 2, 10, 64, TOTAL, 2 * TOTAL]) {
  for (const batchSize of [1, 16, 64, 500]) {
    test(`every example comes exactly once in an epoch: buffer ${shuffleBuffer}, batches of ${batchSize}`, async () => {
      const { chunks, seen } = source(SIZES);
      const batches = await epochOf({ chunks, shuffleBuffer, seed: 1 }, { batchSize });
      assert.equal(ascending(batches.flat()), EVERY);
      assert.ok(batches.slice(0, -1).every((batch) => batch.length === batchSize));
      assert.equal(batches.length, Math.ceil(TOTAL / batchSize));
      assert.equal(seen, { started: 1, closed: 1, given: TOTAL });
      const full = await epochOf({ chunks, shuffleBuffer, seed: 1 }, { batchSize, dropLast: true });
      assert.equal(
        full,
        batches.filter((batch) => batch.length === batchSize),
      );
      if (shuffleBuffer <= 1) assert.equal(batches.flat(), EVERY);
    });
  }
}

test("no example comes earlier than the buffer allows", async () => {
  for (const [shuffleBuffer, batchSize] of [
    [50, 8],
    [20, 20],
  ] as const) {
    const order = (await epochOf({ chunks: source(SIZES).chunks, shuffleBuffer, seed: 2 }, { batchSize })).flat();
    const early = Math.max(...order.map((number, position) => number - position));
    assert.ok(early > 0 && early < shuffleBuffer, `${early} early, buffer ${shuffleBuffer}`);
  }
});

test("with a buffer as large as the data, every order of few examples is about equally frequent", async () => {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < 1200; seed++) {
    const options = { chunks: source([2, 1]).chunks, shuffleBuffer: 3, seed };
    const key = (await epochOf(options, { batchSize: 2 })).flat().join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.is(counts.size, 6);
  // Five deviations of a binomial of 1,200 draws at 1/6: 200 ± 65.
  for (const [key, count] of counts) assert.ok(Math.abs(count - 200) < 65, `${key}: ${count}`);
});

test("an epoch can be had again, another one is in another order, and so is another seed", async () => {
  const of = (seed: number, epoch: number) =>
    epochOf({ chunks: source(SIZES).chunks, shuffleBuffer: 100, seed }, { batchSize: 10, epoch });
  const first = await of(1, 0);
  assert.equal(await of(1, 0), first);
  assert.not.equal(await of(1, 1), first);
  assert.not.equal(await of(2, 0), first);
});

test("the order does not depend on how the source cuts its chunks", async () => {
  const of = (sizes: readonly number[]) =>
    epochOf({ chunks: source(sizes).chunks, shuffleBuffer: 30, seed: 3 }, { batchSize: 7 });
  assert.equal(await of([100]), await of([1, 2, 3, 94]));
});

test("memory holds the buffer and one chunk: the source is asked only as examples go", async () => {
  const { chunks, seen } = source(new Array(100).fill(10));
  let gone = 0;
  for await (const { dataset, indices } of streamDataset({ chunks, shuffleBuffer: 25, seed: 0 }).batches({
    batchSize: 5,
  })) {
    gone += indices.length;
    assert.is(dataset.length, 25);
    assert.ok(seen.given - gone <= 25 + 10, `${seen.given} given, ${gone} gone`);
  }
  assert.is(gone, 1000);
});

test("a loop that ends early closes the source", async () => {
  const { chunks, seen } = source(SIZES);
  for await (const { indices } of streamDataset({ chunks, shuffleBuffer: 4 }).batches({ batchSize: 2 })) {
    assert.is(indices.length, 2);
    break;
  }
  assert.is(seen.closed, 1);
  assert.ok(seen.given < TOTAL);
});

test("nothing is started before the first minibatch is asked for", async () => {
  const { chunks, seen } = source(SIZES);
  const batches = streamDataset({ chunks }).batches({ batchSize: 2 });
  assert.is(seen.started, 0);
  await batches.return();
  assert.is(seen.started, 0);
});

test("what the source throws comes through, after the minibatches before it", async () => {
  const broken = new Error("the disk is gone");
  async function* chunks() {
    yield chunk(0, 10);
    throw broken;
  }
  const seen: number[] = [];
  const read = async () => {
    for await (const { indices } of streamDataset({ chunks }).batches({ batchSize: 4 })) seen.push(indices.length);
  };
  assert.is(await assertRejects(read, Error, "read"), broken);
  assert.equal(seen, [4, 4]);
});

test("chunks that are not alike, and a source without any, are refused", async () => {
  const of = (...chunks: Dataset[]) => epochOf({ chunks: () => chunks, shuffleBuffer: 100 }, { batchSize: 5 });
  for (const other of [chunk(0, 5, { scale: 0.5 }), chunk(0, 5, { classes: 301 })]) {
    assert.is((await assertRejects(() => of(chunk(0, 5), other), DatasetError, "unlike")).fault.kind, "shape");
  }
  const floats = (shape: readonly number[], type: typeof Float32Array | typeof Float64Array = Float32Array) =>
    new Dataset({ name: "floats", inputs: new type(24), shape, targetValues: new Float64Array(48 / 2) });
  for (const [first, second, text] of [
    [floats([2, 3]), floats([3, 2]), /expected float32 \[2, 3\] with 6 float64, found float32 \[3, 2\] with 6 float64/],
    [floats([6]), floats([6], Float64Array), /expected float32 \[6\].*, found float64 \[6\]/],
    [floats([6]), floats([1, 6]), /found float32 \[1, 6\]/],
    [floats([6]), chunk(0, 5), /found uint8 .* with labels of 300 classes/],
  ] as const) {
    assert.match((await assertRejects(() => of(first, second), DatasetError, `${text}`)).message, text);
  }
  assert.is((await assertRejects(() => of(), DatasetError, "none")).fault.kind, "empty");
});

test("numbers as targets stay with their examples", async () => {
  const numbers = (start: number) => {
    const inputs = Float32Array.from({ length: 10 }, (_, i) => start + i);
    const targetValues = Float64Array.from({ length: 20 }, (_, i) => 2 * (start + Math.floor(i / 2)) + (i % 2));
    return new Dataset({ name: "numbers", inputs, shape: [1], targetValues });
  };
  const stream = streamDataset({ chunks: () => [numbers(0), numbers(10)], shuffleBuffer: 20, seed: 5 });
  const seen: number[] = [];
  for await (const { dataset, indices } of stream.batches({ batchSize: 6 })) {
    const { inputs, targets } = dataset.batch(indices);
    inputs.forEach((x, row) => {
      assert.equal([...targets.slice(2 * row, 2 * row + 2)], [2 * x, 2 * x + 1]);
    });
    seen.push(...inputs);
  }
  assert.equal(ascending(seen), EVERY.slice(0, 20));
  assert.not.equal(seen, EVERY.slice(0, 20));
});

test("options that cannot be meant are refused at once", () => {
  const { chunks } = source([1]);
  for (const value of [-1, 1.5, Number.NaN]) {
    for (const [option, call] of Object.entries({
      shuffleBuffer: () => streamDataset({ chunks, shuffleBuffer: value }),
      seed: () => streamDataset({ chunks, seed: value }),
      epoch: () => streamDataset({ chunks }).batches({ batchSize: 1, epoch: value }),
      batchSize: () => streamDataset({ chunks }).batches({ batchSize: value }),
    })) {
      assert.is(assertThrows(call, OptionError, option).option, option);
    }
  }
  const most = 2 ** 32 - 1; // what a stream of draws can be seeded with
  streamDataset({ chunks }).batches({ batchSize: 1, epoch: most });
  assertThrows(() => streamDataset({ chunks }).batches({ batchSize: 1, epoch: most + 1 }), OptionError, "epoch");
  assertThrows(() => streamDataset({ chunks: [] as unknown as () => [] }), OptionError, "chunks");
});

test.run();
