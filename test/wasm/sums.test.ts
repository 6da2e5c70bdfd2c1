/** The kernels are those whose SHA-256 is committed: from any clean checkout, on any machine, the compiler gives these bytes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { committedSums, faultOfKernels } from "../package/sums.ts";
import { ROOT } from "../support/script.ts";

const test = suite("SHA-256 of the kernels");
const sums = committedSums();

test("every target of the compiler has a sum, and nothing else has one", () => {
  const { targets } = JSON.parse(readFileSync(join(ROOT, "asconfig.json"), "utf8")) as { targets: object };
  assert.equal([...sums.keys()], Object.keys(targets));
  for (const sum of sums.values()) assert.match(sum, /^[0-9a-f]{64}$/);
});

for (const build of sums.keys()) {
  test(`${build}: the compiled file, and the string that the library carries`, async () => {
    const file = `build/${build}.wasm`;
    const compiled = readFileSync(join(ROOT, file));
    assert.is(faultOfKernels(build, compiled, file), undefined);
    const carried = (await import(`../../src/wasm/builds/${build}.ts`)) as { readonly default: string };
    const inflated = inflateRawSync(Buffer.from(carried.default, "base64"));
    assert.is(faultOfKernels(build, inflated, `src/wasm/builds/${build}.ts`), undefined);
  });
}

test("one bit more is another file, and the message says how to commit it", () => {
  const spoilt = Uint8Array.from(readFileSync(join(ROOT, "build/simd.wasm")));
  spoilt[100]! ^= 1;
  assert.match(faultOfKernels("simd", spoilt, "x") ?? "", /^x: expected .* npx tsx scripts\/kernels\.ts --sums$/);
});

test.run();
