/**
 * The examples are what examples/README.md says they are. What they print, markdown.test.ts compares: a `console` block is
 * a command that is run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "../support/script.ts";

const MOST_LINES = 60;
/** What the README shows of it is not compared here: it does not end by itself, and has a test of its own. */
const SERVER = "serve.ts";

const test = suite("examples");
const FOLDER = join(ROOT, "examples");
const readme = textOf("README.md");
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".ts"));
test("the README has a section for every example, and shows what each one prints", () => {
  const sections = [...readme.matchAll(/^## `(.+\.ts)`/gm)].map(([, file]) => file);
  assert.equal([...sections].sort(), [...files].sort());
  const compared = [...readme.matchAll(/^```console\n\$ npx tsx examples\/(\S+)/gm)].map(([, file]) => file);
  assert.equal([...compared, SERVER].sort(), [...files].sort());
});

test("an example is short, says its idea first, and imports the package, Node and a reader of Parquet alone", () => {
  for (const file of files) {
    const source = textOf(file);
    assert.ok(source.trimEnd().split("\n").length <= MOST_LINES, `${file} has more than ${MOST_LINES} lines`);
    assert.match(source, /^\/\*\*[\s\S]*?\bExpect\b[\s\S]*?\*\/\n/, file);
    const imports = [...source.matchAll(/\bfrom "([^"]+)"/g)].map(([, from = ""]) => from);
    assert.ok(imports.includes("lanegrad"), file);
    for (const from of imports) assert.match(from, /^(lanegrad(\/\w+)?|node:\w+|hyparquet)$/, file);
    assert.not.match(source, /\bMath\.(random|exp|log|sin|cos|tanh|pow)\b/, `${file}: hosts differ in it`);
  }
});

test("the front page begins with quickstart.ts", () => {
  const source = textOf("quickstart.ts");
  const frontPage = readFileSync(join(ROOT, "README.md"), "utf8").replaceAll("\r\n", "\n");
  assert.ok(
    frontPage.includes(`\`\`\`ts\n${source.slice(source.indexOf("import"))}\`\`\``),
    "it shows another program",
  );
});

test.run();

function textOf(file: string): string {
  return readFileSync(join(FOLDER, file), "utf8").replaceAll("\r\n", "\n");
}
