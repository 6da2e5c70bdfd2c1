import { suite } from "uvu";
import * as assert from "uvu/assert";

import { compile } from "../../src/autodiff/program.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { relu, sigmoid, tanh } from "../../src/nn/layers/activations.ts";
import { type Activation, affine } from "../../src/ops/affine.ts";
import { compress, gatherSparseRows } from "../../src/ops/sparse.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("affine");

const MAPS = { sigmoid, tanh, relu };
const ACTIVATIONS: readonly Activation[] = ["none", "sigmoid", "tanh", "relu"];

for (const dtype of FLOATS) {
  test(`product, bias and activation in one call: exact on integers, over every block, ${dtype}`, () => {
    // One tile and many, k within a block and over several, n over a block, and no k at all.
    const sizes = [
      [1, 1, 1],
      [5, 10, 7],
      [130, 50, 600],
      [3, 775, 9],
      [4, 3, 0],
    ] as const;
    for (const [m, n, k] of sizes) {
      const random = new RandomState(3);
      using x = tensor(engine, random.randint(-2, 3, m * k), { dtype, shape: [m, k] });
      using w = tensor(engine, random.randint(-2, 3, k * n), { dtype, shape: [k, n] });
      using b = tensor(engine, random.randint(-9, 10, n), { dtype });
      const want = Float64Array.from({ length: m * n }, (_, place) => {
        let sum = b.data[place % n]!;
        for (let p = 0; p < k; p++) sum += x.data[Math.floor(place / n) * k + p]! * w.data[p * n + (place % n)]!;
        return sum;
      });
      using z = affine(x, w, b);
      assert.equal([...z.data], [...want], `${m} × ${n} × ${k}`);

      for (const activation of ACTIVATIONS) {
        using got = zeros(engine, [m, n], { dtype });
        got.data.fill(Number.NaN);
        assert.is(affine(x, w, b, { activation, out: got }), got);
        using apart = activation === "none" ? affine(x, w, b) : MAPS[activation](z);
        assert.equal([...got.data], [...apart.data], `${activation}, ${m} × ${n} × ${k}`);
      }
    }
  });

  test(`sparse rows are taken as they are, ${dtype}`, () => {
    using bytes = tensor(engine, Uint8Array.from([0, 3, 0, 1, 0, 0, 2, 0]), { shape: [2, 4] });
    using indices = tensor(engine, Int32Array.from([1, 0]));
    using nonzeros = compress(bytes);
    using x = new SparseMatrix(engine, [2, 4], { dtype, maxRowNonzeros: nonzeros.maxRowNonzeros });
    gatherSparseRows(nonzeros, indices, x, 1);
    using w = tensor(engine, [[1], [2], [-30], [4]], { dtype });
    using b = tensor(engine, [-5], { dtype });
    using z = affine(x, w, b, { activation: "relu" });
    assert.equal(z.toArray(), [[0], [5]]);
  });
}

test("what does not fit is refused", () => {
  using x = zeros(engine, [2, 3]);
  using w = zeros(engine, [3, 4]);
  using b = zeros(engine, [4]);
  using narrow = zeros(engine, [3]);
  const unknown = "swish" as Activation;
  assertThrows(() => affine(x, w, b, { activation: unknown }), OptionError, "an unknown activation");
  assertThrows(() => affine(x, w, b, { activation: "toString" as Activation }), OptionError, "an inherited name");
  assertThrows(() => affine(x, w, narrow), ShapeError, "a bias of another length");
  assertThrows(() => affine(w, x, b), ShapeError, "inner sizes");
});

test("an expression among tensors makes all of it one: no product is left behind, and none is computed too early", () => {
  using x = tensor(engine, [[1, 2]]);
  using w = tensor(engine, [[3], [4]]);
  using b = tensor(engine, [5]);
  const before = engine.stats();
  const z = affine(x, w, expressionOf(b));
  assert.equal(engine.stats(), before);
  using program = compile({ z });
  x.set([[10, 20]]);
  program.run();
  assert.equal(program.outputs.z.toArray(), [[115]]);
});

test.run();
