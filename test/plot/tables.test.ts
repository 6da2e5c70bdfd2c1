/** Tables of cells: their names, their places and what stands beside them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { confusionMatrix, matrix } from "../../src/plot/index.ts";
import { widthOf } from "../../src/plot/letters.ts";
import { BLUE } from "../../src/plot/palette.ts";
import { assertRejects } from "../support/throws.ts";
import { assertInside, boxesOf, heightOf, isWithin, textOf } from "./boxes.ts";
import { all, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("tables");

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
    assert.is(label?.attributes.get("text-anchor"), "middle");
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

test("a table of any size lies within its figure, and no name or number is wider than its column", async () => {
  for (const columns of [1, 2, 5, 9, 14, 20, 24, 40]) {
    for (let length = 1; length < 12; length++) {
      const value = 10 ** (length - 1);
      const names = Array(columns).fill("a".repeat(length));
      const root = readSvg(await matrix([Array(columns).fill(value)], { rows: ["row"], columns: names, decimals: 0 }));
      assertInside(root);
      const [cell] = boxesOf(root, "rect");
      const upright = all(root, "text").filter(({ attributes }) => attributes.get("text-anchor") === "middle");
      for (const { text } of upright) assert.ok(widthOf(text) <= cell!.width, `${text} in ${columns} columns`);
    }
  }
  for (const size of [1, 2, 12, 30]) {
    const counts = Array.from({ length: size }, () => Array(size).fill(1));
    const root = readSvg(await confusionMatrix(counts, { classes: counts.map((_, i) => `class ${i}`), title: "" }));
    assertInside(root);
    const said = numberOf(textOf(root, "↓ class"), "y");
    const heads = all(root, "text").filter(({ text }) => text.startsWith("class "));
    for (const { attributes, text } of heads.slice(0, size)) {
      const turned = /,([\d.]+)\) rotate/.exec(attributes.get("transform") ?? "");
      const top = turned === null ? Number(attributes.get("y")) - 10 : Number(turned[1]) - widthOf(text);
      assert.ok(top >= said, `${text} lies on what rows are`);
    }
  }
});

test("numbers stand in cells that have room for all of them, and are left out where one has none", async () => {
  const count = async (row: readonly number[]) => texts(readSvg(await matrix([row], { decimals: 0 }))).length;
  assert.is(await count(Array(25).fill(1)), 25, "18 high");
  assert.is(await count(Array(40).fill(1)), 0, "11 high");
  assert.is(await count(Array(10).fill(1)), 10);
  assert.is(await count([...Array(9).fill(1), 1_000_000]), 0);
});

test("the strongest colour is the greatest size, the weakest none; what is not finite has none", async () => {
  const opacities = async (values: readonly (readonly number[])[]) =>
    all(readSvg(await matrix(values)), "rect").map((rect) => numberOf(rect, "fill-opacity"));
  assert.equal(await opacities([[4, -2, 0]]), [0.75, 0.39, 0.03]);
  assert.equal(await opacities([[-4, 2, Number.NEGATIVE_INFINITY]]), [0.75, 0.39, 0.03]);
  assert.equal(await opacities([[0, 0]]), [0.03, 0.03]);
  assert.equal(await opacities([[Number.NaN, Number.POSITIVE_INFINITY]]), [0.03, 0.03]);
  const zero = all(readSvg(await matrix([[0, -0]])), "rect").map(({ attributes }) => attributes.get("fill"));
  assert.equal(zero, [BLUE, BLUE]);
  const root = readSvg(await matrix([[1.25, Number.NEGATIVE_INFINITY]], { decimals: 0 }));
  assert.equal(texts(root), ["1", "-Infinity"]);
  for (const [options, argument] of [
    [{ rows: ["a", "b"] }, "rows"],
    [{ columns: ["a", "b"] }, "columns"],
  ] as const) {
    assert.is((await assertRejects(() => matrix([[1]], options), ShapeError, argument)).argument, argument);
  }
  assert.is((await assertRejects(() => matrix([[1], []]), ShapeError, "rows")).argument, "values[1]");
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
  assert.is(texts(root)[0], "Classes and what they were taken for");
  const [empty] = all(readSvg(await confusionMatrix([[0]])), "rect");
  assert.is(numberOf(empty, "fill-opacity"), 0.03, "a class without examples");
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
  assert.is((await assertRejects(() => confusionMatrix([[1], []]), ShapeError, "rows")).argument, "counts[1]");
  const options = { classes: ["a", "b"] };
  assert.is((await assertRejects(() => confusionMatrix([[1]], options), ShapeError, "b")).argument, "classes");
});

test.run();
