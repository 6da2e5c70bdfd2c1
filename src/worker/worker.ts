/** The worker that comes with the library, in browsers: bundled to one file, started and never imported. */
import { serve } from "./host.ts";

serve(globalThis as unknown as Parameters<typeof serve>[0]);
