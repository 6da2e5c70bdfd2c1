/**
 * WebAssembly memory as blocks with an owner: the only user of `WebAssembly.Memory`.
 */
import { AllocationError } from "../errors.ts";
import type { CommonKernels, Pointer } from "./abi.ts";
import { type ArrayOf, type DType, viewOf } from "./dtype.ts";
import type { Guard } from "./guard.ts";

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
  readonly #heap: Pick<CommonKernels, "alloc" | "free">;
  readonly #guard: Guard;
  #blocks = 0;
  #bytes = 0;

  constructor(memory: WebAssembly.Memory, heap: Pick<CommonKernels, "alloc" | "free">, guard: Guard) {
    this.#memory = memory;
    this.#heap = heap;
    this.#guard = guard;
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
   * @throws {TrapError} memory cannot grow any more, or a kernel trapped before
   * @throws {DisposedError} after the engine's end
   */
  allocate(bytes: number): Block {
    this.#guard.check();
    if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > LARGEST_BLOCK) {
      throw new AllocationError(bytes, LARGEST_BLOCK);
    }
    const pointer = this.#heap.alloc(bytes) >>> 0; // addresses from 2 GiB on arrive negative
    this.#blocks += 1;
    this.#bytes += bytes;
    return new Block(pointer, bytes, () => {
      this.#blocks -= 1;
      this.#bytes -= bytes;
      if (this.#guard.isOpen) this.#heap.free(pointer);
    });
  }

  /** The elements from `pointer` on: a view, valid until memory grows. */
  view<D extends DType>(dtype: D, pointer: Pointer, length: number): ArrayOf[D] {
    return viewOf(dtype, this.#memory.buffer, pointer, length);
  }
}
