/** Leaves builds of the kernels out that nobody asks for: the page takes one, and its worker gets that from the page. */
import type { Plugin } from "vite";

export function usedKernels(builds: readonly string[]): Plugin {
  return {
    name: "used kernels",
    load(id) {
      const build = /src[\\/]wasm[\\/]builds[\\/](\w+)\.ts$/.exec(id)?.[1];
      return build === undefined || builds.includes(build) ? null : 'export default "";';
    },
  };
}
