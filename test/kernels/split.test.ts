/** A call that is cut as its row of the table says gives what the whole gives, to the bit where the row says so. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesPerElement } from "../../src/wasm/dtype.ts";
import { loadInstance } from "../../src/wasm/load.ts";
import { cutsOf, partOf } from "../../src/wasm/signature.ts";
import { BUILD } from "../support/engine.ts";
import { draws } from "../support/floats.ts";
import { drawCall, KERNELS } from "./drawn.ts";
import { argumentsOf, assertSame, call, labelOf, place, run, sideOf } from "./field.ts";

const CALLS = 30;
/** Of a sum of up to a thousand terms that is added in another order, in float64. */
const ROUNDING = 1e-12;

const test = suite("split calls");
const side = sideOf(BUILD, await loadInstance(BUILD, undefined));

for (const signature of KERNELS.filter(({ split }) => split.by !== "none")) {
  test(`${signature.name}: parts are the whole`, () => {
    let cut = 0;
    for (let seed = 0; seed < CALLS; seed++) {
      const { isExact } = signature.split;
      const drawn = drawCall(signature, seed, { how: isExact && seed % 3 > 0 ? "wild" : "tame", isLonger: true });
      const placed = place(drawn);
      const whole = call(side, placed);
      const args = argumentsOf(side, placed);
      for (const size of cutsOf(signature, args)) {
        const end = args[signature.parameters.findIndex(({ name }) => name === size)] ?? 0;
        const draw = draws(seed);
        const [first, second] = [draw(), draw()]
          .map((share) => Math.floor(share * (end + 1)))
          .sort((a, b) => a - b) as [number, number];
        // The last part before the first: their order makes no difference.
        const ranges = [
          [second, end - second],
          [0, first],
          [first, second - first],
        ] as const;
        const parts = run(
          side,
          placed,
          ranges.map((range) => partOf(signature, args, size, range, bytesPerElement)),
        );
        cut += 1;
        const label = `${labelOf(drawn)} over ${size} at ${first} and ${second}`;
        const { returned = 0 } = whole;
        const bound = isExact ? 0 : ROUNDING * Math.abs(returned);
        assert.ok(Math.abs(parts.sum - returned) <= bound, `${label} returned ${parts.sum}, expected ${returned}`);
        assertSame(placed, { ...parts, returned: whole.returned }, whole, label);
      }
    }
    assert.ok(cut > CALLS / 2, `${cut} calls were cut`);
  });
}

test.run();
