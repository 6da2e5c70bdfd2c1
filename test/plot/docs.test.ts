/** Figures in pages, drawn and measured: they are what the code draws, what was measured, and what the kernels say. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { derivativeErrors } from "../../scripts/docs/figures/derivative_errors.ts";
import { sizes } from "../../scripts/docs/figures/drawing.ts";
import { expErrors } from "../../scripts/docs/figures/exp_errors.ts";
import { loops } from "../../scripts/docs/figures/loops.ts";
import { microkernel } from "../../scripts/docs/figures/microkernel.ts";
import { packing } from "../../scripts/docs/figures/packing.ts";
import { speed } from "../../scripts/docs/figures/speed.ts";
import * as plot from "../../src/plot/index.ts";
import { ROOT } from "../support/script.ts";
import { readSvg } from "./svg.ts";

const test = suite("figures of pages");
const FOLDER = join(ROOT, "docs/figures");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8").replaceAll("\r\n", "\n");
const figure = (file: string) => read(`docs/figures/${file}`);

test("each is shown by a page; drawings are small and well-formed", () => {
  const pages = ["README.md", ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"))];
  const text = pages.map((name) => read(name === "README.md" ? name : `docs/${name}`)).join("\n");
  for (const file of readdirSync(FOLDER)) {
    assert.ok(text.includes(`figures/${file}`), `no page shows ${file}`);
    if (!file.endsWith(".svg")) continue; // a picture of the page: test/browser/figure.ts
    const svg = figure(file);
    assert.is(readSvg(svg.trimEnd()).name, "svg");
    assert.ok(svg.length < 21_000, `${file}: ${svg.length}`);
  }
});

for (const [file, draw] of Object.entries({
  "derivative.svg": derivativeErrors,
  "exp.svg": expErrors,
  "loops.svg": loops,
  "microkernel.svg": microkernel,
  "packing.svg": packing,
  "speed.svg": speed,
})) {
  test(`${file} is drawn as it stands there`, async () => {
    assert.ok(`${await draw()}\n` === figure(file), "npm run figures draws another");
  });
}

test("docs/figures.md names every function", () => {
  const functions = Object.keys(plot).filter((name) => /^[a-z]/.test(name));
  const named = [...read("docs/figures.md").matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  assert.equal(named.sort(), functions.sort());
});

test("docs/kernels.md has the sizes of assembly/params.ts", () => {
  const { MR, NR, KC, MC, NC } = sizes();
  const page = read("docs/kernels.md");
  const said = [`| NC = ${NC} `, `| KC = ${KC} `, `| MC = ${MC} `, `| 2·NR = ${2 * NR} `, `| MR/2 = ${MR / 2} `];
  for (const words of [...said, `**MR = ${MR}**`, `**NR = ${NR}**`]) assert.ok(page.includes(words), words);
});

test("times in README.md are those of docs/performance.md", () => {
  const measured = read("docs/performance.md").split("\n");
  const rows = read("README.md")
    .split("\n")
    .filter((line) => /^\|.* ×\) \|$/.test(line));
  assert.ok(rows.length > 3);
  for (const row of rows) assert.ok(measured.includes(row), row);
});

test.run();
