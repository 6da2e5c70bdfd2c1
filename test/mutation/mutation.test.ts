/** Mutation testing, in a process of its own: AssemblyScript's parser comes with changes to the prototypes of arrays and others. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUILD } from "../support/engine.ts";
import { runScript } from "../support/script.ts";

const test = suite("mutation testing");

test("what mutants.ts says of it", async () => {
  if (BUILD !== "simd") return; // it looks at sources alone
  const { code, stdout, stderr } = await runScript("test/mutation/mutants.ts", []);
  assert.is(code, 0, `${stdout}${stderr}`);
  assert.match(stdout, /Passed:\s+5/);
});

test.run();
