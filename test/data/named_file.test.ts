/** Files under one of several names, also where a folder cannot be listed, as at an address. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { hasFile, namesOf, placeOf, readNamed } from "../../src/data/named_file.ts";
import { assertRejects } from "../support/throws.ts";
import { ramp, withFolder } from "./files.ts";

const test = suite("named files");
const NAME = "train-images-idx3-ubyte";

test("each name is found, whether the folder can be listed or not", async () => {
  for (const name of namesOf(NAME)) {
    await withFolder({ [name]: ramp(3) }, async (folder) => {
      for (const place of [await placeOf(folder), await placeOf(`${folder}/`), { source: folder, names: undefined }]) {
        const { file, bytes } = await readNamed(place, NAME, 100);
        assert.ok(file.startsWith(folder) && file.endsWith(`/${name}`), file);
        assert.equal(bytes, ramp(3), name);
      }
      assert.ok(hasFile(await placeOf(folder), NAME), name);
      assert.not.ok(hasFile({ source: folder, names: undefined }, NAME), "nothing is known");
    });
  }
});

test("the first name that is there is taken, and none but these", async () => {
  const files = Object.fromEntries(namesOf(NAME).flatMap((name, i) => (name.includes("/") ? [] : [[name, ramp(i)]])));
  await withFolder(files, async (folder) => {
    assert.is((await readNamed(await placeOf(folder), NAME, 100)).bytes.length, 0);
    const large = await assertRejects(
      async () => readNamed(await placeOf(folder), `${NAME}.gz`, 0),
      DatasetError,
      "limit",
    );
    assert.is(large.fault.kind, "too-large");
  });
  await withFolder({ [`old-${NAME}`]: ramp(1), [`${NAME}.bak`]: ramp(1), [`${NAME}s/x`]: ramp(1) }, async (folder) => {
    for (const place of [await placeOf(folder), { source: folder, names: undefined }]) {
      const { fault } = await assertRejects(() => readNamed(place, NAME, 100), DatasetError, "missing");
      assert.equal(fault, { kind: "missing", file: NAME, looked: namesOf(NAME).map((name) => `${folder}/${name}`) });
      assert.not.ok(hasFile(place, NAME));
    }
  });
  const map = new Map([["TRAIN-IMAGES.IDX3-UBYTE", ramp(2)]]);
  const { file, bytes } = await readNamed(await placeOf(map), NAME, 100);
  assert.equal([file, bytes], ["TRAIN-IMAGES.IDX3-UBYTE", ramp(2)]);
});

test.run();
