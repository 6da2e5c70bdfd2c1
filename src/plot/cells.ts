/** A table of coloured cells with numbers in them: what `matrix` and `confusionMatrix` have in common. */
import { cut, LINE, WIDTH, widthOf } from "./letters.ts";
import { element, short, text } from "./markup.ts";

/** One cell. */
export type Cell = {
  readonly label: string;
  readonly color: string;
  /** 0..1: how strong its colour is. */
  readonly strength: number;
};

export type Table = {
  readonly cells: readonly (readonly Cell[])[];
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  /** What the rows and the columns are; "" where that need not be said. */
  readonly rowsLabel: string;
  readonly columnsLabel: string;
};

/** Text can be read on the strongest colour, dark text on a light page and light text on a dark one. */
const STRONGEST = 0.75;
const GAP = 2;
const TALLEST = 44;
const WIDEST = 90;
/** Names of rows and columns are cut where they are wider. */
const LONGEST_NAME = 130;

/** The table's markup and height; names of columns too narrow for them are turned, and cells too small for their labels have none. */
export function table({ cells, rowNames, columnNames, rowsLabel, columnsLabel }: Table): {
  readonly markup: string;
  readonly height: number;
} {
  const columns = Math.max(...cells.map((row) => row.length));
  const rowHeads = rowNames.map((name) => cut(name, LONGEST_NAME));
  const columnHeads = columnNames.map((name) => cut(name, LONGEST_NAME));
  const left = 14 + Math.max(0, ...rowHeads.map((name) => widthOf(name)));
  const width = Math.min(WIDEST, (WIDTH - left - 8) / columns);
  const height = Math.min(TALLEST, width);
  const widest = Math.max(0, ...columnHeads.map((name) => widthOf(name)));
  const isTurned = widest > width - GAP;
  const headHeight = isTurned ? widest + 4 : LINE;
  const top = (rowsLabel || columnsLabel ? LINE : 0) + (columnHeads.length > 0 ? headHeight : 0) + 8;
  const labels = cells.flat().map(({ label }) => label);
  const isLegible = height >= LINE - 2 && labels.every((label) => widthOf(label) <= width - GAP);

  let markup = rowsLabel === "" ? "" : text(`↓ ${rowsLabel}`, 8, LINE - 4);
  if (columnsLabel !== "") markup += text(`${columnsLabel} →`, WIDTH - 8, LINE - 4, { "text-anchor": "end" });
  for (const [column, name] of columnHeads.entries()) {
    const x = left + (column + 0.5) * width;
    markup += isTurned
      ? text(name, 0, 5, { transform: `translate(${short(x)},${short(top - 5)}) rotate(-90)` })
      : text(name, x, top - 5, { "text-anchor": "middle" });
  }
  for (const [row, line] of cells.entries()) {
    const y = top + row * height;
    const name = rowHeads[row];
    if (name !== undefined) markup += text(name, left - 6, y + height / 2 + 5, { "text-anchor": "end" });
    for (const [column, { label, color, strength }] of line.entries()) {
      const x = left + column * width;
      const place = { x: x + GAP / 2, y: y + GAP / 2, width: width - GAP, height: height - GAP };
      markup += element("rect", { ...place, fill: color, "fill-opacity": 0.03 + strength * (STRONGEST - 0.03) });
      if (isLegible) markup += text(label, x + width / 2, y + height / 2 + 5, { "text-anchor": "middle" });
    }
  }
  return { markup, height: top + cells.length * height + 8 };
}
