/**
 * Randomness of one case: the same seed and number give the same case, whatever was drawn before.
 *
 *   sfc32 (Doty-Humphrey's small fast counter), started by the two numbers
 */

/** Numbers at which sizes, offsets and counters go wrong. */
export const EDGES: readonly number[] = [
  ...[0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 31, 63, 64, 100, 127, 128, 255, 256, 1000, 32_767, 32_768, 65_535, 65_536],
  ...[2 ** 24, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 3, 2 ** 53 - 1, 2 ** 53],
];

/** A stream of choices. */
export class Draw {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  /** Starts anew, as the case of this number. */
  start(seed: number, index: number): this {
    [this.#a, this.#b, this.#c, this.#counter] = [seed | 0, index | 0, (index / 2 ** 32) | 0, 1];
    for (let i = 0; i < 12; i++) this.bits();
    return this;
  }

  /** 32 bits, as an integer from 0. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 to below n; 0 where there is none. */
  below(n: number): number {
    return Math.floor((this.bits() / 2 ** 32) * n);
  }

  /** An integer from low to high. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.bits() < probability * 2 ** 32;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Small most of the time: 0 to 3, else an edge. */
  extent(): number {
    return this.chance(0.85) ? this.below(4) : this.pick(EDGES);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.bits();
    return bytes;
  }
}
