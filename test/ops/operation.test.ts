/** What holds for every operation: what is refused before its kernels run, and what is left behind when they fail. */
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { apply } from "../../src/ops/apply.ts";
import { mul } from "../../src/ops/binary.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { input } from "../../src/tensor/expression.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { AllocationError } from "../../src/wasm/errors.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("operation", engine);

/** One of one's own, whose kernel call fails. */
const broken: Operation = {
  name: "broken",
  spec: () => ({ dtype: "float32", shape: [2] }),
  bind: () => [
    () => {
      throw new RangeError("no kernel");
    },
  ],
};

test("an operation without operands has no engine to run in", () => {
  const error = assertThrows(() => apply(broken, [], {}), OptionError, "no operand");
  assert.is(error.option, "broken");
});

test("where a call fails, its own result is gone and the caller's is there", () => {
  using x = tensor(engine, [1, 2]);
  using out = zeros(engine, [2]);
  assertThrows(() => apply(broken, [x], {}, { out }), RangeError, "a place");
  assert.is(out.isDisposed, false);
  assertThrows(() => apply(broken, [x], {}), RangeError, "none"); // the suite counts tensors
});

test("a result of too many elements is an expression, and a tensor finds no memory for it", () => {
  using column = zeros(engine, [2 ** 16, 1]);
  using row = zeros(engine, [1, 2 ** 16]);
  assertThrows(() => matmul(column, row), AllocationError, "16 GiB");
  const sized = (...shape: number[]) => input(engine, shape, { name: "x" });
  assert.equal(mul(sized(2 ** 16, 1), sized(1, 2 ** 16)).shape, [2 ** 16, 2 ** 16]);
  const none = () => mul(sized(2 ** 16, 1, 0), sized(1, 2 ** 16, 1));
  assert.is(assertThrows(none, ShapeError, "an empty result").argument, "result");
});

test("a result may not lie among sparse rows that are read, be it starts, columns or values", () => {
  using rows = new SparseMatrix(engine, [2, 2], { dtype: "float32", maxRowNonzeros: 4 });
  using w = zeros(engine, [2, 1]);
  const out = rows.values.part(4, [2, 1]);
  const error = assertThrows(() => matmul(rows, w, { out } as never), ShapeError, "values");
  assert.equal([error.op, error.argument], ["matmul", "out"]);
});

test.run();
