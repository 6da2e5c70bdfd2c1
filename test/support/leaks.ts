/** Suites whose tests also fail when they leave tensors behind, or write beyond them on the debug build. */
import { suite } from "uvu";
import * as assert from "uvu/assert";

import type { Engine } from "../../src/wasm/engine.ts";

export type LeakFreeSuite = {
  (law: string, body: () => void): void;
  run(): void;
};

/**
 * A suite on one engine. The check belongs to each test: were it an `after.each` hook, uvu would end the suite
 * at its first error, silently and with exit code 0.
 */
export function leakFreeSuite(name: string, engine: Engine): LeakFreeSuite {
  const tests = suite(name);
  const test = (law: string, body: () => void): void => {
    tests(law, () => {
      const before = held(engine);
      const result: unknown = body();
      assert.not.instance(result, Promise, "nobody would wait for it: what a test awaits is made before the suite");
      engine.checkMemory();
      assert.equal(held(engine), before, "the test leaves behind what it found: tensors, bytes");
    });
  };
  return Object.assign(test, { run: () => tests.run() });
}

function held(engine: Engine): readonly [tensors: number, bytes: number] {
  const { tensors, bytes } = engine.stats();
  return [tensors, bytes];
}
