/** The page's script, where the worker's file is put beside it: esbuild does not look for it. */
import { main } from "./page.js";

main({ worker: () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }) });
