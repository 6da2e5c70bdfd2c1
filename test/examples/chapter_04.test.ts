/**
 * The chapter's page, made once by running every section, on the build `simd` alone, as a user's is: well-formed, by
 * itself, the same in both languages, with every number that was printed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Excerpt, excerptOf } from "../../examples/chapter-04/page/excerpt.ts";
import { highlighted } from "../../examples/chapter-04/page/highlight.ts";
import { type Made, makePage } from "../../examples/chapter-04/page/make.ts";
import { inline, plain } from "../../examples/chapter-04/page/markup.ts";
import { OUTLINE, SECTION_IDS } from "../../examples/chapter-04/page/outline.ts";
import { withParticle } from "../../examples/chapter-04/page/particle.ts";
import { BUILD } from "../support/engine.ts";
import { ROOT, runScript } from "../support/script.ts";
import { testSections } from "./chapter_sections.ts";

const test = suite("the chapter's page");
const HANGUL = /[가-힣]/;
const VOID = new Set(["br", "input", "link", "meta", "wbr"]);
let made: Made | undefined;

const readFile = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const words = (text: string | null): string => (text ?? "").replace(/\s+/g, " ").trim();

/** A test of the page, once it was made. */
function ofPage(law: string, body: (document: Document, page: Made) => void): void {
  test(law, () => {
    if (BUILD !== "simd") return;
    assert.ok(made, "no page was made");
    body(parseHTML(made.page).document, made);
  });
}

test("it is made of all sections, and says how far it is", async () => {
  if (BUILD !== "simd") return;
  const told: string[] = [];
  made = await makePage(undefined, (line) => told.push(line));
  assert.is(told.length, SECTION_IDS.length + 1);
  assert.match(told.at(-1) ?? "", /^11\/11 What comes after, [\d.]+ s$/);
  assert.ok(Buffer.byteLength(made.page) < 3e6);
});

ofPage("every element is closed in the order in which it was opened", (_, { page }) => {
  const open: string[] = [];
  const markup = page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, "<$1></$1>");
  for (const [, slash, tag = "", self] of markup.matchAll(/<(\/?)([A-Za-z][\w-]*)(?:\s+[^<>]*?)?(\/?)>/g)) {
    if (slash === "/") assert.is(open.pop(), tag);
    else if (self !== "/" && !VOID.has(tag)) open.push(tag);
  }
  assert.equal(open, []);
  assert.not.match(markup.replace(/<[^<>]*>/g, ""), /[<>]/, "a bare bracket");
});

ofPage("ids are there once, and whatever refers to one finds it", (document) => {
  const ids = Array.from(document.querySelectorAll("[id]"), (element) => element.id);
  assert.is(new Set(ids).size, ids.length);
  const links = Array.from(document.querySelectorAll("a"), (a) => a.getAttribute("href") ?? "");
  const names = Array.from(document.querySelectorAll("[aria-labelledby]"), (e) => e.getAttribute("aria-labelledby"));
  const clips = Array.from(document.querySelectorAll("[clip-path]"), (e) => e.getAttribute("clip-path")?.slice(4, -1));
  assert.ok(links.length > SECTION_IDS.length && clips.length > 5);
  for (const link of [...links, ...clips]) assert.ok(link?.startsWith("#") && ids.includes(link.slice(1)), `${link}`);
  for (const name of names) assert.ok(ids.includes(name ?? ""), `${name}`);
});

ofPage("nothing is loaded from anywhere", (document, { page }) => {
  assert.not.match(
    page.replaceAll(/ xmlns="[^"]*"/g, ""),
    /https?:|\/\/[a-z]+\.[a-z]|url\((?!#)|@import|<(iframe|img)\b/,
  );
  for (const element of document.querySelectorAll("[src]")) assert.unreachable(element.outerHTML);
  assert.equal(
    Array.from(document.querySelectorAll("link"), (link) => link.getAttribute("href")),
    ["data:,"],
  );
  const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
  assert.match(policy, /^default-src 'none'/);
});

ofPage("one heading of the first level, none left out on the way down, and a list of all sections", (document) => {
  const levels = Array.from(document.querySelectorAll("h1, h2, h3, h4"), ({ tagName }) => Number(tagName.slice(1)));
  assert.is(levels.filter((level) => level === 1).length, 1);
  for (const [i, level] of levels.entries()) assert.ok(level <= (levels[i - 1] ?? 0) + 1, `heading ${i}`);
  const sections = Array.from(document.querySelectorAll("section"), ({ id }) => id);
  assert.equal(sections, [...SECTION_IDS, "learned", "next"]);
  assert.equal(
    Array.from(document.querySelectorAll("nav a"), (a) => a.getAttribute("href")?.slice(1)),
    sections,
  );
});

ofPage("what is said in English is said in Korean, side by side, and neither in the other", (document) => {
  const texts = Array.from(document.querySelectorAll(".en, .ko"));
  assert.ok(texts.length > 600, `${texts.length} texts`);
  for (const text of texts) {
    const language = text.classList.contains("en") ? "en" : "ko";
    assert.is(text.getAttribute("lang"), language);
    const content = words(text.getAttribute("aria-label") ?? text.textContent);
    assert.ok(content !== "", text.outerHTML);
    assert.not.match(content, /undefined|\[object|NaN/);
    if (language === "en") assert.not.match(content, HANGUL);
  }
  const kinds = (parent: Element, language: string) =>
    Array.from(
      parent.querySelectorAll(`.${language}`),
      ({ tagName, children }) => `${tagName} ${children.length > 0 && tagName === "UL" ? children.length : ""}`,
    );
  for (const part of document.querySelectorAll("header, nav, section, .data, h1, h2, h3, h4, figure, figcaption, th")) {
    assert.equal(kinds(part, "en"), kinds(part, "ko"), `${part.id} ${words(part.textContent).slice(0, 80)}`);
  }
  for (const text of document.querySelectorAll("p.ko, li .ko, ul.ko > li, figcaption .ko")) {
    assert.match(text.textContent ?? "", HANGUL);
  }
});

ofPage(
  "every figure has a title, words for who cannot see it, and a caption, in both languages",
  (document, { sections }) => {
    const drawn = Array.from(document.querySelectorAll(".figures figure"));
    const figures = sections.flatMap((section) => section.figures);
    assert.is(drawn.length, figures.length);
    for (const [i, figure] of drawn.entries()) {
      assert.is(figure.id, `figure-${figures[i]?.name.replaceAll(".", "-")}`);
      assert.is(figure.querySelectorAll("svg[aria-hidden=true]").length, 1);
      const alts = Array.from(figure.querySelectorAll("[role=img]"), (alt) => alt.getAttribute("aria-label") ?? "");
      assert.is(alts.length, 2);
      assert.is(alts[0], figures[i]?.alt);
      assert.ok(HANGUL.test(alts[1] ?? "") && (alts[1] ?? "").length > 15, alts[1]);
      assert.ok(words(figure.querySelector("figcaption .ko")?.textContent ?? null).length > 10);
      assert.is(figure.querySelectorAll(".title .en, .title .ko").length, 2);
    }
  },
);

ofPage("words in the drawings are in both languages", (document) => {
  const labels = Array.from(document.querySelectorAll("svg text.en"));
  assert.ok(labels.length > 60, `${labels.length}`);
  for (const label of labels) {
    const korean = label.nextElementSibling;
    assert.is(korean?.getAttribute("class"), "ko");
    for (const place of ["x", "y", "transform", "text-anchor"]) {
      assert.is(korean?.getAttribute(place), label.getAttribute(place), place);
    }
  }
});

ofPage("all that was printed is there, exactly", (document, { sections }) => {
  for (const { id, numbers } of sections) {
    const printed = document.querySelector(`#${id} pre.printed`)?.textContent;
    assert.is(printed, numbers.join("\n"), id);
  }
});

ofPage("the text's numbers are those that were printed, in both languages", (document, { sections }) => {
  const printed = (id: string, pattern: RegExp) => {
    const lines = sections.find((section) => section.id === id)?.numbers.join("\n") ?? "";
    const value = pattern.exec(lines)?.[1];
    assert.ok(value, `${pattern} in ${lines}`);
    return value;
  };
  const final = (100 * Number(printed("evaluation", /after the last step: test accuracy (\S+),/))).toFixed(2);
  const loss = printed("gradient-of-a-network", /class 2 is right: ([\d.]+)/);
  const seconds = printed("training", /in (\S+) s$/m);
  const said = (id: string, language: string) =>
    Array.from(document.querySelectorAll(`#${id} .${language}`), (e) => e.textContent).join("\n");
  for (const language of ["en", "ko"]) {
    assert.ok(said("evaluation", language).includes(`${final}\u00a0%`), final);
    assert.ok(said("learned", language).includes(`${final}\u00a0%`), final);
    assert.ok(said("gradient-of-a-network", language).includes(loss), loss);
    assert.match(said("training", language), new RegExp(`\\b${seconds} ?(s|초)`));
  }
  // The chapter's own, as the sections' tests have them.
  for (const value of [
    "0.09750000000000003",
    "0.510825457099338",
    "0.1999999999990898",
    "[-2.58983747e+13 -1.29524862e+12]",
  ]) {
    for (const language of ["en", "ko"]) {
      assert.ok(
        words(Array.from(document.querySelectorAll(`p.${language}`), (p) => p.textContent).join(" ")).includes(value),
        value,
      );
    }
  }
  const data = document.querySelector(".data")?.textContent ?? "";
  assert.match(data, /no score on MNIST's test set[\s\S]*시험 데이터에 대한 점수가 아닙니다/);
});

ofPage("code is that of the files, formulas are MathML, tables have headings", (document) => {
  for (const id of SECTION_IDS) {
    const shown = Array.from(document.querySelectorAll(`#${id} figure.code`));
    assert.is(shown.length, OUTLINE[id].code.length);
    for (const figure of shown) {
      const file = words(figure.querySelector("figcaption")?.textContent ?? null);
      const source = new Set(
        readFile(file)
          .split("\n")
          .map((line) => line.trim()),
      );
      const lines = (figure.querySelector("pre")?.textContent ?? "").split("\n");
      assert.ok(lines.length > 1, file);
      for (const line of lines) assert.ok(source.has(line.trim()), `${file}: ${line}`);
    }
    const formulas = document.querySelectorAll(`#${id} math`).length;
    assert.ok(formulas > 0 && formulas === document.querySelectorAll(`#${id} .formula`).length);
    assert.is(document.querySelectorAll(`#${id} th[scope=col]`).length, 2);
    assert.ok(document.querySelectorAll(`#${id} td`).length >= 4);
    assert.ok(document.querySelectorAll(`#${id} .gaps ul.ko li`).length > 0);
  }
});

ofPage("every name of the chapter that the folder's README translates is in the tables", (document) => {
  const cells = Array.from(document.querySelectorAll("td:first-child"), (cell) => cell.textContent).join("\n");
  const rows = readFile("examples/chapter-04/README.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  assert.ok(rows.length > 15);
  for (const row of rows) {
    const [, name = ""] = /^\| `([\w.]+)/.exec(row) ?? [];
    assert.ok(cells.includes(name), name);
  }
});

ofPage("the switches are radio buttons with labels, English without a script", (document) => {
  for (const [name, count] of [
    ["language", 2],
    ["colours", 3],
  ] as const) {
    const buttons = Array.from(document.querySelectorAll(`input[type=radio][name=${name}]`));
    assert.is(buttons.length, count);
    for (const button of buttons) {
      assert.is(button.parentElement?.tagName, "LABEL");
      assert.ok(words(button.parentElement?.textContent ?? null) !== "");
    }
    assert.ok(buttons[0]?.hasAttribute("checked"));
  }
  assert.is(document.documentElement.getAttribute("lang"), "en");
});

test("an excerpt has whole statements, the comments above them, and a gap where lines are left out", () => {
  const source = [
    "/** Why. */",
    "const a = [",
    "  1,",
    "",
    "  2,",
    "];",
    "const b = 3;",
    "const c = 4;",
    "function d() {",
    "  if (b) {",
    "    c();",
    "  }",
    "}",
    "",
  ].join("\n");
  const of = (...statements: string[]) => excerptOf(source, { file: "x.ts", statements } satisfies Excerpt);
  assert.is(of("const a", "const b"), "/** Why. */\nconst a = [\n  1,\n\n  2,\n];\nconst b = 3;");
  assert.is(of("const b", "if (b"), "const b = 3;\n\nif (b) {\n  c();\n}");
  assert.throws(() => of("const b", "const a"), /x\.ts: no line below line 7 begins with “const a”/);
});

test("colours leave code as it is, also within templates", () => {
  const codeOf = (markup: string) => parseHTML(`<pre>${markup}</pre>`).document.querySelector("pre")?.textContent;
  for (const id of SECTION_IDS) {
    for (const { file } of OUTLINE[id].code) assert.is(codeOf(highlighted(readFile(file))), readFile(file), file);
  }
  const markup = highlighted("const a = `x $" + "{f({ b: `y $" + '{1}` })} z`; // "c"');
  assert.is(
    markup,
    '<span class="keyword">const</span> a = <span class="string">`x $' +
      '{</span><span class="call">f</span>({ b: <span class="string">`y $' +
      '{</span><span class="number">1</span><span class="string">}`</span> })<span class="string">} z`</span>; ' +
      '<span class="comment">// &quot;c&quot;</span>',
  );
});

test("marks of the text become elements, and brackets letters", () => {
  const text = "`a_b_c < 1`, *term*, **strong**, 2_P_와 _x_: snake_case";
  assert.is(
    inline(text),
    '<code translate="no">a_b_c &lt; 1</code>, <dfn>term</dfn>, <strong>strong</strong>, 2<var>P</var>와 <var>x</var>: snake_case',
  );
  assert.is(plain(text), "a_b_c < 1, term, strong, 2P와 x: snake_case");
});

test("a particle follows how the number is spoken", () => {
  assert.equal(
    ["0.5", "0.6", "7", "92.9 %"].map((value) => withParticle(value, "을/를")),
    ["0.5를", "0.6을", "7을", "92.9 %를"],
  );
  assert.equal(
    ["1", "2", "3", "8"].map((value) => withParticle(value, "으로/로")),
    ["1로", "2로", "3으로", "8로"],
  );
});

test("a wrong option is answered with the usage, before anything runs", async () => {
  const { code, stdout, stderr } = await runScript("examples/chapter-04/page.ts", ["--page", "x"]);
  assert.is(code, 2);
  assert.is(stdout, "");
  assert.match(stderr, /--page[\s\S]*\nusage: npm run chapter \[-- --data DIR\] \[--out FILE\]\n$/);
});

test.run();
testSections(() => made);
