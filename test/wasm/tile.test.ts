/** The choice of a tile on the build `relaxed`, by a clock that each test makes: how long anything takes here, none asks. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Engine } from "../../src/wasm/engine.ts";
import { supports } from "../../src/wasm/load.ts";
import { isWiderFaster, type Trial, useWider, WIDER } from "../../src/wasm/tile.ts";
import { draws } from "../support/floats.ts";

const test = suite("tile of the build relaxed");

type Machine = {
  /** Milliseconds of a product in each of the tiles, by how many milliseconds have passed. */
  readonly wide: (milliseconds: number) => number;
  readonly wider: (milliseconds: number) => number;
  /** The clock's. */
  readonly tick?: number;
  /** How much longer each product takes, in turns. */
  readonly noise?: readonly number[];
};

/** A machine, and how much time has passed on it. */
function simulated({ wide, wider, tick = 1e-4, noise = [1] }: Machine): Trial & { readonly passed: () => number } {
  let time = 1;
  let runs = 0;
  return {
    run: (isWider) => {
      const milliseconds = (isWider ? wider : wide)(time - 1) * noise[runs % noise.length]!;
      time += milliseconds;
      runs += 1;
    },
    now: () => {
      time += 1e-5;
      return Math.floor(time / tick) * tick;
    },
    turn: async () => {
      time += 1;
    },
    passed: () => time - 1,
  };
}

/** A function that is so slow until it is optimized, and then so fast. */
const optimizedAfter = (milliseconds: number, slow: number, fast: number) => (passed: number) =>
  passed < milliseconds ? slow : fast;

test("the faster one, once both are optimized", async () => {
  for (const [fast, isWider] of [
    [0.008, true],
    [0.0095, true],
    [0.011, false],
    [0.013, false],
  ] as const) {
    // The baseline compiler's code of the wider one is the faster, as V8's is.
    const machine = simulated({ wide: optimizedAfter(8, 0.04, 0.01), wider: optimizedAfter(3, 0.033, fast) });
    assert.is(await isWiderFaster(machine), isWider, `${fast}`);
    assert.ok(machine.passed() < 30, `${machine.passed()} ms`);
  }
});

test("a time of the baseline compiler's code decides nothing", async () => {
  const never = Number.POSITIVE_INFINITY;
  for (const [wide, wider] of [
    [never, never],
    [never, 3],
    [3, never],
  ] as const) {
    const machine = simulated({ wide: optimizedAfter(wide, 0.04, 0.01), wider: optimizedAfter(wider, 0.033, 0.008) });
    assert.is(await isWiderFaster(machine), false);
    assert.ok(machine.passed() > 200 && machine.passed() < 202, `${machine.passed()} ms`);
  }
});

test("other programs on the machine", async () => {
  for (const [fast, isWider] of [
    [0.008, true],
    [0.013, false],
  ] as const) {
    for (let seed = 0; seed < 20; seed++) {
      const draw = draws(seed);
      const noise = Array.from({ length: 1000 }, () => (draw() < 0.02 ? 100 * draw() : 1 + 0.2 * draw()));
      const machine = simulated({
        wide: optimizedAfter(20, 0.04, 0.01),
        wider: optimizedAfter(25, 0.033, fast),
        noise,
      });
      assert.is(await isWiderFaster(machine), isWider, `${fast}, seed ${seed}`);
    }
  }
});

test("a coarse clock takes longer; one that is too coarse decides nothing, and at once", async () => {
  const wide = optimizedAfter(8, 0.04, 0.01);
  const wider = optimizedAfter(3, 0.033, 0.008);
  assert.is(await isWiderFaster(simulated({ wide, wider, tick: 0.1 })), true);
  assert.is(await isWiderFaster(simulated({ wide, wider: wide, tick: 0.1 })), false);
  const machine = simulated({ wide, wider, tick: 2 });
  assert.is(await isWiderFaster(machine), false);
  assert.ok(machine.passed() < 7, `${machine.passed()} ms`);
});

test("the choice is a byte that the heap does not use, and a second engine has that of the first", async () => {
  // Node 20 has relaxed SIMD behind a flag, which counts for what is compiled after it.
  if (!supports("relaxed")) setFlagsFromString("--experimental-wasm-relaxed-simd");
  const [first, second] = [await Engine.load({ build: "relaxed" }), await Engine.load({ build: "relaxed" })];
  const chosen = ({ memory }: Engine) => new Uint8Array(memory.buffer)[WIDER];
  assert.match(readFileSync("assembly/params.ts", "utf8"), `const WIDER: usize = ${WIDER};`);
  assert.ok(chosen(first) === 0 || chosen(first) === 1);
  assert.is(chosen(second), chosen(first));
  assert.equal(first.stats(), { ...(await Engine.load()).stats(), memoryBytes: first.stats().memoryBytes });
  for (const isWider of [true, false]) {
    useWider(first.memory, isWider);
    assert.is(chosen(first), Number(isWider));
    first.memory.allocate(1 << 20).free();
    assert.is(chosen(first), Number(isWider));
  }
  for (const engine of [first, second]) engine.dispose();
});

test.run();
