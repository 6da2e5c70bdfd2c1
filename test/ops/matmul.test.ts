import fc from "fast-check";
import * as assert from "uvu/assert";

import { describeProgram } from "../../src/autodiff/describe.ts";
import { gradCheck } from "../../src/autodiff/grad_check.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { mul } from "../../src/ops/binary.ts";
import { matmul } from "../../src/ops/matmul.ts";
import type { Transpose } from "../../src/ops/product.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, input } from "../../src/tensor/expression.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { computingTime } from "../support/clock.ts";
import { assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { product, transposed } from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

const TRANSPOSES: readonly Transpose[] = ["none", "a", "b", "both"];

const engine = await loadEngine();
const test = leakFreeSuite("matmul", engine);

/** A rows × columns matrix, or its transpose where `isTransposed`. */
function matrix(
  dtype: FloatType,
  rows: number,
  columns: number,
  values: Float64Array,
  isTransposed: boolean,
): Tensor<FloatType> {
  const stored = isTransposed ? transposed(rows, columns, values) : values;
  return tensor(engine, stored, { dtype, shape: isTransposed ? [columns, rows] : [rows, columns] });
}

test("the product of the README", () => {
  using a = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  using b = tensor(engine, new Float32Array([5, 6, 7, 8]), { shape: [2, 2] });
  using c = matmul(a, b);
  assert.equal(c.toArray(), [
    [19, 22],
    [43, 50],
  ]);
  using d = matmul(a, b, { transpose: "a" });
  assert.equal(d.toArray(), [
    [26, 30],
    [38, 44],
  ]);
  assert.equal([d.shape, d.dtype], [[2, 2], "float32"]);
  assert.is(engine.stats().tensors, 4);
  assert.is(engine.stats().bytes, 64);
});

for (const dtype of FLOATS) {
  test(`every transpose, with every size from 0 to 5, exact on integers, ${dtype}`, () => {
    for (let m = 0; m <= 5; m++) {
      for (let n = 0; n <= 5; n++) {
        for (let k = 0; k <= 5; k++) {
          const [a, b] = [integers(m * k, 1 + k), integers(k * n, 2 + k)];
          for (const transpose of TRANSPOSES) {
            using left = matrix(dtype, m, k, a, transpose === "a" || transpose === "both");
            using right = matrix(dtype, k, n, b, transpose === "b" || transpose === "both");
            using c = matmul(left, right, { transpose });
            assert.equal([c.shape, c.dtype], [[m, n], dtype]);
            assertEqual(c.data, product(m, n, k, a, b), `${transpose}: ${m}×${n}×${k}`);
          }
        }
      }
    }
  });

  test(`a product as large as a layer's agrees with float64, from every transpose, ${dtype}`, () => {
    const [m, n, k] = [100, 50, 784];
    const [a, b] = [reals(m * k, 3, dtype), reals(k * n, 4, dtype)];
    const want = product(m, n, k, a, b);
    const size = product(m, n, k, a.map(Math.abs), b.map(Math.abs));
    for (const transpose of TRANSPOSES) {
      using left = matrix(dtype, m, k, a, transpose === "a" || transpose === "both");
      using right = matrix(dtype, k, n, b, transpose === "b" || transpose === "both");
      using c = matmul(left, right, { transpose });
      assertWithin(c.data, want, (at) => (k + 2) * EPS[dtype] * (size[at] ?? Number.NaN), transpose);
    }
  });

  test(`C ← αAB + βC into out, which comes back, ${dtype}`, () => {
    using a = tensor(
      engine,
      [
        [1, 2],
        [3, 4],
      ],
      { dtype },
    );
    using b = tensor(
      engine,
      [
        [1, 0],
        [0, -1],
      ],
      { dtype },
    );
    using c = tensor(
      engine,
      [
        [10, 20],
        [30, 40],
      ],
      { dtype },
    );
    assert.is(matmul(a, b, { alpha: 2, beta: 0.5, out: c }), c);
    assert.equal(c.toArray(), [
      [7, 6],
      [21, 12],
    ]);
    c.data.fill(Number.NaN);
    matmul(a, b, { out: c });
    assert.equal(
      c.toArray(),
      [
        [1, -2],
        [3, -4],
      ],
      "β = 0 never reads out",
    );
    matmul(a, b, { beta: 1, out: c });
    assert.equal(c.toArray(), [
      [2, -4],
      [6, -8],
    ]);
    assert.is(engine.stats().tensors, 3);
  });

  test(`rows of a tensor are operands and outputs, ${dtype}`, () => {
    using x = tensor(engine, [[9], [1], [2], [9]], { dtype });
    using y = zeros(engine, [3, 2], { dtype });
    using w = tensor(engine, [[3, 4]], { dtype });
    matmul(x.rows(1, 3), w, { out: y.rows(1, 3) });
    assert.equal(y.toArray(), [
      [0, 0],
      [3, 4],
      [6, 8],
    ]);
  });

  test(`(AB)ᵀ = BᵀAᵀ to the bit, ${dtype}`, () => {
    const size = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(size, size, size, fc.nat(1e6), (m, n, k, seed) => {
        using a = matrix(dtype, m, k, reals(m * k, seed, dtype), false);
        using b = matrix(dtype, k, n, reals(k * n, seed + 1, dtype), false);
        using ab = matmul(a, b);
        using ba = matmul(b, a, { transpose: "both" });
        assert.equal(ba.shape, [n, m]);
        assertSame(ba.data, transposed(m, n, ab.data), "BᵀAᵀ");
      }),
    );
  });

  test(`linear in each operand, exactly on integers: (A + A')B = AB + A'B and A(B + B') = AB + AB', ${dtype}`, () => {
    const size = fc.nat(12);
    fc.assert(
      fc.property(size, size, size, fc.nat(1e6), fc.integer({ min: -3, max: 3 }), (m, n, k, seed, factor) => {
        const [a, a2] = [integers(m * k, seed), integers(m * k, seed + 1)];
        const [b, b2] = [integers(k * n, seed + 2), integers(k * n, seed + 3)];
        const combined = (x: Float64Array, y: Float64Array) =>
          x.map((value, i) => value + factor * (y[i] ?? Number.NaN));
        using A = matrix(dtype, m, k, a, false);
        using A2 = matrix(dtype, m, k, a2, false);
        using B = matrix(dtype, k, n, b, false);
        using B2 = matrix(dtype, k, n, b2, false);
        using sumA = matrix(dtype, m, k, combined(a, a2), false);
        using sumB = matrix(dtype, k, n, combined(b, b2), false);
        using left = matmul(sumA, B);
        using leftParts = matmul(A, B);
        matmul(A2, B, { alpha: factor, beta: 1, out: leftParts });
        assertEqual(left.data, leftParts.data, "left");
        using right = matmul(A, sumB);
        using rightParts = matmul(A, B);
        matmul(A, B2, { alpha: factor, beta: 1, out: rightParts });
        assertEqual(right.data, rightParts.data, "right");
      }),
    );
  });
}

test("NaN propagates even where α is 0", () => {
  using a = tensor(engine, [[Number.NaN, 1]]);
  using b = tensor(engine, [[1], [1]]);
  using c = matmul(a, b, { alpha: 0 });
  assert.ok(Number.isNaN(c.data[0]));
});

test("inner sizes that differ are refused, with both shapes, what is transposed, and the cure", () => {
  using a = zeros(engine, [2, 3]);
  using b = zeros(engine, [2, 4]);
  const texts: readonly [Transpose, string][] = [
    ["none", "a is [2, 3], found [2, 4]; 3 ≠ 2"],
    ["b", "a is [2, 3], found [2, 4] transposed; 3 ≠ 4"],
    ["both", "a is [2, 3] transposed, found [2, 4] transposed; 2 ≠ 4"],
  ];
  for (const [transpose, text] of texts) {
    const error = assertThrows(() => matmul(a, b, { transpose }), ShapeError, transpose);
    assert.is(error.message, `matmul: b: expected as many rows as a has columns, ${text}; did you mean to transpose?`);
    assert.equal([error.op, error.argument], ["matmul", "b"]);
  }
  using c = matmul(a, b, { transpose: "a" });
  assert.equal(c.shape, [3, 4]);
});

test("a scalar, a transposed vector, and axes that do not fit are refused, with both shapes", () => {
  using a = zeros(engine, [2, 2]);
  using scalar = zeros(engine, []);
  using vector = zeros(engine, [2]);
  using four = zeros(engine, [4]);
  using batch = zeros(engine, [3, 2, 2]);
  using other = zeros(engine, [2, 2, 2]);
  for (const [call, message] of [
    [() => matmul(scalar, a), "matmul: a: expected at least one axis, found []"],
    [() => matmul(a, scalar), "matmul: b: expected at least one axis, found []"],
    [
      () => matmul(vector, a, { transpose: "a" }),
      "matmul: a: expected at least two axes, where it is transposed, found [2]",
    ],
    [
      () => matmul(batch, vector, { transpose: "both" }),
      "matmul: b: expected at least two axes, where it is transposed, found [2]",
    ],
    [
      () => matmul(batch, four),
      "matmul: b: expected as many rows as a has columns, a is [3, 2, 2], found [4]; 2 ≠ 4; did you mean to transpose?",
    ],
    [
      () => matmul(batch, other, { transpose: "b" }),
      "matmul: b: expected leading axes that broadcast with those of a, [3, 2, 2], found [2, 2, 2] transposed",
    ],
  ] as const) {
    assert.is(assertThrows(call, ShapeError, message).message, message);
  }
});

test("batches are added to out by α and β, one matrix at a time and all rows at once", () => {
  using a = tensor(engine, [[[1, 2]], [[3, 4]]]);
  using b = tensor(engine, [[5], [6]]);
  using batch = tensor(engine, [
    [[5], [6]],
    [[7], [8]],
  ]);
  for (const [right, want] of [
    [b, [[[134]], [[278]]]],
    [batch, [[[134]], [[306]]]],
  ] as const) {
    using out = tensor(engine, [[[10]], [[20]]]);
    matmul(a, right, { alpha: 2, beta: 10, out });
    assert.equal(out.toArray(), want);
  }
});

test("a batch times one matrix is one product in a program, and so is the matrix's gradient", () => {
  const a = input(engine, [3, 2, 4], { name: "a" });
  const b = input(engine, [4, 5], { name: "b" });
  using program = compile({ db: gradientsOf(sum(matmul(a, b)), [b])[0] as Expression<"float32"> });
  const lines = describeProgram(program).split("\n");
  assert.equal(
    lines.filter((line) => line.includes(" matmul")).map((line) => line.match(/float32 (\[.*?\])/)?.[1]),
    ["[4, 5]"],
  );
});

test("an unknown transpose and a β without out are refused", () => {
  using a = zeros(engine, [2, 2]);
  const unknown = assertThrows(() => matmul(a, a, { transpose: "A" as Transpose }), OptionError, "transpose");
  assert.is(unknown.message, 'matmul: transpose: expected "none", "a", "b" or "both", found "A"');
  for (const factor of ["alpha", "beta"] as const) {
    for (const value of ["2", null]) {
      const error = assertThrows(() => matmul(a, a, { [factor]: value as never }), OptionError, factor);
      assert.is(error.option, `matmul: ${factor}`);
    }
  }
  const beta = assertThrows(() => matmul(a, a, { beta: 1 }), OptionError, "beta");
  assert.is(beta.message, "matmul: beta: expected 0 unless out is given, found 1");
});

test("a thousand products leave memory where it was", () => {
  using a = zeros(engine, [64, 300]);
  using out = zeros(engine, [64, 64]);
  const step = () => matmul(a, a, { transpose: "b", out });
  step();
  const before = engine.stats();
  for (let i = 0; i < 1000; i++) step();
  assert.equal(engine.stats(), before);
});

test("a product without columns is done at once, however many rows it has", () => {
  using a = zeros(engine, [2 ** 30, 0]);
  using b = zeros(engine, [0, 0]);
  const computed = computingTime();
  using c = matmul(a, b);
  assert.ok(computed() < 300, "no walk");
  assert.equal(c.shape, [2 ** 30, 0]);
});

test("an empty result may lie within an operand: it has no element that could overlap", () => {
  using a = zeros(engine, [0, 3]);
  using b = zeros(engine, [3, 2]);
  using out = b.part(2, [0, 2]);
  assert.is(matmul(a, b, { out }), out);
  using one = b.part(2, [1, 2]);
  using row = zeros(engine, [1, 3]);
  assertThrows(() => matmul(row, b, { out: one }), ShapeError, "one row overlaps");
});

test("a scaled product has the gradients of both factors, however they are turned", () => {
  using square = tensor(engine, reals(9, 1, "float64"), { shape: [3, 3] });
  using other = tensor(engine, reals(9, 2, "float64"), { shape: [3, 3] });
  using weights = tensor(engine, reals(9, 3, "float64"), { shape: [3, 3] });
  for (const transpose of ["none", "a", "b", "both"] as const) {
    const { inputs } = gradCheck((a, b) => sum(mul(matmul(a, b, { transpose, alpha: -3 }), weights)), [square, other]);
    assert.equal(
      inputs.map(({ failures }) => failures),
      [0, 0],
      transpose,
    );
  }
});

test.run();
