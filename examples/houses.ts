/**
 * A regressor of a CSV file with numbers and words, judged by a fifth of the rows that it has not seen.
 *
 * Expect errors in the price's units, an R² near 1, and the price of a house, to the nearest thousand.
 */
import { regressor, reportText, trainTestSplit } from "lanegrad";

const { train, test } = await trainTestSplit("data/houses.csv");
const model = await regressor(train, { target: "price" });
console.log(reportText(await model.evaluate(test)));
console.log(1000 * Math.round(model.predict({ area: 100, rooms: 4, year: 1990, district: "south" }) / 1000));
