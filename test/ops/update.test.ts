/** Effects: what they do to their target, with rates that change between runs. */
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { mul } from "../../src/ops/binary.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { compress, gatherSparseRows } from "../../src/ops/sparse.ts";
import { sum } from "../../src/ops/sum.ts";
import {
  ADAPTIVE,
  ADVANCE,
  ASSIGN,
  CLIP_NORM,
  CLIP_VALUE,
  effect,
  HYPERPARAMETERS,
  MOMENTUM,
  SGD,
  SGD_PRODUCT,
  SGD_SUMS,
} from "../../src/ops/update.ts";
import { type Expression, expressionOf } from "../../src/tensor/expression.ts";
import type { Operation, PerOperand, TensorSpec } from "../../src/tensor/operation.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertAll, assertEqual, assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, integers } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("updates", engine);
const [M, K, N] = [6, 5, 7];

/** Rates that keep integers exact in both float types. */
const PAIRS = [
  [0.5, 0],
  [0.5, 0.25],
  [0.25, 0.25],
  [0.25, 0],
  [0, 0.5],
  [-1, 0.5],
] as const;

for (const dtype of FLOATS) {
  test(`descent follows η and λ as they are at each run: a gradient, a product, sparse rows, sums, ${dtype}`, () => {
    // Few nonzeros, integers.
    const bytes = Uint8Array.from(integers(M * K, 1), (value) => Math.max(0, value));
    using table = tensor(engine, bytes, { shape: [M, K] });
    using order = tensor(
      engine,
      Int32Array.from({ length: M }, (_, i) => i),
    );
    using compressed = compress(table);
    using sparse = new SparseMatrix(engine, [M, K], { dtype, maxRowNonzeros: K });
    gatherSparseRows(compressed, order, sparse, 1);
    const rows = Float64Array.from(bytes);
    using x = tensor(engine, rows, { dtype, shape: [M, K] });
    using dy = tensor(engine, integers(M * N, 2), { dtype, shape: [M, N] });
    using b = tensor(engine, integers(K * N, 5), { dtype, shape: [K, N] });
    using g = tensor(engine, integers(K * N, 3), { dtype, shape: [K, N] });
    const product = oracle.product(K, N, M, oracle.transposed(M, K, rows), Float64Array.from(dy.data));
    const gradients: Readonly<Record<string, readonly [Expression, Float64Array]>> = {
      gradient: [expressionOf(g), Float64Array.from(g.data)],
      product: [matmul(expressionOf(x), dy, { transpose: "a" }), product],
      "scaled product": [mul(matmul(expressionOf(x), dy, { transpose: "a" }), 3), product.map((value) => 3 * value)],
      "product with α": [
        matmul(expressionOf(x), dy, { transpose: "a", alpha: -2 }),
        product.map((value) => -2 * value),
      ],
      "sparse product with α": [
        matmul(expressionOf(sparse) as Expression<typeof dtype>, dy, { transpose: "a", alpha: -2 }),
        product.map((value) => -2 * value),
      ],
      "sparse product": [matmul(expressionOf(sparse) as Expression<typeof dtype>, dy, { transpose: "a" }), product],
      "sparse product, not transposed": [
        matmul(expressionOf(sparse) as Expression<typeof dtype>, b),
        oracle.product(M, N, K, rows, Float64Array.from(b.data)),
      ],
      sums: [sum(expressionOf(dy), { axes: [0] }), oracle.columnSums(M, N, dy.data)],
    };
    for (const [name, [gradient, values]] of Object.entries(gradients)) {
      using rates = zeros(engine, [HYPERPARAMETERS], { dtype: "float64" });
      using w = zeros(engine, gradient.shape, { dtype });
      using program = compile({}, { effects: [effect(SGD, w, [rates, gradient], {})] });
      const start = integers(w.size, 4);
      for (const [rate, decay] of PAIRS) {
        rates.data.set([rate, decay]);
        w.set(start);
        program.run();
        const want = start.map((value, i) => (1 - rate * decay) * value - rate * values[i]!);
        assertEqual(w.data, want, `${name}, η ${rate}, λ ${decay}`);
      }
    }
  });

  test(`rates are found again when memory has grown, ${dtype}`, () => {
    using rates = zeros(engine, [HYPERPARAMETERS], { dtype: "float64" });
    using w = zeros(engine, [5], { dtype });
    using g = tensor(engine, new Float64Array(5).fill(1), { dtype });
    using program = compile({}, { effects: [effect(SGD, w, [rates, g], {})] });
    rates.data[0] = 1;
    program.run();
    const before = engine.stats().memoryBytes;
    using large = zeros(engine, [before], { dtype: "uint8" });
    assert.ok(engine.stats().memoryBytes > before && large.size === before);
    rates.data[0] = 2;
    program.run();
    assertEqual(w.data, new Array(5).fill(-3), "w");
  });

  test(`gradients are cut from both sides, NaN stays NaN, and a norm of 0 stays 0, ${dtype}`, () => {
    using g = tensor(engine, Float64Array.of(-3, -2, -1, 0, 1, 2, 3, Number.POSITIVE_INFINITY, Number.NaN), { dtype });
    using cut = compile({}, { effects: [effect(CLIP_VALUE, g, [], { limit: 2 })] });
    cut.run();
    assertEqual(g.data, [-2, -2, -1, 0, 1, 2, 2, 2, Number.NaN], "cut");
    using zero = zeros(engine, [9], { dtype });
    using pair = tensor(engine, Float64Array.of(3, -4), { dtype });
    using scaled = compile(
      {},
      { effects: [effect(CLIP_NORM, zero, [], { limit: 2 }), effect(CLIP_NORM, pair, [], { limit: 2.5 })] },
    );
    scaled.run();
    assertSame(zero.data, new Float64Array(9), "norm 0");
    assertEqual(pair.data, [1.5, -2], "norm 5");
  });

  test(`a gradient whose square is beyond the largest number is clipped, not lost; one with ∞ in it is, ${dtype}`, () => {
    const exponents = dtype === "float32" ? [60, 70, 125] : [500, 600, 1021];
    for (const exponent of exponents) {
      using g = tensor(engine, [3 * 2 ** exponent, -4 * 2 ** exponent, 0], { dtype });
      using clip = compile({}, { effects: [effect(CLIP_NORM, g, [], { limit: 2.5 })] });
      clip.run();
      assertSame(g.data, [1.5, -2, 0], `norm 5·2^${exponent}`);
      const large = [3 * 2 ** exponent, -4 * 2 ** exponent, 0];
      g.set(large);
      using wide = compile({}, { effects: [effect(CLIP_NORM, g, [], { limit: 6 * 2 ** exponent })] });
      wide.run();
      assertSame(g.data, large, `norm 5·2^${exponent}, below the limit`);
    }
    using poisoned = tensor(engine, [1, Infinity, Number.NaN], { dtype });
    using clip = compile({}, { effects: [effect(CLIP_NORM, poisoned, [], { limit: 1 })] });
    clip.run();
    assertAll(poisoned.data, Number.NaN, "a NaN among them makes all of them NaN");
    using infinite = tensor(engine, [1, -Infinity], { dtype });
    using clipped = compile({}, { effects: [effect(CLIP_NORM, infinite, [], { limit: 1 })] });
    clipped.run();
    assertSame(infinite.data, [0, Number.NaN], "an infinite norm");
  });
}

test("effects on what does not fit are refused by name", () => {
  using rates = zeros(engine, [HYPERPARAMETERS], { dtype: "float64" });
  using few = zeros(engine, [4], { dtype: "float64" });
  using single = zeros(engine, [HYPERPARAMETERS]);
  using w = zeros(engine, [5]);
  using wide = zeros(engine, [6]);
  using doubles = zeros(engine, [5], { dtype: "float64" });
  using whole = zeros(engine, [5], { dtype: "int32" });
  using counter = zeros(engine, [2], { dtype: "int32" });
  for (const operation of [SGD, MOMENTUM, ADAPTIVE]) {
    const made = (target: Tensor, ...operands: Tensor[]) => effect(operation, target, operands, {});
    const label = operation.name;
    assertThrows(() => made(w, rates, wide), ShapeError, label);
    assertThrows(() => made(w, rates, w, wide), ShapeError, label);
    assertThrows(() => made(w, rates, doubles), DTypeError, label);
    assertThrows(() => made(w, few, w), ShapeError, label);
    assertThrows(() => made(w, single, w), DTypeError, label);
    assertThrows(() => made(whole, rates, whole), DTypeError, label);
  }
  assertThrows(() => effect(ASSIGN, w, [wide], {}), ShapeError, "assign");
  assertThrows(() => effect(ASSIGN, w, [doubles], {}), DTypeError, "assign");
  assertThrows(() => effect(CLIP_VALUE, whole, [], { limit: 1 }), DTypeError, "clip");
  using pair = zeros(engine, [2]);
  assertThrows(() => effect(ADVANCE, pair, [], {}), OptionError, "floats");
  assertThrows(() => effect(ADVANCE, whole, [], {}), OptionError, "five numbers");
  effect(ADVANCE, counter, [], {});
});

test("updates count so many operations an element, and a product of a descent as many as the product", () => {
  const flopsOf = (operation: Operation, operands: number, n: number): number => {
    const spec = { dtype: "float32", shape: [n] } as const;
    return (
      operation.flops?.({
        specs: Array(operands).fill(spec) as unknown as PerOperand<TensorSpec>,
        result: spec,
        attributes: {},
      }) ?? Number.NaN
    );
  };
  for (const operation of [SGD, MOMENTUM, ADAPTIVE, CLIP_VALUE as Operation, CLIP_NORM as Operation]) {
    const one = flopsOf(operation, 3, 1);
    assert.ok(one >= 1, operation.name);
    for (const n of [0, 2, 100]) assert.is(flopsOf(operation, 3, n), n * one, operation.name);
  }
  const [squares, mean] = [flopsOf(ADAPTIVE, 4, 1), flopsOf(ADAPTIVE, 5, 1)];
  assert.ok(squares < mean, "a second average takes more");
  const specs = [[2, 3], [8], [2, 5], [5, 3]].map((shape) => ({ dtype: "float32", shape }) as const);
  const call = {
    specs: specs as unknown as PerOperand<TensorSpec>,
    result: specs[0]!,
    attributes: { transpose: "none", alpha: 1 },
  } as const;
  assert.is(SGD_PRODUCT.flops?.(call), 2 * 2 * 3 * 5);
  assert.is(SGD_SUMS.flops?.({ ...call, attributes: {} }), 2 * 5);
});

test("integers are assigned as they are", () => {
  using from = tensor(engine, new Int32Array([7, -1, 2 ** 31 - 1]));
  using to = zeros(engine, [3], { dtype: "int32" });
  using program = compile({}, { effects: [effect(ASSIGN, to, [from], {})] });
  program.run();
  assert.equal([...to.data], [7, -1, 2 ** 31 - 1]);
});

test.run();
