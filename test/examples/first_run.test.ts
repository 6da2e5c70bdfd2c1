/** An example right after `npm ci`: the kernels of its build are compiled when it asks for them, once. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUILD } from "../support/engine.ts";
import { makeTemporaryFolder, ROOT, runNode } from "../support/script.ts";

const test = suite("the first run");

/** In place of the compiler, which takes ten seconds: what it once made. */
const COMPILER = `
import { copyFileSync, mkdirSync } from "node:fs";
const [build, ...others] = process.argv.slice(2);
if (others.length > 0) throw new Error("one build was asked for");
mkdirSync(new URL("../src/wasm/builds", import.meta.url), { recursive: true });
copyFileSync(${JSON.stringify(join(ROOT, "src/wasm/builds/"))} + build + ".ts", new URL("../src/wasm/builds/" + build + ".ts", import.meta.url));
`;

test("a clone without kernels: the example compiles those that it needs, and the next one finds them", async () => {
  const clone = makeTemporaryFolder();
  for (const name of ["src", "scripts", "examples", "package.json", "tsconfig.json"]) {
    cpSync(join(ROOT, name), join(clone, name), {
      recursive: true,
      filter: (path) => !/\/(builds|node_modules|dist)$/.test(path.replaceAll("\\", "/")),
    });
  }
  mkdirSync(join(clone, "node_modules"), { recursive: true });
  for (const name of ["@assemblyscript", "tsx"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(clone, "node_modules", name), "junction");
  }
  writeFileSync(join(clone, "scripts/kernels.ts"), COMPILER);
  writeFileSync(
    join(clone, "examples/sum.ts"),
    'import { Engine, sum, tensor } from "lanegrad";\nusing engine = await Engine.load();\nusing x = tensor(engine, [1, 2]);\nusing y = sum(x);\nconsole.log(y.data[0]);\n',
  );
  const run = () => runNode(["--import", import.meta.resolve("tsx"), "examples/sum.ts"], clone);
  const [first, second] = [await run(), await run()];
  assert.equal([first.code, first.stdout], [0, "3\n"], first.stderr);
  assert.match(first.stderr, /^compiling the kernels of the build simd …\n/, first.stderr);
  assert.equal([second.code, second.stdout, second.stderr], [0, "3\n", ""]);
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
