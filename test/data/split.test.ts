import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batches } from "../../src/data/batches.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { split } from "../../src/data/split.ts";
import { OptionError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("split and batches");

/** Example i has the inputs 10i and 10i + 1, and the label ⌊7i / n⌋² mod 5: classes of different size. */
function numbered(length: number): Dataset<Float32Array> {
  const inputs = Float32Array.from({ length: 2 * length }, (_, i) => 10 * Math.floor(i / 2) + (i % 2));
  const labels = Uint8Array.from({ length }, (_, i) => Math.floor((7 * i) / length) ** 2 % 5);
  return new Dataset({ name: "numbered", inputs, labels, shape: [2], classes: 5 });
}

/** Which examples these are, by their inputs; their labels must be those that they had. */
function numbersOf(part: Dataset, of: Dataset): number[] {
  return Array.from(part.labels, (label, row) => {
    const number = part.inputs[2 * row]! / 10;
    assert.is(part.inputs[2 * row + 1], 10 * number + 1);
    assert.is(label, of.labels[number]);
    return number;
  });
}

for (const random of [undefined, 1] as const) {
  for (const stratify of random === undefined ? (["none"] as const) : (["none", "classes"] as const)) {
    test(`parts are disjoint and complete, in order, labels with them: seed ${random}, stratify ${stratify}`, () => {
      for (const length of [2, 3, 10, 101]) {
        for (const share of [0.001, 0.1, 1 / 3, 0.5, 0.999]) {
          const data = numbered(length);
          const state = random === undefined ? {} : { random: new RandomState(random) };
          const [part, rest] = split(data, { share, stratify, ...state });
          const [first, second] = [numbersOf(part, data), numbersOf(rest, data)];
          assert.equal(
            [...first, ...second].sort((a, b) => a - b),
            Array.from({ length }, (_, i) => i),
          );
          for (const own of [first, second])
            assert.equal(
              own,
              [...own].sort((a, b) => a - b),
            );
          assert.is(part.length, Math.min(length - 1, Math.max(1, Math.round(share * length))));
        }
      }
    });
  }
}

test("without random, parts are views: the first examples and the others", () => {
  const data = numbered(10);
  const [part, rest] = split(data, { share: 0.3 });
  assert.equal(numbersOf(part, data), [0, 1, 2]);
  assert.is(part.inputs.buffer, data.inputs.buffer);
  assert.is(rest.inputs.buffer, data.inputs.buffer);
});

test("the same seed gives the same parts, another one others", () => {
  const data = numbered(60);
  for (const stratify of ["none", "classes"] as const) {
    const first = (seed: number) =>
      numbersOf(split(data, { share: 0.4, stratify, random: new RandomState(seed) })[0], data);
    assert.equal(first(3), first(3));
    assert.not.equal(first(3), first(4));
  }
});

test("stratified, every class gives its share to within an example", () => {
  const data = numbered(203);
  const countOf = (of: Dataset, label: number) => of.labels.filter((own: number) => own === label).length;
  for (const share of [0.1, 0.25, 0.7]) {
    const [part] = split(data, { share, stratify: "classes", random: new RandomState(5) });
    for (let label = 0; label < 5; label++) {
      const distance = Math.abs(countOf(part, label) - share * countOf(data, label));
      assert.ok(distance <= 1, `share ${share}, class ${label}: off by ${distance}`);
    }
  }
});

test("numbers as targets are split with their examples, and have no classes to stratify by", () => {
  const targetValues = Float64Array.from({ length: 20 }, (_, i) => -i);
  const inputs = Float64Array.from({ length: 10 }, (_, i) => 2 * i);
  const data = new Dataset({ name: "numbers", inputs, shape: [1], targetValues });
  const random = new RandomState(1);
  for (const { inputs: x, targetValues: t } of split(data, { share: 0.5, random })) {
    x.forEach((value: number, row: number) => {
      assert.equal([...t!.slice(2 * row, 2 * row + 2)], [-value, -value - 1]);
    });
  }
  assertThrows(() => split(data, { share: 0.5, random, stratify: "classes" }), DatasetError, "classes");
});

test("a share or a dataset that leaves a part empty is refused", () => {
  for (const share of [0, 1, -0.1, 1.1, Number.NaN, "0.5" as unknown as number]) {
    assert.is(assertThrows(() => split(numbered(4), { share }), OptionError, `${share}`).option, "share");
  }
  assert.is(assertThrows(() => split(numbered(1), { share: 0.5 }), OptionError, "one").option, "dataset");
  const draw = () => split(numbered(9), { share: 0.5, stratify: "classes" });
  assert.is(assertThrows(draw, OptionError, "no random").option, "random");
});

test("batches hold every example exactly once, in order or drawn", () => {
  const data = numbered(23);
  for (const batchSize of [1, 5, 23, 40]) {
    for (const seed of [undefined, 1, 2]) {
      const random = seed === undefined ? {} : { random: new RandomState(seed) };
      const sizes: number[] = [];
      const numbers: number[] = [];
      for (const { inputs, inputShape, targets, targetShape } of batches(data, { batchSize, ...random })) {
        sizes.push(inputShape[0]!);
        assert.equal(targetShape, [inputShape[0]]);
        for (let row = 0; row < inputShape[0]!; row++) {
          const number = inputs[2 * row]! / 10;
          assert.is(targets[row], data.labels[number]);
          numbers.push(number);
        }
      }
      const inOrder = Array.from({ length: 23 }, (_, i) => i);
      if (seed === undefined) assert.equal(numbers, inOrder);
      else assert.not.equal(numbers, inOrder);
      assert.equal(
        numbers.sort((a, b) => a - b),
        inOrder,
      );
      assert.ok(sizes.slice(0, -1).every((size) => size === batchSize) && sizes.at(-1)! <= batchSize);
    }
  }
});

test("without the last, all batches are full", () => {
  const sizesOf = (length: number) =>
    Array.from(batches(numbered(length), { batchSize: 5, dropLast: true }), ({ inputShape }) => inputShape[0]);
  assert.equal(sizesOf(23), [5, 5, 5, 5]);
  assert.equal(sizesOf(10), [5, 5]);
  assert.equal(sizesOf(4), []);
});

test("batch sizes are integers from 1 on, which is found before the first batch", () => {
  for (const batchSize of [0, -2, 1.5, Number.NaN]) {
    assert.is(assertThrows(() => batches(numbered(3), { batchSize }), OptionError, `${batchSize}`).option, "batchSize");
  }
});

test("what is rounded off goes from class to class in the order of their numbers, not of the examples", () => {
  for (const labels of [
    [0, 0, 0, 1, 1, 1],
    [1, 1, 1, 0, 0, 0],
    [1, 0, 1, 0, 1, 0],
  ]) {
    const inputs = Uint8Array.from(labels);
    const data = new Dataset({ name: "halves", inputs, labels: Uint8Array.from(labels), shape: [1], classes: 2 });
    const [part] = split(data, { share: 0.5, random: new RandomState(1), stratify: "classes" });
    assert.equal([...part.labels].sort(), [0, 0, 1], labels.join());
  }
});

test.run();
