/**
 * Mutation testing of the kernels. Each mutant is a small change to a kernel that some test has to notice. Exit code: 0 none
 * survives but those that argued.json argues for, 1 another one does, 2 wrong usage.
 */

import { parseArgs } from "node:util";
import { RandomState } from "../../../src/random/random_state.ts";
import { runCommand, wholeOf } from "../../shared/command.ts";
import { argued, nameOf } from "./argued.ts";
import { readKernels } from "./compile.ts";
import { FATES, type Fate, Laboratory } from "./laboratory.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { bundleTests } from "./tests.ts";

/** Mutants that are tried at a time: one is compiled while the other's tests run. */
const JOBS = 2;

/** Runs it with the flags of the command line, to its exit code. */
export function mutateKernels(help: string): Promise<number> {
  return runCommand(help, read, main);
}

async function main(flags: ReturnType<typeof read>): Promise<number> {
  const kernels = readKernels();
  const all = [...kernels].flatMap(([file, text]) => mutantsOf(file, text));
  const names = new Set(all.map(nameOf));
  const stale = [...argued().keys()].filter((name) => !names.has(name));
  for (const name of stale) console.log(`argued for, but there is no such mutant: ${name}`);
  const mutants = draw(
    all.filter(({ file }) => flags.file.some((part) => file.includes(part))),
    flags,
  );
  if (mutants.length === 0) {
    process.stderr.write(`no mutant of a file whose path contains "${flags.file.join('" or "')}"\n`);
    return 2;
  }
  if (flags.list) {
    for (const mutant of mutants) print("mutant", mutant);
    return 0;
  }
  const alive = await tryAll(mutants, all, kernels, flags.argued);
  return alive > 0 || stale.length > 0 ? 1 : 0;
}

/** @throws {Error} wrong usage */
function read() {
  const { values } = parseArgs({
    options: {
      file: { type: "string", multiple: true, default: [""] },
      sample: { type: "string" },
      each: { type: "string" },
      seed: { type: "string", default: "1" },
      argued: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return {
    ...values,
    sample: limitOf("--sample", values.sample),
    each: limitOf("--each", values.each),
    seed: wholeOf("--seed", values.seed, 0, 2 ** 32 - 1),
  };
}

function limitOf(flag: string, text: string | undefined): number {
  return text === undefined ? Number.POSITIVE_INFINITY : wholeOf(flag, text, 0);
}

/**
 * A sample, the first of every file, then the second of every file, and so on: a run that is ended early has met all alike.
 * What is drawn of a file does not depend on the others, and a smaller number of each is part of a larger one.
 */
function draw(mutants: readonly Mutant[], { sample, each, seed }: { sample: number; each: number; seed: number }) {
  const turns = new Map<string, number>();
  const drawn = shuffled(mutants, seed).flatMap((mutant) => {
    const turn = turns.get(mutant.file) ?? 0;
    turns.set(mutant.file, turn + 1);
    return turn < each ? { turn, mutant } : [];
  });
  const inTurn = drawn.sort((a, b) => a.turn - b.turn).map(({ mutant }) => mutant);
  if (sample >= inTurn.length) return inTurn;
  return [...new RandomState(seed).permutation(inTurn.length).slice(0, sample)].flatMap((place) => inTurn[place] ?? []);
}

/** File by file, each in an order that its own mutants and the seed alone make. */
function shuffled(mutants: readonly Mutant[], seed: number): readonly Mutant[] {
  const files = [...new Set(mutants.map(({ file }) => file))];
  return files.flatMap((name) => {
    const ofFile = mutants.filter(({ file }) => file === name);
    return [...new RandomState(seed).permutation(ofFile.length)].flatMap((place) => ofFile[place] ?? []);
  });
}

/** Tries mutants, prints what becomes of them, and returns how many live without an argument. */
async function tryAll(
  mutants: readonly Mutant[],
  all: readonly Mutant[],
  kernels: ReadonlyMap<string, string>,
  withArgued: boolean,
): Promise<number> {
  const files = [...new Set(mutants.map(({ file }) => file))];
  const bundles = await bundleTests(files);
  try {
    const laboratory = new Laboratory(bundles, kernels);
    const reasons = argued();
    const fates = new Map<Mutant, Fate>();
    const rest = mutants.values();
    const work = async () => {
      for (const mutant of rest) {
        const isArgued = reasons.has(nameOf(mutant));
        const { fate, by } =
          isArgued && !withArgued ? { fate: "argued" as const, by: "" } : await laboratory.fateOf(mutant);
        fates.set(mutant, isArgued && fate === "survived" ? "argued" : fate);
        if (isArgued && fate.startsWith("killed")) print(`argued for, but killed by ${by}`, mutant);
        if (!isArgued && (fate === "survived" || fate === "killed late")) print(`${fate} ${by}`, mutant);
        const { file, line, column } = mutant;
        process.stderr.write(`${fates.size} of ${mutants.length}: ${file}:${line}:${column} ${fate} ${by}\n`);
      }
    };
    await Promise.all(Array.from({ length: JOBS }, work));
    table(files, all, fates);
    return [...fates.values()].filter((fate) => fate === "survived").length;
  } finally {
    bundles.remove();
  }
}

function print(title: string, { file, line, column, within, kind, before, after }: Mutant): void {
  console.log(`${title.trim()}: ${file}:${line}:${column} ${within}, ${kind}\n  - ${before}\n  + ${after}`);
}

function table(files: readonly string[], all: readonly Mutant[], fates: ReadonlyMap<Mutant, Fate>): void {
  const row = (name: string, belongs: (file: string) => boolean): string => {
    const tried = [...fates].filter(([{ file }]) => belongs(file));
    const counts = FATES.map((fate) => tried.filter(([, of]) => of === fate).length);
    return `| ${[name, all.filter(({ file }) => belongs(file)).length, tried.length, ...counts].join(" | ")} |`;
  };
  const columns = ["file", "mutants", "tried", ...FATES];
  console.log(`\n| ${columns.join(" | ")} |\n| ${columns.map((_, i) => (i === 0 ? "---" : "---:")).join(" | ")} |`);
  for (const name of files) console.log(row(name, (file) => file === name));
  console.log(row("all", (file) => files.includes(file)));
}
