/** What only the debug build needs: loaded with it. It imports nothing of the library, so that no page carries it. */
export * from "./forgotten.ts";
export * from "./margin.ts";
