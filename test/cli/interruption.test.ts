/** Which signals end a run at once, and which are the first one again: by the time between them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Interruption, listenForSignals } from "../../src/cli/signals.ts";
import { atClock, type Printed, printedBy } from "./printed.ts";
import { forgetting } from "./ran.ts";

const test = suite("signals of one request");

type Heard = Printed & {
  readonly interruption: Interruption;
  /** The exit codes that the process would have ended with at once. */
  readonly quits: readonly unknown[];
};

/** What becomes of signals that arrive at these milliseconds; "output" stands for standard output that is lost. */
async function heard(
  arrivals: readonly (readonly [milliseconds: number, signal: NodeJS.Signals | "output"])[],
): Promise<Heard> {
  const quits: unknown[] = [];
  let interruption: Interruption | undefined;
  const { exit } = process;
  process.exit = ((code: unknown) => quits.push(code)) as unknown as typeof process.exit;
  try {
    const printed = await forgetting(() =>
      printedBy(() =>
        atClock((set) => {
          const listening = listenForSignals();
          interruption = listening;
          for (const [milliseconds, signal] of arrivals) {
            set(milliseconds);
            if (signal === "output") listening.interrupt(1, "standard output: nobody reads it any more");
            else process.emit(signal);
          }
        }),
      ),
    );
    return { ...printed, interruption: interruption as Interruption, quits };
  } finally {
    process.exit = exit;
  }
}

test("none: nothing ends", async () => {
  const { interruption, stderr } = await heard([]);
  assert.equal([interruption.signal.aborted, interruption.exitCode(), stderr], [false, 0, ""]);
});

test("signals within a second are one, whoever forwards them: the run is asked to end, once", async () => {
  for (const again of [
    [[5000, "SIGINT"]],
    [
      [5030, "SIGINT"],
      [5060, "SIGINT"],
      [5999.9, "SIGINT"],
    ],
    [
      [5100, "SIGTERM"],
      [5900, "SIGHUP"],
    ],
  ] as const) {
    const { interruption, quits, stderr } = await heard([[5000, "SIGINT"], ...again]);
    assert.equal([quits, interruption.exitCode(), interruption.signal.aborted], [[], 130, true]);
    assert.is(stderr, "\nSIGINT: finishing this step; Ctrl-C, after a second, quits at once\n");
  }
});

test("one that comes a second later or more quits at once; those between do not put it off", async () => {
  for (const between of [
    [],
    [
      [5400, "SIGINT"],
      [5990, "SIGINT"],
    ],
  ] as const) {
    assert.equal((await heard([[5000, "SIGINT"], ...between, [6000, "SIGINT"]])).quits, [130]);
  }
  assert.equal(
    (
      await heard([
        [0, "SIGTERM"],
        [3_600_000, "SIGHUP"],
      ])
    ).quits,
    [129],
  );
});

test("Ctrl-C also ends the reader of a pipe, which may be noticed first: the exit code is that of Ctrl-C", async () => {
  const { interruption, quits } = await heard([
    [10, "output"],
    [12, "SIGINT"],
    [15, "SIGINT"],
  ]);
  assert.equal([quits, interruption.exitCode()], [[], 130]);
  const other = await heard([
    [10, "SIGINT"],
    [12, "output"],
  ]);
  assert.equal([other.quits, other.interruption.exitCode()], [[], 130]);
  assert.is((await heard([[10, "output"]])).interruption.exitCode(), 1);
  assert.equal(
    (
      await heard([
        [10, "output"],
        [2000, "SIGINT"],
      ])
    ).quits,
    [130],
  );
});

test.run();
