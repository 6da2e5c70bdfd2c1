/** Starts threads: workers of Node, or of a browser. */
import { SCRIPT } from "./script.ts";
import type { ThreadStart } from "./thread.ts";

/** A thread, as the first one sees it. */
export type Thread = {
  /** Resolves when it takes commands; rejects with the reason where it does not start. */
  readonly ready: Promise<void>;
  /** Calls back when it has ended, with the reason. */
  onEnd(callback: (reason: string) => void): void;
  /** Ends it, whatever it is at. */
  terminate(): void;
};

/** Starts a thread of the platform. */
export type Spawn = (start: ThreadStart) => Thread;

type Told = "ready" | { readonly failed: string };
type NodeWorker = {
  on(event: string, listener: (value: never) => void): unknown;
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref(): void;
};
type Builtins = {
  worker_threads: { readonly Worker: new (script: URL, options: object) => NodeWorker };
  os: { readonly availableParallelism: () => number };
};

/** Milliseconds in which a thread has to start. */
const START = 30_000;
/** Why a browser did not start a script, which it does not tell. */
const FORBIDDEN = "its script, a blob, did not start: a Content-Security-Policy must allow worker-src blob:";

/** A module of Node's, where there are any. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): Builtins[Name] | undefined } };
  return process?.getBuiltinModule?.(name);
}

/** A thread that serves a team. */
export function spawnThread(start: ThreadStart): Thread {
  const node = builtin("worker_threads");
  let tell: ((told: Told) => void) | undefined;
  let lose: (reason: string) => void = () => {};
  const began = new Promise<void>((resolve, reject) => {
    tell = (told) => (told === "ready" ? resolve() : reject(new Error(told.failed)));
    lose = (reason) => reject(new Error(reason));
  });
  const callbacks: ((reason: string) => void)[] = [];
  const ended = (reason: string) => {
    lose(reason);
    for (const callback of callbacks.splice(0)) callback(reason);
  };
  const worker = node === undefined ? inBrowser(start, tell!, ended) : inNode(node.Worker, start, tell!, ended);
  const timer = setTimeout(() => lose(`a thread has not started in ${START / 1000} seconds`), START);
  const ready = began.finally(() => {
    clearTimeout(timer);
    worker.begun();
  });
  return { ready, onEnd: (callback) => void callbacks.push(callback), terminate: () => worker.terminate() };
}

/** What both kinds of workers have. */
type Started = { begun(): void; terminate(): void };

function inNode(
  Worker: Builtins["worker_threads"]["Worker"],
  start: ThreadStart,
  tell: (told: Told) => void,
  ended: (reason: string) => void,
): Started {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`), {
    name: "lanegrad",
    execArgv: [], // nothing that the program needs to read its own sources
  });
  worker.on("message", tell);
  worker.on("error", (error: unknown) => ended(String(error)));
  worker.on("exit", (code: number) => ended(`a thread has ended with code ${code}`));
  worker.postMessage(start);
  return {
    begun: () => worker.unref(), // a program ends without waiting for it
    terminate: () => void worker.terminate(),
  };
}

function inBrowser(start: ThreadStart, tell: (told: Told) => void, ended: (reason: string) => void): Started {
  const address = URL.createObjectURL(new Blob([SCRIPT], { type: "text/javascript" }));
  const worker = new Worker(address, { name: "lanegrad" });
  worker.onmessage = ({ data }: MessageEvent<Told>) => tell(data);
  worker.onerror = (event) => ended(event.message || FORBIDDEN);
  worker.postMessage(start);
  return {
    begun: () => URL.revokeObjectURL(address),
    terminate: () => worker.terminate(),
  };
}
