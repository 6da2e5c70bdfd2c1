/** The page on figures: its figures are what the code draws, and it names every function. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { derivativeErrors } from "../../scripts/figures/derivative_errors.ts";
import * as plot from "../../src/plot/index.ts";
import { ROOT } from "../support/script.ts";
import { readSvg } from "./svg.ts";

const test = suite("docs/figures.md");
const FOLDER = join(ROOT, "docs/figures");
const page = readFileSync(join(ROOT, "docs/figures.md"), "utf8");
const figure = (file: string) => readFileSync(join(FOLDER, file), "utf8").replaceAll("\r\n", "\n");

test("shows figures that are there, small and well-formed", () => {
  const shown = [...page.matchAll(/!\[[^\]]+\]\(figures\/([^)]+)\)/g)].map(([, file = ""]) => file);
  assert.equal(shown.sort(), readdirSync(FOLDER).sort());
  for (const file of shown) {
    const svg = figure(file);
    assert.is(readSvg(svg.trimEnd()).name, "svg");
    assert.ok(svg.length < 21_000, `${file}: ${svg.length}`);
  }
});

test("the V of numerical derivatives is drawn as it stands there", async () => {
  const drawn = `${await derivativeErrors()}\n`;
  assert.ok(drawn === figure("derivative.svg"), "npm run figures draws others than are there");
});

test("names every function", () => {
  const functions = Object.keys(plot).filter((name) => /^[a-z]/.test(name));
  const named = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  assert.equal(named.sort(), functions.sort());
});

test.run();
