/**
 * WebAssembly memory as blocks with an owner: the only user of `WebAssembly.Memory`.
 */
import { AllocationError, DisposedError } from "../errors.ts";
import type { Pointer } from "./abi.ts";
import { type ArrayOf, type DType, viewOf } from "./dtype.ts";

/** The largest block that the heap can hold, a little under 1 GiB. */
export const LARGEST_BLOCK: number = 2 ** 30 - 64;

/** A block of memory with one owner, who frees it. Its address never changes. */
export class Block {
  readonly pointer: Pointer;
  readonly bytes: number;
  #release: (() => void) | undefined;

  /** @param release gives the bytes back; called once */
  constructor(pointer: Pointer, bytes: number, release: () => void) {
    this.pointer = pointer;
    this.bytes = bytes;
    this.#release = release;
  }

  get isLive(): boolean {
    return this.#release !== undefined;
  }

  /** Gives the bytes back. A second call does nothing. */
  free(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }
}

/** The heap of one instance: hands out blocks and views, and counts what is alive. */
export class Memory {
  readonly #memory: WebAssembly.Memory;
  readonly #alloc: (bytes: number) => Pointer;
  readonly #free: (pointer: Pointer) => void;
  #blocks = 0;
  #bytes = 0;
  #isOpen = true;

  constructor(memory: WebAssembly.Memory, alloc: (bytes: number) => Pointer, free: (pointer: Pointer) => void) {
    this.#memory = memory;
    this.#alloc = alloc;
    this.#free = free;
  }

  /** Live blocks, and the bytes that were asked for in them. */
  get blocks(): number {
    return this.#blocks;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The size of the whole WebAssembly memory. It grows and never shrinks. */
  get totalBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** The current buffer. Growth replaces it and detaches every view of the old one. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /**
   * A 16-byte aligned block with undefined content.
   *
   * @throws {AllocationError} larger than one block can be
   * @throws {TrapError} memory cannot grow any more
   */
  allocate(bytes: number): Block {
    if (!this.#isOpen) throw new DisposedError("the engine", "allocate");
    if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > LARGEST_BLOCK) {
      throw new AllocationError(bytes, LARGEST_BLOCK);
    }
    const pointer = this.#alloc(bytes) >>> 0; // addresses from 2 GiB on arrive negative
    this.#blocks += 1;
    this.#bytes += bytes;
    return new Block(pointer, bytes, () => {
      this.#blocks -= 1;
      this.#bytes -= bytes;
      if (this.#isOpen) this.#free(pointer);
    });
  }

  /** The elements from `pointer` on: a view, valid until memory grows. */
  view<D extends DType>(dtype: D, pointer: Pointer, length: number): ArrayOf[D] {
    return viewOf(dtype, this.#memory.buffer, pointer, length);
  }

  /** Ends allocation; blocks freed later are only counted. */
  close(): void {
    this.#isOpen = false;
  }
}
