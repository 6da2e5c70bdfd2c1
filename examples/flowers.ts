/**
 * A classifier of a CSV file: a split by class, a report, and a file, which flowers_again.ts loads in another process.
 *
 * Expect precision, recall and F1 of each class on rows that it has not seen, and its confusion matrix.
 */
import { classifier, reportText, trainTestSplit } from "lanegrad";

const { train, test } = await trainTestSplit("data/flowers.csv", { stratify: "species" });
const model = await classifier(train, { target: "species" });
console.log(reportText(await model.evaluate(test)));
await model.save("flowers.safetensors");
