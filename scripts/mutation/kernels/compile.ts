/** Kernels compiled in memory, with asconfig.json's options for the `simd` build but for how much is optimised. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { partOf } from "./part.ts";
import { ROOT } from "./root.ts";

/**
 * `plain` is what tests run on: the same arithmetic as in what is published, compiled in a tenth of the time. `optimized` is
 * what is published but for its last passes: two mutants of which it makes the same bytes are the same.
 */
export type Effort = "plain" | "optimized";

/** Every file of assembly/, by its path from the root, in order. */
export function readKernels(): ReadonlyMap<string, string> {
  const files = readdirSync(join(ROOT, "assembly"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `assembly/${file.replaceAll("\\", "/")}`)
    .sort();
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
}

/** The bytes of a build, or of the part of it that changes when `part`, a file, does; undefined where the compiler refuses. */
export async function compile(
  kernels: ReadonlyMap<string, string>,
  effort: Effort,
  part?: string,
): Promise<Uint8Array | undefined> {
  const files = part === undefined ? kernels : partOf(kernels, part);
  let bytes: Uint8Array | undefined;
  const options = ["--config", "asconfig.json", "--target", "simd", "--outFile", "kernels.wasm"];
  const { error } = await asc.main(options, {
    readFile: (name) => files.get(name) ?? (name === "asconfig.json" ? CONFIG[effort] : null),
    writeFile: (name, content) => {
      if (name === "kernels.wasm" && typeof content !== "string") bytes = content;
    },
    listFiles: () => null,
  });
  return error === null ? bytes : undefined;
}

const published = readFileSync(join(ROOT, "asconfig.json"), "utf8");
const CONFIG: { readonly [E in Effort]: string } = {
  plain: withOptions({ optimizeLevel: 0, converge: false }),
  optimized: withOptions({ converge: false }),
};

function withOptions(options: object): string {
  const parsed = JSON.parse(published) as { readonly options: object };
  return JSON.stringify({ ...parsed, options: { ...parsed.options, ...options } });
}
