/** The first layer's units as pictures: what each looks for, and what it does not want to see. */
import { SIDE } from "./digits.ts";
import { contextOf, element, write } from "./dom.ts";
import { type Hues, huesOf, writeHue } from "./pictures.ts";
import type { FirstLayer } from "./session.ts";

const MOST_UNITS = 48;
const COLUMNS = 8;
const TILE = SIDE + 1;

export class WeightPictures {
  readonly #canvas = element("weights", HTMLCanvasElement);
  readonly #hint = element("weights-hint", HTMLParagraphElement);
  readonly #shown = element("weights-shown", HTMLSelectElement);
  #start: FirstLayer | undefined;
  #image: ImageData | undefined;
  #last: FirstLayer | undefined;
  #hues: Hues = huesOf(this.#canvas);

  constructor() {
    this.#shown.addEventListener("change", () => {
      if (this.#last !== undefined) this.draw(this.#last);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#hues = huesOf(this.#canvas);
      if (this.#last !== undefined) this.draw(this.#last);
    });
  }

  /** Changes are told from here on. */
  startFrom(layer: FirstLayer): void {
    this.#start = layer;
  }

  draw(layer: FirstLayer): void {
    this.#last = layer;
    const isChange = this.#shown.value === "change";
    const start = isChange && this.#start?.weights.length === layer.weights.length ? this.#start.weights : undefined;
    const shown = Math.min(layer.units, MOST_UNITS);
    const image = this.#imageFor(shown);
    for (let unit = 0; unit < shown; unit++) drawUnit(image, layer, start, unit, this.#hues);
    contextOf(this.#canvas).putImageData(image, 0, 0);
    const which = shown === layer.units ? `All ${shown} units` : `${shown} of ${layer.units} units`;
    write(this.#hint, `${which}; each picture has one unit’s weights of the 784 pixels: teal above 0, orange below.`);
    const what = isChange ? "Changes in the weights" : "Weights";
    this.#canvas.setAttribute("aria-label", `${what} of the first layer as pictures, ${which.toLowerCase()}`);
  }

  #imageFor(shown: number): ImageData {
    const width = Math.min(shown, COLUMNS) * TILE - 1;
    const height = Math.ceil(shown / COLUMNS) * TILE - 1;
    if (this.#image?.width === width && this.#image.height === height) return this.#image;
    this.#image = new ImageData(width, height);
    [this.#canvas.width, this.#canvas.height] = [width, height];
    return this.#image;
  }
}

function drawUnit(
  image: ImageData,
  { units, weights }: FirstLayer,
  start: FirstLayer["weights"] | undefined,
  unit: number,
  hues: Hues,
): void {
  const valueAt = (i: number) => (weights[i] ?? 0) - (start?.[i] ?? 0);
  let most = 0;
  for (let i = unit; i < weights.length; i += units) most = Math.max(most, Math.abs(valueAt(i)));
  const left = (unit % COLUMNS) * TILE;
  const top = Math.floor(unit / COLUMNS) * TILE;
  for (let i = 0; i < SIDE * SIDE; i++) {
    const at = 4 * ((top + Math.floor(i / SIDE)) * image.width + left + (i % SIDE));
    writeHue(image.data, at, valueAt(i * units + unit) / (most || 1), hues);
  }
}
