/**
 * The twin gives the bits of the build `simd`: each kernel with drawn operands, all memory compared.
 *
 * LANEGRAD_TWIN_CALLS says how many calls of each kernel and float type there are, 60 when it is not set.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BINARY, MAP_SCRATCH, PREFIX, UNARY } from "../../src/wasm/abi.ts";
import { COMMON_KERNELS, FLOAT_KERNELS } from "../../src/wasm/arities.ts";
import { hardPlaces } from "../kernels/places.ts";
import { hardInputs } from "../kernels/unary_places.ts";
import { FLOATS } from "../support/floats.ts";
import type { Args } from "./case.ts";
import { COMMON_CASES } from "./common_cases.ts";
import { FLOAT_CASES } from "./float_cases.ts";
import { HARD, type Operand, Pair } from "./pair.ts";

const CALLS = Number(process.env["LANEGRAD_TWIN_CALLS"] ?? 60);

const test = suite("the twin's bits");

test("every kernel has a case", () => {
  assert.equal(Object.keys(FLOAT_CASES).sort(), Object.keys(FLOAT_KERNELS).sort());
  assert.equal([...Object.keys(COMMON_CASES), "alloc", "free", "shortage"].sort(), Object.keys(COMMON_KERNELS).sort());
});

test("what is only moved keeps all of its bits, a NaN's too", async () => {
  const pair = await Pair.start();
  for (const dtype of FLOATS) {
    const prefix = PREFIX[dtype];
    const n = dtype === "float32" ? 8 : 4;
    const calls: Record<string, (words: () => Operand, mask: Operand) => Args> = {
      copy: (words) => [n, words(), words()],
      transpose: (words) => [2, n / 2, words(), words()],
      reluGradient: (words, mask) => [n, mask, words(), words()],
      binary: (words, mask) => [BINARY.keep, 1, 1, 1, n, mask, 0, 0, 0, 1, words(), 0, 0, 0, 1, words()],
    };
    for (const [name, args] of Object.entries(calls)) {
      pair.clear(1);
      // Quiet and signalling, of either sign; as halves of float64 also.
      const words = () => pair.given("int32", [1, 0x7f812345, 2, 0x7fc54321, 3, -0x7edcbb, 4, 0x7ff00001]);
      const mask = pair.given(
        dtype,
        Array.from({ length: n }, (_, i) => (i === 1 ? 0 : 1)),
      );
      pair.call(prefix + name, args(words, mask));
    }
  }
});

test("two operands: each operation of everything hard with everything hard, itself too", async () => {
  const pair = await Pair.start();
  for (const dtype of FLOATS) {
    const hard = HARD[dtype];
    const n = hard.length;
    for (const f of Object.values(BINARY)) {
      pair.clear(f);
      const y = pair.floats(dtype, n * n, "tame");
      pair.call(`${PREFIX[dtype]}binary`, [
        ...[f, 1, 1, n, n],
        ...[pair.given(dtype, hard), 0, 0, 1, 0],
        ...[pair.given(dtype, hard), 0, 0, 0, 1],
        y,
      ]);
    }
  }
});

test("elementary functions where their methods bend", async () => {
  const pair = await Pair.start();
  for (const dtype of FLOATS) {
    for (const name of ["exp", "log", "tanh", "sigmoid", "softplus"] as const) {
      pair.clear(2);
      const x = pair.given(dtype, hardPlaces(name));
      const y = pair.floats(dtype, x.length, "tame");
      pair.call(PREFIX[dtype] + name, [x.length, x, y, pair.scratch(MAP_SCRATCH)]);
    }
  }
});

test("functions of one element where their methods bend", async () => {
  const pair = await Pair.start();
  for (const dtype of FLOATS) {
    for (const [name, f] of Object.entries(UNARY)) {
      pair.clear(3);
      const x = pair.given(dtype, hardInputs(name as keyof typeof UNARY));
      pair.call(`${PREFIX[dtype]}unary`, [f, x.length, x, pair.floats(dtype, x.length, "tame")]);
    }
  }
});

test("powers of everything drawn, near 1 and whole ones too", async () => {
  const pair = await Pair.start();
  for (const dtype of FLOATS) {
    pair.clear(4);
    const n = 20_000;
    const exponent = (i: number) => (i % 3 === 0 ? pair.whole(-40, 40) : pair.float(dtype, "wild"));
    const base = (i: number) =>
      i % 2 === 0 ? 1 + pair.float(dtype, "tame") / 2 ** pair.whole(0, 50) : pair.float(dtype, "wild");
    const a = pair.given(
      dtype,
      Array.from({ length: n }, (_, i) => base(i)),
    );
    const b = pair.given(
      dtype,
      Array.from({ length: n }, (_, i) => exponent(i)),
    );
    for (const f of [BINARY.pow, BINARY.mod, BINARY.floorDiv, BINARY.atan2]) {
      const y = pair.floats(dtype, n, "tame");
      pair.call(`${PREFIX[dtype]}binary`, [f, 1, 1, 1, n, a, 0, 0, 0, 1, b, 0, 0, 0, 1, y]);
    }
  }
});

for (const [place, calls] of [
  ["low", CALLS],
  ["above 2 GiB", Math.ceil(CALLS / 10)],
] as const) {
  const pair = await Pair.start(place);
  for (const dtype of FLOATS) {
    for (const [name, make] of Object.entries(FLOAT_CASES)) {
      test(`${name}, ${dtype}, ${place}`, () => {
        for (let seed = 0; seed < calls; seed++) {
          pair.clear(seed);
          const how = seed % 3 === 0 ? "tame" : "wild";
          const kernel = PREFIX[dtype] + name;
          pair.call(
            kernel,
            make(pair, dtype, how, (...sizes) => pair.scratchBytes(kernel, sizes)),
          );
        }
      });
    }
  }
  for (const [name, make] of Object.entries(COMMON_CASES)) {
    test(`${name}, ${place}`, () => {
      for (let seed = 0; seed < calls; seed++) {
        pair.clear(seed);
        pair.call(name, make(pair));
      }
    });
  }
}

test.run();
