/** What pictures, tables and bars show. */
import { inflateSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bars, confusionMatrix, digits, matrix, weightImages } from "../../src/plot/index.ts";
import { BLUE, VERMILLION } from "../../src/plot/palette.ts";
import { all, type Node, readSvg, texts } from "./svg.ts";

const test = suite("pictures");

/** The colours of a picture's pixels, row by row, from its PNG. */
function colorsOf(image: Node | undefined): number[] {
  const file = Buffer.from(image?.attributes.get("href")?.replace("data:image/png;base64,", "") ?? "", "base64");
  const columns = file.readUInt32BE(16);
  const rows = file.readUInt32BE(20);
  const palette = chunkOf(file, "PLTE");
  const raw = inflateSync(chunkOf(file, "IDAT"));
  const stride = 1 + Math.ceil(columns / 2);
  return Array.from({ length: rows * columns }, (_, i) => {
    const column = i % columns;
    const byte = raw[Math.floor(i / columns) * stride + 1 + (column >> 1)]!;
    return palette.readUIntBE(3 * (column % 2 === 0 ? byte >> 4 : byte & 15), 3);
  });
}

function chunkOf(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type, 8, "latin1");
  return file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4));
}

/** The cells of a table: colour, opacity, and the text within. */
function cellsOf(root: Node): { color: string | undefined; opacity: number; label: string | undefined }[] {
  const labels = all(root, "text");
  return all(root, "rect").map(({ attributes }) => {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(attributes.get(name)));
    const inside = labels.filter((text) => {
      const [tx, ty] = [Number(text.attributes.get("x")), Number(text.attributes.get("y"))];
      return tx > x! && tx < x! + width! && ty > y! && ty < y! + height!;
    });
    return { color: attributes.get("fill"), opacity: Number(attributes.get("fill-opacity")), label: inside[0]?.text };
  });
}

test("a digit: white is 0, black the greatest of all pictures, red what is no number", async () => {
  const root = readSvg(await digits([{ pixels: [0, 51, 255, Number.NaN] }, { pixels: [0, 0, 0, 102] }]));
  const [first, second] = all(root, "image").map(colorsOf);
  assert.equal([first![0], first![2], first![3]], [0xffffff, 0x000000, 0xd55e00]);
  const grey = first![1]! & 255;
  assert.is(first![1], 0x010101 * grey);
  assert.ok(Math.abs(grey - (255 - 51)) <= 255 / 28, `${grey}: further than half of one of 14 steps`);
  assert.equal(second!.slice(0, 3), [0xffffff, 0xffffff, 0xffffff]);
  assert.equal(
    colorsOf(all(readSvg(await digits([{ pixels: [0, 1, 2, 4] }], { range: [0, 1] })), "image")[0]),
    [0xffffff, 0, 0, 0],
  );
});

test("a picture in colour: its bytes as they are, on a scale from black; what is no number is black", async () => {
  const pixels = [0, 51, 255, 255, 0, 0, 10, 20, 30, Number.NaN, 300, -5];
  const root = readSvg(await digits([{ pixels }], { shape: [2, 2, 3], range: [0, 255] }));
  const href = all(root, "image")[0]?.attributes.get("href") ?? "";
  const file = Buffer.from(href.replace("data:image/png;base64,", ""), "base64");
  assert.equal([file.readUInt32BE(16), file.readUInt32BE(20), file[24], file[25]], [2, 2, 8, 2]);
  assert.equal([...inflateSync(chunkOf(file, "IDAT"))], [0, 0, 51, 255, 255, 0, 0, 0, 10, 20, 30, 0, 255, 0]);
  assert.is(file.indexOf("PLTE"), -1);
  assert.is(root.children[1]?.text, "1 pictures of 2 by 2 pixels.");
});

test("digits stand in rows, each with its caption below it, broken where it is wider than the picture", async () => {
  const pictures = Array.from({ length: 7 }, (_, i) => ({ pixels: [0, 1, 2, i], caption: `${i} taken for 9, 98 %` }));
  const root = readSvg(await digits(pictures, { perRow: 5 }));
  const places = all(root, "image").map(({ attributes }) => [Number(attributes.get("x")), Number(attributes.get("y"))]);
  assert.is(new Set(places.map(([, y]) => y)).size, 2);
  assert.equal(places[5]![0], places[0]![0]);
  const captions = all(root, "text");
  assert.equal(
    captions.slice(0, 2).map(({ text }) => text),
    ["0 taken for", "9, 98 %"],
  );
  const bottom = places[0]![1]! + Number(all(root, "image")[0]!.attributes.get("height"));
  for (const caption of captions.slice(0, 10)) {
    const y = Number(caption.attributes.get("y"));
    assert.ok(y > bottom && y < places[5]![1]!, `${y}`);
  }
});

test("weights: a picture for each column, from vermillion over white at 0 to blue, on one scale", async () => {
  const columns = [
    [-2, 0, 0, 2],
    [1, -1, 0, 0],
    [Number.NaN, 0, 0, 0],
  ];
  const data = Float32Array.from({ length: 12 }, (_, i) => columns[i % 3]![Math.floor(i / 3)]!);
  const root = readSvg(await weightImages({ data, shape: [4, 3] }, { captions: ["a", "b", "c"] }));
  const [first, second, third] = all(root, "image").map(colorsOf);
  assert.equal(first, [0xd55e00, 0xf7f7f7, 0xf7f7f7, 0x0072b2]);
  assert.equal(second!.slice(2), [0xf7f7f7, 0xf7f7f7]);
  const channels = (color: number) => [color >> 16, (color >> 8) & 255, color & 255];
  assert.ok(channels(second![0]!)[2]! > channels(second![0]!)[0]!, "1 is bluish");
  assert.ok(channels(second![1]!)[2]! < channels(second![1]!)[0]!, "-1 is reddish");
  assert.is.not(second![0], first![3], "and not as strong as 2");
  assert.is(third![0], 0x808080);
  assert.equal(texts(root), ["a", "b", "c", "−2", "2"]);
});

test("weights of an image that is no square, and as rows of numbers", async () => {
  const rows = [
    [1, 0],
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
    [0, -1],
  ];
  const [first, second] = all(readSvg(await weightImages(rows, { shape: [2, 3] })), "image");
  assert.is(colorsOf(first)[0], 0x0072b2);
  assert.is(colorsOf(second)[5], 0xd55e00);
  const [width, height] = ["width", "height"].map((name) => Number(first?.attributes.get(name)));
  assert.ok(Math.abs(width! / height! - 1.5) < 0.001);
});

test("a confusion matrix: rows are classes, what is right is blue, and a mistake as strong as it is common", async () => {
  const svg = await confusionMatrix(
    [
      [90, 10],
      [1, 999],
    ],
    { classes: ["cat", "dog"] },
  );
  const cells = cellsOf(readSvg(svg));
  assert.equal(
    cells.map(({ color, label }) => [color, label]),
    [
      [BLUE, "90"],
      [VERMILLION, "10"],
      [VERMILLION, "1"],
      [BLUE, "999"],
    ],
  );
  const [right, common, rare, best] = cells.map(({ opacity }) => opacity);
  assert.ok(rare! < common! && common! < right! && right! < best!, `${cells.map(({ opacity }) => opacity)}`);
  const description = readSvg(svg).children[1]?.text ?? "";
  assert.match(description, /1089 of 1100 \(99\.00 %\) are right\. The commonest mistake: cat taken for dog, 10 times/);
});

test("a confusion matrix without examples of a class, and without any", async () => {
  const root = readSvg(
    await confusionMatrix([
      [0, 0],
      [0, 0],
    ]),
  );
  assert.equal(
    cellsOf(root).map(({ label }) => label),
    ["0", "0", "0", "0"],
  );
  assert.match(root.children[1]?.text ?? "", /0 of 0 are right\. There are no mistakes/);
});

test("a matrix: its numbers, positive ones blue, negative ones vermillion, as strong as they are large", async () => {
  const cells = cellsOf(
    readSvg(
      await matrix(
        [
          [0.25, -0.5],
          [1, Number.NaN],
        ],
        { decimals: 1 },
      ),
    ),
  );
  assert.equal(
    cells.map(({ label }) => label),
    ["0.3", "−0.5", "1.0", "NaN"],
  );
  assert.equal(
    cells.slice(0, 3).map(({ color }) => color),
    [BLUE, VERMILLION, BLUE],
  );
  const [quarter, half, one, none] = cells.map(({ opacity }) => opacity);
  assert.ok(none! < quarter! && quarter! < half! && half! < one!);
});

test("cells that are too small for their numbers have none", async () => {
  const numbers = Array.from({ length: 20 }, (_, i) => Array.from({ length: 20 }, (_, j) => i * j * 1000));
  const root = readSvg(await matrix(numbers));
  assert.is(all(root, "rect").length, 400);
  assert.is(texts(root).length, 0);
});

test("bars are as long as their numbers, and named", async () => {
  for (const name of ["a", "a name that has far more letters than fit"]) {
    const items = [
      { label: name, value: 10 },
      { label: "b", value: 5 },
      { label: "c", value: 0, note: "none" },
    ];
    const root = readSvg(await bars(items, { unit: "ms" }));
    const [first, second, third] = all(root, "rect").map(({ attributes }) => Number(attributes.get("width")));
    assert.ok(Math.abs(first! / second! - 2) < 0.01, `${first}, ${second}`);
    assert.ok(third! <= 1);
    assert.equal(texts(root).sort(), [name, "b", "c", "10 ms", "5 ms", "none"].sort());
  }
});

test("numbers that are all 0 are drawn: black pictures, white weights, bars of a pixel", async () => {
  const root = readSvg(await bars([{ label: "a", value: 0 }]));
  assert.equal(
    all(root, "rect").map(({ attributes }) => attributes.get("width")),
    ["1"],
  );
  const [white] = all(readSvg(await weightImages({ data: [0, 0, 0, 0], shape: [4, 1] })), "image");
  const [drawn] = all(readSvg(await weightImages({ data: [1, 0, 0, 0], shape: [4, 1] })), "image");
  assert.not.equal(white?.attributes, drawn?.attributes);
  assert.is(all(readSvg(await digits([{ pixels: [0, 0, 0, 0] }])), "image").length, 1);
});

test("counts of ten thousand and more are rounded to thousands", async () => {
  const root = readSvg(
    await confusionMatrix([
      [9_999, 10_000],
      [0, 123_499],
    ]),
  );
  assert.equal(
    cellsOf(root).map(({ label }) => label),
    ["9999", "10k", "0", "123k"],
  );
});

test.run();
