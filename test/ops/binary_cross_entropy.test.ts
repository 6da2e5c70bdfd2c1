/** Logits and targets of which one is an expression. Values have their test beside the networks that are trained with them. */
import * as assert from "uvu/assert";

import { compile } from "../../src/autodiff/program.ts";
import { binaryCrossEntropyWithLogits } from "../../src/ops/binary_cross_entropy.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
const test = leakFreeSuite("binary cross entropy", engine);

test("one expression makes the loss one, which outlives the call and has the bits of the loss of tensors", () => {
  using z = tensor(engine, [[0.5, -2]]);
  using t = tensor(engine, [[1, 0.25]]);
  const want = binaryCrossEntropyWithLogits(z, t);
  for (const loss of [
    binaryCrossEntropyWithLogits(expressionOf(z), t),
    binaryCrossEntropyWithLogits(z, expressionOf(t)),
  ]) {
    using program = compile({ loss });
    program.run();
    assert.is(program.outputs.loss.data[0], want);
  }
});

test.run();
