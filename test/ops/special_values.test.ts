/**
 * NaN, ±∞, ±0 and the ends of the range through every operation and its gradient, by rules: NumPy's, but for what
 * docs/quality/numerics.md lists. A rule that rounds is left to the sweeps; here it is compared within a few ulps.
 */
import * as assert from "uvu/assert";

import { grad } from "../../src/autodiff/grad.ts";
import { gelu, leakyRelu, relu, sigmoid, softplus, tanh } from "../../src/nn/layers/activations.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { affine } from "../../src/ops/affine.ts";
import { argmax } from "../../src/ops/argmax.ts";
import { countCorrect } from "../../src/ops/argmax_rows.ts";
import { addBias, columnSums } from "../../src/ops/bias.ts";
import { maximum, minimum, mul } from "../../src/ops/binary.ts";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import {
  exp,
  log,
  neg,
  pow,
  reluGradient,
  sigmoidGradient,
  sqrt,
  square,
  tanhGradient,
} from "../../src/ops/elementwise.ts";
import { gather } from "../../src/ops/indexing.ts";
import { max, mean } from "../../src/ops/reduce.ts";
import { concat, reshape } from "../../src/ops/rows.ts";
import { slice } from "../../src/ops/slicing.ts";
import { compress, gatherSparseRows, sparseAffine } from "../../src/ops/sparse.ts";
import { sum } from "../../src/ops/sum.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { axpy, copy, fill } from "../../src/ops/vectors.ts";
import { where } from "../../src/ops/where.ts";
import type { Value } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";

const INF = Infinity;
const SMALLEST = { float32: 2 ** -149, float64: 2 ** -1074 } as const;
const LARGEST = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE } as const;
/** Where exponentials have long over- or underflowed, and squares have not. */
const FAR = 1e4;

type Unary = <D extends FloatType>(x: Value<D>) => Value<D>;
type Rule = {
  /** An expression of an expression, a tensor of a tensor. */
  readonly f: Unary;
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
};

const step = (x: number): number => (x > 0 ? 1 : 0);
const maxOf = (a: number, b: number): number => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b));

/** What each function is at every number that there is, and its slope. */
const RULES: Readonly<Record<string, Rule>> = {
  exp: { f: exp as Unary, value: Math.exp, slope: Math.exp },
  log: { f: log as Unary, value: Math.log, slope: (x) => 1 / x },
  sqrt: { f: sqrt as Unary, value: Math.sqrt, slope: (x) => 0.5 / Math.sqrt(x) },
  sigmoid: { f: sigmoid as Unary, value: oracle.sigmoid, slope: (x) => oracle.sigmoid(x) * (1 - oracle.sigmoid(x)) },
  tanh: { f: tanh as Unary, value: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  softplus: { f: softplus as Unary, value: oracle.softplus, slope: oracle.sigmoid },
  // max propagates NaN, but at NaN nothing is let through: its slope is 0, as where x < 0
  relu: { f: relu as Unary, value: (x) => maxOf(x, 0) + 0, slope: step },
  leakyRelu: {
    f: ((x: Value<FloatType>) => leakyRelu(x, { slope: 0.25 })) as Unary,
    value: (x) => (x > 0 ? x : 0.25 * x),
    slope: (x) => (x > 0 ? 1 : 0.25),
  },
  neg: { f: neg as Unary, value: (x) => -x, slope: () => -1 },
  square: { f: square as Unary, value: (x) => x * x, slope: (x) => 2 * x },
  "pow 0": { f: power(0), value: () => 1, slope: () => 0 },
  "pow 1": { f: power(1), value: (x) => x, slope: () => 1 },
  "pow 2": { f: power(2), value: (x) => x ** 2, slope: (x) => 2 * x },
  "pow 3": { f: power(3), value: (x) => x ** 3, slope: (x) => 3 * x ** 2 },
  "pow -1": { f: power(-1), value: (x) => 1 / x, slope: (x) => -1 / x ** 2 },
};

function power(p: number): Unary {
  return ((x: Value<FloatType>) => pow(x, p)) as Unary;
}

const engine = await loadEngine();
const test = leakFreeSuite("special values", engine);

for (const dtype of FLOATS) {
  const specials = [
    Number.NaN,
    INF,
    -INF,
    0,
    -0,
    1,
    -1,
    FAR,
    -FAR,
    SMALLEST[dtype],
    -SMALLEST[dtype],
    LARGEST[dtype],
    -LARGEST[dtype],
  ];

  for (const [name, { f, value, slope }] of Object.entries(RULES)) {
    test(`${name} at the ends of the numbers, ${dtype}`, () => {
      using x = tensor(engine, specials, { dtype });
      using y = f(x) as Tensor<FloatType>;
      assertRule(y.data, specials.map(value), dtype, name, specials);
    });

    test(`${name}'s slope at the ends of the numbers, ${dtype}`, () => {
      for (const single of specials) {
        using x = tensor(engine, [single], { dtype });
        const [dx] = grad((v) => sum(f(v) as typeof v))(x);
        using slopes = dx;
        assertRule(slopes.data, [slope(single)], dtype, `${name}'s slope`, [single]);
      }
    });
  }

  test(`gelu: 0 and x far from 0, NaN at NaN, its slope 0 and 1, ${dtype}`, () => {
    using x = tensor(engine, [Number.NaN, INF, -INF, 0, FAR, -FAR, LARGEST[dtype], -LARGEST[dtype]], { dtype });
    using y = gelu(x);
    const want = [Number.NaN, INF, 0, 0, FAR, 0, LARGEST[dtype], 0];
    assertRule(y.data, want, dtype, "gelu", [...x.data]);
    const far = dtype === "float32" ? 1e19 : 1e154; // its square is just within range
    using ends = tensor(engine, [far, -far, LARGEST[dtype], -LARGEST[dtype], INF, -INF], { dtype });
    const [dx] = grad((v) => sum(gelu(v)))(ends);
    using slopes = dx;
    assertRule(slopes.data, [1, 0, 1, 0, 1, 0], dtype, "gelu's slope", [...ends.data]);
  });

  test(`powers that are no products: by e^(p ln x), NaN below 0, ${dtype}`, () => {
    using x = tensor(engine, [Number.NaN, INF, 0, 1, -1, -INF], { dtype });
    using negativeZero = tensor(engine, [-0], { dtype });
    using inverseRoot = pow(negativeZero, -0.5);
    assertSame(inverseRoot.data, [-INF], "1 / √-0");
    for (const [p, want] of [
      [0.5, [Number.NaN, INF, 0, 1, Number.NaN, Number.NaN]],
      [1.5, [Number.NaN, INF, 0, 1, Number.NaN, Number.NaN]],
      [-0.5, [Number.NaN, 0, INF, 1, Number.NaN, Number.NaN]],
      [100, [Number.NaN, INF, 0, 1, 1, INF]],
      [101, [Number.NaN, INF, 0, 1, -1, -INF]],
      [-101, [Number.NaN, 0, INF, 1, -1, -0]],
    ] as const) {
      using y = pow(x, p);
      assertSame(y.data, want, `x^${p}`);
    }
  });

  test(`gradients from outputs: a NaN of either operand stays, but where relu lets nothing through, ${dtype}`, () => {
    using y = tensor(engine, [Number.NaN, 1, 0, 0.5, 0, 1], { dtype });
    using dy = tensor(engine, [1, Number.NaN, Number.NaN, INF, INF, INF], { dtype });
    using bySigmoid = sigmoidGradient(y, dy);
    using byTanh = tanhGradient(y, dy);
    using byRelu = reluGradient(y, dy);
    assertSame(
      bySigmoid.data,
      [Number.NaN, Number.NaN, Number.NaN, INF, Number.NaN, Number.NaN],
      "sigmoid: 0·∞ is NaN",
    );
    assertSame(byTanh.data, [Number.NaN, Number.NaN, Number.NaN, INF, INF, Number.NaN], "tanh");
    assertSame(byRelu.data, [0, Number.NaN, 0, INF, 0, INF], "relu");
  });

  test(`maximum and minimum: NaN of either side; the gradient of a NaN goes to b, ${dtype}`, () => {
    using a = tensor(engine, [Number.NaN, 1, INF, -INF], { dtype });
    using b = tensor(engine, [1, Number.NaN, INF, 2], { dtype });
    for (const [f, da, db] of [
      [maximum, [0, 0, 1, 0], [1, 1, 0, 1]],
      [minimum, [0, 0, 1, 1], [1, 1, 0, 0]],
    ] as const) {
      using y = f(a, b);
      assert.ok(Number.isNaN(y.data[0]) && Number.isNaN(y.data[1]));
      const [ga, gb] = grad((u, v) => sum(f(u, v)))(a, b);
      using gradA = ga;
      using gradB = gb;
      assertSame(gradA.data, da, "∂a");
      assertSame(gradB.data, db, "∂b");
    }
  });

  test(`maximum and minimum of zeros: 0 and -0, whichever comes first; max over nothing is -∞, ${dtype}`, () => {
    using a = tensor(engine, [0, -0], { dtype });
    using b = tensor(engine, [-0, 0], { dtype });
    using larger = maximum(a, b);
    using smaller = minimum(a, b);
    assertSame(larger.data, [0, 0], "maximum");
    assertSame(smaller.data, [-0, -0], "minimum");
    using nothing = zeros(engine, [2, 0], { dtype });
    using largest = max(nothing, { axes: [1] });
    assertSame(largest.data, [-INF, -INF], "max");
  });

  test(`where: NaN is not 0, and what is not chosen does not matter, nor does its gradient, ${dtype}`, () => {
    using condition = tensor(engine, [1, 0, Number.NaN, -0], { dtype });
    using a = tensor(engine, [2, Number.NaN, 3, INF], { dtype });
    using b = tensor(engine, [Number.NaN, 4, INF, 5], { dtype });
    using y = where(condition, a, b);
    assertSame(y.data, [2, 4, 3, 5], "where");
    const [da, db] = grad((u, v) => sum(where(condition, mul(u, u), mul(v, v))))(a, b);
    using gradA = da;
    using gradB = db;
    assertSame(gradA.data, [4, Number.NaN, 6, Number.NaN], "0·NaN of the square's own rule");
    assertSame(gradB.data, [Number.NaN, 8, Number.NaN, 10], "0·∞ of the square's own rule");
  });

  test(`sums: ∞ - ∞ is NaN, a sum beyond the largest number ∞, over every axis, ${dtype}`, () => {
    const rows = [
      [INF, 1, LARGEST[dtype]],
      [-INF, -INF, LARGEST[dtype]],
    ];
    using x = tensor(engine, rows, { dtype });
    using columns = sum(x, { axes: [0] });
    using byColumn = columnSums(x);
    using acrossRows = sum(x, { axes: [1] });
    using means = mean(x, { axes: [0] });
    for (const got of [columns, byColumn, means]) assertSame(got.data, [Number.NaN, -INF, INF], "columns");
    assertSame(acrossRows.data, [INF, -INF], "rows");
    using poisoned = tensor(
      engine,
      [
        [1, Number.NaN],
        [2, 3],
      ],
      { dtype },
    );
    using ofPoisoned = sum(poisoned, { axes: [0] });
    assertSame(ofPoisoned.data, [3, Number.NaN], "NaN stays in its column");
  });

  test(`a row of float32 is added in float64: what overflows on the way and comes back is no ∞, ${dtype}`, () => {
    const large = LARGEST[dtype];
    using x = tensor(engine, [[large, large, -large]], { dtype });
    using acrossRows = sum(x, { axes: [1] });
    assert.ok(dtype === "float64" || acrossRows.data[0] === large, `${acrossRows.data[0]}`);
  });

  test(`max: NaN before everything, its gradient 0 there; -∞ among -∞ shares, ${dtype}`, () => {
    using x = tensor(
      engine,
      [
        [1, Number.NaN, INF],
        [-INF, -INF, -INF],
        [0, INF, INF],
      ],
      { dtype },
    );
    using y = max(x, { axes: [1] });
    assertSame(y.data, [Number.NaN, -INF, INF], "max");
    const [dx] = grad((v) => sum(max(v, { axes: [1] })))(x);
    using shares = dx;
    const third = dtype === "float32" ? Math.fround(1 / 3) : 1 / 3;
    assertSame(shares.data, [0, 0, 0, third, third, third, 0, 0.5, 0.5], "its gradient");
  });

  test(`argmax: the first NaN, else the first of the largest, and what it makes right, ${dtype}`, () => {
    const rows = [
      [1, Number.NaN, Number.NaN],
      [INF, Number.NaN, 0],
      [-INF, -INF, -INF],
      [0, INF, INF],
      [-0, 0, -0],
    ];
    using x = tensor(engine, rows, { dtype });
    using columns = argmax(x);
    assertSame(columns.data, [1, 1, 0, 1, 0], "argmax");
    using labels = tensor(engine, Int32Array.of(1, 1, 0, 1, 0));
    assert.is(countCorrect(x, labels), 5);
  });

  test(`what moves numbers moves all of them, ${dtype}`, () => {
    using x = tensor(engine, specials, { dtype });
    const { data } = x;
    using copied = zeros(engine, x.shape, { dtype });
    copy(x, copied);
    using row = reshape(x, [1, specials.length]);
    using column = transpose(row);
    using twice = concat([x, x]);
    using part = slice(twice, specials.length, 2 * specials.length);
    using repeated = broadcastTo(row, [3, specials.length]);
    using indices = tensor(engine, Int32Array.of(0));
    using gathered = gather(row, indices);
    for (const moved of [copied, column, part, gathered]) assertSame(moved.data, data, "moved");
    for (let i = 0; i < 3; i++) assertSame(repeated.rows(i, i + 1).data, data, "repeated");
    for (const value of specials) {
      fill(copied, value);
      assert.ok(
        copied.data.every((element) => Object.is(element, value)),
        `fill with ${value}`,
      );
    }
  });

  test(`axpy and addBias are multiplied and added as IEEE says, also by 0, ${dtype}`, () => {
    using x = tensor(engine, [Number.NaN, INF, -INF, 1, 0], { dtype });
    using y = tensor(engine, [1, -INF, 2, Number.NaN, -0], { dtype });
    axpy(1, x, y);
    assertSame(y.data, [Number.NaN, Number.NaN, -INF, Number.NaN, 0], "x + y");
    fill(y, 0);
    axpy(0, x, y);
    assertSame(y.data, [Number.NaN, Number.NaN, Number.NaN, 0, 0], "0·x");
    using matrix = tensor(engine, [[INF, 1, Number.NaN]], { dtype });
    using bias = tensor(engine, [-INF, INF, 0], { dtype });
    using shifted = addBias(matrix, bias);
    assertSame(shifted.data, [Number.NaN, INF, Number.NaN], "x + b");
  });

  test(`affine: NaN and ∞ through product, bias and activation, ${dtype}`, () => {
    using x = tensor(
      engine,
      [
        [1, 0],
        [0, 1],
      ],
      { dtype },
    );
    using w = tensor(
      engine,
      [
        [INF, -INF, Number.NaN],
        [1, 1, 1],
      ],
      { dtype },
    );
    using b = tensor(engine, [0, 0, 0], { dtype });
    // The second row multiplies the first of w by 0, and 0·∞ is NaN.
    for (const [activation, first] of [
      ["none", [INF, -INF, Number.NaN]],
      ["sigmoid", [1, 0, Number.NaN]],
      ["tanh", [1, -1, Number.NaN]],
      ["relu", [INF, 0, Number.NaN]],
    ] as const) {
      using y = affine(x, w, b, { activation });
      assertSame(y.data, [...first, Number.NaN, Number.NaN, Number.NaN], activation);
    }
  });

  test(`sparse rows leave out what is 0: where a dense product has 0·∞, theirs has nothing, ${dtype}`, () => {
    using bytes = tensor(
      engine,
      [
        [1, 0],
        [0, 1],
      ],
      { dtype: "uint8" },
    );
    using sparse = compress(bytes);
    using x = new SparseMatrix<FloatType>(engine, [2, 2], { dtype, maxRowNonzeros: 2 });
    using indices = tensor(engine, Int32Array.of(0, 1));
    gatherSparseRows(sparse, indices, x);
    using w = tensor(
      engine,
      [
        [INF, -INF, Number.NaN],
        [1, 2, 3],
      ],
      { dtype },
    );
    using b = tensor(engine, [0, 0, 0], { dtype });
    using y = sparseAffine(x, w, b);
    assertSame(y.data, [INF, -INF, Number.NaN, 1, 2, 3], "sparse");
  });

  test(`dropout: what is dropped is 0, be it NaN or ∞, and what is kept stays, ${dtype}`, () => {
    using counter = tensor(engine, Int32Array.of(1, 0));
    for (const value of [Number.NaN, INF, -INF]) {
      using x = tensor(engine, Array(400).fill(value), { dtype });
      using y = dropout(x, counter, { rate: 0.5 });
      const kept = y.data.filter((element) => Object.is(element, value)).length;
      const dropped = y.data.filter((element) => element === 0).length;
      assert.is(kept + dropped, 400);
      assert.ok(kept > 100 && dropped > 100, `${kept} kept`);
    }
  });
}

test.run();

/** Within 6 ulps of the rule as the type rounds it, 0 with any sign, and NaN, ±∞ exactly where they belong. */
function assertRule(
  got: Float32Array | Float64Array,
  want: readonly number[],
  dtype: FloatType,
  label: string,
  at: readonly number[],
): void {
  const rounded = dtype === "float32" ? Float32Array.from(want) : Float64Array.from(want);
  for (const [i, w] of rounded.entries()) {
    const g = got[i] ?? Number.NaN;
    const tolerance = 6 * EPS[dtype] * Math.abs(w) + 2 * SMALLEST[dtype];
    const isRight = Number.isFinite(w) ? Math.abs(g - w) <= tolerance : Object.is(g, w);
    assert.ok(isRight, `${label}(${at[i]}) is ${g}, expected ${w}`);
  }
}
