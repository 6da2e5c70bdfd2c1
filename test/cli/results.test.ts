/** What a run leaves: measured on a network whose weights are known. */
import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Digits } from "../../src/cli/digits.ts";
import { type End, endOf, historyFile, nextOf, resultsOf, summaryOf } from "../../src/cli/results.ts";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import type { TrainHistory } from "../../src/train/loop/history.ts";
import { loadEngine } from "../support/engine.ts";
import { smallNetwork, TEST, TRAIN } from "./small_run.ts";

const test = suite("what a run leaves");
const engine = await loadEngine();
const net = smallNetwork(engine);
const DIGITS: Digits = {
  train: TRAIN,
  test: TEST,
  folder: "somewhere",
  path: "somewhere",
  name: "somewhere",
  note: "",
};
const HISTORY: TrainHistory = { losses: [3, 2.5, 2], evaluations: [], epochs: [] };
const END: End = {
  ...{ iterations: 3, seconds: 2.04, stepsPerSecond: 1.6, loss: 2, weightsSha256: "0" },
  ...{ trainAccuracy: 0.5, testAccuracy: 0.25 },
};

test("its end: steps of all processes, the rate of this one, the last loss, both accuracies, the weights' bytes", async () => {
  const end = await endOf(net, DIGITS, { history: HISTORY, seconds: 4, steps: 2 });
  const hash = createHash("sha256");
  for (const name of ["W1", "b1", "W2", "b2"]) hash.update(net.parameters[name]!.data);
  assert.equal(end, {
    ...{ iterations: 3, seconds: 4, stepsPerSecond: 0.5, loss: 2 },
    trainAccuracy: evaluate(net, TRAIN).accuracy,
    testAccuracy: evaluate(net, TEST).accuracy,
    weightsSha256: hash.digest("hex"),
  });
  assert.is((await endOf(net, DIGITS, { history: { ...HISTORY, losses: [] }, seconds: 4, steps: 0 })).loss, null);
});

test("running statistics belong to the weights' bytes", async () => {
  using normalized = network(engine, sequential(dense(4, 3), batchNorm()), { seed: 0 });
  const sha256 = async () =>
    (await endOf(normalized, DIGITS, { history: HISTORY, seconds: 1, steps: 1 })).weightsSha256;
  const before = await sha256();
  Object.values(normalized.statistics)[0]!.data[0]! += 1;
  assert.is.not(await sha256(), before);
});

test("its files: weights and their description, the history as JSON and as a table", () => {
  const files = resultsOf(net, { facts: { seed: 3 }, history: HISTORY, end: END });
  assert.equal([...files.keys()].sort(), ["history.csv", "history.json", "network.json", "weights.safetensors"]);
  const { tensors, metadata } = decodeSafetensors(files.get("weights.safetensors") as Uint8Array);
  assert.equal(
    tensors.map(({ name }) => name),
    ["W1", "b1", "W2", "b2"],
  );
  const description = files.get("network.json") as string;
  assert.equal(JSON.parse(description), JSON.parse(metadata.get("lanegrad.network") ?? ""));
  assert.match(description, /^\{\n {2}"/);
  assert.ok(description.endsWith("}\n"));
  const history = files.get("history.json") as string;
  assert.equal(JSON.parse(history), { configuration: { seed: 3 }, ...HISTORY, end: END });
  assert.ok(history.endsWith("}\n") && history.indexOf("\n") === history.length - 1, "one line");
});

test("the history of a run that broke off has no end", () => {
  assert.equal(JSON.parse(historyFile({}, HISTORY, undefined)), { configuration: {}, ...HISTORY, end: null });
});

test("the table has a row for each step, and columns for what was measured at all", () => {
  const table = (history: TrainHistory) => resultsOf(net, { facts: {}, history, end: END }).get("history.csv");
  assert.is(table(HISTORY), "iteration,loss\n0,3\n1,2.5\n2,2\n");
  const evaluations = [
    { iteration: 0, testAccuracy: 0.5, validationLoss: 0 },
    { iteration: 2, testAccuracy: 0.75, trainAccuracy: 1 },
  ];
  assert.is(
    table({ ...HISTORY, evaluations }),
    "iteration,loss,trainAccuracy,testAccuracy,validationLoss\n0,3,,0.5,0\n1,2.5,,,\n2,2,1,0.75,\n",
  );
  const all = { iteration: 1, trainAccuracy: 1, trainLoss: 2, testAccuracy: 3, testLoss: 4, validationAccuracy: 5 };
  assert.match(
    table({ ...HISTORY, evaluations: [{ ...all, validationLoss: 6 }] }) as string,
    /^iteration,loss,trainAccuracy,trainLoss,testAccuracy,testLoss,validationAccuracy,validationLoss\n0,3,,,,,,\n1,2\.5,1,2,3,4,5,6\n/,
  );
});

test("the last lines: how long, how good, where; and what a person has to know", () => {
  const summary = (history: TrainHistory, note = "") =>
    summaryOf(END, { digits: { ...DIGITS, note }, folder: "/elsewhere/my run", history });
  const [time, accuracies, place] = [
    "3 iterations in 2.0 s, 1.6 steps/s",
    "train accuracy 50.00 %, test accuracy 25.00 %",
    "history.json and weights.safetensors are in /elsewhere/my run",
  ];
  assert.equal(summary({ ...HISTORY, outcome: "finished" }), [time, accuracies, place]);
  assert.equal(summary(HISTORY, "bundled"), [
    time,
    `${accuracies} (not a score on MNIST's test set: the bundled digits are split from MNIST's training images)`,
    place,
  ]);
  const best = { iteration: 2, validationLoss: 0.123456 };
  const kept = "the weights are those after iteration 2, validation loss 0.1235";
  assert.equal(summary({ ...HISTORY, outcome: "stopped early", best }), [
    time,
    `stopped early: ${kept}`,
    accuracies,
    place,
  ]);
  assert.equal(summary({ ...HISTORY, outcome: "finished", best }), [time, `finished: ${kept}`, accuracies, place]);
  const again = "to resume: npm run -s lanegrad -- train --resume '/elsewhere/my run'";
  assert.equal(summary({ ...HISTORY, outcome: "aborted", best }), [time, accuracies, place, again]);
  assert.equal(summary({ ...HISTORY, outcome: "aborted" }), [time, accuracies, place, again]);
});

test("what comes next: commands with the run's own examples, its page where there is none", () => {
  const commands = (...args: Parameters<typeof nextOf>) => nextOf(...args).map((line) => line.replace(/^ .*? -- /, ""));
  const bundled = { path: "data", note: "bundled" };
  assert.equal(commands("runs/a", bundled, {}), [
    ...["next:", "report runs/a", "evaluate runs/a"],
    ...["predict runs/a data/t10k-images-idx3-ubyte.gz --index 0,1,2", "export runs/a network.onnx"],
  ]);
  const own = { path: "/d e", note: "" };
  assert.equal(commands("/r s", own, { data: "/d e", variant: "qmnist", report: true }), [
    ...["next:", "evaluate '/r s' --data '/d e' --variant qmnist"],
    ...["inspect '/r s'/weights.safetensors", "export '/r s' network.onnx"],
  ]);
});

test.run();
