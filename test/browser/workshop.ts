/**
 * The library from its sources, bundled for pages, on a server whose answers can be as a test wants them:
 *
 *   /page            an empty page with the scenarios; ?csp=…, ?coep, ?coop give it headers
 *   /worker.js       the library's worker, which the bundle starts; and programs of programs/
 *   ?status=404, ?type=text/plain, ?coep, ?hang    of any file: an answer of another kind
 */
import { copyFileSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".wasm": "application/wasm" };
/** Scripts that are no workers of the library. */
const SCRIPTS: Readonly<Record<string, string>> = {
  "silent.js": "onmessage = () => {};",
  "closes.js": "close();",
  "throws.js": "throw new Error('boom');",
  "syntax.js": "let a = = 3;",
  "imports.js": "import './nowhere.js';",
  "imports_syntax.js": "import './syntax.js';",
};

/** The folder has the bundled programs. */
export type Workshop = { readonly origin: string; readonly folder: string; close(): Promise<void> };

/** @param first code that runs before every script, in pages as in workers */
export async function startWorkshop(first = ""): Promise<Workshop> {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-workshop-"));
  await bundle(folder);
  const server = createServer(({ url = "/" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://site");
    if (searchParams.has("hang")) return;
    const name = basename(pathname);
    if (searchParams.has("coep")) response.setHeader("cross-origin-embedder-policy", "require-corp");
    if (searchParams.has("coop")) response.setHeader("cross-origin-opener-policy", "same-origin");
    const csp = searchParams.get("csp");
    if (csp !== null) response.setHeader("content-security-policy", csp);
    response.setHeader("cache-control", "no-store");
    if (name === "page") {
      const script = `<script type="module" src="${searchParams.get("from") ?? ""}scenarios.js${searchParams.has("coep") ? "?coep" : ""}"></script>`;
      response
        .setHeader("content-type", "text/html; charset=utf-8")
        .end(`<!doctype html><title>workers</title>${script}`);
      return;
    }
    const content = contentOf(folder, name);
    const isGone = content === undefined || (pathname.startsWith("/elsewhere/") && name === "worker.js");
    const status = isGone ? 404 : Number(searchParams.get("status") ?? 200);
    const type = searchParams.get("type") ?? TYPES[extname(name)] ?? "text/plain";
    response.writeHead(status, { "content-type": type });
    response.end(isGone ? "" : name.endsWith(".js") ? `${first}\n${content}` : content);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder,
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

function contentOf(folder: string, name: string): string | Uint8Array | undefined {
  const script = SCRIPTS[name];
  if (script !== undefined) return script;
  try {
    return name.endsWith(".js") ? readFileSync(join(folder, name), "utf8") : readFileSync(join(folder, name));
  } catch {
    return undefined;
  }
}

async function bundle(folder: string): Promise<void> {
  const options: BuildOptions = {
    absWorkingDir: ROOT,
    outdir: folder,
    entryNames: "[name]",
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["chrome103", "firefox114", "safari16.4"],
    define: { "Symbol.dispose": "disposeKey", "Symbol.asyncDispose": "asyncDisposeKey" },
    inject: ["scripts/build/dispose_keys.ts"],
    alias: {
      lanegrad: join(ROOT, "src/index.ts"),
      "lanegrad/worker": join(ROOT, "src/worker/index.ts"),
      "lanegrad/worker/host": join(ROOT, "src/worker/host.ts"),
      "#platform": join(ROOT, "src/platform/web.ts"),
      "#spawn": join(ROOT, "src/worker/spawn_web.ts"),
    },
    logLevel: "silent",
  };
  const programs = ["scenarios", "serves_and_closes", "service_worker", "model_worker"].map(
    (name) => `test/browser/programs/${name}.ts`,
  );
  await build({ ...options, entryPoints: [...programs, "src/worker/worker.ts"], splitting: true });
  const single = { in: "test/browser/programs/service_worker.ts", out: "service_worker_single" };
  await build({ ...options, entryPoints: [single], splitting: false });
  copyFileSync(join(ROOT, "build/simd.wasm"), join(folder, "simd.wasm"));
}
