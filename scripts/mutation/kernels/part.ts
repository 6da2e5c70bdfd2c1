/** The part of the kernels that a file's mutants can change: compiled in half the time or less. */
import { posix } from "node:path";
import { signatures } from "../../../src/wasm/signature.ts";

const INDEX = "assembly/index.ts";

/** The same files, but for the kernels that do not come to `file`: those have nothing in them, and trap. */
export function partOf(kernels: ReadonlyMap<string, string>, file: string): ReadonlyMap<string, string> {
  const index = kernels.get(INDEX) ?? "";
  const part = index.replace(/export \{([^}]*)\} from "([^"]+)";/g, (whole, names: string, from: string) => {
    if (comesTo(kernels, pathFrom(INDEX, from), file)) return whole;
    return names.split(",").flatMap(trapOf).join("\n");
  });
  return new Map(kernels).set(INDEX, part);
}

/** Whether a file is another, or imports one that comes to it. */
function comesTo(kernels: ReadonlyMap<string, string>, file: string, other: string): boolean {
  if (file === other) return true;
  const imports = kernels.get(file)?.matchAll(/^import .* from "([^"]+)";/gm) ?? [];
  return [...imports].some(([, from = ""]) => comesTo(kernels, pathFrom(file, from), other));
}

function pathFrom(file: string, relative: string): string {
  return `${posix.join(posix.dirname(file), relative)}.ts`;
}

/** A kernel of this name and its number of parameters. */
function trapOf(listed: string): readonly string[] {
  const name = listed.trim();
  if (name === "") return [];
  const parameters = SIGNATURES.get(name)?.parameters ?? [];
  return [`export function ${name}(${parameters.map((_, i) => `p${i}: i32`).join(", ")}): void { unreachable(); }`];
}

const SIGNATURES = signatures();
