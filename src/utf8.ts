/** UTF-8 and strings, also where there is no TextDecoder: in audio worklets and in bare shells. */

/**
 * @param mark what becomes of a byte order mark at the beginning
 * @throws {Error} they are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array, mark: "keep" | "drop"): string {
  if (typeof TextDecoder !== "undefined") {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: mark === "keep" }).decode(bytes);
  }
  let escaped = "";
  for (const byte of bytes) escaped += (byte < 16 ? "%0" : "%") + byte.toString(16);
  const text = decodeURIComponent(escaped); // which every language has, and which is as strict
  return mark === "drop" ? text.replace(/^\ufeff/, "") : text;
}

/** A surrogate without its other half becomes U+FFFD, as TextEncoder has it. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (typeof TextEncoder !== "undefined") return new TextEncoder().encode(text);
  const escaped = encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
  const letters = escaped.replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}
