import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import type { Thread } from "./team.ts";
import type { ThreadStart } from "./thread.ts";

let code: string | undefined;

export function spawnThread(start: ThreadStart): Thread {
  code ??= buildSync({
    entryPoints: [fileURLToPath(new URL("./thread_node.ts", import.meta.url))],
    write: false, bundle: true, format: "cjs", platform: "node", target: "es2022", logLevel: "silent",
  }).outputFiles[0]?.text as string;
  const worker = new Worker(code, { eval: true, workerData: start, name: "lanegrad" });
  worker.unref();
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("error", reject);
  });
  return { ready, onEnd: (callback) => { worker.on("error", (e) => callback(String(e))); worker.on("exit", (c) => callback(`code ${c}`)); }, terminate: () => { worker.terminate(); } };
}
