/** Test digits that are read wrongly, as pictures with what they are and what they are taken for. */
import { SIDE } from "./digits.ts";
import { element, made, write } from "./dom.ts";
import { drawGrey } from "./pictures.ts";
import type { Mistake } from "./session.ts";

type Item = {
  readonly item: HTMLLIElement;
  readonly canvas: HTMLCanvasElement;
  readonly text: HTMLSpanElement;
  pixels: Uint8Array | undefined;
};

export class MistakeList {
  readonly #list = element("mistakes", HTMLUListElement);
  readonly #hint = element("mistakes-hint", HTMLParagraphElement);
  readonly #items: Item[] = [];

  show(mistakes: readonly Mistake[], wrong: number, examples: number): void {
    const counts = `${wrong.toLocaleString("en")} of ${examples.toLocaleString("en")} test digits are read wrongly`;
    write(
      this.#hint,
      wrong === 0 ? `None of ${examples} test digits is read wrongly.` : `${counts}; the surest first.`,
    );
    for (const [i, mistake] of mistakes.entries()) this.#fill(this.#itemAt(i), mistake);
    for (const [i, { item }] of this.#items.entries()) item.hidden = i >= mistakes.length;
  }

  clear(): void {
    write(this.#hint, "Test digits that the network reads wrongly, the surest first.");
    for (const { item } of this.#items) item.hidden = true;
  }

  #itemAt(i: number): Item {
    const there = this.#items[i];
    if (there !== undefined) return there;
    const [item, canvas, text] = [made("li"), made("canvas"), made("span")];
    [canvas.width, canvas.height] = [SIDE, SIDE];
    canvas.setAttribute("aria-hidden", "true"); // the text says it
    item.append(canvas, text);
    this.#list.append(item);
    const one = { item, canvas, text, pixels: undefined };
    this.#items.push(one);
    return one;
  }

  #fill(item: Item, { pixels, label, prediction, probability }: Mistake): void {
    write(item.text, `${label}, read as ${prediction}, ${Math.round(100 * probability)}\u00a0% sure`);
    if (item.pixels === pixels) return;
    item.pixels = pixels;
    drawGrey(item.canvas, pixels);
  }
}
