/**
 * WebAssembly memory, or the reference kernels', as blocks with an owner: the only user of an instance's memory.
 */

import type { Heap, LinearMemory, Pointer } from "./abi.ts";
import { type ArrayOf, type DType, viewOf } from "./dtype.ts";
import { AllocationError, OverrunError } from "./errors.ts";
import type { Guard } from "./guard.ts";

/** The largest block that the heap can hold, with margins of 64 bytes, a little under 1 GiB. */
export const LARGEST_BLOCK: number = 2 ** 30 - 64 - 2 * 64;

/** As far as addresses of 32 bits reach. */
const MOST_BYTES = 2 ** 32;
const PAGE_BYTES = 2 ** 16;

/** What an engine holds at the moment. */
export type EngineStats = {
  /** Live blocks of tensors: a group of tensors in one block counts once. */
  readonly tensors: number;
  /** Bytes in them. */
  readonly bytes: number;
  /** Bytes that kernels use as scratch. */
  readonly scratchBytes: number;
  /** The size of the WebAssembly memory, which grows and never shrinks. */
  readonly memoryBytes: number;
  /** How many threads programs run on; absent where the engine was loaded without. */
  readonly threads?: number;
  /** Why there are so many. */
  readonly threadsReason?: string;
};

/** How margins on both sides of a block are written, and looked at when it is freed: margin.ts, on the debug build. */
export type Margins = typeof import("./margin.ts");

/** A block of memory with one owner, which frees it. Its address never changes. */
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
  readonly #memory: LinearMemory;
  readonly #heap: Heap;
  readonly #guard: Guard;
  readonly #margins: Margins | undefined;
  /** Bytes on each side of a block. */
  readonly #margin: number;
  /** The blocks with margins that are alive. */
  readonly #watched = new Set<Block>();
  #blocks = 0;
  #bytes = 0;
  #scratch: Block | undefined;

  /** @param heap bare: not wrapped by the guard, which it is given itself */
  constructor(memory: LinearMemory, heap: Heap, guard: Guard, margins?: Margins) {
    this.#memory = memory;
    this.#heap = heap;
    this.#guard = guard;
    this.#margins = margins;
    this.#margin = margins?.MARGIN_BYTES ?? 0;
  }

  /** What is alive, with scratch apart. */
  stats(): EngineStats {
    const scratchBytes = this.#scratch?.bytes ?? 0;
    return {
      tensors: this.#blocks - (this.#scratch === undefined ? 0 : 1),
      bytes: this.#bytes - scratchBytes,
      scratchBytes,
      memoryBytes: this.buffer.byteLength,
    };
  }

  /** The current buffer. Growth replaces it and detaches every view of the old one. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /**
   * A 16-byte aligned block with undefined content.
   *
   * @throws {AllocationError} larger than one block can be, or the host lets memory grow no further; nothing has changed
   *   then, and smaller blocks, or as large a one after others were freed, can still be allocated
   * @throws {TrapError} a kernel trapped before
   * @throws {DisposedError} after the engine's end
   */
  allocate(bytes: number): Block {
    this.#guard.check();
    if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > LARGEST_BLOCK) {
      throw new AllocationError(bytes, { kind: "block", limit: LARGEST_BLOCK });
    }
    const pointer = this.#allocated(bytes) + this.#margin;
    const block: Block = new Block(pointer, bytes, () => this.#release(block));
    if (this.#margins !== undefined) {
      this.#margins.fillMargins(this.buffer, pointer, bytes);
      this.#watched.add(block);
    }
    this.#blocks += 1;
    this.#bytes += bytes;
    return block;
  }

  /**
   * At least `bytes` bytes that a kernel may overwrite during one call; the next call may get the same.
   *
   * @throws {AllocationError} as for `allocate`
   */
  scratch(bytes: number): Pointer {
    if (this.#scratch === undefined || this.#scratch.bytes < bytes) {
      this.#scratch?.free();
      this.#scratch = undefined;
      this.#scratch = this.allocate(bytes);
    }
    return this.#scratch.pointer;
  }

  /**
   * Looks at the margins of every block that is alive, where blocks have them.
   *
   * @throws {OverrunError} something was written there; the engine refuses further work
   */
  check(): void {
    for (const block of this.#watched) this.#checkMargins(block);
  }

  /** The elements from `pointer` on: a view, valid until memory grows. */
  view<D extends DType>(dtype: D, pointer: Pointer, length: number): ArrayOf[D] {
    return viewOf(dtype, this.buffer, pointer, length);
  }

  /** Where the heap put `bytes` bytes and their margins. */
  #allocated(bytes: number): Pointer {
    const size = bytes + 2 * this.#margin;
    const missing = this.#heapCall("shortage", size);
    const cause = missing > 0 ? this.#grow(missing) : undefined;
    const pointer = cause === undefined ? this.#heapCall("alloc", size) : 0;
    if (pointer > 0) return pointer;
    const { tensors, bytes: liveBytes, memoryBytes } = this.stats();
    const neededBytes = memoryBytes + pagesFor(missing) * PAGE_BYTES;
    const fault = { kind: "memory", tensors, liveBytes, memoryBytes, neededBytes, limit: MOST_BYTES } as const;
    throw new AllocationError(bytes, fault, { cause });
  }

  /** Grows memory by at least so many bytes, to twice its size where there is as much; else returns the host's reason. */
  #grow(missing: number): unknown {
    const pages = this.buffer.byteLength / PAGE_BYTES;
    const needed = pagesFor(missing);
    const wanted = Math.max(needed, Math.min(pages, MOST_BYTES / PAGE_BYTES - pages));
    let cause: unknown;
    for (const more of new Set([wanted, needed])) {
      try {
        this.#memory.grow(more);
        return undefined;
      } catch (refused) {
        cause = refused;
      }
    }
    return cause;
  }

  /** Calls the heap; a trap there means that it is damaged. */
  #heapCall(name: keyof Heap, argument: number): number {
    try {
      return (this.#heap[name](argument) as number) >>> 0; // addresses from 2 GiB on arrive negative
    } catch (cause) {
      throw this.#guard.trap(name, cause);
    }
  }

  /** Takes a block back; what was written beyond it is found here at the latest. */
  #release(block: Block): void {
    this.#blocks -= 1;
    this.#bytes -= block.bytes;
    this.#watched.delete(block);
    if (!this.#guard.isOpen) return;
    this.#checkMargins(block);
    this.#heapCall("free", block.pointer - this.#margin);
  }

  #checkMargins({ pointer, bytes }: Block): void {
    const overrun = this.#margins?.overrunOf(this.buffer, pointer, bytes);
    if (overrun === undefined) return;
    const error = new OverrunError(bytes, ...overrun);
    this.#guard.stop(error);
    throw error;
  }
}

function pagesFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}
