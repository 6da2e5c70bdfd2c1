/** Bars: their names, their places and what stands beside them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { bars } from "../../src/plot/index.ts";
import { widthOf } from "../../src/plot/letters.ts";
import { assertRejects } from "../support/throws.ts";
import { assertInside, boxesOf, heightOf, isWithin, textOf } from "./boxes.ts";
import { numberOf, readSvg, texts } from "./svg.ts";

const test = suite("bars");

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
  const between = boxes[1]!.y - boxes[0]!.y - boxes[0]!.height;
  assert.ok(between > 0 && between < 12, "one close below the other");
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

test("bars, names and notes lie within the figure, however long they are", async () => {
  for (const label of ["a", "a name of letters", "a name that has far more letters than fit", "m".repeat(99)]) {
    for (const note of ["1", "a note with words", "m".repeat(99)]) {
      assertInside(
        readSvg(
          await bars([
            { label, value: 7, note },
            { label: "b", value: 1 },
            { label: "c", value: 5, note: "two words" },
          ]),
        ),
      );
    }
  }
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
