/** Lines made of faults: each names every fact that the fault has, and has words. */
import * as assert from "uvu/assert";

/** Of each kind some faults, each with what its line must hold. */
export type Lines<F extends { readonly kind: string }> = {
  readonly [K in F["kind"]]: readonly (readonly [Omit<Extract<F, { kind: K }>, "kind">, ...(string | RegExp)[]])[];
};

/** Asserts that the line of each fault has its parts, and that an unknown kind is a defect. */
export function assertDescribed<F extends { readonly kind: string }>(
  describe: (fault: F) => string,
  lines: Lines<F>,
): void {
  for (const [kind, faults] of Object.entries(lines) as [string, readonly (readonly [object, ...string[]])[]][]) {
    for (const [facts, ...parts] of faults) {
      const line = describe({ kind, ...facts } as unknown as F);
      for (const part of parts) assert.match(line, part, `${kind}: ${line}`);
      assert.match(line, /^[^\n]*\p{L}{3}[^\n]*$/u, `${kind}: one line, with words`);
    }
  }
  assert.throws(() => describe({ kind: "none of these" } as unknown as F), /unreachable: .*"none of these"/);
}
