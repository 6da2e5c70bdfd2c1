import { box, diagram, note, OF_A, OF_B, sizes, word } from "./drawing.ts";

const CELL = 22;

/** The order in which elements of A and B lie in packed memory: each has its number. */
export function packing(): string {
  const { MR, NR } = sizes();
  const [rows, alongA] = [2 * MR - 1, 5];
  const [columns, alongB] = [2 * NR, 3];
  const parts: string[] = [];
  parts.push(note(`A: panels of MR = ${MR} rows, here ${rows} rows and kc = ${alongA}`, 8, 18));
  for (let i = 0; i < 2 * MR; i++) {
    const panel = Math.floor(i / MR);
    for (let p = 0; p < alongA; p++) {
      const place = panel * MR * alongA + p * MR + (i % MR);
      parts.push(cell(place, i < rows, 8 + p * CELL, 28 + i * CELL + panel * 6, OF_A, panel));
    }
  }
  const right = 8 + alongA * CELL + 18;
  parts.push(
    note("The numbers are places in packed memory.", right, 60),
    note("The microkernel reads each panel from its first", right, 84),
    note("byte to its last, one step of k at a time.", right, 100),
    note("What is beyond the edge is packed as 0, so that", right, 124),
    note("the microkernel never sees an edge.", right, 140),
  );
  const top = 28 + 2 * MR * CELL + 6 + 30;
  parts.push(
    note(`B: panels of NR = ${NR} columns (float32), here ${columns} columns and kc = ${alongB}`, 8, top - 10),
  );
  for (let j = 0; j < columns; j++) {
    const panel = Math.floor(j / NR);
    for (let p = 0; p < alongB; p++) {
      const place = panel * NR * alongB + p * NR + (j % NR);
      parts.push(cell(place, true, 8 + j * CELL * 1.25 + panel * 6, top + p * CELL, OF_B, panel, CELL * 1.25));
    }
  }
  return diagram(
    "Packed panels of A and B",
    `Seven rows of A in two panels of ${MR}, numbered down each column of a panel and then to the right; the eighth row is zeros. ${columns} columns of B in two panels of ${NR}, numbered along each row of a panel and then down.`,
    top + alongB * CELL + 10,
    parts,
  );
}

function cell(
  place: number,
  isThere: boolean,
  x: number,
  y: number,
  color: string,
  panel: number,
  width: number = CELL,
): string {
  const strength = isThere ? (panel === 0 ? 0.35 : 0.15) : 0;
  return box(x, y, width, CELL, color, strength) + word(isThere ? String(place) : "0", x + width / 2, y + CELL / 2, 11);
}
