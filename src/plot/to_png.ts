import { OptionError } from "../errors.ts";
import { PIXELATED } from "./image.ts";
import { fontFiles, loadResvg } from "./peers.ts";

/** How large the picture is, and what it stands on. */
export type PngOptions = {
  /** Pixels; the height follows. */
  readonly width?: number;
  /** A CSS colour, or "transparent". */
  readonly background?: string;
  /** The colour of text and axes. */
  readonly color?: string;
  /** Paths of TrueType fonts; by default those of the package dejavu-fonts-ttf. */
  readonly fonts?: readonly string[];
};

/**
 * A figure's pixels as a PNG file, in Node.
 *
 * @param svg what a function of this module gave
 * @throws {OptionError} no figure of this module, or a width that is no whole number from 1 on
 * @throws {MissingPackageError} resvg or its font is not installed
 * @example
 * const svg = await lossCurve([2.3, 1.1, 0.6]);
 * const png = await toPng(svg, { background: "#0d1117", color: "#e6edf3" }); // for a dark page
 */
export async function toPng(
  svg: string,
  { width = 800, background = "white", color = "#1f2328", fonts }: PngOptions = {},
): Promise<Uint8Array> {
  if (!svg.startsWith('<svg aria-labelledby="')) throw new OptionError("toPng: svg", "a figure", svg.slice(0, 40));
  if (!Number.isInteger(width) || width < 1) throw new OptionError("toPng: width", "a whole number from 1 on", width);
  if (!/^[#\w(),.%\s-]+$/.test(color)) throw new OptionError("toPng: color", "a CSS colour", color);
  const Resvg = await loadResvg("toPng");
  const files = fonts ?? fontFiles("toPng");
  // resvg knows the attribute for sharp pixels, and takes the style of browsers for one that it does not know.
  const colored = svg.replace("<svg ", `<svg color="${color}" `).replaceAll(` ${PIXELATED}`, "");
  const image = new Resvg(colored, {
    fitTo: { mode: "width", value: width },
    background,
    font: {
      loadSystemFonts: false,
      fontFiles: [...files],
      defaultFontFamily: "DejaVu Sans",
      sansSerifFamily: "DejaVu Sans",
    },
  });
  return image.render().asPng();
}
