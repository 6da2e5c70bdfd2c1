/**
 * Mutation tests: `npm run mutate -- sources|kernels [options]`. Small mistakes are made on purpose, and those that no test
 * notices are printed. docs/quality/mutation.md has the results.
 */
const HELP = `usage: npm run mutate -- sources|kernels [options]

sources: TypeScript
  --files PATH      the file or folder of src that is changed; may be given again
  --tests PATH      the tests that should notice (those that mirror it); may be given again
  --static          also what runs when a file is imported: seconds a mutant
  --concurrency N   processes (1)

kernels: AssemblyScript
  --file PATH       only files whose path contains this; may be given again
  --sample N        N mutants, drawn from all that there are
  --each N          N mutants of each file
  --seed N          another seed, other mutants (1)
  --argued          also those that are argued for: if one is killed, its argument is wrong
  --list            names the mutants, and runs nothing

  --help            this page
`;

const [part] = process.argv.splice(2, 1); // what is left are the part's options
if (part === "sources") {
  const { mutateSources } = await import("./sources/index.ts");
  process.exitCode = await mutateSources(HELP);
} else if (part === "kernels") {
  const { mutateKernels } = await import("./kernels/index.ts");
  process.exitCode = await mutateKernels(HELP);
} else {
  (part === "--help" ? process.stdout : process.stderr).write(HELP);
  process.exitCode = part === "--help" ? 0 : 2;
}
