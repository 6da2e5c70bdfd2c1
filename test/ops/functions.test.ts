/** Functions of one and two operands by name: on tensors and on expressions, what they refuse, and what they compose. */
import * as assert from "uvu/assert";
import { grad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { gelu as geluLayer } from "../../src/nn/layers/activations.ts";
import * as activations from "../../src/ops/activations.ts";
import { clip } from "../../src/ops/clip.ts";
import * as comparison from "../../src/ops/comparison.ts";
import { type ComposedFunction, erf, gelu, leakyRelu, neg, pow, square } from "../../src/ops/elementwise.ts";
import * as logarithms from "../../src/ops/logarithms.ts";
import * as rounding from "../../src/ops/rounding.ts";
import { sum } from "../../src/ops/sum.ts";
import * as trigonometry from "../../src/ops/trigonometry.ts";
import { type Expression, input } from "../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import * as oracle from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

type Values = Tensor<FloatType>;
type Unary = (x: Values, options?: { out?: Values }) => Values;
type Binary = (a: Values | number, b: Values | number, options?: { out?: Values }) => Values;

const { mod, floorDiv, ...ofOne } = rounding;
const { atan2, ...angles } = trigonometry;
const {
  less,
  lessEqual,
  notEqual,
  logicalAnd,
  logicalOr,
  logicalNot,
  isNaN: isNaNOf,
  isFinite: isFiniteOf,
} = comparison;
const { expm1, log1p, log2, log10, reciprocal, rsqrt } = logarithms;
const { silu, mish, selu, relu6, hardSigmoid, hardSwish, elu, prelu } = activations;

const BY_KERNEL = { ...ofOne, ...angles, expm1, log1p, log2, log10, erf } as unknown as Record<string, Unary>;
const COMPOSED = {
  ...{ logicalNot, isNaN: isNaNOf, isFinite: isFiniteOf, reciprocal, rsqrt },
  ...{ silu, mish, selu, relu6, hardSigmoid, hardSwish, elu },
} as unknown as Record<string, Unary>;
const OF_TWO = { mod, floorDiv, atan2, less, lessEqual, notEqual, logicalAnd, logicalOr } as unknown as Record<
  string,
  Binary
>;

const MORE_WITH_OUT = (slopes: Values): Record<string, Unary> => ({
  ...({ neg, square } as unknown as Record<string, Unary>),
  gelu: (x, options) => gelu(x, { approximate: "none", ...options }),
  leakyRelu: (x, options) => leakyRelu(x, { slope: 2, ...options }),
  clip: (x, options) => clip(x, -0.5, 2, options),
  prelu: (x, options) => prelu(x, slopes, options),
  pow: (x, options) => pow(x, 3, options),
});

const INPUTS = [Number.NaN, Infinity, -Infinity, 0, -0, 0.3, -0.7, 2.5, -3.5, 8];
const engine = await loadEngine();
const test = leakFreeSuite("functions", engine);

for (const dtype of FLOATS) {
  for (const [name, f] of Object.entries({ ...BY_KERNEL, ...COMPOSED })) {
    test("sin: the bits of NaN at ±∞ do not depend on what was computed before", () => {
      const bits = [1e10, 2e10, 3e10, 4e10, 5e10, 6e10].map((before) => {
        using x = tensor(engine, Float64Array.of(before, Infinity));
        using y = trigonometry.sin(x);
        return new BigInt64Array(y.data.slice().buffer)[1];
      });
      assert.is(new Set(bits).size, 1, `${bits}`);
    });

    test(`${name} of an expression has the bits of the tensor's, ${dtype}`, () => {
      using x = tensor(engine, INPUTS, { dtype });
      using y = f(x);
      const leaf = input(engine, [INPUTS.length], { name: "x", dtype }) as Expression<FloatType>;
      using program = compile({ y: f(leaf as unknown as Values) as unknown as Expression<FloatType> });
      program.inputs["x"]!.set(x.data);
      program.run();
      assertSame((program.outputs["y"] as Values).data, y.data, name);
    });
  }

  test(`functions of one operand write into out, which may be x, ${dtype}`, () => {
    const slopes = tensor(engine, 0.25, { dtype });
    for (const [name, f] of Object.entries({ ...BY_KERNEL, ...COMPOSED, ...MORE_WITH_OUT(slopes) })) {
      using x = tensor(engine, INPUTS, { dtype });
      using y = f(x);
      using place = tensor(engine, INPUTS, { dtype });
      const before = engine.stats().tensors;
      assert.is(f(x, { out: place }), place);
      assertSame(place.data, y.data, name);
      assertSame(x.data, INPUTS.map(dtype === "float32" ? Math.fround : Number), `${name}: x stays`);
      assert.is(f(x, { out: x }), x);
      assertSame(x.data, y.data, `${name} in place`);
      assert.is(engine.stats().tensors, before, `${name}: nothing is left behind`);
    }
    slopes.dispose();
  });

  test(`an out that does not fit, overlaps in part, or goes with an expression is refused by name, ${dtype}`, () => {
    const slopes = tensor(engine, 0.25, { dtype });
    using memory = tensor(engine, [1, 2, 3, 4], { dtype });
    using wrong = tensor(engine, [1, 2], { dtype });
    const x = memory.part(0, [3]);
    const lazy = input(engine, [3], { name: "x", dtype }) as unknown as Values;
    for (const [name, f] of Object.entries({ ...BY_KERNEL, ...COMPOSED, ...MORE_WITH_OUT(slopes) })) {
      for (const out of [wrong, memory.part(1, [3])]) {
        const error = assertThrows(() => f(x, { out }), ShapeError, name);
        assert.equal([error.op, error.argument], [name, "out"]);
      }
      assert.is(assertThrows(() => f(lazy, { out: wrong }), OptionError, name).option, `${name}: out`);
    }
    slopes.dispose();
  });

  test(`functions of two broadcast, and take numbers, ${dtype}`, () => {
    for (const [name, f] of Object.entries(OF_TWO)) {
      using a = tensor(engine, [[5.5], [-2]], { dtype });
      using b = tensor(engine, [2, -0.75, 0], { dtype });
      using both = f(a, b);
      assert.equal(both.shape, [2, 3], name);
      using left = f(5.5, b);
      using right = f(a, 2);
      assertSame(both.rows(0, 1).data, left.data, name);
      assertSame([both.data[0]!, both.data[3]!], right.data, name);
    }
  });

  test(`comparisons and conditions: NaN equals nothing, and is not 0, ${dtype}`, () => {
    using a = tensor(engine, [1, 2, Number.NaN, Number.NaN, 0, -0, Infinity], { dtype });
    using b = tensor(engine, [2, 2, Number.NaN, 0, 0, 1, Infinity], { dtype });
    for (const [f, want] of [
      [less, [1, 0, 0, 0, 0, 1, 0]],
      [lessEqual, [1, 1, 0, 0, 1, 1, 1]],
      [notEqual, [1, 0, 1, 1, 0, 1, 0]],
      [logicalAnd, [1, 1, 1, 0, 0, 0, 1]],
      [logicalOr, [1, 1, 1, 1, 0, 1, 1]],
    ] as const) {
      using y = f(a, b) as Values;
      assertSame(y.data, want, "of two");
    }
    for (const [f, want] of [
      [logicalNot as ComposedFunction, [0, 0, 0, 0, 1, 1, 0]],
      [isNaNOf as ComposedFunction, [0, 0, 1, 1, 0, 0, 0]],
      [isFiniteOf as ComposedFunction, [1, 1, 0, 0, 1, 1, 0]],
    ] as const) {
      using y = f(a) as Values;
      assertSame(y.data, want, "of one");
    }
  });

  test(`gelu: today's numbers without an option, the error function's with "none", ${dtype}`, () => {
    using x = tensor(engine, [-3, -0.5, 0.1, 2], { dtype });
    using usual = gelu(x);
    using tanh = gelu(x, { approximate: "tanh" });
    assertSame(usual.data, tanh.data, "tanh");
    using exact = gelu(x, { approximate: "none" });
    for (const [i, value] of x.data.entries()) {
      const want = 0.5 * value * (1 + oracle.erf(value / Math.SQRT2));
      assert.ok(Math.abs(exact.data[i]! - want) <= (dtype === "float32" ? 2e-7 : 5e-16), `gelu(${value})`);
    }
  });
}

/** Those that take int32 as well, of two and of one. */
const OF_INTEGERS = ["mod", "floorDiv", "less", "lessEqual", "notEqual", "logicalAnd", "logicalOr"];
const OF_ONE_INTEGER = [
  ...["abs", "sign", "floor", "ceil", "trunc", "round", "logicalNot", "isNaN", "isFinite", "clip"],
];

test("integers are refused by the function's name, int32 where it does not take them", () => {
  for (const x of [tensor(engine, Int32Array.of(1, 2)), tensor(engine, Uint8Array.of(1, 2))]) {
    const calls: Record<string, () => unknown> = {
      clip: () => clip(x as never, 0, 1),
      prelu: () => prelu(x as never, x as never),
      gelu: () => gelu(x as never, { approximate: "none" }),
      pow: () => pow(x as never, x as never),
    };
    for (const [name, f] of Object.entries({ ...BY_KERNEL, ...COMPOSED })) calls[name] = () => f(x as never);
    for (const [name, f] of Object.entries(OF_TWO)) calls[name] = () => f(x as never, x as never);
    for (const [name, call] of Object.entries(calls)) {
      if (x.dtype === "int32" && [...OF_INTEGERS, ...OF_ONE_INTEGER].includes(name)) continue;
      const error = assertThrows(call, DTypeError, name);
      assert.equal([error.op, error.found], [name, x.dtype]);
    }
    x.dispose();
  }
});

test("remainders, quotients and comparisons of int32 are NumPy's: the divisor's sign, floors, and 0 where it is 0", () => {
  using a = tensor(engine, Int32Array.of(7, -7, 7, -7, 5, 0, -(2 ** 31)));
  using b = tensor(engine, Int32Array.of(3, 3, -3, -3, 0, 4, -1));
  const wanted: Record<string, readonly number[]> = {
    mod: [1, 2, -2, -1, 0, 0, 0],
    floorDiv: [2, -3, -3, 2, 0, 0, -(2 ** 31)],
    less: [0, 1, 0, 1, 0, 1, 1],
    lessEqual: [0, 1, 0, 1, 0, 1, 1],
    notEqual: [1, 1, 1, 1, 1, 1, 1],
    logicalAnd: [1, 1, 1, 1, 0, 0, 1],
    logicalOr: [1, 1, 1, 1, 1, 1, 1],
  };
  assert.equal(Object.keys(wanted), OF_INTEGERS);
  for (const [name, numbers] of Object.entries(wanted)) {
    using y = OF_TWO[name]!(a as never, b as never);
    assert.equal([y.dtype, [...y.data]], ["int32", numbers], name);
  }
});

test("options and bounds are refused by name", () => {
  using x = tensor(engine, [1, 2]);
  for (const [option, call] of [
    ["clip: min", () => clip(x, "0" as never, 1)],
    ["clip: max", () => clip(x, 0, undefined as never)],
    ["elu: alpha", () => elu(x, { alpha: "1" as never })],
    ["elu: slope", () => elu(x, { slope: 1 } as never)],
    ["gelu: approximate", () => gelu(x, { approximate: "erf" as never })],
    ["gelu: approximate", () => geluLayer({ approximate: "erf" as never })],
    ["silu: into", () => silu(x, { into: x } as never)],
    ["pow: a", () => pow(2, 3 as never)],
  ] as const) {
    assert.is(assertThrows(call, OptionError, option).option, option);
  }
  using three = tensor(engine, [1, 2, 3]);
  using rows = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  for (const slope of [three, rows]) {
    const error = assertThrows(() => prelu(x, slope), ShapeError, "prelu");
    assert.equal([error.op, error.argument], ["prelu", "slope"]);
  }
});

test("clip: the upper bound wins where the bounds are crossed, and infinite bounds are none", () => {
  using x = tensor(engine, [-5, 0, 5, Number.NaN]);
  using crossed = clip(x, 3, 1);
  assertSame(crossed.data, [1, 1, 1, Number.NaN], "crossed");
  using below = clip(x, -Infinity, 1);
  assertSame(below.data, [-5, 0, 1, Number.NaN], "no lower bound");
});

test("prelu: a parameter as an expression, and a tensor of inputs; its gradient is a sum over rows", () => {
  using x = tensor(engine, [
    [-1, 2],
    [-3, -4],
  ]);
  using slope = tensor(engine, [0.5, 0.25]);
  const [da] = grad((a) => sum(prelu(x, a) as typeof a))(slope);
  using gradient = da;
  assertSame(gradient.data, [-4, -4], "∂slope");
});

test("pow: a number to a tensor, and gradients where a factor is 0", () => {
  using p = tensor(engine, [0, 3, -1]);
  using y = pow(2, p);
  assertSame(y.data, [1, 8, 0.5], "2^p");
  using a = tensor(engine, [0, 0, 2]);
  using b = tensor(engine, [0, 2, 0]);
  const [da, db] = grad((u, v) => sum(pow(u, v)))(a, b);
  using gradA = da;
  using gradB = db;
  assertSame(gradA.data, [0, 0, 0], "∂a");
  assertSame(gradB.data, [0, 0, Math.fround(Math.log(2))], "∂b");
});

test.run();
