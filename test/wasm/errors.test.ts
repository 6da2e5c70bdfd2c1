/** Faults in one line each: every fact is named, in words. */
import { suite } from "uvu";
import {
  type AllocationFault,
  describeAllocationFault,
  describeEngineFault,
  type EngineFault,
} from "../../src/wasm/errors.ts";
import { assertDescribed } from "../support/faults.ts";

const test = suite("wasm: errors");

test("why an engine could not start, and what runs here", () => {
  const cure = 'build "js" runs here';
  assertDescribed<EngineFault>(describeEngineFault, {
    "no-webassembly": [[{}, "no WebAssembly;", cure]],
    "no-simd": [[{}, "no WebAssembly SIMD;", cure]],
    "no-relaxed-simd": [[{}, "no relaxed SIMD", 'build "simd" runs everywhere']],
    forbidden: [[{ reason: "a policy" }, "(a policy)", "wasm-unsafe-eval", cure]],
    "no-import": [[{ reason: "a word" }, "service workers", "(a word)", "Engine.load({ wasm"]],
    "no-threads": [[{ reason: "a word" }, "a word"]],
    module: [[{ reason: "a word" }, ": a word"]],
  });
});

test("why there is no block", () => {
  assertDescribed<AllocationFault>((fault) => describeAllocationFault(77, fault), {
    block: [[{ limit: 55 }, "at most 55 bytes", "found 77"]],
    memory: [
      [
        { tensors: 3, liveBytes: 55, memoryBytes: 66, neededBytes: 99, limit: 111 },
        "77 bytes",
        "3 tensors hold 55 of 66 bytes",
        "cannot grow to 99 (limit: 111)",
        "dispose of what is no longer used",
      ],
    ],
  });
});

test.run();
