/** Datasets in files of NumPy's. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { datasetFromNamedArrays } from "../../src/data/arrays.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { loadNpz } from "../../src/data/npz.ts";
import { OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodeNpz } from "../../src/formats/npz.ts";
import { type Fixture, fromBase64 } from "../formats/numpy.ts";
import { assertRejects } from "../support/throws.ts";
import { withFolder } from "./files.ts";

const test = suite("npz datasets");

test("a file gives what its arrays give, and says what is wrong with it", async () => {
  const named = [
    { name: "x_train", shape: [3, 2, 2], data: Uint8Array.from({ length: 12 }, (_, i) => 20 * i) },
    { name: "y_train", shape: [3], data: Uint8Array.of(4, 0, 9) },
  ];
  await withFolder({ "digits.npz": encodeNpz(named) }, async (folder) => {
    const file = join(folder, "digits.npz");
    const names = { inputs: "x_train", labels: "y_train", scale: 1 / 255 };
    const loaded = await loadNpz(file, names);
    assert.equal(loaded.batch([0, 1, 2]), datasetFromNamedArrays(named, { name: file, ...names }).batch([0, 1, 2]));
    assert.is(loaded.name, file);
    assert.is((await loadNpz(file, { ...names, name: "digits" })).name, "digits");
    const missing = await assertRejects(() => loadNpz(`${file}.gz`, names), DatasetError, "missing");
    assert.equal(missing.fault, { kind: "missing", file: `${file}.gz`, looked: [`${file}.gz`] });
    const large = await assertRejects(() => loadNpz(file, { ...names, maxBytes: 10 }), DatasetError, "too large");
    assert.equal(large.fault, { kind: "too-large", file, limit: 10 });
    await assertRejects(() => loadNpz(file, { ...names, maxBytes: 0 }), OptionError, "no limit");
    await writeFile(file, encodeNpz(named).subarray(1));
    assert.is((await assertRejects(() => loadNpz(file, names), FormatError, "broken")).file, file);
  });
});

test("other entries of the file do not matter, and errors name the arrays that are there", async () => {
  const path = new URL("../fixtures/numpy-arrays.json", import.meta.url);
  const { foreign } = JSON.parse(await readFile(path, "utf8")) as Fixture;
  for (const [label, file] of Object.entries(foreign.files)) {
    await withFolder({ "mixed.npz": fromBase64(file) }, async (folder) => {
      const source = join(folder, "mixed.npz");
      const data = await loadNpz(source, { inputs: "x_train", labels: "labels" });
      assert.equal([data.inputs, [...data.labels]], [Float32Array.of(0, 1, 2, 3, 4, 5), [0, 1]], label);
      const numbers = await loadNpz(source, { inputs: "x_train", targets: "kept/too" });
      assert.equal(numbers.targetValues, Float32Array.of(1, 0));
      const missing = await assertRejects(
        () => loadNpz(source, { inputs: "x_train", labels: "y_train" }),
        DatasetError,
        label,
      );
      assert.match(
        missing.message,
        /^y_train: expected one of x_train, labels, kept\/too, .*, found no array of this name$/,
      );
      const words = await assertRejects(
        () => loadNpz(source, { inputs: "x_train", labels: "names" }),
        FormatError,
        label,
      );
      assert.match(words.message, 'found "<U4" (text)');
    });
  }
});

test.run();
