/** Faults in one line each: every fact is named, in words. */
import { suite } from "uvu";
import { describeIdxFault, type IdxFault } from "../../src/data/idx_error.ts";
import { assertDescribed } from "../support/faults.ts";

const test = suite("IdxError");

test("how bytes are no IDX file; a cure stands where it helps", () => {
  assertDescribed<IdxFault>(describeIdxFault, {
    gzip: [[{ reason: "cut" }, "broken gzip: cut"]],
    magic: [
      [{ found: 0x1f8b, start: "··" }, "0x1f8b, which is gzip; readIdx inflates it"],
      [{ found: 0x12, start: "··x" }, /starts with 0x0012 \("··x"\), expected 0x0000$/],
      [{ found: 0x12, start: "", content: { name: "a PDF file", cure: "" } }, /^not an IDX file but a PDF file$/],
      [{ found: 0x12, start: "", content: { name: "a page", cure: "turn it" } }, /but a page; turn it$/],
    ],
    type: [[{ expected: "uint8", code: 9 }, "type uint8, found 0x09"]],
    rank: [
      [{ expected: "3", found: 1 }, /rank 3, found 1; images and labels swapped\?$/],
      [{ expected: "1", found: 3 }, /rank 1, found 3; images and labels swapped\?$/],
      [{ expected: "1", found: 2 }, /rank 1, found 2$/],
    ],
    length: [[{ expected: 16, found: 15 }, "16 bytes, found 15"]],
  });
});

test.run();
