/**
 * MathML from text: what stands between spaces is a number, a name or an operator, and what needs more is put in.
 *
 *     formula`E = ${frac(m`1`, m`2`)} ${sum(m`k`)} ${sup(m`( y − t )`, m`2`)}`
 */
import { escaped } from "./markup.ts";

/** Some MathML, as one element. */
export function m(texts: TemplateStringsArray, ...parts: readonly string[]): string {
  const pieces = texts.flatMap((text, i) => [...tokensOf(text), ...parts.slice(i, i + 1)]);
  return pieces.length === 1 ? pieces.join("") : element("mrow", ...pieces);
}

/** A formula on a line of its own. */
export function formula(texts: TemplateStringsArray, ...parts: readonly string[]): string {
  return `<math display="block" xmlns="http://www.w3.org/1998/Math/MathML">${m(texts, ...parts)}</math>`;
}

export const frac = (above: string, below: string): string => element("mfrac", above, below);
export const sub = (base: string, index: string): string => element("msub", base, index);
export const sup = (base: string, exponent: string): string => element("msup", base, exponent);
export const root = (content: string): string => element("msqrt", content);
export const hat = (base: string): string => `<mover accent="true">${base}<mo>^</mo></mover>`;
/** A vector or a matrix. */
export const bold = (name: string): string => `<mi class="bold" mathvariant="normal">${name}</mi>`;
/** Between parentheses as high as what they hold. */
export const tall = (content: string): string => element("mrow", "<mo>(</mo>", content, "<mo>)</mo>");
/** A sum over an index, up to a last one. */
export const sum = (index: string, last?: string): string =>
  last === undefined ? element("munder", "<mo>∑</mo>", index) : element("munderover", "<mo>∑</mo>", index, last);
export const limit = (to: string): string => element("munder", "<mo>lim</mo>", to);
/** ∂a/∂b */
export const partial = (above: string, below: string): string => frac(m`∂ ${above}`, m`∂ ${below}`);
/** Between two formulas. */
export const gap: string = '<mspace width="1.5em"/>';

function tokensOf(text: string): string[] {
  return text
    .split(" ")
    .filter((token) => token !== "")
    .map((token) => {
      if (/^\d+$/.test(token)) return element("mn", token);
      if (/^\p{L}[\p{L}_]*$/u.test(token)) return element("mi", token.replace("_", " "));
      return /^[()[\]]$/.test(token) ? `<mo stretchy="false">${token}</mo>` : element("mo", escaped(token));
    });
}

function element(tag: string, ...content: readonly string[]): string {
  return `<${tag}>${content.join("")}</${tag}>`;
}
