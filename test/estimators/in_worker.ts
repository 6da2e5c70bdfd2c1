/** A model in a worker of one's own: run by a test, as a thread or as a process. Its bytes and rows come, answers go. */
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { loadModel } from "lanegrad";

const [file = "", rows = "[]"] = process.argv.slice(2);
if (parentPort === null) {
  const model = await loadModel(new Uint8Array(readFileSync(file)).buffer);
  console.log(JSON.stringify(model.predict(JSON.parse(rows))));
} else {
  parentPort.once("message", async ({ bytes, rows: asked }) => {
    const model = await loadModel(bytes);
    parentPort?.postMessage(model.predict(asked));
  });
}
