/** The repository's digits beside the page: `digits/*.gz`, as they are, with nothing in between that would inflate them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const NAMES = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"];
const FILES = NAMES.map((name) => `${name}-ubyte.gz`);

export function bundledDigits(folder: string): Plugin {
  return {
    name: "bundled digits",
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const file = FILES.find((name) => request.url === `/digits/${name}`);
        if (file === undefined) return next();
        response.setHeader("Content-Type", "application/gzip");
        response.end(readFileSync(join(folder, file)));
      });
    },
    generateBundle() {
      for (const name of FILES) {
        this.emitFile({ type: "asset", fileName: `digits/${name}`, source: readFileSync(join(folder, name)) });
      }
    },
  };
}
