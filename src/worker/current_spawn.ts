/** `#spawn` in the package: that of browsers, until the entry for Node puts its own in its place. */
import type { WorkerEndpoint } from "./endpoint.ts";
import { spawn as spawnInBrowser } from "./spawn_web.ts";

export let spawn: () => WorkerEndpoint = spawnInBrowser;

/** Called when the entry for Node is loaded. */
export function useSpawn(own: () => WorkerEndpoint): void {
  spawn = own;
}
