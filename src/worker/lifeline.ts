/**
 * Hears of the end of a browser's worker: no event reports `terminate()` or `self.close()`, but a Web Lock that the worker
 * holds becomes free, however long its kernels keep it from answering.
 *
 *   program   holds `NAME program` while the worker starts, and posts NAME
 *   worker    finds that lock taken, so that both see the same locks, and holds NAME for the rest of its life
 *   program   asks for NAME, which it is given when the worker is gone
 *
 * Pages of insecure origins have no Web Locks. Node reports the end of a thread by an event.
 */
export type Lifeline = {
  /** What the worker is to hold. */
  readonly name: string;
  /** Calls back when the worker, which holds the lock, is gone. */
  readonly watch: (onGone: () => void) => void;
  /** The worker has started, or has not: the program's own lock is no longer needed. */
  readonly release: () => void;
};

/** The program's side, before its worker is made; undefined where there are no locks, or no workers of browsers. */
export async function lifeline(): Promise<Lifeline | undefined> {
  const locks = locksHere();
  if (locks === undefined || !("Worker" in globalThis)) return undefined;
  const name = `lanegrad ${crypto.randomUUID()}`;
  try {
    return {
      name,
      watch(onGone) {
        locks.request(name, onGone).catch(() => {}); // a page that is being closed
      },
      release: await hold(locks, programLock(name)),
    };
  } catch {
    return undefined; // an origin that may not use locks, such as that of a sandboxed frame
  }
}

/** The worker's side: holds the lock from now on. Resolves to whether the program can watch it. */
export async function holdLifeline(name: string | undefined): Promise<boolean> {
  const locks = locksHere();
  if (locks === undefined || name === undefined) return false;
  try {
    const isShared = await locks.request(programLock(name), { ifAvailable: true }, (lock) => lock === null);
    if (isShared) await hold(locks, name);
    return isShared;
  } catch {
    return false;
  }
}

function programLock(name: string): string {
  return `${name} program`;
}

/** Holds a lock until the returned function is called. */
function hold(locks: LockManager, name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = () => new Promise<void>((release) => resolve(release));
    locks.request(name, held).catch(reject);
  });
}

function locksHere(): LockManager | undefined {
  return globalThis.navigator?.locks;
}
