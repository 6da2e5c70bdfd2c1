/**
 * The program's end of the wire: requests by number, until each is answered, and the events of runs in between.
 *
 * However a worker ends, everything that waits for it is rejected, with the same error, and so is everything after it.
 */
import { DisposedError, OptionError } from "../errors.ts";
import { reasonOf } from "../platform/reason.ts";
import { listen, listenForEnd, type WorkerEndpoint } from "./endpoint.ts";
import { decodeError } from "./errors.ts";
import { plainCopy } from "./plain.ts";
import type { Answer, Ask, FromWorker, Kind, Notice, RunEvent } from "./protocol.ts";
import { WorkerError } from "./worker_error.ts";

export type RequestOptions = {
  /** Buffers that go over to the worker, and are empty here afterwards. */
  readonly transfer?: Iterable<ArrayBuffer>;
  /** Receives the events of a run. */
  readonly onEvent?: (event: RunEvent) => void;
};

/** A request under way. */
type Pending = {
  readonly kind: Kind;
  readonly resolve: (value: Answer<Kind>) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: RunEvent) => void) | undefined;
};

export class Connection {
  readonly #worker: WorkerEndpoint;
  readonly #pending = new Map<number, Pending>();
  #lastNumber = 0;
  /** Why nothing more can be asked. */
  #end: { readonly kind: "closed" } | { readonly kind: "ended"; readonly error: WorkerError } | undefined;

  /** @param explain finds out why a browser's worker did not start; one line */
  constructor(worker: WorkerEndpoint, explain?: () => Promise<string>) {
    this.#worker = worker;
    listen<FromWorker>(worker, (message) => this.#hear(message));
    listenForEnd(worker, (reason) => this.lost(reason), explain);
    worker.unref?.(); // a process waits for answers, not for workers
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** A number that was not given away before. */
  number(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  /** Asks, and gives the answer. */
  call<K extends Kind>(kind: K, ask: Ask<K>, options: RequestOptions = {}): Promise<Answer<K>> {
    return this.request(kind, ask, options).answer;
  }

  /** Asks, and gives the request's number with the answer. */
  request<K extends Kind>(
    kind: K,
    ask: Ask<K>,
    { transfer = [], onEvent }: RequestOptions = {},
  ): { readonly id: number; readonly answer: Promise<Answer<K>> } {
    const id = this.number();
    const answer = new Promise<Answer<K>>((resolve, reject) => {
      this.#checkOpen(kind);
      this.#post(kind, id, ask, [...new Set(transfer)]);
      const pending: Pending = { kind, resolve: resolve as Pending["resolve"], reject, onEvent };
      if (this.#pending.size === 0) this.#worker.ref?.();
      this.#pending.set(id, pending);
    });
    return { id, answer };
  }

  /** Tells a run something that has no answer; one that is over does not hear it. */
  notice(kind: Notice["kind"], run: number): void {
    if (this.#pending.has(run)) this.#worker.postMessage({ kind, run }, []);
  }

  /** Ends the worker, whatever it is at. Resolves when it is gone. */
  async close(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#end = { kind: "closed" };
    this.#rejectAll((kind) => new DisposedError("worker", kind));
    await this.#worker.terminate();
  }

  /** The worker is gone: everything that waits for it is rejected. Nothing happens where it had ended before. */
  lost(reason: string): void {
    if (this.#end !== undefined) return;
    const isStarting = [...this.#pending.values()].some(({ kind }) => kind === "start");
    const error = new WorkerError({ kind: isStarting ? "start" : "ended", reason });
    this.#end = { kind: "ended", error };
    this.#rejectAll(() => error);
    this.#worker.terminate(); // in a browser, a worker outlives what it did not catch
  }

  #post(kind: Kind, id: number, ask: Ask<Kind>, transfer: ArrayBuffer[]): void {
    try {
      this.#worker.postMessage({ kind, id, ask }, transfer);
      return;
    } catch {
      // Something in it is not plain data, or is behind a Proxy.
    }
    const message = { kind, id, ask: plainCopy(ask, kind) };
    try {
      this.#worker.postMessage(message, transfer);
    } catch (error) {
      const cure = 'arrays in memory that is lent need { transfer: "copy" }';
      throw new OptionError("worker", `only plain data and arrays can be posted (${reasonOf(error)}); ${cure}`);
    }
  }

  #hear(message: FromWorker): void {
    if (message.kind === "event") {
      this.#pending.get(message.run)?.onEvent?.(message.event);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    if (this.#pending.size === 0) this.#worker.unref?.();
    if (message.kind === "done") pending.resolve(message.value);
    else pending.reject(decodeError(message.error));
  }

  #rejectAll(errorFor: (kind: Kind) => Error): void {
    for (const { kind, reject } of this.#pending.values()) reject(errorFor(kind));
    this.#pending.clear();
  }

  #checkOpen(kind: Kind): void {
    if (this.#end?.kind === "closed") throw new DisposedError("worker", kind);
    if (this.#end?.kind === "ended") throw this.#end.error;
  }
}
