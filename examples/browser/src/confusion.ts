/** The confusion matrix as a table: made once, then filled. */
import type { Evaluation } from "lanegrad";
import { CLASSES } from "./digits.ts";
import { element, made, write } from "./dom.ts";

export class ConfusionTable {
  readonly #cells: HTMLTableCellElement[] = [];

  constructor() {
    const table = element("confusion", HTMLTableElement);
    const head = made("thead");
    const first = made("tr");
    first.append(made("td"), ...digits().map((digit) => header("col", digit)));
    head.append(first);
    const body = made("tbody");
    for (const label of digits()) {
      const row = made("tr");
      row.append(header("row", label));
      for (const prediction of digits()) {
        const cell = made("td", label === prediction ? "right" : "wrong");
        this.#cells.push(cell);
        row.append(cell);
      }
      body.append(row);
    }
    table.append(head, body);
  }

  fill({ classes }: Evaluation): void {
    if (classes === undefined) return;
    for (const [i, cell] of this.#cells.entries()) {
      const count = classes.confusion[i] ?? 0;
      const support = classes.perClass[Math.floor(i / CLASSES)]?.support ?? 0;
      write(cell, String(count));
      // A wrong answer in ten is as strong as it gets.
      const share = count / Math.max(1, support);
      cell.style.setProperty(
        "--share",
        cell.className === "right" ? share.toFixed(3) : Math.min(1, 10 * share).toFixed(3),
      );
    }
  }

  clear(): void {
    for (const cell of this.#cells) {
      write(cell, "");
      cell.style.setProperty("--share", "0");
    }
  }
}

function digits(): number[] {
  return Array.from({ length: CLASSES }, (_, digit) => digit);
}

function header(scope: "row" | "col", digit: number): HTMLTableCellElement {
  const cell = made("th", "", String(digit));
  cell.scope = scope;
  return cell;
}
