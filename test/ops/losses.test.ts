/** Losses with options beside PyTorch's: values and gradients, in programs and at once. */
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { crossEntropy, huber, meanAbsoluteError } from "../../src/ops/losses.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf, type Value } from "../../src/tensor/expression.ts";
import { Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

type Case = {
  readonly kind: "crossEntropy" | "meanAbsoluteError" | "huber";
  readonly z: number[][];
  readonly t: number[] | number[][];
  readonly labels: boolean;
  readonly options: Record<string, unknown>;
  readonly loss: number | number[] | number[][];
  readonly gradient: number[][];
};

const CASES: readonly Case[] = JSON.parse(readFileSync("test/fixtures/torch-losses.json", "utf8"));
const LOSSES = { crossEntropy, meanAbsoluteError, huber } as unknown as Record<
  Case["kind"],
  (z: Value<FloatType>, t: Value, options: object) => number | Value<FloatType>
>;
const engine = await loadEngine();
const test = leakFreeSuite("losses with options", engine);

function near(found: readonly number[], want: readonly number[], tolerance: number, label: string): void {
  assert.is(found.length, want.length, label);
  for (const [i, value] of found.entries()) {
    const off = Math.abs(value - want[i]!);
    assert.ok(off <= tolerance * Math.max(1, Math.abs(want[i]!)), `${label} [${i}]: ${value}, not ${want[i]}`);
  }
}

const flat = (value: unknown) => [value].flat(2) as number[];

for (const dtype of FLOATS) {
  test(`values and gradients are PyTorch's, ${dtype}`, () => {
    const tolerance = dtype === "float64" ? 1e-13 : 2e-6;
    for (const { kind, z, t, labels, options, loss, gradient } of CASES) {
      const label = `${kind} ${JSON.stringify(options)}`;
      using logits = tensor(engine, z, { dtype });
      using targets = tensor(engine, t, { dtype: labels ? "int32" : dtype });
      const at = LOSSES[kind](logits, targets, options);
      near(at instanceof Tensor ? [...at.data] : [at as number], flat(loss), tolerance, label);
      if (at instanceof Tensor) at.dispose();
      const leaf = expressionOf(logits) as Expression<FloatType>;
      const value = LOSSES[kind](leaf, targets, options) as Expression<FloatType>;
      const [dz] = gradientsOf(sum(value), [leaf]);
      using program = compile({ value, dz: dz! });
      program.run();
      near([...program.outputs.value.data], flat(loss), tolerance, label);
      near([...program.outputs.dz.data], flat(gradient), tolerance, `${label}: gradient`);
    }
  });
}

test("where no label counts the mean is NaN and the sum 0", () => {
  using z = tensor(engine, [
    [1, 2],
    [3, -1],
  ]);
  using t = tensor(engine, Int32Array.of(1, 0));
  assert.ok(Number.isNaN(crossEntropy(z, t, { classWeights: [0, 0] })));
  assert.is(crossEntropy(z, t, { classWeights: [0, 0], reduction: "sum" }), 0);
});

test("what cannot be meant is refused by name", () => {
  using z = tensor(engine, [[1, 2]]);
  using t = tensor(engine, Int32Array.of(1));
  using p = tensor(engine, [[0.5, 0.5]]);
  for (const [options, option] of [
    [{ classWeights: [1, -1] }, "crossEntropy: classWeights[1]"],
    [{ classWeights: [Number.NaN, 1] }, "crossEntropy: classWeights[0]"],
    [{ labelSmoothing: 1 }, "crossEntropy: labelSmoothing"],
    [{ labelSmoothing: -0.1 }, "crossEntropy: labelSmoothing"],
    [{ ignoreLabel: 0.5 }, "crossEntropy: ignoreLabel"],
    [{ reduction: "average" as never }, "crossEntropy: reduction"],
  ] as const) {
    assert.is(assertThrows(() => crossEntropy(z, t, options), OptionError, option).option, option);
  }
  assertThrows(() => crossEntropy(z, t, { classWeights: [1, 1, 1] }), ShapeError, "three weights");
  assertThrows(() => crossEntropy(z, p, { ignoreLabel: 1 }), OptionError, "ignored probabilities");
  using far = tensor(engine, Int32Array.of(2));
  assertThrows(() => crossEntropy(z, far, { labelSmoothing: 0.1 }), IndexError, "label 2");
  assertThrows(() => huber(z, p, { delta: 0 }), OptionError, "delta");
  assertThrows(() => meanAbsoluteError(z, p, { reduction: "x" as never }), OptionError, "reduction");
});

test.run();
