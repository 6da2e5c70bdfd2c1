/**
 * Mutation testing of the kernels: `npm run mutate:kernels -- --file assembly/simd/exp.ts --sample 20 --seed 1`.
 *
 * Each mutant is a small change to a kernel that some test has to notice. Exit code: 0 none lives but those that
 * mutate/argued.json argues for, 1 another one does, 2 wrong usage. docs/mutation_kernels.md has the results.
 */
import { parseArgs } from "node:util";
import { RandomState } from "../src/random/random_state.ts";
import { argued, nameOf } from "./mutate/argued.ts";
import { readKernels } from "./mutate/compile.ts";
import { FATES, type Fate, Laboratory } from "./mutate/laboratory.ts";
import { type Mutant, mutantsOf } from "./mutate/mutants.ts";
import { bundleTests } from "./mutate/tests.ts";

const HELP = `usage: npm run mutate:kernels -- [options]

  --file PATH   only files whose path contains this
  --sample N    N mutants, drawn from all that there are
  --each N      N mutants of each file
  --seed N      another seed, other mutants (1)
  --argued      also those that are argued for: is one killed, its argument is wrong
  --list        names the mutants, and tries none
  --help        this page
`;

/** Mutants that are tried at a time: one is compiled while the other's tests run. */
const JOBS = 2;

process.exitCode = await main();

async function main(): Promise<number> {
  let flags: ReturnType<typeof read>;
  try {
    flags = read();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return 2;
  }
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const kernels = readKernels();
  const all = [...kernels].flatMap(([file, text]) => mutantsOf(file, text));
  const names = new Set(all.map(nameOf));
  const stale = [...argued().keys()].filter((name) => !names.has(name));
  for (const name of stale) console.log(`argued for, but there is no such mutant: ${name}`);
  const mutants = draw(
    all.filter(({ file }) => file.includes(flags.file)),
    flags,
  );
  if (mutants.length === 0) {
    process.stderr.write(`no mutant of a file whose path contains "${flags.file}"\n`);
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
      file: { type: "string", default: "" },
      sample: { type: "string" },
      each: { type: "string" },
      seed: { type: "string", default: "1" },
      argued: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const whole = (name: string, text: string | undefined, otherwise: number): number => {
    if (text === undefined) return otherwise;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new Error(`${name}: expected a whole number, found "${text}"`);
  };
  return {
    ...values,
    sample: whole("--sample", values.sample, Number.POSITIVE_INFINITY),
    each: whole("--each", values.each, Number.POSITIVE_INFINITY),
    seed: whole("--seed", values.seed, 1),
  };
}

/** A sample in the order of the files: the same for the same seed, and a smaller one is part of a larger one. */
function draw(
  mutants: readonly Mutant[],
  { sample, each, seed }: { sample: number; each: number; seed: number },
): Mutant[] {
  const random = new RandomState(seed);
  const order = random.permutation(mutants.length);
  const taken = new Map<string, number>();
  const drawn: number[] = [];
  for (const i of order) {
    const file = mutants[i]?.file ?? "";
    const count = taken.get(file) ?? 0;
    if (count >= each || drawn.length >= sample) continue;
    taken.set(file, count + 1);
    drawn.push(i);
  }
  return drawn.sort((a, b) => a - b).flatMap((i) => mutants[i] ?? []);
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
    const laboratory = await Laboratory.open(bundles, kernels);
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
        if (fates.size % 20 === 0) process.stderr.write(`${fates.size} of ${mutants.length}\n`);
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
