/** Where rectangles, pictures and texts of a figure are. */
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

export function isWithin(place: number, start: number, length: number): boolean {
  return place > start && place < start + length;
}
