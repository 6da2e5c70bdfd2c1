/**
 * The chapter's sections print the chapter's numbers. They run once, for the page as well (chapter_04.test.ts): an example
 * loads what a user gets, whichever build the suite is at.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Made } from "../../examples/chapter-04/page/make.ts";
import { runSections } from "../../examples/chapter-04/section.ts";
import { printedBy } from "../cli/printed.ts";
import { BUILD } from "../support/engine.ts";
import { makeTemporaryFolder, ROOT, runScript } from "../support/script.ts";

const test = suite("chapter 4");
const FOLDER = join(ROOT, "examples/chapter-04");
const FILES = readdirSync(FOLDER).filter((file) => /^\d\d-/.test(file));
/** What each section printed, by its title. */
const printedOf = new Map<string, string>();
const isHere = BUILD === "simd";

/** Tests of the sections, which `made` holds once they have run. */
export function testSections(made: () => Made | undefined): void {
  test("every section prints, and writes figures with names of its own", async () => {
    if (!isHere) return;
    const out = makeTemporaryFolder();
    const sections = made()?.sections ?? [];
    const { stdout } = await printedBy(async () => {
      await runSections(
        sections.map((section) => async () => section), // all.ts gives it those that have yet to run
        { folder: out, data: undefined },
      );
    });
    const written: string[] = [];
    for (const part of stdout.split("\n\n")) {
      const [title = "", ...lines] = part.trim().split("\n");
      const printed = lines.map((line) => line.slice(2));
      written.push(...printed.flatMap((line) => /^→ (.+)$/.exec(line)?.[1] ?? []));
      printedOf.set(title, printed.filter((line) => !line.startsWith("→")).join("\n"));
    }
    assert.is(printedOf.size, FILES.length);
    assert.not.match(stdout, /undefined|\[object/);
    assert.is(new Set(written).size, written.length);
    assert.equal(written.map((file) => file.slice(out.length + 1)).sort(), readdirSync(out).sort());
    assert.ok(written.length > FILES.length, `${written.length} figures`);
    for (const file of written) assert.match(readFileSync(file, "utf8"), /^<svg/, file);
  });
  for (const [title, law, body] of laws) {
    test(`${title}: ${law}`, () => {
      if (!isHere) return;
      const printed = printedOf.get(title);
      assert.ok(printed !== undefined, `no section ${title} among ${[...printedOf.keys()].join(", ")}`);
      body(printed);
    });
  }
  test.run();
}

const laws: (readonly [title: string, law: string, body: (printed: string) => void])[] = [];

/** A section's test, once all ran. */
function of(title: string, law: string, body: (printed: string) => void): void {
  laws.push([title, law, body]);
}

/** The one number, or all of them, that a pattern finds. */
function numbersIn(text: string, pattern: RegExp): number[] {
  const found = [...text.matchAll(pattern)].flatMap(([, ...groups]) => groups.map(Number));
  assert.ok(found.length > 0 && !found.some(Number.isNaN), `${pattern} in\n${text}`);
  return found;
}

function assertLines(printed: string, ...lines: string[]): void {
  for (const line of lines) assert.ok(printed.split("\n").includes(line), `no line “${line}” in\n${printed}`);
}

of("Loss functions", "the chapter's four, and batches", (printed) => {
  assertLines(
    printed,
    "squared error, class 2 at 0.6: 0.09750000000000003",
    "squared error, class 2 at 0.1: 0.5975",
    "cross entropy, class 2 at 0.6: 0.510825457099338",
    "cross entropy, class 2 at 0.1: 2.302584092994546",
    "one example is a batch of one row: 0.510825457099338",
    "class 6 at 0: 16.11809565095832, and without δ: Infinity",
  );
  const batches = numbersIn(printed, /as a batch, .*: +(.+)/g);
  assert.equal(batches, Array(2).fill((0.510825457099338 + 2.302584092994546) / 2));
});

of("Why a loss, and not the accuracy", "the loss answers to every step, the accuracy to few", (printed) => {
  const [losses, accuracies] = numbersIn(printed, /(\d+) different losses, (\d+) different accuracies/g);
  assert.is(losses, 201);
  assert.ok(accuracies! < 30);
  assert.match(printed, /of the step function 0\.0000, 0\.0000, 0\.0000\n.*of the sigmoid +0\.1050, 0\.2350, 0\.1050/);
});

of("Minibatches", "NumPy's draws, and an error that falls with the square root of the size", (printed) => {
  assertLines(
    printed,
    "10000 digits of MNIST's training images: inputs (8000, 784), one-hot targets (8000, 10)",
    "choice(60000, 10) from seed 0: [2732 43567 42613 52416 45891 21243 30403 32103 41993 57043]",
    "of 100 drawn from 200, 78 are different: they are drawn with replacement",
  );
  const errors = numbersIn(printed, /minibatches of +(\d+): off by (.+)/g);
  const scaled = errors.flatMap((size, i) => (i % 2 === 0 ? [errors[i + 1]! * Math.sqrt(size)] : []));
  // 400 draws tell a standard deviation to 3.5 %, or less well for one example, whose losses have long tails.
  for (const value of scaled) assert.ok(Math.abs(value / scaled[4]! - 1) < 0.2, `${scaled}`);
});

of("Numerical differentiation", "good and bad slopes of 0.01x² + 0.1x", (printed) => {
  assertLines(
    printed,
    "h = 1e-50 is 0 in float32, so the slope is 0 / 0: NaN",
    "in float64 it is lost in 5 + h, so the slope is 0",
    "central difference, h = 1e-4:  0.1999999999990898 at 5, 0.2999999999986347 at 10",
  );
  const [forward] = numbersIn(printed, /forward difference, .*: +(.+) at 5/g);
  assert.ok(Math.abs(forward! - 0.200001) < 1e-11);
  const best = numbersIn(printed, /best near h = (.+)/g);
  // eps^⅓ and eps^½ in float64, then in float32, within a factor of 3
  for (const [i, want] of [6e-6, 1.5e-8, 5e-3, 3.5e-4].entries()) {
    assert.ok(Math.abs(Math.log10(best[i]! / want)) < 0.5, `${best[i]}, ${want}`);
  }
});

of("Partial derivatives and the gradient of x₀² + x₁²", "at vectors, a matrix and a batch", (printed) => {
  assertLines(
    printed,
    "by x₀ at (3, 4): 6.00000000000378",
    "by x₁ at (3, 4): 7.999999999999119",
    "gradient at (3, 4): [6. 8.], in full 6.00000000000378, 7.999999999999119",
    "gradient at (0, 2): [0. 4.]",
    "gradient at (3, 0): [6. 0.]",
    "at a matrix, of its squares: [[ 2.  4.  6.] [ 8. 10. 12.]]",
    "at a batch of 324 points, each its own; at the last one [4.5 4.5]",
  );
});

of("Gradient descent from (−3, 4), 100 steps", "the chapter's three rates, and one that overflows", (printed) => {
  assertLines(
    printed,
    "learning rate 0.1:   [-6.11110793e-10  8.14814391e-10]",
    "learning rate 10:    [-2.58983747e+13 -1.29524862e+12]",
    "learning rate 1e-10: [-2.99999994  3.99999992]",
  );
  assert.match(printed, /leaves the finite numbers: x\[0\] is NaN at iteration 1;/);
});

of("The gradient of a network", "NumPy's dW, and the losses with and without δ", (printed) => {
  const dW = "[[-0.38812034  0.21114895  0.17697139]\n [-0.58218051  0.31672342  0.26545709]]";
  assert.ok(printed.includes(`dW if class 0 is right:\n${dW}`), printed);
  const losses = numbersIn(printed, /loss if class \d is right: (.+), with δ (.+)/g);
  const want = [1.2209415612924048, 1.2209412222546145, 1.0409111862924052, 1.040910903112832]; // NumPy's
  for (const [i, value] of want.entries()) assert.ok(Math.abs(losses[i]! - value) < 1e-14, `${losses[i]}, ${value}`);
  const [after] = numbersIn(printed, /after a step .*: (.+)/g);
  assert.ok(after! < losses[2]!);
});

of("A two-layer network, 784-100-10", "shapes, agreeing gradients, and what they cost", (printed) => {
  assertLines(printed, "W1: (784, 100)", "b1: (100)", "W2: (100, 10)", "b2: (10)");
  const differences = numbersIn(printed, /mean absolute difference (.+)/g);
  assert.is(differences.length, 4);
  assert.ok(Math.max(...differences) < 1e-9, `${differences}`);
  const [plain, incremental, backward] = numbersIn(printed, /about ([\d.]+) s, or ([\d.]+) s .*\n.*: (\S+) s/g);
  assert.ok(plain! > 10 * incremental! && incremental! > backward!, `${plain}, ${incremental}, ${backward}`);
});

of("Minibatch training", "the loss falls from ln 10 as NumPy's does", (printed) => {
  const [first] = numbersIn(printed, /after its update: ([\d.]+)/g);
  assert.ok(Math.abs(first! - Math.LN10) < 0.05);
  const means = numbersIn(printed, /mean loss from step \d+: (.+)/g);
  for (const [i, value] of means.slice(1).entries()) assert.ok(value < means[i]!, `${means}`);
  const [last] = numbersIn(printed, /last 100 steps: (.+)/g);
  assert.ok(Math.abs(last! - 0.112) < 0.02, `${last}`); // NumPy, on the same digits, four seeds: 0.105 to 0.118
});

of(
  "Accuracy on training and test digits, once per epoch",
  "the accuracy is NumPy's on these digits, and they are not passed off as MNIST's",
  (printed) => {
    const [train, , final] = numbersIn(
      printed,
      /9920: train (\S+), test (\S+)\nafter the last step: test accuracy (\S+),/g,
    );
    // NumPy, four seeds: 0.9688 to 0.9705 on the training digits, 0.927 to 0.932 on the others
    assert.ok(Math.abs(train! - 0.9697) < 0.004, `${train}`);
    assert.ok(Math.abs(final! - 0.9294) < 0.006, `${final}`);
    assert.match(printed, /^this is not a score on MNIST's test set/);
  },
);

of("What comes after", "every other optimizer gets further than plain descent in as many steps", (printed) => {
  const [sgd, ...others] = numbersIn(printed, /^(?:SGD|momentum|AdaGrad|Adam): (.+)$/gm);
  assert.is(others.length, 3);
  for (const value of others) assert.ok(value > sgd!, `${value}, ${sgd}`);
  const [deep] = numbersIn(printed, /784-128-64-10 .*: (.+)/g);
  assert.ok(deep! > 0.92, `${deep}`);
});

test("a section's file runs by itself, prints, and writes its figures where it is told", async () => {
  if (!isHere) return;
  const out = join(makeTemporaryFolder(), "figures");
  const { code, stdout, stderr } = await runScript("examples/chapter-04/06-gradient-descent.ts", [out], {
    from: "sources", // it asks whether it is the program that was started
  });
  assert.is(code, 0, stderr);
  assert.match(stdout, /^\nGradient descent .*\n {2}learning rate 0\.1: /);
  assert.equal(readdirSync(out).sort(), ["06-rate-0.01.svg", "06-rate-0.1.svg", "06-rate-0.9.svg"]);
  assert.match(readFileSync(join(out, "06-rate-0.1.svg"), "utf8"), /^<svg/);
});

test("all of them: a folder without digits is refused before anything runs", async () => {
  if (!isHere) return;
  const [out, data] = [join(makeTemporaryFolder(), "figures"), makeTemporaryFolder()];
  const { code, stdout, stderr } = await runScript("examples/chapter-04/all.ts", [out, "--data", data]);
  assert.equal([code, stdout], [1, ""]);
  assert.match(stderr, "DatasetError");
});

test("every section's file is in the list, in its place, and runs when it is started", () => {
  const list = readFileSync(join(FOLDER, "sections.ts"), "utf8");
  const order = /SECTIONS: [^=]*= \[([\s\S]*)\];/.exec(list)?.[1]?.match(/\b\w+\b/g) ?? [];
  assert.is(order.length, FILES.length);
  for (const [i, file] of FILES.sort().entries()) {
    const source = readFileSync(join(FOLDER, file), "utf8");
    assert.ok(list.includes(`import { ${order[i]} } from "./${file}"`), file);
    assert.ok(source.endsWith(`await runAlone(import.meta.url, ${order[i]});\n`), file);
    assert.not.match(source, /from "\.\.\/\.\.\/src/, file);
  }
  assert.ok(existsSync(join(FOLDER, "README.md")));
});
