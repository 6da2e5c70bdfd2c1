/** Reads a figure: whether it is well-formed XML, and what is in it. */
import * as assert from "uvu/assert";

/** An element of a figure. */
export type Node = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Node[];
  /** The text that stands directly in it. */
  readonly text: string;
};

/** The elements in which text has a meaning. */
const HOLD_TEXT = new Set(["title", "desc", "style", "text"]);

/**
 * A strict reader of the XML that figures are: elements, attributes in double quotes, text, the five entities. What is
 * anything else fails the test, so no lenient parser hides it.
 */
export function readSvg(svg: string): Node {
  const open: { name: string; attributes: Map<string, string>; children: Node[]; text: string }[] = [
    { name: "", attributes: new Map(), children: [], text: "" },
  ];
  const tokens = /<(\/?)([A-Za-z][\w]*)((?:\s[\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  let end = 0;
  for (const [token, closing, name = "", attributes = "", empty, text] of svg.matchAll(tokens)) {
    end += token.length;
    const parent = open.at(-1)!;
    if (text !== undefined) parent.text += unescaped(text);
    else if (closing === "/") {
      assert.is(parent.name, name, "elements are nested");
      if (!HOLD_TEXT.has(name)) assert.is(parent.text, "", `text in <${name}>`);
      open.pop();
    } else {
      const node = { name, attributes: attributesIn(attributes), children: [], text: "" };
      parent.children.push(node);
      if (empty !== "/") open.push(node);
    }
  }
  assert.is(end, svg.length, `no XML at ${svg.slice(end, end + 60)}`);
  assert.is(open.length, 1, "every element is closed");
  assert.is(open[0]!.children.length, 1, "there is one root");
  return open[0]!.children[0]!;
}

/** Every element, from the root on. */
export function all(root: Node, name?: string): Node[] {
  const inner = root.children.flatMap((child) => all(child));
  return [root, ...inner].filter((node) => name === undefined || node.name === name);
}

/** What is not yet a figure, in an element of its own. */
export function readMarkup(markup: string): Node {
  return readSvg(`<g>${markup}</g>`);
}

/** An attribute as a number; NaN where there is none. */
export function numberOf(node: Node | undefined, attribute: string): number {
  return Number(node?.attributes.get(attribute));
}

/** The texts that can be seen, joined. */
export function texts(root: Node): string[] {
  return all(root, "text").map(({ text }) => text);
}

/** The elements within Plot's group of a kind of mark. */
export function marks(root: Node, label: string): Node[] {
  return all(root).filter((node) => node.attributes.get("aria-label") === label);
}

function attributesIn(source: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of source.matchAll(/\s([\w:-]+)="([^"]*)"/g)) {
    assert.not.ok(attributes.has(name), `${name} is given twice`);
    attributes.set(name, unescaped(value));
  }
  return attributes;
}

const ENTITIES = new Map([
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&quot;", '"'],
]);

function unescaped(content: string): string {
  return content.replace(/&[^;]*;?/g, (entity) => {
    const character = ENTITIES.get(entity);
    assert.ok(character !== undefined, `${entity} is no entity of XML`);
    return character ?? "";
  });
}
