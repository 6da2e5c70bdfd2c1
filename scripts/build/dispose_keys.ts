/**
 * What `Symbol.dispose` is where a browser lacks it: the key that lowered `using` looks for as well. Asked for by a string,
 * because the bundles put these two in the place of the names.
 */
export const disposeKey: symbol = /* @__PURE__ */ keyOf("dispose");
export const asyncDisposeKey: symbol = /* @__PURE__ */ keyOf("asyncDispose");

function keyOf(name: string): symbol {
  const found: unknown = Reflect.get(Symbol, name);
  return typeof found === "symbol" ? found : Symbol.for(`Symbol.${name}`);
}
