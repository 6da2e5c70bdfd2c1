/** Numbers as pixels. */
import { contextOf } from "./dom.ts";

type Colour = readonly [red: number, green: number, blue: number];

/** Grey bytes, white on black, as MNIST has its digits. */
export function drawGrey(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  const context = contextOf(canvas);
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i] ?? 0;
    image.data.set([value, value, value, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/** Two hues: from one over the page's ground to the other. */
export type Hues = { readonly negative: Colour; readonly zero: Colour; readonly positive: Colour };

/** The hues that the page's style names, as they are now. */
export function huesOf(one: HTMLElement): Hues {
  const style = getComputedStyle(one);
  const colour = (name: string) => rgbOf(style.getPropertyValue(name).trim());
  return { negative: colour("--negative"), zero: colour("--surface"), positive: colour("--positive") };
}

/** #rrggbb as bytes. */
function rgbOf(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Writes the colour of a number from -1 to 1 at a byte. */
export function writeHue(
  bytes: Uint8ClampedArray,
  at: number,
  value: number,
  { negative, zero, positive }: Hues,
): void {
  const share = Math.min(1, Math.abs(value));
  const hue = value < 0 ? negative : positive;
  bytes[at] = zero[0] + share * (hue[0] - zero[0]);
  bytes[at + 1] = zero[1] + share * (hue[1] - zero[1]);
  bytes[at + 2] = zero[2] + share * (hue[2] - zero[2]);
  bytes[at + 3] = 255;
}
