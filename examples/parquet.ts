/**
 * A table in Parquet, read by the package hyparquet (`npm install hyparquet`), whose rows of objects are what `regressor` takes.
 *
 * Expect the first row, and the price of a house that is not in the table, to the nearest ten.
 */
import { readFileSync } from "node:fs";
import { parquetReadObjects } from "hyparquet";
import { regressor } from "lanegrad";

const { buffer } = Uint8Array.from(readFileSync("data/houses.parquet"));
const rows = await parquetReadObjects({ file: buffer }); // a missing value is null
console.log(`${rows.length} houses: ${JSON.stringify(rows[0])}`);

const model = await regressor(rows, { target: "price", missing: "mean", validation: 0, epochs: 300, seed: 0 });
const [price = 0] = [model.predict({ rooms: 4, area: 95, heating: "gas" })].flat(2);
console.log(`4 rooms on 95 m² with gas: about ${10 * Math.round(Number(price) / 10)}`);
model.dispose();
