/**
 * Is asked before every kernel: after a trap, an overrun, or the engine's end, nothing runs any more.
 */
import { TrapError } from "./errors.ts";

type Kernel = (...args: number[]) => number;

/** Whether an engine still works, and if not, why. */
export class Guard {
  #reason: Error | undefined;

  get isOpen(): boolean {
    return this.#reason === undefined;
  }

  /** @throws {DisposedError | TrapError | OverrunError} the reason that `stop` was given first */
  check(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** From now on every call fails with this reason. A later reason does not replace it. */
  stop(reason: Error): void {
    this.#reason ??= reason;
  }

  /** The kernel, refused once the engine has stopped; its trap stops the engine. */
  wrap(name: string, kernel: Kernel): Kernel {
    return (...args) => {
      this.check();
      try {
        return kernel(...args);
      } catch (error) {
        throw this.trap(name, error);
      }
    };
  }

  /** Stops the engine for this trap. */
  trap(name: string, cause: unknown): TrapError {
    const trap = new TrapError(name, cause);
    this.stop(trap);
    return trap;
  }
}
