/** The two tiles of the build `relaxed`: which one a product is computed in makes no difference to its bits. */
import { setFlagsFromString } from "node:v8";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadInstance, supports } from "../../src/wasm/load.ts";
import { useWider } from "../../src/wasm/tile.ts";
import { draws, FLOATS, lanesOf } from "../support/floats.ts";
import { drawCall, KERNELS, type Wishes } from "./drawn.ts";
import { assertSame, assertSameApart, call, place, sideOf } from "./field.ts";

const CALLS = 30;
/** One block of a sum and several, and steps of the loops. */
const TERMS = [1, 2, 3, 4, 5, 6, 31, 256, 257, 400];

// Node 20 has relaxed SIMD behind a flag, which counts for what is compiled after it.
if (!supports("relaxed")) setFlagsFromString("--experimental-wasm-relaxed-simd");
const [wide, wider] = [await sideWith(false), await sideWith(true)];

const test = suite("tiles of the build relaxed");

async function sideWith(isWider: boolean) {
  const loaded = await loadInstance("relaxed", undefined);
  useWider(loaded.memory, isWider);
  return sideOf(isWider ? "relaxed, 2 × 6" : "relaxed, 2 × 4", loaded);
}

function compare(signature: (typeof KERNELS)[number], seed: number, wishes: Wishes): void {
  const placed = place(drawCall(signature, seed, wishes));
  const want = call(wide, placed);
  const got = call(wider, placed);
  assertSame(placed, got, want, wider.build);
  assertSameApart(wider, placed, got);
}

for (const signature of KERNELS) {
  test(`${signature.name}: the same bits`, () => {
    for (let seed = 0; seed < CALLS; seed++) compare(signature, seed, { how: seed % 3 > 0 ? "wild" : "tame" });
  });
}

for (const dtype of FLOATS) {
  test(`products of ${dtype}, of every number of columns: the same bits`, () => {
    const signature = KERNELS.find(({ row, dtype: of }) => row === "gemm" && of === dtype);
    assert.ok(signature !== undefined);
    for (let n = 0; n <= 9 * 2 * lanesOf(dtype); n++) {
      for (let m = 1; m <= 9; m++) {
        const seed = 16 * n + m;
        const k = TERMS[Math.floor(draws(seed)() * TERMS.length)];
        compare(signature, seed, { how: seed % 3 === 0 ? "wild" : "tame", sizeOf: (size) => ({ m, n, k })[size] });
      }
    }
  });
}

test.run();
