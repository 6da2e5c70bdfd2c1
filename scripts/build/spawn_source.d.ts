import type { WorkerEndpoint } from "../../src/worker/endpoint.ts";
export declare function spawn(): WorkerEndpoint;
