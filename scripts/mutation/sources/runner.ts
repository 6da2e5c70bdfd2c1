/**
 * Stryker's plugin for uvu. One process imports the test files once, and then runs for each mutant the tests that reach it,
 * up to the first that fails: milliseconds a mutant, where a process a mutant would need seconds.
 *
 *   coverage   by test: Stryker's instrumented sources count under `currentTestId`, also in the processes and threads that
 *              a test starts (reached.mjs)
 *   import     mutants of what runs when a file is imported get a process of their own, where they are tested at all
 *   poison     a killed mutant may leave a trapped engine behind: the test that killed it runs again without it, and where
 *              that fails, the process ends before the next mutant, and Stryker starts another
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { type Body, collect, type Test, tests } from "./uvu.ts";

type Coverage = { static: Record<string, number>; perTest: Record<string, Record<string, number>> };

/** What the instrumented sources share with a runner. */
type Instrumentation = {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  mutantCoverage?: Coverage;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
};

type MutantRun = {
  readonly activeMutant: { readonly id: string };
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly mutantActivation: "static" | "runtime";
};

type MutantResult =
  | { readonly status: "survived"; readonly nrOfTests: number }
  | { readonly status: "timeout"; readonly reason: string }
  | {
      readonly status: "killed";
      readonly killedBy: readonly string[];
      readonly failureMessage: string;
      readonly nrOfTests: number;
    };

/** Stryker's options, with what index.ts adds: test files and folders of them. */
type Options = { readonly lanegrad: { readonly tests: readonly string[]; readonly atImport: "ignored" | "tested" } };

/** Cases of each law of fast-check's: a mutant that survives costs all of them. */
fc.configureGlobal({ numRuns: 20 });

/** For processes that a test starts. */
process.env["NODE_OPTIONS"] = `--import=${new URL("reached.mjs", import.meta.url).href}`;

const shared: Instrumentation = {};
Object.assign(globalThis, { __stryker__: shared });

/** What failed while no test was there to catch it. */
let stray: unknown;
process.on("unhandledRejection", (reason) => {
  stray = reason ?? "a rejection";
});
process.on("uncaughtException", (error) => {
  stray = error;
});

class UvuRunner {
  static inject = ["options"] as const;
  readonly #files: readonly string[];
  readonly #atImport: Options["lanegrad"]["atImport"];
  /** Milliseconds that each test took when it last passed. */
  readonly #durations = new Map<Test, number>();
  #isLoaded = false;
  #isPoisoned = false;

  constructor({ lanegrad }: Options) {
    this.#files = lanegrad.tests.flatMap(testFilesIn);
    this.#atImport = lanegrad.atImport;
  }

  /** Files need not be imported anew for a mutant that becomes active only afterwards. */
  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: this.#atImport === "ignored" };
  }

  async dryRun(): Promise<unknown> {
    await this.#load();
    const results = [];
    const folder = mkdtempSync(join(tmpdir(), "lanegrad-reached-"));
    for (const [i, test] of tests.entries()) {
      process.env["LANEGRAD_REACHED"] = join(folder, String(i));
      mkdirSync(join(folder, String(i)));
      const failure = await this.#run(test);
      const timeSpentMs = this.#durations.get(test) ?? 0;
      const result = { id: test.id, name: test.id, fileName: test.file, timeSpentMs };
      results.push(
        failure === undefined ? { ...result, status: 0 } : { ...result, status: 1, failureMessage: failure },
      );
    }
    delete process.env["LANEGRAD_REACHED"];
    addReachedElsewhere(folder);
    return { status: "complete", tests: results, mutantCoverage: shared.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }: MutantRun): Promise<MutantResult> {
    if (this.#isPoisoned) process.exit(1);
    const activate = (id: string | undefined) => {
      shared.activeMutant = id;
      shared.hitCount = hitLimit === undefined ? undefined : 0;
      shared.hitLimit = hitLimit;
      setEnvironment("__STRYKER_ACTIVE_MUTANT__", id); // for threads and processes that a test starts
      setEnvironment("LANEGRAD_HIT_LIMIT", id === undefined ? undefined : hitLimit);
    };
    try {
      if (mutantActivation === "runtime") await this.#load();
      activate(activeMutant.id);
      await this.#load();
    } catch (error) {
      return { status: "killed", killedBy: [tests[0]?.id ?? ""], failureMessage: textOf(error), nrOfTests: 0 };
    }
    const wanted = testFilter === undefined ? undefined : new Set(testFilter);
    const chosen = this.#quickestFirst(tests.filter(({ id }) => wanted?.has(id) !== false));
    for (const [i, test] of chosen.entries()) {
      const isFirst = chosen[i - 1]?.hooks !== test.hooks;
      const isLast = chosen[i + 1]?.hooks !== test.hooks;
      const { before, after } = test.hooks;
      const failure = await this.#run(test, isFirst ? before : [], isLast ? after : []);
      if (failure === undefined) continue;
      const isElsewhere = shared.hitCount === 0; // in a process that is gone
      const isEndless = hitLimit !== undefined && (shared.hitCount ?? 0) > hitLimit;
      activate(undefined);
      if (!isLast) await settle(after);
      if (mutantActivation === "runtime" && !isElsewhere) this.#isPoisoned = (await this.#run(test)) !== undefined;
      if (isEndless) return { status: "timeout", reason: "ran its mutant too often" };
      return { status: "killed", killedBy: [test.id], failureMessage: failure, nrOfTests: i + 1 };
    }
    activate(undefined);
    return { status: "survived", nrOfTests: chosen.length };
  }

  /** A suite that prepares something does so once for all its tests: they come together. */
  #quickestFirst(chosen: readonly Test[]): readonly Test[] {
    const duration = (test: Test) => this.#durations.get(test) ?? 0;
    const sorted = [...chosen].sort((a, b) => duration(a) - duration(b));
    const groups = new Map<unknown, Test[]>();
    for (const test of sorted) {
      const key = test.hooks.before.length > 0 ? test.hooks : test;
      groups.set(key, [...(groups.get(key) ?? []), test]);
    }
    return [...groups.values()].flat();
  }

  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    for (const file of this.#files) await collect(file, pathToFileURL(file).href);
    this.#isLoaded = true;
  }

  /** Why a test fails, if it does. Its suite's own hooks run, too, unless others are given. */
  async #run(test: Test, before = test.hooks.before, after = test.hooks.after): Promise<string | undefined> {
    const { id, body, hooks } = test;
    const start = performance.now();
    shared.currentTestId = id;
    stray = undefined;
    try {
      for (const hook of [...before, ...hooks.beforeEach]) await hook();
      await body();
      await new Promise(setImmediate); // what is stray comes to light
      if (stray !== undefined) return textOf(stray);
      this.#durations.set(test, performance.now() - start);
      return undefined;
    } catch (error) {
      return textOf(error);
    } finally {
      await settle([...hooks.afterEach, ...after]);
      shared.currentTestId = undefined;
    }
  }
}

/** `new ShapeError(…)`, and the functions that make an error of what they are told. */
const MAKES_ERROR = /Error$|^fail$|^refuse$/;

/** Texts of errors are for people: what they say is not what the tests of the library hold. */
class ErrorTexts {
  shouldIgnore(path: Path): string | undefined {
    if (!path.isStringLiteral() && !path.isTemplateLiteral()) return undefined;
    const isText = path.findParent(
      ({ node }) => /^(New|Call)Expression$/.test(node.type) && MAKES_ERROR.test(node.callee?.name ?? ""),
    );
    return isText === null ? undefined : "the text of an error";
  }
}

/** Of Babel's paths, what is used here. */
type Path = {
  readonly node: { readonly type: string; readonly callee?: { readonly name?: string } };
  isStringLiteral(): boolean;
  isTemplateLiteral(): boolean;
  findParent(isFound: (path: Path) => boolean): Path | null;
};

export const strykerPlugins: readonly object[] = [
  { kind: "TestRunner", name: "uvu", injectableClass: UvuRunner },
  { kind: "Ignore", name: "error-texts", injectableClass: ErrorTexts },
];

/** Adds to each test's coverage what processes and threads reached that it started. */
function addReachedElsewhere(folder: string): void {
  shared.mutantCoverage ??= { static: {}, perTest: {} };
  const { perTest } = shared.mutantCoverage;
  for (const [i, { id }] of tests.entries()) {
    for (const file of readdirSync(join(folder, String(i))).filter((name) => name.endsWith(".json"))) {
      perTest[id] ??= {};
      const counts = perTest[id];
      const found = JSON.parse(readFileSync(join(folder, String(i), file), "utf8")) as Record<string, number>;
      for (const [mutant, count] of Object.entries(found)) counts[mutant] = (counts[mutant] ?? 0) + count;
    }
  }
  rmSync(folder, { recursive: true });
}

/** Runs hooks of which none may fail a test. */
async function settle(hooks: readonly Body[]): Promise<void> {
  for (const hook of hooks) await Promise.resolve(hook()).catch(() => {});
}

function setEnvironment(name: string, value: string | number | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = String(value);
}

function testFilesIn(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .flatMap((name) => (statSync(join(path, name)).isDirectory() ? testFilesIn(join(path, name)) : [join(path, name)]))
    .filter((file) => file.endsWith(".test.ts"));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
