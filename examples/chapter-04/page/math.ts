/** MathML by small functions: `row(v("E"), o("="), frac(n(1), n(2)))`. */

const element = (tag: string, content: readonly string[]): string => `<${tag}>${content.join("")}</${tag}>`;

/** A name: one letter stands in italics, more of them upright. */
export const v = (name: string): string => element("mi", [name]);
export const n = (value: number | string): string => element("mn", [String(value)]);
export const o = (operator: string): string => element("mo", [operator]);
export const row = (...parts: readonly string[]): string => element("mrow", parts);
export const sub = (base: string, index: string): string => element("msub", [base, index]);
export const sup = (base: string, exponent: string): string => element("msup", [base, exponent]);
export const frac = (above: string, below: string): string => element("mfrac", [above, below]);
export const root = (...parts: readonly string[]): string => element("msqrt", parts);
export const over = (base: string, mark: string): string => `<mover accent="true">${base}<mo>${mark}</mo></mover>`;
/** A matrix, a vector of its name. */
export const bold = (name: string): string => `<mi mathvariant="bold">${name}</mi>`;
/** Between parentheses as high as letters. */
export const par = (...parts: readonly string[]): string =>
  row('<mo stretchy="false">(</mo>', ...parts, '<mo stretchy="false">)</mo>');
/** Between parentheses as high as what they hold. */
export const tall = (...parts: readonly string[]): string => row(o("("), ...parts, o(")"));
/** The sum over an index, with as much above it as is known. */
export const sum = (below: string, above?: string): string =>
  above === undefined ? element("munder", [o("∑"), below]) : element("munderover", [o("∑"), below, above]);
export const limit = (below: string): string => element("munder", [o("lim"), below]);
/** ∂a/∂b */
export const partial = (above: string, below: string): string => frac(row(o("∂"), above), row(o("∂"), below));

/** A formula on a line of its own. */
export const formula = (...parts: readonly string[]): string =>
  `<math display="block" xmlns="http://www.w3.org/1998/Math/MathML">${row(...parts)}</math>`;
