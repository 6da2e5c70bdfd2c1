/** A worker of one's own with a model: its bytes come once, then rows come and answers go. */
import { type Classifier, loadModel, type Regressor } from "lanegrad";

let model: Promise<Classifier | Regressor>;
addEventListener("message", async ({ data }: MessageEvent) => {
  if (data instanceof ArrayBuffer) model = loadModel(data);
  else postMessage((await model).predict(data));
});
