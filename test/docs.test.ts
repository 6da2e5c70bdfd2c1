/** What the documentation refers to is there: tests, scripts, figures, other pages. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "./support/script.ts";

const test = suite("docs");
const DOCS = join(ROOT, "docs");

test("every test, script and page that a page names is there", () => {
  let found = 0;
  for (const page of readdirSync(DOCS).filter((name) => name.endsWith(".md"))) {
    const text = readFileSync(join(DOCS, page), "utf8");
    for (const [, name = ""] of text.matchAll(/`(?:npx tsx )?((?:[\w-]+\/)+[\w.-]+\.ts)\b/g)) {
      found += 1;
      assert.ok(
        ["", "test", "src", "assembly"].some((folder) => existsSync(join(ROOT, folder, name))),
        `docs/${page}: ${name}`,
      );
    }
    for (const [, target = ""] of text.matchAll(/\]\(([\w./-]+)\)/g)) {
      found += 1;
      assert.ok(existsSync(join(DOCS, target)), `docs/${page}: ${target}`);
    }
  }
  assert.ok(found > 40, `only ${found} found`);
});

test.run();
