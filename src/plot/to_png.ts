import { checkList, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { PIXELATED } from "./image.ts";
import { fontFiles, loadResvg } from "./peers.ts";

/** The picture's size and background. */
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
 * @throws {OptionError} no figure of this module, or a width that is not an integer from 1 on
 * @throws {MissingPackageError} resvg or its font is not installed
 * @example
 * const svg = await lossCurve([2.3, 1.1, 0.6]);
 * const png = await toPng(svg, { background: "#0d1117", color: "#e6edf3" }); // for a dark page
 */
export async function toPng(svg: string, options: PngOptions = {}): Promise<Uint8Array> {
  checkOptions<PngOptions>("toPng", options, { width: 1, background: 1, color: 1, fonts: 1 });
  const { width = 800, background = "white", color = "#1f2328", fonts } = options;
  checkType("toPng: svg", "string", svg);
  checkType("toPng: background", "string", background);
  checkType("toPng: color", "string", color);
  if (fonts !== undefined) checkList("toPng: fonts", fonts);
  for (const [i, font] of (fonts ?? []).entries()) checkType(`toPng: fonts[${i}]`, "string", font);
  if (!svg.startsWith('<svg aria-labelledby="')) throw new OptionError("toPng: svg", "a figure", svg);
  if (!Number.isInteger(width) || width < 1) throw new OptionError("toPng: width", "an integer from 1 on", width);
  if (!/^[#\w(),.%\s-]+$/.test(color)) throw new OptionError("toPng: color", "a CSS colour", color);
  const Resvg = await loadResvg("toPng");
  const files = fonts ?? fontFiles("toPng");
  // resvg knows the attribute for sharp pixels, and takes the style of browsers for one that it does not know.
  const colored = svg.replace("<svg ", `<svg color="${color}" `).replaceAll(` ${PIXELATED}`, "");
  const rendering = {
    fitTo: { mode: "width" as const, value: width },
    background,
    font: {
      loadSystemFonts: false,
      fontFiles: [...files],
      defaultFontFamily: "DejaVu Sans",
      sansSerifFamily: "DejaVu Sans",
    },
  };
  try {
    return new Resvg(colored, rendering).render().asPng();
  } catch (cause) {
    if (cause instanceof Error && cause.message === "invalid value") {
      throw new OptionError("toPng: background", "a CSS colour or transparent", background);
    }
    throw cause;
  }
}
