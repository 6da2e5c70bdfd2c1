/** Where mutants are tried: against the kernels as they are, and how long each test takes on those. */
import { compile } from "./compile.ts";
import type { Mutant } from "./mutants.ts";
import { runTests, type Times } from "./run.ts";
import { type Bundles, testsOf } from "./tests.ts";

/**
 * What becomes of a mutant. The same code: the compiler makes the same bytes of it; refused: it makes none. Killed late:
 * not by the tests of the kernels, but by those of what calls them.
 */
export const FATES = ["same code", "refused", "killed", "killed late", "timeout", "argued", "survived"] as const;
export type Fate = (typeof FATES)[number];

export class Laboratory {
  readonly #bundles: Bundles;
  readonly #kernels: ReadonlyMap<string, string>;
  readonly #fast: Uint8Array;
  readonly #real: Uint8Array;
  readonly #times: Times = new Map();
  /** Test files that were run on the kernels as they are, and passed when they are done. */
  readonly #sound = new Map<string, Promise<void>>();

  private constructor(bundles: Bundles, kernels: ReadonlyMap<string, string>, fast: Uint8Array, real: Uint8Array) {
    this.#bundles = bundles;
    this.#kernels = kernels;
    this.#fast = fast;
    this.#real = real;
  }

  /** @throws {Error} the kernels as they are do not compile */
  static async open(bundles: Bundles, kernels: ReadonlyMap<string, string>): Promise<Laboratory> {
    const [fast, real] = [await compile(kernels, "fast"), await compile(kernels, "real")];
    if (fast === undefined || real === undefined) throw new Error("the kernels do not compile");
    return new Laboratory(bundles, kernels, fast, real);
  }

  /**
   * Tries a mutant.
   *
   * @throws {Error} a test that it meets fails on the kernels as they are
   */
  async fateOf({ file, text }: Mutant): Promise<{ readonly fate: Fate; readonly by: string }> {
    const kernels = new Map(this.#kernels).set(file, text);
    const fast = await compile(kernels, "fast");
    if (fast === undefined) return { fate: "refused", by: "" };
    if (Buffer.compare(fast, this.#fast) === 0) return { fate: "same code", by: "" };
    const tests = testsOf(file);
    const first = await this.#run(tests.kernels, fast);
    if (first.kind !== "passed") return { fate: first.kind, by: first.by };
    const real = await compile(kernels, "real");
    if (real !== undefined && Buffer.compare(real, this.#real) === 0) return { fate: "same code", by: "" };
    const second = await this.#run(tests.wider, fast);
    if (second.kind === "passed") return { fate: "survived", by: "" };
    return { fate: second.kind === "killed" ? "killed late" : "timeout", by: second.by };
  }

  async #run(tests: readonly string[], kernels: Uint8Array) {
    for (const test of tests) {
      const sound = this.#sound.get(test) ?? this.#check(test);
      this.#sound.set(test, sound);
      await sound;
    }
    return await runTests(this.#bundles, tests, kernels, this.#times);
  }

  async #check(test: string): Promise<void> {
    const verdict = await runTests(this.#bundles, [test], this.#fast, this.#times);
    if (verdict.kind !== "passed") throw new Error(`the kernels as they are fail ${test}: ${verdict.by}`);
  }
}
