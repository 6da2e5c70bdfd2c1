/** Gradients of functions: of tensors at once, of expressions as expressions; and what is refused. */
import * as assert from "uvu/assert";
import { grad, valueAndGrad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { EngineMismatchError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { mul } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { square } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/reduce.ts";
import { type Expression, expressionOf, input } from "../../src/tensor/expression.ts";
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
    /all expressions, found "both"/,
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
    assertThrows(() => gradientsOf(loss, [expressionOf(indices)]), OptionError, "whole numbers").message,
    /wrt\[0\].*expected floats, found "?int32/,
  );
});

test.run();
