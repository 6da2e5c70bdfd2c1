/** The kernels that `npm run dev` compiles: what tells them from the published ones, and what is said where they do not compile. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileBuild } from "../../scripts/mutation/kernels/compile.ts";
import { stampOf } from "../../scripts/shared/builds.ts";

const test = suite("builds of the kernels");

test("what is not optimized has another first line than what is published, so that it is compiled again", () => {
  const [published, plain] = [stampOf("published"), stampOf("plain")];
  assert.match(published, /^\/\/ Generated from assembly\/, sources [0-9a-f]{64}\n$/);
  assert.is(plain.startsWith(published) || published.startsWith(plain), false);
});

test("kernels that do not compile: the compiler names the file and the line", async () => {
  const files = new Map([["assembly/index.ts", "export function one(): i32 {\n  return two;\n}\n"]]);
  const { bytes, messages } = await compileBuild("debug", files, "plain");
  assert.is(bytes, undefined);
  assert.match(messages, /Cannot find name 'two'[\s\S]*assembly\/index\.ts\(2,10\)/);
});

test("each build is compiled by its own target: assertions on debug alone", async () => {
  const source = "export const abi: i32 = 1;\nexport function check(x: i32): i32 {\n  assert(x > 0);\n  return x;\n}\n";
  for (const build of ["simd", "debug"] as const) {
    const { bytes } = await compileBuild(build, new Map([["assembly/index.ts", source]]), "plain");
    assert.ok(bytes);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)), { env: { memory } });
    const check = exports["check"] as (x: number) => number;
    assert.is(check(7), 7);
    if (build === "debug")
      assert.throws(
        () => check(0),
        (error: unknown) => error instanceof WebAssembly.RuntimeError,
      );
    else assert.is(check(0), 0);
  }
});

test.run();
