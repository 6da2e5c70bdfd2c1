/** What the network reads: ten bars, and a sentence. */
import { CLASSES, SIDE } from "./digits.ts";
import { element, made, write } from "./dom.ts";
import { drawGrey } from "./pictures.ts";

type Bar = { readonly row: HTMLTableRowElement; readonly fill: HTMLSpanElement; readonly text: HTMLTableCellElement };

export class Reading {
  readonly #sentence = element("reading", HTMLParagraphElement);
  readonly #seen = element("seen", HTMLCanvasElement);
  readonly #bars: readonly Bar[];

  constructor() {
    const body = element("probabilities", HTMLTableSectionElement);
    this.#bars = Array.from({ length: CLASSES }, (_, digit) => barOf(body, digit));
    this.clear();
  }

  show(probabilities: ArrayLike<number>, pixels: Uint8Array): void {
    const best = largestOf(probabilities);
    for (const [digit, { row, fill, text }] of this.#bars.entries()) {
      const p = probabilities[digit] ?? 0;
      fill.style.transform = `scaleX(${p.toFixed(4)})`;
      write(text, `${(100 * p).toFixed(1)} %`);
      row.classList.toggle("best", digit === best);
    }
    // Only the digit, so that it is not read aloud at every stroke.
    write(this.#sentence, best < 0 ? "No answer: the network’s numbers are lost" : `Reads ${best}`);
    drawGrey(this.#seen, pixels);
  }

  clear(): void {
    for (const { row, fill, text } of this.#bars) {
      fill.style.transform = "scaleX(0)";
      write(text, "–");
      row.classList.remove("best");
    }
    write(this.#sentence, "Nothing drawn");
    drawGrey(this.#seen, new Uint8Array(SIDE * SIDE));
  }
}

function barOf(body: HTMLTableSectionElement, digit: number): Bar {
  const row = made("tr");
  const head = made("th", "", String(digit));
  head.scope = "row";
  const [bar, track, fill, text] = [made("td"), made("span", "track"), made("span", "fill"), made("td", "number")];
  bar.setAttribute("aria-hidden", "true");
  track.append(fill);
  bar.append(track);
  row.append(head, bar, text);
  body.append(row);
  return { row, fill, text };
}

/** Where the largest number is; -1 where there is none. */
function largestOf(numbers: ArrayLike<number>): number {
  let at = -1;
  for (let i = 0; i < numbers.length; i++) {
    if ((numbers[i] ?? 0) > (at < 0 ? Number.NEGATIVE_INFINITY : (numbers[at] ?? 0))) at = i;
  }
  return at;
}
