/**
 * What the licences ask to go along with the page: its own, that of what is compiled into the kernels, and where the digits are
 * from. Vite writes those of the packages that it bundles into licences.md (`build.license`).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** In the page's folder, and in the repository. */
export const NOTICES: ReadonlyMap<string, string> = new Map([
  ["LICENSE", "LICENSE"],
  ["THIRD_PARTY.md", "THIRD_PARTY.md"],
  ["digits/README.md", "data/README.md"],
]);

export function notices(repository: string): Plugin {
  return {
    name: "notices",
    generateBundle() {
      for (const [fileName, file] of NOTICES) {
        this.emitFile({ type: "asset", fileName, source: readFileSync(join(repository, file)) });
      }
    },
  };
}
