/**
 * Owners that were collected without `dispose()`: their blocks stay allocated until the engine ends. The debug build watches
 * every tensor, program and network, and names those that were forgotten.
 */

/** Owners of one description, made in one place, that were collected without `dispose()`. */
export type Forgotten = {
  /** What errors call them: `x float32 [2, 3]`. */
  readonly subject: string;
  /** How many. */
  readonly count: number;
  /** Bytes that stay allocated for them. */
  readonly bytes: number;
  /** File, line and column of the call into the library that made the first; undefined where the runtime has no stack. */
  readonly madeAt: string | undefined;
};

/** What is known of an owner after its end. It must not refer to the owner, which it would keep alive. */
type Held = Omit<Forgotten, "count">;

/** The watch of one engine. */
export class Watch {
  readonly #found = new Map<string, Forgotten>();
  readonly #registry: FinalizationRegistry<Held>;

  /** @param isOpen whether the engine lives: with it, everything in it ends */
  constructor(isOpen: () => boolean) {
    this.#registry = new FinalizationRegistry((held) => {
      if (isOpen()) this.#count(held);
    });
  }

  /** Those that were found so far, each owner once: after it was collected, which takes a while, or never happens. */
  get found(): readonly Forgotten[] {
    return [...this.#found.values()];
  }

  /** Watches an owner from now on. */
  begin(owner: object, subject: string, bytes: number): void {
    this.#registry.register(owner, { subject, bytes, madeAt: callSite() }, owner);
  }

  /** The owner was disposed of. */
  end(owner: object): void {
    this.#registry.unregister(owner);
  }

  #count({ subject, bytes, madeAt }: Held): void {
    const key = `${subject} ${madeAt}`;
    const known = this.#found.get(key) ?? { subject, count: 0, bytes: 0, madeAt };
    this.#found.set(key, { ...known, count: known.count + 1, bytes: known.bytes + bytes });
  }
}

/** The place of the first call from outside of the library's folder. */
function callSite(): string | undefined {
  const errors = Error as { stackTraceLimit?: number }; // V8's: ten lines do not reach from a network's tensor to its maker
  const limit = errors.stackTraceLimit;
  if (limit !== undefined) errors.stackTraceLimit = 40;
  const { stack = "" } = new Error();
  if (limit !== undefined) errors.stackTraceLimit = limit;
  const places = stack.split("\n").flatMap((line) => {
    const place = /(?:\(|@|at )([^(@]+:\d+:\d+)\)?$/.exec(line.trim())?.[1];
    return place === undefined ? [] : [place.replace(/^async /, "")];
  });
  const [own = ""] = places;
  const library = own.slice(0, own.lastIndexOf("/") + 1).replace(/wasm\/$/, "");
  return places.find((place) => !place.startsWith(library)) ?? places.at(-1);
}
