/** The page's parts that need no browser: settings, addresses, curves. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readAddress, writeAddress } from "../../examples/browser/src/address.ts";
import { atMostEvery, oneAtATime } from "../../examples/browser/src/frames.ts";
import { DEFAULTS, descriptionOf, readField, type Settings } from "../../examples/browser/src/settings.ts";
import { ThinnedCurve } from "../../examples/browser/src/thinned.ts";
import { assertPlain, assertUnpolluted, HOSTILE_NAMES } from "../attacks/hostile.ts";

const test = suite("the page's parts");

const OTHERS: Settings = {
  layers: [300, 64, 8],
  activation: "gelu",
  seed: 4_294_967_295,
  optimizer: "nesterov",
  rate: 1e-7,
  batch: 17,
  epochs: 1000,
};

test("an address gives back the settings that it was written from", () => {
  for (const settings of [DEFAULTS, OTHERS, { ...OTHERS, layers: [] }]) {
    const { settings: read, faults } = readAddress(writeAddress(settings));
    assert.equal(read, settings);
    assert.is(faults.size, 0);
  }
  assert.equal(readAddress("").settings, DEFAULTS);
});

test("what an address cannot mean is told, and the default stands", () => {
  const { settings, faults } = readAddress(
    "#layers=128,0&seed=-1&rate=NaN&batch=1e9&epochs=2&colour=red&optimizer=__proto__",
  );
  assert.equal(settings, { ...DEFAULTS, epochs: 2 });
  assert.equal([...faults.keys()].sort(), ["batch", "layers", "optimizer", "rate", "seed"]);
  assert.match(faults.get("layers") ?? "", /found “128,0”.*128 was taken instead/);
});

test("an address's names and choices are the page's own, never what objects inherit", () => {
  for (const name of HOSTILE_NAMES) {
    for (const field of [name, ...Object.keys(DEFAULTS)]) {
      const { settings, faults } = readAddress(`#${field}=${name}&${name}=1&${name}[polluted]=yes`);
      assert.equal(settings, DEFAULTS);
      assert.is(faults.size, field === name ? 0 : 1);
      assertPlain(settings, field);
      assertUnpolluted(field);
    }
  }
});

test("layers are written in several ways", () => {
  for (const [text, layers] of [
    ["256, 64", [256, 64]],
    ["256-64", [256, 64]],
    ["256 64", [256, 64]],
    ["", []],
    ["none", []],
  ] as const) {
    assert.equal(readField("layers", text), { value: layers });
  }
  for (const text of ["0", "1025", "1.5", "a", "1,1,1,1,1", "99999"])
    assert.ok("fault" in readField("layers", text), text);
});

test("numbers are whole, or above 0, and within what makes sense", () => {
  for (const text of ["", "-1", "1.5", "4294967296", "1e3"]) assert.ok("fault" in readField("seed", text), text);
  for (const text of ["", "0", "-1", "101", "Infinity", "1e-", "."])
    assert.ok("fault" in readField("rate", text), text);
  assert.equal(readField("rate", " 0,01 "), { value: 0.01 });
});

test("a description has an activation behind each hidden layer, and none behind the last", () => {
  const kinds = descriptionOf({ ...DEFAULTS, layers: [5, 4] }, 784, 10).layers.map((layer) =>
    layer.kind === "dense" ? `${layer.inputSize}-${layer.outputSize}` : layer.kind,
  );
  assert.equal(kinds, ["784-5", "activation", "5-4", "activation", "4-10"]);
  assert.is(descriptionOf({ ...DEFAULTS, layers: [] }, 784, 10).layers.length, 1);
});

test("a thinned curve keeps every point while there is room, then means of neighbours", () => {
  const curve = new ThinnedCurve(8);
  for (let i = 0; i < 7; i++) curve.add(i, 10 * i);
  assert.equal(curve.x, [0, 1, 2, 3, 4, 5, 6]);
  curve.add(7, 70);
  assert.equal(curve.x, [0.5, 2.5, 4.5, 6.5]);
  assert.equal(curve.y, [5, 25, 45, 65]);
  curve.add(8, 80);
  assert.is(curve.x.length, 4); // half a point
  curve.add(9, 90);
  assert.equal([curve.x[4], curve.y[4]], [8.5, 85]);
  curve.clear();
  curve.add(3, 4);
  assert.equal([curve.x, curve.y], [[3], [4]]);
});

test("a thinned curve is bounded, and its points are means of all that came", () => {
  const curve = new ThinnedCurve(64);
  const count = 2 ** 15;
  for (let i = 0; i < count; i++) curve.add(i, i % 2);
  assert.ok(curve.x.length >= 32 && curve.x.length < 64);
  assert.ok(curve.y.every((y) => y === 0.5));
  assert.is(curve.x.at(-1), count - 1 - (count / curve.x.length - 1) / 2);
});

test("one at a time: the last question is answered, those in between are not asked", async () => {
  const asked: number[] = [];
  let question = 0;
  let answer = () => {};
  const ask = oneAtATime(async () => {
    asked.push(question);
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
  });
  for (question = 1; question <= 3; question++) ask();
  question = 3;
  assert.equal(asked, [1]);
  answer();
  await new Promise(setImmediate);
  assert.equal(asked, [1, 3]);
  answer();
  await new Promise(setImmediate);
  assert.equal(asked, [1, 3]);
  question = 4;
  ask();
  assert.equal(asked, [1, 3, 4]);
});

test("at most every so often: the first call goes through at once", () => {
  let calls = 0;
  const call = atMostEvery(1e6, () => {
    calls += 1;
  });
  call();
  call();
  assert.is(calls, 1);
});

test.run();
