/**
 * The figures of the pages: `npm run figures` writes them to docs/figures/.
 *
 * A run of the chapter's network on the bundled digits, the error of numerical derivatives; the measured times; what the
 * kernels look like, and how exact one of them is.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Engine, emptyHistory, loadMnist, RandomState, train } from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";
import { lossCurve, weightImages } from "lanegrad/plot";
import { derivativeErrors } from "./derivative_errors.ts";
import { expErrors } from "./exp_errors.ts";
import { loops } from "./loops.ts";
import { microkernel } from "./microkernel.ts";
import { packing } from "./packing.ts";
import { speed } from "./speed.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const OUT = join(ROOT, "docs/figures");

using engine = await Engine.load();
const digits = await loadMnist(join(ROOT, "data"));
const random = new RandomState(0);
using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 20, outputSize: 10, random });
const history = emptyHistory();
await train(net, digits.train, { iterations: 3000, batchSize: 100, learningRate: 0.1, random }, history);

mkdirSync(OUT, { recursive: true });
for (const [name, svg] of Object.entries({
  "loss.svg": await lossCurve(history.losses, {
    title: "784-20-10 on 8,000 digits, learning rate 0.1",
    yLabel: "loss (nats)",
    xLabel: "step of 100 digits",
  }),
  "weights.svg": await weightImages(net.parameters.W1, { title: "What each hidden unit looks for" }),
  "derivative.svg": await derivativeErrors(),
  "speed.svg": await speed(),
  "loops.svg": loops(),
  "packing.svg": packing(),
  "microkernel.svg": microkernel(),
  "exp.svg": await expErrors(),
})) {
  writeFileSync(join(OUT, name), `${svg}\n`);
  console.log(`${name}: ${svg.length} bytes`);
}
