/** Who may import whom in src/, and what may be mentioned where: the sources are read, not run. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/** A file imports its own folder and folders of lower rank: nothing sideways, nothing up. "" is src/ itself. */
const RANK: Readonly<Record<string, number>> = {
  "": 0,
  platform: 0.5,
  numeric: 0.6,
  random: 1,
  formats: 1,
  wasm: 1,
  threads: 1.5, // it knows wasm; what may import it has a test of its own
  reference: 1.5, // it knows types of wasm alone; what may import it has a test of its own
  data: 2,
  tensor: 2,
  ops: 3,
  autodiff: 4,
  nn: 5,
  train: 6,
  estimators: 6.5,
  chapter: 6, // an entry of its own, which nothing imports
  worker: 7,
  plot: 7, // above all, so that nothing imports it; what it may import has a test of its own
};
/** Figures: an entry of their own, "lanegrad/plot". */
const FIGURES = "plot";
/** Workers: an entry of their own, "lanegrad/worker". */
const WORKERS = "worker";
/** Except for their error, one class for both entries. */
const WORKER_ERROR = "./worker/worker_error.ts";
/** The kernels in plain TypeScript, and the one file that loads them. */
const REFERENCE = { folder: "reference", index: "reference/index.ts", loader: "wasm/load.ts" };
/** Threads, and the one file that loads them. */
const TEAM = { folder: "threads", index: "threads/index.ts", loader: "wasm/engine.ts" };
/** The command line sees what a user sees. */
const COMMAND_LINE = "cli";
/** The public surface sees everything, and no file of the library imports it. */
const SURFACE = "index.ts";
/** Packages, and the one file that may use each. */
const PACKAGES: Readonly<Record<string, string>> = {
  "@assemblyscript/loader": "platform/node.ts",
  "@resvg/resvg-js": "plot/peers.ts",
  papaparse: "data/csv.ts",
  "fast-png": "cli/png.ts",
};
/** Packages that may not be installed, and the parser of tables: no import at load time may ask for them. */
const LOADED_LATER = ["@resvg/resvg-js", "fast-png", "papaparse"];
/** What package.json's `imports` resolve by platform, and the folder where it lies. */
const BY_PLATFORM: ReadonlyMap<string, string> = new Map([
  ["#platform", "platform"],
  ["#spawn", WORKERS],
]);
/** The files that are Node's alone. */
const FOR_NODE: ReadonlySet<string> = new Set([
  ...["platform/node.ts", "platform/write_whole.ts", "worker/spawn_node.ts", "worker/thread.ts"],
]);
/** Writing files, for Node alone: whoever writes does so by it. */
const WRITING = "platform/write_whole.ts";
/** What ECMAScript defines to the last bit, or, for sqrt, IEEE 754 does. */
const EXACT_MATH = new Set([
  ...["abs", "ceil", "clz32", "floor", "fround", "imul", "max", "min", "round", "sign", "sqrt", "trunc"],
  ...["E", "LN10", "LN2", "LOG10E", "LOG2E", "PI", "SQRT1_2", "SQRT2"],
]);

type Source = {
  /** Its path within src/. */
  readonly file: string;
  readonly folder: string;
  /** Without comments. */
  readonly code: string;
  /** Without comments and without what stands in strings. */
  readonly words: string;
};

/** An import with what stands before the path, and the path. */
const IMPORT = /\b(?:import\s*\(|(?:import|export)\b[^;"'()]*)\s*["']([^"'\s]+)["']/g;

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !/^(wasm\/builds\/|threads\/script\.ts)/.test(file)) // written, and strings alone
  .map((file) => sourceOf(file, readFileSync(join(SRC, file), "utf8")));

const test = suite("layers");

test("the reader skips comments and strings, and finds every form of import", () => {
  const { code, words } = sourceOf(
    "ops/x.ts",
    [
      "/** import { no } from './no.ts'; Math.exp */",
      'import { a } from "./a.ts"; // import "./no.ts"',
      'import type { B } from "../tensor/b.ts";',
      'export * from "./c.ts";',
      'import "./d.ts";',
      'const lazy = import("./e.ts");',
      "const address = 'http://example.org/' + `Math.log`;",
      "import {",
      "  f,",
      '} from "./f.ts";',
    ].join("\n"),
  );
  assert.equal(importsOf(code), ["./a.ts", "../tensor/b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts"]);
  assert.not.match(words, /Math|example|no\.ts/);
  assert.match(words, /const address = /);
});

test("there are sources, and every folder has a rank", () => {
  assert.ok(sources.length > 30, `${sources.length} sources`);
  for (const folder of new Set(sources.map((source) => source.folder))) {
    assert.ok(folder === COMMAND_LINE || RANK[folder] !== undefined, `src/${folder} needs a rank in this test`);
  }
});

test("imports point downward", () => {
  for (const { file, folder, code } of sources) {
    if (file === SURFACE || folder === COMMAND_LINE) continue;
    for (const target of importsOf(code)) {
      const to = BY_PLATFORM.get(target) ?? (target.startsWith(".") ? folderOf(resolved(file, target)) : undefined);
      // Packages, node:, the reference kernels and threads have tests of their own.
      if (to === undefined || to === REFERENCE.folder || to === TEAM.folder) continue;
      const isDownward = to === folder || (RANK[to] ?? Number.POSITIVE_INFINITY) < (RANK[folder] ?? -1);
      assert.ok(isDownward, `src/${file} must not import ${target}`);
    }
  }
});

test("no file comes back to itself by its imports", () => {
  // An expression is made of operations, and an operation says what it makes of expressions: their types name each other.
  const allowed = ["tensor/expression.ts", "tensor/operation.ts"];
  const files = new Map(sources.map((source) => [source.file, source]));
  const state = new Map<string, "open" | "done">();
  const visit = (file: string, path: readonly string[]): void => {
    const source = files.get(file);
    if (source === undefined || state.get(file) === "done") return;
    const circle = [...path.slice(path.indexOf(file)), file];
    if (state.get(file) === "open") {
      assert.ok(
        circle.every((each) => allowed.includes(each)),
        circle.join(" → "),
      );
      return;
    }
    state.set(file, "open");
    for (const target of importsOf(source.code)) visit(resolved(file, target), [...path, file]);
    state.set(file, "done");
  };
  for (const { file } of sources) visit(file, []);
});

test("nothing in the library imports its own surface", () => {
  for (const { file, code } of sources) {
    for (const target of importsOf(code)) {
      assert.is.not(resolved(file, target), SURFACE, `src/${file}`);
      if (folderOf(file) !== COMMAND_LINE) assert.is.not(target, "lanegrad", `src/${file}`);
    }
  }
});

test("the surface only passes on", () => {
  const surface = sources.find(({ file }) => file === SURFACE);
  if (surface === undefined) return;
  for (const statement of surface.words.split(";").map((text) => text.trim())) {
    assert.match(statement, /^(export (type )?(\*|\{[^}]*\}) from ""$|$)/);
  }
});

test("the command line imports the package by its name, its own folder and Node", () => {
  for (const { file, folder, code } of sources) {
    if (folder !== COMMAND_LINE) continue;
    for (const target of importsOf(code)) {
      const isAllowed =
        target === "lanegrad" ||
        target === "lanegrad/csv" ||
        target === "lanegrad/plot" ||
        PACKAGES[target] === file ||
        target.startsWith("node:") ||
        resolved(file, target) === WRITING || // the library and the command line write files alike
        target === "../nearest.ts" || // pure: option names are compared alike in the library and the command line
        target === "../interval.ts" || // pure: as are the ranges of numbers
        (target.startsWith(".") && folderOf(resolved(file, target)) === COMMAND_LINE);
      assert.ok(isAllowed, `src/${file} must not import ${target}`);
    }
  }
});

test("figures import errors and checks of arguments alone, and no file of the library imports them, its surface neither", () => {
  for (const { file, folder, code } of sources) {
    for (const target of importsOf(code).filter((path) => path.startsWith("."))) {
      const to = resolved(file, target);
      if (folder === FIGURES)
        assert.ok(
          ["arguments.ts", "errors.ts", "options.ts", "values.ts"].includes(to) || folderOf(to) === FIGURES,
          `src/${file} imports ${target}`,
        );
      else assert.is.not(folderOf(to), FIGURES, `src/${file} imports ${target}`);
    }
  }
});

test("the reference kernels are loaded when they are asked for, by one file, and know nothing but types of the ABI", () => {
  let loads = 0;
  for (const { file, folder, code } of sources) {
    for (const [statement, target = ""] of code.matchAll(IMPORT)) {
      const to = resolved(file, target);
      if (folder === REFERENCE.folder && folderOf(to) !== REFERENCE.folder) {
        assert.match(statement, /^import type /, `src/${file} imports ${target}`);
        assert.ok(["wasm/abi.ts", "wasm/dtype.ts"].includes(to), `src/${file} imports ${target}`);
      } else if (folder !== REFERENCE.folder && folderOf(to) === REFERENCE.folder) {
        assert.match(statement, /^import\s*\(/, `src/${file} imports the reference kernels when it is loaded`);
        assert.equal([file, to], [REFERENCE.loader, REFERENCE.index]);
        loads += 1;
      }
    }
  }
  assert.is(loads, 1);
});

test("threads are loaded when they are asked for, by one file, and know nothing but the engine's kernels and memory", () => {
  const known = ["abi", "dtype", "errors", "load", "memory", "shared_kernels", "signature"].map(
    (name) => `wasm/${name}.ts`,
  );
  for (const { file, folder, code } of sources) {
    for (const target of importsOf(code)) {
      const to = resolved(file, target);
      if (folder === TEAM.folder && folderOf(to) !== TEAM.folder)
        assert.ok(known.includes(to) || to === "errors.ts", `src/${file} imports ${target}`);
      else if (folder !== TEAM.folder && folderOf(to) === TEAM.folder)
        assert.equal([file, to], [TEAM.loader, TEAM.index]);
    }
    for (const [statement, target = ""] of code.matchAll(IMPORT)) {
      if (folder !== TEAM.folder && folderOf(resolved(file, target)) === TEAM.folder)
        assert.match(statement, /^import\s*\(/);
    }
  }
});

test("what is Node's alone is never imported: package.json resolves to it, or a thread starts with it", () => {
  for (const { file, code } of sources) {
    for (const target of importsOf(code)) {
      const to = resolved(file, target);
      const isWriting = to === WRITING && (file === "platform/node.ts" || folderOf(file) === COMMAND_LINE);
      assert.not.ok(FOR_NODE.has(to) && !isWriting, `src/${file}`);
    }
  }
});

test("workers are an entry of their own: the surface does not import them", () => {
  const surface = sources.find(({ file }) => file === SURFACE);
  for (const target of importsOf(surface?.code ?? "").filter((path) => path !== WORKER_ERROR)) {
    assert.is.not(folderOf(resolved(SURFACE, target)), WORKERS);
  }
});

test("a package that may not be installed, or that few programs need, is loaded when it is needed", () => {
  const found = new Set<string>();
  for (const { file, code } of sources) {
    for (const [, form = "", target = ""] of code.matchAll(/\b(from|import\s*\(|import)\s*["']([^"'\s]+)["']/g)) {
      if (!LOADED_LATER.includes(target)) continue;
      assert.match(form, /\($/, `src/${file} imports ${target} when it is loaded`);
      found.add(target);
    }
  }
  assert.equal([...found].sort(), LOADED_LATER);
});

test("a package is imported by the one file that is there for it", () => {
  for (const { file, code } of sources) {
    for (const target of importsOf(code)) {
      const isOwn = target.startsWith(".") || BY_PLATFORM.has(target) || /^lanegrad(\/|$)/.test(target);
      if (isOwn || target.startsWith("node:")) continue;
      assert.is(PACKAGES[target], file, `src/${file} imports ${target}`);
    }
  }
});

test("only what is Node's alone and the command line mention node:", () => {
  for (const { file, folder, code } of sources) {
    if (folder === COMMAND_LINE || FOR_NODE.has(file)) continue;
    assert.not.match(code, /["'`]node:/, `src/${file}`);
  }
});

test("only src/wasm touches WebAssembly's memory", () => {
  for (const { file, folder, words } of sources) {
    if (folder !== "wasm") assert.not.match(words, /\bWebAssembly\s*\.\s*Memory\b/, `src/${file}`);
  }
});

test("only operations and programs call kernels, because they check what kernels do not", () => {
  for (const { file, folder, words } of sources) {
    if (folder === "wasm" || folder === "ops" || folder === "autodiff") continue;
    assert.not.match(words, /\.\s*(kernels|common)\b/, `src/${file}`);
    assert.not.match(words, /\{[^{}]*\b(kernels|common)\b[^{}]*\}\s*=[^=>]/, `src/${file} destructures an engine`);
  }
});

test("no code is made of strings, here or in the loader that ships; what is imported is written out", () => {
  const made =
    /(?<!-)\beval\b|\bFunction\s*\(|\bnew\s+Function\b|\bset(Timeout|Interval)\s*\(\s*""|\bimport\s*\(\s*(?!"")/;
  for (const careless of ["eval(x)", 'new Function("x")', 'setTimeout("x", 1)', "import(name)"])
    assert.match(sourceOf("x.ts", careless).words, made);
  const loader = readFileSync(new URL("../node_modules/@assemblyscript/loader/index.js", import.meta.url), "utf8");
  for (const { file, words } of [...sources, sourceOf("@assemblyscript/loader", loader)]) {
    assert.not.match(words, made, `src/${file}`);
  }
});

test("hosts differ in Math.exp and its like, so no such function is in the library", () => {
  for (const { file, folder, words } of sources) {
    if (folder === COMMAND_LINE || folder === FIGURES) continue; // print and draw, and compute no weight
    for (const [, name = ""] of words.matchAll(/\bMath\s*\.\s*(\w+)/g)) {
      assert.ok(EXACT_MATH.has(name), `src/${file} uses Math.${name}`);
    }
    assert.not.match(words, /\bMath\s*(\[|;|,|\))/, `src/${file} passes Math around`);
    assert.not.match(words, /=\s*Math\b\s*(?!\.)/, `src/${file} passes Math around`);
  }
});

test("powers are powers of two with whole exponents: others may differ between hosts", () => {
  for (const { file, folder, words } of sources) {
    if (folder === COMMAND_LINE || folder === FIGURES) continue;
    for (const [power] of words.matchAll(/[\w.)\]]*\s*\*\*=?\s*-?[\w.(]*/g)) {
      assert.match(power, /^2 \*\* -?\d+$/, `src/${file}`);
    }
  }
});

test.run();

function sourceOf(file: string, text: string): Source {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  const isComment = (token: string) => token.startsWith("/");
  return {
    file,
    folder: folderOf(file),
    code: text.replace(tokens, (token) => (isComment(token) ? " " : token)),
    words: text.replace(tokens, (token) => (isComment(token) ? " " : '""')),
  };
}

/** What a source imports, in any form, as it is written there. */
function importsOf(code: string): string[] {
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\s]+)["']/g)].map(([, target = ""]) => target);
}

/** The path within src/ of a relative import. */
function resolved(file: string, target: string): string {
  return target.startsWith(".") ? normalize(join(dirname(file), target)) : target;
}

function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : "";
}
