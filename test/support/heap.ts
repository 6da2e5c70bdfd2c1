/** JavaScript's heap, watched by the runtime's own sampling profiler. */
import { Session } from "node:inspector/promises";

/**
 * Bytes of JavaScript's heap that functions of the library allocate, on average over the calls.
 *
 * @param calls after `warmUp` more, in which the compiler settles
 */
export async function bytesPerCall(
  call: () => void,
  { warmUp, calls }: { warmUp: number; calls: number },
): Promise<number> {
  for (let i = 0; i < warmUp; i++) call();
  const session = new Session();
  session.connect();
  const options = {
    samplingInterval: 64,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  };
  await session.post("HeapProfiler.startSampling", options);
  for (let i = 0; i < calls; i++) call();
  const { profile } = await session.post("HeapProfiler.stopSampling");
  session.disconnect();
  return bytesOfLibrary(profile.head) / calls;
}

type SampledNode = {
  readonly callFrame: { readonly url: string };
  readonly selfSize: number;
  readonly children: readonly SampledNode[];
};

/** Bytes that functions of the library have allocated. */
function bytesOfLibrary({ callFrame, selfSize, children }: SampledNode): number {
  const own = callFrame.url.includes("/src/") ? selfSize : 0;
  return children.reduce((sum, child) => sum + bytesOfLibrary(child), own);
}
