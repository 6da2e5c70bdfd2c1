/** What a terminal would act upon. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { visible } from "../../src/cli/visible.ts";

const test = suite("visible text");

test("controls and turns of the direction are written out; letters, tabs and ends of lines stay", () => {
  for (const [text, shown] of [
    ["größer 数字 😀\tone\ntwo", "größer 数字 😀\tone\ntwo"],
    ["\u001b[2Jgone", "\\u001b[2Jgone"],
    ["a\rb", "a\\u000db"],
    ["\u0000\u0007\u007f\u009b", "\\u0000\\u0007\\u007f\\u009b"],
    ["abc\u202egnp.exe\u2066\u200f", "abc\\u202egnp.exe\\u2066\\u200f"],
    ["", ""],
  ] as const) {
    assert.is(visible(text), shown);
  }
});

test.run();
