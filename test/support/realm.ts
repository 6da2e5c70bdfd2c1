/** Values of another realm, as an iframe, a test runner's sandbox or node:vm makes them: `instanceof` fails for them. */
import { createContext, runInContext } from "node:vm";

const context = createContext({});

/** Runs an expression in the other realm. */
export function elsewhere<T>(expression: string): T {
  return runInContext(`(${expression})`, context) as T;
}

type Typed = { readonly length: number; readonly BYTES_PER_ELEMENT: number; set(values: unknown): void };

/** A copy of a typed array, of the class of the same name in the other realm. */
export function foreign<A extends ArrayBufferView>(array: A): A {
  const { length } = array as unknown as Typed;
  const name = Object.prototype.toString.call(array).slice("[object ".length, -1);
  const copy = elsewhere<(length: number) => Typed>(`(length) => new ${name}(length)`)(length);
  copy.set(array);
  return copy as unknown as A;
}
