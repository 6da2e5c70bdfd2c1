/** Which tests `npm run dev` runs after a change. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { affectedBy, changesBetween } from "../../scripts/tests/affected.ts";

const test = suite("the tests of a change");

const SOURCES = new Map([
  ["src/errors.ts", "export class ShapeError {}"],
  ["src/nn/dense.ts", 'import { ShapeError } from "../errors.ts";\nimport type { Report } from "../train/report.ts";'],
  ["src/nn/network.ts", 'import {\n  dense,\n  type Dense,\n} from "./dense.ts";'],
  ["src/train/evaluation/report.ts", 'import type {\n  Network,\n} from "../nn/network.ts";'],
  ["src/index.ts", 'export { network } from "./nn/network.ts";'],
  ["src/cli/main.ts", 'const { network } = await import("lanegrad");'],
  ["test/errors.test.ts", 'import { ShapeError } from "../src/errors.ts";'],
  ["test/nn/dense.test.ts", 'import { dense } from "../../src/nn/dense.ts";'],
  ["test/nn/network.test.ts", 'import { network } from "../../src/nn/network.ts";'],
  ["test/train/report.test.ts", 'import { report } from "../../src/train/evaluation/report.ts";'],
  ["test/cli/program.ts", 'join(ROOT, "src/cli/main.ts")'],
  ["test/cli/main.test.ts", 'import { run } from "./program.ts";\nimport { dense } from "../../src/nn/dense.ts";'],
  ["test/browser/page.test.ts", 'import { dense } from "../../src/nn/dense.ts";'],
  ["test/kernels/reduce.test.ts", ""],
  ["test/kernels/column_sums.test.ts", ""],
  ["test/kernels/gemm.test.ts", ""],
  ["test/ops/reduce.test.ts", ""],
  ["test/wasm/abi.test.ts", ""],
]);

const of = (...changed: string[]) => affectedBy(changed, SOURCES, { lanegrad: "src/index.ts" });

test("a source: the tests of its folder that import it, then whatever reaches it, by a package's name or as a program too", () => {
  assert.equal(of("src/nn/dense.ts"), {
    near: ["test/nn/dense.test.ts"],
    far: ["test/cli/main.test.ts", "test/nn/network.test.ts"],
  });
  assert.equal(of("src/cli/main.ts"), { near: [], far: ["test/cli/main.test.ts"] });
});

test("imports of types alone do not count", () => {
  assert.equal(of("src/train/evaluation/report.ts"), { near: ["test/train/report.test.ts"], far: [] });
  assert.not.ok(of("src/nn/network.ts").far.includes("test/train/report.test.ts"));
});

test("a test: itself; a helper of tests: those that import it; a browser's tests are left out", () => {
  assert.equal(of("test/nn/dense.test.ts"), { near: ["test/nn/dense.test.ts"], far: [] });
  assert.equal(of("test/cli/program.ts"), { near: ["test/cli/main.test.ts"], far: [] });
  assert.equal(of("test/browser/page.test.ts"), { near: [], far: [] });
});

test("a kernel: its own tests and those of the interface, then those of operations; a file without tests: all of the kernels", () => {
  assert.equal(of("assembly/kernels/reduce.ts"), {
    near: ["test/kernels/column_sums.test.ts", "test/kernels/reduce.test.ts", "test/wasm/abi.test.ts"],
    far: ["test/ops/reduce.test.ts"],
  });
  const kernels = [...SOURCES.keys()].filter((path) => path.startsWith("test/kernels/"));
  assert.equal(of("assembly/new.ts"), { near: [...kernels, "test/wasm/abi.test.ts"].sort(), far: [] });
});

test("several changes: every test once, with those next to one of them", () => {
  assert.equal(of("src/nn/dense.ts", "src/nn/network.ts", "src/gone.ts"), {
    near: ["test/nn/dense.test.ts", "test/nn/network.test.ts"],
    far: ["test/cli/main.test.ts"],
  });
});

test("changes: files that are new, gone, or have another text", () => {
  const before = new Map([
    ["a.ts", "1"],
    ["b.ts", "1"],
    ["c.ts", "1"],
  ]);
  const after = new Map([
    ["b.ts", "2"],
    ["c.ts", "1"],
    ["d.ts", "1"],
  ]);
  assert.equal(changesBetween(before, after), ["a.ts", "b.ts", "d.ts"]);
});

test.run();
