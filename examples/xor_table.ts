/**
 * A classifier of four rows: no layers, no optimizer, no epochs.
 *
 * Expect the answers of the table, as the names of classes.
 */
import { classifier } from "lanegrad";

const rows = [0, 1, 2, 3].map((i) => [i >> 1, i & 1]);
const xor = await classifier(rows, { target: [0, 1, 1, 0] });
console.log(xor.predict(rows).join(" "));
