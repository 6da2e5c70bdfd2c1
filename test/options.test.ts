/** Options objects: unknown keys are errors with the nearest known one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkOptions } from "../src/options.ts";

const test = suite("options");
type Options = { readonly epsilon?: number; readonly beta1?: number };
const check = (options: unknown): void => checkOptions<Options>("adam", options, { epsilon: 1, beta1: 1 });

test("known keys and undefined pass", () => {
  for (const options of [undefined, {}, { epsilon: 1 }, { epsilon: undefined, beta1: 2 }]) check(options);
});

test("an unknown key is refused with the nearest known one, or all of them", () => {
  assert.throws(() => check({ epsilonn: 1 }), /^adam: epsilonn: unknown option; did you mean epsilon\?$/);
  assert.throws(() => check({ activation: "relu" }), /^adam: activation: unknown option; options are epsilon, beta1$/);
  assert.throws(() => check({ __proto__: null, constructor: 1 }), /constructor: unknown option/);
});

test("a long key is cut", () => {
  assert.throws(
    () => check({ ["x".repeat(1e6)]: 1 }),
    (error: Error) => error.message.length < 200,
  );
});

test("what is no object is refused", () => {
  for (const options of [null, 5, "epsilon", true])
    assert.throws(() => check(options), /^adam: expected an object of options/);
});

test.run();
