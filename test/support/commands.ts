/**
 * The commands that pages show: taken apart, and held against what there is. A script must be one of package.json's, a file
 * must be there, a flag must be one that its program knows, a package one that this one can use.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluateCommand } from "../../src/cli/evaluate.ts";
import { exportCommand } from "../../src/cli/export.ts";
import type { FlagsOf } from "../../src/cli/flags.ts";
import { inspectCommand } from "../../src/cli/inspect.ts";
import { parse } from "../../src/cli/options.ts";
import { predictCommand } from "../../src/cli/predict.ts";
import { reportCommand } from "../../src/cli/report_command.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { type Ended, ROOT } from "./script.ts";
import { runFile, type Snippet } from "./snippets.ts";

/** A command and the output that is shown below it. */
export type Session = {
  readonly line: number;
  readonly command: string;
  readonly output: string;
};

type Package = {
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};

const PACKAGE: Package = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
/** Programs that are not the project's: what they are told is not looked into. */
const OTHERS: ReadonlySet<string> = new Set(["cd", "curl", "git"]);
const COMMANDS = [trainCommand, evaluateCommand, predictCommand, inspectCommand, exportCommand, reportCommand];
/** Commands whose flags are those of a script, or none. */
const OTHER_COMMANDS: ReadonlySet<string> = new Set(["download", "help"]);
const MAIN = "src/cli/main.ts";

/** The command lines of a block, each in one piece, without their comments. */
export function commandsOf({ text }: Snippet): readonly string[] {
  const lines = text.replaceAll(/\s*\\\n\s*/g, " ").split("\n");
  return lines.map(withoutComment).filter((line) => line !== "");
}

/** Commands behind `$`, and what they print. */
export function sessionsOf({ text, line }: Snippet): readonly Session[] {
  const sessions: { line: number; command: string; output: string }[] = [];
  for (const [i, each] of text.split("\n").entries()) {
    const last = sessions.at(-1);
    if (each.startsWith("$ ")) sessions.push({ line: line + i, command: withoutComment(each.slice(2)), output: "" });
    else if (last !== undefined) last.output += `${each}\n`;
    else throw new Error(`line ${line + i}: output before a command`);
  }
  return sessions;
}

function withoutComment(line: string): string {
  return line.replace(/(^|\s+)# .*$/, "").trim();
}

/** What is wrong with a command; undefined where nothing is. */
export function complaint(command: string): string | undefined {
  if (command.includes(" && "))
    return command
      .split(" && ")
      .map(complaint)
      .find((found) => found !== undefined);
  const [program = "", ...args] = wordsOf(command);
  if (OTHERS.has(program)) return undefined;
  if (program === "npm" && args[0] === "install") return complaintOfInstall(args.slice(1));
  if (program === "npm" && (args[0] === "ci" || args[0] === "pack")) return undefined;
  const target = targetOf(program, args);
  if (target === undefined) return `${program}: a program that is not known`;
  const file = join(ROOT, target.file);
  if (target.file === "" || !existsSync(file)) return `${target.file || command}: there is no such file or script`;
  return target.file === MAIN ? complaintOfCli(target.args) : complaintOfFlags(file, target.args);
}

/** Runs a command in a folder: what an npm script builds first is there already. */
export async function runCommand(command: string, folder: string): Promise<Ended> {
  const { file, args } = programIn(command);
  return await runFile(file, args, folder);
}

/** The TypeScript file that a command runs, and what it is given. */
export function programIn(command: string): Target {
  const [program = "", ...args] = wordsOf(command);
  const target = targetOf(program, args);
  if (target === undefined) throw new Error(`${command}: a program that is not known`);
  return { file: join(ROOT, target.file), args: target.args };
}

/** Words as a shell makes them, as far as pages go; variables that are set for one command are left out. */
function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
  return words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word)));
}

type Target = { readonly file: string; readonly args: readonly string[] };

/** The TypeScript file that a command runs, "" where there is none of that name; undefined where it runs something else. */
function targetOf(program: string, args: readonly string[]): Target | undefined {
  if (program === "lanegrad") return { file: MAIN, args };
  if (program === "npx" && args[0] === "lanegrad") return { file: MAIN, args: args.slice(1) };
  if (program === "npx" && args[0] === "tsx") return { file: args[1] ?? "", args: args.slice(2) };
  if (program === "node") {
    const at = args.findIndex((arg) => arg.endsWith(".ts"));
    return { file: args[at] ?? "", args: args.slice(at + 1) };
  }
  if (program !== "npm") return undefined;
  const [verb = "", ...rest] = args.filter((arg) => arg !== "-s");
  const [name = "", ...more] = verb === "run" ? rest : [verb, ...rest];
  if (more.length > 0 && more[0] !== "--") return { file: "", args: [] };
  return targetOfScript(name, more.slice(1));
}

/** The last thing that a script does is what it is for. */
function targetOfScript(name: string, args: readonly string[]): Target | undefined {
  const [words = ""] = (PACKAGE.scripts[name] ?? "").split(" && ").slice(-1);
  const [first, ...rest] = wordsOf(words);
  if (first === "npm") return targetOf("npm", [...rest, ...args]);
  if (first === "node") return targetOf("node", [...rest, ...args]);
  if (first === "tsx") return { file: rest[0] ?? "", args: [...rest.slice(1), ...args] };
  return { file: first === undefined ? "" : "package.json", args: [] }; // a tool's own
}

function complaintOfCli([name, ...args]: readonly string[]): string | undefined {
  if (name === undefined || name.startsWith("--") || OTHER_COMMANDS.has(name)) return undefined;
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) return `lanegrad ${name}: there is no such command`;
  try {
    parse(command.page(args).flags as FlagsOf<Record<string, object>>, args);
    return undefined;
  } catch (error) {
    return `lanegrad ${name}: ${error instanceof Error ? error.message : error}`;
  }
}

function complaintOfFlags(file: string, args: readonly string[]): string | undefined {
  const source = readFileSync(file, "utf8");
  const unknown = args.find((arg) => arg.startsWith("--") && arg !== "--help" && !source.includes(arg));
  return unknown === undefined ? undefined : `${unknown}: ${file} does not know this flag`;
}

/** Only what can be used with the project, or is pinned. */
function complaintOfInstall(args: readonly string[]): string | undefined {
  const names = args.filter((arg, i) => !arg.startsWith("-") && args[i - 1] !== "--prefix");
  const strange = names.find(
    (name) => name !== "lanegrad" && !(name in PACKAGE.peerDependencies) && !/.@\d+\.\d+\.\d+$/.test(name),
  );
  return strange === undefined ? undefined : `${strange}: no package of this project's`;
}
