/**
 * The reference kernels' memory: a buffer that grows by being replaced, as WebAssembly's does, and its views.
 *
 * Bytes are in the machine's order, which is WebAssembly's, the lowest first, on every machine that a runtime is built for.
 */

/** What memory starts with, and grows by whole multiples of. */
export const PAGE_BYTES = 65536;

/** As much as WebAssembly's addresses reach. */
export const MOST_BYTES: number = 2 ** 32;

/** A buffer with a view for each type of element. Views are taken anew in each call: growth replaces them. */
export class Pages {
  buffer: ArrayBuffer = new ArrayBuffer(PAGE_BYTES);
  u8: Uint8Array = new Uint8Array(this.buffer);
  u16: Uint16Array = new Uint16Array(this.buffer);
  i32: Int32Array = new Int32Array(this.buffer);
  f32: Float32Array = new Float32Array(this.buffer);
  f64: Float64Array = new Float64Array(this.buffer);

  /**
   * As `WebAssembly.Memory`'s: moves everything to a buffer of so many more pages and detaches the views of the old one, so
   * that a view kept is empty rather than out of date.
   *
   * @throws {RangeError} beyond 4 GiB, or the runtime has no block of so many bytes; nothing has changed then
   */
  grow(pages: number): void {
    const old = this.buffer;
    const bytes = old.byteLength + pages * PAGE_BYTES;
    if (bytes > MOST_BYTES) throw new RangeError(`memory of ${bytes} bytes; at most ${MOST_BYTES} can be addressed`);
    const buffer = new ArrayBuffer(bytes);
    const u8 = new Uint8Array(buffer);
    u8.set(this.u8);
    this.buffer = buffer;
    this.u8 = u8;
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    structuredClone(old, { transfer: [old] }); // Node 20 has no ArrayBuffer.prototype.transfer
  }
}
