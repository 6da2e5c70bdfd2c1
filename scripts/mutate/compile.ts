/** Kernels compiled in memory, with asconfig.json's options for the `simd` build but for how much is optimised. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { ROOT } from "./root.ts";

/** `fast` is what tests run on: the same arithmetic, compiled in a tenth of the time. `real` is what is published. */
export type Effort = "fast" | "real";

/** Every file of assembly/, by its path from the root, in order. */
export function readKernels(): ReadonlyMap<string, string> {
  const files = readdirSync(join(ROOT, "assembly"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `assembly/${file.replaceAll("\\", "/")}`)
    .sort();
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
}

/** The bytes of a build; undefined where the compiler refuses. */
export async function compile(kernels: ReadonlyMap<string, string>, effort: Effort): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array | undefined;
  const options = ["--config", "asconfig.json", "--target", "simd", "--outFile", "kernels.wasm"];
  const { error } = await asc.main(options, {
    readFile: (name) => kernels.get(name) ?? (name === "asconfig.json" ? CONFIG[effort] : null),
    writeFile: (name, content) => {
      if (name === "kernels.wasm" && typeof content !== "string") bytes = content;
    },
    listFiles: () => null,
  });
  return error === null ? bytes : undefined;
}

const real = readFileSync(join(ROOT, "asconfig.json"), "utf8");
const CONFIG: { readonly [E in Effort]: string } = { real, fast: withoutOptimization(real) };

function withoutOptimization(config: string): string {
  const parsed = JSON.parse(config) as { readonly options: object };
  return JSON.stringify({ ...parsed, options: { ...parsed.options, optimizeLevel: 0, converge: false } });
}
