/** Whether what was learned holds for digits that were not learned from. */
import { evaluate, misclassified } from "lanegrad";
import { accuracyCurves, confusionMatrix, digits as pictures } from "lanegrad/plot";
import type { Chapter } from "./chapter.ts";
import { figure, runAlone, type Section } from "./section.ts";

export async function evaluation({ digits, trained }: Chapter): Promise<Section> {
  const { net, history } = await trained();
  const { test } = digits;
  const records = history.evaluations.map(({ iteration, trainAccuracy = 0, testAccuracy = 0 }) => ({
    ...{ iteration, train: trainAccuracy, test: testAccuracy },
  }));
  const every = Math.ceil(records.length / 17);
  const shown = records.filter((_, i) => i % every === 0 || i === records.length - 1);
  const { accuracy = 0, loss, classes } = evaluate(net, test);
  const { confusion, perClass } = classes!;
  const hardest = perClass.reduce((least, { recall }, c) => (recall < perClass[least]!.recall ? c : least), 0);
  const wrong = misclassified(net, test, { limit: 10 });
  return {
    id: "evaluation",
    title: "Accuracy on training and test digits, once per epoch",
    numbers: [
      ...(digits.isMnist
        ? []
        : ["this is not a score on MNIST's test set: these digits are all from its training images"]),
      ...shown.map((record) => {
        const [on, off] = [record.train.toFixed(4), record.test.toFixed(4)];
        return `iteration ${String(record.iteration).padStart(4)}: train ${on}, test ${off}`;
      }),
      `after the last step: test accuracy ${accuracy.toFixed(4)}, test loss ${loss.toFixed(4)}`,
      `hardest class: ${hardest}, of which ${(100 * perClass[hardest]!.recall).toFixed(1)} % are found`,
    ],
    figures: await Promise.all([
      figure(
        "10-accuracy",
        accuracyCurves(
          { x: shown.map((_, i) => i * every), train: shown.map((r) => r.train), test: shown.map((r) => r.test) },
          { title: "Accuracy once per epoch" },
        ),
        `Accuracies on training and test digits, from 0 to 1: both rise together, to ${records.at(-1)!.train.toFixed(3)} and ${records.at(-1)!.test.toFixed(3)}.`,
      ),
      figure(
        "10-confusion",
        confusionMatrix({ data: confusion, shape: [10, 10] }, { title: "What test digits were taken for" }),
        "Ten by ten counts: nearly all of them on the diagonal, where digits were taken for what they are.",
      ),
      figure(
        "10-wrong",
        pictures(
          wrong.map(({ index, label, prediction, probability }) => ({
            pixels: test.inputs.subarray(index * test.size, (index + 1) * test.size),
            caption: `${label} taken for ${prediction}, ${Math.round(100 * probability)} %`,
          })),
          { title: "The most confidently wrong" },
        ),
        "Ten test digits that the network is surest to be something else, with their label, its answer and how sure it is.",
      ),
    ]),
  };
}

await runAlone(import.meta.url, evaluation);
