/**
 * One seed gives one set of weights: on every machine, in every runtime, from every build that does not fuse.
 *
 * The hashes are the golden table's, test/fixtures/golden/weights.json, which `npm run test:package` holds in every runtime.
 * They change only when the arithmetic does: then NumPy's losses (numpy.test.ts) say whether it is still right, and
 * `npx tsx scripts/numerics/golden.ts --write` writes the others.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { train } from "../../src/train/loop/train.ts";
import { faultOfGolden, GOLDEN_FILE, goldenLine, goldenRows, goldenText } from "../package/golden.ts";
import { type GoldenRow, goldenWeights } from "../package/programs/golden.ts";
import { BUILD, loadEngine } from "../support/engine.ts";

const test = suite("the same bits");
const digits = await loadMnist(new URL("../../data", import.meta.url));
const rows = goldenRows();

async function weightsSha256(row: GoldenRow): Promise<string> {
  using engine = await loadEngine();
  return await goldenWeights(engine, digits.train, row);
}

for (const row of rows) {
  test(`${row.name}: two engines give the same weights, and without fused arithmetic the golden table's`, async () => {
    const first = await weightsSha256(row);
    if (BUILD !== "js") assert.is(await weightsSha256(row), first); // slow, and the table is enough
    if (BUILD !== "relaxed") assert.is(first, row.sha256); // what relaxed gives is the machine's
  });
}

test("the chapter's class is such a network: the table's weights, also with what is only recorded", async () => {
  if (BUILD === "relaxed") return;
  using engine = await loadEngine();
  const random = new RandomState(0);
  using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random });
  const options = { iterations: 200, batchSize: 100, learningRate: 0.1, random, layout: "dense" } as const;
  await train(net, digits.train.slice(0, 1000), { ...options, test: digits.test.slice(0, 100) });
  const hash = createHash("sha256");
  for (const { data } of Object.values(net.parameters)) hash.update(data);
  assert.is(hash.digest("hex"), rows[0]?.sha256);
});

test("another seed, another step or another type of float is another hash", async () => {
  const [row] = rows as readonly [GoldenRow];
  const short: GoldenRow = { ...row, options: { ...row.options, iterations: 3 } };
  const hashes = [
    short,
    { ...short, seed: 1 },
    { ...short, options: { ...row.options, iterations: 4 } },
    { ...short, dtype: "float64" as const },
  ].map(weightsSha256);
  assert.is(new Set(await Promise.all(hashes)).size, 4);
});

test("the table has no name twice, is as its script writes it, and stands in docs/determinism.md", () => {
  assert.is(new Set(rows.map(({ name }) => name)).size, rows.length);
  assert.is(readFileSync(GOLDEN_FILE, "utf8"), goldenText(rows));
  const page = readFileSync(new URL("../../docs/determinism.md", import.meta.url), "utf8");
  const lines = page.split("\n").map((line) => line.replaceAll(/ +/g, " "));
  const shown = lines.filter((line) => /`[0-9a-f]{64}` \|$/.test(line));
  assert.equal(shown, rows.map(goldenLine));
});

test("a table that lacks a row, or has another hash, is no golden table", () => {
  assert.is(faultOfGolden(rows), undefined);
  assert.match(faultOfGolden(undefined) ?? "", /found undefined/);
  assert.is(faultOfGolden(rows.slice(1)), `expected ${rows.length} rows of the golden table, found ${rows.length - 1}`);
  const spoilt = rows.map((row, i) => (i === 4 ? { ...row, sha256: "0".repeat(64) } : row));
  assert.is(faultOfGolden(spoilt), `other weights: ${rows[4]?.name}`);
});

test.run();
