/**
 * A thread's script, in a worker of Node or of a browser. It is a string in the package, so that no bundler has to find a file and
 * no server has to have it.
 */
import { serveTeam, type ThreadStart } from "./thread.ts";

type Port = {
  onmessage?: ((event: { readonly data: ThreadStart }) => void) | null;
  once?(event: "message", listener: (start: ThreadStart) => void): void;
  postMessage(message: unknown): void;
};

const { process } = globalThis as { process?: { getBuiltinModule?(name: string): { parentPort: Port } | undefined } };
const port = process?.getBuiltinModule?.("worker_threads")?.parentPort ?? (globalThis as unknown as Port);

function begin(start: ThreadStart): void {
  serveTeam(start, () => port.postMessage("ready")).catch((error) => port.postMessage({ failed: String(error) }));
}

if (port.once === undefined) port.onmessage = ({ data }) => begin(data);
else port.once("message", begin);
