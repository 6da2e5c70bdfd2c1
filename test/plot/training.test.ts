/** Losses and accuracies over the steps and epochs of a training. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { accuracyCurves, lossCurve } from "../../src/plot/index.ts";
import { styleOf } from "../../src/plot/palette.ts";
import { assertRejects } from "../support/throws.ts";
import { corners, isNear, linePaths, ticks } from "./axes.ts";
import { all, marks, type Node, readSvg, texts } from "./svg.ts";

const test = suite("losses and accuracies");

test("lossCurve: the mean is of a fiftieth of the losses where nobody says, and each step is faint behind it", async () => {
  const losses = Array.from({ length: 200 }, (_, i) => 200 - i);
  const root = readSvg(await lossCurve(losses));
  assert.ok(["each step", "mean of 4", "step", "loss", "Loss"].every((text) => texts(root).includes(text)));
  assert.match(root.children[1]?.text ?? "", /^The loss of 200 steps, and the mean of 4 at a time\. Horizontal: step/);
  const looks = (svg: Node) =>
    marks(svg, "line").map((group) => {
      const find = (name: string) =>
        all(group)
          .find(({ attributes }) => attributes.has(name))
          ?.attributes.get(name);
      return ["stroke", "stroke-opacity", "stroke-width", "stroke-dasharray"].map(find);
    });
  assert.equal(looks(root), [
    ["currentColor", "0.35", "1", undefined],
    [styleOf(1).color, undefined, "2.5", undefined],
  ]);
  const band = (length: number) => lossCurve(Array.from({ length }, (_, i) => i));
  assert.equal([looks(readSvg(await band(1000)))[0]?.[2], looks(readSvg(await band(1001)))[0]?.[2]], ["1", "2.5"]);
  const brief = readSvg(await lossCurve([3, 2, 1], { smoothing: 1 }));
  assert.match(brief.children[1]?.text ?? "", /^The loss of 3 steps\. /);
  assert.equal(
    texts(brief).filter((text) => /[a-z]/i.test(text)),
    ["Loss", "loss", "step"],
    "no names",
  );
  const samples = all(root, "line").filter(({ attributes }) => attributes.get("x1") !== undefined);
  assert.equal(
    samples
      .filter(({ attributes }) => attributes.has("stroke-width"))
      .map(({ attributes }) => attributes.get("opacity")),
    ["0.35", undefined],
  );
  assert.ok(texts(readSvg(await lossCurve(losses, { smoothing: 9 }))).includes("mean of 9"));
});

test("lossCurve: losses stand at their steps", async () => {
  const root = readSvg(await lossCurve([4, 2, 0], { steps: [100, 150, 200], smoothing: 2 }));
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const [each, mean] = linePaths(root).map(corners);
  for (const drawn of [each, mean]) isNear(drawn?.[1]?.[0], (x.get("140")! + x.get("160")!) / 2, "step 150");
  isNear(each?.[1]?.[1], y.get("2"), "loss 2");
  isNear(mean?.[1]?.[1], y.get("1"), "mean of 2 and 0");
  assert.is((await assertRejects(() => lossCurve([]), ShapeError, "none")).argument, "losses");
  const options = { smoothing: 0 };
  assert.is((await assertRejects(() => lossCurve([1], options), OptionError, "0")).option, "lossCurve: smoothing");
  const error = await assertRejects(() => lossCurve([1, 2], { steps: [1] }), ShapeError, "one step");
  assert.equal([error.op, error.argument], ["lossCurve", "steps"]);
});

test("accuracyCurves: at their epochs, on one scale from 0 to 1, and fractions only", async () => {
  const root = readSvg(await accuracyCurves({ x: [10, 20, 30], train: [0.5, 1, 0], test: [0, 0.25, Number.NaN] }));
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const [train, test] = linePaths(root).map(corners);
  isNear(train?.[1]?.[0], x.get("20"), "epoch 20");
  isNear(train?.[1]?.[1], y.get("1.0"), "1");
  isNear(test?.[0]?.[1], y.get("0.0"), "0");
  assert.is(test?.length, 2);
  assert.ok(["Accuracy", "epoch", "accuracy", "train", "test"].every((text) => texts(root).includes(text)));
  assert.match(
    root.children[1]?.text ?? "",
    /^Accuracies on training and test examples\. Horizontal: epoch, 10 to 30\./,
  );
  for (const [accuracies, option] of [
    [{ train: [1.01], test: [1] }, "accuracyCurves: train[0]"],
    [{ train: [0, 1], test: [0, -0.01] }, "accuracyCurves: test[1]"],
    [{ train: [97], test: [96] }, "accuracyCurves: train[0]"],
  ] as const) {
    const error = await assertRejects(() => accuracyCurves(accuracies), OptionError, option);
    assert.is(error.option, option);
  }
  const error = await assertRejects(() => accuracyCurves({ x: [0], train: [0, 1], test: [0, 1] }), ShapeError, "x");
  assert.equal([error.op, error.argument], ["accuracyCurves", "x"]);
});

test("lossCurve: losses of other examples are lines of their own, named, in styles behind that of the mean", async () => {
  const losses = Array.from({ length: 100 }, (_, i) => 100 - i);
  const series = [{ label: "validation", x: [10, 90], y: [80, 40] }];
  const root = readSvg(await lossCurve(losses, { series }));
  const drawn = linePaths(root);
  assert.is(drawn.length, 3);
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const [from, to] = corners(drawn[2]);
  isNear(to![0]! - from![0]!, x.get("80")! - x.get("0")!, "80 steps");
  isNear(from![1], y.get("80"), "80");
  isNear(to![1], y.get("40"), "40");
  assert.ok(texts(root).includes("validation"));
  assert.match(root.children[1]?.text ?? "", /Also: validation\./);
  const short = readSvg(await lossCurve([3, 2, 1], { series: [{ label: "validation", y: [3, 2] }] }));
  assert.ok(texts(short).includes("train"), "the steps have a name where there are others");
});

test.run();
