/** What a row of the matrix must come to: the same weights everywhere, and errors that say what is wrong. */
import { firstOf } from "./first_program.ts";
import { faultOfGolden } from "./golden.ts";
import type { GoldenResult } from "./programs/golden.ts";

/** What a program found, or why it found nothing. */
export type Found = {
  readonly weightsSha256?: string;
  /** Whether a worker, kernels from a file, and the build that is no WebAssembly gave the same weights. */
  readonly agree?: boolean;
  /** The golden table, as it was found there. */
  readonly golden?: readonly GoldenResult[];
  readonly withoutSimd?: Failure;
  /** With a worker whose script is not there. */
  readonly withoutWorker?: Failure;
  /** Under a policy that forbids WebAssembly: an engine, and a worker. */
  readonly here?: Failure;
  readonly there?: Failure;
  readonly failure?: string;
  /** What the README's first program printed. */
  readonly printed?: string;
};

type Failure = { readonly error: string; readonly kind?: string; readonly message?: string };

/** `answers`: predicts, without a worker, what Node does. */
export type Expectation = "trains" | "golden table" | "forbidden" | "first program" | "answers";

/** What is wrong with it; undefined when nothing is. */
export function faultOf(found: Found, expectation: Expectation): string | undefined {
  if (found.failure !== undefined) return found.failure;
  if (expectation === "first program") {
    const expected = firstOf("output").trim();
    return found.printed?.trim() === expected
      ? undefined
      : `expected ${JSON.stringify(expected)}, printed ${JSON.stringify(found.printed)}`;
  }
  if (expectation === "answers") return found.agree === true ? undefined : "another answer than in Node";
  if (expectation === "golden table") return faultOfGolden(found.golden);
  if (expectation === "forbidden") {
    const fault =
      faultOfError(found.here, "forbidden", "wasm-unsafe-eval") ?? faultOfError(found.there, "forbidden", "policy");
    if (fault !== undefined) return fault;
  }
  if (!/^[0-9a-f]{64}$/.test(found.weightsSha256 ?? "")) return "no weights";
  if (found.agree !== true) return 'the worker, the kernels of a file, or build "js" gave other weights';
  const { withoutSimd, withoutWorker } = found;
  if (withoutWorker !== undefined && withoutWorker.kind !== "start") {
    return `expected a WorkerError of kind start, found ${JSON.stringify(withoutWorker)}`;
  }
  return withoutSimd && faultOfError(withoutSimd, "no-simd", "Chrome 91");
}

function faultOfError(found: Failure | undefined, kind: string, word: string): string | undefined {
  const isRight =
    found?.error === "EngineError" && found.kind === kind && found.message?.toLowerCase().includes(word.toLowerCase());
  return isRight ? undefined : `expected an EngineError of kind ${kind}, found ${JSON.stringify(found)}`;
}
