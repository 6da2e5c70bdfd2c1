/** report.html and its figures: of which numbers they are, and that no name in them is more than text. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ReportParts, writeReport } from "../../src/cli/figures.ts";
import { countText, durationText } from "../../src/cli/page.ts";
import { visible } from "../../src/cli/visible.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { confusionMatrix, digits, lines, lossCurve, weightImages } from "../../src/plot/index.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { misclassified } from "../../src/train/evaluation/misclassified.ts";
import { clusters } from "../support/digits.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { makeTemporaryFolder } from "../support/script.ts";

const test = suite("report.html");
const engine = await loadEngine();
const parent = makeTemporaryFolder();
const net = networkOf(4, 5);
const TEST = clusters({ count: 60, size: 4, classes: 3, seed: 2 });
const PARTS: ReportParts = {
  net,
  test: TEST,
  facts: {
    ...{ version: "1", layers: [4, 5, 3], data: "a folder", augment: { shift: 2 }, seed: 0, batchSize: 10 },
    ...{ trainExamples: 40, testExamples: 60, validationExamples: 1200 },
  },
  history: {
    losses: [3, 2.5, 2],
    epochs: [],
    evaluations: [
      { iteration: 0, trainAccuracy: 0.25, testAccuracy: 0.5, validationAccuracy: 0 },
      { iteration: 1, testAccuracy: 0.75, validationLoss: 1 },
      { iteration: 2, trainAccuracy: 0.5, testAccuracy: 1, validationAccuracy: 0.5 },
    ],
  },
};
const ALL = ["report.html", "loss.svg", "accuracy.svg", "confusion.svg", "weights.svg", "mistakes.svg"];
let folders = 0;

function networkOf(inputs: number, hidden: number): Network<"float32"> {
  return network(engine, sequential(dense(inputs, hidden), relu(), dense(hidden, 3)), { seed: 0 });
}

type Written = {
  readonly names: readonly string[];
  readonly page: string;
  readonly files: ReadonlyMap<string, string>;
};

/** The report of a run of these parts. */
async function reportOf(parts: Partial<ReportParts> = {}): Promise<Written> {
  folders += 1;
  const folder = join(parent, String(folders));
  mkdirSync(folder);
  const names = await writeReport(folder, { ...PARTS, ...parts });
  assert.equal([...names].sort(), readdirSync(folder).sort(), "it names what it wrote");
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  return { names, page: files.get("report.html") ?? "", files };
}

/** All elements of a page, by their names, and all attributes. */
function elementsOf(page: string) {
  const { document } = parseHTML(page);
  const elements = [...document.querySelectorAll("*")];
  const cells = [...document.querySelectorAll("tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent.trim()),
  );
  return {
    document,
    names: elements.map(({ localName }) => localName),
    attributes: elements.flatMap((element) => [...element.attributes].map(({ name }) => name)),
    texts: elements.flatMap((element) =>
      [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ textContent }) => textContent ?? ""),
    ),
    facts: Object.fromEntries(cells) as Readonly<Record<string, string>>,
  };
}

function named(classNames: readonly string[]): Dataset {
  const { name, inputs, labels, shape, classes, scale } = TEST;
  return new Dataset({ name, inputs, labels, shape, classes, scale, classNames });
}

test("the page has every figure, the measures, each class, and the configuration", async () => {
  const { names, page, files } = await reportOf({
    end: { seconds: 63.2, stepsPerSecond: 1 / 63.2, trainAccuracy: 0.625 },
  });
  assert.equal(names, ALL);
  for (const name of ALL.slice(1)) assert.ok(page.includes(files.get(name)!), name);
  const { document, facts } = elementsOf(page);
  const textsOf = (selector: string) => [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
  assert.ok(page.startsWith("<!doctype html>\n<html"));
  assert.ok(page.endsWith("</html>\n"));
  assert.equal([...textsOf("head > title"), ...textsOf("h1")], ["lanegrad: 4-5-3", "lanegrad: 4-5-3"]);
  assert.is(document.querySelector("meta")?.getAttribute("charset"), "utf-8");
  assert.match(document.querySelector("meta[name=viewport]")?.getAttribute("content") ?? "", /^width=device-width/);
  const [style = ""] = textsOf("head > style");
  assert.match(style, "color-scheme: light dark");
  assert.match(style, /@media \(prefers-color-scheme: dark\)/);
  assert.match(style, /svg \{[^}]*width: 100%/);
  const evaluation = evaluate(net, TEST);
  const percent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;
  assert.equal(textsOf("p"), ["Trained on 40 and tested on 60 examples of a folder, seed 0."]);
  assert.equal(
    textsOf(".headlines div").map((text) => text?.trim()),
    [
      `Test accuracy${percent(evaluation.accuracy!)}60 examples`,
      "Training accuracy62.50 %40 examples",
      "Validation accuracy50.00 %1,200 examples, last evaluation",
      `Test loss${evaluation.loss.toFixed(4)}mean over examples`,
      "Steps3batches of 10",
      "Duration1 min 3 s0 steps/s, last 1 steps",
    ],
  );
  const { perClass, macro } = evaluation.classes!;
  const first = perClass[0]!;
  const cells = [first.precision, first.recall, first.f1].map((value) => value.toFixed(4));
  assert.equal(textsOf("tbody tr:first-child > *"), ["0", ...cells, String(first.support)]);
  assert.ok(
    textsOf("tbody tr").includes(
      `macro average${[macro.precision, macro.recall, macro.f1].map((value) => value.toFixed(4)).join("")}60`,
    ),
  );
  assert.equal(textsOf("h2"), [
    ...["Loss", "Accuracy", "Confusion matrix of the test examples", "Weights of the first layer's 5 units"],
    ...["Most confident errors on the test examples", "Each class", "Configuration"],
  ]);
  for (const [name, value] of Object.entries({ version: "1", layers: "4, 5, 3", augment: '{"shift":2}', seed: "0" })) {
    assert.is(facts[name], value);
  }
});

test("scores on the bundled digits are marked as what they are not, others are not", async () => {
  const noteOf = async (data: string) =>
    elementsOf((await reportOf({ facts: { ...PARTS.facts, data } })).page).document.querySelector(".note")?.textContent;
  assert.match((await noteOf("bundled")) ?? "", /^This is not a score on MNIST's test set: /);
  assert.is(await noteOf("mnist"), undefined);
});

test("durations and counts are written for people", () => {
  assert.equal([0.04, 59.94, 59.96, 125, 3600, 3785].map(durationText), [
    ...["0.0 s", "59.9 s", "1 min 0 s", "2 min 5 s", "1 h 0 min", "1 h 3 min"],
  ]);
  assert.equal([0, 999, 1000, 1234567].map(countText), ["0", "999", "1,000", "1,234,567"]);
});

test("each figure is of the run's numbers", async () => {
  const { files } = await reportOf();
  assert.is(
    files.get("loss.svg"),
    await lossCurve([3, 2.5, 2], { name: "loss", title: "", series: [{ label: "validation", x: [1], y: [1] }] }),
  );
  const curves = [
    { label: "train", x: [0, 2], y: [0.25, 0.5] },
    { label: "test", x: [0, 1, 2], y: [0.5, 0.75, 1] },
    { label: "validation", x: [0, 2], y: [0, 0.5] },
  ];
  const accuracy = { name: "accuracy", xLabel: "step", yLabel: "accuracy", height: 240 };
  assert.is(files.get("accuracy.svg"), await lines(curves, accuracy));
  const { confusion } = evaluate(net, TEST).classes!;
  assert.is(
    files.get("confusion.svg"),
    await confusionMatrix({ data: confusion, shape: [3, 3] }, { name: "confusion", title: "" }),
  );
  const classes = ["one", "two", "three"];
  assert.is(
    (await reportOf({ test: named(classes) })).files.get("confusion.svg"),
    await confusionMatrix({ data: confusion, shape: [3, 3] }, { name: "confusion", title: "", classes }),
  );
  assert.is(files.get("weights.svg"), await weightImages(net.parameters["W1"]!, { name: "weights" }));
  const wrong = misclassified(net, TEST, { limit: 25 });
  assert.is(wrong.length, 25, "there are more than are drawn");
  const pictures = wrong.map(({ index, label, prediction, probability }) => ({
    pixels: TEST.inputs.slice(4 * index, 4 * index + 4),
    caption: `${label} taken for ${prediction}, ${Math.round(100 * probability)} %`,
  }));
  assert.is(files.get("mistakes.svg"), await digits(pictures, { name: "mistakes" }));
});

test("of a layer of many units the first fifty are drawn, and the heading says so", async () => {
  using wide = networkOf(4, 53);
  const { page, files } = await reportOf({ net: wide });
  const W1 = wide.parameters["W1"]!.toArray() as number[][];
  const first = W1.map((row) => row.slice(0, 50));
  assert.is(files.get("weights.svg"), await weightImages(first, { name: "weights" }));
  assert.match(page, "<h2>Weights of the first layer's first 50 of 53 units</h2>");
  using fifty = networkOf(4, 50);
  assert.match((await reportOf({ net: fifty })).page, "<h2>Weights of the first layer's 50 units</h2>");
});

test("what there is nothing of has no figure", async () => {
  const { history } = PARTS;
  const without = async (parts: Partial<ReportParts>) => {
    const { names } = await reportOf(parts);
    return ALL.filter((name) => !names.includes(name));
  };
  assert.equal(await without({ history: { ...history, losses: [] } }), ["loss.svg"]);
  assert.equal(await without({ history: { ...history, evaluations: [] } }), ["accuracy.svg"]);
  assert.equal(await without({ history: { ...history, evaluations: [{ iteration: 1, testLoss: 1 }] } }), [
    "accuracy.svg",
  ]);
  using line = networkOf(5, 4);
  const five = clusters({ count: 60, size: 5, classes: 3, seed: 2 });
  assert.equal(await without({ net: line, test: five }), ["weights.svg", "mistakes.svg"]);
  const { name, inputs, shape, scale } = TEST;
  const labels = TEST.labels.slice();
  for (const { index, prediction } of misclassified(net, TEST, { limit: 60 })) labels[index] = prediction;
  const right = new Dataset({ name, inputs, labels, shape, classes: 3, scale });
  assert.equal(await without({ test: right }), ["mistakes.svg"]);
});

test("a name that is markup, a quote, a control or a turn of the direction is text, wherever it stands", async () => {
  const attacks = [
    "<script>alert(1)</script>",
    "</title></svg></pre></table><img src=x onerror=alert(1)>",
    '" onload="alert(1)" x=\'',
    "&lt;script&gt; &amp; &#60;b>",
    "]]><!-- --> <style>*{display:none}</style>",
    "\u0000\u001b[2J\u0007\r\u202egnp.exe\u2066",
  ];
  const harmless = elementsOf((await reportOf({ test: named(["one", "two", "three"]) })).page);
  for (const attack of attacks) {
    const classNames = [attack, `${attack}, too`, `a ${attack}`];
    const facts = { ...PARTS.facts, data: attack, [attack]: "a key", augment: { [attack]: attack } };
    const { page, files } = await reportOf({ test: named(classNames), facts });
    const found = elementsOf(page);
    const seen = visible(attack);
    assert.is(found.facts["data"], seen);
    assert.is(found.facts[seen], "a key");
    assert.is(found.facts["augment"], visible(JSON.stringify({ [attack]: attack })));
    assert.is(found.document.querySelector("tbody th")?.textContent, seen);
    assert.match(found.document.querySelector("p")?.textContent ?? "", `of ${seen}, seed 0.`);
    assert.equal(
      found.names.filter((name) => !harmless.names.includes(name)),
      [],
      "no other elements",
    );
    assert.is(found.document.querySelectorAll("svg").length, 5);
    for (const name of ["style", "title", "table", "p", "desc"]) {
      assert.is(
        found.names.filter((one) => one === name).length,
        harmless.names.filter((one) => one === name).length,
        name,
      );
    }
    assert.equal(
      found.attributes.filter((name) => !harmless.attributes.includes(name)),
      [],
      "no other attributes",
    );
    for (const [name, text] of files)
      assert.not.match(text, /(?![\t\r\n])\p{Cc}/u, `${name}: ${JSON.stringify(attack)}`);
    assert.not.match(page.replaceAll(files.get("confusion.svg") ?? "", ""), /[\u202e\u2066]/);
  }
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
