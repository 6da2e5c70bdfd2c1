/** Datasets in files of NumPy's. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { datasetFromNamedArrays } from "../../src/data/arrays.ts";
import { loadNpz } from "../../src/data/npz.ts";
import { DatasetError, FormatError, OptionError } from "../../src/errors.ts";
import { encodeNpz } from "../../src/formats/npz.ts";
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

test.run();
