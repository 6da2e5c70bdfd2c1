/**
 * Source maps that say which line of which source, and not which column: a quarter of the bytes of the full ones, and what a stack
 * trace needs. The sources are not in the package, and so not in the maps.
 */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

type SourceMap = { readonly version: 3; readonly sources: readonly string[]; readonly mappings: string };

/** The map with the first segment of each line of a source, wherever another line follows. */
export function thinned(text: string): string {
  const { sources, mappings } = JSON.parse(text) as SourceMap;
  let [source, line, from] = [0, 0, 0];
  let [lastSource, lastLine, lastFrom] = [0, 0, 0];
  const lines = mappings.split(";").map((segments) => {
    let [column, lastColumn] = [0, 0];
    let isFirst = true;
    const kept: string[] = [];
    for (const segment of segments === "" ? [] : segments.split(",")) {
      const [columns = 0, ofSource, lines = 0, columnsThere = 0] = numbersOf(segment);
      column += columns;
      if (ofSource === undefined) continue;
      const isNew = isFirst || ofSource !== 0 || lines !== 0;
      [source, line, from] = [source + ofSource, line + lines, from + columnsThere];
      if (!isNew) continue;
      kept.push(encoded([column - lastColumn, source - lastSource, line - lastLine, from - lastFrom]));
      [lastColumn, lastSource, lastLine, lastFrom] = [column, source, line, from];
      isFirst = false;
    }
    return kept.join(",");
  });
  return JSON.stringify({ version: 3, sources, names: [], mappings: lines.join(";") });
}

function numbersOf(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

function encoded(numbers: readonly number[]): string {
  let text = "";
  for (const number of numbers) {
    let rest = number < 0 ? (-number << 1) | 1 : number << 1;
    do {
      const digit = rest & 31;
      rest >>>= 5;
      text += DIGITS[rest > 0 ? digit | 32 : digit];
    } while (rest > 0);
  }
  return text;
}
