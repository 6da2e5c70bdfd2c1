/** Configuration files whose values no flag could have. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../src/cli/flags.ts";
import { readConfig } from "../../src/cli/options.ts";
import { TRAIN_FLAGS } from "../../src/cli/train_flags.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("configuration files");
const folder = mkdtempSync(join(tmpdir(), "lanegrad-options-"));
const file = join(folder, "config.json");
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("a list within a list, or an object that only looks like words, is refused with file and key", () => {
  for (const [key, value] of [
    ["layers", '[784,{"toString":1,"valueOf":1}]'],
    ["layers", `${"[".repeat(6000)}${"]".repeat(6000)}`],
    ["layers", "[784,[10]]"],
    ["augment", '{"shift":{"toString":1}}'],
    ["augment", '{"shift":[2]}'],
  ] as const) {
    writeFileSync(file, `{"${key}":${value}}`);
    const error = assertThrows(() => readConfig(TRAIN_FLAGS, file), UsageError, key);
    assert.match(error.message, `${file}: ${key}: expected words or numbers, found a list or an object within another`);
  }
  writeFileSync(file, '{"layers":[784,10],"augment":{"shift":2}}');
  assert.equal(
    [...readConfig(TRAIN_FLAGS, file)],
    [
      ["layers", [784, 10]],
      ["augment", { shift: 2 }],
    ],
  );
});

test.run();
