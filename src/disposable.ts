/**
 * What owns something that is to be given back. One class for all, so that `using` finds its way in one place, and a bundler
 * sees that a class which nobody names can be left out: it cannot where the class itself has a computed key.
 */
export abstract class Owner implements Disposable {
  /** Gives back what it owns. A second call does nothing. */
  abstract dispose(): void;

  /** So that `using` disposes of it at the end of a block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** State libraries (Vue) leave objects with a tag of their own as they are; behind a Proxy they could not be used. */
  get [Symbol.toStringTag](): string {
    return this.constructor.name;
  }
}
