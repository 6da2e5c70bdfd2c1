/** Lines made of faults: each tells every fact that it has, and says in words what they are. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type AllocationFault,
  type CheckpointFault,
  type DatasetFault,
  describeAllocationFault,
  describeCheckpointFault,
  describeDatasetFault,
  describeEngineFault,
  describeFormatFault,
  describeIdxFault,
  describeWorkerFault,
  type EngineFault,
  type FormatFault,
  type IdxFault,
  type WorkerFault,
} from "../src/faults.ts";

const test = suite("faults");

/** Of each kind some faults, each with what its line must hold. */
type Lines<F extends { readonly kind: string }> = {
  readonly [K in F["kind"]]: readonly (readonly [Omit<Extract<F, { kind: K }>, "kind">, ...(string | RegExp)[]])[];
};

function assertTold<F extends { readonly kind: string }>(describe: (fault: F) => string, lines: Lines<F>): void {
  for (const [kind, faults] of Object.entries(lines) as [string, readonly (readonly [object, ...string[]])[]][]) {
    for (const [facts, ...parts] of faults) {
      const line = describe({ kind, ...facts } as unknown as F);
      for (const part of parts) assert.match(line, part, `${kind}: ${line}`);
      assert.match(line, /^[^\n]*\p{L}{3}[^\n]*$/u, `${kind}: one line, with words`);
    }
  }
  assert.throws(() => describe({ kind: "none of these" } as unknown as F), /unreachable: .*"none of these"/);
}

test("why an engine could not start, and what runs here", () => {
  const cure = 'build "js" runs here';
  assertTold<EngineFault>(describeEngineFault, {
    "no-webassembly": [[{}, "no WebAssembly;", cure]],
    "no-simd": [[{}, "no WebAssembly SIMD;", cure]],
    "no-relaxed-simd": [[{}, "no relaxed SIMD", 'build "simd" runs everywhere']],
    forbidden: [[{ reason: "a policy" }, "(a policy)", "wasm-unsafe-eval", cure]],
    "no-import": [[{ reason: "a word" }, "service workers", "(a word)", "Engine.load({ wasm"]],
    module: [[{ reason: "a word" }, ": a word"]],
  });
});

test("why there is no block", () => {
  assertTold<AllocationFault>((fault) => describeAllocationFault(77, fault), {
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

test("how bytes are no IDX file; a cure stands where it helps", () => {
  assertTold<IdxFault>(describeIdxFault, {
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

test("how files are no dataset", () => {
  const file = "a file";
  const name = "a name";
  assertTold<DatasetFault>(describeDatasetFault, {
    missing: [[{ file, looked: ["here", "there"] }, "a file not found; looked for here, there"]],
    unreadable: [[{ file, reason: "a pipe" }, "a file: cannot be read: a pipe"]],
    "too-large": [[{ file, limit: 9 }, "a file: ", "limit of 9 bytes"]],
    empty: [[{ file }, "a file: holds no examples"]],
    count: [[{ files: "both", images: 3, labels: 4 }, "both: 3 images but 4 labels"]],
    label: [
      [{ file, position: 7, value: 11, classes: 10 }, /^a file: label 7 is 11; expected 0 to 9$/],
      [{ file, position: 7, value: 0, classes: 26, first: 1, cure: "add one" }, /7 is 0; expected 1 to 26; add one$/],
    ],
    number: [[{ file, position: 7, value: Number.NaN }, "a file: number 7 is NaN; expected a finite"]],
    cell: [
      [{ file, line: 2, column: '"x"', expected: "1", found: "2" }, 'line 2, column "x": expected 1, found 2', file],
    ],
    record: [[{ file, line: 2, expected: "1", found: "2" }, "a file: line 2: expected 1, found 2"]],
    array: [[{ name, expected: "1", found: "2" }, "a name: expected 1, found 2"]],
    targets: [[{ name, expected: "1", found: "2" }, "a name: expected 1 as targets, found 2"]],
    shape: [[{ file, expected: "1", found: "2" }, "a file: expected 1, found 2"]],
    moved: [[{ name }, "a name: ", 'transfer: "copy"']],
  });
});

test("how bytes are not what was asked for", () => {
  assertTold<FormatFault>(describeFormatFault, {
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

test("why a run cannot go on", () => {
  assertTold<CheckpointFault>(describeCheckpointFault, {
    "no-checkpoint": [[{}, "without a checkpoint"]],
    version: [[{ expected: 1, found: "2" }, "version 1, found 2"]],
    newer: [[{ unknown: "a word" }, "of a newer version: a word is unknown here"]],
    damaged: [[{ reason: "a word" }, "damaged: a word"]],
    "another-run": [[{ differences: ["seed", "epochs"] }, "of another run: seed; epochs"]],
  });
});

test("why a worker does not answer", () => {
  assertTold<WorkerFault>(describeWorkerFault, {
    start: [[{ reason: "a word" }, "cannot be started: a word; startWorker({ worker: () => … })"]],
    ended: [[{ reason: "a word" }, "ended: a word;", "start another"]],
    version: [[{ expected: 1, found: 2 }, "protocol 1, found 2"]],
  });
});

test.run();
