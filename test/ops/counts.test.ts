/** Floating-point operations that operations say they take: of twice as many rows twice as many. Bytes of scratch. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { AFFINE, affine } from "../../src/ops/affine.ts";
import { argmax } from "../../src/ops/argmax.ts";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import { cast } from "../../src/ops/cast.ts";
import { CROSS_ENTROPY_GRADIENT, softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { cumprod, cumsum } from "../../src/ops/cumulative.ts";
import { einsum } from "../../src/ops/einsum.ts";
import { square, tanhGradient } from "../../src/ops/elementwise.ts";
import { gather, scatter, scatterAdd, takeAlongAxis } from "../../src/ops/indexing.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { prod } from "../../src/ops/prod.ts";
import { max } from "../../src/ops/reduce.ts";
import { concat, reshape } from "../../src/ops/rows.ts";
import { flip, slice } from "../../src/ops/slicing.ts";
import { logSoftmax, softmax } from "../../src/ops/softmax.ts";
import { argSort } from "../../src/ops/sort.ts";
import { squaredError } from "../../src/ops/squared_error.ts";
import { sum } from "../../src/ops/sum.ts";
import { take } from "../../src/ops/take.ts";
import { pad, roll, tile } from "../../src/ops/tiling.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { argument, type Expression, input } from "../../src/tensor/expression.ts";
import type { Operation, PerOperand, TensorSpec } from "../../src/tensor/operation.ts";
import { MAP_SCRATCH } from "../../src/wasm/abi.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";

const engine = await loadEngine();
const test = suite("counts of operations");

/** What a node's operation counts. */
function countOf({ source, dtype, shape }: Expression): number {
  assert.ok(source.kind === "applied");
  const call = {
    specs: source.operands as unknown as PerOperand<TensorSpec>,
    result: { dtype, shape },
    attributes: source.attributes,
  };
  // One for each element where the operation counts nothing itself.
  return source.operation.flops?.(call) ?? shape.reduce((product, extent) => product * extent, 1);
}

test("a row more takes as much as any", () => {
  const of = (...shape: number[]) => input(engine, shape, { name: "x" });
  const labels = (m: number) => input(engine, [m], { name: "t", dtype: "int32" });
  const counter = labels(2);
  const nodes: Readonly<Record<string, (m: number) => Expression>> = {
    softmax: (m) => softmax(of(m, 5)),
    logSoftmax: (m) => logSoftmax(of(m, 5)),
    tanhGradient: (m) => tanhGradient(of(m, 5), input(engine, [m, 5], { name: "dy" })),
    dropout: (m) => dropout(of(m, 5), counter, { rate: 0.5 }),
    squaredError: (m) => squaredError(of(m, 5), of(m, 5)),
    softmaxCrossEntropy: (m) => softmaxCrossEntropy(of(m, 5), labels(m)),
    matmul: (m) => matmul(of(m, 5), of(5, 3)),
    sum: (m) => sum(of(m, 5)),
    prod: (m) => prod(of(m, 5)),
    max: (m) => max(of(m, 5)),
    cumsum: (m) => cumsum(of(m, 5)),
    cumprod: (m) => cumprod(of(m, 5)),
    argmax: (m) => argmax(of(m, 5)),
    scatterAdd: (m) => scatterAdd(of(7, 5), labels(m), of(m, 5)),
    einsum: (m) => einsum("ij,jk->ik", of(m, 5), of(5, 3)),
    "einsum of a batch": (m) => einsum("bij,bjk->bik", of(m, 4, 5), of(m, 5, 3)),
    "einsum of one element each": (m) => einsum("ij,ij->ij", of(m, 5), of(m, 5)),
  };
  for (const [name, node] of Object.entries(nodes)) {
    const one = countOf(node(1));
    assert.ok(one >= 5, `${name}: an operation for each element, ${one}`);
    for (const m of [2, 7]) assert.is(countOf(node(m)), m * one, `${name}: ${m} rows`);
  }
});

test("what only moves numbers counts none", () => {
  const x = input(engine, [2, 3], { name: "x" });
  const order = input(engine, [4], { name: "order", dtype: "int32" });
  const fromEnd = input(engine, [4], { name: "fromEnd", dtype: "int32" });
  for (const node of [
    ...[reshape(x, [6]), transpose(x), transpose(cast(x, "uint8")), gather(x, order), gather(x, order, { axis: 1 })],
    ...[take(x, fromEnd), takeAlongAxis(x, input(engine, [1, 3], { name: "each", dtype: "int32" })), flip(x)],
    ...[scatter(x, input(engine, [2], { name: "places", dtype: "int32" }), x), tile(x, [2]), roll(x, 1), pad(x, 1)],
    ...[slice(x, "::-1"), broadcastTo(x, [2, 2, 3]), broadcastTo(cast(x, "uint8"), [2, 2, 3]), concat([x, x])],
    ...[einsum("ij->ji", x), einsum("ii->i", slice(x, "..., :2")), argSort(x), cast(x, "int32")],
  ]) {
    assert.is(countOf(node), 0, node.toString());
  }
});

test("a bias adds one for each element to its product", () => {
  const spec = (...shape: number[]) => ({ dtype: "float32", shape }) as const;
  const attributes = { transpose: "none", alpha: 1, activation: "none" } as const;
  const call = {
    specs: [spec(2, 3), spec(3, 5), spec(5)] as unknown as PerOperand<TensorSpec>,
    result: spec(2, 5),
    attributes,
  };
  assert.is(AFFINE.flops?.(call), 2 * 2 * 3 * 5 + 2 * 5);
});

test("a gather's gradient adds each element that was gathered", () => {
  const x = input(engine, [7, 3], { name: "x" });
  const order = input(engine, [4], { name: "order", dtype: "int32" });
  const [scatter] = gradientsOf(sum(square(gather(x, order))), [x]);
  assert.is(countOf(scatter!), 4 * 3);
});

/** Bytes beside the values of a program that computes this. */
function scratchOf(y: Expression): number {
  using program = compile({ y });
  return program.bytes - program.plan.bytes;
}

test("scratch: a bias of zeros for a sparse product, room for a map behind it, a row of exponentials for a loss", () => {
  for (const dtype of FLOATS) {
    const bytes = dtype === "float32" ? 4 : 8;
    const of = (shape: number[], name: string) => input(engine, shape, { name, dtype });
    const rows = argument(engine, { dtype, shape: [4, 6], maxRowNonzeros: 2 }, "rows");
    const w = of([6, 5], "w");
    assert.is(scratchOf(matmul(rows, w)), 5 * bytes);
    assert.ok(scratchOf(affine(rows, w, of([5], "b"), { activation: "tanh" })) >= MAP_SCRATCH);
    const loss = softmaxCrossEntropy(of([1, 10_000], "z"), input(engine, [1], { name: "t", dtype: "int32" }));
    assert.ok(scratchOf(loss) >= 10_000 * bytes);
  }
});

test("a gradient of a loss takes more than the loss, row by row", () => {
  const gradient = CROSS_ENTROPY_GRADIENT as Operation;
  const count = (m: number) => {
    const z = { dtype: "float32", shape: [m, 5] } as const;
    const specs = [z, { dtype: "int32", shape: [m] }] as unknown as PerOperand<TensorSpec>;
    return gradient.flops?.({ specs, result: z, attributes: {} }) ?? Number.NaN;
  };
  const loss = softmaxCrossEntropy(
    input(engine, [1, 5], { name: "z" }),
    input(engine, [1], { name: "t", dtype: "int32" }),
  );
  assert.ok(count(1) > countOf(loss));
  for (const m of [0, 2, 7]) assert.is(count(m), m * count(1));
});

test.run();
