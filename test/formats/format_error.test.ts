/** Faults in one line each: every fact is named, in words. */
import { suite } from "uvu";
import { describeFormatFault, type FormatFault } from "../../src/formats/format_error.ts";
import { assertDescribed } from "../support/faults.ts";

const test = suite("FormatError");

test("how bytes are not what was asked for", () => {
  assertDescribed<FormatFault>(describeFormatFault, {
    magic: [[{ expected: "1", found: "2" }, "expected 1 at its start, found 2"]],
    length: [[{ part: "b", expected: "1", found: 2 }, "b: expected 1 bytes, found 2"]],
    header: [[{ reason: "a word" }, "broken header: a word"]],
    version: [[{ expected: "1", found: "2" }, "expected version 1, found 2"]],
    type: [[{ part: "b", expected: "1", found: "2" }, "b: expected element type 1, found 2"]],
    entry: [[{ entry: 'b"', reason: "a word" }, 'entry "b\\"": a word']],
    deflate: [[{ reason: "a word" }, "broken deflate stream: a word"]],
    checksum: [[{ entry: "b", expected: 1, found: 2 ** 32 - 1 }, '"b": expected CRC-32 00000001, found ffffffff']],
    "too-large": [[{ part: "b", limit: 1, found: 2 }, "b: expected at most 1 bytes, found 2"]],
    tensor: [[{ tensor: "b", expected: "1", found: "2" }, "b: expected 1, found 2"]],
    description: [[{ reason: "a word" }, "description of the network: a word"]],
  });
});

test.run();
