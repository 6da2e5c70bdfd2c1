/** What errors say of a cause that is no error, and that they keep it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OverrunError, SaveError, TrapError } from "../src/errors.ts";
import { reasonOf } from "../src/platform/reason.ts";

const test = suite("errors");

test("a cause that is an error gives its message, anything else its text; the cause is kept", () => {
  for (const [cause, text] of [
    [new RangeError("no room"), "no room"],
    ["no room", "no room"],
    [28, "28"],
  ] as const) {
    const trap = new TrapError("relu", cause);
    assert.is(trap.message, `kernel relu trapped (${text}); this engine can no longer be used: load another`);
    const save = new SaveError("a.bin", cause);
    assert.equal([save.file, save.reason], ["a.bin", text]);
    assert.is(save.message, `cannot write a.bin: ${text}; free space there, or choose another folder`);
    assert.is(trap.cause, cause);
    assert.is(save.cause, cause);
  }
});

test("a reason is one line, with its cause where that is an error", () => {
  assert.is(reasonOf(new Error("fetch failed", { cause: new Error("refused") })), "fetch failed: refused");
  assert.is(reasonOf(new Error("fetch failed", { cause: "refused" })), "fetch failed");
  assert.is(reasonOf("a word"), "a word");
  assert.is(reasonOf(undefined), "undefined");
});

test("bytes are counted in the right number", () => {
  assert.match(new OverrunError(8, "after", 1).message, /written 1 byte after a block of 8 bytes/);
  assert.match(new OverrunError(8, "before", 2).message, /written 2 bytes before a block of 8 bytes/);
});

test.run();
