/** Which test files a change asks for. Files are named by their path from the root, with `/`. */
import { posix } from "node:path";
import { testsOf } from "../mutation/kernels/tests.ts";

/** Texts by path: `src/`, `test/` and what they import. */
export type Sources = ReadonlyMap<string, string>;

export type Affected = {
  /**
   * The changed tests; of a source, those of its folder that import it, or any that do; of a kernel, its own and those of the
   * interface.
   */
  readonly near: readonly string[];
  /** Those that reach it through other files. */
  readonly far: readonly string[];
};

const TEST = /^test\/(?!browser\/).*\.test\.ts$/;
const KERNEL = /^assembly\/.*\.ts$/;
const INTERFACE = "test/wasm/abi.test.ts";
/** What vanishes when TypeScript is translated: no test depends on it. */
const TYPES_ALONE = /^(?:import|export) type [^;]*;$/gm;
/** A module, or a file that a test starts as a program. */
const QUOTED = /(["'`])((?:\.{1,2}\/|#|lanegrad\b|(?:src|scripts|test|bench|data|examples)\/)[\w./-]*)\1/g;

/** The files whose text is another one, or that only one of the two has. */
export function changesBetween(before: Sources, after: Sources): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).sort();
}

/**
 * The tests of a change.
 *
 * @param aliases files by the names that sources import them by, such as `lanegrad`
 */
export function affectedBy(
  changed: readonly string[],
  sources: Sources,
  aliases: Readonly<Record<string, string>>,
): Affected {
  const isTest = (path: string) => TEST.test(path) && sources.has(path);
  const kernels = changed.filter((path) => KERNEL.test(path)).map((path) => testsOfKernel(path, sources));
  const near = new Set(kernels.flatMap((tests) => tests.near));
  const far = new Set(kernels.flatMap((tests) => tests.far));

  const importers = importersOf(sources, aliases);
  const reached = new Set(changed);
  for (const file of reached) for (const importer of importers.get(file) ?? []) reached.add(importer);
  for (const path of reached) far.add(path);
  for (const path of changed) {
    near.add(path);
    const importing = [...(importers.get(path) ?? [])].filter(isTest);
    const own = importing.filter((test) => posix.dirname(test) === posix.dirname(path).replace(/^src/, "test"));
    for (const test of own.length > 0 ? own : importing) near.add(test);
  }
  return {
    near: [...near].filter(isTest).sort(),
    far: [...far].filter((path) => isTest(path) && !near.has(path)).sort(),
  };
}

/** Every test of the kernels for a file that none is named for. */
function testsOfKernel(path: string, sources: Sources): Affected {
  try {
    const { kernels, wider } = testsOf(path);
    return { near: [INTERFACE, ...kernels], far: wider };
  } catch {
    return { near: [INTERFACE, ...[...sources.keys()].filter((file) => file.startsWith("test/kernels/"))], far: [] };
  }
}

/** From a file to those that import it, or start it. */
function importersOf(sources: Sources, aliases: Readonly<Record<string, string>>): ReadonlyMap<string, Set<string>> {
  const importers = new Map<string, Set<string>>();
  for (const [file, text] of sources) {
    for (const [, , named = ""] of text.replaceAll(TYPES_ALONE, "").matchAll(QUOTED)) {
      const target = aliases[named] ?? (named.startsWith(".") ? posix.join(posix.dirname(file), named) : named);
      importers.set(target, (importers.get(target) ?? new Set()).add(file));
    }
  }
  return importers;
}
