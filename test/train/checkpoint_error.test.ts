/** Faults in one line each: every fact is named, in words. */
import { suite } from "uvu";
import { type CheckpointFault, describeCheckpointFault } from "../../src/train/checkpoints/checkpoint_error.ts";
import { assertDescribed } from "../support/faults.ts";

const test = suite("CheckpointError");

test("why a run cannot go on", () => {
  assertDescribed<CheckpointFault>(describeCheckpointFault, {
    "no-checkpoint": [[{}, "without a checkpoint"]],
    version: [[{ expected: 1, found: "2" }, "version 1, found 2"]],
    newer: [[{ unknown: "a word" }, "of a newer version: a word is unknown here"]],
    damaged: [[{ reason: "a word" }, "damaged: a word"]],
    "another-run": [[{ differences: ["seed", "epochs"] }, "of another run: seed; epochs"]],
  });
});

test.run();
