/** A result of expressions has no place: a tensor to write it to is refused by name, not passed over. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { affine } from "../../src/ops/affine.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { meanSquaredError, squaredError } from "../../src/ops/squared_error.ts";
import { input } from "../../src/tensor/expression.ts";
import { zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("places of results");
const x = input(engine, [2, 2], { name: "x" });
const place = zeros(engine, [2, 2]);
const bias = zeros(engine, [2]);

for (const [option, call] of [
  ["exp: out", () => exp(x as never, { out: place })],
  ["affine: out", () => affine(x as never, place, bias, { out: place })],
  ["squaredError: gradient", () => squaredError(x as never, place, { gradient: place })],
  ["meanSquaredError: gradient", () => meanSquaredError(x as never, place, { gradient: place })],
  ["softmaxCrossEntropy: gradient", () => softmaxCrossEntropy(x as never, place, { gradient: place })],
] as const) {
  test(`${option} is refused with an expression`, () => {
    const error = assertThrows(call, OptionError, option);
    assert.is(error.option, option);
  });
}

test.run();
