/** Gradients of reductions where their formulas would divide by 0 or meet infinities. */
import * as assert from "uvu/assert";

import { grad } from "../../src/autodiff/grad.ts";
import { cumprod } from "../../src/ops/cumulative.ts";
import { logSumExp } from "../../src/ops/log_sum_exp.ts";
import { norm } from "../../src/ops/norm.ts";
import { prod } from "../../src/ops/prod.ts";
import { min } from "../../src/ops/reduce.ts";
import { sum } from "../../src/ops/sum.ts";
import { std } from "../../src/ops/variance.ts";
import type { Expression } from "../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";

type Floats = Expression<FloatType>;

const engine = await loadEngine();
const test = leakFreeSuite("gradients of reductions", engine);

for (const dtype of FLOATS) {
  const gradientAt = (f: (x: Floats) => Floats, values: readonly number[]) => {
    using x = tensor(engine, values, { dtype }) as Tensor<FloatType>;
    const [dx] = grad((y: Floats) => f(y))(x) as unknown as [Tensor];
    const numbers = Array.from(dx.data);
    dx.dispose();
    return numbers;
  };

  test(`a deviation or a norm of 0 has the gradient 0, ${dtype}`, () => {
    assert.equal(
      gradientAt((x) => std(x), [2, 2, 2, 2]),
      [0, 0, 0, 0],
    );
    assert.equal(
      gradientAt((x) => norm(x), [0, 0]),
      [0, 0],
    );
    assert.equal(
      gradientAt((x) => norm(x, { order: 1 }), [0, -2, 3]),
      [0, -1, 1],
    );
    assert.equal(
      gradientAt((x) => norm(x, { order: Infinity }), [1, -2, 2]),
      [0, -0.5, 0.5],
    );
  });

  test(`products have the factors that are left, where some are 0, ${dtype}`, () => {
    assert.equal(
      gradientAt((x) => prod(x), [2, 0, 3]),
      [0, 6, 0],
    );
    assert.equal(
      gradientAt((x) => prod(x), [2, 0, 0]),
      [0, 0, 0],
    );
    assert.equal(
      gradientAt((x) => prod(x), [7]),
      [1],
    );
    assert.equal(
      gradientAt((x) => sum(cumprod(x)), [2, 0, 3]),
      [1, 8, 0],
    );
  });

  test(`equals share the gradient of a minimum, ${dtype}`, () => {
    assert.equal(
      gradientAt((x) => min(x), [1, 3, 1]),
      [0.5, 0, 0.5],
    );
  });

  test(`logSumExp has no NaN in its gradient next to -∞, nor of -∞ alone, ${dtype}`, () => {
    assert.equal(
      gradientAt((x) => logSumExp(x), [-Infinity, 0, 0]),
      [0, 0.5, 0.5],
    );
    assert.equal(
      gradientAt((x) => logSumExp(x), [-Infinity, -Infinity]),
      [0, 0],
    );
  });
}

test.run();
