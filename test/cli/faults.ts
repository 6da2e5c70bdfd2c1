/** A file system that does something else, for what a test can bring about in no other way: full disks, other processes. */
import fs, { existsSync, readdirSync, readlinkSync } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

type Calls =
  | "fsyncSync"
  | "linkSync"
  | "mkdirSync"
  | "openSync"
  | "readFileSync"
  | "renameSync"
  | "writeFileSync"
  | "writeSync";
type Replaced<K extends Calls> = (original: (typeof fs)[K]) => (typeof fs)[K];

/** An error as the system gives it. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: as the system says it`), { code });
}

/** Runs the body while a call of node:fs is another. */
export function whileReplaced<K extends Calls, T>(name: K, replaced: Replaced<K>, body: () => T): T {
  const original = fs[name];
  const restore = () => {
    fs[name] = original;
    syncBuiltinESMExports();
  };
  fs[name] = replaced(original);
  syncBuiltinESMExports();
  let result: T | undefined;
  try {
    result = body();
    return result instanceof Promise ? (result.finally(restore) as T) : result;
  } finally {
    if (!(result instanceof Promise)) restore();
  }
}

type PromiseCalls = "mkdir" | "open" | "rename";

/** Runs the body while a call of node:fs/promises is another. */
export async function whilePromised<K extends PromiseCalls, T>(
  name: K,
  replaced: (original: (typeof promises)[K]) => (typeof promises)[K],
  body: () => Promise<T>,
): Promise<T> {
  const original = promises[name];
  promises[name] = replaced(original);
  syncBuiltinESMExports();
  try {
    return await body();
  } finally {
    promises[name] = original;
    syncBuiltinESMExports();
  }
}

/** An `open` of node:fs/promises whose files fail or tell when they are written or flushed. */
export function opening(
  original: (typeof promises)["open"],
  act: (call: "writeFile" | "sync", path: string) => void,
): (typeof promises)["open"] {
  return async (path, flags, mode) => {
    const file = await original(path, flags, mode);
    for (const call of ["writeFile", "sync"] as const) {
      const { [call]: whole } = file;
      Object.assign(file, {
        [call]: async (...args: unknown[]) => {
          act(call, String(path));
          return await (whole as (...args: unknown[]) => Promise<void>).apply(file, args);
        },
      });
    }
    return file;
  };
}

/** Files below a folder that this process has open, where the system tells. */
export function openBelow(folder: string): readonly string[] {
  const descriptors = "/proc/self/fd";
  if (!existsSync(descriptors)) return [];
  return readdirSync(descriptors).flatMap((name) => {
    try {
      const target = readlinkSync(`${descriptors}/${name}`);
      return target.startsWith(folder) ? [target] : [];
    } catch {
      return []; // that of the listing itself
    }
  });
}
