/** TypeScript with its comments, strings, numbers, keywords and calls marked. Code that is not of this project may be marked wrongly. */
import { escaped } from "./markup.ts";

const KEYWORDS = new Set([
  ...["as", "async", "await", "case", "catch", "class", "const", "default", "else", "export", "for", "from"],
  ...["function", "if", "import", "in", "instanceof", "let", "new", "of", "return", "switch", "throw", "try", "type"],
  ...["typeof", "using", "while"],
]);
const TOKENS =
  /(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)|(?<string>"(?:\\.|[^"\\\n])*")|(?<template>`)|(?<number>\b\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?\b)|(?<word>[A-Za-z_$][\w$]*)/g;

/** Code as HTML, a `<span>` around each marked piece. */
export function highlighted(code: string): string {
  let markup = "";
  let at = 0;
  const tokens = new RegExp(TOKENS);
  for (let match = tokens.exec(code); match !== null; match = tokens.exec(code)) {
    const { comment, string, template, number, word } = match.groups ?? {};
    markup += escaped(code.slice(at, match.index));
    at = tokens.lastIndex;
    if (template !== undefined) {
      at = templateEnd(code, match.index);
      markup += templateMarkup(code.slice(match.index, at));
      tokens.lastIndex = at;
    } else if (comment !== undefined) markup += span("comment", comment);
    else if (string !== undefined) markup += span("string", string);
    else if (number !== undefined) markup += span("number", number);
    else if (word !== undefined && KEYWORDS.has(word)) markup += span("keyword", word);
    else markup += code[at] === "(" ? span("call", word ?? "") : escaped(word ?? "");
  }
  return markup + escaped(code.slice(at));
}

function span(kind: string, text: string): string {
  return `<span class="${kind}">${escaped(text)}</span>`;
}

/** Text in the colour of strings, and what stands in `${ }` as code. */
function templateMarkup(template: string): string {
  let markup = "";
  let at = 0;
  for (let i = 0; i < template.length; i++) {
    if (template[i] === "\\") i += 1;
    else if (template.startsWith("${", i)) {
      const end = braceEnd(template, i + 2);
      markup += span("string", template.slice(at, i + 2)) + highlighted(template.slice(i + 2, end));
      at = end;
      i = end;
    }
  }
  return markup + span("string", template.slice(at));
}

/** Behind the backtick that closes the template that begins at `start`. */
function templateEnd(code: string, start: number): number {
  for (let i = start + 1; i < code.length; i++) {
    if (code[i] === "\\") i += 1;
    else if (code[i] === "`") return i + 1;
    else if (code.startsWith("${", i)) i = braceEnd(code, i + 2);
  }
  return code.length;
}

/** Where the brace is that closes the one before `start`. */
function braceEnd(code: string, start: number): number {
  let depth = 1;
  for (let i = start; i < code.length; i++) {
    if (code[i] === "`") i = templateEnd(code, i) - 1;
    else if (code[i] === "{") depth += 1;
    else if (code[i] === "}") depth -= 1;
    if (depth === 0) return i;
  }
  return code.length;
}
