/** The graph of a program: what is the same value is computed once, and what only looks the same is not. */
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { mul } from "../../src/ops/binary.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { effect, RATES, SGD } from "../../src/ops/update.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
const test = leakFreeSuite("graph", engine);
/** Numbers that JSON writes alike: as 0, or as null. */
const ALIKE = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

test("factors that JSON writes alike are told apart, as constants and as attributes", () => {
  using one = tensor(engine, [[1]], { dtype: "float64" });
  const x = expressionOf(one);
  for (const scaled of [(f: number) => mul(x, f), (f: number) => matmul(x, one, { alpha: f })]) {
    const outputs = Object.fromEntries(ALIKE.map((factor, i) => [`y${i}`, scaled(factor)]));
    const again = Object.fromEntries(ALIKE.map((factor, i) => [`z${i}`, scaled(factor)]));
    using program = compile({ ...outputs, ...again });
    assert.is(program.instructions.length, ALIKE.length, "each once");
    program.run();
    for (const [i, factor] of ALIKE.entries()) {
      for (const name of [`y${i}`, `z${i}`]) {
        const got = program.outputs[name]!.data[0];
        // A product starts from +0, so that only its other factors are told from each other by their values.
        if (!Object.is(factor, -0)) assert.ok(Object.is(got, factor), `${name}: ${got}, expected ${factor}`);
      }
    }
  }
});

test("an effect that is named twice happens twice", () => {
  using w = tensor(engine, [8]);
  using g = tensor(engine, [1]);
  using rates = tensor(engine, [2, ...Array(RATES - 1).fill(0)], { dtype: "float64" });
  const step = () => effect(SGD, w, [rates, g], {});
  using program = compile({}, { effects: [step(), step()] });
  program.run();
  assert.equal([...w.data], [4]);
});

test.run();
