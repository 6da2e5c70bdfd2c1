/** The evaluation at the end of a run lets signals have their turn. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUILD } from "../support/engine.ts";
import { newPath, trainProcess } from "./lanegrad.ts";

const test = suite("train, evaluated at the end");
/** One step, and an evaluation of ten thousand digits that takes seconds. */
const ARGS = ["--layers", "784,1000,1000,10", "--iterations", "1", "--json"];

test("a signal during the evaluation is seen at once, not at its end", async () => {
  let isOver = false;
  const times = { sent: 0, seen: 0, end: 0 };
  const ended = await trainProcess([...ARGS, "--out", newPath()], {
    onOutput(text, child) {
      const now = performance.now();
      if (!isOver && text.includes('"step"')) {
        isOver = true;
        // By then the checkpoint of the last step is saved, and the evaluation under way.
        setTimeout(() => {
          times.sent = performance.now();
          child.kill("SIGINT");
        }, 500);
      }
      if (times.seen === 0 && text.includes("SIGINT:")) times.seen = now;
      if (text.includes('"end"')) times.end = now;
    },
  });
  assert.is(ended.code, 130, ended.stderr);
  const [delay, rest] = [times.seen - times.sent, times.end - times.seen];
  assert.ok(times.sent > 0 && times.seen > 0 && times.end > 0, JSON.stringify(times));
  assert.ok(delay < rest / 4, `seen after ${delay} ms, the evaluation ended ${rest} ms later`);
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
