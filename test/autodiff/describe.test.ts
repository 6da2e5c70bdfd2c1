/** A program as a person reads it: every column of a training step with one of each kind of line. */
import * as assert from "uvu/assert";
import { describeProgram } from "../../src/autodiff/describe.ts";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { affine } from "../../src/ops/affine.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { batchOf } from "../../src/ops/gather.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { reshape } from "../../src/ops/rows.ts";
import { slice } from "../../src/ops/slicing.ts";
import { compressed } from "../../src/ops/sparse.ts";
import { sum } from "../../src/ops/sum.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { effect, HYPERPARAMETERS, SGD } from "../../src/ops/update.ts";
import { type Expression, expressionOf, input } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
const test = leakFreeSuite("description of programs", engine);

/** A layer, its loss, sums under another shape, numbers, and an update that is fused with its product. */
function described(): string {
  using w = zeros(engine, [20, 30], { name: "W" });
  using b = zeros(engine, [30]);
  using rates = zeros(engine, [HYPERPARAMETERS], { dtype: "float64", name: "rates" });
  const x = input(engine, [100, 20], { name: "x" });
  const t = input(engine, [100], { name: "t", dtype: "int32" });
  const [weights, bias] = [expressionOf(w), expressionOf(b)];
  const layer = (w: Expression<"float32">) => affine(x, w, bias, { activation: "tanh" });
  const { value, gradients } = valueAndGrad((w: Expression<"float32">) => softmaxCrossEntropy(layer(w), t))(weights);
  const z = layer(weights);
  const sums = sum(reshape(z, [10, 300]), { axes: [0] });
  const more = add(mul(sum(z, { axes: [0, 1] }), 3), 0.5);
  const effects = [effect(SGD, w, [rates, gradients[0] as Expression], {})];
  using program = compile({ loss: value, sums, more }, { effects });
  return describeProgram(program);
}

const heads = ["#", "instruction", "of", "result", "at", "bytes", "operations"] as const;

/** The description's lines, and where its columns are: words begin under their head, numbers end under it. */
function table(): { lines: string[]; bytesEnd: number; column: (line: string, i: number) => string } {
  const lines = described().split("\n");
  const starts = heads.map((head) => lines[0]!.search(new RegExp(`(?<= |^)${head}(?= |$)`)));
  const bytesEnd = starts[5]! + "bytes".length;
  const column = (line: string, i: number) => line.slice(starts[i], i === 4 ? bytesEnd - 7 : starts[i + 1]).trim();
  return { lines, bytesEnd, column };
}

test("instructions, their operands and their results", () => {
  const { lines, column } = table();
  const rows = lines.slice(1, -1).map((line) => [1, 2, 3].map((i) => column(line, i)));
  assert.equal(rows, [
    ["affine (tanh)", "x, W, tensor", "float32 [100, 30]"],
    ["softmaxCrossEntropyGradient", "#1, t", "float32 [100, 30] and ' []"],
    ["sum (over 0)", "#1", "float32 [300]"],
    ["sum (over 0, 1)", "#1", "float32 []"],
    ["mul", "#4, 3", "float32 []"],
    ["add", "#5, 0.5", "float32 []"],
    ["tanhGradient", "#1, #2", "float32 [100, 30]"],
    ["sgd of product (aᵀ)", "rates, x, #7", "float32 [20, 30]"],
  ]);
});

test("numbers of instructions, and places: offsets in whole vectors, what is taken over, tensors by name", () => {
  const { lines, column } = table();
  const rows = lines.slice(1, -1);
  assert.equal(
    rows.map((line) => Number.parseInt(line, 10)),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  const places = rows.map((line) => column(line, 4));
  assert.is(places.pop(), "W");
  assert.equal(
    places.map((place) => place.startsWith("in place, ")),
    [false, false, false, false, true, true, true],
  );
  const offsets = places.map((place) => place.replace("in place, ", ""));
  for (const offset of offsets) {
    assert.match(offset, /^\d{1,3}(,\d{3})*$/);
    assert.is(Number(offset.replaceAll(",", "")) % 16, 0);
  }
  assert.equal([offsets[4], offsets[5], offsets[6]], [offsets[3], offsets[3], offsets[0]]);
});

test("bytes and operations, which stand to the right, and their sums", () => {
  const { lines, bytesEnd } = table();
  const ends = lines.slice(0, -1).map((line) => /(\S*) +(\S+)$/.exec(line.slice(bytesEnd - 7))!);
  const [product, elements] = [2 * 100 * 20 * 30, 100 * 30];
  const counts = [product + elements, 7 * elements, elements, elements, 1, 1, 3 * elements, product];
  const bytes = [4 * elements, 4 * elements, 4 * 300, 16, 16, 16, 4 * elements];
  const shown = (value: number) => value.toLocaleString("en-US");
  assert.equal(
    ends.slice(1).map(([, , operations]) => operations),
    counts.map(shown),
  );
  assert.equal(
    ends.slice(1).map(([, found]) => found),
    [...bytes.map(shown), ""],
  );
  for (const line of lines.slice(0, -2))
    assert.match(line.slice(bytesEnd - 1), /^\S {2,}\S+$/, "bytes end under their head");
  assert.equal(new Set(lines.slice(0, -1).map(({ length }) => length)).size, 1, "every line ends where the heads end");
  const sumOf = (values: readonly number[]) => shown(values.reduce((sum, value) => sum + value, 0));
  const total = /^block: ([\d,]+) bytes for values that would take ([\d,]+) side by side, ([\d,]+) of scratch; (.*)$/;
  const [, block, apart, , operations] = total.exec(lines.at(-1)!)!;
  assert.equal([apart, operations], [sumOf(bytes), `${sumOf(counts)} operations a run`]);
  assert.ok(Number(block!.replaceAll(",", "")) < Number(apart!.replaceAll(",", "")));
});

test("sparse rows, what is computed beside a gradient, turned layers and what has no name", () => {
  using w = zeros(engine, [6, 3], { name: "W" });
  using b = zeros(engine, [3]);
  using rows = new SparseMatrix(engine, [4, 6], { dtype: "float32", maxRowNonzeros: 2 });
  const pixels = input(engine, [4, 6], { name: "pixels", dtype: "uint8" });
  const x = input(engine, [6, 4], { name: "x" });
  const t = input(engine, [4], { name: "t", dtype: "int32" });
  const order = input(engine, [4], { name: "order", dtype: "int32" });
  const turned = affine(transpose(x), w, b, { activation: "tanh" });
  const { value, gradients } = valueAndGrad((z: Expression<"float32">) => softmaxCrossEntropy(z, t))(turned);
  const outputs = {
    twice: mul(value, 2),
    slope: gradients[0] as Expression,
    z: matmul(expressionOf(rows), w),
    batch: affine(batchOf(compressed(pixels), order, { dtype: "float32" }), w, b),
  };
  using program = compile(outputs);
  const text = describeProgram(program);
  assert.match(text, / affine \((tanh, aᵀ|aᵀ, tanh)\) +x, W, tensor +float32 \[4, 3\] /);
  const [, first] = /(\d+) +softmaxCrossEntropyGradient /.exec(text)!;
  assert.match(text, new RegExp(` mul +#${first}', 2 +float32 \\[\\] `));
  assert.match(text, / matmul +sparse rows, W +float32 \[4, 3\] /);
  assert.match(text, / compress +pixels +uint8 \[4, 6\] of up to 6 nonzeros /);
  assert.match(text, / gatherSparseRows +#\d+, order +float32 \[4, 6\] of up to 6 nonzeros /);
  assert.match(text, / affine +#\d+, W, tensor +float32 \[4, 3\] /);
  const scratch = Number(/([\d,]+) of scratch/.exec(text)![1]!.replaceAll(",", ""));
  assert.is(scratch, program.bytes - program.plan.bytes);
});

test("numbers of two digits stand to the right, and millions have their separators", () => {
  let y = input(engine, [1200, 1000], { name: "x" });
  for (let i = 0; i < 10; i++) y = exp(y);
  using program = compile({ y: sum(y) });
  const lines = describeProgram(program).split("\n");
  assert.match(lines[0]!, /^ # /);
  assert.match(lines[9]!, /^ 9 {2}exp +#8 .* 4,800,000 +1,200,000$/);
  assert.match(lines[10]!, /^10 {2}exp +#9 /);
  assert.match(lines.at(-1)!, /; 13,200,000 operations a run$/);
});

test("views have the names of what they are views of, and results those of the tensors they go to", () => {
  using w = zeros(engine, [4, 3], { name: "W" });
  using kept = zeros(engine, [2, 3], { name: "kept" });
  using nameless = zeros(engine, [4, 3]);
  using rows = new SparseMatrix(engine, [4, 6], { dtype: "uint8", maxRowNonzeros: 6 });
  const pixels = input(engine, [4, 6], { name: "pixels", dtype: "uint8" });
  const turned = reshape(reshape(expressionOf(w), [12]), [3, 4]);
  const product = matmul(w, turned);
  const outputs = { ofView: exp(turned), ofProduct: exp(reshape(reshape(product, [16]), [2, 8])) };
  using program = compile(outputs, {
    into: [
      [slice(expressionOf(w), 1, 3), kept],
      [exp(expressionOf(w)), nameless],
      [compressed(pixels), rows],
    ],
  });
  const text = describeProgram(program);
  assert.match(text, / exp +W +float32 \[3, 4\] /);
  const [, number] = /(\d+) +matmul +W, W /.exec(text)!;
  assert.match(text, new RegExp(` exp +#${number} +float32 \\[2, 8\\] `));
  assert.match(text, / slice +W +float32 \[2, 3\] +kept /);
  assert.match(text, / exp +W +float32 \[4, 3\] +a tensor /);
  assert.match(text, / compress +pixels +uint8 \[4, 6\] of up to 6 nonzeros +sparse rows /);
});

test.run();
