/** A model in a worker, in another process, and from an answer's `arrayBuffer()`: the same answers as where it was trained. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { classifier } from "../../src/estimators/classifier.ts";
import { loadModel } from "../../src/estimators/load_model.ts";
import { regressor } from "../../src/estimators/regressor.ts";
import { moduleOf } from "../support/bundle.ts";
import { ROOT, runScript } from "../support/script.ts";

const test = suite("models elsewhere");
const SCRIPT = "test/estimators/in_worker.ts";
const rows = Array.from({ length: 30 }, (_, i) => ({
  size: i,
  colour: i % 3 ? "red" : "blue",
  price: 1000 * i + (i % 3 ? 5000 : 0),
  kind: i < 15 ? "small" : "large",
}));
const inputs = ["size", "colour"];
const asked = [
  { size: 3, colour: "red" },
  { size: 28, colour: "blue" },
];
const kinds = await classifier(rows, { target: "kind", inputs, epochs: 40 });
const prices = await regressor(rows, { target: "price", inputs, epochs: 40 });

for (const model of [kinds, prices]) {
  test(`a ${model.kind} in a thread of Node`, async () => {
    const { flags, address } = await moduleOf(join(ROOT, SCRIPT));
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") };
    const thread = new Worker(new URL(address), { execArgv: [...flags], env });
    try {
      const bytes = model.encode();
      thread.postMessage({ bytes, rows: asked }, [bytes.buffer]); // moved, not copied
      const answers = await new Promise((resolve, reject) => {
        thread.once("message", resolve).once("error", reject);
      });
      assert.equal(answers, model.predict(asked));
    } finally {
      await thread.terminate();
    }
  });

  test(`a ${model.kind} in another process`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "lanegrad-elsewhere-"));
    try {
      const file = join(folder, "model.safetensors");
      writeFileSync(file, model.encode());
      const { stdout, stderr } = await runScript(SCRIPT, [file, JSON.stringify(asked)]);
      assert.equal(JSON.parse(stdout || `"${stderr}"`), model.predict(asked));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test(`a ${model.kind} from fetch`, async () => {
    const server = createServer((_, response) => response.end(model.encode()));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.safetensors`;
      using again = await loadModel(await (await fetch(address)).arrayBuffer());
      assert.equal(again.predict(asked as never), model.predict(asked));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

test.run();
