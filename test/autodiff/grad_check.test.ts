/** gradCheck finds wrong rules, and tells kinks from mistakes. */
import * as assert from "uvu/assert";
import { runGradChecks } from "../../scripts/numerics/gradcheck_report.ts";
import { type GradCheckOptions, gradCheck } from "../../src/autodiff/grad_check.ts";
import { DTypeError, OptionError } from "../../src/errors.ts";
import { relu, tanh } from "../../src/nn/layers/activations.ts";
import { apply } from "../../src/ops/apply.ts";
import { add, maximum, mul, sub } from "../../src/ops/binary.ts";
import { square } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/sum.ts";
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

type Rule = (x: Doubles, y: Doubles, dy: Doubles) => Doubles | undefined;

/** y = tanh x with a rule of one's own. */
const tanhWith = (rule: Rule) => mapWith("tanh", rule);

function mapWith(kernel: "tanh" | "relu", rule: Rule): (x: Doubles) => Doubles {
  const operation: Operation = {
    name: `${kernel}WithRule`,
    spec: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
    bind({ kernels, result, at: [x], out, scratch }) {
      return [kernels[kernel](countOf(result.shape), x?.pointer ?? 0, out.pointer, scratch)];
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
  using doubles = zeros(engine, [2], { dtype: "float64" });
  const mixed = () => gradCheck((x) => sum(x), [doubles, floats as never]);
  assert.is(assertThrows(mixed, DTypeError, "float32").argument, "inputs[1]");
  assertThrows(() => gradCheck((z) => z, []), OptionError, "none");
});

/** relu, whose slopes are 0 and 1, with a slope of one's own. With these steps and doubles differences are exact. */
const reluOf = (slope: number) => mapWith("relu", (_, __, dy) => mul(dy, slope));
const [eps, sixteenth] = [2 ** -20, 1 / 16];

test("at a kink the rule's slope is one of either side or between, within the tolerance and on its bounds", () => {
  using x = tensor(engine, new Float64Array([0]));
  const countsOf = (slope: number) => {
    const [found] = gradCheck((z) => sum(reluOf(slope)(z)), [x], { eps, atol: sixteenth, rtol: 0 }).inputs;
    return [found!.failures, found!.kinks];
  };
  for (const slope of [-sixteenth, 0, 0.25, 1, 1 + sixteenth]) assert.equal(countsOf(slope), [0, 1], `${slope}`);
  for (const slope of [-2 * sixteenth, 1 + 2 * sixteenth]) assert.equal(countsOf(slope), [1, 0], `${slope}`);
  assert.equal(countsOf(0.5 + sixteenth), [0, 0], "the difference itself");
});

test("slopes that differ by no more than the tolerance make no kink", () => {
  using x = tensor(engine, new Float64Array([0]));
  const countsOf = (f: (z: Doubles) => Doubles) => {
    const [found] = gradCheck((z) => sum(f(z)), [x], { eps, atol: 1, rtol: 0 }).inputs;
    return [found!.failures, found!.kinks];
  };
  assert.equal(countsOf(reluOf(1.75)), [1, 0]);
  assert.equal(
    countsOf((z) => add(reluOf(1.75)(z), z)),
    [1, 0],
    "nor do slopes whose sum is larger",
  );
});

test("an error of just the tolerance is none, which grows with the slope", () => {
  using x = tensor(engine, new Float64Array([1]));
  const failuresOf = (f: (z: Doubles) => Doubles, options: GradCheckOptions) =>
    gradCheck((z) => sum(f(z)), [x], { eps, ...options }).inputs[0]!.failures;
  assert.is(failuresOf(reluOf(1 + sixteenth), { atol: sixteenth, rtol: 0 }), 0);
  assert.is(failuresOf(reluOf(1 + 2 * sixteenth), { atol: sixteenth, rtol: 0 }), 1);
  const steep = (slope: number) => (z: Doubles) => mul(reluOf(slope)(z), 64);
  assert.is(failuresOf(steep(1 + sixteenth), { atol: 0, rtol: sixteenth }), 0);
  assert.is(failuresOf(steep(1 + 2 * sixteenth), { atol: 0, rtol: sixteenth }), 1);
});

test("the worst element is the first of those that are furthest out, and is told of what passes, too", () => {
  using x = tensor(engine, new Float64Array([1, 2, 3, 4]));
  const worstOf = (slopes: number[]) => {
    using factors = tensor(engine, new Float64Array(slopes));
    const f = mapWith("relu", (_, __, dy) => mul(dy, factors));
    return gradCheck((z) => sum(f(z)), [x], { eps, atol: 1, rtol: 0 }).inputs[0]!.worst;
  };
  assert.equal(worstOf([1, 4, 4, 2]), { index: 1, analytic: 4, numeric: 1, relativeError: 0.75 });
  assert.equal(worstOf([1, 1.5, 1.25, 1]), { index: 1, analytic: 1.5, numeric: 1, relativeError: 0.5 / 1.5 });
  using none = tensor(engine, new Float64Array(0));
  assert.equal(gradCheck((z) => sum(z), [none]).inputs[0]!.worst, {
    index: 0,
    analytic: Number.NaN,
    numeric: Number.NaN,
    relativeError: 0,
  });
});

test("every input is checked, by its name or its number, and each must pass", () => {
  using x = tensor(engine, new Float64Array([0.5]));
  using y = tensor(engine, new Float64Array([0.5]), { name: "y" });
  const f = (a: Doubles, b: Doubles) => sum(add(square(a), reluOf(2)(b)));
  const found = gradCheck(f, [x, y]);
  assert.not.ok(found.passed);
  assert.equal(
    found.inputs.map(({ name, failures }) => [name, failures]),
    [
      ["inputs[0]", 0],
      ["y", 1],
    ],
  );
});

test("a leaf is a function, too", () => {
  using x = tensor(engine, new Float64Array([3]), { shape: [] });
  const found = gradCheck((z) => z, [x]);
  assert.ok(found.passed);
  assert.is(found.inputs[0]!.worst.analytic, 1);
});

test("elements of a result weigh between a half and one and a half", () => {
  using x = tensor(engine, new Float64Array(20).fill(1));
  const [found] = gradCheck(reluOf(0), [x]).inputs; // the worst is the one with the largest weight
  assert.is(found!.failures, 20);
  assert.ok(found!.worst.numeric > 1.4 && found!.worst.numeric < 1.5, `${found!.worst.numeric}`);
});

test.run();
