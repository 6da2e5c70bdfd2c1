/** gradCheck finds wrong rules, and tells kinks from mistakes. */
import * as assert from "uvu/assert";
import { gradCheck } from "../../src/autodiff/grad_check.ts";
import { runGradChecks } from "../../src/cli/gradcheck.ts";
import { DTypeError, OptionError } from "../../src/errors.ts";
import { maximum, mul, sub } from "../../src/ops/binary.ts";
import { relu, square, tanh } from "../../src/ops/elementwise.ts";
import { apply } from "../../src/ops/operation.ts";
import { sum } from "../../src/ops/reduce.ts";
import type { Expression, Value } from "../../src/tensor/expression.ts";
import { countOf } from "../../src/tensor/layout.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

type Doubles = Expression<"float64">;

const engine = await loadEngine();
const test = leakFreeSuite("gradCheck", engine);

/** y = tanh x with a rule of one's own. */
function tanhWith(rule: (x: Doubles, y: Doubles, dy: Doubles) => Doubles | undefined): (x: Doubles) => Doubles {
  const operation: Operation = {
    name: "tanhWithRule",
    form: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
    bind({ kernels, result, at: [x], out, scratch }) {
      return () => kernels.tanh(countOf(result.shape), x?.pointer ?? 0, out.pointer, scratch);
    },
    scratchBytes: () => 64,
    gradient: (_, { operands: [x], result }, dy) => rule(x as Doubles, result as Doubles, dy as Doubles),
  };
  return (x) => apply(operation, [x], {}) as Doubles;
}

const slope = (y: Doubles): Doubles => sub(1, square(y));

const WRONG_RULES: Readonly<Record<string, (x: Doubles, y: Doubles, dy: Doubles) => Doubles | undefined>> = {
  "none at all": () => undefined,
  "the sign turned": (_, y, dy) => mul(mul(dy, slope(y)), -1),
  "dy forgotten": (_, y) => slope(y),
  "the input for the output": (x, _, dy) => mul(dy, slope(x)),
  "off by a thousandth and a half": (_, y, dy) => mul(mul(dy, slope(y)), 1.0015),
  "one term missing": (_, y, dy) => mul(dy, square(y)),
};

test("a right rule of one's own passes, and every wrong one is found, named and ends with exit code 1", () => {
  using x = tensor(engine, reals(6, 1, "float64"), { shape: [2, 3], name: "x" });
  const right = tanhWith((_, y, dy) => mul(dy, slope(y)));
  assert.ok(gradCheck(right, [x]).passed);
  for (const [name, rule] of Object.entries(WRONG_RULES)) {
    const before = x.data.slice();
    const [found] = gradCheck(tanhWith(rule), [x]).inputs;
    assert.ok(found!.failures > 0, name);
    assert.is(found!.kinks, 0, name);
    assertSame(x.data, before, "the inputs are put back");
    const lines: string[] = [];
    const cases = [
      { name: "right", f: right as (...x: Doubles[]) => Doubles, inputs: [x] },
      { name, f: tanhWith(rule) as (...x: Doubles[]) => Doubles, inputs: [x] },
    ];
    assert.is(
      runGradChecks(cases, (line) => lines.push(line)),
      1,
      name,
    );
    assert.match(lines[0]!, /^ok +right +x /);
    assert.match(
      lines[1]!,
      new RegExp(`^WRONG ${name} +x +6 elements, ${found!.failures} wrong, worst \\[${found!.worst.index}\\]`),
    );
    assert.is(lines.at(-1), "\n1 of 2 gradients are wrong");
  }
});

test("the worst element is told with both values", () => {
  using x = tensor(engine, new Float64Array([0.1, 0.2, 2]));
  const f = tanhWith((_, y, dy) => mul(dy, maximum(slope(y), 0.5))); // wrong where tanh is flat: at 2 alone
  const [found] = gradCheck((z) => sum(f(z)), [x]).inputs;
  assert.is(found!.failures, 1);
  assert.is(found!.worst.index, 2);
  assert.is(found!.worst.analytic, 0.5);
  assert.ok(Math.abs(found!.worst.numeric - (1 - Math.tanh(2) ** 2)) < 1e-8);
  assert.ok(Math.abs(found!.worst.relativeError - (0.5 - found!.worst.numeric) / 0.5) < 1e-12);
});

test("relu at 0 is a kink and no failure; a wrong slope beside it is one", () => {
  using x = tensor(engine, new Float64Array([-1, 0, 1, 0]));
  const [found] = gradCheck((z) => relu(z), [x]).inputs;
  assert.equal([found!.failures, found!.kinks, found!.elements], [0, 2, 4]);
  const outside = (z: Doubles) => mul(relu(z), 1);
  assert.ok(gradCheck(outside, [x]).passed);
});

test("a NaN is a failure", () => {
  using x = tensor(engine, new Float64Array([0.5, Number.NaN]));
  assert.not.ok(gradCheck((z) => tanh(z), [x]).passed);
});

test("inputs must be float64, and there must be some", () => {
  using floats = zeros(engine, [2]);
  assertThrows(() => gradCheck((z) => z, [floats as never]), DTypeError, "float32");
  assertThrows(() => gradCheck((z) => z, []), OptionError, "none");
});

test.run();
