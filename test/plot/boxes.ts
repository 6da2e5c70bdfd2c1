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

/** Nothing of a figure without axes lies outside of it, as far as its letters are as wide as they are taken for. */
export function assertInside(root: Node): void {
  const height = heightOf(root);
  const top = Number(/^translate\(0,(.+)\)$/.exec(root.children.at(-1)?.attributes.get("transform") ?? "")?.[1]);
  const hold = (what: string, x: number, y: number, width: number, high: number) => {
    const isInside = x >= 0 && x + width <= 480 && y + top >= 0 && y + top + high <= height;
    assert.ok(isInside, `${what} at ${x}, ${y}: ${width} × ${high} in 480 × ${height}, ${top} below its top`);
  };
  for (const name of ["rect", "image"] as const) {
    for (const { x, y, width, height: high } of boxesOf(root, name)) hold(name, x, y, width, high);
  }
  for (const text of all(root.children.at(-1)!, "text")) {
    const width = widthOf(text.text);
    const turned = /^translate\(([\d.]+),([\d.]+)\) rotate/.exec(text.attributes.get("transform") ?? "");
    const share = { middle: 0.5, end: 1 }[text.attributes.get("text-anchor") ?? ""] ?? 0;
    if (turned === null) hold(text.text, numberOf(text, "x") - share * width, numberOf(text, "y") - 10, width, 10);
    else hold(text.text, Number(turned[1]) - 7, Number(turned[2]) - width, 14, width);
  }
}

export function isWithin(place: number, start: number, length: number): boolean {
  return place > start && place < start + length;
}
