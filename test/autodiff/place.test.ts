/** Where a program's values lie: memory is shared by values that are not alive at once, and by views. */
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { sum } from "../../src/ops/reduce.ts";
import { reshape } from "../../src/ops/rows.ts";
import { type Expression, input } from "../../src/tensor/expression.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
const test = leakFreeSuite("places of values", engine);
/** Of an 8 × 8 matrix of doubles, and of a number in a whole vector. */
const [MATRIX, NUMBER] = [512, 16];
const leaf = () => input(engine, [8, 8], { name: "x", dtype: "float64" });

function blockOf(output: Expression): number {
  using program = compile({ output });
  return program.plan.bytes;
}

test("a chain of products takes two places by turns beside its input, however long it is", () => {
  const x = leaf();
  const lengths = [1, 2, 3, 4, 9].map((length) => {
    let y = x;
    for (let i = 0; i < length; i++) y = matmul(y, y);
    return blockOf(y);
  });
  assert.equal(
    lengths,
    [2, 3, 3, 3, 3].map((places) => places * MATRIX),
  );
  assert.is(blockOf(matmul(matmul(matmul(x, x), x), x)), 3 * MATRIX);
});

test("what is still needed keeps its place", () => {
  const x = leaf();
  const first = matmul(x, x);
  const second = matmul(first, first);
  assert.is(blockOf(matmul(matmul(second, second), first)), 4 * MATRIX);
});

test("a view takes no place of its own, nor does what is written over its operand", () => {
  const x = leaf();
  const product = matmul(x, x);
  assert.is(blockOf(sum(product)), 2 * MATRIX + NUMBER);
  assert.is(blockOf(sum(reshape(product, [64]))), 2 * MATRIX + NUMBER);
  assert.is(blockOf(sum(exp(exp(product)))), 2 * MATRIX + NUMBER);
});

test.run();
