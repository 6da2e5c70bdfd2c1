/** Laws that every figure keeps. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import * as plot from "../../src/plot/index.ts";
import { moduleOf } from "../support/bundle.ts";
import { ROOT } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";
import { FIGURES } from "./figures.ts";
import { all, readSvg, texts } from "./svg.ts";

const test = suite("figures");
/** Around a figure, in its units. */
const MARGIN = 60;
const FONT = {
  loadSystemFonts: false,
  fontFiles: ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) =>
    join(ROOT, "node_modules/dejavu-fonts-ttf/ttf", file),
  ),
  defaultFontFamily: "DejaVu Sans",
};

test("every function has a figure here", () => {
  const functions = Object.entries(plot).filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name));
  const names = functions.map(([name]) => name).filter((name) => name !== "toPng");
  assert.equal(Object.keys(FIGURES).sort(), names.sort());
});

for (const [name, { make, most }] of Object.entries(FIGURES)) {
  test(`${name}: well-formed, titled, described, and told to screen readers as one picture`, async () => {
    const root = readSvg(await make({ title: 'a < b & "c" \'\u0000', description: "it shows" }));
    assert.is(root.name, "svg");
    assert.is(root.attributes.get("xmlns"), "http://www.w3.org/2000/svg");
    assert.is(root.attributes.get("role"), "img");
    assert.equal(
      root.children.slice(0, 3).map((child) => [child.name, child.name === "style" ? "" : child.text]),
      [
        ["title", 'a < b & "c" \'\ufffd'],
        ["desc", "it shows"],
        ["style", ""],
      ],
    );
    const ids = root.children.slice(0, 2).map((child) => child.attributes.get("id"));
    assert.is(root.attributes.get("aria-labelledby"), ids.join(" "));
  });

  test(`${name}: says what it shows when nobody does`, async () => {
    const [title, description] = readSvg(await make({})).children;
    assert.is(title?.name, "title");
    assert.ok(description !== undefined && description.text.length > 20, description?.text);
    assert.not.match(description?.text ?? "", /NaN|undefined|Infinity/);
  });

  test(`${name}: every number is finite, and nothing is undefined`, async () => {
    const svg = await make({ title: "t" });
    for (const { attributes } of all(readSvg(svg))) {
      for (const [key, value] of attributes) {
        if (key === "href") continue;
        assert.not.match(value, /NaN|Infinity|undefined|null/, `${key}="${value}"`);
      }
    }
  });

  test(`${name}: twice the same, and small`, async () => {
    const first = await make({ title: "t" });
    assert.is(await make({ title: "t" }), first);
    assert.ok(first.length <= most, `${first.length} letters`);
    assert.ok(first.length > most / 8, `${first.length} letters: the bound holds nothing`);
  });

  test(`${name}: its ids are its own, by its name or by what it shows`, async () => {
    const ids = async (options: plot.FigureOptions) => idsOf(await make(options));
    const [plain, other, named] = [await ids({ title: "t" }), await ids({ title: "u" }), await ids({ name: "mine" })];
    assert.ok(plain.length >= 2);
    assert.is(new Set([...plain, ...other, ...named]).size, plain.length + other.length + named.length);
    for (const id of named) assert.match(id, /^mine-/);
  });

  test(`${name}: what it refers to is there`, async () => {
    const svg = await make({});
    const ids = idsOf(svg);
    for (const [, id = ""] of svg.matchAll(/url\(#([^)]*)\)/g)) assert.ok(ids.includes(id), id);
  });

  test(`${name}: text is at least 11 px where the figure is 400 px wide`, async () => {
    const root = readSvg(await make({ title: "t" }));
    const [, , width] = (root.attributes.get("viewBox") ?? "").split(" ").map(Number);
    const sizes = all(root).map(({ attributes }) => attributes.get("font-size"));
    for (const size of sizes.filter((value) => value !== undefined)) {
      assert.ok((Number.parseFloat(size ?? "") * 400) / (width ?? 0) >= 11, `font-size ${size}`);
    }
    assert.ok(sizes[0] !== undefined, "the root says the size");
  });

  test(`${name}: nothing of it lies outside it, as a renderer sees it`, async () => {
    assertInside(await make({ title: "A title with as many words as fit in one line or more" }));
  });

  test(`${name}: has the width that is asked for, and refuses what is none`, async () => {
    const root = readSvg(await make({ width: 960 }));
    const [, , viewWidth = 0, viewHeight = 0] = (root.attributes.get("viewBox") ?? "").split(" ").map(Number);
    assert.is(root.attributes.get("width"), "960");
    const height = Number(root.attributes.get("height"));
    assert.ok(Math.abs(height - (960 * viewHeight) / viewWidth) < 0.01);
    for (const width of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assertRejects(() => make({ width }), OptionError, `width ${width}`);
    }
    for (const bad of ["", "1a", 'a"b', "a b"])
      await assertRejects(() => make({ name: bad }), OptionError, `name ${bad}`);
  });

  test(`${name}: is pixels`, async () => {
    const png = await plot.toPng(await make({ title: "t" }), { width: 123 });
    assert.equal([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const view = new DataView(png.buffer, png.byteOffset);
    assert.is(view.getUint32(16), 123);
  });
}

test("text and axes have the page's colour, and a figure that is a file has one for light and one for dark pages", async () => {
  for (const [name, { make }] of Object.entries(FIGURES)) {
    const root = readSvg(await make({}));
    assert.is(root.attributes.get("fill"), "currentColor", name);
    for (const node of all(root, "text"))
      assert.is(node.attributes.get("fill") ?? "currentColor", "currentColor", name);
    const style = root.children.find((child) => child.name === "style")?.text ?? "";
    assert.match(style, /^svg\.lanegrad:root\{color:#[0-9a-f]{6};/);
    assert.match(style, /@media\(prefers-color-scheme:dark\)\{svg\.lanegrad:root\{color:#[0-9a-f]{6}\}\}$/);
    assert.is(root.attributes.get("class"), "lanegrad");
  }
});

test("a title that is long goes on below, and an empty one takes no room", async () => {
  const heights = [];
  for (const title of ["", "short", "a title that has far more words than there is room for in one line"]) {
    const root = readSvg(await plot.matrix([[1]], { title }));
    heights.push(Number(root.attributes.get("height")));
    assert.is(texts(root).slice(0, -1).join(" "), title);
  }
  assert.ok(heights[0]! < heights[1]! && heights[1]! < heights[2]!, heights.join());
});

test("half a pixel, by which Plot moves lines in pages on some screens, does not reach a figure", async () => {
  const { flags, address } = await moduleOf(join(ROOT, "test/plot/figures.ts"));
  const program = `
    if (process.argv[1] === "page") globalThis.window = { devicePixelRatio: 1 };
    const { FIGURES } = await import(${JSON.stringify(address)});
    for (const { make } of Object.values(FIGURES)) console.log(await make({}));`;
  const [node, page] = ["node", "page"].map((where) => {
    const args = [...flags, "--input-type=module", "--eval", program, where];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 24 });
    assert.is(stderr, "");
    return stdout;
  });
  assert.ok(node!.length > 100_000);
  assert.ok(node === page, "figures differ");
});

test("words that are far too long are cut", async () => {
  const long = "Donaudampfschifffahrtsgesellschaftskapitänswitwenundwaisenkassenverwaltung";
  const pixels = new Uint8Array(4);
  const label = long;
  for (const svg of [
    await plot.lines([{ label, y: [0, 1] }], {
      title: "x",
      xLabel: long,
      yLabel: long,
      points: [{ x: 0.5, y: 0.5, label }],
    }),
    await plot.confusionMatrix(
      [
        [1, 0],
        [0, 1],
      ],
      { classes: [long, `${long}s`] },
    ),
    await plot.matrix([[1, 2]], { rows: [long], columns: ["a", long] }),
    await plot.digits([{ pixels, caption: long }, { pixels, caption: long }, { pixels }]),
    await plot.bars([
      { label, value: 1, note: long },
      { label: "b", value: 2 },
    ]),
  ]) {
    assertInside(svg);
  }
});

/** Draws a figure on a wider ground, and looks there for what is not its own place. */
function assertInside(svg: string): void {
  const [, , width = 0, height = 0] = (/viewBox="([^"]*)"/.exec(svg)?.[1] ?? "").split(" ").map(Number);
  const wide = svg
    .replace(/viewBox="[^"]*"/, `viewBox="-${MARGIN} -${MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}"`)
    .replace(/ height="[^"]*"/, ` height="${height + 2 * MARGIN}"`)
    .replace(/ width="[^"]*"/, ` width="${width + 2 * MARGIN}"`);
  const image = new Resvg(wide, { font: FONT }).render();
  assert.equal([image.width, image.height], [width + 2 * MARGIN, height + 2 * MARGIN]);
  assert.equal(inkOutside(image, MARGIN - 1), []);
}

/** Where pixels are drawn in the margin: a few of the places. */
function inkOutside(image: { width: number; height: number; pixels: Uint8Array }, margin: number): number[][] {
  const { width, height, pixels } = image;
  const found: number[][] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isOutside = Math.min(x, width - 1 - x, y, height - 1 - y) < margin;
      if (isOutside && pixels[4 * (y * width + x) + 3] !== 0 && found.length < 3) found.push([x, y]);
    }
  }
  return found;
}

function idsOf(svg: string): string[] {
  return all(readSvg(svg))
    .map(({ attributes }) => attributes.get("id"))
    .filter((id) => id !== undefined);
}

test.run();
