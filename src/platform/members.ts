/**
 * gzip files of any number of members (RFC 1952, §2.2), inflated in plain JavaScript: a browser's `DecompressionStream`
 * takes one member, and does not report where it ends.
 *
 *   file     = member { member } { zero byte }
 *   member   = header, deflate blocks (RFC 1951), CRC-32 and size of the content
 *   header   = 1f 8b 08, flags, 6 bytes [ extra field ] [ name, 0 ] [ comment, 0 ] [ CRC-16 ]
 *
 * What is accepted is what zlib accepts. Fifteen bits of input lead to a symbol in one look-up.
 */
import { crc32 } from "./crc32.ts";
import { faultOfRest } from "./padding.ts";

/** Flags of a header: what it has after its first ten bytes. */
const HEADER_CRC = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const RESERVED = 0xe0;

/** The order in which a dynamic block stores the lengths of the code of lengths. */
const LENGTHS_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

const END_OF_BLOCK = 256;
const MAX_BITS = 15;

/** By as many bits as the longest code has: 16 · symbol + length; 0 where no code begins so. */
type Code = { readonly table: Uint16Array; readonly mask: number };

/** A base and the bits that are added to it, for each symbol of a length or a distance. */
type Steps = { readonly bases: readonly number[]; readonly extra: readonly number[] };

/**
 * The content of all members.
 *
 * @returns undefined as soon as there are more than `maxBytes`
 * @throws {Error} with the reason: truncated, damaged, or followed by anything but zero bytes
 */
export function inflateMembers(
  bytes: Uint8Array,
  maxBytes: number,
  expectedBytes: number,
): Uint8Array<ArrayBuffer> | undefined {
  const inflater = new Inflater(bytes, maxBytes, Math.min(maxBytes, expectedBytes));
  return inflater.members() ? inflater.content() : undefined;
}

class Inflater {
  readonly #bytes: Uint8Array;
  readonly #maxBytes: number;
  #at = 0;
  /** Bits that were read and not used, the next one lowest. */
  #held = 0;
  #heldBits = 0;
  #block: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(bytes: Uint8Array, maxBytes: number, expectedBytes: number) {
    this.#bytes = bytes;
    this.#maxBytes = maxBytes;
    this.#block = new Uint8Array(expectedBytes);
  }

  content(): Uint8Array<ArrayBuffer> {
    return this.#length === this.#block.length ? this.#block : this.#block.slice(0, this.#length);
  }

  /** Whether the content of all members is within the limit. */
  members(): boolean {
    const bytes = this.#bytes;
    do {
      this.#header();
      const start = this.#length;
      if (!this.#blocks(start)) return false;
      const content = this.#block.subarray(start, this.#length);
      if (this.#whole(4) !== crc32(content)) throw new Error("incorrect data check");
      if (this.#whole(4) !== content.length % 2 ** 32) throw new Error("incorrect length check");
    } while (bytes[this.#at] === 0x1f && bytes[this.#at + 1] === 0x8b);
    const fault = faultOfRest(bytes, this.#at);
    if (fault !== undefined) throw new Error(fault);
    return true;
  }

  #header(): void {
    const start = this.#at;
    if (this.#whole(2) !== 0x8b1f) throw new Error("incorrect header check");
    if (this.#whole(1) !== 8) throw new Error("unknown compression method");
    const flags = this.#whole(1);
    if (flags & RESERVED) throw new Error("unknown header flags set");
    this.#skip(6); // time, effort, system
    if (flags & EXTRA) this.#skip(this.#whole(2));
    for (const flag of [NAME, COMMENT]) {
      if (flags & flag) while (this.#whole(1) !== 0);
    }
    const checked = this.#bytes.subarray(start, this.#at);
    if (flags & HEADER_CRC && this.#whole(2) !== (crc32(checked) & 0xffff)) throw new Error("header crc mismatch");
  }

  /** Every block of a member whose content starts at `start`; false above the limit. */
  #blocks(start: number): boolean {
    for (let isLast = false; !isLast; ) {
      isLast = this.#bits(1) === 1;
      const isWithin = this.#blockOf(this.#bits(2), start);
      if (!isWithin) return false;
    }
    this.#align();
    return true;
  }

  #blockOf(kind: number, start: number): boolean {
    switch (kind) {
      case 0:
        return this.#stored();
      case 1:
        return this.#coded(FIXED.literals, FIXED.distances, start);
      case 2: {
        const { literals, distances } = this.#codes();
        return this.#coded(literals, distances, start);
      }
      default:
        throw new Error("invalid block type");
    }
  }

  #stored(): boolean {
    this.#align();
    const length = this.#whole(2);
    if (this.#whole(2) !== (~length & 0xffff)) throw new Error("invalid stored block lengths");
    const start = this.#at;
    this.#skip(length);
    if (!this.#reserve(length)) return false;
    this.#block.set(this.#bytes.subarray(start, this.#at), this.#length);
    this.#length += length;
    return true;
  }

  /** Literals, and copies of what this member holds already. */
  #coded(literals: Code, distances: Code, start: number): boolean {
    for (;;) {
      const symbol = this.#symbol(literals, "invalid literal/length code");
      if (symbol === END_OF_BLOCK) return true;
      if (symbol < END_OF_BLOCK) {
        if (!this.#reserve(1)) return false;
        this.#block[this.#length++] = symbol;
        continue;
      }
      const length = this.#step(LENGTHS, symbol - END_OF_BLOCK - 1, "invalid literal/length code");
      const distance = this.#step(DISTANCES, this.#symbol(distances, "invalid distance code"), "invalid distance code");
      if (distance > this.#length - start) throw new Error("invalid distance too far back");
      if (!this.#reserve(length)) return false;
      const block = this.#block;
      for (let to = this.#length, end = to + length; to < end; to++) block[to] = block[to - distance] as number;
      this.#length += length;
    }
  }

  #step({ bases, extra }: Steps, symbol: number, fault: string): number {
    const base = bases[symbol];
    if (base === undefined) throw new Error(fault);
    return base + this.#bits(extra[symbol] as number);
  }

  /** The two codes of a dynamic block, whose lengths are coded themselves. */
  #codes(): { literals: Code; distances: Code } {
    const [literals, distances, count] = [this.#bits(5) + 257, this.#bits(5) + 1, this.#bits(4) + 4];
    if (literals > 286 || distances > 30) throw new Error("too many length or distance symbols");
    const own = new Uint8Array(LENGTHS_ORDER.length);
    for (const symbol of LENGTHS_ORDER.slice(0, count)) own[symbol] = this.#bits(3);
    const code = codeOf(own, "complete", "invalid code lengths set");
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length; ) {
      const symbol = this.#symbol(code, "invalid code lengths set");
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      const times = symbol === 16 ? 3 + this.#bits(2) : symbol === 17 ? 3 + this.#bits(3) : 11 + this.#bits(7);
      if ((symbol === 16 && i === 0) || i + times > lengths.length) throw new Error("invalid bit length repeat");
      lengths.fill(symbol === 16 ? (lengths[i - 1] as number) : 0, i, i + times);
      i += times;
    }
    if (lengths[END_OF_BLOCK] === 0) throw new Error("invalid code -- missing end-of-block");
    return {
      literals: codeOf(lengths.subarray(0, literals), "one or complete", "invalid literal/lengths set"),
      distances: codeOf(lengths.subarray(literals), "one or complete", "invalid distances set"),
    };
  }

  #symbol({ table, mask }: Code, fault: string): number {
    this.#fill();
    const entry = table[this.#held & mask] as number;
    const length = entry & 15;
    if (length > this.#heldBits || (length === 0 && this.#heldBits < MAX_BITS)) throw new Error(END);
    if (length === 0) throw new Error(fault);
    this.#held >>>= length;
    this.#heldBits -= length;
    return entry >> 4;
  }

  /** The next bits as a number, the first one lowest. */
  #bits(count: number): number {
    this.#fill();
    if (count > this.#heldBits) throw new Error(END);
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#heldBits -= count;
    return value;
  }

  /** At least 15 bits, where there are as many. */
  #fill(): void {
    while (this.#heldBits < MAX_BITS && this.#at < this.#bytes.length) {
      this.#held |= (this.#bytes[this.#at++] as number) << this.#heldBits;
      this.#heldBits += 8;
    }
  }

  /** Goes to the next whole byte; those that were read ahead are put back. */
  #align(): void {
    this.#at -= this.#heldBits >> 3;
    this.#held = 0;
    this.#heldBits = 0;
  }

  /** The next bytes as a number, the lowest first. */
  #whole(size: number): number {
    const start = this.#at;
    this.#skip(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.#bytes[start + i] as number);
    return value;
  }

  #skip(size: number): void {
    this.#at += size;
    if (this.#at > this.#bytes.length) throw new Error(END);
  }

  /** Makes room for so many bytes; false where they would be too many. */
  #reserve(size: number): boolean {
    const length = this.#length + size;
    if (length > this.#maxBytes) return false;
    if (length <= this.#block.length) return true;
    const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(length, 2 * this.#block.length)));
    larger.set(this.#block.subarray(0, this.#length));
    this.#block = larger;
    return true;
  }
}

const END = "unexpected end of file";

/**
 * The canonical code of these lengths: shorter codes first, within a length in the order of symbols, bits reversed.
 *
 * @throws {Error} more codes than there is room for, or fewer than fill it; `one or complete` also takes one code of one bit
 *   and none at all, as zlib does
 */
function codeOf(lengths: Uint8Array, allowed: "complete" | "one or complete", fault: string): Code {
  const bits = lengths.reduce((most, length) => Math.max(most, length), 0);
  const size = 1 << bits;
  const filled = lengths.reduce((sum, length) => sum + (length === 0 ? 0 : size >> length), 0);
  const isWhole = filled === size || (allowed === "one or complete" && filled < size && bits <= 1);
  if (!isWhole) throw new Error(fault);
  const table = new Uint16Array(size);
  let code = 0;
  for (let length = 1; length <= bits; length++, code <<= 1) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      for (let entry = reversed(code++, length); entry < size; entry += 1 << length)
        table[entry] = 16 * symbol + length;
    }
  }
  return { table, mask: size - 1 };
}

function reversed(code: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < length; i++) bits |= ((code >> i) & 1) << (length - 1 - i);
  return bits;
}

/** Bases that grow by as much as the bits before them reach. */
function stepsOf(first: number, extra: readonly number[]): Steps {
  const bases: number[] = [];
  let base = first;
  for (const bits of extra) {
    bases.push(base);
    base += 1 << bits;
  }
  return { bases, extra };
}

/** Lengths 3 to 258; the last symbol is 258 alone, which the one before it could reach too. */
const LENGTHS: Steps = /* @__PURE__ */ lengthSteps();
const DISTANCES: Steps = /* @__PURE__ */ stepsOf(1, /* @__PURE__ */ growing(30, 2));
const FIXED: { readonly literals: Code; readonly distances: Code } = /* @__PURE__ */ fixedCodes();

function lengthSteps(): Steps {
  const { bases, extra } = stepsOf(3, growing(28, 4));
  return { bases: [...bases, 258], extra: [...extra, 0] };
}

/** `count` numbers: the first two groups 0, then a group of each number from 1 on. */
function growing(count: number, group: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.floor(i / group) - 1));
}

function fixedCodes(): { literals: Code; distances: Code } {
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return {
    literals: codeOf(lengths, "complete", ""),
    distances: codeOf(new Uint8Array(32).fill(5), "complete", ""),
  };
}
