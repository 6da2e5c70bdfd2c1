/** Tables as text (`parseCsv`, `parseRecords`): quotes that do not close, records of any width, numbers that are none, any options. */

import { type CsvOptions, parseCsv, parseRecords, type RecordsOptions } from "../../../src/data/csv.ts";
import { DatasetError } from "../../../src/data/dataset_error.ts";
import { OptionError } from "../../../src/errors.ts";
import type { Draw } from "../draw.ts";
import { damaged } from "../mutate.ts";
import { caseOfText, type Target } from "../target.ts";

const TEXTS = [
  "a,b,class\n1,2,x\n3,4,y\n5,6,x\n",
  'width;name\n"1.5";"a ""quoted"" one"\r\n2e3;plain\r\n',
  "1\t2\t0\n3\t4\t1\n",
  "\ufeffsize,price\n\n1,2\n,\n3,4",
  'x,y\n"line\nbreak",1\n2,2\n',
];
const PIECES = [
  ...[",", ";", "\t", "\n", "\r\n", "\r", '"', '""', '","', " ", "", "1", "-2.5", "1e5", "1e999", "0x1f", "NaN", "x"],
  ...["__proto__", "class", "\ufeff", "\0", "é", "\u2028", "'", "=", "99999999999999999999999", ".", "-", "+"],
];
const FILES = TEXTS.map((text) => new TextEncoder().encode(text));
const COLUMNS = ["class", "a", "x", "price", "__proto__", "", 0, 1, 2, -1, -3, 7, 0.5, Number.NaN, 2 ** 32];
const DELIMITERS = [",", ",", ",", ";", "\t", "|", " ", "1", "e", "\ufeff", "", ",,", '"', "\n", "\0"];

function optionsOf(draw: Draw): CsvOptions {
  if (draw.chance(0.4)) return { label: draw.pick([0, -1]), ...(draw.chance(0.5) ? { target: "numbers" } : {}) };
  const label = draw.chance(0.9) ? draw.pick(COLUMNS) : Array.from({ length: draw.below(3) }, () => draw.pick(COLUMNS));
  return {
    label,
    ...(draw.chance(0.3) ? { target: draw.pick(["classes", "numbers"] as const) } : {}),
    ...(draw.chance(0.2) ? { inputs: Array.from({ length: draw.below(3) }, () => draw.pick(COLUMNS)) } : {}),
    ...(draw.chance(0.2)
      ? { classes: Array.from({ length: draw.below(3) }, () => draw.pick(["x", "y", "0", ""])) }
      : {}),
    ...(draw.chance(0.3) ? { header: draw.chance(0.5) } : {}),
    ...(draw.chance(0.5) ? { delimiter: draw.pick(DELIMITERS) } : {}),
  };
}

function recordsOptionsOf(draw: Draw): RecordsOptions {
  return {
    ...(draw.chance(0.3) ? { delimiter: draw.pick(DELIMITERS) } : {}),
    ...(draw.chance(0.2) ? { header: draw.chance(0.5) } : {}),
    ...(draw.chance(0.2) ? { decimal: draw.pick([".", ",", "auto"] as const) } : {}),
    ...(draw.chance(0.1) ? { missingValues: [draw.pick(PIECES)] } : {}),
  };
}

/** Rows of fields, a few of which are not what the others are. */
function table(draw: Draw): string {
  const [rows, columns] = [draw.below(6), draw.between(1, 4)];
  const field = (row: number, column: number) => {
    if (row === 0) return draw.pick(["class", "a", "x", `c${column}`]);
    return draw.chance(0.9) ? `${draw.below(10)}` : draw.pick(PIECES);
  };
  const line = (row: number) => Array.from({ length: columns }, (_, column) => field(row, column)).join(",");
  return Array.from({ length: rows }, (_, row) => line(row)).join("\n");
}

function text(draw: Draw): string {
  switch (draw.below(4)) {
    case 0:
      return Array.from({ length: draw.below(40) }, () => draw.pick(PIECES)).join("");
    case 1:
      return draw.pick(PIECES).repeat(draw.pick([1, 10, 1000, 3000])) + draw.pick(TEXTS);
    case 2:
      return table(draw);
    default:
      return new TextDecoder().decode(damaged(draw, { files: FILES, words: PIECES }));
  }
}

export const csv: Target = {
  name: "csv",
  about: "parseCsv and parseRecords of text, with options of all kinds",
  refusals: [DatasetError, OptionError],
  bytesPerByte: 512, // a field of one character is a string, its record an array
  open: () => ({
    next(draw) {
      if (draw.chance(0.3)) {
        const [table, options] = [text(draw), recordsOptionsOf(draw)];
        return caseOfText(table, () => parseRecords(table, options));
      }
      const [table, options] = [text(draw), optionsOf(draw)];
      return caseOfText(table, () => parseCsv(table, options));
    },
  }),
};
