/** What the README shows is what happens. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { matmul } from "../../src/ops/matmul.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { makeTemporaryFolder, ROOT, runScript } from "../support/script.ts";

const test = suite("README");
const readme = readFileSync(join(ROOT, "README.md"), "utf8").replaceAll("\r\n", "\n");

test("its embedding example is examples/quickstart.ts, and prints what it says", async () => {
  const source = readFileSync(join(ROOT, "examples/quickstart.ts"), "utf8").replaceAll("\r\n", "\n");
  const code = source.slice(source.indexOf("import"));
  assert.ok(readme.includes(`\`\`\`ts\n${code}\`\`\``), "the README shows another program");
  const printed = /prints \(`npx tsx examples\/quickstart\.ts`\)\n\n {4}(.+)\n/.exec(readme)?.[1];
  const { code: exitCode, stdout, stderr } = await runScript("examples/quickstart.ts", []);
  assert.is(exitCode, 0, stderr);
  assert.is(stdout, `${printed}\n`);
});

test("its tensors come out as it says", async () => {
  using engine = await loadEngine();
  using a = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  using b = tensor(engine, new Float32Array([5, 6, 7, 8]), { shape: [2, 2] });
  using c = matmul(a, b, { transpose: "a" });
  assert.match(readme, JSON.stringify(c.toArray()).replaceAll(",", ", "));
  const { tensors, bytes } = engine.stats();
  assert.match(readme, `{ tensors: ${tensors}, bytes: ${bytes}, … }`);
});

test("its accuracies of 1,000 iterations are those of the script", async () => {
  if (BUILD === "relaxed") return; // the figures are those of the build with the same bits everywhere
  const out = makeTemporaryFolder();
  const { stdout, stderr } = await runScript("src/cli/train.ts", [
    "--iterations",
    "1000",
    "--quiet",
    "--build",
    BUILD,
    "--out",
    out,
  ]);
  const line = /^train accuracy .*? %, test accuracy .*? %/m.exec(stdout)?.[0];
  assert.ok(line !== undefined && readme.includes(line), `${line}\n${stderr}`);
});

test.run();
