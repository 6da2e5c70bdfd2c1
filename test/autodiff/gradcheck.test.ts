/** Every gradient rule is right; that a wrong one is found is shown in test/autodiff/grad_check.test.ts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gradCheckCases } from "../../scripts/numerics/gradcheck_cases.ts";
import { runGradChecks } from "../../scripts/numerics/gradcheck_report.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { runScript } from "../support/script.ts";

const engine = await loadEngine();
const cases = gradCheckCases(engine);
const test = suite("npm run gradcheck");

for (const [i, { name }] of cases.entries()) {
  test(`${name} is differentiated rightly`, () => {
    const lines: string[] = [];
    const code = runGradChecks(gradCheckCases(engine).slice(i, i + 1), (line) => lines.push(line));
    assert.is(code, 0, lines.join("\n"));
    assert.match(lines[0]!, name);
  });
}

test("a line tells the elements, the kinks, and both slopes where they are furthest apart", () => {
  using x = tensor(engine, Float64Array.of(0, 2, 0), { name: "x" });
  const lines: string[] = [];
  const code = runGradChecks([{ name: "relu", f: (z) => relu(z), inputs: [x] }], (line) => lines.push(line));
  assert.is(code, 0);
  const wanted = /^ok {4}relu {42}x {9}3 elements, 2 kinks, worst \[\d\] \d\.\d+ and \d\.\d+, off by \d\.\de[-+]\d+$/;
  assert.match(lines[0]!, wanted);
  assert.equal(lines.slice(1), ["\nall 1 gradients are right"]);
  using y = tensor(engine, Float64Array.of(2), { name: "y" });
  runGradChecks([{ name: "relu", f: (z) => relu(z), inputs: [y] }], (line) => lines.push(line));
  assert.match(lines[2]!, /^ok {4}relu {42}y {9}1 elements, worst \[0\] (\d\.\d{7,8}) and \1, off by /);
});

test("cases are told apart by their names, inputs by letters; those that are drawn above 0 are", () => {
  const made = gradCheckCases(engine);
  const names = made.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  assert.ok(names.every((name) => /^\w.+/.test(name)));
  for (const { name, inputs } of made.filter(({ name }) => !name.startsWith("network"))) {
    assert.equal(
      inputs.map((input) => input.name),
      [..."abcdefgh"].slice(0, inputs.length),
      name,
    );
    if (/^(div|sqrt|log|pow (-2|1\.7))(,|$)/.test(name)) {
      for (const { data } of inputs) assert.ok(Math.min(...data) >= 0.5, name);
    }
    if (/^(relu|leakyRelu)/.test(name))
      assert.ok(
        inputs[0]!.data.every((value) => Math.abs(value) > 0.3),
        name,
      );
  }
});

test("the script prints a line for each input and exits with 0", async () => {
  if (BUILD !== "simd") return; // the script loads this build
  const { code, stdout, stderr } = await runScript("scripts/numerics/gradcheck.ts", []);
  assert.is(code, 0, stderr);
  assert.is(stdout.match(/^ok /gm)?.length, cases.flatMap(({ inputs }) => inputs).length);
  assert.match(stdout, new RegExp(`\nall ${cases.length} gradients are right\n$`));
});

test.run();
