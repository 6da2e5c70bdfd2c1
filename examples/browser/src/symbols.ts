/** `Symbol.dispose` for browsers that do not have it yet. Imported before the library, by the page and by its worker. */

type Disposal = { dispose?: symbol; asyncDispose?: symbol };

for (const name of ["dispose", "asyncDispose"] as const) {
  if (Symbol[name] === undefined) (Symbol as Disposal)[name] = Symbol.for(`Symbol.${name}`);
}
