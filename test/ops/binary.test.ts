/** Functions of two operands against their definitions; every result is exact or rounded once. */
import * as assert from "uvu/assert";

import { grad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import {
  add,
  div,
  drop,
  equal,
  greater,
  greaterEqual,
  keep,
  maximum,
  minimum,
  mul,
  sub,
} from "../../src/ops/binary.ts";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import { broadcastNumbers, sum } from "../../src/ops/sum.ts";
import { where } from "../../src/ops/where.ts";
import { broadcastShape } from "../../src/tensor/broadcast.ts";
import { constant, Expression, expressionOf, input } from "../../src/tensor/expression.ts";
import { countOf, type Shape, show } from "../../src/tensor/layout.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertEqual, assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, integers } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const other = await loadEngine();
const test = leakFreeSuite("binary", engine);

const FUNCTIONS = {
  add: [add, (a: number, b: number) => a + b],
  sub: [sub, (a: number, b: number) => a - b],
  mul: [mul, (a: number, b: number) => a * b],
  div: [div, (a: number, b: number) => a / b],
  maximum: [maximum, Math.max],
  minimum: [minimum, Math.min],
  greater: [greater, (a: number, b: number) => Number(a > b)],
  greaterEqual: [greaterEqual, (a: number, b: number) => Number(a >= b)],
  equal: [equal, (a: number, b: number) => Number(a === b)],
  keep: [keep, (a: number, b: number) => (a !== 0 ? b : 0)],
  drop: [drop, (a: number, b: number) => (a === 0 ? b : 0)],
} as const;

/** Shapes of a and b; walks of none to seven axes, more than one kernel call knows. */
const PAIRS: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[7], []],
  [[], [2, 3]],
  [[5], [5]],
  [[2, 9], [9]],
  [[9], [2, 9]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 1],
    [1, 2],
  ],
  [[3, 1], [5]],
  [
    [2, 3, 5],
    [2, 1, 5],
  ],
  [
    [2, 1, 5],
    [3, 1],
  ],
  [
    [2, 1, 3, 1],
    [1, 4, 1, 17],
  ],
  [
    [2, 1, 3, 1, 2],
    [1, 2, 1, 3, 1],
  ],
  [
    [2, 1, 3, 1, 2, 1],
    [1, 2, 1, 2, 1, 5],
  ],
  [
    [2, 1, 2, 1, 2, 1, 3],
    [2, 1, 2, 1, 2, 1],
  ],
  [
    [3, 1, 1, 1, 1],
    [3, 2, 1, 2, 2],
  ],
  [[0], [1]],
  [[0, 3], [3]],
  [
    [2, 0],
    [2, 1],
  ],
  [
    [2, 1, 0, 1, 2, 1],
    [1, 2, 1, 2, 1, 5],
  ],
];

const SPECIAL = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 1.5, -2];

/** The numbers of x along the axes of a shape that it broadcasts to. */
function repeated(x: ArrayLike<number>, own: Shape, shape: Shape): number[] {
  return Array.from({ length: countOf(shape) }, (_, at) => {
    let [rest, element, stride] = [at, 0, 1];
    for (let axis = shape.length - 1, mine = own.length - 1; mine >= 0; axis--, mine--) {
      const index = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      element += (own[mine] === 1 ? 0 : index) * stride;
      stride *= own[mine]!;
    }
    return x[element] ?? Number.NaN;
  });
}

function broadcast(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    return left === 1 ? right : left;
  });
}

/** Rounded once to the dtype. A quotient of two float32s is rounded rightly by way of float64. */
function rounded(dtype: FloatType, values: readonly number[]): number[] {
  return dtype === "float32" ? values.map(Math.fround) : [...values];
}

function made(dtype: FloatType, shape: Shape, seed: number): Tensor<FloatType> {
  return tensor(engine, integers(countOf(shape), seed), { dtype, shape });
}

for (const dtype of FLOATS) {
  for (const [name, [f, oracle]] of Object.entries(FUNCTIONS)) {
    test(`${name} of every pair of shapes that broadcast, ${dtype}`, () => {
      for (const [shapeA, shapeB] of PAIRS) {
        using a = made(dtype, shapeA, 1);
        using b = made(dtype, shapeB, 2);
        const shape = broadcast(shapeA, shapeB);
        const [left, right] = [repeated(a.data, shapeA, shape), repeated(b.data, shapeB, shape)];
        const want = rounded(
          dtype,
          left.map((value, i) => oracle(value, right[i]!)),
        );
        using y = f(a, b);
        const label = `${show(shapeA)} ${show(shapeB)}`;
        assert.equal([y.shape, y.dtype], [shape, dtype], label);
        assertSame(y.data, want, label);
        using out = zeros(engine, shape, { dtype });
        out.data.fill(Number.NaN);
        assert.is(f(a, b, { out }), out);
        assertSame(out.data, want, `${label} into out`);
        for (const operand of [a, b]) {
          if (show(operand.shape) !== show(shape)) continue;
          const before = operand.data.slice();
          assert.is(f(a, b, { out: operand }), operand);
          assertSame(operand.data, want, `${label} in place`);
          operand.data.set(before);
        }
      }
    });

    test(`${name} of NaN, infinities and zeros of both signs, ${dtype}`, () => {
      using a = tensor(engine, new Float64Array(SPECIAL), { dtype, shape: [SPECIAL.length, 1] });
      using b = tensor(engine, new Float64Array(SPECIAL), { dtype });
      using y = f(a, b);
      const want = SPECIAL.flatMap((left) => SPECIAL.map((right) => oracle(left, right)));
      assertSame(y.data, rounded(dtype, want), name);
    });

    test(`${name} of a number on either side, ${dtype}`, () => {
      using x = tensor(engine, new Float64Array(SPECIAL), { dtype, shape: [SPECIAL.length, 1] });
      for (const number of [2, 0, -0, 0.1, Infinity, Number.NaN]) {
        const [digits] = rounded(dtype, [number]) as [number];
        using behind = f(x, number);
        using before = f(number, x);
        assert.equal([behind.shape, before.shape], [x.shape, x.shape]);
        const wantBehind = SPECIAL.map((value) => oracle(value, digits));
        const wantBefore = SPECIAL.map((value) => oracle(digits, value));
        assertSame(behind.data, rounded(dtype, wantBehind), `x, ${number}`);
        assertSame(before.data, rounded(dtype, wantBefore), `${number}, x`);
        using inPlace = tensor(engine, x.data, { shape: x.shape });
        f(number, inPlace, { out: inPlace });
        assertSame(inPlace.data, before.data, `${number}, x in place`);
      }
    });

    test(`${name} of x and itself, into itself, ${dtype}`, () => {
      using x = made(dtype, [3, 7], 3);
      const want = Array.from(x.data, (value) => oracle(value, value));
      f(x, x, { out: x });
      assertSame(x.data, rounded(dtype, want), name);
    });
  }

  test(`an expression gives what tensors give, of every pair of shapes, ${dtype}`, () => {
    for (const [shapeA, shapeB] of PAIRS) {
      using a = made(dtype, shapeA, 1);
      using b = made(dtype, shapeB, 2);
      const [left, right] = [expressionOf(a), expressionOf(b)];
      // A value that is repeated is smaller than the result, which must not be written in its place.
      using program = compile({ y: sub(mul(left, 2), mul(right, 3)), z: div(mul(left, 4), right) });
      program.run();
      const shape = broadcast(shapeA, shapeB);
      const [x, y] = [repeated(a.data, shapeA, shape), repeated(b.data, shapeB, shape)];
      const label = `${show(shapeA)} ${show(shapeB)}`;
      assertEqual(
        program.outputs.y.data,
        x.map((value, i) => 2 * value - 3 * y[i]!),
        label,
      );
      const quotients = x.map((value, i) => (4 * value) / y[i]!);
      assertEqual(program.outputs.z.data, rounded(dtype, quotients), label);
    }
  });

  test(`where takes a where the condition is not 0, else b, whatever is not taken, ${dtype}`, () => {
    using condition = tensor(engine, [[1], [0], [-0], [Number.NaN]], { dtype });
    using a = tensor(engine, [1, Infinity, Number.NaN], { dtype });
    using b = tensor(engine, [-1, Number.NaN, -Infinity], { dtype });
    using y = where(condition, a, b);
    assert.is(y.dtype, dtype);
    const [yes, no] = [
      [1, Infinity, Number.NaN],
      [-1, Number.NaN, -Infinity],
    ];
    assert.equal(y.toArray(), [yes, no, no, yes]);
    using clipped = where(condition, 5, b);
    assert.equal(clipped.toArray(), [[5, 5, 5], no, no, [5, 5, 5]]);
    using numbers = where(condition, 5, 7);
    assert.equal(numbers.toArray(), [[5], [7], [7], [5]]);
    const chosen = where(expressionOf(condition), a, expressionOf(b));
    using program = compile({ chosen });
    program.run();
    assert.equal(program.outputs.chosen.toArray(), y.toArray());
  });

  test(`where of tensors with an expression among them, wherever it stands, is one of tensors, ${dtype}`, () => {
    using condition = tensor(engine, [1, 0, 1], { dtype });
    using a = tensor(engine, [1, 2, 3], { dtype });
    using b = tensor(engine, [4, 5, 6], { dtype });
    const [c, x, y] = [expressionOf(condition), expressionOf(a), expressionOf(b)];
    for (const [label, chosen] of Object.entries({
      condition: where(c, a, b),
      a: where(condition, x, b),
      b: where(condition, a, y),
      "a, beside a number": where(condition, x, 5),
      "b, beside a number": where(condition, 1, y),
    })) {
      using program = compile({ chosen });
      program.run();
      const beside = label.endsWith("number");
      assert.equal(program.outputs.chosen.toArray(), beside ? [1, 5, label.startsWith("a") ? 3 : 1] : [1, 5, 3], label);
    }
  });

  test(`broadcastTo repeats along axes that x does not have, or has with extent 1, ${dtype}`, () => {
    for (const [own, shape] of [
      [[], []],
      [[], [2, 3]],
      [[3], [2, 3]],
      [
        [3, 1],
        [2, 3, 4],
      ],
      [
        [2, 1, 3, 1, 2, 1],
        [2, 2, 3, 2, 2, 2],
      ],
      [
        [1, 3],
        [0, 3],
      ],
      [
        [2, 3],
        [2, 3],
      ],
    ]) {
      using x = made(dtype, own!, 4);
      if (x.size > 1) x.data[0] = Number.NaN;
      using y = broadcastTo(x, shape!);
      assert.equal([y.shape, y.dtype], [shape, dtype]);
      assertSame(y.data, repeated(x.data, own!, shape!), `${show(own!)} to ${show(shape!)}`);
      using program = compile({ y: broadcastTo(mul(expressionOf(x), 1), shape!) });
      program.run();
      assertSame(program.outputs.y.data, y.data, "in a program");
    }
  });
}

test("broadcastTo refuses a shape that x does not broadcast to, or that is none", () => {
  using x = zeros(engine, [2, 3]);
  for (const shape of [[3], [3, 3], [2, 1], [2, 3, 1], []]) {
    const error = assertThrows(() => broadcastTo(x, shape), ShapeError, show(shape));
    assert.is(error.message, `broadcastTo: x: expected a shape that broadcasts to ${show(shape)}, found [2, 3]`);
  }
  using one = zeros(engine, [1]);
  for (const shape of [[2.5], [-1], [2 ** 31]]) {
    assert.is(assertThrows(() => broadcastTo(one, shape), OptionError, show(shape)).option, "broadcastTo: shape");
  }
  using bytes = zeros(engine, [1], { dtype: "uint8" });
  assertThrows(() => broadcastNumbers(bytes as never, [2]), DTypeError, "gradients have no bytes");
});

test("a shape that is given to broadcastTo may change afterwards", () => {
  using x = zeros(engine, [1]);
  const shape = [2];
  using y = broadcastTo(x, shape);
  shape[0] = 5;
  assert.equal(y.shape, [2]);
});

for (const [name, [f]] of Object.entries(FUNCTIONS)) {
  test(`${name} refuses shapes that do not broadcast, with both`, () => {
    using a = zeros(engine, [2, 3]);
    for (const shape of [[2], [3, 3], [2, 4], [0], [2, 1, 2]]) {
      using b = zeros(engine, shape);
      const error = assertThrows(() => f(a, b), ShapeError, show(shape));
      const text = `${name}: b: expected a shape that broadcasts with a's [2, 3], found ${show(shape)}`;
      assert.is(error.message, text);
      assert.is(assertThrows(() => f(expressionOf(a), b), ShapeError, "expression").message, text);
    }
  });

  test(`${name} refuses two numbers, and what is no operand`, () => {
    using x = zeros(engine, [2]);
    const error = assertThrows(() => f(1, 2 as never), OptionError, "numbers");
    assert.is(error.message, `${name}: a: expected a tensor or an expression with a number, found 1`);
    for (const wrong of [undefined, null, "3", [1, 2]]) {
      const [first, second] = [wrong as never, x as never];
      assert.is(assertThrows(() => f(first, second), OptionError, "a").option, `${name}: a`);
      assert.is(assertThrows(() => f(second, first), OptionError, "b").option, `${name}: b`);
      assert.is(assertThrows(() => f(first, 1 as never), OptionError, "a").option, `${name}: a`);
    }
  });

  test(`${name} refuses an out that is a repeated operand, or a part of one`, () => {
    using a = zeros(engine, [2, 3]);
    using row = zeros(engine, [3]);
    assert.is(
      assertThrows(() => f(a, row, { out: row }), ShapeError, "row").message,
      `${name}: out: expected [2, 3], found [3]`,
    );
    using large = zeros(engine, [12]);
    for (const start of [1, 5]) {
      const [operand, out] = [large.part(0, [2, 3]), large.part(start, [2, 3])];
      const error = assertThrows(() => f(operand, row, { out }), ShapeError, `from ${start}`);
      assert.is(error.found, "an overlap with tensor float32 [2, 3]");
    }
    const repeats = large.part(0, [1]);
    assertThrows(
      () => f(repeats, a, { out: large.part(0, [2, 3]) }),
      ShapeError,
      "out begins where a repeated one does",
    );
  });
}

test("an expression among where's tensors makes all of it one, which outlives the call", () => {
  using condition = tensor(engine, [1, 0]);
  using a = tensor(engine, [2, 3]);
  using b = tensor(engine, [4, 5]);
  for (const chosen of [
    where(condition, a, expressionOf(b)),
    where(condition, expressionOf(a), b),
    where(expressionOf(condition), a, b),
  ]) {
    using program = compile({ chosen });
    program.run();
    assert.equal(program.outputs.chosen.toArray(), [2, 5]);
  }
});

test("a result without elements has axes that kernels can count, as any other", () => {
  using a = zeros(engine, [2 ** 20, 1, 0]);
  using b = zeros(engine, [1, 2 ** 20, 0]);
  for (const call of [() => add(a, b), () => add(expressionOf(a), b)]) {
    const error = assertThrows(call, ShapeError, "add");
    assert.is(error.message, "add: result: expected axes of fewer than 2^31 elements, found [1048576, 1048576, 0]");
  }
});

test("where refuses shapes and dtypes by its own name", () => {
  using condition = zeros(engine, [2, 1]);
  using a = zeros(engine, [3]);
  using wrong = zeros(engine, [4]);
  using doubles = zeros(engine, [3], { dtype: "float64" });
  using columns = zeros(engine, [2, 1], { dtype: "uint16" });
  for (const [call, message] of [
    [() => where(condition, a, wrong), "where: b: expected a shape that broadcasts with [2, 3], found [4]"],
    [() => where(condition, a, doubles as never), "where: b: expected dtype float32, found float64"],
    [() => where(condition, doubles as never, a), "where: b: expected dtype float64, found float32"],
    [
      () => where(columns as never, a, a),
      "where: condition: expected dtype float32, float64, int32 or uint8, found uint16",
    ],
    [
      () => where(condition, columns as never, 1),
      "where: a: expected dtype float32, float64, int32 or uint8, found uint16",
    ],
  ] as const) {
    assert.throws(call, (error: Error) => error.message === message, message);
  }
});

test("a neutral number is left out of an expression, but not what is checked", () => {
  const x = input(engine, [2], { name: "x" });
  for (const [f, neutral] of [
    [mul, 1],
    [add, -0],
  ] as const) {
    assert.is(f(x, neutral), x);
    assert.is(f(neutral, x), x);
    assert.is.not(f(x, 1 - neutral), x);
    assertThrows(() => f(x, constant(engine, neutral, "float64") as never), DTypeError, "dtype");
    assertThrows(() => f(constant(engine, neutral, "float64") as never, x), DTypeError, "dtype");
    using y = zeros(engine, [2]);
    assert.instance(f(constant(engine, neutral, "float32"), y), Expression, "of a tensor, an expression");
  }
  assert.is.not(sub(x, 0), x);
  assert.is.not(add(x, 0), x, "-0 + 0 is 0");
  assert.is.not(div(x, 1), x);
  assert.is.not(add(x, 0), x, "-0 + 0 is 0");
});

test("a sum with 0 has the same zeros in a program as at once", () => {
  using x = tensor(engine, [-0, 0]);
  for (const zero of [0, -0]) {
    using atOnce = add(x, zero);
    using program = compile({ y: add(expressionOf(x), zero), reverse: add(zero, expressionOf(x)) });
    program.run();
    assertSame(atOnce.data, [zero, 0], `x + ${zero}`);
    assertSame(program.outputs.y.data, atOnce.data, "in a program");
    assertSame(program.outputs.reverse.data, atOnce.data, "in a program, the other way round");
  }
});

for (const dtype of FLOATS) {
  test(`where keeps the sign of 0, of tensors, numbers and expressions, ${dtype}`, () => {
    using condition = tensor(engine, [1, 0, -1, Number.NaN, -0], { dtype });
    using zeros0 = tensor(engine, [0, 0, 0, 0, 0], { dtype });
    using negative = tensor(engine, [-0, -0, -0, -0, -0], { dtype });
    const want = [-0, 0, -0, -0, 0];
    for (const [a, b, expected] of [
      [negative, zeros0, want],
      [zeros0, negative, want.map((zero) => -zero)],
      [-0, zeros0, want],
      [zeros0, -0, want.map((zero) => -zero)],
      [negative, 0, want],
      [0, negative, want.map((zero) => -zero)],
      [-0, 0, want],
      [-0, -0, want.map(() => -0)],
      [negative, negative, want.map(() => -0)],
    ] as const) {
      using y = where(condition, a, b);
      assertSame(y.data, expected, "at once");
      using program = compile({ y: where(expressionOf(condition), a, b) });
      program.run();
      assertSame(program.outputs.y.data, expected, "in a program");
    }
  });

  test(`the gradient of a repeated operand keeps the sign of 0 where nothing is added, ${dtype}`, () => {
    using x = tensor(engine, [3], { dtype });
    using factor = tensor(engine, [[-0]], { dtype });
    const [dx] = grad((v) => sum(mul(v, factor)))(x);
    using slope = dx;
    assertSame(slope.data, [-0], "one element under one axis more");
  });
}

test("operands of two engines are refused, also where one is a neutral number", () => {
  using x = zeros(engine, [2]);
  assert.throws(() => mul(expressionOf(x), constant(other, 1, "float32")), /^mul: b belongs to another engine/);
});

test("an expression that repeats its operands is not computed with fewer repeats than its shape needs", () => {
  using x = tensor(engine, new Float64Array([5]));
  using y = tensor(engine, new Float64Array([7]));
  const [a, b] = [expressionOf(x), expressionOf(y)];
  for (const [left, right, shape] of [
    [
      [3, 1],
      [1, 4],
      [3, 4],
    ], // both are needed
    [[3], [1], [3]], // the left one
    [[1], [3], [3]],
    [[3], [3], [3]], // either
    [[1, 1], [1], [1, 1]],
  ] as const) {
    const total = add(broadcastTo(a, left), broadcastTo(b, right));
    assert.equal(total.shape, shape);
    using program = compile({ total });
    program.run();
    assertEqual(program.outputs.total.data as Float64Array, new Array(countOf(shape)).fill(12), `${left} + ${right}`);
  }
});

test("repeats that an expression would make anyway are left out, and those that its shape needs are not", () => {
  const of = (...shape: number[]) => input(engine, shape, { name: "x" });
  const [one, row, column, matrix] = [of(1), of(3), of(2, 1), of(2, 3)];
  const repeat = (x: typeof row, ...shape: number[]) => broadcastTo(x, shape);
  const [tall, flat] = [repeat(one, 4, 1), repeat(one, 1, 3)];
  for (const [a, b, want] of [
    [repeat(row, 2, 3), repeat(column, 2, 3), [row, column]],
    [repeat(row, 2, 3), matrix, [row, matrix]],
    [matrix, repeat(row, 2, 3), [matrix, row]],
    [repeat(row, 2, 3), repeat(one, 2, 3), [row, undefined]],
    [tall, repeat(row, 1, 3), [tall, row]],
    [tall, flat, [tall, flat]],
    [matrix, row, [matrix, row]],
  ] as const) {
    const { source, shape } = mul(a, b);
    assert.equal(shape, broadcastShape(a.shape, b.shape));
    const operands = source.kind === "applied" ? source.operands : [];
    for (const [i, operand] of want.entries()) assert.is(operands[i], operand ?? b, `${shape}: operand ${i}`);
  }
});

test.run();
