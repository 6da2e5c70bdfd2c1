/** Programs: what they compute is what the operations compute one by one, wherever their values lie. */
import fc from "fast-check";
import * as assert from "uvu/assert";
import { describeProgram } from "../../src/autodiff/describe.ts";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import {
  DisposedError,
  DTypeError,
  EngineMismatchError,
  IndexError,
  OptionError,
  ShapeError,
} from "../../src/errors.ts";
import { relu, sigmoid, tanh } from "../../src/nn/layers/activations.ts";
import { affine } from "../../src/ops/affine.ts";
import { apply } from "../../src/ops/apply.ts";
import { add, maximum, minimum, mul, sub } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { square } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { mean } from "../../src/ops/reduce.ts";
import { concat, reshape } from "../../src/ops/rows.ts";
import { slice } from "../../src/ops/slicing.ts";
import { logSoftmax } from "../../src/ops/softmax.ts";
import { sum } from "../../src/ops/sum.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { ADVANCE, ASSIGN, effect, SGD } from "../../src/ops/update.ts";
import { axpy } from "../../src/ops/vectors.ts";
import { argument, type Expression, expressionOf, input, type Value } from "../../src/tensor/expression.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { Engine } from "../../src/wasm/engine.ts";
import { TrapError } from "../../src/wasm/errors.ts";
import { assertEqual, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { integers, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
/** Where tensors are made that nobody disposes of one by one. */
const loose = await loadEngine();
const other = await loadEngine();
/** Of this one a kernel traps. */
const fragile = await loadEngine();
const test = leakFreeSuite("program", engine);

type Doubles = Tensor<"float64">;

function matrix(shape: readonly number[], seed: number, name?: string, owner: Engine = engine): Doubles {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return tensor(owner, integers(count, seed), { shape, ...(name === undefined ? {} : { name }) });
}

/** η and λ of gradient descent. */
function ratesOf(rate: number, decay: number): Tensor<"float64"> {
  return tensor(engine, Float64Array.of(rate, decay, 0, 0, 0, 0, 0, 0), { name: "rates" });
}

/** Operations that keep integers whole, each made of earlier values of a list. */
const STEPS = {
  add: (a: Value<"float64">, b: Value<"float64">) => add(a, b),
  sub: (a: Value<"float64">, b: Value<"float64">) => sub(a, b),
  maximum: (a: Value<"float64">, b: Value<"float64">) => maximum(a, b),
  relu: (a: Value<"float64">) => relu(a),
  negate: (a: Value<"float64">) => mul(a, -1),
  row: (a: Value<"float64">, b: Value<"float64">) => add(a, reshape(slice(b as Doubles, 1, 2), [3])),
  column: (a: Value<"float64">, b: Value<"float64">) => sub(a, sum(b as Doubles, { axes: [1], keepAxes: true })),
  turned: (a: Value<"float64">) => transpose(a as Doubles),
  moved: (a: Value<"float64">) => reshape(reshape(a as Doubles, [9]), [3, 3]),
  joined: (a: Value<"float64">, b: Value<"float64">) => slice(concat([a as Doubles, b as Doubles]), 2, 5),
  product: (a: Value<"float64">, b: Value<"float64">) => {
    const [left, right] = [small(a) as Doubles, small(b) as Doubles];
    return relu(add(matmul(left, right), sum(right, { axes: [0] })));
  },
};

/** Cut to -4..4, so that products of products stay integers that float64 can hold. */
function small(x: Value<"float64">): Value<"float64"> {
  return minimum(maximum(x, -4), 4);
}

type Step = readonly [name: keyof typeof STEPS, a: number, b: number];

function follow(leaves: readonly Value<"float64">[], steps: readonly Step[]): Value<"float64">[] {
  const values = [...leaves];
  for (const [name, a, b] of steps) {
    values.push(STEPS[name](values[a % values.length]!, values[b % values.length]!));
  }
  return values;
}

test("a program gives what the operations give one by one, whichever of its values are asked for", () => {
  const step = fc.tuple(fc.constantFrom(...(Object.keys(STEPS) as (keyof typeof STEPS)[])), fc.nat(30), fc.nat(30));
  const graph = fc.array(step, { minLength: 1, maxLength: 12 });
  const property = fc.property(graph, fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }), (steps, wanted) => {
    const leaves = [matrix([3, 3], 1, "a", loose), matrix([3, 3], 2, "b", loose)];
    const asked = [...new Set(wanted.map((i) => i % (steps.length + 2)))];
    const expressions = follow(
      leaves.map((leaf) => expressionOf(leaf)),
      steps,
    ) as Expression<"float64">[];
    const values = follow(leaves, steps) as Doubles[];
    using program = compile(Object.fromEntries(asked.map((i) => [`v${i}`, expressions[i]!])));
    for (let run = 0; run < 2; run++) {
      program.run();
      for (const i of asked) assertEqual(program.outputs[`v${i}`]!.data as Float64Array, values[i]!.data, `v${i}`);
    }
  });
  fc.assert(property, { numRuns: 150 });
});

test("equal expressions are computed once, and what nobody asks for is not computed", () => {
  using x = matrix([3, 4], 1, "x");
  const leaf = expressionOf(x);
  const dead = tanh(leaf);
  void dead;
  const twice = add(square(sigmoid(leaf)), square(sigmoid(expressionOf(x))));
  using program = compile({ twice });
  const names = instructionsOf(describeProgram(program));
  assert.equal(names, ["sigmoid", "mul", "add"]);
});

test("a layer is one instruction, a loss and its gradient another, and plain descent needs no gradients", () => {
  using x = matrix([5, 4], 1, "x");
  using w = matrix([4, 3], 2, "w");
  using b = matrix([3], 3, "b");
  using labels = tensor(engine, new Int32Array([0, 1, 2, 1, 0]), { name: "labels" });
  const [weights, bias] = [expressionOf(w), expressionOf(b)];
  const loss = softmaxCrossEntropy(affine(x, weights, bias, { activation: "tanh" }), labels);
  const [dw, db] = gradientsOf(loss, [weights, bias]) as [Expression, Expression];
  using rates = ratesOf(0.1, 0);
  using program = compile({ loss }, { effects: [effect(SGD, w, [rates, dw], {}), effect(SGD, b, [rates, db], {})] });
  const names = instructionsOf(describeProgram(program));
  assert.equal(names, [
    "affine (tanh)",
    "softmaxCrossEntropyGradient",
    "tanhGradient",
    "sgd of product (aᵀ)",
    "sgd of sums",
  ]);
});

test("a loss that is used before its gradient is computed is there in time", () => {
  using z = tensor(engine, reals(12, 4, "float64"), { shape: [4, 3] });
  using labels = tensor(engine, new Int32Array([0, 1, 2, 1]));
  const f = (x: Expression<"float64">) => {
    const loss = softmaxCrossEntropy(x, labels);
    return add(loss, square(loss));
  };
  const { value, gradients } = valueAndGrad<"float64">(f)(z);
  const plain = softmaxCrossEntropy(z, labels);
  using dz = zeros(engine, [4, 3], { dtype: "float64" });
  softmaxCrossEntropy(z, labels, { gradient: dz });
  assertWithin([value], [plain + plain ** 2], () => 1e-15, "value");
  assertWithin(
    gradients[0]!.data,
    dz.data.map((d) => d * (1 + 2 * plain)),
    () => 1e-15,
    "gradient",
  );
  for (const gradient of gradients) gradient.dispose();
});

test("an update that is fused with its product does not disturb another that reads the same parameter", () => {
  // loss = ½ Σ (U·V - X)²: dU needs V, and dV needs U, both as they were.
  using u = matrix([4, 2], 1, "U");
  using v = matrix([2, 3], 2, "V");
  using x = matrix([4, 3], 3, "X");
  const [before, other] = [u.data.slice(), v.data.slice()];
  const [uLeaf, vLeaf] = [expressionOf(u), expressionOf(v)];
  const error = sub(matmul(uLeaf, vLeaf), x);
  const loss = mul(sum(square(error)), 0.5);
  const [du, dv] = gradientsOf(loss, [uLeaf, vLeaf]) as [Expression, Expression];
  using wanted = compile({ du, dv });
  wanted.run();
  const [gradientU, gradientV] = [wanted.outputs.du.data.slice(), wanted.outputs.dv.data.slice()];
  using rates = ratesOf(0.25, 0);
  using step = compile({}, { effects: [effect(SGD, u, [rates, du], {}), effect(SGD, v, [rates, dv], {})] });
  step.run();
  assertEqual(
    u.data,
    before.map((value, i) => value - 0.25 * gradientU[i]!),
    "U",
  );
  assertEqual(
    v.data,
    other.map((value, i) => value - 0.25 * gradientV[i]!),
    "V",
  );
});

test("what is written to a tensor that the program reads is written last", () => {
  using a = matrix([2, 2], 1, "a");
  using b = matrix([2, 2], 2, "b");
  const [first, second] = [a.data.slice(), b.data.slice()];
  using swap = compile(
    {},
    {
      into: [
        [mul(expressionOf(a), 1.5), b],
        [add(expressionOf(b), 1), a],
      ],
    },
  );
  swap.run();
  assertEqual(
    b.data,
    first.map((value) => 1.5 * value),
    "b",
  );
  assertEqual(
    a.data,
    second.map((value) => value + 1),
    "a",
  );
});

test("effects see what the same run wrote into their operands", () => {
  using x = matrix([3], 1, "x");
  using gradient = zeros(engine, [3], { dtype: "float64", name: "gradient" });
  using w = zeros(engine, [3], { dtype: "float64", name: "w" });
  using rates = ratesOf(1, 0);
  using program = compile(
    {},
    { into: [[mul(expressionOf(x), 2), gradient]], effects: [effect(SGD, w, [rates, gradient], {})] },
  );
  program.run();
  assertEqual(
    w.data,
    x.data.map((value) => -2 * value),
    "w after the first run",
  );
});

test("one value goes to two tensors, and a leaf to another", () => {
  using x = matrix([3], 1);
  using a = zeros(engine, [3], { dtype: "float64" });
  using b = zeros(engine, [3], { dtype: "float64" });
  using c = zeros(engine, [3], { dtype: "float64" });
  const doubled = mul(expressionOf(x), 2);
  using program = compile(
    { doubled },
    {
      into: [
        [doubled, a],
        [doubled, b],
        [expressionOf(x), c],
      ],
    },
  );
  program.run();
  for (const y of [a, b, program.outputs.doubled])
    assertEqual(
      y.data as Float64Array,
      x.data.map((value) => 2 * value),
      "2x",
    );
  assertEqual(c.data, x.data, "x");
});

test("inputs are set by name, and arguments bound; the same tensors again cost nothing", () => {
  const x = input(engine, [2, 3], { name: "x", dtype: "float64" });
  const w = argument(engine, { dtype: "float64", shape: [3, 2] }, "w");
  using program = compile({ y: matmul(x, w) });
  program.inputs["x"]!.set([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assertThrows(() => program.run(), OptionError, "unbound");
  using ones = tensor(engine, new Float64Array(6).fill(1), { shape: [3, 2] });
  using twos = tensor(engine, new Float64Array(6).fill(2), { shape: [3, 2] });
  for (const [tensorOfW, factor] of [
    [ones, 1],
    [ones, 1],
    [twos, 2],
  ] as const) {
    program.bind({ w: tensorOfW });
    program.run();
    assertEqual(
      program.outputs.y.data as Float64Array,
      [6, 6, 15, 15].map((value) => value * factor),
      `${factor}`,
    );
  }
  using wide = zeros(engine, [3, 3], { dtype: "float64" });
  using floats = zeros(engine, [3, 2]);
  assertThrows(() => program.bind({ w: wide }), ShapeError, "shape");
  assertThrows(() => program.bind({ w: floats }), DTypeError, "dtype");
  assertThrows(() => program.bind({ v: ones }), OptionError, "name");
  using far = zeros(other, [3, 2], { dtype: "float64" });
  using sparse = new SparseMatrix(engine, [3, 2], { dtype: "float64", maxRowNonzeros: 1 });
  assertThrows(() => program.bind({ w: far }), EngineMismatchError, "engine");
  assertThrows(() => program.bind({ w: sparse as never }), OptionError, "sparse rows for dense ones");
  const again = input(engine, [2, 3], { name: "x", dtype: "float64" });
  assertThrows(() => compile({ y: add(x, again) }), OptionError, "two inputs of one name");
});

test("running allocates nothing: memory, blocks and bytes stay", () => {
  using x = matrix([5, 4], 1);
  using w = matrix([4, 3], 2);
  using program = compile({ y: mean(square(tanh(matmul(expressionOf(x), w)))) });
  program.run();
  const before = engine.stats();
  for (let i = 0; i < 1000; i++) program.run();
  assert.equal(engine.stats(), before);
});

test("a graph of 50,000 nodes is compiled and differentiated without recursion", () => {
  using x = tensor(engine, new Float64Array([0.5]), { shape: [] });
  const leaf = expressionOf(x);
  let y: Expression<"float64"> = leaf;
  for (let i = 0; i < 25_000; i++) y = add(y, leaf);
  const [dx] = gradientsOf(y, [leaf]) as [Expression];
  using program = compile({ y, dx });
  program.run();
  assert.equal([program.outputs.y.data[0], program.outputs.dx.data[0]], [12_500.5, 25_001]);
});

test("a label outside its range is named before anything is updated", () => {
  using w = matrix([2, 3], 1, "w");
  using x = matrix([4, 2], 2, "x");
  using labels = tensor(engine, new Int32Array([0, 1, 7, 1]), { name: "labels" });
  const leaf = expressionOf(w);
  const loss = softmaxCrossEntropy(matmul(x, leaf), labels);
  const [dw] = gradientsOf(loss, [leaf]) as [Expression];
  const before = w.data.slice();
  using rates = ratesOf(0.1, 0);
  using program = compile({ loss }, { effects: [effect(SGD, w, [rates, dw], {})] });
  const error = assertThrows(() => program.run(), IndexError, "label");
  assert.equal([error.argument, error.position, error.value, error.bound], ["t", 2, 7, 3]);
  assertEqual(w.data, before, "w");
  labels.data[2] = 2;
  program.run(); // the engine still works
});

test("disposed tensors, programs and other engines are refused by name", () => {
  using w = matrix([2, 2], 1, "w");
  const program = compile({ y: relu(expressionOf(w)) });
  const wanted = program.outputs.y;
  w.dispose();
  assert.match(assertThrows(() => program.run(), DisposedError, "tensor").message, /w float64 \[2, 2\]/);
  assert.match(assertThrows(() => relu(expressionOf(w)), DisposedError, "leaf").message, /w float64/);
  program.dispose();
  assertThrows(() => program.run(), DisposedError, "program");
  assertThrows(() => wanted.data, DisposedError, "output");
});

test("expressions of two engines are not mixed", () => {
  using a = matrix([2, 2], 1);
  using b = tensor(other, new Float64Array(4), { shape: [2, 2] });
  assertThrows(() => add(expressionOf(a), b), EngineMismatchError, "operand");
  assertThrows(() => compile({ a: relu(expressionOf(a)), b: relu(expressionOf(b)) }), EngineMismatchError, "outputs");
});

test("what is found is shown as it is, a remark not as a value", () => {
  using y = zeros(engine, [2]);
  const x = input(engine, [2], { name: "x" });
  const axpyOf = () => axpy(2, x as never, y);
  assert.match(assertThrows(axpyOf, OptionError, "axpy").message, /found Expression x float32 \[2\]$/);
  using program = compile({ y: square(x) });
  const unknown = () => program.bind({ w: y });
  assert.match(assertThrows(unknown, OptionError, "bind").message, /^bind: w: not an argument; they are: none$/);
});

test("operands that do not fit are refused when the expression is built", () => {
  const x = input(engine, [100, 784], { name: "x" });
  const w = input(engine, [50, 10], { name: "w" });
  const error = assertThrows(() => matmul(x, w), ShapeError, "inner sizes");
  assert.match(error.message, /a is \[100, 784\], found \[50, 10\]; 784 ≠ 50; did you mean to transpose\?/);
  using out = zeros(engine, [100, 784]);
  assertThrows(() => relu(x as never, { out }), OptionError, "out");
  assertThrows(() => add(x, input(engine, [784], { name: "b", dtype: "float64" }) as never), DTypeError, "dtypes");
  assertThrows(() => compile({}), OptionError, "nothing");
});

test("a program that traps stops its engine", () => {
  const x = input(fragile, [2, 2], { name: "x" });
  using program = compile({ y: relu(x) });
  const beyond: Operation = {
    name: "beyond memory",
    spec: ([operand]) => operand as Expression,
    bind: ({ kernels, out }) => [kernels.copy(2 ** 28, 2 ** 32 - 64, out.pointer)],
  };
  // Behind an instruction of several kernel calls: the error has the name of the one that trapped.
  using trapping = compile({ y: apply(beyond, [logSoftmax(x)], {}) as Expression });
  program.run();
  const error = assertThrows(() => trapping.run(), TrapError, "trap");
  assert.is(error.kernel, "beyond memory");
  assertThrows(() => program.run(), TrapError, "after it");
});

test("the counter of dropout moves once a run, and an assignment takes what the run computed", () => {
  using counter = tensor(engine, new Int32Array([3, 0]));
  using x = matrix([2], 1);
  using kept = zeros(engine, [2], { dtype: "float64" });
  using program = compile(
    {},
    { effects: [effect(ADVANCE, counter, [], {}), effect(ASSIGN, kept, [mul(expressionOf(x), 3)], {})] },
  );
  for (let i = 0; i < 4; i++) program.run();
  assertEqual(counter.data, [3, 4], "counter");
  assertEqual(
    kept.data,
    x.data.map((value) => 3 * value),
    "kept",
  );
});

test("its description tells instructions, operands, shapes, places and work", () => {
  using x = matrix([5, 4], 1, "x");
  using w = matrix([4, 3], 2, "w");
  using program = compile({ y: relu(matmul(x, expressionOf(w))) });
  const [heads, product, activation, total] = describeProgram(program).split("\n");
  assert.match(heads!, /# +instruction +of +result +at +bytes +operations/);
  assert.match(product!, /1 +matmul +x, w +float64 \[5, 3\] +0 +128 +120/);
  assert.match(activation!, /2 +relu +#1 +float64 \[5, 3\] +in place, 0 +128 +15/);
  assert.match(total!, /^block: 128 bytes for values that would take 256 side by side, .* 135 operations a run$/);
});

test("its description tells sparse rows, how a product is turned, views and what has no name", () => {
  using a = matrix([4, 5], 1);
  using b = matrix([3, 4], 2);
  using kept = zeros(engine, [5, 3], { dtype: "float64" });
  const rows = argument(engine, { dtype: "float64", shape: [3, 4], maxRowNonzeros: 2 }, "rows");
  const product = matmul(expressionOf(a), expressionOf(b), { transpose: "both" });
  using program = compile(
    { part: relu(slice(product, 1, 3)), sparse: matmul(rows, expressionOf(a)) },
    { into: [[product, kept]] },
  );
  const [, turned, part, , spread] = describeProgram(program).split("\n");
  assert.match(turned!, /1 +matmul \(aᵀbᵀ\) +tensor, tensor +float64 \[5, 3\] +a tensor +128 +120/);
  assert.match(part!, /2 +slice +#1 +float64 \[2, 3\] +128 +48 +0/);
  assert.match(spread!, /4 +matmul +rows, tensor +float64 \[3, 5\] +0 +128 +60/); // 2 · 3 rows · 2 nonzeros · 5
});

test.run();

/** The second column of a description. */
function instructionsOf(description: string): string[] {
  const lines = description.split("\n");
  const [start, end] = [lines[0]!.indexOf("instruction"), lines[0]!.indexOf("  of ")];
  return lines.slice(1, -1).map((line) => line.slice(start, end).trim());
}
