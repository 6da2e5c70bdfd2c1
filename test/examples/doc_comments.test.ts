/**
 * The examples in the library's doc comments are well-typed, run, and give what they promise (`// →`, support/snippets.ts).
 *
 * Each is a block of its own; one in a fence is another language's. It has the names that `lanegrad` and its own entry export, and those of
 * `support/example_names.ts`. They run on the build `simd` alone, in one process: there are many.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ENTRIES } from "../../scripts/build/entries.ts";
import { encodeNpz } from "../../src/formats/npz.ts";
import { BUILD } from "../support/engine.ts";
import { ROOT } from "../support/script.ts";
import { emptyFolder, programOf, runFile, type Snippet, type SnippetProgram, typeErrors } from "../support/snippets.ts";

const test = suite("doc comments");
const GIVEN = fileURLToPath(new URL("../support/example_names.ts", import.meta.url));
/** Type-checked, and not run: these need the network. */
const NOT_RUN = new Set(["data/download.ts"]);
/** Entries whose names the files of a folder may use, besides those of `lanegrad`. */
const OWN_ENTRIES: Readonly<Record<string, string>> = {
  "chapter/": "lanegrad/chapter",
  "data/csv.ts": "lanegrad/csv",
  "ops/linalg/": "lanegrad/linalg",
  "plot/": "lanegrad/plot",
  "plot/tangents.ts": "lanegrad/chapter",
  "plot/trajectory.ts": "lanegrad/chapter",
  "random/numpy_random_state.ts": "lanegrad/random",
  "worker/": "lanegrad/worker",
  "worker/host.ts": "lanegrad/worker/host",
};

const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !/^(cli|wasm\/builds)\//.test(file));
const programs = new Map(
  files.flatMap((file) => {
    const examples = examplesOf(readFileSync(join(ROOT, "src", file), "utf8"), file);
    return examples.length === 0 ? [] : [[file, programOfExamples(file, examples)] as const];
  }),
);

test("the reader takes out what stands behind the tag, in its lines", () => {
  const text =
    "/**\n * A.\n *\n * @example\n * f(1); // → 2\n *\n * g();\n * @throws {E} no\n */\n  /**\n   * @example\n   * h();\n   */\n";
  assert.equal(examplesOf(text, "a.ts"), [
    { file: "a.ts", line: 4, language: "ts", text: "{\nf(1); // → 2\n\ng();\n}" },
    { file: "a.ts", line: 11, language: "ts", text: "{\nh();\n}" },
  ]);
});

test("the examples are well-typed", async () => {
  if (BUILD !== "simd") return;
  assert.ok(programs.size > 50, `${programs.size} files with examples`);
  assert.is(await typeErrors([...programs.values()]), "");
});

test("the examples run, and give what they promise", async () => {
  if (BUILD !== "simd") return;
  const folder = emptyFolder();
  writeFileSync(join(folder, "houses.csv"), "rooms,area,price\n3,80,100\n4,95,120\n");
  const digits = [
    { name: "x_train", shape: [2, 4], data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7) },
    { name: "y_train", shape: [2], data: Uint8Array.of(0, 1) },
  ];
  writeFileSync(join(folder, "digits.npz"), encodeNpz(digits));
  const run = [...programs].filter(([file]) => !NOT_RUN.has(file)).map(([, program]) => program);
  for (const { name, text } of run) writeFileSync(join(folder, `${name}.mts`), text);
  const imports = run.map(
    ({ name }) => `await import("./${name}.mts").catch((e) => { failed.push("${name}: " + e.stack) });`,
  );
  const main = ["const failed: string[] = [];", ...imports, "console.log(JSON.stringify(failed));", "process.exit(0);"];
  writeFileSync(join(folder, "all.mts"), main.join("\n"));
  const { stdout, stderr } = await runFile(join(folder, "all.mts"), [], folder);
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  assert.ok(last.startsWith("["), `${stdout}${stderr}`);
  assert.equal(JSON.parse(last), []);
});

test.run();

/** Each example as a block, whose brace stands in the line of the tag. */
function examplesOf(text: string, file: string): readonly Snippet[] {
  const examples: { file: string; line: number; language: string; text: string }[] = [];
  let code: string[] | undefined;
  for (const [i, line] of text.replaceAll("\r\n", "\n").split("\n").entries()) {
    const [, words] = /^\s*\* ?(?!\/)(.*)$/.exec(line) ?? [];
    if (code !== undefined && (words === undefined || words.startsWith("@"))) {
      if (!code[1]?.startsWith("```"))
        examples.push({ file, line: i + 1 - code.length, language: "ts", text: [...code, "}"].join("\n") });
      code = undefined;
    }
    if (words === "@example") code = ["{"];
    else if (words !== undefined) code?.push(words);
  }
  return examples;
}

function programOfExamples(file: string, examples: readonly Snippet[]): SnippetProgram {
  const text = examples.map((example) => example.text).join("\n");
  const own = Object.entries(OWN_ENTRIES).filter(([path]) => file.startsWith(path));
  const entries = ["lanegrad", ...own.map(([, entry]) => entry)];
  const imported = new Map(
    entries.flatMap((entry) => exportsOf(entry).map(([name, as]) => [name, { as, entry }] as const)),
  );
  const imports = [...imported].flatMap(([name, { as, entry }]) =>
    new RegExp(`\\b${name}\\b`).test(text) ? [`import { ${as} } from "${entry}";`] : [],
  );
  const given = `import { engine, mnist, net } from ${JSON.stringify(GIVEN)};`;
  const head = { file, line: 2, language: "ts", text: [...imports, given].join(" ") };
  return programOf(file.replaceAll(/[/.]/g, "_"), [head, ...examples]);
}

/** What an entry exports: each name, and how it is imported. */
function exportsOf(entry: string): readonly (readonly [name: string, as: string])[] {
  const text = readFileSync(join(ROOT, ENTRIES[entry] ?? ""), "utf8");
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, type = "", list = ""]) =>
    list.split(",").map((item) => `${type}${item.trim()}`),
  );
  const declared = [...text.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name = ""]) => name);
  return [...lists, ...declared].flatMap((item) => {
    const [, type = "", name] = /^(type )?(?:\w+ as )?(\w+)$/.exec(item.replace(/^type type /, "type ")) ?? [];
    return name === undefined ? [] : [[name, `${type}${name}`] as const];
  });
}
