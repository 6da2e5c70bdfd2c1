/** A command's frame, in this process: its errors in one line, its exit codes, signals, output that is lost. */
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Command, command, fail, isScript, runCommand } from "../../src/cli/command.ts";
import { FileError, OutputError } from "../../src/cli/files.ts";
import { toggle, UsageError } from "../../src/cli/flags.ts";
import { quitWhenLost, whenLost } from "../../src/cli/output.ts";
import { type Interruption, listenForSignals } from "../../src/cli/signals.ts";
import { IndexError, OptionError } from "../../src/errors.ts";
import { assertRejects } from "../support/throws.ts";
import { systemError } from "./faults.ts";
import { atClock, type Printed, printedBy } from "./printed.ts";
import { forgetting } from "./ran.ts";

const test = suite("a command");

/** A command that takes one file or two. */
function commandThat(run: (operands: readonly string[], quiet: boolean | undefined) => Promise<number>): Command {
  return command<{ readonly quiet?: boolean }>({
    ...{ name: "it", about: "Does it.", usage: "it FILE [FILE]", examples: [], operands: [1, 2] },
    flags: { quiet: toggle("no progress") },
    run: ({ operands, values }) => run(operands, values.quiet),
  });
}

type Ended = Printed & { readonly exitCode: typeof process.exitCode };

/** Runs it as `main` does. */
async function ended(made: Command, args: readonly string[]): Promise<Ended> {
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const printed = await forgetting(() => printedBy(() => runCommand(made, args)));
    return { ...printed, exitCode: process.exitCode };
  } finally {
    process.exitCode = before;
  }
}

/** Thrown where the process would have ended. */
class Exit extends Error {
  readonly code: unknown;

  constructor(code: unknown) {
    super("exit");
    this.code = code;
  }
}

/** The code that a call ends the process with. */
function exitOf(call: () => unknown): unknown {
  const { exit } = process;
  process.exit = (code) => {
    throw new Exit(code);
  };
  try {
    call();
    return "no exit";
  } catch (error) {
    if (error instanceof Exit) return error.code;
    throw error;
  } finally {
    process.exit = exit;
  }
}

test("its operands, its flags and its exit code", async () => {
  const seen: unknown[] = [];
  const made = commandThat(async (operands, quiet) => {
    seen.push(operands, quiet);
    return 7;
  });
  assert.is(made.name, "it");
  assert.is(made.page([]).usage, "it FILE [FILE]");
  assert.is(await made.execute(["a", "b"]), 7);
  assert.is((await ended(made, ["a", "--quiet", "--debug"])).exitCode, 7);
  assert.equal(seen, [["a", "b"], undefined, ["a"], true]);
  const few = await assertRejects(() => made.execute([]), UsageError, "none");
  assert.is(few.message, "an argument is missing: npm run -s lanegrad -- it FILE [FILE]");
  const many = await assertRejects(() => made.execute(["a", "b", "c", "d"]), UsageError, "three");
  assert.is(many.message, "unexpected argument c");
  const none = command({ name: "none", about: "", usage: "none", examples: [], flags: {}, run: async () => 0 });
  assert.is(await none.execute([]), 0);
  assert.is((await assertRejects(() => none.execute(["a"]), UsageError, "one")).message, "unexpected argument a");
});

test("--help and -h print its page, wherever they stand before --", async () => {
  const made = commandThat(async () => 3);
  for (const args of [["--help"], ["a", "-h"], ["--bogus", "--help"], ["-h", "--", "a"]]) {
    const { stdout, stderr, exitCode } = await ended(made, args);
    assert.equal([exitCode, stderr], [undefined, ""], args.join(" "));
    assert.match(stdout, /^Does it\.\n\nusage: .* it FILE \[FILE\]\n[\s\S]* {2}--quiet +no progress\n/);
  }
  assert.equal(await ended(made, ["--", "--help"]), { stdout: "", stderr: "", exitCode: 3 });
  assert.equal(await ended(made, ["--", "-h"]), { stdout: "", stderr: "", exitCode: 3 });
});

test("an error is one line and a code: 2 for wrong usage, 1 for what else went wrong, and a defect is called one", async () => {
  for (const [error, code, line] of [
    [new UsageError("wrong"), 2, "it: wrong; --help lists the flags\n"],
    [new OptionError("topK", "a number", "x"), 2, 'it: topK: expected a number, found "x"\n'],
    [new FileError("a", "damaged"), 1, "it: a: damaged\n"],
    [new OutputError("a", "full", "make room"), 1, "it: cannot write to a: full; make room\n"],
    [new IndexError("op", "x", 1, 2, 2), 1, "it: op: x[1] is 2; expected an integer from 0 to 1\n"],
    [new TypeError("not a function"), 1, "it: not a function\nthis is a defect: --debug shows where\n"],
    ["words", 1, "it: words\nthis is a defect: --debug shows where\n"],
    [new FileError("a\u001b[2J", "b"), 1, "it: a\\u001b[2J: b\n"],
  ] as const) {
    const made = commandThat(() => Promise.reject(error));
    assert.equal(await ended(made, ["a"]), { stdout: "", stderr: line, exitCode: code });
    const { stderr, exitCode } = await ended(made, ["a", "--debug"]);
    assert.is(exitCode, code);
    if (error instanceof Error) assert.match(stderr, /\n {4}at .*command\.test/);
    assert.not.match(stderr, "this is a defect");
  }
  const bare = Object.assign(new Error("without a stack"), { stack: undefined });
  let code: number | undefined;
  const { stderr } = await printedBy(() => {
    code = fail("it", bare, true);
  });
  assert.equal([code, stderr], [1, "it: without a stack\n"]);
});

test("a file is the script where Node was started with it", () => {
  const [, script = ""] = process.argv;
  assert.ok(isScript(pathToFileURL(script).href));
  assert.not(isScript(import.meta.resolve("../../src/cli/command.ts")));
});

test("the first signal asks for an end, the second, a second later, ends the process at once", async () => {
  for (const [signal, code] of [
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    await forgetting(async () => {
      const { exitCode, signal: aborting } = listenForSignals();
      assert.equal([exitCode(), aborting.aborted], [0, false]);
      const { stderr } = await printedBy(() => atClock(() => void process.emit(signal)));
      assert.is(stderr, `\n${signal}: finishing this step; Ctrl-C, after a second, quits at once\n`);
      assert.equal([exitCode(), aborting.aborted], [code, true]);
      const again = await printedBy(() =>
        atClock((set) => {
          set(1000);
          for (const [second, its] of [
            ["SIGINT", 130],
            ["SIGTERM", 143],
          ] as const) {
            assert.is(
              exitOf(() => process.emit(second)),
              its,
            );
          }
        }),
      );
      assert.is(again.stderr, "");
      assert.is(exitCode(), code);
    });
  }
});

test("what interrupts first is what it ends by", async () => {
  await forgetting(async () => {
    let interruption: Interruption | undefined;
    const { stderr } = await printedBy(() => {
      interruption = listenForSignals();
      interruption.interrupt(130, "Ctrl-C");
      interruption.interrupt(1, "no disk");
    });
    assert.is(interruption?.exitCode(), 130);
    assert.is(stderr, "\nCtrl-C: finishing this step; Ctrl-C, after a second, quits at once\n");
  });
});

test("output that is lost ends a command: quietly where its reader has gone, else with the reason", async () => {
  await forgetting(async () => {
    quitWhenLost();
    quitWhenLost();
    const lose = (code: string) => exitOf(() => process.stdout.emit("error", systemError(code)));
    const printed = await printedBy(() => {
      assert.is(lose("EPIPE"), 0);
      assert.is(lose("ENOSPC"), 1);
      assert.is(
        exitOf(() => process.stderr.emit("error", systemError("ENOSPC"))),
        "no exit",
        "progress that nobody sees is no reason",
      );
    });
    assert.is(printed.stderr, "cannot write to standard output: ENOSPC: as the system says it\n");
    const counts = [process.stdout, process.stderr].map((stream) => stream.listenerCount("error"));
    assert.equal(counts, [1, 1], "once, however often it is asked for");
  });
});

test("a command that has more to keep is told once, and does not quit", async () => {
  for (const [code, reason] of [
    ["EPIPE", "nobody reads it any more"],
    ["ENOSPC", "ENOSPC: as the system says it"],
  ] as const) {
    await forgetting(async () => {
      const reasons: string[] = [];
      quitWhenLost();
      whenLost((told) => reasons.push(told));
      for (let i = 0; i < 3; i++) {
        assert.is(
          exitOf(() => process.stdout.emit("error", systemError(code))),
          "no exit",
        );
      }
      assert.equal(reasons, [reason]);
    });
  }
});

test.run();
