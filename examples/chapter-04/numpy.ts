/** Numbers as NumPy prints them, so that they can be laid beside the chapter's. */

type Nested = number | ArrayLike<number> | readonly ArrayLike<number>[];

/** `[6. 8.]`, `[-6.11110793e-10  8.14814391e-10]`: up to 8 decimals, as many for all, columns in line. */
export function numpy(values: Nested): string {
  if (typeof values === "number") return String(values);
  const rows = Array.from(values as ArrayLike<number | ArrayLike<number>>);
  const isMatrix = typeof rows[0] !== "number";
  const matrix = (isMatrix ? rows : [values]).map((row) => Array.from(row as ArrayLike<number>));
  const written = writtenAlike(matrix.flat());
  const lines = matrix.map((row) => `[${row.map(() => written.shift()).join(" ")}]`);
  return isMatrix ? `[${lines.join("\n ")}]` : (lines[0] ?? "[]");
}

function writtenAlike(values: readonly number[]): string[] {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const isScientific = sizes.length > 0 && (most >= 1e8 || least < 1e-4 || most / least > 1000);
  const texts = values.map((value) => (isScientific ? scientific(value) : trimmed(value.toFixed(8))));
  const decimals = (text: string) => (isScientific ? 0 : text.length - text.indexOf(".") - 1);
  const most8 = Math.max(...texts.map(decimals));
  const level = texts.map((text) => text + " ".repeat(most8 - decimals(text)));
  const width = Math.max(...level.map((text) => text.length));
  return level.map((text) => text.padStart(width));
}

/** `1.50000000` is `1.5`, `2.00000000` is `2.` */
function trimmed(text: string): string {
  return text.replace(/0+$/, "");
}

/** Exponents of at least two digits. */
function scientific(value: number): string {
  return value.toExponential(8).replace(/e([+-])(\d)$/, "e$10$2");
}
