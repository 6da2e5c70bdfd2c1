/**
 * A figure of `lanegrad/plot` within the page: the same drawing, without its title and description, which the page says
 * in words, in each language. A word in the drawing stands there once for each language, and one of them is shown.
 */
import { escaped } from "./markup.ts";

const FIGURE =
  /^<svg ([^>]*)><title[^>]*>[^<]*<\/title><desc[^>]*>[^<]*<\/desc><style>[^<]*<\/style>(?:<text[^>]*>[^<]*<\/text>)*<g transform="translate\(0,([\d.]+)\)">([\s\S]*)<\/g><\/svg>$/;

/**
 * @param svg a figure
 * @param translated a label of the drawing in Korean; undefined where it needs none
 * @throws {Error} it is no figure of `lanegrad/plot`
 */
export function drawingOf(svg: string, translated: (label: string) => string | undefined): string {
  const [, attributes = "", top = "", body = ""] = FIGURE.exec(svg) ?? [];
  const box = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(attributes);
  if (box === null) throw new Error(`no figure: ${svg.slice(0, 300)}`);
  const [width, height] = [Number(box[1]), Number(box[2]) - Number(top)];
  const letters = /font-family="[^"]*" font-size="[^"]*"/.exec(attributes)?.[0] ?? "";
  const viewBox = `0 ${top} ${width} ${height}`;
  const labelled = body.replace(/<text([^>]*)>([^<]+)<\/text>/g, (whole, place: string, label: string) => {
    const korean = translated(unescaped(label));
    if (korean === undefined) return whole;
    return `<text${place} class="en" lang="en">${label}</text><text${place} class="ko" lang="ko">${escaped(korean)}</text>`;
  });
  const drawn = `<g transform="translate(0,${top})">${labelled}</g>`;
  return `<svg aria-hidden="true" fill="currentColor" ${letters} viewBox="${viewBox}" xmlns="http://www.w3.org/2000/svg">${drawn}</svg>`;
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
