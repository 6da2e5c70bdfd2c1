/** The workers that a test's engines start. */
import type { Worker } from "node:worker_threads";

const DATA = "data:text/javascript,";

type Threads = { Worker: typeof Worker };

export type Spied = {
  readonly workers: readonly Worker[];
  /** Resolves when all of them have ended. */
  ended(): Promise<void>;
  restore(): void;
};

/** @param scriptOf what is started, by the script that would be */
export function spiedWorkers(scriptOf: (script: string) => string = (script) => script): Spied {
  const threads = process.getBuiltinModule("node:worker_threads") as Threads;
  const original = threads.Worker;
  const workers: Worker[] = [];
  const ends: Promise<void>[] = [];
  threads.Worker = class extends original {
    constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
      const isOwn = String(file).startsWith(DATA); // others start workers, too
      const script = isOwn ? scriptOf(decodeURIComponent(String(file).slice(DATA.length))) : "";
      super(isOwn ? new URL(DATA + encodeURIComponent(script)) : file, options);
      if (!isOwn) return;
      workers.push(this);
      ends.push(new Promise((resolve) => this.once("exit", () => resolve())));
    }
  };
  return {
    workers,
    ended: async () => void (await Promise.all(ends)),
    restore: () => {
      threads.Worker = original;
    },
  };
}
