/**
 * What the entries of the package share: `dist/core.js`, one file that has everything that more than one of them needs. So each
 * class and each operation is there once, whichever entries a program imports, and a runtime loads one file for all of them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";

const SURFACE = "index.ts";
/** The classes of errors, by their names: what crosses between threads takes all of them, and nothing else. */
const ERRORS = "worker/library_errors.ts";
/** `#platform` in the package. */
const PLATFORM = "platform/current.ts";
/** What stands first, with all that it needs: what nearly every program has, side by side, deflates better. */
const FIRST = 'export { train } from "./train/loop/train.ts";';
/** Sources that share nothing with the core: loaded when they are asked for, or users of the package by its name. */
const APART = /^(cli\/|reference\/|wasm\/(builds\/|debugging)|platform\/members|formats\/what_it_is)/;
/** `import { a, type B } from "./c.ts";`, `export { a } from "./c.ts";` */
const NAMED = /^(?:import|export) \{([^}]*)\} from "(\.[^"]+)";/gm;
/** `import * as a from "./c.ts";`, `export * from "./c.ts";`, `import "./c.ts";` */
const WHOLE = /^(?:import|export) (?:\* (?:as \w+ )?from )?"(\.[^"]+)";/gm;

/** What the core holds. */
export type Core = {
  /** Its text, as an entry of esbuild. */
  readonly contents: string;
  /** What `lanegrad` exports, and the classes of errors. */
  readonly names: readonly string[];
  readonly errors: readonly string[];
  /** Makes imports of what it holds imports of its file, for an entry that lies so many folders below. */
  readonly shared: (folders: number) => Plugin;
};

/** @param options with which it will be built */
export async function coreOf(src: string, options: BuildOptions): Promise<Core> {
  const roots = [SURFACE, ERRORS, PLATFORM];
  const { metafile } = await build({
    ...options,
    stdin: { contents: roots.map((file) => `export * from "./${file}";`).join("\n"), resolveDir: src },
    write: false,
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs).map((file) => relative(src, join(dirname(src), file)));
  const held = new Set(inputs.filter((file) => !APART.test(file)));
  const names = await exportsOf(src, SURFACE, options);
  const errors = await exportsOf(src, ERRORS, options);
  /** What the core calls a value, by its file and its name there. */
  const shared = new Map<string, Map<string, string>>();
  const taken = new Set(names);
  const add = (file: string, name: string, as = name): void => {
    const values = shared.get(file) ?? new Map<string, string>();
    shared.set(file, values);
    if (values.has(name)) return;
    let free = as;
    while (taken.has(free)) free += "_";
    taken.add(free);
    values.set(name, free);
  };
  for (const [file, name] of surfaceOf(readFileSync(join(src, SURFACE), "utf8"))) {
    shared.set(file, (shared.get(file) ?? new Map<string, string>()).set(name, name));
  }
  for (const name of await exportsOf(src, PLATFORM, options)) add(PLATFORM, name);
  for (const name of errors) if (!taken.has(name)) add(ERRORS, name);
  for (const file of filesOf(src).filter((name) => !held.has(name) && !APART.test(name))) {
    const text = readFileSync(join(src, file), "utf8");
    for (const [, list = "", path = ""] of text.matchAll(NAMED)) {
      const from = join(dirname(file), path);
      if (held.has(from)) for (const name of valuesIn(list)) add(from, name);
    }
    for (const [statement, path = ""] of text.matchAll(WHOLE)) {
      const from = join(dirname(file), path);
      if (held.has(from) && from !== ERRORS) throw new Error(`${file}: ${statement} takes more than names`);
    }
  }
  const own = [...shared].flatMap(([file, values]) =>
    [...values].flatMap(([name, as]) => (names.includes(as) ? [] : `export { ${name} as ${as} } from "./${file}";`)),
  );
  return {
    contents: [FIRST, `export * from "./${SURFACE}";`, ...own].join("\n"),
    names,
    errors,
    shared: (folders) => sharedBy(src, held, shared, "../".repeat(folders)),
  };
}

/** Each file of the core is a module that passes on the core's values under the names that they have in it. */
function sharedBy(
  src: string,
  held: ReadonlySet<string>,
  shared: ReadonlyMap<string, ReadonlyMap<string, string>>,
  up: string,
): Plugin {
  const namespace = "core";
  return {
    name: "shared",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(\.|#platform$)/ }, ({ path, resolveDir, importer }) => {
        if (importer.startsWith(`${namespace}:`) || path === `${up}core.js`) return { path, external: true };
        const file = path === "#platform" ? PLATFORM : relative(src, join(resolveDir, path)).replaceAll("\\", "/");
        if (!held.has(file)) return undefined;
        if (file === ERRORS) return { path: `${up}errors.js`, external: true };
        return { path: file, namespace, sideEffects: false };
      });
      onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const values = [...(shared.get(path) ?? [])].map(([name, as]) => (name === as ? name : `${as} as ${name}`));
        return { contents: `export { ${values} } from "${up}core.js";` };
      });
    },
  };
}

/** The values that a source exports. */
async function exportsOf(src: string, file: string, options: BuildOptions): Promise<readonly string[]> {
  const { metafile } = await build({ ...options, entryPoints: [join(src, file)], write: false, metafile: true });
  return Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint?.endsWith(file))?.exports ?? [];
}

/** The file and the name of each value that the surface passes on, none of them under another name. */
function surfaceOf(index: string): (readonly [file: string, name: string])[] {
  const statements = [...index.matchAll(/^export \{([^}]*)\} from "\.\/([^"]+)"/gm)];
  return statements.flatMap(([, names = "", file = ""]) => valuesIn(names).map((name) => [file, name] as const));
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
