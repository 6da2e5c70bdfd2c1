/**
 * `#spawn` where the library runs from its sources, as tests and examples run it: a thread does not know by itself how to
 * read TypeScript. It gets its sources in one piece, which takes a tenth of the time that tsx takes in a thread.
 */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import type { WorkerEndpoint } from "../../src/worker/endpoint.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const THREAD = new URL("../../src/worker/thread.ts", import.meta.url).href;

let code: string | undefined;

export function spawn(): WorkerEndpoint {
  code ??= bundled() ?? fromSources();
  return new Worker(code, { eval: true });
}

/** The thread as one script; undefined where kernels have yet to be compiled, and where its sources are counted. */
function bundled(): string | undefined {
  if (process.env["NODE_V8_COVERAGE"] !== undefined) return undefined;
  try {
    const { outputFiles } = buildSync({
      absWorkingDir: ROOT,
      entryPoints: ["src/worker/thread.ts"],
      write: false,
      bundle: true,
      format: "cjs",
      platform: "node",
      target: "es2022",
      alias: { "#platform": "./src/platform/node.ts" },
      external: ["esbuild"],
      define: { "import.meta.url": JSON.stringify(new URL("../../src/platform/node.ts", import.meta.url).href) },
      logLevel: "silent",
    });
    return outputFiles[0]?.text;
  } catch {
    return undefined;
  }
}

function fromSources(): string {
  return `import("tsx/esm/api").then(({ tsImport }) => tsImport(${JSON.stringify(THREAD)}, ${JSON.stringify(import.meta.url)}));`;
}
