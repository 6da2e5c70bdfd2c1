/** A thread that dies, between steps or in the middle of one, a hundred times: nothing hangs, and no weights are wrong. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { tanh } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { LIMITS } from "../../src/threads/team.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { EngineError, TrapError } from "../../src/wasm/errors.ts";
import { WASM_BUILD } from "../support/engine.ts";
import { draws } from "../support/floats.ts";
import { assertThrows } from "../support/throws.ts";
import { spiedWorkers } from "./spied_workers.ts";

const KILLS = 100;
const STEPS = 12;
const N = 64;
/** Of the places in shared memory at which a thread that dies counts: several in each step. */
const MOST_PLACES = 60;

const test = suite("threads that die");

/** Steps that depend on one another: w ← w + tanh(w·w)/8. */
function stepsOn(engine: Engine) {
  const w = tensor(
    engine,
    Float32Array.from({ length: N * N }, (_, i) => ((i * 37) % 64) / 512),
    { shape: [N, N] },
  );
  const now = expressionOf(w);
  const program = compile({}, { into: [[add(now, mul(tanh(matmul(tanh(matmul(now, now)), now)), 1 / 8)), w]] });
  return {
    step: () => program.run(),
    bits: () => Buffer.from(w.data.slice().buffer as ArrayBuffer).toString("base64"),
  };
}

/** Ends itself when it has changed what threads share so many times. */
const dying = (places: number) => (script: string) =>
  `
  let left = ${places};
  const { add } = Atomics;
  Atomics.add = (...values) => {
    if (left-- === 0) process.exit(1);
    return add(...values);
  };
  ${script}`;

test("in the middle of a step, the engine refuses further work; between two, it goes on with one thread", async () => {
  const draw = draws(1);
  using alone = await Engine.load({ build: WASM_BUILD });
  const wanted: string[] = [];
  const single = stepsOn(alone);
  for (let i = 0; i < STEPS; i++) {
    single.step();
    wanted.push(single.bits());
  }
  const outcomes = { notStarted: 0, refused: 0, alone: 0, whole: 0 };
  for (let kill = 0; kill < KILLS; kill++) {
    const isOutside = kill % 4 === 0;
    const spied = spiedWorkers(isOutside ? undefined : dying(Math.floor(draw() * MOST_PLACES)));
    Object.assign(LIMITS, { isAlways: true, begin: 50, work: 50, shares: 1 });
    try {
      using engine = await Engine.load({ build: WASM_BUILD, threads: 2 + (kill % 2) }).catch((error: unknown) => {
        assert.ok(error instanceof EngineError && /^threads: a thread has ended/.test(error.message), String(error));
        return undefined;
      });
      if (engine === undefined) {
        outcomes.notStarted += 1; // it died before all were there
        continue;
      }
      const { step, bits } = stepsOn(engine);
      const last = Math.floor(draw() * STEPS);
      let refused: unknown;
      for (let i = 0; i < STEPS && refused === undefined; i++) {
        if (isOutside && i === last) spied.workers[0]?.terminate();
        try {
          step();
        } catch (error) {
          refused = error;
          break;
        }
        assert.is(bits(), wanted[i], `kill ${kill}, step ${i}`);
      }
      if (refused !== undefined) {
        assert.instance(refused, TrapError);
        assertThrows(step, TrapError, `kill ${kill}: after it`);
        outcomes.refused += 1;
      } else if (engine.stats().threads === 1) outcomes.alone += 1;
      else outcomes.whole += 1;
    } finally {
      spied.restore();
    }
  }
  console.log(outcomes);
  assert.ok(outcomes.refused > 0 && outcomes.alone > 0, JSON.stringify(outcomes));
});

test.run();
