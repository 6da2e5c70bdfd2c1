/**
 * `#platform` where the library runs from its sources: as in Node, and the kernels are compiled when a program asks for a build
 * that is not there yet, so that an example runs right after `npm ci`.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { kernelFile as kernelFileOfPackage } from "../../src/platform/node.ts";

export * from "../../src/platform/node.ts";

/** Nothing but the build itself, which src/wasm/load.ts then imports. */
export function kernelFile(build: string): Uint8Array<ArrayBuffer> | undefined {
  if (!existsSync(new URL(`../../src/wasm/builds/${build}.ts`, import.meta.url))) {
    console.error(`compiling the kernels of the build ${build} …`);
    const script = fileURLToPath(new URL("../kernels.ts", import.meta.url));
    execFileSync(process.execPath, ["--import", import.meta.resolve("tsx"), script, build], { stdio: "inherit" });
  }
  return kernelFileOfPackage(build);
}
