/** Kernels compiled in memory, with asconfig.json's options but for how much is optimised. */
import { type ChildProcess, fork } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WasmBuild } from "../../shared/builds.ts";
import { partOf } from "./part.ts";
import { ROOT } from "./root.ts";

/**
 * `plain` is what tests run on: the same arithmetic as in what is published, compiled in a tenth of the time. `optimized` is
 * what is published but for its last passes and its order: two mutants of which it makes the same bytes are the same.
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

/** The bytes of the build `simd`, or of the part of it that changes when `part`, a file, does; undefined where the compiler refuses. */
export async function compile(
  kernels: ReadonlyMap<string, string>,
  effort: Effort,
  part?: string,
): Promise<Uint8Array | undefined> {
  return (await compileBuild("simd", part === undefined ? kernels : partOf(kernels, part), effort)).bytes;
}

/** The bytes of a build; where the compiler refuses, none, and what it says. */
export async function compileBuild(
  build: WasmBuild,
  files: ReadonlyMap<string, string>,
  effort: Effort,
): Promise<Answer> {
  const options = ["--config", "asconfig.json", "--target", build, "--outFile", "kernels.wasm"];
  const answer = last.then(() => ask({ options, files: new Map(files).set("asconfig.json", CONFIG[effort]) }));
  last = answer.catch(() => undefined);
  return await answer;
}

type Question = { readonly options: readonly string[]; readonly files: ReadonlyMap<string, string> };
type Answer = { readonly bytes: Uint8Array | undefined; readonly messages: string };

/** The process of the compiler, once it is needed, and the end of its last task: it does one after the other. */
let compiler: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

function ask(question: Question): Promise<Answer> {
  compiler ??= startCompiler();
  const child = compiler;
  child.ref();
  return new Promise<Answer>((resolve, reject) => {
    const onExit = () => {
      compiler = undefined;
      reject(new Error("the compiler's process has ended"));
    };
    child.once("exit", onExit);
    child.once("message", (answer) => {
      child.off("exit", onExit);
      child.unref();
      child.channel?.unref();
      resolve(answer as Answer);
    });
    child.channel?.ref();
    child.send(question);
  });
}

/** It ends with this process. */
function startCompiler(): ChildProcess {
  return fork(join(ROOT, "scripts/shared/asc.mjs"), { execArgv: [], serialization: "advanced" });
}

const published = readFileSync(join(ROOT, "asconfig.json"), "utf8");
const CONFIG: { readonly [E in Effort]: string } = {
  plain: withOptions({ optimizeLevel: 0, converge: false, transform: [] }),
  optimized: withOptions({ converge: false, transform: [] }),
};

function withOptions(options: object): string {
  const parsed = JSON.parse(published) as { readonly options: object; readonly targets: Record<string, object> };
  const targets = Object.entries(parsed.targets).map(([name, own]) => [name, { ...own, ...options }]);
  return JSON.stringify({
    ...parsed,
    options: { ...parsed.options, ...options },
    targets: Object.fromEntries(targets),
  });
}
