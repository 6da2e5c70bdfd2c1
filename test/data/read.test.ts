/** What the platform reports as data becomes an error with the file's name, and with the cause where there is one. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { IdxError } from "../../src/data/idx_error.ts";
import { inflate, readFile } from "../../src/data/read.ts";
import { assertRejects } from "../support/throws.ts";
import { gzip, ramp, withFolder } from "./files.ts";

const test = suite("read");

test("a file: its bytes, undefined where there is none, and a DatasetError that names it", async () => {
  await withFolder({ digits: ramp(30) }, async (folder) => {
    const file = join(folder, "digits");
    assert.equal(await readFile(file, 30), ramp(30));
    assert.is(await readFile(join(folder, "nothing"), 30), undefined);

    const large = await assertRejects(() => readFile(file, 29), DatasetError, "large");
    assert.equal(large.fault, { kind: "too-large", file, limit: 29 });
    await mkdir(join(folder, "sub"));
    const sub = await assertRejects(() => readFile(join(folder, "sub"), 9), DatasetError, "folder");
    assert.equal(sub.fault, { kind: "unreadable", file: join(folder, "sub"), reason: "a folder, not a file" });
    assert.not.ok("cause" in sub);
    const name = "x".repeat(5000);
    const long = await assertRejects(() => readFile(join(folder, name), 9), DatasetError, "a name that is too long");
    assert.is(long.fault.kind, "unreadable");
    assert.is((long.cause as { code?: string }).code, "ENAMETOOLONG");
  });
});

test("gzip: its content, an IdxError of what is broken, a DatasetError of what is too large", async () => {
  const bytes = gzip(ramp(200));
  assert.equal(await inflate(bytes, 200), ramp(200));
  const zeros = () => inflate(Uint8Array.of(...bytes, 0, 0, 3), 999, "a.gz");
  const broken = await assertRejects(zeros, IdxError, "broken");
  assert.is(broken.message, "a.gz: broken gzip: 3 bytes follow its end");
  assert.equal(broken.fault, { kind: "gzip", reason: "3 bytes follow its end" });
  const large = await assertRejects(() => inflate(bytes, 199, "a.gz"), DatasetError, "large");
  assert.is(large.message, "a.gz: holds more than the limit of 199 bytes");
  assert.instance(large.cause, RangeError);
  const unnamed = await assertRejects(() => inflate(bytes, 199), DatasetError, "without a name");
  assert.is(unnamed.message, "gzip data: holds more than the limit of 199 bytes");
});

test.run();
