/** What both platforms offer besides files: turns, and WebAssembly that runs. The web's half runs in Node as well. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as node from "../../src/platform/node.ts";
import type { Platform } from "../../src/platform/types.ts";
import * as web from "../../src/platform/web.ts";

const test = suite("platforms");

const PLATFORMS: readonly (readonly [string, Platform])[] = [
  ["node", node],
  ["web", web],
];

/** (module (import "env" "memory" (memory 1 2)) (func (export "one") (result i32) (i32.load8_u (i32.const 1)))) */
const MODULE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7f],
  ...[2, 16, 1, 3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 1, 1, 2],
  ...[3, 2, 1, 0],
  ...[7, 7, 1, 3, 0x6f, 0x6e, 0x65, 0, 0],
  ...[10, 9, 1, 7, 0, 0x41, 1, 0x2d, 0, 0, 0x0b],
);

test("a turn comes after everything that waits for promises alone", async () => {
  for (const [name, { nextTurn }] of PLATFORMS) {
    let ticks = 0;
    const wait = async () => {
      while (ticks < 100) ticks = await Promise.resolve(ticks + 1);
    };
    void wait();
    await nextTurn();
    assert.is(ticks, 100, name);
  }
});

test("WebAssembly is started from bytes, or from what is compiled already, on the memory that it is given", async () => {
  const compiled = await WebAssembly.compile(MODULE);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  new Uint8Array(memory.buffer).set([0, 77]);
  for (const [name, { start }] of PLATFORMS) {
    for (const content of [MODULE, compiled]) {
      const { module, exports } = await start(content, { env: { memory } });
      assert.instance(module, WebAssembly.Module);
      assert.is((exports["one"] as () => number)(), 77, name);
    }
    assert.is((await start(compiled, { env: { memory } })).module, compiled, name);
  }
});

test("no kernels lie beside the sources", () => {
  for (const [, { kernelFile }] of PLATFORMS) assert.is(kernelFile("simd"), undefined);
});

test.run();
