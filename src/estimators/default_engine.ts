/** The engine of programs that name none. */
import { Engine } from "../wasm/engine.ts";

let shared: Promise<Engine> | undefined;

/**
 * One engine for all estimators that are given none: loaded when the first of them is made, kept until the program ends, and
 * loaded anew where it has stopped.
 */
export async function defaultEngine(): Promise<Engine> {
  shared ??= Engine.load();
  try {
    const engine = await shared;
    engine.checkOpen();
    return engine;
  } catch {
    shared = Engine.load(); // it was disposed of, it trapped, or it could not be loaded
    return await shared;
  }
}

let registry: FinalizationRegistry<{ dispose(): void }> | undefined;

/** Made when it is needed: at the top of a module, bundlers would keep it. */
function forgotten(): FinalizationRegistry<{ dispose(): void }> {
  registry ??= new FinalizationRegistry((network) => {
    try {
      network.dispose();
    } catch {
      // Its engine has ended, and with it all that was in it.
    }
  });
  return registry;
}

/** Frees `network` once `owner`, which must not be reachable from it, is collected. */
export function freeWith(owner: object, network: { dispose(): void }): void {
  forgotten().register(owner, network, owner);
}

/** Leaves it to the caller. */
export function keep(owner: object): void {
  forgotten().unregister(owner);
}
