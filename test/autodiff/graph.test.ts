/** The graph of a program: what is the same value is computed once, and what only looks the same is not. */
import * as assert from "uvu/assert";
import { besideOf, changedBy, graphOf, type Node, operandsOf, readsAny } from "../../src/autodiff/graph.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gelu } from "../../src/nn/layers/activations.ts";
import { mul } from "../../src/ops/binary.ts";
import { exp, pow } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { applied } from "../../src/ops/operation.ts";
import { reshape } from "../../src/ops/rows.ts";
import { effect, HYPERPARAMETERS, SGD } from "../../src/ops/update.ts";
import { type AnyValue, argument, type Expression, expressionOf } from "../../src/tensor/expression.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
/** Two of which nobody else takes memory. */
const [here, there] = [await loadEngine(), await loadEngine()];
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

test("a function with a gradient rule of its own is the node of what it is composed of", () => {
  using one = tensor(engine, [0.5, 2]);
  const x = expressionOf(one);
  for (const f of [(v: typeof x) => pow(v, 3), (v: typeof x) => gelu(v)]) {
    const y = f(x);
    const composite = (y.source as { operands: readonly Expression[] }).operands[0] as Expression;
    const { nodes, outputs } = graphOf(engine, [y, composite], []);
    assert.is(outputs.get(y), outputs.get(composite));
    assert.is(nodes.length, graphOf(engine, [composite], []).nodes.length);
    using atOnce = f(one as never) as unknown as typeof one;
    using program = compile({ y, again: f(x) });
    program.run();
    for (const name of ["y", "again"] as const) assert.equal([...program.outputs[name].data], [...atOnce.data]);
  }
  using target = zeros(engine, [2]);
  using program = compile({}, { into: [[pow(x, 2), target]] });
  program.run();
  assert.equal([...target.data], [0.25, 4], "into a tensor");
});

test("an effect that is named twice happens twice", () => {
  using w = tensor(engine, [8]);
  using g = tensor(engine, [1]);
  using rates = tensor(engine, [2, ...Array(HYPERPARAMETERS - 1).fill(0)], { dtype: "float64" });
  const step = () => effect(SGD, w, [rates, g], {});
  using program = compile({}, { effects: [step(), step()] });
  program.run();
  assert.equal([...w.data], [4]);
});

/** The node of a value. */
function nodeOf(value: AnyValue): Node {
  const expression = expressionOf(value as Expression);
  return graphOf(engine, [expression], []).outputs.get(expression) as Node;
}

/** An operation of one's own that changes one of its operands. */
function changing(which: number, operands: readonly AnyValue[]): Node {
  const operation: Operation = { name: "change", spec: () => spec, bind: () => [], changes: which };
  const spec = { dtype: "float32", shape: [2] } as const;
  const all = operands.map((operand) => expressionOf(operand as Expression));
  return nodeOf(applied(operation, all, {}, spec));
}

test("effects change the operand that they say, where that is a tensor", () => {
  using a = zeros(engine, [2]);
  using b = zeros(engine, [2]);
  using rows = new SparseMatrix(engine, [2, 2], { dtype: "float32", maxRowNonzeros: 2 });
  const given = argument(engine, { dtype: "float32", shape: [2] }, "given");
  const found = changedBy([changing(0, [a, b]), changing(1, [a, b])]);
  assert.is(found.length, 2);
  assert.ok(found[0] === a && found[1] === b);
  assert.equal(changedBy([changing(0, [rows, a]), changing(0, [given, a]), nodeOf(a), changing(0, [exp(given)])]), []);
});

test("a node reads a tensor where it is that tensor, a part of its memory, or a view", () => {
  using all = zeros(engine, [4, 4]);
  using beside = zeros(engine, [4, 4]);
  const [upper, middle, lower] = [all.rows(0, 2), all.rows(1, 3), all.rows(2, 4)];
  const reads = (value: AnyValue) =>
    [all, upper, middle, lower, beside].map((changed) => Number(readsAny(nodeOf(value), [changed]))).join("");
  assert.is(reads(all), "11110");
  assert.is(reads(upper), "11100");
  assert.is(reads(middle), "11110");
  assert.is(reads(lower), "10110");
  assert.is(reads(all.part(15, [1])), "10010", "the last element");
  assert.is(reads(reshape(expressionOf(upper), [8])), "11100");
  assert.is(reads(reshape(reshape(expressionOf(upper), [8]), [4, 2])), "11100");
  assert.is(reads(exp(expressionOf(upper))), "00000", "what is computed has memory of its own");
  assert.is(reads(argument(engine, { dtype: "float32", shape: [2] }, "given")), "00000", "what is given later");
  assert.ok(readsAny(nodeOf(all), [beside, lower]), "one of several");
  assert.not.ok(readsAny(nodeOf(all), []));
});

test("sparse rows are read where any of their three tensors is", () => {
  using rows = new SparseMatrix(engine, [2, 2], { dtype: "float32", maxRowNonzeros: 2 });
  using apart = zeros(engine, [2]);
  for (const part of [rows.starts, rows.columns, rows.values]) assert.ok(readsAny(nodeOf(rows), [part]));
  assert.not.ok(readsAny(nodeOf(rows), [apart]));
});

test("the same address in the memory of another engine is another place", () => {
  using near = zeros(here, [2]);
  using far = zeros(there, [2]);
  assert.is(near.pointer, far.pointer);
  assert.not.ok(readsAny(nodeOf(near), [far]));
});

test("a leaf has no operands, and nothing is computed beside it", () => {
  using a = zeros(engine, [2]);
  assert.equal(operandsOf(nodeOf(a)), []);
  assert.is(besideOf(nodeOf(a)), undefined);
});

test.run();
