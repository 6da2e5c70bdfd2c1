/** Elements of the page, by id, as what they are. */

/** @throws {Error} the page has no such element, or it is another */
export function element<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} #${id}`);
}

/** A new element with a class, and text in it. */
export function made<K extends keyof HTMLElementTagNameMap>(tag: K, name = "", text = ""): HTMLElementTagNameMap[K] {
  const one = document.createElement(tag);
  if (name !== "") one.className = name;
  if (text !== "") one.textContent = text;
  return one;
}

/** Changes text only where it differs: what has not changed is not laid out again, nor read aloud again. */
export function write(one: HTMLElement, text: string): void {
  if (one.textContent !== text) one.textContent = text;
}

/** Of a canvas; there is one in every browser that runs WebAssembly. */
export function contextOf(canvas: HTMLCanvasElement, options: CanvasRenderingContext2DSettings = {}) {
  const context = canvas.getContext("2d", options);
  if (context === null) throw new Error("a canvas without 2d");
  return context;
}
