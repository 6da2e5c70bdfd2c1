/**
 * Every operation and layer, with its gradients and second derivatives: in float32 within 1e-5 of float64, relative to the
 * largest element.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type GradCheckCase, gradCheckCases } from "../../scripts/numerics/gradcheck_cases.ts";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { sum } from "../../src/ops/sum.ts";
import type { Expression } from "../../src/tensor/expression.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";

const engine = await loadEngine();
const test = suite("float32 beside float64");
const LIMIT = 1e-5;

const [singles, doubles] = [gradCheckCases(engine, "float32"), gradCheckCases(engine, "float64")];
// The same inputs in both: what is held to the limit is the arithmetic.
for (const [i, { inputs }] of singles.entries())
  for (const [j, { data }] of inputs.entries()) doubles[i]!.inputs[j]!.set(data);

test("there are as many cases in both", () => {
  assert.ok(singles.length > 90);
  assert.equal(
    singles.map(({ name }) => name),
    doubles.map(({ name }) => name),
  );
});

for (const [i, single] of singles.entries()) {
  test(single.name, () => {
    const got = valuesOf(single);
    const wanted = valuesOf(doubles[i]!);
    // A gradient that is 0 but for rounding, as a bias's before normalisation, is measured by the others.
    const least = 1e-2 * Math.max(...wanted.flat().map(Math.abs));
    for (const [which, want] of wanted.entries()) {
      const size = Math.max(least, ...want.map(Math.abs));
      for (const [at, value] of want.entries()) {
        const found = got[which]![at]!;
        const label = which === 0 ? "value" : `gradient by input ${which - 1}`;
        assert.ok(Math.abs(found - value) <= LIMIT * size, `${label}[${at}]: ${found}, in float64 ${value}`);
      }
    }
  });
}

test.run();

/** The sum of the function's results, and its gradient by each input. */
function valuesOf<D extends FloatType>({ f, inputs }: GradCheckCase<D>): number[][] {
  const scalar = (...x: Expression<D>[]) => {
    const y = f(...x);
    return y.shape.length === 0 ? y : sum(y);
  };
  const { value, gradients } = valueAndGrad<D>(scalar)(...(inputs as Tensor<D>[]));
  const values = [[value], ...gradients.map(({ data }) => [...data])];
  for (const gradient of gradients) gradient.dispose();
  return values;
}
