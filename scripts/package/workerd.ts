/**
 * Whether the built package runs in Cloudflare's runtime: `npm run build && npx tsx scripts/package/workerd.ts FOLDER`, where FOLDER
 * has `miniflare` installed, which the project does not depend on.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ROOT } from "../../test/package/tools.ts";

type Miniflare = {
  dispatchFetch(address: string): Promise<{ text(): Promise<string> }>;
  dispose(): Promise<void>;
};
type Miniflares = { readonly Miniflare: new (options: object) => Miniflare };

const PROGRAM = `import { dense, einsum, Engine, network, sequential, tensor } from "./dist/workerd/index.js";
export default { async fetch() {
  const engine = await Engine.load();
  const net = network(engine, sequential(dense(2, 2)), { seed: 0 });
  const three = einsum("ij,jk->ik", tensor(engine, [[1, 1]]), tensor(engine, [[1], [2]]));
  return new Response([net.predict([[1, 2]]).shape, three.data].join("; "));
} };`;

const [folder = "."] = process.argv.slice(2);
const { Miniflare } = (await import(
  pathToFileURL(join(folder, "node_modules/miniflare/dist/src/index.js")).href
)) as Miniflares;
const out = mkdtempSync(join(tmpdir(), "lanegrad-workerd-"));
await build({
  stdin: { contents: PROGRAM, resolveDir: ROOT },
  bundle: true,
  format: "esm",
  target: "es2022",
  outfile: join(out, "program.js"),
  loader: { ".wasm": "copy" },
});
const modules = readdirSync(out).map((name) => ({
  type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule",
  path: join(out, name),
}));
modules.sort((a) => (a.type === "ESModule" ? -1 : 1)); // the first is the program
const runtime = new Miniflare({ modules, modulesRoot: out, compatibilityDate: "2025-01-01" });
try {
  const found = await (await runtime.dispatchFetch("http://localhost/")).text();
  console.log(found);
  process.exitCode = found === "1,2; 3" ? 0 : 1;
} finally {
  await runtime.dispose();
  rmSync(out, { recursive: true });
}
