/** Where mutants are tried: against the kernels as they are, and how long each test takes on those. */
import { compile, type Effort } from "./compile.ts";
import type { Mutant } from "./mutants.ts";
import { runTests, type Times } from "./run.ts";
import { type Bundles, EDGES, testsOf } from "./tests.ts";

/**
 * What becomes of a mutant. The same code: the compiler makes the same bytes of it; refused: it makes none. Killed late:
 * not by the tests of the kernels, but by those of what calls them.
 */
export const FATES = ["same code", "refused", "killed", "killed late", "timeout", "argued", "survived"] as const;
export type Fate = (typeof FATES)[number];

export class Laboratory {
  readonly #bundles: Bundles;
  readonly #kernels: ReadonlyMap<string, string>;
  readonly #times: Times = new Map();
  /** Builds of the kernels as they are: whole, or of the part that a file's mutants can change. */
  readonly #originals = new Map<string, Promise<Uint8Array>>();
  readonly #parts = new Map<string, Promise<string | undefined>>();
  /** Test files that were run on one of those, and passed when they are done. */
  readonly #sound = new Map<string, Promise<void>>();

  constructor(bundles: Bundles, kernels: ReadonlyMap<string, string>) {
    this.#bundles = bundles;
    this.#kernels = kernels;
  }

  /**
   * Tries a mutant.
   *
   * @throws {Error} the kernels as they are do not compile, or fail a test that it meets
   */
  async fateOf({ file, text }: Mutant): Promise<{ readonly fate: Fate; readonly by: string }> {
    const mutated = new Map(this.#kernels).set(file, text);
    const tests = testsOf(file);
    const part = await this.#partFor(file, tests.kernels);
    const plain = await compile(mutated, "plain", part);
    if (plain === undefined) return { fate: "refused", by: "" };
    if (Buffer.compare(plain, await this.#original("plain", part)) === 0) return { fate: "same code", by: "" };
    const first = await this.#run(tests.kernels, plain, part);
    if (first.kind !== "passed") return { fate: first.kind, by: first.by };
    const optimized = present(await compile(mutated, "optimized"));
    if (Buffer.compare(optimized, await this.#original("optimized")) === 0) return { fate: "same code", by: "" };
    const whole = present(await compile(mutated, "plain"));
    const edges = await this.#run([EDGES], whole);
    if (edges.kind !== "passed") return { fate: edges.kind, by: edges.by };
    const second = await this.#run(tests.wider, whole);
    if (second.kind === "passed") return { fate: "survived", by: "" };
    return { fate: second.kind === "killed" ? "killed late" : "timeout", by: second.by };
  }

  /** `file` where its tests call no other kernels than those that come to it, so that they do with a part of them. */
  #partFor(file: string, tests: readonly string[]): Promise<string | undefined> {
    const part =
      this.#parts.get(file) ??
      Promise.all(tests.map((test) => this.#checked(test, file))).then(
        () => file,
        () => undefined,
      );
    this.#parts.set(file, part);
    return part;
  }

  #original(effort: Effort, part?: string): Promise<Uint8Array> {
    const key = `${effort} ${part}`;
    const build = this.#originals.get(key) ?? compile(this.#kernels, effort, part).then(present);
    this.#originals.set(key, build);
    return build;
  }

  async #run(tests: readonly string[], kernels: Uint8Array, part?: string) {
    for (const test of tests) await this.#checked(test, part);
    return await runTests(this.#bundles, tests, kernels, this.#times);
  }

  /** Once for each test. @throws {Error} the kernels as they are fail it */
  #checked(test: string, part?: string): Promise<void> {
    const key = `${test} ${part}`;
    const sound = this.#sound.get(key) ?? this.#check(test, part);
    this.#sound.set(key, sound);
    return sound;
  }

  async #check(test: string, part?: string): Promise<void> {
    const times: Times = new Map(); // nothing has a limit here
    const verdict = await runTests(this.#bundles, [test], await this.#original("plain", part), times);
    if (verdict.kind !== "passed") throw new Error(`the kernels as they are fail ${test}: ${verdict.by}`);
    for (const [name, time] of times) this.#times.set(name, Math.max(time, this.#times.get(name) ?? 0));
  }
}

function present(build: Uint8Array | undefined): Uint8Array {
  if (build === undefined) throw new Error("the kernels do not compile");
  return build;
}
