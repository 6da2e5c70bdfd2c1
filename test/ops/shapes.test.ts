import { readFileSync } from "node:fs";
import {
  compile,
  DTypeError,
  type Expression,
  expandDims,
  flip,
  grad,
  input,
  mul,
  OptionError,
  pad,
  repeat,
  roll,
  type Shape,
  ShapeError,
  slice,
  squeeze,
  stack,
  sum,
  type Tensor,
  tensor,
  tensorSplit,
  tile,
  unstack,
} from "lanegrad";
import * as assert from "uvu/assert";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

/** What NumPy gives: numpy-shapes.py. */
type Case = {
  readonly f: string;
  readonly args: readonly never[];
  readonly shape: Shape;
  readonly y: readonly { readonly shape: Shape; readonly data: readonly number[] }[];
};

const { cases } = JSON.parse(readFileSync(new URL("../fixtures/numpy-shapes.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Case[];
};

type Value = Tensor | Expression;
type F = (x: Value, ...args: never[]) => Value | Value[];
const FUNCTIONS = {
  expandDims,
  flip,
  pad,
  repeat,
  roll,
  slice,
  squeeze,
  tensorSplit,
  tile,
  unstack,
} as unknown as Record<string, F>;

/** A call of a case, on a tensor or an expression; `stack` joins x, -x and x. */
function called({ f, args }: Case, x: Value, negative: Value): Value[] {
  if (f === "stack") return [(stack as (values: unknown, options: unknown) => Value)([x, negative, x], args[0])];
  const y = (FUNCTIONS[f] as F)(x, ...args);
  return Array.isArray(y) ? y : [y];
}

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
const typed = (dtype: keyof typeof ARRAYS, values: readonly number[]) => ARRAYS[dtype].from(values) as Float32Array;
const DTYPES = ["float32", "float64", "int32", "uint8"] as const;

const engine = await loadEngine();
const test = leakFreeSuite("shapes", engine);

for (const f of ["slice", "stack", ...Object.keys(FUNCTIONS).filter((name) => name !== "slice")]) {
  for (const dtype of DTYPES) {
    test(`${f}: NumPy's shapes and elements, on tensors and in programs, ${dtype}`, () => {
      const own = cases.filter((each) => each.f === f);
      assert.ok(own.length > 5, `${own.length} cases`);
      for (const [at, each] of own.entries()) {
        const label = JSON.stringify(each);
        const size = each.shape.reduce((product, extent) => product * extent, 1);
        const values = typed(
          dtype,
          Array.from({ length: size }, (_, i) => i + 1),
        );
        using x = tensor(engine, values, { shape: each.shape });
        using negative = tensor(
          engine,
          typed(
            dtype,
            Array.from(values, (value) => -value),
          ),
          { shape: each.shape },
        );
        const wanted = each.y.map(({ shape, data }) => ({ shape, data: [...typed(dtype, data)] }));
        const results = called(each, x, negative) as Tensor[];
        assert.equal(
          results.map(({ shape, data }) => ({ shape: [...shape], data: [...data] })),
          wanted,
          label,
        );
        assert.ok(
          results.every((y) => y.dtype === dtype),
          label,
        );
        for (const y of results) y.dispose();
        if (at % 3 > 0 && own.length > 60) continue;
        const lazy = called(each, input(engine, each.shape, { name: "x", dtype }), negative);
        if (lazy.length === 0) continue;
        using program = compile(Object.fromEntries(lazy.map((y, i) => [`y${i}`, y as Expression])));
        if ("x" in program.inputs) (program.inputs["x"] as Tensor).set(x.data as never);
        program.run();
        const outputs = lazy.map((_, i) => program.outputs[`y${i}`] as Tensor);
        assert.equal(
          outputs.map(({ shape, data }) => ({ shape: [...shape], data: [...data] })),
          wanted,
          label,
        );
      }
    });
  }
}

test("pad fills integers with any value of their dtype", () => {
  for (const value of [-1, -2_147_483_648, 2_147_483_647, 0x7fc00000, -4_194_305]) {
    using x = tensor(engine, Int32Array.of(5));
    using y = pad(x, 1, { value });
    assert.equal([...y.data], [value, 5, value]);
  }
  using bytes = tensor(engine, Uint8Array.of(5));
  using y = pad(bytes, [0, 3], { value: 255 });
  assert.equal([...y.data], [5, 255, 255, 255]);
  assert.throws(() => pad(bytes, 1, { value: 256 }), /pad: value: expected a number of uint8/);
  assert.throws(() => pad(bytes, 1, { value: 0.5 }), /pad: value: expected a number of uint8/);
});

test("NaN, infinities and -0 are copied bit for bit", () => {
  using x = tensor(engine, [-0, Number.NaN, Number.POSITIVE_INFINITY, -1]);
  for (const y of [flip(x), slice(x, "::-1"), tile(x, [2]), repeat(x, 2), roll(x, 1), pad(x, 1, { mode: "reflect" })]) {
    assert.ok(y.data.some((value) => Object.is(value, -0)));
    assert.ok(y.data.every((value) => !Object.is(value, 0)));
    y.dispose();
  }
});

test("the gradient of a slice is among zeros, that of repeated elements a sum", () => {
  using x = tensor(
    engine,
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { dtype: "float64" },
  );
  using w = tensor(engine, [[10, 20]], { dtype: "float64" });
  const of = (f: (v: Expression<"float64">) => Expression<"float64">) => {
    const [dx] = grad((v: Expression<"float64">) => sum(f(v)))(x);
    const values = dx.toArray();
    dx.dispose();
    return values;
  };
  assert.equal(
    of((v) => mul(slice(v, "1:, ::-2"), w)),
    [
      [0, 0, 0],
      [20, 0, 10],
    ],
  );
  assert.equal(
    of((v) => tile(v, [2, 3])),
    [
      [6, 6, 6],
      [6, 6, 6],
    ],
  );
  assert.equal(
    of((v) =>
      pad(
        v,
        [
          [0, 0],
          [2, 0],
        ],
        { mode: "edge" },
      ),
    ),
    [
      [3, 1, 1],
      [3, 1, 1],
    ],
  );
  assert.equal(
    of((v) =>
      pad(
        v,
        [
          [0, 1],
          [0, 0],
        ],
        { mode: "reflect" },
      ),
    ),
    [
      [2, 2, 2],
      [1, 1, 1],
    ],
  );
});

function onPart<T extends Disposable>(part: T, call: (part: T) => unknown): unknown {
  using own = part;
  return call(own);
}

/** Which class, and what the message says. */
const REFUSED: readonly (readonly [
  label: string,
  (x: Tensor<"float32">) => unknown,
  new (...args: never[]) => Error,
  RegExp,
])[] = [
  ["no notation", (x) => slice(x, "1:a"), OptionError, /indices.*"1:a"/],
  ["an empty index", (x) => slice(x, ""), OptionError, /indices/],
  ["a sign alone", (x) => slice(x, "-"), OptionError, /indices/],
  ["a sign in a range", (x) => slice(x, "-:2"), OptionError, /indices/],
  ["a step of 0", (x) => slice(x, "::0"), OptionError, /steps other than 0/],
  ["two ellipses", (x) => slice(x, "..., 0, ..."), OptionError, /at most one/],
  ["too many indices", (x) => slice(x, "0, 0, 0"), ShapeError, /at most 2 for \[2, 3\], found 3/],
  ["an index outside", (x) => slice(x, "0, 3"), ShapeError, /axis 1 of \[2, 3\], found 3/],
  ["a negative index outside", (x) => slice(x, "-3"), ShapeError, /axis 0 of \[2, 3\], found -3/],
  ["a wide axis to squeeze", (x) => squeeze(x, { axes: [1] }), ShapeError, /axis 1 of extent 3/],
  ["an axis to flip", (x) => flip(x, { axes: [2] }), OptionError, /\[2, 3\]/],
  ["an axis twice", (x) => flip(x, { axes: [0, -2] }), OptionError, /different axes/],
  ["a new axis", (x) => expandDims(x, { axis: 3 }), ShapeError, /3 axes, found 3/],
  [
    "shapes to stack",
    (x) => onPart(slice(x, "0"), (part) => stack([x, part])),
    ShapeError,
    /values\[1\]: expected \[2, 3\], found \[3\]/,
  ],
  [
    "dtypes to stack",
    (x) => onPart(tensor(engine, Int32Array.of(1)), (part) => stack([x, part as never])),
    DTypeError,
    /values\[1\]/,
  ],
  ["nothing to stack", () => stack([]), OptionError, /at least one/],
  ["parts", (x) => tensorSplit(x, 0), OptionError, /positive integer/],
  ["cuts", (x) => tensorSplit(x, [2, 1], { axis: 1 }), ShapeError, /ascending indices within 0..3 of axis 1/],
  ["reps", (x) => tile(x, [-1]), OptionError, /integers ≥ 0/],
  ["repeats", (x) => repeat(x, 1.5), OptionError, /integers ≥ 0/],
  ["an axis to roll", (x) => roll(x, 1, { axis: -3 }), ShapeError, /\[2, 3\]/],
  ["a shift", (x) => roll(x, 0.5), OptionError, /an integer/],
  ["widths for other axes", (x) => pad(x, [[1, 1]]), ShapeError, /2 pairs for \[2, 3\], found 1/],
  ["a width", (x) => pad(x, -1), OptionError, /integers ≥ 0/],
  ["a mode", (x) => pad(x, 1, { mode: "wrap" as never }), OptionError, /mode/],
  ["a value to reflect", (x) => pad(x, 1, { mode: "reflect", value: 1 }), OptionError, /value/],
  [
    "nothing to repeat",
    (x) => onPart(slice(x, "0:0"), (part) => pad(part, 1, { mode: "edge" })),
    ShapeError,
    /axis 0 to repeat/,
  ],
];

for (const [label, call, error, message] of REFUSED) {
  test(`refused: ${label}`, () => {
    using x = tensor(engine, [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const lazy = input(engine, [2, 3], { name: "x" });
    for (const value of [x, lazy]) {
      let thrown: unknown;
      try {
        call(value as Tensor<"float32">);
      } catch (caught) {
        thrown = caught;
      }
      assert.instance(thrown, error);
      assert.match((thrown as Error).message, message);
    }
  });
}

test.run();
