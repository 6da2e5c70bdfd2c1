/**
 * The packages that figures need and that are not installed with the library: loaded when a figure is asked for.
 */
import { MissingPackageError } from "../errors.ts";
import type { FigureDocument } from "./types.ts";

/** Observable Plot: axes, scales and marks. */
export type Plot = typeof import("@observablehq/plot");

/** resvg: SVG to pixels. */
export type Resvg = typeof import("@resvg/resvg-js").Resvg;

const INSTALL_FIGURES = "npm install @observablehq/plot linkedom";
const INSTALL_PIXELS = "npm install @resvg/resvg-js dejavu-fonts-ttf";
const FONT = "dejavu-fonts-ttf";

/** @throws {MissingPackageError} Observable Plot is not installed */
export async function loadPlot(figure: string): Promise<Plot> {
  return await import("@observablehq/plot").catch(refusal(figure, "@observablehq/plot", INSTALL_FIGURES));
}

/**
 * The document that a figure is built in: the one that is given, the page's, or linkedom's.
 *
 * The failure is caught at the import, so that a bundler for pages, which need no linkedom, may miss it.
 *
 * @throws {MissingPackageError} there is no document, and linkedom is not installed
 */
export async function documentFor(figure: string, given: FigureDocument | undefined): Promise<Document> {
  if (given !== undefined) return given as Document;
  if (typeof document !== "undefined") return document;
  const { parseHTML } = await import("linkedom").catch(refusal(figure, "linkedom", INSTALL_FIGURES));
  return parseHTML("<!doctype html><html><body></body></html>").document;
}

/** @throws {MissingPackageError} resvg is not installed, or not for this system */
export async function loadResvg(figure: string): Promise<Resvg> {
  const { Resvg } = await import("@resvg/resvg-js").catch(refusal(figure, "@resvg/resvg-js", INSTALL_PIXELS));
  return Resvg;
}

/** @throws {MissingPackageError} the fonts are not installed */
export function fontFiles(figure: string): readonly string[] {
  try {
    return ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) => pathOf(import.meta.resolve(`${FONT}/ttf/${file}`)));
  } catch (cause) {
    return refusal(figure, FONT, INSTALL_PIXELS)(cause);
  }
}

/** What a failed import is answered with. */
function refusal(figure: string, name: string, install: string): (cause: unknown) => never {
  return (cause) => {
    throw new MissingPackageError(figure, name, install, { cause });
  };
}

/** The path of a `file:` URL; on Windows without the slash before its drive. */
function pathOf(address: string): string {
  const path = decodeURIComponent(new URL(address).pathname);
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}
