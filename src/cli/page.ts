/**
 * The page of a run: one HTML file that needs no other, light or dark as its reader prefers, of one column on a phone and two on a
 * wider screen.
 *
 *   title, what was trained on what
 *   what the numbers are not
 *   [accuracy] [loss] [duration] …
 *   figure  figure
 *   table of classes, configuration
 */
import { visible } from "./visible.ts";

/** A drawing with its heading; `name` is its file. */
export type Figure = { readonly name: string; readonly heading: string; readonly svg: string };

/** A number that one looks for first, what it is, and of what. */
export type Headline = { readonly label: string; readonly value: string; readonly of?: string };

/** Rows of cells: the first of each row is its name. */
export type Table = {
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export type Page = {
  readonly title: string;
  /** What was trained on what, in a sentence. */
  readonly lead: string;
  /** What is to be known before the numbers are read. */
  readonly notes: readonly string[];
  readonly headlines: readonly Headline[];
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
  readonly facts: Readonly<Record<string, unknown>>;
};

const STYLE = `
:root { color-scheme: light dark; --page: #fff; --card: #f6f8fa; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --mark: #b35900 }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --card: #151b23; --text: #e6edf3; --quiet: #9198a1; --line: #3d444d; --mark: #e09b4f }
}
* { box-sizing: border-box }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25 }
h2 { margin: 0 0 .5rem; font-size: 1.125rem }
p { margin: .25rem 0; color: var(--quiet) }
.note { margin: 1rem 0; padding: .5rem .75rem; border-left: .25rem solid var(--mark); background: var(--card); color: var(--text) }
.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.25rem 0; padding: 0 }
.headlines div { padding: .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card) }
.headlines dt, .headlines .of { color: var(--quiet); font-size: .875rem }
.headlines dd { margin: 0; font-variant-numeric: tabular-nums }
.headlines .value { font-size: 1.5rem; line-height: 1.3; white-space: nowrap }
.figures { columns: 27rem; column-gap: 1.5rem }
section { break-inside: avoid; margin-bottom: 1.5rem; padding-top: 1rem; border-top: 1px solid var(--line) }
svg { display: block; width: 100%; height: auto }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; max-width: 46rem; font-size: .9375rem; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top }
th:first-child, .facts td { text-align: left; font-weight: normal }
.facts td { overflow-wrap: anywhere }
thead th { color: var(--quiet); font-weight: normal }
th:first-child { min-width: 6rem }
.facts th { width: 12rem; color: var(--quiet) }
@media (max-width: 30rem) {
  table { font-size: .8125rem }
  th, td { padding-right: .375rem }
  th:first-child { min-width: 4.5rem }
  .facts th { width: 7.5rem }
}
`;

/** The page's text. */
export function pageText({ title, lead, notes, headlines, figures, tables, facts }: Page): string {
  const rows = Object.entries(facts).map(([name, value]) => {
    return `<tr><th scope="row">${escaped(name)}</th><td>${escaped(factText(value))}</td></tr>`;
  });
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    `<h1>${escaped(title)}</h1>`,
    `<p>${escaped(lead)}</p>`,
    ...notes.map((note) => `<p class="note">${escaped(note)}</p>`),
    `<dl class="headlines">\n${headlines.map(headline).join("\n")}\n</dl>`,
    '<div class="figures">',
    ...figures.map(({ heading, svg }) => `<section>\n<h2>${escaped(heading)}</h2>\n${svg}\n</section>`),
    "</div>",
    ...tables.map(table),
    `<section class="wide">\n<h2>Configuration</h2>\n<table class="facts">\n${rows.join("\n")}\n</table>\n</section>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** A word as it is, a list of words or numbers without brackets, anything else as JSON. */
function factText(value: unknown): string {
  const isPlain = (item: unknown) => typeof item === "string" || typeof item === "number";
  if (Array.isArray(value) && value.length > 0 && value.every(isPlain)) return value.join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function headline({ label, value, of }: Headline): string {
  const remark = of === undefined ? "" : `<dd class="of">${escaped(of)}</dd>`;
  return `<div><dt>${escaped(label)}</dt><dd class="value">${escaped(value)}</dd>${remark}</div>`;
}

function table({ heading, columns, rows }: Table): string {
  const head = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join("");
  const lines = rows.map(([name = "", ...cells]) => {
    return `<tr><th scope="row">${escaped(name)}</th>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  });
  const body = `<thead><tr><th></th>${head}</tr></thead>\n<tbody>\n${lines.join("\n")}\n</tbody>`;
  return `<section class="wide">\n<h2>${escaped(heading)}</h2>\n<table>\n${body}\n</table>\n</section>`;
}

/** Text from anywhere, as a page shows it: names of folders and classes can hold anything. */
function escaped(text: string): string {
  return visible(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A duration for a person: `0.8 s`, `2 min 5 s`, `1 h 3 min`. */
export function durationText(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A count for a person: `10,000`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number of five digits: `12,345`, `1,234.5`, `0.12346`. */
export function numberText(value: number): string {
  const text = String(Number(value.toPrecision(5)));
  const [, whole = "", rest = ""] = /^(-?\d+)(\.\d+)?$/.exec(text) ?? [];
  return Math.abs(value) >= 1000 && whole !== "" ? countText(Number(whole)) + rest : text;
}
