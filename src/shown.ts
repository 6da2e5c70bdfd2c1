/**
 * What is shown as its text: by `console.log` in Node, and in strings. One class for all, because bundlers keep every class
 * that has a block or a computed key. Subclasses have a `static name`, which minifying leaves alone.
 */
export abstract class Shown {
  static {
    // What Node's console asks an object for; other hosts do not.
    const value = function (this: Shown): string {
      return this.toString();
    };
    Object.defineProperty(Shown.prototype, Symbol.for("nodejs.util.inspect.custom"), { value });
  }

  /** Its class, and those of its members that are words or numbers. */
  toString(): string {
    const facts = Object.entries(this).filter(([, value]) => /string|number/.test(typeof value));
    return `${this.constructor.name} ${facts.map((fact) => fact.join(" ")).join(", ")}`.trimEnd();
  }

  /**
   * The name of its class, also where names are minified. State libraries (Vue) leave objects with a tag of their own as they
   * are; behind a Proxy they could not be used.
   */
  get [Symbol.toStringTag](): string {
    return this.constructor.name;
  }
}
