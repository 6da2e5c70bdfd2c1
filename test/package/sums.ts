/** The committed SHA-256 of the kernels, and what is wrong with kernels that were found elsewhere. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./tools.ts";

/** From a build's name to its SHA-256. */
export function committedSums(): ReadonlyMap<string, string> {
  const lines = readFileSync(join(ROOT, "assembly/SHA256SUMS"), "utf8").trim().split("\n");
  return new Map(lines.map((line) => [line.slice(66, -".wasm".length), line.slice(0, 64)]));
}

/** What is wrong with a build's bytes; undefined when they are those that assembly/SHA256SUMS names. */
export function faultOfKernels(build: string, bytes: Uint8Array, where: string): string | undefined {
  const found = createHash("sha256").update(bytes).digest("hex");
  const expected = committedSums().get(build);
  if (found === expected) return undefined;
  return (
    `${where}: expected the SHA-256 ${expected} of assembly/SHA256SUMS, found ${found}. ` +
    "Where assembly/ was changed on purpose: npx tsx scripts/kernels.ts --sums"
  );
}
