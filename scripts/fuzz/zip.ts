/** Zip archives by hand: stored or deflated, every field free to lie, while the checksums are right. */
import { deflateRawSync } from "node:zlib";
import { crc32 } from "../../src/platform/crc32.ts";
import { type Draw, EDGES } from "./draw.ts";

export type Entry = { readonly name: string; readonly content: Uint8Array };

const LOCAL_BYTES = 30;
const RECORD_BYTES = 46;
const END_BYTES = 22;
const TEXT = new TextEncoder();

/** An archive; `lies` is how likely it is that a field says something else. */
export function zipOf(draw: Draw, entries: readonly Entry[], lies: number): Uint8Array {
  const packed = entries.map(({ name, content }) => {
    const isDeflated = draw.chance(0.5);
    return { name: TEXT.encode(name), content, isDeflated, body: isDeflated ? deflateRawSync(content) : content };
  });
  const lying = (value: number) => (draw.chance(lies) ? draw.pick(EDGES) : value) % 2 ** 32;
  const directoryAt = packed.reduce((sum, { name, body }) => sum + LOCAL_BYTES + name.length + body.length, 0);
  const endAt = packed.reduce((sum, { name }) => sum + RECORD_BYTES + name.length, directoryAt);
  const bytes = new Uint8Array(endAt + END_BYTES);
  const view = new DataView(bytes.buffer);
  let [local, record] = [0, directoryAt];
  for (const { name, content, isDeflated, body } of packed) {
    const facts = (at: number) => {
      view.setUint16(at, 20, true);
      view.setUint16(at + 2, lying(2048), true);
      view.setUint16(at + 4, lying(isDeflated ? 8 : 0), true);
      view.setUint32(at + 10, lying(crc32(content)), true);
      view.setUint32(at + 14, lying(body.length), true);
      view.setUint32(at + 18, lying(content.length), true);
      view.setUint16(at + 22, lying(name.length), true);
    };
    view.setUint32(local, 0x04034b50, true);
    facts(local + 4);
    bytes.set(name, local + LOCAL_BYTES);
    bytes.set(body, local + LOCAL_BYTES + name.length);
    view.setUint32(record, 0x02014b50, true);
    facts(record + 6);
    view.setUint32(record + 42, lying(local), true);
    bytes.set(name, record + RECORD_BYTES);
    local += LOCAL_BYTES + name.length + body.length;
    record += RECORD_BYTES + name.length;
  }
  view.setUint32(endAt, 0x06054b50, true);
  view.setUint16(endAt + 8, lying(packed.length), true);
  view.setUint16(endAt + 10, lying(packed.length), true);
  view.setUint32(endAt + 12, lying(endAt - directoryAt), true);
  view.setUint32(endAt + 16, lying(directoryAt), true);
  return bytes;
}
