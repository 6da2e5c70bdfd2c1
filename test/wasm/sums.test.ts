/**
 * The kernels as they are published. They are those whose SHA-256 is committed: from any clean checkout, on any machine, the
 * compiler gives these bytes. And they are small.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, inflateRawSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { committedSums, faultOfKernels } from "../package/sums.ts";
import { ROOT } from "../support/script.ts";

/** Of each build, as gzip: 1 % more than it has, as a file or as a string, whichever is larger; 32 KiB at most. */
const MOST_BYTES = { simd: 32_228, relaxed: 32_768 } as const;

const test = suite("published kernels");
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

for (const build of ["simd", "relaxed"] as const) {
  test(`${build} is at most ${MOST_BYTES[build]} bytes as gzip, as a file and as a string`, async () => {
    const { default: base64 } = (await import(`../../src/wasm/builds/${build}.ts`)) as { readonly default: string };
    for (const content of [readFileSync(join(ROOT, `build/${build}.wasm`)), base64]) {
      const { length } = gzipSync(content, { level: 9 });
      assert.ok(length <= MOST_BYTES[build], `${length}`);
    }
  });
}

test("one bit more is another file, and the message says how to commit it", () => {
  const spoilt = Uint8Array.from(readFileSync(join(ROOT, "build/simd.wasm")));
  spoilt[100]! ^= 1;
  assert.match(faultOfKernels("simd", spoilt, "x") ?? "", /^x: expected .* npx tsx scripts\/kernels\.ts --sums$/);
});

test.run();
