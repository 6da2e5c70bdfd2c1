/** A figure's pixels. */
import { join } from "node:path";
import { decode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { digits, matrix, type PngOptions, toPng } from "../../src/plot/index.ts";
import { ROOT } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";

const test = suite("pixels");

const draw = async (svg: string, options?: PngOptions) => {
  const { width, height, channels, data } = decode(await toPng(svg, options));
  const pixels = Array.from({ length: width * height }, (_, i) => [...data.subarray(channels * i, channels * (i + 1))]);
  return { width, height, pixels };
};

/** How many pixels have a property. */
const count = (pixels: readonly number[][], has: (r: number, g: number, b: number, a: number) => boolean) =>
  pixels.filter(([r = 0, g = 0, b = 0, a = 255]) => has(r, g, b, a)).length;

test("dark on white and 800 wide where nobody says, and in the shape of the figure", async () => {
  const svg = await matrix([[0]], { title: "a title", decimals: 1 });
  const { width, height, pixels } = await draw(svg);
  const [, , w = 0, h = 0] = (/viewBox="([^"]*)"/.exec(svg)?.[1] ?? "").split(" ").map(Number);
  assert.is(width, 800);
  assert.ok(Math.abs(height - (800 * h) / w) < 1);
  assert.equal(pixels[0]!.slice(0, 3), [255, 255, 255]);
  assert.ok(count(pixels, (r, g, b) => r < 60 && g < 60 && b < 60) > 100, "the text");
});

test("ground, colour, width and fonts are those that are asked for", async () => {
  const svg = await matrix([[0]], { title: "a title" });
  const { width, pixels } = await draw(svg, { width: 300, background: "#0000ff", color: "rgb(255, 0, 0)" });
  assert.is(width, 300);
  assert.equal(pixels[0]!.slice(0, 3), [0, 0, 255]);
  const red = (list: readonly number[][]) => count(list, (r, g, b) => r > 200 && g < 50 && b < 50);
  assert.ok(red(pixels) > 20);
  const clear = await draw(svg, { background: "transparent" });
  assert.is(clear.pixels[0]![3], 0);
  const mute = await draw(svg, { fonts: [], color: "red" });
  assert.is(red(mute.pixels), 0, "no font, no text");
  const tall = await draw(await matrix(Array.from({ length: 20 }, () => [0])), { width: 1 });
  assert.is(tall.width, 1);
});

test("text is that of the package's fonts, a title bold", async () => {
  const [title, plain] = [await matrix([[0]], { title: "a title" }), await matrix([[0]])];
  const ink = async (svg: string, fonts?: readonly string[]) =>
    count((await draw(svg, fonts === undefined ? {} : { fonts })).pixels, (r, g, b) => Math.max(r, g, b) < 60);
  const [upright, bold] = ["DejaVuSans", "DejaVuSans-Bold"].map((name) =>
    join(ROOT, `node_modules/dejavu-fonts-ttf/ttf/${name}.ttf`),
  );
  assert.is(await ink(plain), await ink(plain, [upright!]));
  assert.ok((await ink(plain)) < (await ink(plain, [bold!])), "numbers are not bold");
  assert.ok((await ink(title)) > (await ink(title, [upright!])), "a title is");
});

test("pictures have sharp pixels", async () => {
  const { pixels } = await draw(await digits([{ pixels: [0, 1, 1, 0] }]), { color: "white" });
  const grey = count(pixels, (r) => r > 40 && r < 215);
  assert.ok(count(pixels, (r) => r < 5) > 10_000, "black");
  assert.ok(grey < 3000, `${grey} pixels between black and white`);
});

test("what is no figure, no width and no colour is refused by its name", async () => {
  const svg = await matrix([[0]]);
  for (const [make, option] of [
    [() => toPng(`<p>${svg}</p>`), "toPng: svg"],
    [() => toPng(""), "toPng: svg"],
    [() => toPng(svg, { width: 0 }), "toPng: width"],
    [() => toPng(svg, { width: 1.5 }), "toPng: width"],
    [() => toPng(svg, { color: 'red"' }), "toPng: color"],
    [() => toPng(svg, { color: '"red' }), "toPng: color"],
    [() => toPng(svg, { color: "" }), "toPng: color"],
  ] as const) {
    assert.is((await assertRejects(make, OptionError, option)).option, option);
  }
  const error = await assertRejects(() => toPng("x".repeat(100)), OptionError, "no figure");
  assert.is(error.message.length < 120, true);
});

test.run();
