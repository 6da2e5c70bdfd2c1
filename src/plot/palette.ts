/**
 * Colours, dashes and markers.
 *
 * The colours follow Okabe and Ito's set for all kinds of colour vision (Color Universal Design, 2008), without its
 * yellow and black, the light ones darkened: each has a contrast of 2.9 or more to white and to a dark page (#0d1117),
 * so that one figure serves both. No figure relies on colour alone.
 */

/** How a series is drawn. */
export type Style = {
  readonly color: string;
  readonly dash: string | undefined;
  readonly marker: Marker;
  readonly fill: "full" | "hollow";
};

/** The shapes of markers. */
export type Marker = "circle" | "square" | "triangle" | "diamond" | "cross";

/** What positive and negative numbers have. */
export const BLUE = "#0072b2";
export const VERMILLION = "#d55e00";
/** With green, purple, orange and sky blue. */
export const COLORS: readonly string[] = [BLUE, VERMILLION, "#009e73", "#cc79a7", "#b07d00", "#4497cf"];

/** Five of each, six colours, and every other marker hollow, so that it hides no other: thirty series differ. */
const DASHES = [undefined, "7 3", "2 2.5", "9 3 2 3", "5 2 1.5 2 1.5 2"] as const;
const MARKERS = ["circle", "square", "triangle", "diamond", "cross"] as const;

/** The style of the series at an index. */
export function styleOf(index: number): Style {
  return {
    color: COLORS[index % COLORS.length] ?? BLUE,
    dash: DASHES[index % DASHES.length],
    marker: MARKERS[index % MARKERS.length] ?? "circle",
    fill: index % 2 === 0 ? "full" : "hollow",
  };
}

/** A marker's outline around (x, y), as a path. */
export function outline(marker: Marker, x: number, y: number, radius: number): string {
  switch (marker) {
    case "circle":
      return `M${x - radius},${y}a${radius},${radius},0,1,1,${2 * radius},0a${radius},${radius},0,1,1,${-2 * radius},0Z`;
    case "square":
      return polygon(x, y, radius * 0.9, [-1, -1, 1, -1, 1, 1, -1, 1]);
    case "triangle":
      return polygon(x, y, radius, [0, -1.2, 1.1, 0.8, -1.1, 0.8]);
    case "diamond":
      return polygon(x, y, radius * 1.3, [0, -1, 1, 0, 0, 1, -1, 0]);
    default:
      return polygon(
        x,
        y,
        radius * 0.4,
        [-1, -3, 1, -3, 1, -1, 3, -1, 3, 1, 1, 1, 1, 3, -1, 3, -1, 1, -3, 1, -3, -1, -1, -1],
      );
  }
}

function polygon(x: number, y: number, unit: number, corners: readonly number[]): string {
  let path = "";
  for (let i = 0; i < corners.length; i += 2) {
    path += `${i === 0 ? "M" : "L"}${x + unit * (corners[i] ?? 0)},${y + unit * (corners[i + 1] ?? 0)}`;
  }
  return `${path}Z`;
}
