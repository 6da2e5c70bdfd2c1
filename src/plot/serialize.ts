/**
 * What a document built, as markup of ours: the same in every runtime, valid as XML, with ids that are numbered anew,
 * because Plot counts its clips from the first figure of the process on.
 */
import { type Attributes, element, escaped, type Id, shortened } from "./markup.ts";

/** The nodes of the DOM that are asked for; linkedom's and a browser's are such. */
type DomNode = { readonly nodeType: number; readonly textContent: string | null };
type DomElement = DomNode & {
  readonly localName: string;
  readonly childNodes: ArrayLike<DomNode>;
  readonly attributes: ArrayLike<{ readonly name: string; readonly value: string }>;
};

const ELEMENT = 1;
const TEXT = 3;
/** Attributes that hold numbers. */
const NUMERIC = new Set(["d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r"]);
/** A path of so many letters is a line or a contour, of which a tenth of a unit is less than can be seen. */
const LONG = 1000;
/**
 * Said once by the figure itself, or of use only within Plot. The one transformation of the marks that are used here
 * is Plot's half pixel in pages on screens of low resolution, by which its lines would miss our markers.
 */
const LEFT_OUT = new Set(["aria-hidden", "aria-description", "class", "transform"]);

/** The content of an `<svg>`, without its style. */
export function contentOf(svg: DomElement): string {
  const numbers = new Map<string, number>();
  const number = (id: string): number => {
    const known = numbers.get(id) ?? numbers.size;
    numbers.set(id, known);
    return known;
  };
  return childrenOf(svg, number).join("");
}

function childrenOf(parent: DomElement, number: (id: string) => number): string[] {
  const content: string[] = [];
  for (const child of Array.from(parent.childNodes)) {
    if (child.nodeType === TEXT) content.push(escaped(child.textContent ?? ""));
    if (!isElement(child) || child.localName === "style") continue;
    content.push(element(child.localName, attributesOf(child, number), ...childrenOf(child, number)));
  }
  return content;
}

function attributesOf(node: DomElement, number: (id: string) => number): Attributes {
  const attributes: Record<string, string | Id> = {};
  for (const { name, value } of Array.from(node.attributes)) {
    const reference = /^url\(#(.+)\)$/.exec(value)?.[1];
    if (LEFT_OUT.has(name)) continue;
    if (name === "id") attributes[name] = { id: number(value), form: "id" };
    else if (reference !== undefined) attributes[name] = { id: number(reference), form: "url" };
    else attributes[name] = NUMERIC.has(name) ? shortened(value, value.length > LONG ? 1 : 2) : value;
  }
  return attributes;
}

function isElement(node: DomNode): node is DomElement {
  return node.nodeType === ELEMENT;
}
