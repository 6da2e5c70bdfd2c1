/** Where rectangles, pictures and texts of a figure are. */
import * as assert from "uvu/assert";
import { widthOf } from "../../src/plot/letters.ts";
import { all, type Node, numberOf } from "./svg.ts";

/** A rectangle or a picture, in units of the drawing. */
export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

export function boxOf(node: Node): Box {
  return {
    ...{ x: numberOf(node, "x"), y: numberOf(node, "y") },
    ...{ width: numberOf(node, "width"), height: numberOf(node, "height") },
  };
}

export function boxesOf(root: Node, name: "rect" | "image"): Box[] {
  return all(root, name).map(boxOf);
}

/** The element of a text. */
export function textOf(root: Node, content: string): Node | undefined {
  return all(root, "text").find(({ text }) => text === content);
}

export function heightOf(root: Node): number {
  return Number(root.attributes.get("viewBox")?.split(" ")[3]);
}

/** Texts and rectangles lie within their figure, as far as letters are as wide as they are taken for. */
export function assertInside(root: Node): void {
  const height = heightOf(root);
  const body = root.children.at(-1)!;
  const top = Number(/^translate\(0,(.+)\)$/.exec(body.attributes.get("transform") ?? "")?.[1]);
  const hold = (what: string, { x, y, width, height: high }: Box) => {
    const isInside = x >= 0 && x + width <= 480.01 && y + top >= 0 && y + top + high <= height + 0.01;
    assert.ok(isInside, `${what} at ${x}, ${y}: ${width} × ${high} in 480 × ${height}, ${top} below its top`);
  };
  const look = (node: Node, inherited: string) => {
    const anchor = node.attributes.get("text-anchor") ?? inherited;
    if (node.name === "rect" || node.name === "image") hold(node.name, boxOf(node));
    if (node.name === "text") hold(node.text, textBoxOf(node, anchor));
    if (node.name !== "clipPath") for (const child of node.children) look(child, anchor);
  };
  look(body, "start");
}

/** From the baseline up to small letters' height; a name that is turned stands on its end. */
function textBoxOf(node: Node, anchor: string): Box {
  const width = widthOf(node.text);
  const turned = /^translate\(([\d.]+),([\d.]+)\) rotate/.exec(node.attributes.get("transform") ?? "");
  if (turned !== null) return { x: Number(turned[1]) - 7, y: Number(turned[2]) - width, width: 14, height: width };
  const share = { middle: 0.5, end: 1 }[anchor] ?? 0;
  return { x: numberOf(node, "x") - share * width, y: numberOf(node, "y") - 10, width, height: 10 };
}

export function isWithin(place: number, start: number, length: number): boolean {
  return place > start && place < start + length;
}
