/** Which subcommand, `--version`, and the page that lists them. */
import { type Command, fail, runCommand } from "./command.ts";
import { version } from "./files.ts";
import { UsageError } from "./flags.ts";
import { suggestion } from "./options.ts";
import { quitWhenLost } from "./output.ts";
import { PROGRAM } from "./program.ts";

type Entry = { readonly about: string; readonly load: () => Promise<Command> };

/** Loaded when they are asked for: a command does not wait for what the others need. */
const COMMANDS: ReadonlyMap<string, Entry> = new Map([
  [
    "train",
    { about: "trains a network on a table or on images", load: async () => (await import("./train.ts")).trainCommand },
  ],
  [
    "evaluate",
    {
      about: "evaluates a network, class by class",
      load: async () => (await import("./evaluate.ts")).evaluateCommand,
    },
  ],
  [
    "predict",
    {
      about: "predicts the classes of inputs",
      load: async () => (await import("./predict.ts")).predictCommand,
    },
  ],
  [
    "report",
    {
      about: "draws a run that has ended",
      load: async () => (await import("./report_command.ts")).reportCommand,
    },
  ],
  ["inspect", { about: "prints what is in a file", load: async () => (await import("./inspect.ts")).inspectCommand }],
  [
    "export",
    { about: "writes a network in other formats", load: async () => (await import("./export.ts")).exportCommand },
  ],
  ["download", { about: "downloads MNIST", load: async () => (await import("./download.ts")).downloadCommand }],
]);

/** Runs the command line to its exit code, which the process then has. */
export async function main([name, ...args]: readonly string[]): Promise<void> {
  quitWhenLost();
  if (name === "--version" || name === "-V") {
    process.stdout.write(`${version()}\n`);
  } else if (name === undefined || name === "--help" || name === "-h") {
    process.stdout.write(overview());
  } else if (name === "help") {
    const [wanted] = args;
    if (wanted === undefined) process.stdout.write(overview());
    else await dispatch(wanted, ["--help"]);
  } else {
    await dispatch(name, args);
  }
}

async function dispatch(wanted: string, rest: readonly string[]): Promise<void> {
  const entry = COMMANDS.get(wanted);
  if (entry !== undefined) return await runCommand(await entry.load(), rest);
  const kind = wanted.startsWith("-") ? "flag" : "command";
  const words = kind === "flag" ? ["--help", "--version"] : [...COMMANDS.keys()];
  process.exitCode = fail("lanegrad", new UsageError(`unknown ${kind} ${wanted}${suggestion(wanted, words)}`), false);
}

function overview(): string {
  const lines = [...COMMANDS].map(([command, { about }]) => `  ${command.padEnd(12)}${about}`);
  return [
    "Trains and runs small neural networks on WebAssembly SIMD.",
    "",
    `usage: ${PROGRAM} COMMAND [options]`,
    "",
    "commands",
    ...lines,
    "",
    `${PROGRAM} COMMAND --help   what a command takes`,
    `${PROGRAM} --version`,
    "",
  ].join("\n");
}
