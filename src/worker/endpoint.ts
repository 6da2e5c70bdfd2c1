/**
 * Both ends of a worker's wire, in the two forms that they come in: a browser's `Worker` and its `self`, Node's `Worker`
 * and its `parentPort`. What this file knows of them is all that is used.
 */
import { reasonOf } from "../platform/reason.ts";

/** A browser's `Worker`, or what a worker there calls `self`. */
export type WebEndpoint = {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
};

/** Node's `Worker`, or what a worker there calls `parentPort`. */
export type NodeEndpoint = {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
};

/** One end of the wire between a program and a worker. */
export type Endpoint = WebEndpoint | NodeEndpoint;

/** A worker, as the program that started it sees it. */
export type WorkerEndpoint = Endpoint & {
  terminate(): unknown;
  /** Whether the process waits for it: in Node. */
  ref?(): void;
  unref?(): void;
};

/** Whether messages can be heard from a value, and posted to it. */
export function isEndpoint(value: unknown): value is Endpoint {
  const { postMessage, on, addEventListener } = (value ?? {}) as Partial<NodeEndpoint & WebEndpoint>;
  return typeof postMessage === "function" && typeof (on ?? addEventListener) === "function";
}

/** Hears every message from now on. The sender is the library itself, so messages are trusted. */
export function listen<M>(endpoint: Endpoint, onMessage: (message: M) => void): void {
  if ("on" in endpoint) endpoint.on("message", (message) => onMessage(message as M));
  else endpoint.addEventListener("message", (event) => onMessage((event as MessageEvent<M>).data));
}

/**
 * Hears of a worker's end, and of what it did not catch; `reason` is one line.
 *
 * @param explain finds out what a browser does not report: why a script did not start
 */
export function listenForEnd(
  worker: WorkerEndpoint,
  onEnd: (reason: string) => void,
  explain: () => Promise<string> = async () => "its script did not start",
): void {
  if ("on" in worker) {
    worker.on("error", (error) => onEnd(reasonOf(error)));
    worker.on("messageerror", () => onEnd("a message could not be read"));
    worker.on("exit", (code) => onEnd(`its thread ended with code ${code}`));
    return;
  }
  worker.addEventListener("error", (event) => {
    const reason = thrownIn(event as Partial<ErrorEvent>);
    if (reason === undefined) explain().then(onEnd);
    else onEnd(reason);
  });
  worker.addEventListener("messageerror", () => onEnd("a message could not be read"));
}

/** What a script threw, and where; undefined where the event is not about an error of a script. */
function thrownIn({ message, filename, lineno }: Partial<ErrorEvent>): string | undefined {
  if (!message) return undefined;
  return filename ? `${message} (${filename}:${lineno})` : message;
}
