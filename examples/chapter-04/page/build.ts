/**
 * The chapter as one page that needs nothing else: text in English and Korean, formulas, code, numbers, figures.
 *
 * Both languages stand in the page. Which one is shown is a matter of its style sheet and of two radio buttons, so that
 * the page can be read, and switched, without a script.
 */
import type { Section } from "../section.ts";
import { drawingOf } from "./drawing.ts";
import { english } from "./en.ts";
import { excerptOf } from "./excerpt.ts";
import { highlighted } from "./highlight.ts";
import { korean, koreanLabel } from "./ko.ts";
import { escaped, inline, plain } from "./markup.ts";
import { OUTLINE, type Outline, SECTION_IDS, type SectionId } from "./outline.ts";
import type { SectionText, Text } from "./text.ts";
import { valuesOf } from "./values.ts";

/** What the page is made of, beside its text. */
export type PageParts = {
  readonly sections: readonly Section[];
  readonly isMnist: boolean;
  /** What made the page, and when: `lanegrad 0.1.0, Node 20.19.0, 2026-11-24`. */
  readonly maker: string;
  readonly style: string;
  readonly script: string;
  /** The text of a file of the repository. */
  readonly read: (file: string) => string;
};

type Both<T> = { readonly en: T; readonly ko: T };

/** Nothing may be loaded from anywhere, and nothing is. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/**
 * The page, as HTML.
 *
 * @throws {Error} a section, a figure, a number or a line of code that the text speaks of is not there, or not spoken of
 */
export function pageOf({ sections, isMnist, maker, style, script, read }: PageParts): string {
  const values = valuesOf(sections, isMnist);
  const text: Both<Text> = { en: english(values), ko: korean(values) };
  const found = sections.map(({ id }) => id);
  if (found.join() !== SECTION_IDS.join()) throw new Error(`the text is of ${SECTION_IDS}, the sections are ${found}`);
  const word = (name: keyof Text["words"]) => spans({ en: text.en.words[name], ko: text.ko.words[name] });
  const contents = [
    ...SECTION_IDS.map((id) => ({ id, title: { en: text.en.sections[id].title, ko: text.ko.sections[id].title } })),
    { id: "learned", title: { en: text.en.learned.title, ko: text.ko.learned.title } },
    { id: "next", title: { en: text.en.next.title, ko: text.ko.next.title } },
  ];

  const body = SECTION_IDS.map((id, i) => {
    const made = sections[i];
    if (made === undefined) throw new Error(`no section ${id}`);
    const told = { en: text.en.sections[id], ko: text.ko.sections[id] };
    return sectionMarkup(made, { id, number: i + 1, told, outline: OUTLINE[id], word, read });
  });
  const closing = (["learned", "next"] as const).map((id) => {
    const lists = (["en", "ko"] as const).map((language) => list(text[language][id].points, language));
    return `<section id="${id}" aria-labelledby="${id}-title">\n<h2 id="${id}-title">${spans({
      en: text.en[id].title,
      ko: text.ko[id].title,
    })}</h2>\n${lists.join("\n")}\n</section>`;
  });

  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<link rel="icon" href="data:,">
<title>${escaped(`${text.en.title} · ${text.ko.title}`)}</title>
<style>
${style.trim()}
</style>
</head>
<body>
<a class="skip" href="#text">${word("skip")}</a>
<header>
<div class="switches">
${languageSwitch(text)}
${colourSwitch(word)}
</div>
<h1>${spans({ en: text.en.title, ko: text.ko.title })}</h1>
${paragraphs({ en: [text.en.subtitle], ko: [text.ko.subtitle] }, "subtitle")}
</header>
<script>
${script.trim()}
</script>
<div class="columns">
<nav aria-labelledby="contents">
<h2 id="contents">${word("contents")}</h2>
<ol>
${contents.map(({ id, title }) => `<li><a href="#${id}">${spans(title)}</a></li>`).join("\n")}
</ol>
</nav>
<main id="text" tabindex="-1">
${paragraphs({ en: text.en.about, ko: text.ko.about })}
<div class="data" role="note">
${paragraphs({ en: text.en.data, ko: text.ko.data })}
</div>
${body.join("\n")}
${closing.join("\n")}
</main>
</div>
<footer>
<p>${word("madeBy")}<br>${escaped(maker)}</p>
</footer>
</body>
</html>
`;
}

type SectionParts = {
  readonly id: SectionId;
  readonly number: number;
  readonly told: Both<SectionText>;
  readonly outline: Outline;
  readonly word: (name: keyof Text["words"]) => string;
  readonly read: (file: string) => string;
};

function sectionMarkup(made: Section, { id, number, told, outline, word, read }: SectionParts): string {
  const { en, ko } = told;
  const heading = (part: "formula" | "code" | "numbers" | "figures" | "gaps" | "names") =>
    `<h3 id="${id}-${part}">${word(part)}</h3>`;
  const formulas = outline.formulas.map((math, i) => {
    const says = { en: [en.formulas[i] ?? ""], ko: [ko.formulas[i] ?? ""] };
    return `${paragraphs(says)}\n<div class="formula">${math}</div>`;
  });
  const code = outline.code.map((excerpt) => {
    const shown = highlighted(excerptOf(read(excerpt.file), excerpt));
    return `<figure class="code"><figcaption><code translate="no">${escaped(excerpt.file)}</code></figcaption>
<pre tabindex="0" role="group" aria-labelledby="${id}-code" lang="en" translate="no"><code>${shown}</code></pre></figure>`;
  });
  const figures = made.figures.map((figure) => {
    const [english, korean] = [en.figures[figure.name], ko.figures[figure.name]];
    if (english === undefined || korean === undefined) throw new Error(`no text for figure ${figure.name}`);
    const markup = drawingOf(figure.svg, koreanLabel);
    const alts = (["en", "ko"] as const).map((language) => {
      const alt = told[language].figures[figure.name]?.alt ?? figure.alt;
      return `<span class="alt ${language}" lang="${language}" role="img" aria-label="${escaped(plain(alt))}"></span>`;
    });
    const caption = paragraphs({ en: [english.caption], ko: [korean.caption] });
    return `<figure id="figure-${figure.name.replaceAll(".", "-")}">
<p class="title">${spans({ en: english.title, ko: korean.title })}</p>
<div class="drawing">${alts.join("")}${markup}</div>
<figcaption>${caption}</figcaption>
</figure>`;
  });
  const cell = (code: string) => `<td><code translate="no">${breakable(code)}</code></td>`;
  const rows = outline.names.map(([python, here]) => `<tr>${cell(python)}${cell(here)}</tr>`);

  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title"><span class="place">${number}</span> ${spans({ en: en.title, ko: ko.title })}</h2>
${paragraphs({ en: en.about, ko: ko.about })}
${heading("formula")}
${formulas.join("\n")}
${heading("code")}
${paragraphs({ en: [en.code], ko: [ko.code] })}
${code.join("\n")}
${heading("numbers")}
<pre class="printed" role="group" aria-labelledby="${id}-numbers" lang="en" translate="no"><samp>${escaped(made.numbers.join("\n"))}</samp></pre>
${paragraphs({ en: en.numbers, ko: ko.numbers })}
${heading("figures")}
<div class="figures">
${figures.join("\n")}
</div>
<div class="gaps">
${heading("gaps")}
${list(en.gaps, "en")}
${list(ko.gaps, "ko")}
</div>
${heading("names")}
<table aria-labelledby="${id}-names">
<thead><tr><th scope="col">${word("python")}</th><th scope="col">${word("here")}</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</section>`;
}

/** The names of languages are in the languages themselves, and always shown. */
function languageSwitch({ en, ko }: Both<Text>): string {
  const names = { en: "English", ko: "한국어" } as const;
  const choices = (["en", "ko"] as const).map((language) => {
    const checked = language === "en" ? " checked" : "";
    return `<label><input type="radio" name="language" id="language-${language}" value="${language}" autocomplete="off"${checked}><span lang="${language}">${names[language]}</span></label>`;
  });
  return `<fieldset><legend>${spans({ en: en.words.language, ko: ko.words.language })}</legend>${choices.join("")}</fieldset>`;
}

function colourSwitch(word: (name: keyof Text["words"]) => string): string {
  const choices = (["automatic", "light", "dark"] as const).map((colours) => {
    const checked = colours === "automatic" ? " checked" : "";
    return `<label><input type="radio" name="colours" id="colours-${colours}" value="${colours}" autocomplete="off"${checked}><span>${word(colours)}</span></label>`;
  });
  return `<fieldset><legend>${word("colours")}</legend>${choices.join("")}</fieldset>`;
}

/** A text within a line, in both languages. */
function spans({ en, ko }: Both<string>): string {
  return `<span class="en" lang="en">${inline(en)}</span><span class="ko" lang="ko">${inline(ko)}</span>`;
}

function paragraphs({ en, ko }: Both<readonly string[]>, kind = ""): string {
  const of = (texts: readonly string[], language: string) =>
    texts.map((text) => `<p class="${`${kind} ${language}`.trim()}" lang="${language}">${inline(text)}</p>`);
  return [...of(en, "en"), ...of(ko, "ko")].join("\n");
}

/** Code that may break behind brackets and underscores, where the page is narrow. */
function breakable(code: string): string {
  return escaped(code).replace(/[_([{.]/g, "$&<wbr>");
}

function list(points: readonly string[], language: string): string {
  const items = points.map((point) => `<li>${inline(point)}</li>`);
  return `<ul class="${language}" lang="${language}">\n${items.join("\n")}\n</ul>`;
}
