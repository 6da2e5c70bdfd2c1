/** Proxies, as state libraries make them, and arrays whose elements are gone. */

/** A Proxy without traps: typed arrays and classes with private fields cannot be used behind one. */
export function proxyOf<T extends object>(value: T): T {
  return new Proxy(value, {});
}

/** The value behind proxies at every depth, as Vue's `reactive` gives it: typed arrays and instances are left as they are. */
export function behindProxies<T>(value: T): T {
  if (typeof value !== "object" || value === null || !["Object", "Array"].includes(tagOf(value))) return value;
  const known = made.get(value);
  if (known !== undefined) return known as T;
  const proxy = new Proxy(value as object, { get: (target, key) => behindProxies(Reflect.get(target, key)) });
  made.set(value, proxy);
  return proxy as T;
}

/** One for each object. */
const made = new WeakMap<object, object>();

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** An array whose buffer was transferred. */
export function detached(): Float32Array<ArrayBuffer> {
  const array = Float32Array.of(1, 2, 3, 4);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}
