/** Removes dist/, so that a build holds no file that its sources no longer have. */
import { rmSync } from "node:fs";

rmSync(new URL("../../dist", import.meta.url), { recursive: true, force: true });
