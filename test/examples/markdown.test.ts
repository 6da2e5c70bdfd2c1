/**
 * Every page of the project shows what is true: its code is type-checked and run, its commands, files and links are there, and
 * what it says is printed is printed.
 *
 *   ts        one program a page, in the page's order; `// →` promises a value (support/snippets.ts)
 *   output    what that program prints, among other things, in the page's order
 *   console   `$ command` and what it prints on standard output, where `…` stands for anything; a page's commands share a folder
 *   sh        commands, of which every script, file and flag must exist
 *   json      is JSON
 *   html      an import map must agree with package.json
 *   python    not run: it needs PyTorch, which the project does not
 *   text      not code
 *
 * Any other block is an error. Programs run on the build `simd` alone, whichever build the suite is at: a page shows what a
 * user gets.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as chapter from "../../src/chapter/index.ts";
import * as lanegrad from "../../src/index.ts";
import { bundleTogether } from "../support/bundle.ts";
import { commandsOf, complaint, programIn, runCommand, sessionsOf } from "../support/commands.ts";
import { BUILD } from "../support/engine.ts";
import { type Ended, ROOT } from "../support/script.ts";
import { isAsShown } from "../support/shown.ts";
import {
  emptyFolder,
  programOf,
  runFile,
  type Snippet,
  snippetsOf,
  typeErrors,
  writeProgram,
} from "../support/snippets.ts";

const test = suite("pages");
const FOLDERS = [
  "",
  "docs",
  "docs/quality",
  "data",
  "examples",
  "examples/browser",
  "examples/chapter-04",
  "examples/chapter-07",
];
const LANGUAGES: ReadonlySet<string> = new Set(["ts", "output", "console", "sh", "json", "html", "python", "text"]);
const PACKAGE = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

type Page = {
  readonly file: string;
  /** What stands outside of blocks. */
  readonly prose: string;
  readonly snippets: readonly Snippet[];
};

const pages: readonly Page[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => pageOf(join(folder, name).replaceAll("\\", "/"))),
);
const blocks = pages.flatMap(({ snippets }) => snippets);
const programs = new Map(
  pages.flatMap(({ file, snippets }) => {
    const code = snippets.filter(({ language }) => language === "ts");
    return code.length === 0 ? [] : [[file, programOf(file, code)] as const];
  }),
);

/** Commands by page. */
const sessions = new Map(
  pages.map(({ file, snippets }) => {
    return [file, snippets.filter(({ language }) => language === "console").flatMap(sessionsOf)] as const;
  }),
);

/** How programs and commands ended, by their page, and by page and line. */
const ended = new Map<string, Ended>();

test("a block says what it is, and none is indented code, which says nothing", () => {
  for (const { file, line, language } of blocks) assert.ok(LANGUAGES.has(language), `${file}:${line}: \`${language}\``);
  for (const { file, prose } of pages) {
    const indented = /\n\n( {4,}(?![-*+\d ]).*)/.exec(prose)?.[1];
    assert.is(indented, undefined, file);
  }
});

test("their programs are well-typed", async () => {
  if (BUILD !== "simd") return;
  assert.is(await typeErrors([...programs.values()]), "");
});

for (const [file] of programs) {
  test(`the code of ${file} runs, and gives what it promises`, () => {
    if (BUILD !== "simd") return;
    const { code, stdout, stderr } = ended.get(file)!;
    assert.is(code, 0, stderr);
    let end = 0;
    for (const { text, language, line } of blocks.filter((block) => block.file === file)) {
      if (language !== "output") continue;
      const at = stdout.indexOf(text, end);
      assert.ok(at >= 0, `${file}:${line}: not in what is printed:\n${stdout}`);
      end = at + text.length;
    }
  });
}

for (const [file, all] of sessions) {
  for (const { command, output, line } of all) {
    test(`${file}:${line}: ${command} prints what is shown`, () => {
      if (BUILD !== "simd") return;
      const { code, stdout, stderr } = ended.get(`${file}:${line}`)!;
      assert.is(code, 0, stderr);
      if (!isAsShown(stdout, output)) assert.is(stdout, output);
    });
  }
}

test("their commands exist, in blocks and between words", () => {
  const inBlocks = blocks
    .filter(({ language }) => language === "sh")
    .flatMap((block) => commandsOf(block).map((command) => [`${block.file}:${block.line}`, command] as const));
  const inWords = pages.flatMap(({ file, prose }) =>
    codeIn(prose)
      .filter((code) => /^([A-Z_]+=\S+ )*(npm|npx|lanegrad) \w/.test(code))
      .map((code) => [file, code] as const),
  );
  assert.ok(inBlocks.length > 20 && inWords.length > 20, "the pattern finds none");
  const wrong = [...inBlocks, ...inWords].flatMap(([place, command]) => {
    const found = complaint(command);
    return found === undefined ? [] : [`${place}: ${command}: ${found}`];
  });
  assert.equal(wrong, []);
});

test("README.md leads to docs/README.md, and that to every page of docs", () => {
  const linksOf = (page: string) =>
    linksIn(pages.find(({ file }) => file === page)!.prose).map((link) => join(dirname(page), link.replace(/#.*/, "")));
  assert.ok(linksOf("README.md").includes("docs/README.md"));
  const links = linksOf("docs/README.md");
  const listed = pages.map(({ file }) => file).filter((file) => /^docs\/(?!README)/.test(file));
  assert.ok(listed.length > 0);
  assert.equal(
    listed.filter((file) => !links.includes(file)),
    [],
  );
});

test("files that they name are there", () => {
  const NAMED = /^(assembly|bench|data|docs|examples(?!\/browser\/dist)|scripts|src|test)\/[\w./-]*\w$/;
  const named = pages.flatMap(({ file, prose }) =>
    codeIn(prose).flatMap((code) => (NAMED.test(code) ? [[file, code]] : [])),
  );
  assert.ok(named.length > 20, "the pattern finds none");
  const here = (file: string, name: string) =>
    [ROOT, join(ROOT, dirname(file))].some((root) => existsSync(join(root, name)));
  assert.equal(
    named.filter(([file = "", name = ""]) => !here(file, name)),
    [],
  );
});

test("names in docs/guide.md are the library's", () => {
  const table = pages.find(({ file }) => file === "docs/guide.md")!.prose.split("## Names")[1] ?? "";
  const [main = "", ofChapter = ""] = table.split(/^`lanegrad\/chapter` .*$/m);
  for (const [part, exported, fewest] of [
    [main, lanegrad, 50],
    [ofChapter, chapter, 7],
  ] as const) {
    const names = codeIn(part.replaceAll(/\|[^|\n]*\|$/gm, "")); // the first column
    assert.ok(names.length > fewest);
    assert.equal(
      names.filter((name) => !(name in exported)),
      [],
    );
  }
});

test("links lead to files and headings that are there", () => {
  const wrong = pages.flatMap(({ file, prose }) =>
    linksIn(prose)
      .filter((link) => !leads(file, link))
      .map((link) => `${file}: ${link}`),
  );
  assert.equal(wrong, []);
});

test("JSON is JSON, and an import map is the package's", () => {
  for (const { language, text } of blocks) {
    if (language === "json") JSON.parse(text);
    if (language !== "html") continue;
    const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(text)?.[1] ?? '{ "imports": {} }';
    const { imports } = JSON.parse(map) as { readonly imports: Readonly<Record<string, string>> };
    const addressOf = (name: string) =>
      `./node_modules/lanegrad/${relative(".", PACKAGE.exports[name.replace("lanegrad", ".")].default)}`;
    for (const [name, address] of Object.entries(imports)) assert.is(address, addressOf(name));
    const entries = ["lanegrad", "lanegrad/worker"].map(addressOf);
    for (const [address] of text.matchAll(/\.\/node_modules\/[^"']+/g)) assert.ok(entries.includes(address), address);
  }
});

if (BUILD === "simd") await runAll(); // not in a hook, whose errors uvu keeps to itself
test.run();

/** Runs all that is shown, two at a time. */
async function runAll(): Promise<void> {
  const written = [...programs].map(([page, program]) => ({ page, ...writeProgram(program) }));
  const commands = [...sessions.values()].flat().map(({ command }) => programIn(command).file);
  bundleTogether([...written.map(({ file }) => file), ...commands]);
  const queue = [...sessions.keys()].map((file) => () => runSessions(file));
  for (const { page, file, folder } of written)
    queue.push(async () => void ended.set(page, await runFile(file, [], folder)));
  const drain = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await next();
  };
  await Promise.all([drain(), drain()]);
}

async function runSessions(file: string): Promise<void> {
  const all = sessions.get(file) ?? [];
  const folder = all.length > 0 ? emptyFolder() : "";
  for (const { command, line } of all) ended.set(`${file}:${line}`, await runCommand(command, folder));
}

function pageOf(file: string): Page {
  const text = readFileSync(join(ROOT, file), "utf8").replaceAll("\r\n", "\n");
  return {
    file,
    prose: text.replaceAll(/^( {0,3}`{3,})[^`]*\n[\s\S]*?^\1$/gm, ""),
    snippets: snippetsOf(text, file),
  };
}

/** What stands in backticks. */
function codeIn(prose: string): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

/** Targets of links and pictures within the project. */
function linksIn(prose: string): string[] {
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g)].map(([, a, b]) => a ?? b ?? "");
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function leads(from: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? from : join(dirname(from), path);
  if (!existsSync(join(ROOT, target))) return false;
  if (anchor === undefined) return true;
  const text = pages.find(({ file }) => file === target.replaceAll("\\", "/"))?.prose ?? "";
  return [...text.matchAll(/^#+ (.+)$/gm)].some(([, heading = ""]) => slugOf(heading) === anchor);
}

/** The anchor that GitHub gives a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .replaceAll(" ", "-");
}
