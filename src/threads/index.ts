/** Threads: what `Engine.load` loads where more than one is asked for. */
import type { OptionError } from "../errors.ts";
import type { EngineError } from "../wasm/errors.ts";
import type { Build, Loaded } from "../wasm/load.ts";
import { type SharedKernels, sharedKernels } from "../wasm/shared_kernels.ts";
import { builtin, spawnThread } from "./spawn.ts";
import { Team, type TeamStart } from "./team.ts";

export type { Team };

/** The library's classes of errors: this file shares no code with it. */
export type Errors = { readonly EngineError: typeof EngineError; readonly OptionError: typeof OptionError };

/** How many threads there will be, and why. */
export type Threading = {
  /** Kernels for a shared memory, and one; undefined where there is one thread. */
  readonly shared: ((content: BufferSource | WebAssembly.Module) => SharedKernels) | undefined;
  /** Starts the other threads. */
  readonly start: (loaded: Loaded) => Promise<Team>;
};

/** More would be a mistake. */
const MOST = 64;
/** As many as `"auto"` uses: what more could add is less than what memory gives. */
const MOST_BY_ITSELF = 8;
const HEADERS = "Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp";

/**
 * How threads are to be used here.
 *
 * @throws {OptionError} not a number of threads, or threads for the build `js`
 * @throws {EngineError} there can be no threads here: the reason
 */
export function threadingOf(threads: unknown, build: Build, { EngineError, OptionError }: Errors): Threading {
  const isAuto = threads === "auto";
  if (!isAuto && !(Number.isInteger(threads) && (threads as number) >= 1 && (threads as number) <= MOST))
    throw new OptionError("threads", `"auto", or an integer from 1 to ${MOST}`, threads);
  if (build === "js" && !isAuto && threads !== 1)
    throw new OptionError("threads", 'cannot be given with build "js"', threads);
  const obstacle = build === "js" ? 'the build "js" has no threads' : obstacleHere();
  if (obstacle !== undefined && !isAuto) throw new EngineError({ kind: "no-threads", reason: `threads: ${obstacle}` });
  const cores = coresHere();
  const count = isAuto ? (obstacle === undefined ? Math.min(cores, MOST_BY_ITSELF) : 1) : (threads as number);
  const reason = isAuto ? (obstacle ?? `this machine has ${cores} ${cores === 1 ? "core" : "cores"}`) : "as asked for";
  const start = async (loaded: Loaded): Promise<Team> => {
    const parts = { ...loaded, spawn: spawnThread } as unknown as Omit<TeamStart, "threads" | "reason">;
    try {
      return await Team.start({ ...parts, threads: count, reason });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!isAuto) throw new EngineError({ kind: "no-threads", reason: `threads: ${why}` }, { cause: error });
      return await Team.start({ ...parts, threads: 1, reason: why });
    }
  };
  return { shared: count === 1 ? undefined : sharedKernels, start };
}

/** Why there can be no threads here; undefined where there can. */
function obstacleHere(): string | undefined {
  if (builtin("worker_threads") !== undefined) return undefined;
  const { crossOriginIsolated, Worker } = globalThis as { crossOriginIsolated?: boolean; Worker?: unknown };
  // Memory may be shared without it, but not be posted.
  if (typeof SharedArrayBuffer === "undefined" || crossOriginIsolated === false)
    return `memory cannot be shared: the page is not cross-origin isolated, which takes the headers ${HEADERS}`;
  if (Worker === undefined) return "workers cannot be started here";
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
  } catch {
    return "the main thread of a page cannot wait for others: load the engine in a worker";
  }
  return undefined;
}

function coresHere(): number {
  const os = builtin("os");
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return Math.max(1, os?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1);
}
