/** `lanegrad/linalg` of stacks of matrices: each matrix has the bits that it has alone, on every build. */
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { ShapeError } from "../../src/errors.ts";
import {
  cholesky,
  det,
  eigh,
  inverse,
  LinAlgError,
  qr,
  solve,
  solveTriangular,
  svd,
} from "../../src/ops/linalg/index.ts";
import { input } from "../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { distance, draw, type Matrix, matrixOf, norm, times } from "./matrices.ts";

const engine = await loadEngine();
const builds = [await Engine.load(), await Engine.load({ build: "debug" }), await Engine.load({ build: "js" })];
const debug = builds[1] as Engine;
const test = leakFreeSuite("stacks of matrices", engine);

type Shape = readonly number[];
type Floats = Tensor<FloatType>;

const sizeOf = (shape: Shape) => shape.reduce((product, extent) => product * extent, 1);

/** Drawn numbers, with 3 added to the diagonals where they are square. */
function drawn(shape: Shape, seed: number): Float64Array {
  const [m = 0, n = 0] = shape.slice(-2);
  const values = Float64Array.from(draw(sizeOf(shape), 1, seed).data);
  if (m === n) for (let i = 0; i < values.length; i++) if (Math.floor(i / n) % n === i % n) values[i]! += 3;
  return values;
}

/** Symmetric and positive definite: aaᵀ. */
function positive(count: number, n: number, seed: number): Float64Array {
  const all = new Float64Array(count * n * n);
  for (let i = 0; i < count; i++) {
    const a = draw(n, n, seed + i);
    const transposed = matrixOf(n, n, (p, q) => a.data[q * n + p] as number);
    all.set(times(a, transposed).data, i * n * n);
    for (let j = 0; j < n; j++) all[i * n * n + j * (n + 1)]! += 1;
  }
  return all;
}

/** Each function with the results that it has, of one operand. */
const FUNCTIONS: Readonly<Record<string, (x: Floats) => readonly Floats[]>> = {
  inverse: (x) => [inverse(x)],
  det: (x) => [det(x)],
  cholesky: (x) => [cholesky(x)],
  qr: (x) => Object.values(qr(x)),
  svd: (x) => Object.values(svd(x)),
  "svd, reduced": (x) => Object.values(svd(x, { fullMatrices: false })),
  eigh: (x) => Object.values(eigh(x)),
};

/** The numbers of tensors, which are disposed of. */
function taken(parts: readonly Floats[]): { readonly shape: Shape; readonly data: number[] }[] {
  return parts.map((part) => {
    const { shape } = part;
    const data = [...part.data] as number[];
    part.dispose();
    return { shape, data };
  });
}

for (const dtype of ["float32", "float64"] as const) {
  test(`${dtype}: each matrix of a stack has the results that it has alone`, () => {
    for (const [name, f] of Object.entries(FUNCTIONS)) {
      for (const [m, n] of [
        [1, 1],
        [3, 3],
        [20, 20],
        [7, 4],
        [4, 7],
      ] as const) {
        if (m !== n && name !== "qr" && !name.startsWith("svd")) continue;
        const values = m === n ? positive(6, n, 5) : drawn([6, m, n], 5);
        using stack = tensor(engine, values, { shape: [2, 3, m, n], dtype });
        const got = taken(f(stack));
        for (let i = 0; i < 6; i++) {
          using one = tensor(engine, values.slice(i * m * n, (i + 1) * m * n), { shape: [m, n], dtype });
          for (const [part, want] of taken(f(one)).entries()) {
            const size = want.data.length;
            assert.equal(got[part]?.shape, [2, 3, ...want.shape], name);
            assert.equal(got[part]?.data.slice(i * size, (i + 1) * size), want.data, `${name} ${m} × ${n}: ${i}`);
          }
        }
      }
    }
  });

  test(`${dtype}: leading axes of a system broadcast, and a vector is one right side for all`, () => {
    const n = 11;
    const cases: readonly (readonly [a: Shape, b: Shape, x: Shape])[] = [
      [
        [3, n, n],
        [3, n, 2],
        [3, n, 2],
      ],
      [
        [3, n, n],
        [n, 2],
        [3, n, 2],
      ],
      [
        [n, n],
        [3, n, 2],
        [3, n, 2],
      ],
      [[3, n, n], [n], [3, n]],
      [
        [2, 1, n, n],
        [3, n, 1],
        [2, 3, n, 1],
      ],
      [
        [0, n, n],
        [n, 2],
        [0, n, 2],
      ],
    ];
    for (const [ofA, ofB, shape] of cases) {
      const [values, right] = [drawn(ofA, 3), drawn(ofB, 4)];
      using a = tensor(engine, values, { shape: ofA, dtype });
      using b = tensor(engine, right, { shape: ofB, dtype });
      const m = ofB.length === 1 ? 1 : (ofB.at(-1) as number);
      for (const f of [solve, solveTriangular] as ((a: Floats, b: Floats) => Floats)[]) {
        using x = f(a, b);
        assert.equal(x.shape, shape);
        const count = sizeOf(shape) / (n * m);
        for (let i = 0; i < count; i++) {
          // Of the broadcast case of four axes, a's matrices are every third.
          const [p, q] = [ofA.length === 4 ? Math.floor(i / 3) : i, ofA.length === 4 ? i % 3 : i];
          const first = ofA.length === 2 ? 0 : p * n * n;
          const start = ofB.length <= 2 ? 0 : q * n * m;
          using one = tensor(engine, values.slice(first, first + n * n), { shape: [n, n], dtype });
          using side = tensor(engine, right.slice(start, start + n * m), { shape: [n, m], dtype });
          using want = f(one, side);
          assert.equal([...x.data.slice(i * n * m, (i + 1) * n * m)], [...want.data], `${ofA} ${ofB}: ${i}`);
        }
      }
    }
  });
}

test("a matrix of a stack that has no factor is an error with the pivot's index in it", () => {
  const values = positive(3, 10, 1);
  values.fill(0, 155, 156); // the sixth of the second matrix's diagonal
  values.fill(0, 150, 160);
  for (let i = 0; i < 10; i++) values[100 + i * 10 + 5] = 0;
  using stack = tensor(engine, values, { shape: [3, 10, 10] });
  for (const f of [() => solve(stack, stack), () => inverse(stack), () => cholesky(stack)]) {
    assert.throws(f, (error: unknown) => error instanceof LinAlgError && error.pivot === 5);
  }
  using d = det(stack);
  assert.is(d.data[1], 0);
  assert.ok((d.data[0] as number) > 0 && (d.data[2] as number) > 0);
});

test("leading axes that do not broadcast are refused, and other numbers of rows", () => {
  const isShape = (part: string) => (error: unknown) => error instanceof ShapeError && error.message.includes(part);
  using a = tensor(engine, drawn([2, 3, 3], 1), { shape: [2, 3, 3] });
  using b = tensor(engine, drawn([3, 3, 1], 1), { shape: [3, 3, 1] });
  using c = tensor(engine, drawn([2, 2, 1], 1), { shape: [2, 2, 1] });
  using wide = tensor(engine, drawn([2, 2, 3], 1), { shape: [2, 2, 3] });
  using scalar = tensor(engine, Float64Array.of(1), { shape: [] });
  for (const f of [solve, solveTriangular] as ((a: Floats, b: Floats) => Floats)[]) {
    assert.throws(() => f(a, b), isShape("leading axes that broadcast"));
    assert.throws(() => f(a, c), isShape("3 rows"));
    assert.throws(() => f(a, scalar), isShape("at least one axis"));
    assert.throws(() => f(wide, c), isShape("a square matrix, or a stack of them"));
  }
  for (const f of [inverse, det, cholesky, eigh] as ((x: Floats) => unknown)[]) {
    assert.throws(() => f(wide), isShape("a square matrix, or a stack of them"));
  }
});

test("every build gives the same bits, in programs too", () => {
  const [n, m] = [37, 5];
  const [values, right] = [positive(3, n, 9), drawn([3, n, m], 2)];
  const results: (readonly number[])[] = [];
  for (const other of builds) {
    const x = input(other, [3, n, n], { name: "x" });
    const y = input(other, [3, n, m], { name: "y" });
    const parts = {
      ...qr(x),
      ...svd(x),
      ...eigh(x),
      solved: solve(x, y),
      inverted: inverse(x),
      d: det(x),
      l: cholesky(x),
    };
    using program = compile(parts);
    program.inputs["x"]?.set(values);
    program.inputs["y"]?.set(right);
    const before = other.stats();
    for (let run = 0; run < 2; run++) program.run();
    assert.equal(other.stats(), before);
    other.checkMemory();
    results.push(Object.values(program.outputs).flatMap(({ data }) => [...data] as number[]));
  }
  assert.equal(results[1], results[0]);
  assert.equal(results[2], results[0]);
});

test("scratch is enough where halves are cut into longer blocks than the whole", () => {
  // A product of 260 terms is cut into blocks of 132, one of 136 is not.
  for (const [dtype, n, eps] of [
    ["float32", 260, 2 ** -23],
    ["float64", 200, 2 ** -52],
  ] as const) {
    const m = 900;
    const square: Matrix = { m: n, n, data: drawn([n, n], 1) };
    const round = dtype === "float32" ? Math.fround : (value: number) => value;
    const rounded = ({ m, n, data }: Matrix): Matrix => ({ m, n, data: Float64Array.from(data, round) });
    const [matrix, right] = [rounded(square), rounded(draw(n, m, 2))];
    using a = tensor(debug, Float64Array.from(matrix.data), { shape: [n, n], dtype });
    using b = tensor(debug, Float64Array.from(right.data), { shape: [n, m], dtype });
    using solved = solve(a, b);
    debug.checkMemory();
    const x = { m: n, n: m, data: Float64Array.from(solved.data) };
    assert.ok(distance(times(matrix, x), right) <= 4 * n * eps * norm(matrix) * norm(x), dtype);
  }
});

test.run();
