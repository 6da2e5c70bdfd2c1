/** Every gradient rule is right; that a wrong one is found is shown in test/autodiff/grad_check.test.ts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runGradChecks } from "../../src/cli/gradcheck.ts";
import { gradCheckCases } from "../../src/cli/gradcheck_cases.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { runScript } from "../support/script.ts";

const engine = await loadEngine();
const cases = gradCheckCases(engine);
const test = suite("npm run gradcheck");

for (const one of cases) {
  test(`${one.name} is differentiated rightly`, () => {
    const lines: string[] = [];
    assert.is(
      runGradChecks([one], (line) => lines.push(line)),
      0,
      lines.join("\n"),
    );
  });
}

test("the script prints a line for each input and exits with 0", async () => {
  if (BUILD !== "simd") return; // the script loads this build
  const { code, stdout, stderr } = await runScript("src/cli/main.ts", ["gradcheck"]);
  assert.is(code, 0, stderr);
  assert.is(stdout.match(/^ok /gm)?.length, cases.flatMap(({ inputs }) => inputs).length);
  assert.match(stdout, new RegExp(`\nall ${cases.length} gradients are right\n$`));
});

test.run();
