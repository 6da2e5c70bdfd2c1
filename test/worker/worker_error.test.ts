/** Faults in one line each: every fact is named, in words. */
import { suite } from "uvu";
import { describeWorkerFault, type WorkerFault } from "../../src/worker/worker_error.ts";
import { assertDescribed } from "../support/faults.ts";

const test = suite("WorkerError");

test("why a worker does not answer", () => {
  assertDescribed<WorkerFault>(describeWorkerFault, {
    start: [[{ reason: "a word" }, "cannot be started: a word; startWorker({ worker: () => … })"]],
    ended: [[{ reason: "a word" }, "ended: a word;", "start another"]],
    version: [[{ expected: 1, found: 2 }, "protocol 1, found 2"]],
  });
});

test.run();
