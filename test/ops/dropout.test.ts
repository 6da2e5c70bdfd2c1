/** Dropout as an operation: what is left out, what is scaled, its gradient, and what is refused. */
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { mul } from "../../src/ops/binary.ts";
import { sum } from "../../src/ops/sum.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { assertEqual } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { integers } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("dropout", engine);

test("an element is left out or scaled, by the counter and the stream alone", () => {
  using x = tensor(engine, new Float64Array(1000).fill(3));
  using counter = tensor(engine, new Int32Array([7, 1]));
  using later = tensor(engine, new Int32Array([7, 2]));
  const kept = (of: typeof counter, stream?: number) => {
    using y = dropout(x, of, { rate: 0.25, ...(stream === undefined ? {} : { stream }) });
    return [...y.data];
  };
  const first = kept(counter);
  assert.equal([...new Set(first)].sort(), [0, 4]);
  const share = first.filter((value) => value === 0).length / 1000;
  assert.ok(Math.abs(share - 0.25) < 6 * Math.sqrt((0.25 * 0.75) / 1000), `${share}`);
  assert.equal(kept(counter, 0), first);
  for (const others of [kept(counter, 1), kept(later)]) assert.not.equal(others, first);
});

test("its gradient leaves out what it left out, and knows none of the counter", () => {
  using x = tensor(engine, new Float64Array(integers(50, 3)));
  using w = tensor(engine, new Float64Array(integers(50, 4)));
  using counter = tensor(engine, new Int32Array([1, 5]));
  using ones = tensor(engine, new Float64Array(50).fill(1));
  using mask = dropout(ones, counter, { rate: 0.5, stream: 3 });
  const leaf = expressionOf(x);
  const loss = sum(mul(dropout(leaf, expressionOf(counter), { rate: 0.5, stream: 3 }), expressionOf(w)));
  using program = compile({ dx: gradientsOf(loss, [leaf])[0]! });
  program.run();
  assertEqual(
    program.outputs.dx.data as Float64Array,
    mask.data.map((factor, i) => factor * w.data[i]!),
    "dx",
  );
});

test("a rate, a stream and a counter that are none are refused", () => {
  using x = tensor(engine, new Float64Array(4));
  using counter = tensor(engine, new Int32Array([1, 2]));
  using three = tensor(engine, new Int32Array([1, 2, 3]));
  for (const rate of [-0.1, 1, Number.NaN]) {
    assert.is(assertThrows(() => dropout(x, counter, { rate }), OptionError, `${rate}`).option, "dropout: rate");
    assert.is(assertThrows(() => dropout(rate), OptionError, `layer ${rate}`).option, "dropout: rate");
  }
  assert.equal(dropout(0), { kind: "dropout", rate: 0 });
  const between = () => dropout(x, counter, { rate: 0.5, stream: 1.5 });
  assert.is(assertThrows(between, OptionError, "stream").option, "dropout: stream");
  assert.match(
    assertThrows(() => dropout(x, three, { rate: 0.5 }), ShapeError, "counter").message,
    /\[seed, step\].*\[3\]/,
  );
  assertThrows(() => dropout(x, x as never, { rate: 0.5 }), DTypeError, "a counter of floats");
});

test("a rate next to 1 leaves out everything", () => {
  using x = tensor(engine, new Float64Array(100).fill(3));
  using counter = tensor(engine, new Int32Array([7, 1]));
  using y = dropout(x, counter, { rate: 1 - 2 ** -40 });
  assert.equal([...new Set(y.data)], [0]);
});

test.run();
