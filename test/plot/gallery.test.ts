/** Pictures in rows: their places, their captions and their scale. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { digits, weightImages } from "../../src/plot/index.ts";
import { assertRejects } from "../support/throws.ts";
import { assertInside, type Box, boxesOf, boxOf, heightOf, isWithin, textOf } from "./boxes.ts";
import { all, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("galleries");

test("pictures stand side by side in order, none on another, each over the middle of its caption", async () => {
  const pictures = Array.from({ length: 5 }, (_, i) => ({ pixels: [0, 0, 0, 1], caption: `${i}` }));
  const root = readSvg(await digits(pictures, { perRow: 2 }));
  const boxes = boxesOf(root, "image");
  for (const [i, box] of boxes.entries()) {
    assert.ok(Math.abs(box.width - box.height) < 0.02, "square");
    if (i % 2 === 1) assert.ok(box.x > boxes[i - 1]!.x + box.width && box.y === boxes[i - 1]!.y);
    if (i >= 2) assert.ok(box.x === boxes[i - 2]!.x && box.y > boxes[i - 2]!.y + box.height + 15);
    const caption = textOf(root, `${i}`);
    assert.ok(Math.abs(numberOf(caption, "x") - box.x - box.width / 2) < 0.02);
    assert.is(caption?.attributes.get("text-anchor"), "middle");
    assert.ok(isWithin(numberOf(caption, "y"), box.y + box.height, 20));
    assert.ok(box.x >= 0 && box.x + box.width <= 480 && box.height <= 220);
  }
  assert.ok(heightOf(root) >= boxes[4]!.y + boxes[4]!.height + 18);
  assert.match(root.children[1]?.text ?? "", /^5 pictures of 2 by 2 pixels: 0; 1; 2; 3; 4\.$/);
  const bare = readSvg(await digits(pictures.map(({ pixels }) => ({ pixels }))));
  assert.is(new Set(boxesOf(bare, "image").map(({ y }) => y)).size, 1, "five in a row");
  assert.is(bare.children[1]?.text, "5 pictures of 2 by 2 pixels.");
  assert.is(texts(bare).length, 0);
  const six = readSvg(await digits([...pictures, ...pictures.slice(0, 1)]));
  assert.is(new Set(boxesOf(six, "image").map(({ y }) => y)).size, 2, "the sixth below");
  const tall = boxesOf(readSvg(await digits([{ pixels: Array(8).fill(1) }], { shape: [8, 1] })), "image")[0]!;
  assert.ok(Math.abs(tall.height / tall.width - 8) < 0.01 && tall.height <= 220);
});

test("pictures of any shape and number lie within their figure", async () => {
  for (const shape of [
    [1, 8],
    [8, 1],
    [3, 3],
  ] as const) {
    for (const count of [1, 2, 3, 6]) {
      for (const perRow of [1, 2, 3, 6]) {
        const pixels = Array(shape[0] * shape[1]).fill(1);
        const pictures = Array.from({ length: count }, () => ({ pixels, caption: "taken for" }));
        const root = readSvg(await digits(pictures, { shape, perRow }));
        assertInside(root);
        const boxes = boxesOf(root, "image");
        const [{ x, width, y }] = boxes as [Box, ...Box[]];
        const next = boxes.find((box) => box.y === y && box.x > x);
        if (next !== undefined) assert.ok(next.x >= x + width + 5, "side by side");
        const weights = Array.from({ length: pixels.length }, () => Array(count).fill(1));
        assertInside(readSvg(await weightImages(weights, { shape, perRow })));
      }
    }
  }
});

test("pixels keep their edges and fill their place", async () => {
  const [image] = all(readSvg(await digits([{ pixels: [1] }])), "image");
  const said = ["preserveAspectRatio", "image-rendering", "style"].map((name) => image?.attributes.get(name));
  assert.equal(said, ["none", "optimizeSpeed", "image-rendering:pixelated"]);
});

test("a caption has four lines at most, and the next row stands below the longest", async () => {
  const caption = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";
  const pictures = Array.from({ length: 10 }, (_, i) => ({ pixels: [i], caption: i === 0 ? caption : "" }));
  const root = readSvg(await digits(pictures, { perRow: 5 }));
  assert.is(texts(root).length, 4);
  const heights = all(root, "text").map((line) => numberOf(line, "y"));
  for (let i = 1; i < 4; i++) assert.ok(Math.abs(heights[i]! - heights[i - 1]! - 18) < 1e-6);
  assert.ok(boxesOf(root, "image")[5]!.y > heights[3]!);
  assert.ok(root.children[1]?.text.endsWith(`: ${caption}.`), "who cannot see it is told all");
});

test("weights: ten in a row, and a legend of the scale's fifteen colours between its ends", async () => {
  const data = Float64Array.from({ length: 44 }, (_, i) => (i === 5 ? -0.25 : i / 1000));
  const root = readSvg(await weightImages({ data, shape: [4, 11] }));
  const images = boxesOf(root, "image");
  assert.is(new Set(images.map(({ y }) => y)).size, 2);
  assert.is(images.filter(({ y }) => y === images[0]!.y).length, 10);
  assert.equal(texts(root), ["−0.25", "0.25"], "no captions");
  const legend = all(root, "rect");
  assert.is(legend.length, 15);
  const colors = legend.map(({ attributes }) => attributes.get("fill"));
  assert.equal([colors[0], colors[7], colors[14]], ["#d55e00", "#f7f7f7", "#0072b2"]);
  const boxes = legend.map(boxOf);
  for (let i = 1; i < 15; i++) assert.ok(Math.abs(boxes[i]!.x - boxes[i - 1]!.x - 12) < 0.01 && boxes[i]!.width >= 12);
  const [low, high] = ["−0.25", "0.25"].map((label) => textOf(root, label));
  assert.ok(numberOf(low, "x") < boxes[0]!.x && low?.attributes.get("text-anchor") === "end");
  assert.ok(numberOf(high, "x") > boxes[14]!.x + 12);
  for (const end of [low, high]) assert.ok(isWithin(numberOf(end, "y"), boxes[0]!.y, 14));
  assert.ok(boxes[0]!.y > images[10]!.y + images[10]!.height, "below the pictures");
  assert.ok(heightOf(root) >= boxes[0]!.y + 14);
  assert.is(root.children[1]?.text, "11 pictures of 2 by 2 weights, from −0.25 to 0.25.");
  const zero = readSvg(await weightImages([[0]]));
  assert.match(zero.children[1]?.text ?? "", /from −1 to 1\.$/);
  const infinite = readSvg(await weightImages([[Number.POSITIVE_INFINITY], [0.5], [Number.NaN], [0]]));
  assert.match(infinite.children[1]?.text ?? "", /^1 pictures of 2 by 2 weights, from −0\.5 to 0\.5\.$/);
  const error = await assertRejects(() => weightImages([[1], [1]]), ShapeError, "2 pixels");
  assert.equal([error.op, error.argument], ["weightImages", "rows of the weights"]);
  const ragged = await assertRejects(() => weightImages([[1], []]), ShapeError, "rows");
  assert.is(ragged.argument, "weights[1]");
  const options = { perRow: 0.5 };
  assert.is((await assertRejects(() => weightImages([[1]], options), OptionError, "")).option, "weightImages: perRow");
  assert.is((await assertRejects(() => weightImages([[1]], { captions: [] }), ShapeError, "")).argument, "captions");
});

test("digits: the range is from 0 to the greatest of all, and refusals name what they refuse", async () => {
  const sizes = [{ pixels: [1] }, { pixels: [1, 2] }];
  for (const [make, argument] of [
    [() => digits([]), "pictures"],
    [() => digits(sizes), "pictures[1]"],
    [() => digits([{ pixels: [1, 2] }]), "pixels"],
    [() => digits([{ pixels: [Number.NaN] }]), "pictures"],
  ] as const) {
    const error = await assertRejects(make, ShapeError, argument);
    assert.equal([error.op, error.argument], ["digits", argument]);
  }
  for (const [options, option] of [
    [{ perRow: 0 }, "digits: perRow"],
    [{ range: [1, 1] }, "digits: range"],
  ] as const) {
    assert.is((await assertRejects(() => digits([{ pixels: [1] }], options), OptionError, option)).option, option);
  }
  const none = await assertRejects(() => digits([{ pixels: null as unknown as number[] }]), OptionError, "null");
  assert.is(none.option, "digits: pictures[0]");
  const href = async (pixels: readonly number[], range?: readonly [number, number]) =>
    all(readSvg(await digits([{ pixels }], range === undefined ? {} : { range })), "image")[0]?.attributes.get("href");
  assert.is(await href([-1, -2, -3, 0]), await href([0, 0, 0, 0]), "what is negative is white");
  assert.is(await href([-1, -2, -3, 0.5]), await href([0, 0, 0, 0.5]));
  assert.is(await href([0, 5, 10, 10]), await href([0, 5, 10, 10], [0, 10]));
  assert.is.not(await href([0, 5, 10, 10]), await href([0, 5, 10, 10], [0, 20]));
});

test.run();
