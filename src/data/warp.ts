/**
 * A plane of bytes, moved, turned and scaled:
 *
 *   target pixel p comes from the source at   q = centre + R(-angle)·(p - centre - shift) / size
 *
 * q is between four pixels, which are weighted by their distances; outside of the plane is background, 0.
 *
 * Everything is integers, positions in 1/65,536 of a pixel and weights in 1/256, so that one placement gives the same
 * bytes on every machine.
 */
import { cosine, sine } from "./rotation.ts";

/** One pixel, and half a pixel, as positions. */
const ONE = 65_536;
const HALF = 32_768;
/** Half of the sum of four weights, so that a weighted byte is rounded. */
const ROUNDING = 32_768;

/** Changes planes of rows × columns, one after another; makes nothing while it works. */
export class Warp {
  readonly #rows: number;
  readonly #columns: number;
  /** The source with a border of background: no pixel needs a look at where the plane ends. */
  readonly #padded: Uint8Array;
  /** Of q: along a row and across it, and where p = (0, 0) comes from. */
  #along = ONE;
  #across = 0;
  #x = 0;
  #y = 0;
  /** Rows and columns of the source outside of which all is background. */
  #top = 0;
  #bottom = 0;
  #left = 0;
  #right = 0;

  constructor(rows: number, columns: number) {
    this.#rows = rows;
    this.#columns = columns;
    this.#padded = new Uint8Array((rows + 2) * (columns + 2));
  }

  /**
   * What is done to the planes that follow.
   *
   * @param right, down pixels
   * @param size above 0: 2 is twice as large
   */
  place(right: number, down: number, radians: number, size: number): void {
    // `| 0`: V8 keeps small integers without making an object of each.
    const along = Math.round((cosine(radians) * ONE) / size) | 0;
    const across = Math.round((sine(radians) * ONE) / size) | 0;
    // Twice the distance from the centre is whole, so that nothing is lost where nothing is turned.
    const [x, y] = [this.#columns - 1, this.#rows - 1];
    this.#along = along;
    this.#across = across;
    this.#x = (x * HALF - Math.round((along * x + across * y) / 2 + right * along + down * across)) | 0;
    this.#y = (y * HALF - Math.round((along * y - across * x) / 2 - right * across + down * along)) | 0;
  }

  /** One plane, from one array into another. */
  plane(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number): void {
    this.#bound(from, fromStart);
    const rows = this.#rows;
    const columns = this.#columns;
    const isInside = this.#top > 0 && this.#left > 0 && this.#bottom < rows && this.#right < columns;
    if (isInside) {
      this.#sample(from, fromStart, columns, to, toStart);
      return;
    }
    this.#pad(from, fromStart);
    this.#sample(this.#padded, columns + 3, columns + 2, to, toStart);
  }

  /**
   * Writes the target.
   *
   * @param source at `origin` the pixel (0, 0), rows `stride` apart; has all neighbours of pixels that are not background
   */
  #sample(source: Uint8Array, origin: number, stride: number, to: Uint8Array, toStart: number): void {
    const rows = this.#rows;
    const columns = this.#columns;
    const along = this.#along;
    const across = this.#across;
    // What comes from outside of these is made of background alone.
    const lowX = (this.#left - 1) * ONE;
    const highX = this.#right * ONE;
    const lowY = (this.#top - 1) * ONE;
    const highY = this.#bottom * ONE;
    let at = toStart;
    for (let row = 0; row < rows; row++) {
      const startX = this.#x + row * across;
      const startY = this.#y + row * along;
      const first = Math.max(firstWithin(startX, along, lowX, highX), firstWithin(startY, -across, lowY, highY));
      const end = Math.min(columns, endWithin(startX, along, lowX, highX), endWithin(startY, -across, lowY, highY));
      const stop = toStart + (row + 1) * columns;
      if (first < end) {
        const begin = stop - columns + first;
        const finish = stop - columns + end;
        for (; at < begin; at++) to[at] = 0;
        let x = (startX + first * along) | 0;
        let y = (startY - first * across) | 0;
        for (; at < finish; at++) {
          const corner = origin + Math.imul(y >> 16, stride) + (x >> 16);
          const u = (x >> 8) & 255;
          const v = (y >> 8) & 255;
          const above = (256 - u) * source[corner]! + u * source[corner + 1]!;
          const below = (256 - u) * source[corner + stride]! + u * source[corner + stride + 1]!;
          to[at] = ((256 - v) * above + v * below + ROUNDING) >> 16;
          x = (x + along) | 0;
          y = (y - across) | 0;
        }
      }
      for (; at < stop; at++) to[at] = 0;
    }
  }

  /** Finds the rows and columns that hold everything that is not background. */
  #bound(from: Uint8Array, start: number): void {
    const columns = this.#columns;
    let top = this.#rows;
    let bottom = 0;
    let left = columns;
    let right = 0;
    for (let row = 0, at = start; row < this.#rows; row++, at += columns) {
      let first = 0;
      while (first < columns && from[at + first] === 0) first++;
      if (first === columns) continue;
      let end = columns;
      while (end > right && from[at + end - 1] === 0) end--;
      if (row < top) top = row;
      bottom = row + 1;
      left = Math.min(left, first);
      right = end;
    }
    this.#top = top;
    this.#bottom = bottom;
    this.#left = left;
    this.#right = right;
  }

  /** Copies a plane between the borders. */
  #pad(from: Uint8Array, start: number): void {
    const columns = this.#columns;
    const padded = this.#padded;
    for (let row = 0, at = start, to = columns + 3; row < this.#rows; row++, to += 2) {
      for (const stop = at + columns; at < stop; at++, to++) padded[to] = from[at]!;
    }
  }
}

/**
 * The first whole i from 0 on with low ≤ start + i·step < high, for numbers below 2³¹; where there is none, not below
 * `endWithin`. The quotients are exact enough to be rounded, as they are below 2³² and differ by at least 2⁻³¹.
 */
function firstWithin(start: number, step: number, low: number, high: number): number {
  if (step > 0) return within(Math.ceil((low - start) / step));
  if (step < 0) return within(Math.floor((high - start) / step) + 1);
  return 0;
}

/** One more than the last such i, or FAR where there is no last. */
function endWithin(start: number, step: number, low: number, high: number): number {
  if (step > 0) return within(Math.ceil((high - start) / step));
  if (step < 0) return within(Math.floor((low - start) / step) + 1);
  return low <= start && start < high ? FAR : 0;
}

/** A column beyond every plane. */
const FAR = 1_000_000;

function within(column: number): number {
  return Math.max(0, Math.min(FAR, column)) | 0;
}
