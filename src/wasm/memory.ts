/**
 * WebAssembly memory, or its twin's, as blocks with an owner: the only user of an instance's memory.
 */
import { AllocationError } from "../errors.ts";
import type { CommonKernels, LinearMemory, Pointer } from "./abi.ts";
import { type ArrayOf, type DType, viewOf } from "./dtype.ts";
import type { Guard } from "./guard.ts";
import { fillMargins, MARGIN_BYTES, overrunOf } from "./margin.ts";

/** The largest block that the heap can hold with its margins, a little under 1 GiB. */
export const LARGEST_BLOCK: number = 2 ** 30 - 64 - 2 * MARGIN_BYTES;

/** Whether blocks stand alone, or between margins that are looked at when they are freed. */
export type Margins = "none" | "checked";

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
  readonly #memory: LinearMemory;
  readonly #heap: Pick<CommonKernels, "alloc" | "free">;
  readonly #guard: Guard;
  /** Bytes on each side of a block. */
  readonly #margin: number;
  /** The blocks with margins that are alive. */
  readonly #watched = new Set<Block>();
  #blocks = 0;
  #bytes = 0;

  /** @param heap bare: a failed growth is no trap of a kernel */
  constructor(
    memory: LinearMemory,
    heap: Pick<CommonKernels, "alloc" | "free">,
    guard: Guard,
    margins: Margins = "none",
  ) {
    this.#memory = memory;
    this.#heap = heap;
    this.#guard = guard;
    this.#margin = margins === "checked" ? MARGIN_BYTES : 0;
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
   * @throws {AllocationError} larger than one block can be; or memory cannot grow any more, after which the engine refuses
   * further work
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
    if (this.#margin > 0) {
      fillMargins(this.#memory.buffer, pointer, bytes);
      this.#watched.add(block);
    }
    this.#blocks += 1;
    this.#bytes += bytes;
    return block;
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
    return viewOf(dtype, this.#memory.buffer, pointer, length);
  }

  /** Where the heap put `bytes` bytes and their margins. */
  #allocated(bytes: number): Pointer {
    try {
      return this.#heap.alloc(bytes + 2 * this.#margin) >>> 0; // addresses from 2 GiB on arrive negative
    } catch (cause) {
      if (!isFull(cause)) throw this.#guard.trap("alloc", cause);
      const full = new AllocationError(bytes, { kind: "memory", memoryBytes: this.totalBytes }, { cause });
      this.#guard.stop(full);
      throw full;
    }
  }

  /** Takes a block back; what was written beyond it is found here at the latest. */
  #release(block: Block): void {
    this.#blocks -= 1;
    this.#bytes -= block.bytes;
    this.#watched.delete(block);
    if (!this.#guard.isOpen) return;
    if (this.#margin > 0) this.#checkMargins(block);
    try {
      this.#heap.free(block.pointer - this.#margin);
    } catch (cause) {
      throw this.#guard.trap("free", cause);
    }
  }

  #checkMargins({ pointer, bytes }: Block): void {
    const overrun = overrunOf(this.#memory.buffer, pointer, bytes);
    if (overrun === undefined) return;
    this.#guard.stop(overrun);
    throw overrun;
  }
}

/**
 * Whether the heap gave up by itself, which it does where memory cannot grow: AssemblyScript's by a trap, the twin's by an
 * error that says so. Anything else means that it is damaged.
 */
function isFull(cause: unknown): boolean {
  return cause instanceof Error && /unreachable|out of memory/i.test(cause.message);
}
