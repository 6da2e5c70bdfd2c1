import { parentPort, workerData } from "node:worker_threads";
import { serveTeam } from "./thread.ts";

serveTeam(workerData, () => parentPort?.postMessage("ready"));
