/** What a run tells while it goes on: as JSON, as lines, as a bar, or nothing. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { downloadReporter, linesOf, percent, print, printJson, reporterFor, say } from "../../src/cli/report.ts";
import type { TrainProgress } from "../../src/train/loop/trainer.ts";
import { atClock, printedBy } from "./printed.ts";

const test = suite("what a run tells");
const TERMINAL = { isTerminal: true };
const CLEAR = "\r\x1b[K";

function progress(iteration: number, loss = 1, evaluation?: TrainProgress["evaluation"]): TrainProgress {
  return { iteration, epoch: 0, loss, evaluation, finishedEpoch: undefined };
}

const ALL = { iteration: 4, trainAccuracy: 0.5, testAccuracy: 0.25, validationAccuracy: 1, validationLoss: 0.123456 };

test("lines of a step: its loss every so many steps, and all that was measured", () => {
  assert.equal(linesOf(progress(4, 1.23456), 2), ["iteration 4  loss 1.2346"]);
  assert.equal(linesOf(progress(5), 2), []);
  const accuracies = "accuracy: train 50.00 %, test 25.00 %, validation 100.00 %, validation loss 0.1235";
  assert.equal(linesOf(progress(5, 1, ALL), 2), [`iteration 5  ${accuracies}`]);
  assert.equal(linesOf(progress(4, 1, { iteration: 4, testAccuracy: 0 }), 2), [
    "iteration 4  loss 1.0000",
    "iteration 4  accuracy: test 0.00 %",
  ]);
  assert.equal(linesOf(progress(5, 1, { iteration: 5, trainAccuracy: 1 }), 2), [
    "iteration 5  accuracy: train 100.00 %",
  ]);
  assert.equal([percent(0.12345), percent(1)], ["12.35 %", "100.00 %"]);
});

test("data goes to standard output, what is said to standard error, neither with what a terminal would act upon", async () => {
  assert.equal(
    await printedBy(() => {
      print(["a\u001b[2J", "b"]);
      printJson({ a: "\u001b" });
      say("c\rd");
    }),
    { stdout: 'a\\u001b[2J\nb\n{"a":"\\u001b"}\n', stderr: "c\\u000dd\n" },
  );
  assert.is((await printedBy(() => say("over a bar"), TERMINAL)).stderr, `${CLEAR}over a bar\n`);
  for (const environment of [{ CI: "1" }, { TERM: "dumb" }]) {
    assert.is((await printedBy(() => say("a line"), { ...TERMINAL, environment })).stderr, "a line\n");
  }
  const colours = { ...TERMINAL, environment: { TERM: "xterm", CI: "" } };
  assert.is((await printedBy(() => say("over a bar"), colours)).stderr, `${CLEAR}over a bar\n`);
});

test("JSON: an object for the start, some steps, every evaluation, the end; even where there is a terminal", async () => {
  const { stdout, stderr } = await printedBy(() => {
    const reporter = reporterFor({ json: true, logEvery: 2 });
    reporter.start({ seed: 3 }, ["not told"]);
    for (let i = 0; i < 4; i++) reporter.step(progress(i, i / 2, i === 3 ? ALL : undefined));
    reporter.download("file", 1, 2);
    reporter.end({ loss: 2 }, ["not told"]);
  }, TERMINAL);
  assert.is(stderr, "");
  assert.equal(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      { type: "start", seed: 3 },
      { type: "step", iteration: 0, loss: 0 },
      { type: "step", iteration: 2, loss: 1 },
      { type: "evaluation", ...ALL },
      { type: "end", loss: 2 },
    ],
  );
});

test("quiet: the summary alone", async () => {
  const printed = await printedBy(() => {
    const reporter = reporterFor({ quiet: true, logEvery: 1 });
    reporter.start({}, ["start"]);
    reporter.step(progress(0, 1, ALL));
    reporter.download("file", 1, 2);
    reporter.end({}, ["one", "two"]);
  }, TERMINAL);
  assert.equal(printed, { stdout: "one\ntwo\n", stderr: "" });
});

test("lines: start and end on standard output, steps and each file that is downloaded on standard error", async () => {
  const printed = await printedBy(() => {
    const reporter = reporterFor({ logEvery: 2 });
    reporter.download("a", 1, 9);
    reporter.download("a", 9, 9);
    reporter.download("b", 1, 9);
    reporter.start({}, ["one", "two"]);
    for (let i = 0; i < 4; i++) reporter.step(progress(i, i));
    reporter.end({}, ["end"]);
  });
  assert.equal(printed, {
    stdout: "one\ntwo\nend\n",
    stderr: "downloading a\ndownloading b\niteration 0  loss 0.0000\niteration 2  loss 2.0000\n",
  });
});

test("a bar is drawn over itself, ten times a second, and for the last step", async () => {
  await atClock(async (set) => {
    const lines: string[] = [];
    const { stdout, stderr } = await printedBy((printed) => {
      const told = (milliseconds: number, tell: () => void) => {
        set(milliseconds);
        printed.stderr = "";
        tell();
        lines.push(printed.stderr);
      };
      const reporter = reporterFor({ logEvery: 1 });
      reporter.start({ iterations: 100 }, ["start"]);
      told(1000, () => reporter.step(progress(0, 2)));
      told(1099, () => reporter.step(progress(1, 1)));
      told(1100, () => reporter.step(progress(49, 2)));
      told(1150, () => reporter.step(progress(50, 2, { iteration: 50, trainAccuracy: 0.5, testAccuracy: 0.25 })));
      told(2000, () => reporter.step(progress(98, 2)));
      told(2001, () => reporter.step(progress(99, 2, { iteration: 99, testAccuracy: 0.75 })));
      told(2002, () => reporter.end({}, ["end"]));
    }, TERMINAL);
    assert.equal(lines, [
      `${CLEAR}${"░".repeat(16)} 1/100  loss 2.0000`,
      "",
      `${CLEAR}${"█".repeat(8)}${"░".repeat(8)} 50/100  490 steps/s  loss 1.9804`,
      "",
      `${CLEAR}${"█".repeat(16)} 99/100  98 steps/s  loss 1.9812  accuracy 50.0/25.0 %`,
      `${CLEAR}${"█".repeat(16)} 100/100  99 steps/s  loss 1.9816  accuracy 75.0 %`,
      "\n",
    ]);
    assert.is(stdout, "start\nend\n");
    assert.is(stderr, "\n");
  });
});

test("a bar is as long as the run's steps, however they are told, and a line is cut at the terminal's width", async () => {
  await atClock(async (set) => {
    const resumed = await printedBy(() => {
      const reporter = reporterFor({ logEvery: 1 });
      reporter.start({ iterations: 100 }, []);
      set(1000);
      reporter.step(progress(50));
      set(2000);
      reporter.step(progress(60));
    }, TERMINAL);
    assert.match(resumed.stderr, / 61\/100 {2}10 steps\/s /, "steps of this process");
    const drawn = async (facts: Readonly<Record<string, unknown>>, columns?: number) => {
      const { stderr } = await printedBy(
        () => {
          const reporter = reporterFor({ logEvery: 1 });
          reporter.start(facts, []);
          set(5000);
          reporter.step(progress(4));
        },
        columns === undefined ? TERMINAL : { ...TERMINAL, columns },
      );
      return stderr.slice(CLEAR.length);
    };
    assert.match(await drawn({ steps: 8, iterations: 10 }), / 5\/8 /);
    assert.match(await drawn({ iterations: 10 }), / 5\/10 /);
    assert.match(await drawn({}), /^█{16} 5\/1 /, "more than all is all");
    assert.is(await drawn({ iterations: 10 }, 20), `${"█".repeat(8)}${"░".repeat(8)} 5/`);
    const long = () => downloadReporter({})("x".repeat(99), 1, 1);
    const { stderr } = await printedBy(long, { ...TERMINAL, columns: 0 });
    assert.is(stderr.trimEnd().length, CLEAR.length + 79, "of a terminal that does not tell, 80 columns");
  });
});

test("a download is drawn as its share, the last piece always, with a line for each file", async () => {
  await atClock(async (set) => {
    const lines: string[] = [];
    await printedBy((printed) => {
      const download = downloadReporter({});
      for (const [milliseconds, received, total] of [
        [1000, 250_000, 1_000_000],
        [1050, 500_000, 1_000_000],
        [1100, 750_000, 1_000_000],
        [1101, 1_000_000, 1_000_000],
        [2000, 1_000_000, undefined],
        [2001, 2_000_000, undefined],
      ] as const) {
        set(milliseconds);
        printed.stderr = "";
        download("file", received, total);
        lines.push(printed.stderr);
      }
    }, TERMINAL);
    assert.equal(lines, [
      `${CLEAR}${"█".repeat(4)}${"░".repeat(12)} file  0.3 MB`,
      "",
      `${CLEAR}${"█".repeat(12)}${"░".repeat(4)} file  0.8 MB`,
      `${CLEAR}${"█".repeat(16)} file  1.0 MB\n`,
      `${CLEAR}${"░".repeat(16)} file  1.0 MB`,
      "",
    ]);
  });
  const quiet = await printedBy(() => downloadReporter({ quiet: true })("file", 1, 2), TERMINAL);
  assert.is(quiet.stderr, "");
  assert.is((await printedBy(() => downloadReporter({ json: true })("file", 1, 2))).stderr, "");
  assert.is((await printedBy(() => downloadReporter({})("file", 1, 2))).stderr, "downloading file\n");
});

test.run();
