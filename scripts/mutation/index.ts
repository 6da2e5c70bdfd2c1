/**
 * Mutation tests: `npm run mutate -- sources|kernels [options]`. Each makes small mistakes on purpose, and names those that no
 * test notices.
 *
 *   sources   TypeScript, by Stryker: src/ and the tests that mirror it
 *   kernels   AssemblyScript: assembly/ and the tests of the kernels
 *
 * docs/mutation.md says what was found.
 */
const [part, ...options] = process.argv.slice(2);
if (part === "sources" || part === "kernels") {
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...options); // what the part reads
  await import(`./${part}/index.ts`);
} else {
  console.error("usage: npm run mutate -- sources|kernels [options]");
  process.exitCode = 2;
}
