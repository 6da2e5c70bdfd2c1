/** The worker that comes with the library, in Node: a file of its own, started and never imported. */
import { parentPort } from "node:worker_threads";
import { serve } from "./host.ts";

if (parentPort !== null) serve(parentPort);
