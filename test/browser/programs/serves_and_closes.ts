/** A worker that serves, and that a page can keep busy or have closed. */
import { serve } from "lanegrad/worker/host";

type Order = { readonly kind: string; readonly milliseconds?: number };

serve(globalThis as unknown as Parameters<typeof serve>[0]);
addEventListener("message", ({ data }: MessageEvent<Order>) => {
  if (data.kind === "end") close();
  if (data.kind !== "spin") return;
  const end = performance.now() + (data.milliseconds ?? 0);
  while (performance.now() < end); // as a kernel does that takes long
});
