/**
 * What the entries of the package share, in two files: `dist/core.js` has what nearly every program uses, and `dist/rest.js` all
 * else. So each class and each operation is there once, whichever entries a program imports, and Node loads the second when a
 * program calls something of it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";

/** What nearly every program uses; with all that it needs it is in `core.js`. */
const OFTEN = [
  ...["Engine", "tensor", "network", "sequential", "dense", "relu", "sigmoid", "tanh", "softmax", "dropout"],
  ...["train", "evaluate", "adam", "sgd", "Dataset", "datasetFromArrays", "matmul", "add", "compile", "input"],
];
/** Classes that few programs name. */
const SELDOM = ["CheckpointFolder", "DatasetStream", "StagedMinibatch"];
const SURFACE = "index.ts";
/** The classes of errors, by their names: what crosses between threads takes all of them, and nothing else. */
const ERRORS = "worker/library_errors.ts";
/** `#platform` in the package. */
const PLATFORM = "platform/current.ts";
/** What stands first, with all that it needs: what nearly every program has, side by side, deflates better. */
const FIRST = "train/loop/train.ts";
/** Sources that share nothing with them: loaded when they are asked for, or users of the package by its name. */
const APART =
  /^(cli\/|reference\/|threads\/|wasm\/(builds\/|debugging|shared_kernels|tile)|platform\/members|formats\/what_it_is)/;
/** `import { a, type B } from "./c.ts";`, `export { a } from "./c.ts";` */
const NAMED = /^(?:import|export) \{([^}]*)\} from "(\.[^"]+)";/gm;
/** `import * as a from "./c.ts";`, `export * from "./c.ts";`, `import "./c.ts";` */
const WHOLE = /^(?:import|export) (?:\* (?:as \w+ )?from )?"(\.[^"]+)";/gm;

/** A file that entries share. */
export type Part = {
  readonly file: "core.js" | "rest.js";
  /** The sources that it holds. */
  readonly held: ReadonlySet<string>;
  /** What `lanegrad` exports of it. */
  readonly names: readonly string[];
  /** Its text, as an entry of esbuild. */
  readonly contents: string;
};

export type Parts = {
  readonly core: Part;
  readonly rest: Part;
  /** The classes of errors. */
  readonly errors: readonly string[];
  /** Whether a value may be called through a function of its name. */
  readonly isFunction: (name: string) => boolean;
  /** Makes imports of what they hold, or one of them, imports of their files, for an entry that lies so many folders below. */
  readonly shared: (folders: number, one?: Part) => Plugin;
};

/** @param options with which they will be built */
export async function partsOf(src: string, options: BuildOptions): Promise<Parts> {
  const errors = (await valuesOf(src, `export * from "./${ERRORS}";`, options)).map(([name]) => name);
  const surface = surfaceOf(readFileSync(join(src, SURFACE), "utf8"));
  const values = new Map(await valuesOf(src, `export * from "./${SURFACE}";`, options));
  const isOften = (name: string) => OFTEN.includes(name) || (!isFunction(values.get(name)) && !SELDOM.includes(name));
  const all = await heldBy(src, [`export * from "./${SURFACE}";`, ...always()], options);
  const imported = importsOf(src, all);

  // All that a source has goes where some of it goes: what an operation is must be there once.
  let core = new Set([...surface].filter(([name]) => isOften(name)).map(([, file]) => file));
  for (let before = 0; before < core.size; ) {
    before = core.size;
    const needed = [...core].map((file) => `export * from "./${file}";`);
    core = await heldBy(src, [...needed, ...always()], options);
  }
  const namesOf = (held: ReadonlySet<string>) => [...surface].flatMap(([name, file]) => (held.has(file) ? name : []));
  const rest = new Set([...all].filter((file) => !core.has(file)));
  const parts = [
    { file: "core.js", held: core },
    { file: "rest.js", held: rest },
  ] as const;

  /** What a part calls a value, by its file and its name there. */
  const called = new Map<string, Map<string, string>>();
  const taken = new Set([...values.keys()]);
  const add = (file: string, name: string): void => {
    const names = called.get(file) ?? new Map<string, string>();
    called.set(file, names);
    if (names.has(name)) return;
    let free = name;
    if (surface.get(name) !== file) while (taken.has(free)) free += "_";
    taken.add(free);
    names.set(name, free);
  };
  for (const [name, file] of surface) if (all.has(file)) add(file, name);
  for (const name of errors) if (!values.has(name)) add(ERRORS, name);
  for (const [name] of await valuesOf(src, `export * from "./${PLATFORM}";`, options)) add(PLATFORM, name);
  for (const [file, names] of imported) for (const name of names) add(file, name);

  const [corePart, restPart] = parts.map(({ file, held }) => {
    const lines = [...called].flatMap(([from, names]) =>
      held.has(from) ? [...names].map(([name, as]) => `export { ${name} as ${as} } from "./${from}";`) : [],
    );
    const isFirst = (line: string) => line.endsWith(`"./${FIRST}";`);
    return {
      file,
      held,
      names: namesOf(held),
      contents: [...lines.filter(isFirst), ...lines.filter((line) => !isFirst(line))].join("\n"),
    };
  });
  if (corePart === undefined || restPart === undefined) throw new Error("there are two parts");
  const lost = [...values.keys()].filter((name) => ![...corePart.names, ...restPart.names].includes(name));
  if (lost.length > 0) throw new Error(`exported by neither part: ${lost}`);
  const shared = (folders: number, one?: Part) =>
    sharedBy(src, one === undefined ? [corePart, restPart] : [one], called, folders);
  return { core: corePart, rest: restPart, errors, shared, isFunction: (name) => isFunction(values.get(name)) };
}

/** What the core holds whatever programs use. */
function always(): string[] {
  return [ERRORS, PLATFORM].map((file) => `export * from "./${file}";`);
}

/** The sources of which something is left in a bundle of these exports. */
async function heldBy(src: string, contents: readonly string[], options: BuildOptions): Promise<Set<string>> {
  const stdin = { contents: contents.join("\n"), resolveDir: src };
  const { metafile } = await build({ ...options, stdin, write: false, metafile: true });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const files = used.map(([file]) => relative(src, join(dirname(src), file)).replaceAll("\\", "/"));
  // A file that only passes on has no bytes.
  const named = contents.flatMap((line) => /"\.\/([^"]+)"/.exec(line)?.[1] ?? []);
  return new Set(
    [...files, ...named].filter((file) => !file.startsWith("..") && file !== SURFACE && !APART.test(file)),
  );
}

/** What files outside of a part import of it, and what its files import of one another, by file. */
function importsOf(src: string, held: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of filesOf(src).filter((name) => name !== SURFACE && !APART.test(name))) {
    const text = readFileSync(join(src, file), "utf8");
    for (const [, list = "", path = ""] of text.matchAll(NAMED)) {
      const from = path === "#platform" ? PLATFORM : join(dirname(file), path).replaceAll("\\", "/");
      if (!held.has(from)) continue;
      const names = found.get(from) ?? new Set();
      for (const name of valuesIn(list)) names.add(name);
      found.set(from, names);
    }
    for (const [statement, path = ""] of text.matchAll(WHOLE)) {
      const from = join(dirname(file), path);
      if (held.has(from) && !held.has(file) && from !== ERRORS)
        throw new Error(`${file}: ${statement} takes more than names`);
    }
  }
  return found;
}

/** Each file of a part is a module that passes on the part's values under the names that they have in it. */
function sharedBy(
  src: string,
  parts: readonly Part[],
  called: ReadonlyMap<string, ReadonlyMap<string, string>>,
  folders: number,
): Plugin {
  const namespace = "shared";
  const up = folders === 0 ? "./" : "../".repeat(folders);
  return {
    name: "shared",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(\.|#platform$)/ }, ({ path, resolveDir, namespace: from }) => {
        if (from === namespace || /^\.\.\/(core|rest)\.js$/.test(path)) return { path, external: true };
        const file = path === "#platform" ? PLATFORM : relative(src, join(resolveDir, path)).replaceAll("\\", "/");
        if (!parts.some(({ held }) => held.has(file))) return undefined;
        if (file === ERRORS) return { path: `${up}errors.js`, external: true };
        return { path: file, namespace, sideEffects: false };
      });
      onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const values = [...(called.get(path) ?? [])].map(([name, as]) => (name === as ? name : `${as} as ${name}`));
        const part = parts.find(({ held }) => held.has(path));
        return { contents: `export { ${values} } from "${up}${part?.file}";` };
      });
    },
  };
}

/** What a module exports, by name: it is bundled, and run. */
async function valuesOf(src: string, contents: string, options: BuildOptions): Promise<(readonly [string, unknown])[]> {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-build-"));
  try {
    const stdin = { contents, resolveDir: src };
    await build({ ...options, stdin, outdir: folder, entryNames: "values", outExtension: { ".js": ".mjs" } });
    return Object.entries((await import(pathToFileURL(join(folder, "values.mjs")).href)) as object);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A function that may be called by another of its name: no class, and nothing is kept in it. */
function isFunction(value: unknown): boolean {
  if (typeof value !== "function" || value.toString().startsWith("class")) return false;
  return Reflect.ownKeys(value).every((key) =>
    ["length", "name", "prototype", "arguments", "caller"].includes(String(key)),
  );
}

/** The file of each value that the surface passes on, none of them under another name. */
function surfaceOf(index: string): ReadonlyMap<string, string> {
  const statements = [...index.matchAll(/^export \{([^}]*)\} from "\.\/([^"]+)"/gm)];
  return new Map(
    statements.flatMap(([, names = "", file = ""]) => valuesIn(names).map((name) => [name, file] as const)),
  );
}

/** Names in braces that are no types, as they are called where they come from. */
function valuesIn(names: string): string[] {
  return names
    .split(",")
    .map((name) => name.trim().split(/\s+as\s+/)[0] ?? "")
    .filter((name) => name !== "" && !name.startsWith("type "));
}

function filesOf(src: string): string[] {
  const all = readdirSync(src, { recursive: true, encoding: "utf8" }).map((file) => file.replaceAll("\\", "/"));
  return all.filter((file) => file.endsWith(".ts"));
}
