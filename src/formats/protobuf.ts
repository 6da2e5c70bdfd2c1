/**
 * Protocol buffers, written:
 *
 *   message = fields in turn, each a key (field number · 8 + wire type) and a value
 *   wire type 0: a number, 7 bits a byte, the lowest first; 2: a length and as many bytes; 5: four bytes
 *
 * A message is kept as parts until the end, so that large values are copied once, however deeply they are nested.
 * The encoding is Google's: https://protobuf.dev/programming-guides/encoding
 */
import { encodeUtf8 } from "../utf8.ts";

/** Fields that belong together; as a value, of wire type 2. */
export type Message = { readonly parts: readonly Uint8Array[]; readonly length: number };

/** A message of these fields, or of these messages' fields, in turn. */
export function message(...fields: readonly Message[]): Message {
  return { parts: fields.flatMap(({ parts }) => parts), length: fields.reduce((sum, { length }) => sum + length, 0) };
}

/** An integer from 0 to 2⁵³. */
export function whole(field: number, value: number): Message {
  return bytesOnly([...varint(8 * field), ...varint(value)]);
}

/** A float32. */
export function float(field: number, value: number): Message {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytesOnly([...varint(8 * field + 5), ...bytes]);
}

/** A message within a message. */
export function nested(field: number, { parts, length }: Message): Message {
  const head = Uint8Array.from([...varint(8 * field + 2), ...varint(length)]);
  return { parts: [head, ...parts], length: head.length + length };
}

/** Bytes, which are not copied before the end. */
export function bytes(field: number, value: Uint8Array): Message {
  return nested(field, { parts: [value], length: value.length });
}

export function text(field: number, value: string): Message {
  return bytes(field, encodeUtf8(value));
}

/** The message's bytes. */
export function encodeMessage({ parts, length }: Message): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function bytesOnly(values: readonly number[]): Message {
  return { parts: [Uint8Array.from(values)], length: values.length };
}

/** The top bit of a byte says that more follow. */
function varint(value: number): number[] {
  const groups: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) groups.push((rest % 128) + 128);
  groups.push(rest);
  return groups;
}
