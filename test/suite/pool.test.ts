/** The suite's own machinery: whatever a test file does, it is reported, and the others run. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Result, runFiles, type TestFile } from "../../scripts/suite/pool.ts";
import { BUILD } from "../support/engine.ts";
import { makeTemporaryFolder } from "../support/script.ts";

const test = suite("the pool of test files");
const folder = makeTemporaryFolder();
const UVU = JSON.stringify(import.meta.resolve("uvu"));

/** A test file with this code, in which `test` and `equal` are uvu's. */
function fileOf(name: string, code: string, process: TestFile["process"] = "shared"): TestFile {
  const path = join(folder, `${name}.test.mts`);
  const head = `import { suite } from ${UVU};\nimport { is } from ${UVU.replace("dist/index", "assert/index")};\n`;
  writeFileSync(path, `${head}const test = suite("${name}");\n${code}\ntest.run();\n`);
  return { path, name, process };
}

async function resultsOf(files: readonly TestFile[], limitSeconds = 600): Promise<ReadonlyMap<string, Result>> {
  const results = new Map<string, Result>();
  await runFiles(files, {
    ...{ node: process.execPath, flags: [], environment: { NODE_V8_COVERAGE: "" }, processes: 1, limitSeconds },
    onResult: (result) => results.set(result.file.name, result),
  });
  return results;
}

test("what passes is counted; what fails is shown whole, with what it printed; what is skipped is counted", async () => {
  const good = fileOf("good", 'test("a", () => {}); test("b", async () => {}); test.skip("c", () => {});');
  const bad = fileOf(
    "bad",
    'test("a", () => is(1, 2)); test("b", () => { console.log("a hint"); is("x", "y".repeat(300)); });',
  );
  const results = await resultsOf([good, bad]);
  const counts = [...results].map(([name, { passed, failed, skipped }]) => [name, passed, failed, skipped]);
  assert.equal(counts, [
    ["good", 2, 0, 1],
    ["bad", 0, 2, 0],
  ]);
  const { errors = "", output = "" } = results.get("bad") ?? {};
  assert.match(errors, /FAIL.*"a"[\s\S]*Expected values to be strictly equal[\s\S]*FAIL.*"b"/);
  assert.ok(errors.includes("y".repeat(300)));
  assert.match(output, "a hint");
});

test("a file that throws, ends its process or waits for nothing has failed, and the next one runs", async () => {
  const results = await resultsOf([
    fileOf("throws", 'throw new TypeError("at import");'),
    fileOf("exits", 'test("a", () => process.exit(3));'),
    fileOf("waits", 'test("a", () => new Promise(() => {}));'),
    fileOf("rejects", 'test("a", () => { void Promise.reject(new Error("nobody listens")); });'),
    fileOf("hook", 'test.before(() => { throw new Error("no"); }); test("a", () => {});'),
    fileOf("after", 'test("a", () => {});'),
  ]);
  const failures = Object.fromEntries(
    [...results].map(([name, { failed, errors }]) => [name, [failed, errors.trim()]]),
  );
  assert.match(String(failures["throws"]), /^1,TypeError: at import/);
  assert.match(String(failures["exits"]), /^1,its process ended before its tests had: exit code 3$/);
  assert.match(String(failures["waits"]), /^1,its process ended before its tests had: exit code 0$/);
  assert.match(String(failures["rejects"]), /^1,not caught: Error: nobody listens/);
  assert.match(String(failures["hook"]), /^1,1 tests did not run: a hook of their suite failed$/);
  assert.equal(failures["after"], [0, ""]);
});

test("a file in which nothing ends has timed out, and so has a process that something keeps alive", async () => {
  const hanging = 'setInterval(() => {}, 1000);\ntest("a", () => new Promise(() => {}));';
  const leaking = 'setInterval(() => {}, 1000);\ntest("a", () => {});';
  const [results, leaks] = await Promise.all([
    resultsOf([fileOf("hangs", hanging)], 4),
    resultsOf([fileOf("leaks", leaking)], 4),
  ]);
  assert.is(results.get("hangs")?.failed, 1);
  assert.match(results.get("hangs")?.errors ?? "", "timed out after 4 s in which no test ended");
  const [last] = [...leaks.values()].slice(-1);
  assert.match(last?.errors ?? "", "timed out after 4 s");
});

test("a file that measures what its process holds has a process of its own", async () => {
  const code = 'test("a", () => console.log("process", process.pid));';
  const files = [fileOf("one", code), fileOf("two", code), fileOf("three", code, "alone")];
  const processes = [...(await resultsOf(files)).values()].map(({ output }) => /process (\d+)/.exec(output)?.[1]);
  assert.is(processes[0], processes[1]);
  assert.is.not(processes[0], processes[2]);
  assert.ok(processes[2] !== undefined);
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
