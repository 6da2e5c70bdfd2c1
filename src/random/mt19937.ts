/**
 * MT19937, the Mersenne Twister: a stream of 32-bit words with period 2¹⁹⁹³⁷ − 1.
 *
 *   twist    key[i] ← key[i + 397] ⊕ A·(top bit of key[i], low 31 bits of key[i + 1])   indices mod 624
 *   temper   word = T·key[position]
 *
 * Seeding follows NumPy: an integer by Knuth's recurrence, an array by `init_by_array`.
 * Source: Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998), and their mt19937ar of 2002.
 */

/** The number of 32-bit words in the key. */
export const KEY_LENGTH = 624;

const SHIFT = 397;
const TOP_BIT = 0x80000000;
const LOW_BITS = 0x7fffffff;
const MATRIX_A = 0x9908b0df;

// The key that an array seed is stirred into.
const ARRAY_SEED = 19650218;

/** The generator. Its arguments are checked by the caller. */
export class Mt19937 {
  readonly #key = new Uint32Array(KEY_LENGTH);
  /** The tempered key. */
  readonly #words = new Uint32Array(KEY_LENGTH);
  #position = KEY_LENGTH;

  /** Seeds with one integer, or with a non-empty array of them, each from 0 to 2³² − 1. */
  constructor(seed: number | readonly number[]) {
    if (typeof seed === "number") this.#seedByInteger(seed);
    else this.#seedByArray(seed);
  }

  /** How many words of the key have been drawn since the last twist, 0 to 624. */
  get position(): number {
    return this.#position;
  }

  /** A copy of the key: 624 words. */
  copyKey(): Uint32Array {
    return this.#key.slice();
  }

  /** Continues from a key of 624 words, which is copied, and a position from 0 to 624. */
  restore(key: Uint32Array, position: number): void {
    this.#key.set(key);
    this.#temper();
    this.#position = position;
  }

  /** The next 32 bits, as a number from 0 to 2³² − 1. */
  word(): number {
    if (this.#position === KEY_LENGTH) this.#twist();
    const word = this.#words[this.#position]!;
    this.#position += 1;
    return word;
  }

  /** The next double in [0, 1): a multiple of 2⁻⁵³ from two words, 27 bits of the first and 26 of the second. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /**
   * The next integer in 0 … last, all equally likely, for last ≤ 2⁵³ − 1.
   *
   * Draws are masked to the bits of `last`, and those above it are refused. One draw is a word, or two
   * when `last` needs more than 32 bits, the high word first. last = 0 draws nothing.
   */
  upTo(last: number): number {
    if (last === 0) return 0;
    if (last <= 0xffffffff) {
      const mask = 0xffffffff >>> Math.clz32(last);
      for (;;) {
        const value = (this.word() & mask) >>> 0;
        if (value <= last) return value;
      }
    }
    const highMask = 0xffffffff >>> Math.clz32(Math.floor(last / 4294967296));
    for (;;) {
      const high = (this.word() & highMask) >>> 0;
      const value = high * 4294967296 + this.word();
      if (value <= last) return value;
    }
  }

  #seedByInteger(seed: number): void {
    const key = this.#key;
    let word = seed >>> 0;
    for (let i = 0; i < KEY_LENGTH; i += 1) {
      key[i] = word;
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i + 1) >>> 0;
    }
    this.#position = KEY_LENGTH;
  }

  #seedByArray(seed: readonly number[]): void {
    this.#seedByInteger(ARRAY_SEED);
    const key = this.#key;
    let previous = key[0]!;
    let i = 1;
    let j = 0;
    for (let steps = Math.max(KEY_LENGTH, seed.length); steps > 0; steps -= 1) {
      previous = ((key[i]! ^ Math.imul(1664525, previous ^ (previous >>> 30))) + seed[j]! + j) >>> 0;
      key[i] = previous;
      i = i + 1 < KEY_LENGTH ? i + 1 : 1;
      j = j + 1 < seed.length ? j + 1 : 0;
    }
    for (let steps = KEY_LENGTH - 1; steps > 0; steps -= 1) {
      previous = ((key[i]! ^ Math.imul(1566083941, previous ^ (previous >>> 30))) - i) >>> 0;
      key[i] = previous;
      i = i + 1 < KEY_LENGTH ? i + 1 : 1;
    }
    // The top bit of the first word is part of the state: the key is never all zero.
    key[0] = TOP_BIT;
  }

  /** The next key, in the three runs between the places where its indices wrap, and its words. */
  #twist(): void {
    const key = this.#key;
    for (let i = 0; i < KEY_LENGTH - SHIFT; i += 1) key[i] = key[i + SHIFT]! ^ twisted(key[i]!, key[i + 1]!);
    for (let i = KEY_LENGTH - SHIFT; i < KEY_LENGTH - 1; i += 1) {
      key[i] = key[i + SHIFT - KEY_LENGTH]! ^ twisted(key[i]!, key[i + 1]!);
    }
    key[KEY_LENGTH - 1] = key[SHIFT - 1]! ^ twisted(key[KEY_LENGTH - 1]!, key[0]!);
    this.#temper();
    this.#position = 0;
  }

  /** All words of this key at once: one loop, which the runtime compiles early, instead of a call for each. */
  #temper(): void {
    const key = this.#key;
    const words = this.#words;
    for (let i = 0; i < KEY_LENGTH; i += 1) {
      let y = key[i]!;
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      words[i] = y ^ (y >>> 18);
    }
  }
}

/** The top bit of one word before the other 31 of the next, moved down by the recurrence's matrix. */
function twisted(word: number, next: number): number {
  const y = (word & TOP_BIT) | (next & LOW_BITS);
  return (y >>> 1) ^ (-(y & 1) & MATRIX_A);
}
