type Class = abstract new (...values: never[]) => object;

/** What stands for a class of which the file is loaded when something is done with it. */
export function laterClass(value: () => Class): Class {
  const handler = new Proxy<ProxyHandler<Class>>(
    {},
    {
      get:
        (_, trap: keyof typeof Reflect) =>
        (_target: object, ...rest: unknown[]): unknown => {
          const own = rest.map((each) => (each === stand ? value() : each)); // the receiver, or `new.target`
          return (Reflect[trap] as (...values: unknown[]) => unknown)(value(), ...own);
        },
    },
  );
  // A function, and no class: its `prototype` may be told to be another. With `this`, or minifying makes an arrow of it.
  const target = function (this: object) {
    return this;
  };
  const stand = new Proxy<Class>(target as unknown as Class, handler);
  return stand;
}
