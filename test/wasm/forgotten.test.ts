/** Owners that were collected without `dispose()`: found on the debug build, by a process whose collector can be asked. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Forgotten } from "../../src/wasm/forgotten.ts";
import { ROOT, runNode } from "../support/script.ts";

const SCRIPT = "test/wasm/forgotten_script.ts";

const test = suite("forgotten owners");

async function found(build: string): Promise<Record<"first" | "again" | "ended", Forgotten[]> & { kept: number[] }> {
  const { stdout, stderr, code } = await runNode(["--expose-gc", "--import", "tsx", SCRIPT, build], ROOT);
  assert.is(code, 0, stderr);
  return JSON.parse(stdout);
}

test("debug: each is counted and named once, with its bytes and the line that made it; what was disposed of is not", async () => {
  const { first, again, ended, kept } = await found("debug");
  const byName = first.map(({ subject, count, bytes }) => [subject, count, bytes]).sort();
  assert.equal(byName, [
    ["base float32 [2]", 1, 8],
    ["forgotten float32 [2]", 3, 24],
    ["network 2-…-3", 1, 0],
    ["parameters float32 [12]", 1, 48],
    ["program of loss", 1, byName.at(-1)?.[2]],
  ]);
  for (const { subject, madeAt } of first) assert.match(madeAt ?? "", /forgotten_script\.ts:1\d:\d+$/, subject);
  assert.is(new Set(first.map(({ madeAt }) => madeAt)).size, 4, "a network and its parameters are made on one line");
  assert.equal(again, first, "once");
  assert.equal(ended, [], "what ends with its engine is not forgotten");
  assert.equal(kept, [1, 2, 3]);
});

test("other builds watch nothing", async () => {
  assert.equal((await found("simd")).first, []);
});

test.run();
