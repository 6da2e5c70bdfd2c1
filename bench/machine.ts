/** What figures hold for. */
import { arch, cpus, platform } from "node:os";

/** The make of the processor, the system, and the runtime with its version. */
export function machine(): string {
  const { node, v8 } = process.versions;
  return `${cpus()[0]?.model.trim() ?? "?"}, ${platform()} ${arch()}, Node ${node} (V8 ${v8.split(".", 2).join(".")})`;
}
