/** Where a program's values lie: memory is shared by values that are not alive at once, and by views. */
import * as assert from "uvu/assert";
import { bytesOfNode } from "../../src/autodiff/memory_plan.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { batchOf } from "../../src/ops/gather.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { reshape } from "../../src/ops/rows.ts";
import { compressed } from "../../src/ops/sparse.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf, input } from "../../src/tensor/expression.ts";
import { zeros } from "../../src/tensor/tensor.ts";
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

test("values that do not live at the same time share bytes, though the larger one comes later", () => {
  const tall = input(engine, [8, 2], { name: "tall", dtype: "float64" });
  const wide = input(engine, [2, 8], { name: "wide", dtype: "float64" });
  const small = matmul(wide, tall);
  const large = matmul(matmul(tall, small), wide);
  assert.is(blockOf(matmul(large, large)), 2 * MATRIX + 2 * 128);
});

/** A loss over an 8 × 8 product of an input, the loss's gradient, and its labels' bytes. */
function lossOf(): { loss: Expression<"float64">; slope: Expression<"float64">; labels: number } {
  const x = leaf();
  const logits = matmul(x, x);
  const loss = softmaxCrossEntropy(logits, input(engine, [8], { name: "labels", dtype: "int32" }));
  return { loss, slope: gradientsOf(loss, [logits])[0] as Expression<"float64">, labels: 4 * 8 };
}

test("a loss that is computed beside its gradient has one place, and keeps nothing alive", () => {
  const { loss, slope, labels } = lossOf();
  using program = compile({ next: matmul(slope, slope), loss });
  assert.is(program.plan.bytes, 3 * MATRIX + labels + NUMBER, "the slope lies where the logits were");
  using both = compile({ slope, loss });
  assert.is(both.plan.bytes, 2 * MATRIX + labels + NUMBER);
  const [written] = [...program.plan.placements].filter(([node]) => node.spec.shape.length === 0);
  assert.equal(written![1].kind === "block" && [written![1].isInPlace, written![1].buffer.bytes], [false, NUMBER]);
});

test("a loss goes into a tensor of the caller's beside its gradient", () => {
  const { loss, slope, labels } = lossOf();
  using kept = zeros(engine, [], { dtype: "float64" });
  using program = compile({ slope }, { into: [[loss, kept]] });
  assert.is(program.instructions.length, 2);
  assert.is(program.plan.bytes, 2 * MATRIX + labels);
  const [written] = [...program.plan.placements].filter(([node]) => node.spec.shape.length === 0);
  assert.equal(written![1], { kind: "tensor" });
  program.run();
  assert.ok(Math.abs(kept.data[0]! - Math.log(8)) < 1e-12, "of logits that are all 0");
});

test("tensors lie where they are, and sparse rows take what their three parts take", () => {
  using w = zeros(engine, [8, 8], { dtype: "float64" });
  using program = compile({ y: matmul(leaf(), expressionOf(w)) });
  const [own] = [...program.plan.placements].filter(([{ origin }]) => origin.kind === "tensor");
  assert.equal(own![1], { kind: "tensor" });
  const pixels = input(engine, [4, 6], { name: "pixels", dtype: "uint8" });
  using factor = zeros(engine, [6, 2]);
  const order = input(engine, [4], { name: "order", dtype: "int32" });
  using sparse = compile({ y: matmul(batchOf(compressed(pixels), order, { dtype: "float32" }), expressionOf(factor)) });
  const starts = 32; // 5 numbers of 4 bytes, in whole vectors
  const room = 4 * 6 + 8; // nonzeros, and a few spare ones
  assert.is(bytesOfNode(sparse.instructions[0]!), starts + 2 * room + room);
});

test.run();
