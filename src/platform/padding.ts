/** What may follow the last member of a gzip file: zero bytes, the padding of tapes and blocks. Anything else is an error. */

/** What is wrong with the bytes after the last member, which ends at `end`; undefined where there are none but zeros. */
export function faultOfRest(bytes: Uint8Array, end: number): string | undefined {
  const rest = bytes.subarray(end);
  return rest.some((byte) => byte !== 0) ? `${rest.length} bytes follow its end` : undefined;
}
