/** SVG as text: elements with sorted attributes, escaped, with numbers of two decimals. */

/** An id within a figure, or a reference to it: its number until the figure has a name. */
export type Id = { readonly id: number; readonly form: "id" | "url" };

/** What an attribute can be given; undefined leaves it out. */
export type Attributes = Readonly<Record<string, string | number | Id | undefined>>;

/** One element with its content, which is markup already. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  let opening = `<${name}`;
  for (const key of Object.keys(attributes).sort()) {
    const value = attributes[key];
    if (value === undefined) continue;
    opening += ` ${key}="${written(value)}"`;
  }
  return content.length === 0 ? `${opening}/>` : `${opening}>${content.join("")}</${name}>`;
}

/** Gives the ids in markup their figure's name. */
export function named(markup: string, name: string): string {
  return markup.replace(/<(\d+)>/g, `${name}-$1`); // no tag begins with a digit, and no text has a "<"
}

/** A line of text at a place. */
export function text(content: string, x: number, y: number, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escaped(content));
}

/** Text in which nothing is markup, and nothing that XML forbids. */
export function escaped(content: string): string {
  let safe = "";
  for (const character of content) safe += SPECIAL.get(character) ?? (isAllowed(character) ? character : "\ufffd");
  return safe;
}

/** A number with at most two decimals, or another number of them. */
export function short(value: number, decimals: number = 2): string {
  const scale = 10 ** decimals;
  return String(Math.round(value * scale) / scale || 0); // never -0
}

/** The same for every number in a path or a transformation. */
export function shortened(content: string, decimals: number = 2): string {
  return content.replace(/-?\d*\.?\d+(?:e[-+]?\d+)?/gi, (number) => short(Number(number), decimals));
}

function written(value: string | number | Id): string {
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") return short(value);
  return value.form === "id" ? `<${value.id}>` : `url(#<${value.id}>)`;
}

const SPECIAL: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
]);

/** XML 1.0's Char: no controls but tab and the ends of lines, no half of a surrogate pair, no U+FFFE, U+FFFF. */
function isAllowed(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return (code < 0xd800 || code > 0xdfff) && code !== 0xfffe && code !== 0xffff;
}
