/** How the page is served and built: from the library's sources, into files that work from any folder of any server. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { bundledDigits } from "./vite/bundled_digits.ts";
import { notices } from "./vite/notices.ts";
import { ownSiteOnly } from "./vite/own_site_only.ts";
import { usedKernels } from "./vite/used_kernels.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at("."),
  base: "./",
  appType: "mpa", // what is not there is a 404, not the page again
  publicDir: false,
  clearScreen: false,
  resolve: {
    alias: [
      { find: /^lanegrad$/, replacement: at("../../src/index.ts") },
      { find: /^lanegrad\/worker$/, replacement: at("../../src/worker/index.ts") },
      { find: /^lanegrad\/worker\/host$/, replacement: at("../../src/worker/host.ts") },
      { find: "#platform", replacement: at("../../src/platform/web.ts") },
      { find: "#spawn", replacement: at("./src/spawn.ts") },
    ],
  },
  plugins: [bundledDigits(at("../../data")), notices(at("../..")), ownSiteOnly(), usedKernels(["simd"])],
  worker: { format: "es", plugins: () => [usedKernels([])] },
  server: { fs: { allow: [at("../..")] } },
  build: {
    outDir: at("dist"),
    emptyOutDir: true,
    license: { fileName: "licences.md" },
    target: ["chrome103", "firefox114", "safari16.4"], // as docs/browsers.md promises
    modulePreload: { polyfill: false },
  },
});
