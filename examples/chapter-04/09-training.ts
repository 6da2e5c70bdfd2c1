/** 10,000 steps of minibatch gradient descent, and the loss of each. */
import { lossCurve, weightImages } from "lanegrad/plot";
import type { Chapter } from "./chapter.ts";
import { figure, runAlone, type Section } from "./section.ts";

export async function training({ digits, trained }: Chapter): Promise<Section> {
  const { net, history, seconds } = await trained();
  const { losses } = history;
  const mean = (from: number, to: number) => losses.slice(from, to).reduce((sum, loss) => sum + loss, 0) / (to - from);
  return {
    id: "training",
    title: "Minibatch training",
    numbers: [
      `${digits.name}: ${losses.length} steps of 100 in ${seconds.toFixed(1)} s`,
      `loss of the first minibatch, after its update: ${losses[0]!.toFixed(4)}, near ln 10 = ${Math.log(10).toFixed(4)}`,
      ...[0, 1, 2, 4, 8].map((k) => `mean loss from step ${k * 1000}: ${mean(k * 1000, k * 1000 + 1000).toFixed(4)}`),
      `mean loss of the last 100 steps: ${mean(losses.length - 100, losses.length).toFixed(4)}`,
    ],
    figures: await Promise.all([
      figure(
        "09-loss",
        lossCurve(losses, { title: "The loss of every minibatch" }),
        "The loss of 10,000 steps: it falls from 2.3, fast at first, then slowly; minibatches scatter around the mean.",
      ),
      figure(
        "09-loss-first-1000",
        lossCurve(losses.slice(0, 1000), { title: "The first 1,000 steps" }),
        "The loss of the first 1,000 steps: nearly level at 2.3 for the first 150 or so, then it falls.",
      ),
      figure(
        "09-weights",
        weightImages(net.parameters.W1, { title: "W1 after training" }),
        "The 50 columns of the trained first weights as pictures of 28 × 28: strokes and arcs that the units look for.",
      ),
    ]),
  };
}

await runAlone(import.meta.url, training);
