/** A short run of `npm run soak`, and that its verdict finds what grows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Sample } from "../scripts/soak/sample.ts";
import { type Bounds, verdict } from "../scripts/soak/verdict.ts";
import { RandomState } from "../src/random/random_state.ts";
import { BUILD } from "./support/engine.ts";
import { makeTemporaryFolder, runScript } from "./support/script.ts";

const test = suite("soak");

test("5,000 steps, saved and loaded twenty times: all that is held stays as it was", async () => {
  const csv = join(makeTemporaryFolder(), "soak.csv");
  const { code, stdout, stderr } = await runScript("scripts/soak/index.ts", [
    "--steps",
    "5000",
    "--samples",
    "20",
    "--csv",
    csv,
  ]);
  assert.is(code, 0, `${stdout}${stderr}`);
  assert.is(stdout.match(/^flat {2}/gm)?.length, 8, stdout);
  const [columns = "", ...rows] = readFileSync(csv, "utf8").trim().split("\n");
  assert.is(rows.length, 20);
  const last = Object.fromEntries(columns.split(",").map((name, i) => [name, Number(rows.at(-1)?.split(",")[i])]));
  assert.is(last["done"], 5000);
  assert.ok(Number(last["milliseconds"]) > 0 && Number(last["tensors"]) > 0 && Number(last["heapBytes"]) > 1e6);
});

test("wrong usage is said, with the page of flags", async () => {
  for (const args of [["--of", "nothing"], ["--steps", "0"], ["--samples", "2"], ["--frobnicate"]]) {
    const { code, stderr } = await runScript("scripts/soak/index.ts", args);
    assert.is(code, 2, stderr);
    assert.match(stderr, "usage: npm run soak");
  }
});

const BOUND = { bytesEach: 1, floorBytes: 1e6 };
const BOUNDS: Bounds = { residentBytes: BOUND, heapBytes: BOUND, arrayBytes: BOUND };
const COUNT = 100;
const EVERY = 100_000;

/** What of a long run is not flat, if it wavers by 200 kB, and what a change makes of each sample. */
function growing(change: (sample: number) => Partial<Sample>): string[] {
  const random = new RandomState(1);
  const samples = Array.from({ length: COUNT }, (_, i): Sample => {
    const [residentBytes, heapBytes] = [1e8 + 2e5 * random.rand(), 1e7 + 2e5 * random.rand()];
    const rest = { arrayBytes: 5e4, memoryBytes: 65536, tensors: 3, tensorBytes: 640, descriptors: 20, threads: 11 };
    return { done: (i + 1) * EVERY, milliseconds: random.rand(), residentBytes, heapBytes, ...rest, ...change(i) };
  });
  return verdict(samples, BOUNDS)
    .filter(({ isFlat }) => !isFlat)
    .map(({ quantity }) => quantity);
}

test("what wavers is flat, what shrinks is flat, and what happens in the first fifth is not judged", () => {
  assert.equal(
    growing(() => ({})),
    [],
  );
  assert.equal(
    growing((i) => ({ residentBytes: 2e8 - i * EVERY })),
    [],
  );
  assert.equal(
    growing((i) => (i < COUNT / 5 ? { tensors: i, residentBytes: i * 1e8, threads: 5 } : {})),
    [],
  );
});

test("of a short run, the steps in which code is compiled are not judged either", () => {
  const compiled = (done: number): Sample => ({
    ...{ done, milliseconds: 1, residentBytes: 1e8, heapBytes: 1e7 + 1000 * Math.min(done, 2000), arrayBytes: 0 },
    ...{ memoryBytes: 65536, tensors: 3, tensorBytes: 640, descriptors: 20, threads: 11 },
  });
  const samples = Array.from({ length: 20 }, (_, i) => compiled(250 * (i + 1)));
  const isFlat = (warmUp: number) =>
    verdict(samples, { ...BOUNDS, heapBytes: { bytesEach: 1, floorBytes: 1e5 } }, warmUp).every(
      (found) => found.isFlat,
    );
  assert.equal([isFlat(0), isFlat(2000)], [false, true]);
});

test("a tensor, a page of memory, a file or a thread that is left behind once is found", () => {
  const once = (i: number) => (i < COUNT - 1 ? 0 : 1);
  assert.equal(
    growing((i) => ({ tensors: 3 + once(i), tensorBytes: 640 + 16 * once(i) })),
    ["tensors", "tensorBytes"],
  );
  assert.equal(
    growing((i) => ({ memoryBytes: 65536 * (1 + once(i)) })),
    ["memoryBytes"],
  );
  assert.equal(
    growing((i) => ({ descriptors: 20 + once(i), threads: 11 + once(i) })),
    ["descriptors", "threads"],
  );
});

test("growth by more than the bound is found in spite of noise, growth within it is not", () => {
  const random = new RandomState(2);
  const heap = (bytesEach: number) => (i: number) => ({ heapBytes: 1e7 + bytesEach * EVERY * i + 2e5 * random.rand() });
  assert.equal(growing(heap(1.1)), ["heapBytes"]);
  assert.equal(growing(heap(0.9)), []);
  assert.equal(
    growing((i) => ({ arrayBytes: 2 * EVERY * i, residentBytes: 2 * EVERY * i })),
    ["residentBytes", "arrayBytes"],
  );
});

test("fewer samples than a slope needs are refused", () => {
  assert.throws(() => verdict([], BOUNDS), /expected at least 4 samples, found 0/);
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
