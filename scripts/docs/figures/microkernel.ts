import { element } from "../../../src/plot/markup.ts";
import { box, diagram, note, OF_A, OF_B, OF_C, word } from "./drawing.ts";

const LANE = 11;
const VECTOR = 4 * LANE;
const ROW = 24;
const TOP = 62;
const WIDTH = VECTOR - 2;
const HEIGHT = ROW - 5;

const CAPTION = [
  "Vectors of four lanes. An element of A is spread over all four, and multiplied",
  "with every vector of B. 8 accumulators (narrow: 4), 4, 2 or 1 of B, 1 of A, and",
  "a product on its way: at most 14 of the 16 registers.",
];

/** The registers of the three microkernels during one step of k. */
export function microkernel(): string {
  return diagram(
    "Registers of the microkernels, one step of k",
    "Three grids of accumulators: 2 rows by 4 vectors, 4 rows by 2 vectors, 4 rows by 1 vector. Above each column a vector of B, beside each row an element of A spread over four lanes.",
    TOP + 4 * ROW + 62,
    [
      ...grid("wide: 2 × 4 vectors", 8, 2, 4),
      ...grid("4 × 2 vectors", 236, 4, 2),
      ...grid("narrow: 4 × 1", 378, 4, 1),
      ...CAPTION.map((line, i) => note(line, 8, TOP + 4 * ROW + 22 + 16 * i)),
    ],
  );
}

function grid(name: string, x: number, rows: number, columns: number): string[] {
  const left = x + 26;
  const parts = [note(name, x, 16)];
  for (let column = 0; column < columns; column++) {
    parts.push(...vector(left + column * VECTOR, 32, OF_B, 0.35, `b${column}`));
  }
  for (let row = 0; row < rows; row++) {
    const y = TOP + row * ROW;
    parts.push(box(x, y, LANE, HEIGHT, OF_A, 0.45), word("a", x + LANE / 2, y + HEIGHT / 2, 10));
    for (let column = 0; column < columns; column++) {
      const label = columns === 1 ? `c${row}` : `c${row}_${column}`;
      parts.push(...vector(left + column * VECTOR, y, OF_C, 0.25, label));
    }
  }
  return parts;
}

/** A register by its name, with marks where its lanes end. */
function vector(x: number, y: number, color: string, strength: number, label: string): string[] {
  const marks = [1, 2, 3].map((lane) => `M${x + (lane * WIDTH) / 4},${y + HEIGHT}v-4`).join("");
  return [
    box(x, y, WIDTH, HEIGHT, color, strength),
    element("path", { d: marks, stroke: color, fill: "none" }),
    word(label, x + WIDTH / 2, y + HEIGHT / 2 - 1, 11),
  ];
}
