import { readFileSync } from "node:fs";
import {
  compile,
  type Expression,
  gather,
  gatherND,
  grad,
  IndexError,
  input,
  mul,
  type Shape,
  ShapeError,
  scatter,
  scatterAdd,
  sum,
  type Tensor,
  takeAlongAxis,
  tensor,
  zeros,
} from "lanegrad";
import * as assert from "uvu/assert";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

type Numbers = { readonly shape: Shape; readonly data: readonly number[] };
/** What NumPy gives: numpy-shapes.py. */
type Case = {
  readonly f: string;
  readonly shape: Shape;
  readonly indices: Numbers;
  readonly options: object;
  readonly y: Numbers;
};

const { indexed } = JSON.parse(readFileSync(new URL("../fixtures/numpy-shapes.json", import.meta.url), "utf8")) as {
  readonly indexed: readonly Case[];
};

type Float = Expression<"float32">;
const PICKS = { gather, takeAlongAxis, gatherND } as unknown as Record<
  string,
  (x: unknown, indices: unknown, options?: object) => unknown
>;
const WRITES = { scatterAdd, scatter } as unknown as Record<
  string,
  (x: unknown, indices: unknown, values: unknown, options: object) => unknown
>;

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
const typed = (dtype: keyof typeof ARRAYS, values: readonly number[]) => ARRAYS[dtype].from(values) as Float32Array;
const countOf = (shape: Shape) => shape.reduce((product, extent) => product * extent, 1);
const upTo = (count: number, sign = 1) => Array.from({ length: count }, (_, i) => sign * (i + 1));

const engine = await loadEngine();
const test = leakFreeSuite("indexing", engine);

for (const f of ["gather", "takeAlongAxis", "gatherND", "scatterAdd", "scatter"]) {
  for (const dtype of ["float32", "float64", "int32", "uint8"] as const) {
    if (f === "scatterAdd" && (dtype === "int32" || dtype === "uint8")) continue;
    test(`${f}: NumPy's shapes and elements, on tensors and in programs, ${dtype}`, () => {
      const own = indexed.filter((each) => each.f === f);
      assert.ok(own.length > 20);
      for (const each of own) {
        const { shape, options, y } = each;
        const label = JSON.stringify(each);
        using x = tensor(engine, typed(dtype, upTo(countOf(shape))), { shape });
        using indices = tensor(engine, Int32Array.from(each.indices.data), { shape: each.indices.shape });
        const given = (options as { readonly axis?: number }).axis ?? 0;
        const axis = given < 0 ? given + shape.length : given;
        const written = f in WRITES ? shape.toSpliced(axis, 1, ...indices.shape) : [0];
        using values = tensor(engine, typed(dtype, upTo(countOf(written), f === "scatter" ? -1 : 1)), {
          shape: written,
        });
        const call = (v: unknown) =>
          f in WRITES
            ? WRITES[f]!(v, indices, values, options)
            : PICKS[f]!(v, indices, ...(f === "gatherND" ? [] : [options]));
        const wanted = [[...y.shape], [...typed(dtype, y.data)]];
        const now = call(x) as Tensor;
        assert.equal([[...now.shape], [...now.data]], wanted, label);
        now.dispose();
        using program = compile({ y: call(input(engine, shape, { name: "x", dtype })) as Float });
        (program.inputs as Record<string, Tensor>)["x"]?.set(x.data as never);
        program.run();
        assert.equal([[...program.outputs.y.shape], [...program.outputs.y.data]], wanted, label);
      }
    });
  }
}

test("an index outside of its axis is refused, in every call and every run, and nothing is written", () => {
  using x = tensor(engine, [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  using outside = tensor(engine, Int32Array.of(0, 3), { shape: [1, 2] });
  using values = zeros(engine, [2, 1, 2]);
  using row = tensor(engine, Int32Array.of(1, -1, 1), { shape: [1, 3] });
  using pairs = tensor(engine, Int32Array.of(1, 2, 2, 0), { shape: [2, 2] });
  const refused = (call: () => unknown, message: RegExp) => {
    let thrown: unknown;
    try {
      call();
    } catch (caught) {
      thrown = caught;
    }
    assert.instance(thrown, IndexError);
    assert.match((thrown as Error).message, message);
  };
  refused(() => gather(x, outside, { axis: 1 }), /gather: indices.*3/);
  refused(() => takeAlongAxis(x, row), /takeAlongAxis: indices.*-1/);
  refused(() => gatherND(x, pairs), /gatherND: indices.*2/);
  refused(() => scatterAdd(x, outside, values, { axis: 1 }), /scatterAdd: indices.*3/);
  refused(() => scatter(x, outside, values, { axis: 1 }), /scatter: indices.*3/);
  using program = compile({ y: gather(input(engine, [2, 3], { name: "x" }), outside, { axis: 1 }) });
  refused(() => program.run(), /gather: indices.*3/);
});

test("shapes are refused with both", () => {
  using x = zeros(engine, [2, 3]);
  using indices = zeros(engine, [2, 2], { dtype: "int32" });
  using triples = zeros(engine, [1, 3], { dtype: "int32" });
  assert.throws(() => gather(x, indices, { axis: 2 }), /gather: axis: expected an axis of \[2, 3\], found 2/);
  assert.throws(() => takeAlongAxis(x, indices), /takeAlongAxis: indices: expected \[2, 3\], found \[2, 2\]/);
  assert.throws(
    () => gatherND(x, triples),
    /gatherND: indices: expected a last axis of 1..2 for \[2, 3\], found \[1, 3\]/,
  );
  assert.throws(() => scatterAdd(x, indices, x), /scatterAdd: values: expected \[2, 2, 3\], found \[2, 3\]/);
  assert.throws(
    () => scatter(x, indices, x),
    (error: Error) => error instanceof ShapeError,
  );
});

test("scatter: the last value of an index is written, and each gradient goes to what was kept", () => {
  using x = tensor(engine, [1, 2, 3], { dtype: "float64" });
  using indices = tensor(engine, Int32Array.of(2, 0));
  using values = tensor(engine, [10, 20], { dtype: "float64" });
  using twice = tensor(engine, Int32Array.of(1, 1));
  using last = scatter(x, twice, values);
  assert.equal([...last.data], [1, 20, 3]);
  using w = tensor(engine, [3, 5, 7], { dtype: "float64" });
  const [dx, dv] = grad((a: Expression<"float64">, b: Expression<"float64">) => sum(mul(w, scatter(a, indices, b))))(
    x,
    values,
  );
  assert.equal([...dx.data], [0, 5, 0]);
  assert.equal([...dv.data], [7, 3]);
  dx.dispose();
  dv.dispose();
});

test.run();
