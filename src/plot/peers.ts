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
  return await peer(figure, "@observablehq/plot", INSTALL_FIGURES, async () => await import("@observablehq/plot"));
}

/**
 * The document that a figure is built in: the one that is given, the page's, or linkedom's.
 *
 * @throws {MissingPackageError} there is no document, and linkedom is not installed
 */
export async function documentFor(figure: string, given: FigureDocument | undefined): Promise<Document> {
  if (given !== undefined) return given as Document;
  if (typeof document !== "undefined") return document;
  const { parseHTML } = await peer(figure, "linkedom", INSTALL_FIGURES, async () => await import("linkedom"));
  return parseHTML("<!doctype html><html><body></body></html>").document;
}

/** @throws {MissingPackageError} resvg is not installed, or not for this system */
export async function loadResvg(figure: string): Promise<Resvg> {
  const load = async () => await import("@resvg/resvg-js");
  // Its class is a named export, or CommonJS's only one, as the runtime reads the package.
  const loaded = await peer(figure, "@resvg/resvg-js", INSTALL_PIXELS, load);
  return loaded.Resvg;
}

/** @throws {MissingPackageError} the fonts are not installed */
export async function fontFiles(figure: string): Promise<readonly string[]> {
  return await peer(figure, FONT, INSTALL_PIXELS, async () =>
    ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) => pathOf(import.meta.resolve(`${FONT}/ttf/${file}`))),
  );
}

/** What `load` gives; its failure as one error that says what to install. Exported for its test. */
export async function peer<T>(figure: string, name: string, install: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new MissingPackageError(figure, name, install, { cause });
  }
}

/** The path of a `file:` URL; on Windows without the slash before its drive. */
function pathOf(address: string): string {
  const path = decodeURIComponent(new URL(address).pathname);
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}
