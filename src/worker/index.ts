/** Training and prediction in a worker: the surface of `lanegrad/worker`. */

export {
  NetworkWorker,
  startWorker,
  type WorkerLoadOptions,
  type WorkerNetworkOptions,
  type WorkerOptions,
} from "./client.ts";
export { type TransferOptions, WorkerDataset } from "./dataset.ts";
export type { Endpoint, NodeEndpoint, WebEndpoint, WorkerEndpoint } from "./endpoint.ts";
export { type Prediction, WorkerNetwork } from "./network.ts";
export type { Rows, WorkerStats } from "./protocol.ts";
export type { TrainingRun, WorkerProgress, WorkerTrainOptions } from "./training.ts";
export type { WorkerFault } from "./worker_error.ts";
export { WorkerError } from "./worker_error.ts";
