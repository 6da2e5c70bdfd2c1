/** The kernels with a memory that cannot grow far: the same code, another limit in the module's memory section. */

const HEADER_BYTES = 8;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;

/** The bytes of a module whose memory has at most `pages` pages of 64 KiB. */
export function withMaximum(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  for (let at = HEADER_BYTES; at < module.length; ) {
    const { value: size, next: start } = leb128(module, at + 1);
    if (module[at] === MEMORY_SECTION) {
      const initial = leb128(module, start + 2).value;
      const content = [1, HAS_MAXIMUM, ...toLeb128(initial), ...toLeb128(pages)];
      const section = [MEMORY_SECTION, ...toLeb128(content.length), ...content];
      return Uint8Array.from([...module.subarray(0, at), ...section, ...module.subarray(start + size)]);
    }
    at = start + size;
  }
  throw new Error("the module has no memory section");
}

function leb128(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return { value, next: at };
  }
}

function toLeb128(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...toLeb128(Math.floor(value / 128))];
}
