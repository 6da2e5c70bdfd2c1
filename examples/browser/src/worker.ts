/** The page's worker: the library's, from its sources. */
import "./symbols.ts";
import { serve } from "lanegrad/worker/host";

serve(globalThis as unknown as Parameters<typeof serve>[0]);
