/** What only the debug build needs: loaded with it. It imports nothing of the library, so that no page carries it. */
export { Watch } from "./forgotten.ts";
export * as margins from "./margin.ts";
