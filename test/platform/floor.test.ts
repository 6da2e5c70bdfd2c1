/**
 * The floor that docs/browsers.md promises: in a process without the built-ins that its oldest browsers lack, the library
 * as browsers get it loads, trains, saves, loads and evaluates; and no source names what is missing there.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { floorScript } from "../support/floor.ts";
import { NEWER, NEWER_OF_ITERATORS } from "../support/newer.ts";
import { makeTemporaryFolder, ROOT, runNode } from "../support/script.ts";

const test = suite("the oldest browsers");

/** Reading a response, Node 26 calls a newer built-in itself, at once: it gets it back for as long. */
const KEPT_BY_NODE = `
const { withResolvers } = Promise;
const { arrayBuffer } = Response.prototype;
Response.prototype.arrayBuffer = function () {
  if (withResolvers !== undefined) Promise.withResolvers = withResolvers;
  try {
    return arrayBuffer.call(this);
  } finally {
    delete Promise.withResolvers;
  }
};`;

test("without newer built-ins the library trains, evaluates, saves, loads and resumes", async () => {
  const folder = makeTemporaryFolder();
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["test/platform/floor_program.ts"],
    outfile: join(folder, "program.mjs"),
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    define: { "Symbol.dispose": "disposeKey", "Symbol.asyncDispose": "asyncDisposeKey" },
    inject: ["scripts/build/dispose_keys.ts"],
    alias: { lanegrad: join(ROOT, "src/index.ts"), "#platform": join(ROOT, "src/platform/web.ts") },
    logLevel: "silent",
  });
  const program = JSON.stringify(pathToFileURL(join(folder, "program.mjs")).href);
  writeFileSync(
    join(folder, "child.mjs"),
    // What Node loads when it is first asked for needs its own built-ins.
    `import "node:http";\nnew Response("");\nnew DecompressionStream("gzip");\n${KEPT_BY_NODE}\n${floorScript()}\nconst { accuracy } = await import(${program});\nconsole.log(accuracy);`,
  );
  const { code, stdout, stderr } = await runNode([join(folder, "child.mjs")], ROOT);
  assert.is(code, 0, stderr);
  assert.ok(Number(stdout) > 0.5, stdout);
});

test("no source of a page names a built-in that is missing there", () => {
  const methods = Object.entries(NEWER).flatMap(([owner, keys]) =>
    owner === "" ? [] : keys.map((key) => [owner, key]),
  );
  const instance = methods.filter(([owner = ""]) => owner.endsWith(".prototype")).map(([, key]) => key);
  const statics = methods.filter(([owner = ""]) => !owner.endsWith(".prototype") && owner !== "Symbol");
  const unique = instance.filter((key) => !AMBIGUOUS.has(key ?? "") && !OPTIONAL.has(key ?? ""));
  const iterator = `(?<!\\bObject)\\.(?:values|keys|entries|matchAll)\\([^()]*\\)\\s*\\.(?:${NEWER_OF_ITERATORS.join("|")})\\(`;
  const named = new RegExp(
    [
      `\\.(?:${unique.join("|")})\\b(?!\\s*[:?])`,
      `\\b(?:${statics.map(([owner, key]) => `${owner}\\.${key}`).join("|")})\\b`,
      `\\bnew (?:${NEWER[""]?.join("|")})\\b`,
      iterator,
    ].join("|"),
    "g",
  );
  const found = SOURCES.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !FOR_NODE.test(`${folder}/${file}`))
      .flatMap((file) => {
        const code = readFileSync(join(ROOT, folder, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, "");
        return [...code.matchAll(named)].map(([text]) => `${folder}/${file}: ${text}`);
      }),
  );
  assert.equal(found, []);
});

const SOURCES = ["src", "examples/browser/src"];
/** What never runs in a page. */
const FOR_NODE = /^src\/(cli\/|platform\/(node|cache_folder)\.ts|worker\/(spawn_node|thread)\.ts)/;
/** Names that other things have as well; the types of ECMAScript 2022 refuse those that are the language's. */
const AMBIGUOUS = new Set(["values", "union", "size", "grow", "reset", "bytes", "group", "detached", "resize"]);
/** Properties that are undefined there, which their one use reckons with. */
const OPTIONAL = new Set(["responseStatus", "resizable"]);

test.run();
