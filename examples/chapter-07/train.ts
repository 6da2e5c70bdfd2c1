/**
 * The book's chapter 7: SimpleConvNet learns digits.
 *
 *   npx tsx examples/chapter-07/train.ts [--data DIR] [--seed 0] [--optimizer adam] [--iterations N] [--dtype float32]
 *                                        [--out runs/chapter-07] [--json]
 *
 * `--json` prints the loss of each minibatch before its update, a line each, and nothing else.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Dataset, Engine, loadMnist, RandomState, sgd, train } from "lanegrad";
import { SimpleConvNet } from "lanegrad/chapter";
import { accuracyCurves, lossCurve } from "lanegrad/plot";
import { bookAdam } from "./adam.ts";
import { filters, responses } from "./figures.ts";

const OPTIMIZERS = { adam: bookAdam({ learningRate: 0.001 }), sgd: sgd({ learningRate: 0.1 }) };
const BATCH = 100;
const EPOCHS = 20;

const values = readFlags();
if (!Object.hasOwn(OPTIMIZERS, values.optimizer))
  refuse(`--optimizer: expected adam or sgd, found "${values.optimizer}"`);
const optimizer = OPTIMIZERS[values.optimizer as keyof typeof OPTIMIZERS];
const dtype = values.dtype === "float64" ? "float64" : "float32";
if (values.dtype !== dtype) refuse(`--dtype: expected float32 or float64, found "${values.dtype}"`);
if (!/^\d{1,9}$/.test(values.seed)) refuse(`--seed: expected an integer, found "${values.seed}"`);
if (!/^[1-9]\d{0,8}$/.test(values.iterations ?? "1")) {
  refuse(`--iterations: expected a positive integer, found "${values.iterations}"`);
}

const digits = await loadMnist(values.data, { flatten: false }).catch(refuse);
const perEpoch = Math.max(1, Math.floor(digits.train.length / BATCH));
const iterations = values.iterations === undefined ? EPOCHS * perEpoch : Number(values.iterations);

using engine = await Engine.load();
const random = new RandomState(Number(values.seed)); // draws the weights, then the minibatches
using net = new SimpleConvNet(engine, {
  ...{ inputDim: [1, 28, 28], convParam: { filterNum: 30, filterSize: 5, pad: 0, stride: 1 } },
  ...{ hiddenSize: 100, outputSize: 10, weightInitStd: 0.01, random, dtype },
});
const before = Float64Array.from(net.parameters.W1.data);

// As in the book, the accuracy in each epoch is that of 1,000 digits.
const [few, test] = [digits.train.slice(0, 1000), digits.test.slice(0, 1000)];
const accuracies = { train: [] as number[], test: [] as number[] };
const start = performance.now();
const { losses } = await train(net, digits.train, {
  ...{ iterations, batchSize: BATCH, optimizer, random, layout: "dense", lossAt: "before update" },
  ...{ evaluateTraining: false, ...(values.json ? {} : { test }) },
  onStep({ iteration, loss }) {
    if (values.json) console.log(JSON.stringify({ iteration, loss }));
  },
  onEvaluation({ iteration, testAccuracy = Number.NaN }) {
    if (values.json) return;
    const trainAccuracy = accuracyOn(few);
    accuracies.train.push(trainAccuracy);
    accuracies.test.push(testAccuracy);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    const accuracy = `training accuracy ${trainAccuracy.toFixed(4)}, test accuracy ${testAccuracy.toFixed(4)}`;
    console.log(`${String(iteration + 1).padStart(6)} steps, ${seconds} s: ${accuracy}`);
  },
});
if (!values.json) {
  console.log(`loss ${losses[0]?.toFixed(4)} → ${losses.at(-1)?.toFixed(4)}`);
  console.log(`accuracy on all ${digits.test.length} test digits: ${accuracyOn(digits.test).toFixed(4)}`);
  mkdirSync(values.out, { recursive: true });
  const after = net.parameters.W1.data;
  const figures = {
    "filters-before": filters(before, "The 30 filters before training"),
    "filters-after": filters(after, "The 30 filters after training"),
    responses: responses(digits.test, after),
    loss: lossCurve(losses, { title: "The loss of every minibatch" }),
    accuracy: accuracyCurves(accuracies, { title: "Accuracy on 1,000 digits" }),
  };
  for (const [name, svg] of Object.entries(figures)) {
    const file = join(values.out, `${name}.svg`);
    writeFileSync(file, await svg);
    console.log(`→ ${file}`);
  }
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        data: { type: "string", default: fileURLToPath(new URL("../../data", import.meta.url)) },
        seed: { type: "string", default: "0" },
        optimizer: { type: "string", default: "adam" },
        iterations: { type: "string" },
        dtype: { type: "string", default: "float32" },
        out: { type: "string", default: "runs/chapter-07" },
        json: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error);
  }
}

/** One line for a wrong flag or data that cannot be read. */
function refuse(reason: unknown): never {
  const message = reason instanceof Error ? reason.message : String(reason);
  console.error(`train: ${message.split("\n")[0]}`);
  process.exit(2);
}

function accuracyOn(part: Dataset): number {
  const { inputs, targets } = part.batch(Array.from({ length: part.length }, (_, i) => i));
  return net.accuracy(inputs, targets);
}
