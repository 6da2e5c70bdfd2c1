/**
 * The lines of a source that a reader should see, found by how they begin, so that the page shows the code that ran:
 *
 *     { file: "05-numerical-gradient.ts", statements: ["const f =", "const places"] }
 *
 * A statement is a line with all that is indented below it, up to the bracket that closes it, as the formatter leaves it,
 * and the comment above it. What is left out between two of them shows as an empty line.
 */

/** Statements of a file, by their beginnings, in the order in which they stand there. */
export type Excerpt = {
  /** Its path within the repository. */
  readonly file: string;
  readonly statements: readonly string[];
};

/**
 * The statements of an excerpt, each moved to the left edge.
 *
 * @throws {Error} no line, below that of the statement before, begins so
 */
export function excerptOf(source: string, { file, statements }: Excerpt): string {
  const lines = source.split("\n");
  let text = "";
  let next = 0;
  for (const beginning of statements) {
    const start = lines.findIndex((line, i) => i >= next && line.trimStart().startsWith(beginning));
    if (start === -1) throw new Error(`${file}: no line below line ${next} begins with “${beginning}”`);
    const first = commentAbove(lines, start, next);
    const end = endOf(lines, start);
    if (text !== "" && first > next) text += "\n";
    text += `${lines
      .slice(first, end)
      .map((line) => line.slice(indentOf(lines[start])))
      .join("\n")}\n`;
    next = end;
  }
  return text.trimEnd();
}

/** The first line of the comment that stands above a line, or the line itself. */
function commentAbove(lines: readonly string[], start: number, least: number): number {
  let first = start;
  while (first > least && /^\s*(\/\/|\/\*\*|\*)/.test(lines[first - 1] ?? "")) first -= 1;
  return first;
}

/** Behind the last line of a statement: lines that are indented more, and those that close its brackets. */
function endOf(lines: readonly string[], start: number): number {
  const indent = indentOf(lines[start]);
  let end = start + 1;
  for (let i = end; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (line.trim() === "") continue;
    const isInside = indentOf(line) > indent;
    const isClosing = indentOf(line) === indent && /^[)\]}]/.test(line.trimStart());
    if (!isInside && !isClosing) break;
    end = i + 1;
  }
  return end;
}

function indentOf(line = ""): number {
  return line.length - line.trimStart().length;
}
