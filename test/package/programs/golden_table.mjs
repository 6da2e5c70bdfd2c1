/** Trains the golden table where there is no page: prints it as JSON. */
import { readFileSync } from "node:fs";
import { Engine, loadMnist } from "lanegrad";
import { goldenTable } from "./golden.js";

const rows = JSON.parse(readFileSync(new URL("./golden.json", import.meta.url), "utf8"));
const { train } = await loadMnist(process.argv[2]);
console.log(JSON.stringify({ golden: await goldenTable(await Engine.load(), train, rows) }));
