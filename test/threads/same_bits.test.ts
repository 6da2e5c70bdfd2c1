/** Any number of threads gives the golden table's weights. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadMnist } from "../../src/data/mnist.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { goldenRows } from "../package/golden.ts";
import { goldenWeights } from "../package/programs/golden.ts";
import { BUILD } from "../support/engine.ts";
import { withTeam } from "../support/simulated_team.ts";

const test = suite("the same bits on threads");
const digits = await loadMnist(new URL("../../data", import.meta.url));
const rows = goldenRows();

for (const [at, row] of rows.entries()) {
  const simulated = 2 + (at % 3);
  test(`${row.name}: threads in any order, ${simulated} of them, give the golden table's weights`, async () => {
    using engine = await Engine.load({ build: BUILD === "relaxed" ? "simd" : BUILD });
    const team = withTeam(engine, simulated, at);
    assert.is(await goldenWeights(engine, digits.train, row), row.sha256);
    assert.ok(team.counts.cut > 0 && team.counts.barriers > 0, JSON.stringify(team.counts));
  });
}

/** Rows that real threads train as well: their barriers take long where other programs have the cores. */
const REAL = [rows[0], rows.find(({ layers }) => layers.some(({ kind }) => kind === "conv2d"))];

for (const row of REAL) {
  test(`${row?.name}: real threads give them, too, whatever is done together and alone`, async () => {
    if (BUILD === "js" || row === undefined) return; // it has none
    using engine = await Engine.load({ build: BUILD === "relaxed" ? "simd" : BUILD, threads: 2 });
    assert.is(await goldenWeights(engine, digits.train, row), row.sha256);
    assert.is(engine.stats().threads, 2);
  });
}

test("the table has rows with and without convolutions, which all have been trained", () => {
  const text = readFileSync(new URL("../fixtures/golden/weights.json", import.meta.url), "utf8");
  assert.ok(rows.length > 5 && text.includes("conv"), `${rows.length} rows`);
});

test.run();
