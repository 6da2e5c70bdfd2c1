/** What a program writes to tensors of its caller: only targets that fit, and values as they are before the run. */
import * as assert from "uvu/assert";
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
import { apply } from "../../src/ops/apply.ts";
import { squeeze } from "../../src/ops/axes.ts";
import { add, mul, sub } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { batchOf } from "../../src/ops/gather.ts";
import { gather } from "../../src/ops/indexing.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { RESHAPE, reshape } from "../../src/ops/rows.ts";
import { compress, compressed } from "../../src/ops/sparse.ts";
import { sum } from "../../src/ops/sum.ts";
import { pad } from "../../src/ops/tiling.ts";
import { ADAPTIVE, ASSIGN, CLIP_VALUE, effect, MOMENTUM, SGD } from "../../src/ops/update.ts";
import { argument, constant, Expression, expressionOf, input, type Value } from "../../src/tensor/expression.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { DType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const other = await loadEngine();
const test = leakFreeSuite("targets of programs", engine);
const one = constant(engine, 1, "float32");

type Into = NonNullable<Parameters<typeof compile>[1]>["into"];

function vector(values: readonly number[], name?: string): Tensor<"float32"> {
  return tensor(engine, values, name === undefined ? {} : { name });
}

function numbersOf(x: Tensor): number[] {
  return [...x.data];
}

/** η = 1 and nothing else. */
function unitRates(): Tensor<"float64"> {
  return tensor(engine, Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0), { name: "rates" });
}

/** An operation of one's own that copies its first operand; what else is said of it differs. */
function copying(rest: Partial<Operation>): Operation {
  return {
    name: "copying",
    spec: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
    bind: ({ kernels, result: { shape }, at: [x], out }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      return [kernels.copy(count, x?.pointer ?? 0, out.pointer)];
    },
    ...rest,
  };
}

test("a target of another shape is refused, and nobody's memory is written", () => {
  using x = zeros(engine, [64]);
  x.data.fill(3);
  using target = zeros(engine, [1], { name: "target" });
  using bystander = zeros(engine, [64]);
  const error = assertThrows(() => compile({}, { into: [[mul(expressionOf(x), 2), target]] }), ShapeError, "1 for 64");
  assert.equal([error.op, error.argument, error.expected, error.found], ["compile", "into[0]: target", "[64]", "[1]"]);
  assert.ok(bystander.data.every((value) => value === 0));
});

test("targets must have the value's shape, dtype, density and engine, and must be alive", () => {
  using x = zeros(engine, [2, 3]);
  const doubled = mul(expressionOf(x), 2);
  const leaf = expressionOf(x);
  using bytes = zeros(engine, [2, 3], { dtype: "uint8" });
  const rows = compressed(bytes);
  const gone = zeros(engine, [2, 3]);
  gone.dispose();
  using owner = zeros(engine, [6]);
  const view = owner.part(0, [2, 3]);
  view.dispose();
  const target = (shape: readonly number[], dtype: DType = "float32") => zeros(engine, shape, { dtype });
  const sparse = (shape: readonly [number, number], dtype: DType, maxRowNonzeros: number, capacity?: number) =>
    new SparseMatrix(
      engine,
      shape,
      capacity === undefined ? { dtype, maxRowNonzeros } : { dtype, maxRowNonzeros, capacity },
    );
  for (const [label, value, made, error] of [
    ["transposed", doubled, () => target([3, 2]), ShapeError],
    ["flat", doubled, () => target([6]), ShapeError],
    ["larger", doubled, () => target([2, 4]), ShapeError],
    ["with an axis of 1", doubled, () => target([1, 2, 3]), ShapeError],
    ["a leaf, transposed", leaf, () => target([3, 2]), ShapeError],
    ["float64", doubled, () => target([2, 3], "float64"), DTypeError],
    ["int32", doubled, () => target([2, 3], "int32"), DTypeError],
    ["uint8", doubled, () => target([2, 3], "uint8"), DTypeError],
    ["uint16", doubled, () => target([2, 3], "uint16"), DTypeError],
    ["a leaf, int32", leaf, () => target([2, 3], "int32"), DTypeError],
    ["dense into sparse", doubled, () => sparse([2, 3], "float32", 3), OptionError],
    ["sparse into dense", rows, () => target([2, 3], "uint8"), OptionError],
    ["sparse of another shape", rows, () => sparse([3, 2], "uint8", 3), ShapeError],
    ["sparse of another dtype", rows, () => sparse([2, 3], "float32", 3), DTypeError],
    ["sparse, too narrow", rows, () => sparse([2, 3], "uint8", 2), ShapeError],
    ["sparse, too narrow with room for all", rows, () => sparse([2, 3], "uint8", 2, 6), ShapeError],
    ["sparse, too little room", rows, () => sparse([2, 3], "uint8", 3, 5), ShapeError],
    ["another engine", doubled, () => zeros(other, [2, 3]), EngineMismatchError],
    ["disposed", doubled, () => gone, DisposedError],
    ["a disposed view", doubled, () => view, DisposedError],
    ["no tensor", doubled, () => ({ shape: [2, 3], dispose() {} }) as never, OptionError],
  ] as const) {
    const to = made() as Tensor;
    assertThrows(() => compile({}, { into: [[value, to]] }), error as typeof OptionError, label);
    to.dispose();
  }
  using fits = target([2, 3]);
  compile({}, { into: [[doubled, fits]] }).dispose();
  using room = sparse([2, 3], "uint8", 4, 7);
  compile({}, { into: [[rows, room]] }).dispose();
});

test("values and outputs that are no expressions are refused", () => {
  using x = zeros(engine, [2]);
  using y = zeros(engine, [2]);
  for (const made of [
    () => compile({ x: x as never }),
    () => compile({ x: undefined as never }),
    () => compile({ x: 3 as never }),
    () => compile(null as never),
    () => compile(null as never, { into: [[mul(expressionOf(x), 2), y], 3 as never] }),
    () => compile({}, { into: [[x as never, y]] }),
    () => compile({}, { into: [null as never] }),
    () => compile({}, { into: "x" as never }),
    () => compile({}, { effects: [x as never] }),
    () => compile({}, { effects: 7 as never }),
    () => compile({ y: mul(expressionOf(x), 2) }, { outputs: [] } as never),
  ]) {
    assertThrows(made, OptionError, String(made));
  }
});

test("targets that overlap are refused", () => {
  using all = zeros(engine, [8]);
  using x = vector([1, 2, 3, 4]);
  const [double, triple] = [mul(expressionOf(x), 2), mul(expressionOf(x), 3)];
  const half = (start: number) => all.part(start, [4]);
  const leaf = expressionOf(x);
  for (const [label, into] of [
    [
      "the same",
      [
        [double, half(0)],
        [triple, half(0)],
      ],
    ],
    [
      "the same, for one value",
      [
        [double, half(0)],
        [double, half(0)],
      ],
    ],
    [
      "in part",
      [
        [double, half(0)],
        [triple, half(3)],
      ],
    ],
    [
      "one value, in part",
      [
        [double, half(0)],
        [double, half(3)],
      ],
    ],
    [
      "a leaf, in part",
      [
        [leaf, half(0)],
        [double, half(2)],
      ],
    ],
    [
      "whole and part",
      [
        [mul(expressionOf(all), 2), all],
        [double, half(4)],
      ],
    ],
  ] as [string, Into][]) {
    const error = assertThrows(() => compile({}, { into: into as NonNullable<Into> }), OptionError, label);
    assert.is(error.message, "compile: into[1]: target: it overlaps an earlier target", label);
  }
  using program = compile(
    {},
    {
      into: [
        [double, half(0)],
        [triple, half(4)],
      ],
    },
  );
  program.run();
  assert.equal(numbersOf(all), [2, 4, 6, 8, 3, 6, 9, 12]);
});

test("a swap of bare leaves swaps", () => {
  using a = vector([1, 2, 3]);
  using b = vector([4, 5, 6]);
  using swap = compile(
    {},
    {
      into: [
        [mul(a, one), b],
        [mul(b, one), a],
      ],
    },
  );
  swap.run();
  assert.equal(
    [numbersOf(a), numbersOf(b)],
    [
      [4, 5, 6],
      [1, 2, 3],
    ],
  );
  swap.run();
  assert.equal(
    [numbersOf(a), numbersOf(b)],
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );
});

test("three leaves go round, of every dtype", () => {
  for (const dtype of ["float32", "float64", "int32", "uint16", "uint8"] as const) {
    using all = zeros(engine, [12], { dtype, name: dtype });
    all.data.set([9, 1, 2, 3, 9, 4, 5, 6, 9, 7, 8, 9]);
    const [a, b, c] = [1, 5, 9].map((start) => all.part(start, [3])) as [Tensor, Tensor, Tensor];
    const [x, y, z] = [a, b, c].map((t) => expressionOf(t)) as [Expression, Expression, Expression];
    using turn = compile(
      {},
      {
        into: [
          [x, b],
          [y, c],
          [z, a],
        ],
      },
    );
    turn.run();
    assert.equal(numbersOf(all), [9, 7, 8, 9, 9, 1, 2, 3, 9, 4, 5, 6], dtype);
  }
});

test("a leaf goes to a part of its own memory as it is before the run", () => {
  using all = vector([1, 2, 3, 4, 5]);
  using shift = compile({}, { into: [[expressionOf(all.part(0, [4])), all.part(1, [4])]] });
  shift.run();
  assert.equal(numbersOf(all), [1, 1, 2, 3, 4]);
  using back = compile({}, { into: [[expressionOf(all.part(1, [4])), all.part(0, [4])]] });
  back.run();
  assert.equal(numbersOf(all), [1, 2, 3, 4, 4]);
  using same = compile({}, { into: [[expressionOf(all), all]] });
  same.run();
  assert.equal(numbersOf(all), [1, 2, 3, 4, 4]);
});

test("a view under the tensor's own shape has its values before the run", () => {
  using w = vector([5, 6]);
  using rates = unitRates();
  using g = vector([1, 1]);
  const effects = [effect(SGD, w, [rates, g], {})];
  const same = apply(RESHAPE, [expressionOf(w)], { shape: [2] }) as Expression;
  using program = compile(
    { same, squeezed: squeeze(expressionOf(w)), padded: pad(expressionOf(w), 0, { mode: "edge" }) },
    { effects },
  );
  program.run();
  const { same: first, squeezed, padded } = program.outputs;
  assert.equal([first, squeezed, padded].map(numbersOf), [
    [5, 6],
    [5, 6],
    [5, 6],
  ]);
  assert.equal(numbersOf(w), [4, 5]);
});

test("an output that is a tensor has its values before the run, where the program changes them", () => {
  using w = vector([5, 6]);
  using rates = unitRates();
  using g = vector([1, 1]);
  const before = mul(w, one);
  using stepped = compile({ before }, { into: [[sub(w, one), w]] });
  stepped.run();
  assert.equal(
    [numbersOf(stepped.outputs.before), numbersOf(w)],
    [
      [5, 6],
      [4, 5],
    ],
    "into",
  );
  using changed = compile({ before, flat: reshape(before, [1, 2]) }, { effects: [effect(SGD, w, [rates, g], {})] });
  changed.run();
  const outputs = [numbersOf(changed.outputs.before), numbersOf(changed.outputs.flat), numbersOf(w)];
  assert.equal(
    outputs,
    [
      [4, 5],
      [4, 5],
      [3, 4],
    ],
    "an effect",
  );
  using part = compile({ before: mul(w.part(1, [1]), one) }, { into: [[sub(w, one), w]] });
  part.run();
  assert.equal([numbersOf(part.outputs.before), numbersOf(w)], [[4], [2, 3]], "a part of the target");
});

test("an output that is a tensor nobody changes is a view of it, and disposing of the view leaves the tensor", () => {
  using w = vector([5, 6], "w");
  using program = compile({ w: mul(w, one) });
  assert.is(program.bytes, 0, "no memory");
  program.run();
  assert.equal(numbersOf(program.outputs.w), [5, 6]);
  program.outputs.w.dispose();
  assert.equal(numbersOf(w), [5, 6]);
});

test("a leaf and a value computed of it see the same tensor, whichever is written first", () => {
  using a = vector([1, 2]);
  using b = vector([3, 4]);
  using c = vector([0, 0]);
  using program = compile(
    {},
    {
      into: [
        [mul(expressionOf(a), 10), b],
        [mul(b, one), c],
        [reshape(mul(b, one), [2]), a],
      ],
    },
  );
  program.run();
  assert.equal([a, b, c].map(numbersOf), [
    [3, 4],
    [10, 20],
    [3, 4],
  ]);
});

test("what optimizers keep is changed as well: outputs see it as it was, nothing else may be there", () => {
  using w = vector([1, 1]);
  using g = vector([1, 2]);
  using v = vector([10, 20]);
  using m = vector([10, 20]);
  using rates = tensor(engine, Float64Array.of(1, 0, 0.5, 0, 0.5, 0.5, 1, 1));
  using step = compile(
    { v: mul(v, one), flat: reshape(mul(v, one), [2, 1]) },
    { effects: [effect(MOMENTUM, w, [rates, g, v], {})] },
  );
  step.run();
  assert.equal(numbersOf(step.outputs.v), [10, 20]);
  assert.equal(numbersOf(step.outputs.flat), [10, 20]);
  assert.equal(numbersOf(v), [6, 12]);
  using both = compile({ m: mul(m, one) }, { effects: [effect(ADAPTIVE, w, [rates, g, v, m], {})] });
  both.run();
  assert.equal(numbersOf(both.outputs.m), [10, 20]);
  assert.equal(numbersOf(m), [5.5, 11]);
  for (const [label, made] of [
    ["one tensor for both averages", () => effect(ADAPTIVE, w, [rates, g, v, v], {})],
    ["the parameter as velocity", () => effect(MOMENTUM, w, [rates, g, w], {})],
  ] as const) {
    assertThrows(() => compile({}, { effects: [made()] }), OptionError, label);
  }
});

test("effects change a whole tensor; a part of it among their other operands is refused", () => {
  using w = vector([1, 2, 3, 4]);
  using rates = unitRates();
  const [low, high] = [w.part(0, [3]), w.part(1, [3])];
  assertThrows(() => compile({}, { effects: [effect(SGD, low, [rates, high], {})] }), OptionError, "in part");
  using itself = compile({}, { effects: [effect(SGD, low, [rates, low], {})] });
  itself.run();
  assert.equal(numbersOf(w), [0, 0, 0, 4], "w - w");
  using doubles = tensor(engine, new Float64Array(16));
  const [inside, numbers] = [doubles.part(4, [8]), doubles.part(0, [8])];
  assertThrows(() => compile({}, { effects: [effect(SGD, inside, [numbers, inside], {})] }), OptionError, "rates");
});

test("targets are written before effects, which are done in their order, wherever they overlap", () => {
  using gradients = zeros(engine, [4]);
  using x = vector([3, 4]);
  const [first, last] = [gradients.part(0, [2]), gradients.part(2, [2])];
  const clip = (g: Tensor) => effect(CLIP_VALUE, g, [], { limit: 5 });
  const into = [
    [mul(expressionOf(x), x), first],
    [mul(x, one), last],
  ] as const;
  using whole = compile({}, { into, effects: [clip(gradients)] });
  whole.run();
  assert.equal(numbersOf(gradients), [5, 5, 3, 4]);
  using part = compile({}, { into, effects: [clip(gradients.part(1, [1]))] });
  part.run();
  assert.equal(numbersOf(gradients), [9, 5, 3, 4]);
  using halves = compile({}, { into, effects: [clip(gradients.part(1, [3])), clip(gradients.part(0, [2]))] });
  halves.run();
  assert.equal(numbersOf(gradients), [5, 5, 3, 4]);
  const assign = (from: number, to: number) =>
    effect(ASSIGN, gradients.part(to, [2]), [expressionOf(gradients.part(from, [2]))], {});
  using moved = compile({}, { into, effects: [assign(2, 0)] });
  moved.run();
  assert.equal(numbersOf(gradients), [3, 4, 3, 4], "a tensor is read when its effect runs");
});

test("a value that goes to a tensor stays what it was where an effect changes that tensor", () => {
  using x = vector([2, -3]);
  using target = zeros(engine, [2]);
  using w = vector([0, 0]);
  using rates = unitRates();
  const doubled = mul(expressionOf(x), 2);
  const clip = effect(CLIP_VALUE, target, [], { limit: 1 });
  for (const g of [doubled, reshape(reshape(doubled, [1, 2]), [2])]) {
    w.data.fill(0);
    using program = compile(
      { flat: reshape(doubled, [2, 1]) },
      { into: [[doubled, target]], effects: [clip, effect(SGD, w, [rates, g], {})] },
    );
    program.run();
    assert.equal([target, w, program.outputs.flat].map(numbersOf), [
      [1, -1],
      [-4, 6],
      [4, -6],
    ]);
    target.data.fill(9);
    assert.equal(numbersOf(program.outputs.flat), [4, -6], "the caller's tensor is not the output");
  }
});

test("a step of descent is not fused with what an effect changes before it", () => {
  using x = vector([2, -3]);
  using rates = unitRates();
  const doubled = mul(reshape(expressionOf(x), [1, 2]), 2);
  for (const [g, shape, wanted] of [
    [matmul(doubled, doubled, { transpose: "a" }), [2, 2], [-16, 24, 24, -36]],
    [sum(doubled, { axes: [0] }), [2], [-4, 6]],
  ] as const) {
    using target = zeros(engine, [1, 2]);
    using w = zeros(engine, shape);
    const effects = [effect(CLIP_VALUE, target, [], { limit: 1 }), effect(SGD, w, [rates, g], {})];
    using program = compile({}, { into: [[doubled, target]], effects });
    program.run();
    assert.equal([target, w].map(numbersOf), [[1, -1], wanted]);
  }
});

test("effects are operations that change a dense tensor, and are nothing but effects", () => {
  using w = vector([1, 2]);
  using sparse = new SparseMatrix(engine, [1, 2], { dtype: "float32", maxRowNonzeros: 2 });
  const leaf = expressionOf(w);
  const x = input(engine, [2], { name: "x" });
  const changing = copying({ changes: 0 });
  const change = (target: Value, operation: Operation = changing) => apply(operation, [target, x], {}) as Expression;
  for (const [label, made, error] of [
    ["a value", () => compile({}, { effects: [exp(leaf)] }), OptionError],
    ["a leaf", () => compile({}, { effects: [leaf] }), OptionError],
    ["of an input", () => compile({}, { effects: [change(x)] }), OptionError],
    ["of a constant", () => compile({}, { effects: [change(one)] }), OptionError],
    ["of a computed value", () => compile({}, { effects: [change(exp(leaf))] }), OptionError],
    ["of a view", () => compile({}, { effects: [change(reshape(leaf, [2, 1]))] }), OptionError],
    ["of an argument", () => compile({}, { effects: [change(argument(engine, w, "a"))] }), OptionError],
    ["of sparse rows", () => compile({}, { effects: [change(expressionOf(sparse) as never)] }), OptionError],
    ["as an output", () => compile({ y: change(leaf) }), OptionError],
    [
      "as both",
      () => {
        const both = change(leaf);
        return compile({ both }, { effects: [both] });
      },
      OptionError,
    ],
    ["as an operand", () => compile({ y: exp(change(leaf) as Expression<"float32">) }), OptionError],
    ["as a value", () => compile({}, { into: [[change(leaf), w]] }), OptionError],
    ["of no operand", () => compile({}, { effects: [change(leaf, copying({ changes: 7 }))] }), OptionError],
    [
      "of another shape",
      () => {
        const larger = copying({ changes: 0, spec: () => ({ dtype: "float32", shape: [64] }) });
        return compile({}, { effects: [change(leaf, larger)] });
      },
      ShapeError,
    ],
    [
      "of another dtype",
      () => {
        const wider = copying({ changes: 0, spec: () => ({ dtype: "float64", shape: [2] }) });
        return compile({}, { effects: [change(leaf, wider)] });
      },
      DTypeError,
    ],
  ] as const) {
    assertThrows(made as () => unknown, error as typeof OptionError, label);
  }
  w.dispose();
  assertThrows(() => compile({}, { effects: [change(leaf)] }), DisposedError, "disposed");
});

test("bytes are assigned as bytes", () => {
  for (const dtype of ["uint8", "uint16", "int32"] as const) {
    using all = zeros(engine, [16], { dtype });
    using from = zeros(engine, [4], { dtype });
    all.data.fill(7);
    from.data.set([1, 2, 3, 4]);
    using program = compile({}, { effects: [effect(ASSIGN, all.part(4, [4]), [from], {})] });
    program.run();
    assert.equal(numbersOf(all), [7, 7, 7, 7, 1, 2, 3, 4, 7, 7, 7, 7, 7, 7, 7, 7], dtype);
  }
});

test("an argument may not be where the program writes, nor in its block", () => {
  const x = argument(engine, { dtype: "float32", shape: [2] }, "x");
  using all = vector([1, 2, 3, 4]);
  const [target, apart] = [all.part(0, [2]), all.part(2, [2])];
  using rates = unitRates();
  using program = compile({ y: mul(x, 2) }, { into: [[mul(x, 3), target]] });
  using updating = compile({}, { effects: [effect(SGD, target, [rates, x], {})] });
  for (const each of [program, updating]) {
    const error = assertThrows(() => each.bind({ x: target }), OptionError, "the target");
    assert.is(error.option, "bind: x");
    assertThrows(() => each.bind({ x: all.part(1, [2]) }), OptionError, "half of the target");
    each.bind({ x: apart });
    each.run();
  }
  assert.equal(numbersOf(all), [9 - 3, 12 - 4, 3, 4]);
  assertThrows(() => program.bind({ x: program.outputs.y }), OptionError, "its own output");
  using next = compile({ z: mul(argument(engine, x, "y"), 10) });
  next.bind({ y: program.outputs.y });
  next.run();
  assert.equal(numbersOf(next.outputs.z), [60, 80], "another program's output");
});

test("binding is all or nothing, and disposed tensors are refused at once", () => {
  const like = { dtype: "float32", shape: [2] } as const;
  const [x, y] = [argument(engine, like, "x"), argument(engine, like, "y")];
  using program = compile({ z: sub(x, y) });
  using a = vector([1, 2]);
  using b = vector([10, 20]);
  const gone = vector([0, 0]);
  gone.dispose();
  assertThrows(() => program.bind({ x: gone }), DisposedError, "while the other is still to be bound");
  program.bind({ x: a, y: b });
  assertThrows(() => program.bind({ x: b, y: gone }), DisposedError, "one of two");
  assertThrows(() => program.bind({ x: b, z: a }), OptionError, "one that is unknown");
  assertThrows(() => program.bind({ x: b, y: undefined as never }), OptionError, "nothing");
  program.run();
  assert.equal(numbersOf(program.outputs.z), [-9, -18], "as before");
  program.bind({ x: b });
  program.run();
  assert.equal(numbersOf(program.outputs.z), [0, 0]);
});

test("sparse rows that are bound are no wider than those that the program has room for", () => {
  const table = argument(engine, { dtype: "uint8", shape: [2, 4], maxRowNonzeros: 1 }, "table");
  const order = input(engine, [2], { name: "order", dtype: "int32" });
  const rows = batchOf(table as never, order, { dtype: "float32" });
  using target = new SparseMatrix(engine, [2, 4], { dtype: "float32", maxRowNonzeros: 1 });
  using program = compile({}, { into: [[rows, target]] });
  using full = tensor(engine, new Uint8Array(8).fill(1), { shape: [2, 4] });
  using wide = compress(full);
  assertThrows(() => program.bind({ table: wide }), ShapeError, "four in a row");
});

test("arguments that are declared may be bound though nothing reads them; others are unknown", () => {
  const like = { dtype: "float32", shape: [2] } as const;
  const [x, t] = [argument(engine, like, "x"), argument(engine, like, "t")];
  using a = vector([1, 2]);
  using program = compile({ y: mul(x, 2) }, { arguments: [x, t] });
  assertThrows(() => program.bind({ u: a }), OptionError, "unknown");
  using wide = vector([1, 2, 3]);
  assertThrows(() => program.bind({ x: a, t: wide }), ShapeError, "unread, of another shape");
  program.bind({ x: a, t: a });
  program.run();
  assert.equal(numbersOf(program.outputs.y), [2, 4]);
  using constantly = compile({ y: mul(one, 3) }, { arguments: [x, t] });
  constantly.run();
  constantly.bind({ x: a, t: a });
  constantly.run();
  assert.equal(numbersOf(constantly.outputs.y), [3]);
});

test("an index is looked at where only a gradient reads it", () => {
  using x = vector([1, 2]);
  using indices = tensor(engine, Int32Array.of(0, 1_000));
  const leaf = expressionOf(x);
  const [dx] = gradientsOf(sum(gather(leaf, indices)), [leaf]) as [Expression];
  using program = compile({ dx });
  const error = assertThrows(() => program.run(), IndexError, "beyond the rows");
  assert.equal([error.position, error.value, error.bound], [1, 1_000, 2]);
  indices.data[1] = 1;
  program.run();
  assert.equal(numbersOf(program.outputs.dx), [1, 1]);
});

test("a result is written over an operand only where every place that it is read from allows it", () => {
  using z = tensor(engine, [
    [1, 2],
    [3, 5],
  ]);
  for (const targets of [
    (p: Expression<"float32">) => p,
    (p: Expression<"float32">) => reshape(reshape(p, [4]), [2, 2]),
  ]) {
    const p = exp(expressionOf(z));
    const loss = softmaxCrossEntropy(p, targets(p));
    const [dp] = gradientsOf(loss, [p]) as [Expression];
    using kept = compile({ p, dp, loss });
    using alone = compile({ dp });
    kept.run();
    alone.run();
    assert.equal(numbersOf(alone.outputs.dp), numbersOf(kept.outputs.dp));
  }
  const reversed: Operation = {
    ...copying({ name: "reversed plus", inPlace: [0] }),
    bind: ({ memory, at: [x, y], out }) => [
      () => {
        const [from, plus] = [memory.view("float32", x!.pointer, 3), memory.view("float32", y!.pointer, 3)];
        const to = memory.view("float32", out.pointer, 3);
        for (let i = 0; i < 3; i++) to[i] = from[i]! + plus[2 - i]!;
      },
    ],
  };
  const v = mul(input(engine, [3], { name: "v" }), 2);
  using program = compile({ y: apply(reversed, [v, v], {}) as Expression });
  program.inputs["v"]?.set([1, 2, 3]);
  program.run();
  assert.equal(numbersOf(program.outputs.y), [8, 8, 8]);
  using x = vector([1, 2, 3]);
  using y = vector([1, 2, 3]);
  assertThrows(() => apply(reversed, [x, y], {}, { out: y }), ShapeError, "the operand that is read backwards");
  assertThrows(() => apply(reversed, [x, x], {}, { out: x }), ShapeError, "both operands");
  apply(reversed, [x, y], {}, { out: x });
  assert.equal(numbersOf(x), [4, 4, 4]);
});

test("a view has as many elements as what it is a view of, or is no view", () => {
  const doubled: Operation = copying({
    name: "doubled",
    isView: true,
    spec: ([x]) => ({ dtype: "float32", shape: [2 * ((x as Value).shape[0] ?? 0)] }),
    bind: ({ memory, at: [x], out }) => [
      () => {
        const from = memory.view("float32", x!.pointer, 2);
        memory.view("float32", out.pointer, 4).set([...from, ...from]);
      },
    ],
  });
  using x = vector([1, 2]);
  using bystander = vector([0, 0]);
  const twice = apply(doubled, [mul(x, expressionOf(x))], {}) as Expression<"float32">;
  const ofLeaf = apply(doubled, [mul(x, one)], {}) as Expression<"float32">;
  using program = compile({ y: mul(twice, 2), z: mul(twice, 3), leaf: ofLeaf });
  program.run();
  assert.equal(numbersOf(program.outputs.y), [2, 8, 2, 8]);
  assert.equal(numbersOf(program.outputs.z), [3, 12, 3, 12]);
  assert.equal(numbersOf(program.outputs.leaf), [1, 2, 1, 2]);
  assert.equal(numbersOf(bystander), [0, 0]);
});

test("operations of one's own: specs, operands and engines are checked, sparse results and effects wait for a program", () => {
  using x = vector([1, 2]);
  using far = zeros(other, [2]);
  const formed = (spec: unknown) => copying({ spec: () => spec as never });
  for (const [label, made, error] of [
    ["a negative size", () => apply(formed({ dtype: "float32", shape: [-1, -2] }), [x], {}), OptionError],
    ["a fraction", () => apply(formed({ dtype: "float32", shape: [1.5, 2] }), [x], {}), OptionError],
    ["no shape", () => apply(formed({ dtype: "float32" }), [x], {}), OptionError],
    ["no dtype", () => apply(formed({ dtype: "float16", shape: [2] }), [x], {}), OptionError],
    ["nothing", () => apply(formed(undefined), [x], {}), OptionError],
    [
      "sparse rows at once",
      () => apply(formed({ dtype: "uint8", shape: [1, 2], maxRowNonzeros: 2 }), [x], {}),
      OptionError,
    ],
    ["an effect at once", () => apply(copying({ changes: 0 }), [x], {}), OptionError],
    ["another engine", () => apply(copying({}), [x, far], {}), EngineMismatchError],
    ["another engine, later", () => apply(copying({}), [expressionOf(x), far], {}), EngineMismatchError],
    ["no operand", () => apply(formed(x), [x, null as never], {}), OptionError],
  ] as const) {
    assertThrows(made, error as typeof OptionError, label);
  }
});

test("attributes that JSON does not write are told apart by what they are", () => {
  const calling: Operation<{ f: (x: number) => number }> = {
    ...(copying({}) as Operation<never>),
    name: "calling",
    bind: ({ memory, attributes: { f }, at: [x], out }) => [
      () => {
        memory.view("float32", out.pointer, 2).set(memory.view("float32", x!.pointer, 2).map(f));
      },
    ],
  };
  using x = vector([1, 2]);
  const y = (f: (x: number) => number) => apply(calling, [mul(x, one)], { f }) as Expression;
  const negate = (v: number) => -v;
  using program = compile({ a: y((v) => 2 * v), b: y(negate), c: y(negate) });
  program.run();
  assert.equal(
    [numbersOf(program.outputs.a), numbersOf(program.outputs.b)],
    [
      [2, 4],
      [-1, -2],
    ],
  );
  assert.is(program.instructions.length, 2);
});

test("adding 0 to -0 gives 0 in a program as at once", () => {
  using x = vector([-0, 1]);
  using now = add(x, 0);
  using program = compile({ plus: add(expressionOf(x), 0), minus: add(expressionOf(x), -0) });
  program.run();
  assert.ok(Object.is(now.data[0], 0) && Object.is(program.outputs.plus.data[0], 0));
  assert.ok(Object.is(program.outputs.minus.data[0], -0));
});

test("a leaf that says another shape than its tensor is refused", () => {
  using x = vector([1, 2]);
  const lying = new Expression(engine, { dtype: "float32", shape: [64] }, { kind: "tensor", tensor: x });
  assertThrows(() => compile({ y: exp(lying as Expression<"float32">) }), ShapeError, "64 of 2");
});

test.run();
