/** Tables of cells, and bars: their names, their places and what stands beside them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { bars, confusionMatrix, matrix } from "../../src/plot/index.ts";
import { widthOf } from "../../src/plot/letters.ts";
import { assertRejects } from "../support/throws.ts";
import { boxesOf, heightOf, isWithin, textOf } from "./boxes.ts";
import { all, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("tables and bars");

test("a table's cells stand in rows and columns that do not touch, with the names of each beside them", async () => {
  const root = readSvg(
    await matrix(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { rows: ["r0", "r1"], columns: ["c0", "c1", "c2"] },
    ),
  );
  const boxes = boxesOf(root, "rect");
  assert.is(boxes.length, 6);
  for (const [i, box] of boxes.entries()) {
    const [row, column] = [Math.floor(i / 3), i % 3];
    const label = textOf(root, `${i + 1}.00`);
    assert.ok(isWithin(numberOf(label, "x"), box.x, box.width) && isWithin(numberOf(label, "y"), box.y, box.height));
    const [rowName, columnName] = [textOf(root, `r${row}`), textOf(root, `c${column}`)];
    assert.ok(isWithin(numberOf(rowName, "y"), box.y, box.height), `r${row}`);
    assert.ok(numberOf(rowName, "x") < box.x && rowName?.attributes.get("text-anchor") === "end");
    assert.ok(isWithin(numberOf(columnName, "x"), box.x, box.width), `c${column}`);
    assert.ok(numberOf(columnName, "y") < box.y && columnName?.attributes.get("text-anchor") === "middle");
    if (column > 0) assert.ok(box.x >= boxes[i - 1]!.x + box.width + 1, "columns");
    if (row > 0) assert.ok(box.y >= boxes[i - 3]!.y + box.height + 1, "rows");
  }
  assert.ok(
    boxes.every(({ width, height }) => width > height),
    "numbers are wider than high",
  );
  const last = boxes[5]!;
  assert.ok(heightOf(root) >= last.y + last.height && heightOf(root) < last.y + last.height + 30);
  assert.match(root.children[1]?.text ?? "", /^A matrix of 2 rows and 3 columns\.$/);
  const plain = boxesOf(
    readSvg(
      await matrix([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
    "rect",
  );
  assert.ok(plain[0]!.x < boxes[0]!.x && plain[0]!.y < boxes[0]!.y, "no names take no room");
});

test("names of columns that are wider than the columns are turned, long ones cut", async () => {
  const names = ["a wider name", "b", "c"];
  const turned = readSvg(await matrix([[1, 2, 3]], { columns: names }));
  const heads = all(turned, "text").filter(({ attributes }) => attributes.get("transform")?.includes("rotate"));
  assert.equal(
    heads.map(({ text }) => text),
    names,
  );
  const boxes = boxesOf(turned, "rect");
  for (const [i, head] of heads.entries()) {
    const [, x = "", y = "", angle] =
      /^translate\(([\d.]+),([\d.]+)\) rotate\((.+)\)$/.exec(head.attributes.get("transform") ?? "") ?? [];
    assert.is(angle, "-90");
    assert.ok(isWithin(Number(x), boxes[i]!.x, boxes[i]!.width) && Number(y) < boxes[i]!.y, head.text);
  }
  assert.ok(boxes[0]!.y > widthOf(names[0]!), "there is room above");
  const upright = readSvg(await matrix([[1, 2, 3]], { columns: ["a", "b", "c"] }));
  assert.not.ok(all(upright, "text").some(({ attributes }) => attributes.has("transform")));
  assert.ok(boxesOf(upright, "rect")[0]!.y < 40);
  const long = readSvg(await matrix([[1]], { rows: ["a name that has far more letters than there is room for"] }));
  assert.ok(texts(long).some((text) => text.startsWith("a name") && text.endsWith("…") && widthOf(text) <= 130));
});

test("the strongest colour is the greatest size, the weakest none; what is not finite has none", async () => {
  const opacities = async (values: readonly (readonly number[])[]) =>
    all(readSvg(await matrix(values)), "rect").map((rect) => numberOf(rect, "fill-opacity"));
  assert.equal(await opacities([[4, -2, 0]]), [0.75, 0.39, 0.03]);
  assert.equal(await opacities([[-4, 2, Number.NEGATIVE_INFINITY]]), [0.75, 0.39, 0.03]);
  assert.equal(await opacities([[0, 0]]), [0.03, 0.03]);
  assert.equal(await opacities([[Number.NaN, Number.POSITIVE_INFINITY]]), [0.03, 0.03]);
  const root = readSvg(await matrix([[1.25, Number.NEGATIVE_INFINITY]], { decimals: 0 }));
  assert.equal(texts(root), ["1", "-Infinity"]);
  for (const [options, argument] of [
    [{ rows: ["a", "b"] }, "rows"],
    [{ columns: ["a", "b"] }, "columns"],
  ] as const) {
    assert.is((await assertRejects(() => matrix([[1]], options), ShapeError, argument)).argument, argument);
  }
  assert.is(
    (await assertRejects(() => matrix([[1]], { decimals: 0.5 }), OptionError, "0.5")).option,
    "matrix: decimals",
  );
});

test("a confusion matrix says which side is which, and a share is that of its row", async () => {
  const root = readSvg(
    await confusionMatrix([
      [8, 0, 0],
      [1, 1, 6],
      [0, 7, 1],
    ]),
  );
  assert.ok(texts(root).includes("↓ class") && texts(root).includes("taken for →"));
  const boxes = boxesOf(root, "rect");
  const [classes, taken] = ["↓ class", "taken for →"].map((label) => textOf(root, label));
  assert.ok(numberOf(classes, "y") < boxes[0]!.y && numberOf(taken, "y") < boxes[0]!.y);
  assert.is(taken?.attributes.get("text-anchor"), "end");
  for (const name of ["0", "1", "2"]) {
    const heads = all(root, "text").filter(
      ({ text, attributes }) => text === name && attributes.get("text-anchor") === "end",
    );
    assert.is(heads.length, 1, `row ${name}`);
  }
  const strength = all(root, "rect").map((rect) => (numberOf(rect, "fill-opacity") - 0.03) / 0.72);
  for (const [i, share] of [1, 0, 0, 1 / 8, 1 / 8, 6 / 8, 0, 7 / 8, 1 / 8].entries()) {
    assert.ok(Math.abs(strength[i]! - Math.cbrt(share)) < 0.01, `${i}: ${strength[i]}`);
  }
  const said =
    "A confusion matrix of 3 classes: 10 of 24 (41.67 %) are right. The commonest mistake: 2 taken for 1, 7 times.";
  assert.is(root.children[1]?.text, said);
  const tie = readSvg(
    await confusionMatrix([
      [0, 2],
      [2, 0],
    ]),
  );
  assert.match(tie.children[1]?.text ?? "", /0 taken for 1, 2 times/);
  const none = readSvg(
    await confusionMatrix([
      [3, 0],
      [0, 2],
    ]),
  );
  assert.match(none.children[1]?.text ?? "", /5 of 5 \(100\.00 %\) are right\. There are no mistakes\.$/);
  for (const [counts, option] of [
    [
      [
        [1, -1],
        [0, 0],
      ],
      "confusionMatrix: counts[0][1]",
    ],
    [
      [
        [1, 1],
        [0.5, 0],
      ],
      "confusionMatrix: counts[1][0]",
    ],
  ] as const) {
    assert.is((await assertRejects(() => confusionMatrix(counts), OptionError, option)).option, option);
  }
  const error = await assertRejects(
    () =>
      confusionMatrix([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ShapeError,
    "2 × 3",
  );
  assert.equal([error.argument, error.found], ["counts", "2 × 3"]);
});

test("bars stand below one another, each between its name and its note", async () => {
  const items = [
    { label: "one", value: 1 },
    { label: "three", value: 3, note: "best" },
  ];
  const root = readSvg(await bars(items, { unit: "ms" }));
  const boxes = boxesOf(root, "rect");
  for (const [i, { label }] of items.entries()) {
    const box = boxes[i]!;
    const [name, note] = [textOf(root, label), textOf(root, ["1 ms", "best"][i]!)];
    assert.ok(numberOf(name, "x") < box.x && name?.attributes.get("text-anchor") === "end");
    assert.ok(numberOf(note, "x") > box.x + box.width && numberOf(note, "x") < box.x + box.width + 10);
    for (const text of [name, note]) assert.ok(isWithin(numberOf(text, "y"), box.y, box.height), label);
    assert.ok(numberOf(name, "x") - widthOf(label) >= 0);
  }
  assert.ok(boxes[1]!.y > boxes[0]!.y + boxes[0]!.height);
  assert.ok(Math.abs(boxes[1]!.width - 3 * boxes[0]!.width) < 0.05);
  assert.ok(boxes[1]!.x + boxes[1]!.width + widthOf("best") > 400, "the longest fills the width");
  assert.ok(heightOf(root) >= boxes[1]!.y + boxes[1]!.height);
  assert.is(root.children[1]?.text, "Bars: one 1 ms, three best.");
  assert.ok(texts(readSvg(await bars([{ label: "a", value: 2 }]))).includes("2"), "no unit");
  const tiny = boxesOf(
    readSvg(
      await bars([
        { label: "a", value: 0.001 },
        { label: "b", value: 0.002 },
      ]),
    ),
    "rect",
  );
  assert.ok(Math.abs(tiny[1]!.width - 2 * tiny[0]!.width) < 0.05);
});

test("a long name stands above its bar, and so do all then", async () => {
  const long = "a name that has far more letters than fit";
  const root = readSvg(
    await bars([
      { label: long, value: 1 },
      { label: "b", value: 2 },
    ]),
  );
  const boxes = boxesOf(root, "rect");
  for (const [i, label] of [long, "b"].entries()) {
    const name = textOf(root, label);
    assert.ok(numberOf(name, "y") < boxes[i]!.y && numberOf(name, "x") === boxes[i]!.x, label);
    if (i > 0) assert.ok(numberOf(name, "y") - 12 > boxes[i - 1]!.y + boxes[i - 1]!.height, "below the one before");
  }
  assert.ok(boxes[0]!.x < 20);
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const items = [
      { label: "a", value: 1 },
      { label: "b", value },
    ];
    assert.is((await assertRejects(() => bars(items), OptionError, `${value}`)).option, "bars: items[1].value");
  }
  const error = await assertRejects(() => bars([]), ShapeError, "none");
  assert.equal([error.op, error.argument], ["bars", "items"]);
});

test.run();
