/** Gradients of functions: of tensors at once, of expressions as expressions; and what is refused. */
import * as assert from "uvu/assert";
import { grad, hessianVectorProduct, valueAndGrad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf, orderOf } from "../../src/autodiff/reverse.ts";
import { DTypeError, EngineMismatchError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { apply } from "../../src/ops/apply.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { exp, square } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf, input, type Value } from "../../src/tensor/expression.ts";
import { countOf } from "../../src/tensor/layout.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { assertEqual } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const other = await loadEngine();
const test = leakFreeSuite("grad", engine);

/** Σ x²y, of which the gradients are 2xy and x². */
const f = (x: Expression<"float64">, y: Expression<"float64">): Expression<"float64"> => sum(mul(square(x), y));

test("of tensors the value and the gradients are computed at once", () => {
  using x = tensor(engine, new Float64Array([1, -2, 3]));
  using y = tensor(engine, new Float64Array([4, 5, 0]));
  const { value, gradients } = valueAndGrad(f)(x, y);
  const [dx, dy] = gradients;
  assert.is(value, 24);
  assertEqual(dx.data, [8, -20, 0], "dx");
  assertEqual(dy.data, [1, 4, 9], "dy");
  for (const gradient of [...gradients, ...grad(f)(x, y)]) gradient.dispose();
});

test("of expressions they are expressions", () => {
  const x = input(engine, [2], { name: "x", dtype: "float64" });
  const y = input(engine, [2], { name: "y", dtype: "float64" });
  const { value, gradients } = valueAndGrad(f)(x, y);
  using program = compile({ value, dx: gradients[0] });
  program.inputs["x"]!.set([3, -1]);
  program.inputs["y"]!.set([2, 7]);
  program.run();
  assertEqual(program.outputs.value.data as Float64Array, [25], "value");
  assertEqual(program.outputs.dx.data as Float64Array, [12, -14], "dx");
});

test("arguments are one or more, of one engine, and of one kind", () => {
  using x = tensor(engine, new Float64Array([1, 2]));
  using far = tensor(other, new Float64Array([1, 2]));
  assert.match(assertThrows(() => grad(() => expressionOf(x))(), OptionError, "none").message, /at least one argument/);
  assert.match(assertThrows(() => grad(f)(x, far), EngineMismatchError, "two engines").message, /^grad: x\[1\] /);
  const mixed = grad(f) as (...x: unknown[]) => unknown;
  assert.match(
    assertThrows(() => mixed(x, expressionOf(x)), OptionError, "mixed").message,
    /pass tensors or expressions, not both/,
  );
});

test("gradients that cannot be computed leave no tensor behind", () => {
  using z = tensor(engine, new Float64Array(6), { shape: [2, 3] });
  using labels = tensor(engine, new Int32Array([0, 3]));
  const loss = (x: Expression<"float64">) => softmaxCrossEntropy(x, expressionOf(labels));
  assertThrows(() => grad(loss)(z), IndexError, "a label outside of its range");
});

test("a loss is a scalar of floats, and so is what it is differentiated by", () => {
  using x = tensor(engine, new Float64Array([1, 2]));
  using indices = tensor(engine, new Int32Array([0, 1]));
  const [leaf, loss] = [expressionOf(x), sum(expressionOf(x))];
  assertThrows(() => gradientsOf(leaf, [leaf]), ShapeError, "no scalar");
  assert.match(assertThrows(() => gradientsOf(x as never, [leaf]), OptionError, "loss").message, /grad: loss/);
  assert.match(
    assertThrows(() => gradientsOf(loss, [expressionOf(indices)]), OptionError, "integers").message,
    /wrt\[0\].*expected floats, found "?int32/,
  );
});

/** (Σ x²)², of which the second derivatives are 8·x·xᵀ + 4·(Σ x²)·I. */
const quartic = (x: Expression<"float64">): Expression<"float64"> => square(sum(square(x)));

test("second derivatives times a vector, of tensors and of expressions", () => {
  using x = tensor(engine, new Float64Array([1, 2]));
  using v = tensor(engine, new Float64Array([3, -1]));
  const expected = [8 * 1 + 20 * 3, 8 * 2 - 20];
  using found = hessianVectorProduct(quartic)(x, v);
  assertEqual(found.data, expected, "of tensors");
  const [at, along] = ["x", "v"].map((name) => input(engine, [2], { name, dtype: "float64" }));
  using program = compile({
    both: hessianVectorProduct(quartic)(at!, along!),
    fixed: hessianVectorProduct(quartic)(at!, v),
  });
  program.inputs["x"]!.set([1, 2]);
  program.inputs["v"]!.set([3, -1]);
  program.run();
  assertEqual(program.outputs.both.data as Float64Array, expected, "of expressions");
  assertEqual(program.outputs.fixed.data as Float64Array, expected, "along a tensor");
});

test("a product with second derivatives refuses what is no float or has another shape", () => {
  using x = tensor(engine, new Float64Array([1, 2]));
  using long = tensor(engine, new Float64Array([1, 2, 3]));
  using whole = tensor(engine, new Int32Array([1, 2]));
  const product = hessianVectorProduct(quartic) as (x: unknown, v: unknown) => unknown;
  const cases = [
    [x, long, ShapeError, "v"],
    [x, whole, DTypeError, "v"],
    [whole, x, DTypeError, "x"],
  ] as const;
  for (const [at, along, type, argument] of cases) {
    const error = assertThrows<DTypeError | ShapeError>(() => product(at, along), type, argument);
    assert.equal([error.op, error.argument], ["hessianVectorProduct", argument]);
  }
});

/** A copy through which no gradient goes. */
const detachedBy = (gradient: Pick<Operation, "gradient">) => (x: Expression<"float64">) => {
  const operation: Operation = {
    name: "detached",
    spec: ([operand]) => ({ dtype: "float64", shape: (operand as Value).shape }),
    bind: ({ kernels, result, at: [from], out }) => {
      return [kernels.copy(countOf(result.shape), from!.pointer, out.pointer)];
    },
    ...gradient,
  };
  return apply(operation, [x], {}) as Expression<"float64">;
};

test("what has no gradient rule, or one that gives nothing, adds nothing, and is not gone through", () => {
  using x = tensor(engine, new Float64Array([1, -2]));
  for (const detached of [detachedBy({}), detachedBy({ gradient: () => undefined })]) {
    const [own, through] = [
      (x: Expression<"float64">) => square(x),
      (x: Expression<"float64">) => detached(square(detached(x))),
    ];
    for (const loss of [
      (x: Expression<"float64">) => sum(add(own(x), through(x))),
      (x: Expression<"float64">) => sum(add(through(x), own(x))),
      (x: Expression<"float64">) => sum(add(detached(x), own(x))),
      (x: Expression<"float64">) => sum(add(own(x), detached(x))),
    ]) {
      const [dx] = grad(loss)(x);
      assertEqual(dx.data, [2, -4], "of the square alone");
      dx.dispose();
    }
  }
});

test("rules are asked for what is wanted alone", () => {
  const asked: number[] = [];
  const watched = detachedBy({
    gradient: (which, _, dy) => {
      asked.push(which);
      return dy;
    },
  });
  using x = tensor(engine, new Float64Array([1, -2]));
  const y = input(engine, [2], { name: "y", dtype: "float64" });
  for (const both of [
    (x: Expression<"float64">) => mul(x, watched(y)),
    (x: Expression<"float64">) => mul(watched(y), x),
  ]) {
    const leaf = expressionOf(x);
    using program = compile({ dx: gradientsOf(sum(both(leaf)), [leaf])[0] as Expression });
    program.inputs["y"]!.set([3, 4]);
    program.run();
    assertEqual(program.outputs.dx.data as Float64Array, [3, 4], "dx");
  }
  assert.equal(asked, []);
});

test("operands come before what uses them, from the left to the right, each once", () => {
  using one = tensor(engine, [1]);
  const x = expressionOf(one);
  const [left, right] = [exp(x), square(x)];
  const both = add(left, right);
  const expected: Expression[] = [x, left, right, both];
  assert.equal(
    orderOf([both, right]).map((node) => expected.indexOf(node)),
    [0, 1, 2, 3],
  );
});

test.run();
