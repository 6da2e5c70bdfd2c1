/** `lanegrad/linalg` against NumPy's numbers (numpy-linalg.py), and by what defines each result. */
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import {
  cholesky,
  det,
  eigh,
  inverse,
  LinAlgError,
  type LinAlgFault,
  qr,
  solve,
  solveTriangular,
  svd,
} from "../../src/ops/linalg/index.ts";
import { sum } from "../../src/ops/sum.ts";
import { input } from "../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { at, distance, draw, identity, type Matrix, matrixOf, norm, times, transposed } from "./matrices.ts";

type Square = {
  readonly n: number;
  readonly seed: number;
  readonly condition: number;
  readonly det: number;
} & Readonly<Record<"solve" | "inverse" | "cholesky" | "eigenvalues", readonly number[]>>;
type Rectangle = { readonly m: number; readonly n: number; readonly seed: number } & Readonly<
  Record<"s" | "r", readonly number[]>
>;

const { squares, rectangles } = JSON.parse(
  readFileSync(new URL("../fixtures/numpy-linalg.json", import.meta.url), "utf8"),
) as { readonly squares: readonly Square[]; readonly rectangles: readonly Rectangle[] };

const engine = await loadEngine();
const test = leakFreeSuite("linear algebra", engine);
const EPS: Readonly<Record<FloatType, number>> = { float32: 2 ** -23, float64: 2 ** -52 };
const DTYPES = ["float64", "float32"] as const;

/** A tensor of the matrix, and the matrix as the tensor has it, rounded. */
function stored(a: Matrix, dtype: FloatType): Tensor<FloatType> {
  return tensor(engine, Float64Array.from(a.data), { shape: [a.m, a.n], dtype });
}

/** The numbers of a tensor; the tensor is disposed of. */
function taken(x: Tensor<FloatType>): Matrix {
  const [m = 1, n = 1] = x.shape;
  const data = Float64Array.from(x.data);
  x.dispose();
  return { m, n, data };
}

function assertNear(got: number, want: number, bound: number, label: string): void {
  assert.ok(Math.abs(got - want) <= bound, `${label}: ${got}, expected ${want} ± ${bound}`);
}

for (const dtype of DTYPES) {
  const eps = EPS[dtype];

  test(`${dtype}: solve, inverse and det have small residuals, and NumPy's values`, () => {
    for (const { n, seed, condition, ...expected } of squares) {
      using a = stored(draw(n, n, seed), dtype);
      using b = stored(draw(n, 2, seed + 1), dtype);
      const [matrix, right] = [
        { m: n, n, data: Float64Array.from(a.data) },
        { m: n, n: 2, data: Float64Array.from(b.data) },
      ];
      const label = `n = ${n}`;
      // Backward error: |Ax − b| ≤ c n ε ‖A‖‖x‖ with growth factors of partial pivoting, small in practice.
      const x = taken(solve(a, b));
      const scale = 4 * n * eps * norm(matrix);
      assert.ok(distance(times(matrix, x), right) <= scale * norm(x), `${label}: residual`);
      expected.solve.forEach((value, i) => {
        assertNear(x.data[i] as number, value, 4 * n * eps * condition * norm(x), `${label}: solve`);
      });
      const inverted = taken(inverse(a));
      assert.ok(distance(times(matrix, inverted), identity(n)) <= scale * norm(inverted), `${label}: a · a⁻¹`);
      expected.inverse.forEach((value, i) => {
        assertNear(inverted.data[i] as number, value, 4 * n * eps * condition * norm(inverted), `${label}: inverse`);
      });
      using d = det(a);
      assert.equal(d.shape, []);
      assertNear(d.data[0] as number, expected.det, 4 * n * eps * condition * Math.abs(expected.det), `${label}: det`);
    }
  });

  test(`${dtype}: a vector as the right side gives the numbers of a column`, () => {
    using a = stored(draw(19, 19, 3), dtype);
    using b = tensor(engine, Float64Array.from(draw(19, 1, 4).data), { dtype });
    using column = stored(draw(19, 1, 4), dtype);
    using x = solve(a, b);
    using y = solve(a, column);
    assert.equal(x.shape, [19]);
    assert.equal([...x.data], [...y.data]);
  });

  test(`${dtype}: cholesky gives a lower triangle whose product with its transpose is a`, () => {
    for (const { n, seed, cholesky: diagonal } of squares) {
      const full = draw(n, n, seed);
      const product = times(full, transposed(full));
      const spd = matrixOf(n, n, (i, j) => at(product, i, j) + (i === j ? 1 : 0));
      // Only the lower triangle is read.
      using a = stored(
        matrixOf(n, n, (i, j) => (j > i ? Number.NaN : at(spd, i, j))),
        dtype,
      );
      const l = taken(cholesky(a));
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) assert.ok(Object.is(at(l, i, j), 0));
      const bound = 4 * (n + 1) * eps * norm(spd);
      assert.ok(distance(times(l, transposed(l)), spd) <= bound, `n = ${n}`);
      diagonal.forEach((value, i) => {
        assertNear(at(l, i, i), value, bound, `n = ${n}, diagonal`);
      });
    }
  });

  test(`${dtype}: solveTriangular reads one triangle, or its transpose`, () => {
    for (const n of [0, 1, 2, 7, 8, 9, 20, 37]) {
      for (const triangle of ["lower", "upper"] as const) {
        for (const transpose of ["none", "a"] as const) {
          const isRead = (i: number, j: number) => (triangle === "lower" ? j <= i : j >= i);
          const full = draw(n, n, 5 + n);
          const diagonal = (i: number, j: number) => at(full, i, j) + (i === j ? 2 : 0);
          using t = stored(
            matrixOf(n, n, (i, j) => (isRead(i, j) ? diagonal(i, j) : Number.NaN)),
            dtype,
          );
          using b = stored(draw(n, 3, 9 + n), dtype);
          const x = taken(solveTriangular(t, b, { triangle, transpose }));
          const kept = matrixOf(n, n, (i, j) => (isRead(i, j) ? (t.data[i * n + j] as number) : 0));
          const product = times(transpose === "a" ? transposed(kept) : kept, x);
          const bound = 4 * n * eps * norm(kept) * norm(x);
          assert.ok(
            distance(product, { m: n, n: 3, data: Float64Array.from(b.data) }) <= bound,
            `${n} ${triangle} ${transpose}`,
          );
        }
      }
    }
  });

  test(`${dtype}: qr has orthonormal columns, an upper triangle and LAPACK's signs`, () => {
    for (const { m, n, seed, r: diagonal } of rectangles) {
      using x = stored(draw(m, n, seed), dtype);
      const parts = qr(x);
      const [q, r] = [taken(parts.q), taken(parts.r)];
      assert.equal([q.m, q.n, r.m, r.n], [m, Math.min(m, n), Math.min(m, n), n]);
      const bound = 4 * (m + n) * eps;
      const matrix = { m, n, data: Float64Array.from(x.data) };
      assert.ok(distance(times(q, r), matrix) <= bound * norm(matrix), `${m} × ${n}: qr`);
      assert.ok(distance(times(transposed(q), q), identity(q.n)) <= bound, `${m} × ${n}: qᵀq`);
      for (let i = 0; i < r.m; i++) for (let j = 0; j < i; j++) assert.is(at(r, i, j), 0);
      diagonal.forEach((value, i) => {
        assert.is(Math.sign(at(r, i, i)), Math.sign(value), `${m} × ${n}: sign ${i}`);
        if (m >= n) assertNear(Math.abs(at(r, i, i)), Math.abs(value), 400 * bound * norm(matrix), `${m} × ${n}: r`);
      });
    }
  });

  test(`${dtype}: svd has orthonormal factors and NumPy's singular values, full and reduced`, () => {
    for (const { m, n, seed, s: values } of rectangles) {
      using x = stored(draw(m, n, seed), dtype);
      for (const fullMatrices of [true, false]) assertSvd(x, { fullMatrices, values });
    }
  });

  test(`${dtype}: svd of matrices without full rank`, () => {
    const rank2 = times(draw(9, 2, 1), draw(2, 6, 2));
    const cases = [rank2, transposed(rank2), matrixOf(5, 4, () => 0), matrixOf(6, 6, () => 1), identity(5)];
    for (const a of cases) {
      using x = stored(a, dtype);
      for (const fullMatrices of [true, false]) {
        const { s } = assertSvd(x, { fullMatrices });
        const rank = a === rank2 || a.m === 6 ? (a.n === 6 && a.m === 6 ? 1 : 2) : undefined;
        if (rank !== undefined) {
          for (const value of Array.from(s).slice(rank)) assert.ok(value <= 20 * eps * norm(a), `${value}`);
        }
      }
    }
  });

  test(`${dtype}: svd converges where columns are nothing but rounding errors`, () => {
    const rows = [
      [-2, -1, 1, 0],
      [2, 1, -1, 0],
      [3, 2, -2, -1],
      [0, -2, 0, 2],
    ];
    using x = stored(
      matrixOf(4, 4, (i, j) => rows[i]![j]!),
      dtype,
    );
    assertSvd(x, { fullMatrices: true });
    for (let seed = 0; seed < 100; seed++) {
      const [m, n, rank] = [2 + (seed % 7), 2 + (seed % 5), 1 + (seed % 3)];
      const [a, b] = [draw(m, rank, seed), draw(rank, n, seed + 1)].map((factor) =>
        matrixOf(factor.m, factor.n, (i, j) => Math.round(2 * at(factor, i, j))),
      ) as [Matrix, Matrix];
      using product = stored(times(a, b), dtype);
      assertSvd(product, { fullMatrices: false });
    }
  });

  test(`${dtype}: eigh has orthonormal vectors and NumPy's eigenvalues, ascending`, () => {
    for (const { n, seed, eigenvalues } of squares) {
      const full = draw(n, n, seed);
      const symmetric = matrixOf(n, n, (i, j) => at(full, Math.max(i, j), Math.min(i, j)));
      assertEigh(symmetric, dtype, eigenvalues);
    }
  });

  test(`${dtype}: eigh of repeated eigenvalues, diagonal, zero and far apart`, () => {
    const q = identity(6);
    const ones = matrixOf(7, 7, () => 1);
    assertEigh(q, dtype, [1, 1, 1, 1, 1, 1]);
    assertEigh(ones, dtype, [0, 0, 0, 0, 0, 0, 7]);
    assertEigh(
      matrixOf(4, 4, () => 0),
      dtype,
      [0, 0, 0, 0],
    );
    assertEigh(
      matrixOf(3, 3, (i, j) => (i === j ? ([3, -1, 2][i] as number) : 0)),
      dtype,
      [-1, 2, 3],
    );
    const blocks = matrixOf(4, 4, (i, j) => (i < 2 !== j < 2 ? 0 : i === j ? 2 : 1));
    assertEigh(blocks, dtype, [1, 1, 3, 3]);
    assertEigh(
      matrixOf(3, 3, (i, j) => (i === 0 && j === 0 ? 1 : i !== j && i * j > 0 ? 1e-30 : 0)),
      dtype,
      [-1e-30, 1e-30, 1],
    );
  });
}

test("extreme numbers neither overflow nor underflow", () => {
  for (const scale of [2 ** 1000, 2 ** -1040]) {
    using x = tensor(engine, Float64Array.of(3 * scale, 0, 0, 4 * scale), { shape: [2, 2] });
    const { u, s, vh } = svd(x);
    const { eigenvalues, eigenvectors } = eigh(x);
    const { q, r } = qr(x);
    assert.equal([...s.data], [4 * scale, 3 * scale]);
    assert.equal([...eigenvalues.data], [3 * scale, 4 * scale]);
    for (const part of [u, s, vh, eigenvalues, eigenvectors, q, r]) part.dispose();
  }
  using a = tensor(engine, Float64Array.of(1e200, 0, 0, 0, 1e200, 0, 0, 0, 1e-300), { shape: [3, 3] });
  using d = det(a);
  assertNear(d.data[0] as number, 1e100, 1e86, "det");
});

test("of 200: reconstruction and orthogonality", () => {
  const n = 200;
  const full = draw(n, n, 77);
  const symmetric = matrixOf(n, n, (i, j) => at(full, Math.max(i, j), Math.min(i, j)));
  for (const dtype of DTYPES) {
    assertEigh(symmetric, dtype);
    using x = stored(full, dtype);
    assertSvd(x, { fullMatrices: false });
    using b = stored(draw(n, 5, 78), dtype);
    const solution = taken(solve(x, b));
    const matrix = { m: n, n, data: Float64Array.from(x.data) };
    const residual = distance(times(matrix, solution), { m: n, n: 5, data: Float64Array.from(b.data) });
    assert.ok(residual <= 4 * n * EPS[dtype] * norm(matrix) * norm(solution));
  }
});

test("det of a singular matrix is 0, of one without elements 1, and a swap of rows changes its sign", () => {
  const cases = [
    [[], 1],
    [[1, 2, 2, 4], 0],
    [[0, 1, 1, 0], -1],
    [[2, 0, 0, 3], 6],
  ] as const;
  for (const [values, want] of cases) {
    const n = Math.sqrt(values.length);
    using a = tensor(engine, Float64Array.from(values), { shape: [n, n] });
    using d = det(a);
    assert.is(d.data[0], want);
  }
});

test("a matrix that has no inverse or factor is an error with the pivot's index, and frees what was made", () => {
  const ones = new Float64Array(100).fill(1);
  using singular = tensor(engine, ones, { shape: [10, 10] });
  using b = tensor(engine, ones.slice(0, 10));
  using indefinite = stored(
    matrixOf(10, 10, (i, j) => (i === j ? (i === 9 ? -1 : 1) : 0)),
    "float64",
  );
  using nan = stored(
    matrixOf(3, 2, (i) => (i === 2 ? Number.NaN : 1)),
    "float64",
  );
  using zero = stored(
    matrixOf(3, 3, (i, j) => (i === j && i === 2 ? 0 : 1)),
    "float64",
  );
  const cases: readonly (readonly [() => unknown, LinAlgFault, number])[] = [
    [() => solve(singular, b), "singular", 1],
    [() => inverse(singular), "singular", 1],
    [() => cholesky(indefinite), "not positive definite", 9],
    [() => cholesky(singular), "not positive definite", 1],
    [() => svd(nan), "not finite", 2],
    [() => solveTriangular(zero, zero), "singular", 2],
  ];
  for (const [f, fault, pivot] of cases) {
    assert.throws(
      f,
      (error: unknown) => error instanceof LinAlgError && error.fault === fault && error.pivot === pivot,
    );
  }
});

test("shapes that do not fit are refused", () => {
  const isShape = (error: unknown) => error instanceof ShapeError;
  using wide = tensor(engine, [[1, 2, 3]]);
  using square = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  using vector = tensor(engine, [1, 2, 3]);
  for (const f of [det, inverse, cholesky, eigh] as ((x: typeof wide) => unknown)[])
    assert.throws(() => f(wide), isShape);
  for (const f of [qr, svd] as ((x: typeof wide) => unknown)[]) assert.throws(() => f(vector), isShape);
  assert.throws(() => solve(square, vector), isShape);
  assert.throws(() => solve(wide, vector), isShape);
  assert.throws(() => solveTriangular(square, vector), isShape);
});

test("in programs: the same bits as at once, and gradients of decompositions are refused", () => {
  using a = stored(draw(12, 12, 8), "float64");
  using b = stored(draw(12, 2, 9), "float64");
  const [x, y] = [
    input(engine, [12, 12], { name: "x", dtype: "float64" }),
    input(engine, [12, 2], { name: "y", dtype: "float64" }),
  ];
  const parts = { ...qr(x), ...svd(x), ...eigh(x) };
  using program = compile({ ...parts, solved: solve(x, y), inverted: inverse(x), d: det(x) });
  program.inputs["x"]?.set(Float64Array.from(a.data));
  program.inputs["y"]?.set(Float64Array.from(b.data));
  for (let run = 0; run < 2; run++) {
    program.run();
    const eager = { ...qr(a), ...svd(a), ...eigh(a), solved: solve(a, b), inverted: inverse(a), d: det(a) };
    for (const [name, want] of Object.entries(eager)) {
      const got = program.outputs[name as keyof typeof eager];
      assert.equal(got.shape, want.shape);
      assert.equal([...got.data], [...want.data], name);
      want.dispose();
    }
  }
  for (const part of Object.values(parts))
    assert.throws(
      () => gradientsOf(sum(part), [x]),
      (error: unknown) => error instanceof OptionError,
    );
});

type Expected = { readonly fullMatrices: boolean; readonly values?: readonly number[] };

function assertSvd(x: Tensor<FloatType>, { fullMatrices, values }: Expected): { readonly s: ArrayLike<number> } {
  const [m = 0, n = 0] = x.shape;
  const k = Math.min(m, n);
  const parts = svd(x, { fullMatrices });
  const [u, s, vh] = [taken(parts.u), taken(parts.s), taken(parts.vh)];
  assert.equal([u.m, u.n, vh.m, vh.n], [m, fullMatrices ? m : k, fullMatrices ? n : k, n]);
  const matrix = { m, n, data: Float64Array.from(x.data) };
  const bound = 4 * (m + n) * EPS[x.dtype];
  const middle = matrixOf(u.n, vh.m, (i, j) => (i === j ? (s.data[i] as number) : 0));
  const label = `${x.dtype} ${m} × ${n}, ${fullMatrices ? "full" : "reduced"}`;
  assert.ok(distance(times(times(u, middle), vh), matrix) <= bound * norm(matrix), `${label}: u s vh`);
  assert.ok(distance(times(transposed(u), u), identity(u.n)) <= bound, `${label}: uᵀu`);
  assert.ok(distance(times(vh, transposed(vh)), identity(vh.m)) <= bound, `${label}: vh vhᵀ`);
  for (let i = 1; i < k; i++) assert.ok((s.data[i] as number) <= (s.data[i - 1] as number), `${label}: descending`);
  values?.forEach((value, i) => {
    assertNear(s.data[i] as number, value, bound * norm(matrix), `${label}: s`);
  });
  return { s: s.data };
}

function assertEigh(a: Matrix, dtype: FloatType, values?: readonly number[]): void {
  const { n } = a;
  // Only the lower triangle is read.
  using x = stored(
    matrixOf(n, n, (i, j) => (j > i ? Number.NaN : at(a, i, j))),
    dtype,
  );
  const parts = eigh(x);
  const [lambda, vectors] = [taken(parts.eigenvalues), taken(parts.eigenvectors)];
  const bound = 4 * (n + 1) * EPS[dtype];
  const scaled = matrixOf(n, n, (i, j) => at(vectors, i, j) * (lambda.data[j] as number));
  assert.ok(distance(times(scaled, transposed(vectors)), a) <= bound * norm(a), `${dtype} ${n}: v λ vᵀ`);
  assert.ok(distance(times(transposed(vectors), vectors), identity(n)) <= bound, `${dtype} ${n}: vᵀv`);
  for (let i = 1; i < n; i++) assert.ok((lambda.data[i - 1] as number) <= (lambda.data[i] as number));
  values?.forEach((value, i) => {
    assertNear(lambda.data[i] as number, value, bound * norm(a), `${dtype} ${n}: λ`);
  });
}

test.run();
