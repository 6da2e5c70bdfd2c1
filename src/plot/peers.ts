/**
 * The packages that pictures of pixels need and that are not installed with the library: loaded when one is asked for.
 */
import { MissingPackageError } from "../errors.ts";

/** resvg: SVG to pixels. */
export type Resvg = typeof import("@resvg/resvg-js").Resvg;

const INSTALL_PIXELS = "npm install @resvg/resvg-js dejavu-fonts-ttf";
const FONT = "dejavu-fonts-ttf";

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
